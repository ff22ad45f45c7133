# Ce que disent plusieurs pièces.
texts-file-unreadable = Le fichier { $path } est illisible.
    .next = Vérifiez qu'il existe et que vous avez le droit de le lire, puis recommencez.
texts-file-unwritable = Le fichier { $path } ne peut pas être écrit. Il est resté tel quel.
    .next = Vérifiez l'espace libre et vos droits sur son dossier, puis recommencez.
