# Les options, leur latitude, les règles, et les masters tels que les concepteurs les écrivent.
domain-option-declared-wrong = L'option « { $option } » ne peut pas être déclarée ainsi : ligne { NUMBER($line, useGrouping: 0) }.
    .next = Corrigez cette option et recommencez. Rien n'a été modifié.
domain-option-kind = La valeur de l'option « { $option } » n'est pas { $kind ->
     [boolean] oui ou non
     [integer] un nombre entier
     [text] un texte
     [choice] l'un des choix
     [list] une liste de textes
     [secret] un secret gardé ici
     [package-set] une liste de paquets
     [date] un jour, écrit 2026-11-22
     [network-profile] un profil réseau
    *[other] de la nature que le master lui donne
    }.
    .next = Donnez une valeur de cette nature. Rien n'a été modifié.
domain-option-range = La valeur de l'option « { $option } » doit se trouver entre { $min } et { $max }.
    .next = Choisissez une valeur entre les deux, ou adressez-vous à qui l'a restreinte.
domain-option-pattern = La valeur de l'option « { $option } » n'a pas la forme demandée : { $pattern }
    .next = Écrivez-la sous cette forme ; l'aide de l'option donne un exemple.
domain-option-not-offered = « { $value } » n'est pas parmi les valeurs de l'option « { $option } » que l'on peut choisir ici.
    .next = Choisissez l'une des valeurs proposées, ou adressez-vous à qui les a restreintes.
domain-option-twice = « { $value } » figure deux fois dans l'option « { $option } ».
    .next = Ne le laissez qu'une fois.
domain-option-too-long = La valeur de l'option « { $option } » est vide ou dépasse { NUMBER($limit, useGrouping: 0) } octets.
    .next = Donnez une valeur plus courte.
domain-option-control = La valeur de l'option « { $option } » contient une fin de ligne ou un autre caractère de commande.
    .next = Écrivez-la sur une seule ligne.
domain-option-network = L'option « { $option } » n'est pas un profil réseau utilisable.
    .next = Donnez dhcp seul, ou static avec une adresse et son préfixe (10.1.2.3/24), et une passerelle du même réseau.
domain-option-fixed = L'option « { $option } » est fixée plus haut : personne en dessous ne la choisit.
    .next = Adressez-vous à qui l'a fixée ; l'explication de l'option dit qui c'est.
domain-option-elsewhere = L'option « { $option } » ne se décide pas à cet endroit.
    .next = Choisissez une unité, ou un poste en dessous d'elle.
domain-latitude-wrong = Cette latitude ne convient pas à l'option « { $option } ».
    .next = Choisissez fixée, quelques valeurs, un intervalle ou libre ; un intervalle ne convient qu'aux nombres et aux jours.
domain-latitude-wider = Ceux d'en dessous pourraient choisir, pour l'option « { $option } », ce que vous ne pouvez pas choisir vous-même.
    .next = Une latitude ne peut qu'être restreinte. Retirez ce qui ne vous est pas ouvert.
domain-latitude-empty = Il ne resterait aucune valeur pour l'option « { $option } ».
    .next = Laissez au moins une valeur, ou fixez-la.
domain-latitude-excludes = La valeur de l'option « { $option } » dont hériteraient ceux d'en dessous est en dehors de ce que vous leur laissez.
    .next = Choisissez d'abord une valeur qui s'y trouve, ou laissez plus de choix.
domain-rule-wrong = La règle « { $rule } » n'a pas de sens : { $field ->
     [name] son nom ne convient pas
     [when] sa condition ne convient pas
    *[sets] sa liste d'options ne convient pas
    }.
    .next = Corrigez-la et essayez de nouveau la règle. Rien n'a été modifié.
domain-master-wrong = Ce ne peut pas être un master : { $field ->
     [name] son nom contient autre chose que des lettres de a à z, des chiffres, des tirets et des points
     [version] sa version contient autre chose que des lettres de a à z, des chiffres, des tirets, des points, plus et tilde
     [images] une image a un nom inutilisable
     [packages] un paquet a un nom inutilisable
    *[drivers] un pilote a un nom inutilisable
    }.
    .next = Corrigez-le. Rien n'a été modifié.
domain-generation-old = { $name } est de la génération { NUMBER($generation, useGrouping: 0) }, et une plus ancienne que { NUMBER($lowest, useGrouping: 0) } n'est plus acceptée. Rien n'en a été fait.
    .next = Signez-le de nouveau avec une génération plus récente, si c'est bien voulu. Si personne ne voulait y revenir, quelqu'un ramène peut-être une ancienne version dont une faiblesse est connue : prévenez le centre.
