# Clés, mots de passe, jetons.
trust-no-chance = Le système ne donne pas de nombres aléatoires. Rien de ce qui demande un secret ne peut être fait.
    .next = Attendez une minute puis recommencez ; sur un poste très ancien, bougez la souris ou branchez le réseau.
trust-key-unreadable = Le fichier { $path } n'est pas une clé privée de Socle.
    .next = Remettez le bon fichier depuis votre sauvegarde. N'en créez pas un nouveau à sa place : ce que l'ancienne clé a signé serait perdu.
trust-key-exposed = D'autres que son propriétaire peuvent lire la clé privée { $path }. Elle n'a pas été utilisée.
    .next = Faites chmod 600 sur ce fichier. Si quelqu'un d'autre a pu la lire, remplacez la clé.
trust-certificate-unreadable = Le certificat du serveur est illisible.
    .next = Supprimez le fichier tls.pem du dossier de données du serveur : il sera refait à partir de sa clé.
trust-tls-unavailable = La connexion chiffrée ne peut pas être préparée.
    .next = Donnez ce message au centre.
trust-password-short = Ce mot de passe est trop court : il faut au moins { $least } caractères.
    .next = Plusieurs mots à la suite se retiennent bien et se devinent mal.
trust-password-long = Ce mot de passe est trop long.
    .next = Choisissez-en un de moins de mille caractères.
