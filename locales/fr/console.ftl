# Les pages de la console.

## Dates et durées
console-month-1 = janv.
console-month-2 = févr.
console-month-3 = mars
console-month-4 = avr.
console-month-5 = mai
console-month-6 = juin
console-month-7 = juil.
console-month-8 = août
console-month-9 = sept.
console-month-10 = oct.
console-month-11 = nov.
console-month-12 = déc.
console-long-month-1 = janvier
console-long-month-2 = février
console-long-month-3 = mars
console-long-month-4 = avril
console-long-month-5 = mai
console-long-month-6 = juin
console-long-month-7 = juillet
console-long-month-8 = août
console-long-month-9 = septembre
console-long-month-10 = octobre
console-long-month-11 = novembre
console-long-month-12 = décembre
console-weekday-1 = lundi
console-weekday-2 = mardi
console-weekday-3 = mercredi
console-weekday-4 = jeudi
console-weekday-5 = vendredi
console-weekday-6 = samedi
console-weekday-7 = dimanche
console-day = { $weekday } { $day } { $month }
console-date-time = { $day } { $month } { $year } à { $clock }
console-moment-exact = { $local } ({ $utc } UTC)
console-ago-now = à l'instant
console-ago = il y a { $duration }
console-on = le { $date }
console-percent = { $n } %
console-speed = { $bytes }/s
console-took = en { $duration }
console-time-left = encore { $left }
console-bytes-of = { $done } sur { $total }
console-for = depuis { $duration }
console-yes = oui
console-no = non

## Le cadre
console-skip = Aller au contenu
console-nav = Pièces de la console
console-nav-today = Aujourd'hui
console-nav-machines = Postes
console-nav-runs = Déroulements
console-nav-masters = Masters
console-nav-images = Images
console-nav-status = Serveur
console-nav-attention = { $n ->
        [one] un déroulement vous attend
        *[other] { $n } déroulements vous attendent
    }
console-nav-to-recognise = { $n ->
        [one] un poste à reconnaître
        *[other] { $n } postes à reconnaître
    }
console-prefs = Langue et apparence
console-language = Langue
console-theme = Apparence
console-theme-light = Claire
console-theme-dark = Sombre
console-theme-auto = Comme l'ordinateur
console-sign-out = Quitter
console-live-cut = La liaison avec le serveur est coupée : cette page ne bouge plus. Elle reprendra d'elle-même.
console-what-to-do = Que faire :
console-cause = Cause technique :
console-learn-more = En savoir plus
console-details = Détails
console-filter = Filtrer
console-pages = Pages de la liste
console-page-before = Précédente
console-page-after = Suivante
console-page-of = page { $page } sur { $pages }
console-search = Chercher
console-progress = Avancement de l'étape
console-none-yet = Rien encore.
console-notice-accepted = Le poste est reconnu.
console-notice-refused = Le poste est refusé : il démarrera toujours sur son propre disque.
console-notice-announced = { $n ->
        [one] Un poste est annoncé : il sera reconnu à son premier démarrage par le réseau.
        *[other] { $number } postes sont annoncés : ils seront reconnus à leur premier démarrage par le réseau.
    }
console-notice-started = L'ordre est donné. Le poste commence dès qu'il parle au serveur.
console-notice-cancelled = L'ordre d'arrêt est donné. Le poste s'arrête au prochain endroit sûr.
console-notice-retried = L'ordre est donné : le poste reprend à l'étape qui a échoué.
console-notice-loss-allowed = La perte est autorisée : le poste continue.
console-notice-password-set = Votre mot de passe est enregistré.

## La porte
console-sign-in = Connexion
console-sign-in-do = Entrer
console-sign-in-help = Première visite, ou mot de passe oublié ? Le serveur affiche un lien à usage unique à son premier démarrage ; pour un autre :
console-field-name = Nom
console-field-password = Mot de passe
console-field-new-password = Nouveau mot de passe
console-field-again = Le même, encore une fois
console-welcome = Bienvenue
console-welcome-text = Ce lien ne sert qu'une fois. Choisissez le mot de passe de { $name }.
console-welcome-do = Enregistrer et entrer
console-password-help = Au moins { $n } caractères. Une phrase se retient mieux qu'un mot compliqué.
console-error-title = Cela n'a pas marché
console-error-code = Pour l'assistance :
console-back-today = Revenir à l'accueil

## Aujourd'hui
console-today = Aujourd'hui
console-counter-failed = { $n ->
        [one] en échec
        *[other] en échec
    }
console-counter-waiting = en attente de vous
console-counter-to-recognise = à reconnaître
console-counter-running = { $n ->
        [one] en cours
        *[other] en cours
    }
console-counter-completed = { $n ->
        [one] terminé
        *[other] terminés
    }
console-counter-known = { $n ->
        [one] poste reconnu
        *[other] postes reconnus
    }
console-content-key-here-short = La clé de contenu est encore sur ce serveur : qui vole ce serveur peut signer ce que les postes installent.
console-needs-you = Ce qui vous attend
console-needs-nothing = Rien n'attend de décision.
console-failed-on = { $name } a échoué
console-waits-on = { $name } attend une décision
console-look-and-retry = Voir et réessayer
console-see-loss = Voir ce qui serait perdu
console-look = Voir
console-new-machine = Poste inconnu { $code }
console-unknown-model = Modèle inconnu
console-recognise = Reconnaître
console-draft-image = L'image { $name } n'est pas signée
console-draft-image-text = Aucun poste ne peut la recevoir avant que la clé de contenu l'ait signée.
console-how-to-sign = Comment la signer
console-running-now = En cours
console-running-nothing = Aucun déroulement en cours.
console-choose-machine = Choisir un poste
console-just-over = Derniers terminés
console-boot-events = Démarrages par le réseau
console-boot-nothing = Aucun poste n'a encore démarré par le réseau.
console-step-of = étape { $number } sur { $total }
console-steps-done = { $done } étapes sur { $total }
console-silent = Le poste ne dit plus rien depuis { $duration }.
console-silent-help = S'il a perdu le courant, il reprendra de lui-même à son prochain démarrage par le réseau.
console-guide = Premier déploiement
console-guide-text = D'un serveur vide à un premier poste installé, en cinq gestes.
console-guide-done = (fait)
console-guide-reference = Reconnaître un poste de référence
console-guide-reference-text = Démarrez par le réseau le poste dont le disque servira de modèle. Il affiche six chiffres ; les mêmes apparaissent ici. Donnez-lui un nom.
console-guide-reference-do = Voir les postes à reconnaître
console-guide-capture = Capturer son disque
console-guide-capture-text = Lancez sur ce poste le master de capture : son disque est lu, rien n'y change, et une image apparaît.
console-guide-capture-do = Choisir le poste
console-guide-sign = Signer l'image et le master
console-guide-sign-text = Sur l'ordinateur qui garde la clé de contenu, signez l'image puis le master. Sans cette signature, aucun poste ne les accepte.
console-guide-sign-do = Voir comment faire
console-guide-accept = Reconnaître les postes à installer
console-guide-accept-text = Démarrez-les par le réseau et donnez-leur un nom, ou annoncez-les d'avance par une liste.
console-guide-accept-do = Voir les postes à reconnaître
console-guide-deploy = Installer
console-guide-deploy-text = Choisissez un poste, puis le master. La console montre chaque étape, et garde la preuve de ce qui a été fait.
console-guide-deploy-do = Choisir un poste

## Les postes
console-machines = Postes
console-machines-text = Ceux que vous avez reconnus, et ceux qui se présentent.
console-machines-all = Tous
console-machines-to-recognise = À reconnaître
console-machines-known = Reconnus
console-machines-refused = Refusés
console-machine-state-to-recognise = À reconnaître
console-machine-state-known = Reconnu
console-machine-state-refused = Refusé
console-machine-unnamed = Poste sans nom
console-search-machines = Nom, numéro de série ou adresse MAC
console-machines-none = Aucun poste ne s'est encore présenté
console-machines-none-text = Un poste apparaît ici dès qu'il démarre par le réseau et trouve ce serveur.
console-machines-none-1 = Dans son micrologiciel, activez le démarrage par le réseau (UEFI, IPv4) et désactivez Secure Boot.
console-machines-none-2 = Branchez-le par câble au même réseau que ce serveur, et démarrez-le.
console-machines-none-3 = S'il ne vient pas, les démarrages par le réseau disent ce que le serveur a entendu et répondu.
console-machines-list = Liste des postes
console-machines-none-here = Aucun poste dans cet état.
console-machines-no-match = Aucun poste ne répond à « { $query } ».
console-machines-show-all = Voir tous les postes
console-queue = À reconnaître
console-queue-text = Comparez les six chiffres avec l'écran du poste, puis donnez-lui un nom. Avant cela il ne reçoit rien.
console-code = Code à l'écran
console-serial = N° de série
console-address = Adresse
console-first-seen = Vu la première fois
console-name-it = Nom du poste
console-name-rule = Lettres minuscules, chiffres et tirets ; 63 caractères au plus.
console-accept = Reconnaître
console-refuse = Refuser
console-refuse-text = Il démarrera toujours sur son propre disque.
console-name = Nom
console-state = État
console-last-run = Dernier déroulement
console-last-seen = Vu
console-model = Modèle
console-start-run = Lancer un déroulement
console-announce = Annoncer des postes
console-announce-text = Un poste annoncé est reconnu de lui-même la première fois qu'il démarre par le réseau.
console-announce-label = Liste au format CSV
console-announce-help = Une ligne par poste : son nom, et au moins un de ces trois indices. Tout est pris, ou rien.
console-announce-do = Annoncer ces postes
console-announce-example = Exemple
console-recognise-this = Reconnaître ce poste
console-recognise-text = Vérifiez que son écran montre { $code }, puis donnez-lui un nom.
console-by-person = par une personne
console-by-list = par la liste des postes annoncés
console-by-rule = par la règle « { $rule } »
console-place-boot = dans l'environnement de démarrage
console-place-installed = dans son système
console-current-run = Déroulement en cours
console-past-runs = Déroulements passés
console-no-past-run = Ce poste n'a encore rien vécu ici.
console-boot-events-of = Ses démarrages par le réseau
console-identity = Identité
console-machine-key = Clé du poste
console-machine-key-help = Le poste l'a faite à son premier contact et la prouve à chaque fois. Adresses MAC et numéros ne sont que des indices.
console-facts = Matériel
console-facts-none = Le poste n'a encore rien dit de lui.
console-disks = Disques
console-nics = Cartes réseau
console-disk-solid = sans pièce mobile
console-disk-rotational = à plateaux
console-disk-removable = amovible
console-fact-vendor = Fabricant
console-fact-product = Modèle
console-fact-serial = N° de série
console-fact-uuid = UUID
console-fact-cpu = Processeur
console-fact-cpu-value = { $n ->
        [one] { $model }, un cœur
        *[other] { $model }, { $n } cœurs
    }
console-fact-memory = Mémoire
console-fact-firmware = Micrologiciel
console-firmware-uefi = UEFI
console-firmware-bios = BIOS
console-fact-secure-boot = Secure Boot
console-fact-tpm = Puce TPM
console-fact-power = Alimentation
console-power-mains = secteur
console-power-battery = batterie
console-power-unknown = inconnue

## Lancer
console-start-on = Lancer un déroulement sur { $name }
console-stages = Étapes du lancement
console-stage-choose = Choisir le master
console-stage-confirm = Relire et confirmer
console-stage-started = Lancé
console-busy = { $name } est déjà dans un déroulement ({ $master }).
console-busy-look = Voir ce déroulement
console-will-happen = Ce qui va se passer
console-destroys = efface le disque
console-only-when = seulement si
console-confirm = Confirmer
console-machine = Poste
console-disk = Disque
console-image = Image
console-signed = Signé
console-loss-question = Si le disque contient quelque chose
console-loss-nothing = S'arrêter et me montrer
console-loss-nothing-text = Le poste compte ce qu'il contient et attend votre accord.
console-loss-expendable = Continuer : le contenu est sacrifiable
console-loss-expendable-text = Il est compté, inscrit dans la preuve, puis effacé sans demander.
console-destroys-nothing = Ce master n'efface rien.
console-start-do = Lancer sur { $name }
console-other-master = Choisir un autre master
console-choose-master = Quel master ?
console-n-steps = { $n ->
        [one] une étape
        *[other] { $n } étapes
    }
console-n-images = { $n ->
        [0] aucune image
        [one] une image
        *[other] { $n } images
    }
console-options-ask = Options
console-option-help = Valeur du master : { $value }

## Déroulements
console-runs = Déroulements
console-runs-text = Chaque passage d'un poste dans un master : où il en est, et pourquoi.
console-runs-all = Tous
console-runs-none = Aucun déroulement encore
console-runs-none-text = Choisissez un poste reconnu, puis le master qu'il doit recevoir.
console-runs-none-here = Aucun déroulement dans cet état.
console-runs-show-all = Voir tous les déroulements
console-run-state-ordered = Ordonné
console-run-state-running = En cours
console-run-state-waiting = En attente
console-run-state-failed = En échec
console-run-state-cancelled = Annulé
console-run-state-completed = Terminé
console-steps = Étapes
console-step = Étape
console-step-state-pending = à venir
console-step-state-running = en cours
console-step-state-waiting = attend
console-step-state-stopped = arrêtée
console-step-state-done = faite et relue
console-step-state-skipped = sans objet
console-step-state-tolerated = échec toléré
console-step-state-failed = échec
console-step-check = Vérifier le poste
console-step-partition = Préparer le disque
console-step-apply-image = Écrire l'image
console-step-reset-image = Remettre le disque dans l'état de l'image
console-step-fill-cache = Remplir le cache
console-step-capture-image = Capturer le disque
console-step-write-file = Écrire un fichier
console-step-set-identity = Donner son identité
console-step-run-script = Exécuter un script
console-step-reboot = Redémarrer
console-step-report = Rendre compte
console-step-move-folder = Déplacer un dossier
console-phase-validate = Vérifier
console-phase-capture-state = Mettre en sûreté
console-phase-preinstall = Préparer
console-phase-install = Installer
console-phase-postinstall = Personnaliser
console-phase-restore-state = Rendre compte
console-attempt = essai n° { $n }
console-ordered = Ordonné
console-began = Commencé
console-in-all = En tout
console-resumed = Repris après un arrêt
console-times = { $n ->
        [one] une fois
        *[other] { $n } fois
    }
console-memory-kept = Journal gardé
console-memory-on-machine = sur le poste et sur le serveur
console-memory-on-server = sur le serveur
console-failed-at = Échec : { $step }
console-waits-at = En attente : { $step }
console-retry = Réessayer
console-retry-text = Le poste reprend à cette étape ; ce qui est déjà écrit n'est pas récrit.
console-loss-title = Avant d'effacer { $name }, il faut votre accord
console-loss-text = Le disque contient ce qui suit. Rien n'est encore touché. Si vous continuez, tout cela sera perdu, et la preuve le dira.
console-would-lose = { $n ->
        [one] Son disque contient un élément ({ $bytes }), qui serait perdu.
        *[other] Son disque contient { $items } fichiers et dossiers ({ $bytes }), qui seraient perdus.
    }
console-loss-caption = Ce qui serait perdu, par partition
console-loss-reason = Pourquoi cela peut être perdu
console-loss-reason-help = Cette phrase entre dans la preuve. N'y mettez le nom de personne.
console-loss-allow = Effacer ces { $size } et continuer
console-cancel = Annuler ce déroulement
console-cancel-text = Le poste s'arrête au prochain endroit sûr. Si le disque est déjà entamé, il faudra relancer un déroulement pour qu'il redémarre.
console-cancel-do = Oui, annuler
console-journal = Journal
console-journal-none = Le poste n'a encore rien écrit.
console-n-entries = { $n ->
        [one] { $number } entrée
        *[other] { $number } entrées
    }
console-entry = Entrée { $n }
console-why-and-next = Cause et que faire
console-by-part = Par partition
console-part = Partie
console-holds = Contient
console-items = Fichiers et dossiers
console-size = Taille
console-looked = Regardé
console-total = Total
console-holds-nothing = Rien du tout.
console-part-disk = Disque entier
console-part-folder = Dossier
console-part-partition = Partition { $n }
console-kind-boot-loader = chargeur BIOS
console-kind-empty = rien
console-kind-unknown = format inconnu
console-kind-socle = journal de Socle
console-kind-folder = dossier
console-kind-swap = mémoire d'échange
console-level-full = chaque fichier par son empreinte
console-level-counted = compté
console-level-expendable = sacrifiable, d'après la règle
console-level-unreadable = illisible

## Le journal en phrases
console-event-run-started = Le déroulement commence (agent { $agent }).
console-event-run-resumed = { $n ->
        [one] Le poste reprend après un arrêt.
        *[other] Le poste reprend après un arrêt (reprise n° { $n }).
    }
console-event-memory-partition = La clé, le journal et le point de reprise sont à l'abri d'une coupure, sur la partition Socle.
console-event-memory-file = La clé, le journal et le point de reprise sont à l'abri d'une coupure, dans un fichier.
console-event-step-started = L'étape « { $step } » commence.
console-event-step-again = L'étape « { $step } » recommence (essai n° { $n }).
console-event-step-completed = L'étape « { $step } » est faite, et relue.
console-event-step-skipped = L'étape « { $step } » est sans objet ici : la condition { $when } ne tient pas.
console-event-warning = À regarder, sans rien arrêter :
console-event-step-failed = L'étape « { $step } » a échoué.
console-event-step-failed-again = L'étape « { $step } » a échoué et sera réessayée.
console-event-waiting = Le poste attend une personne.
console-event-waiting-loss = Le poste attend qu'une personne autorise cette perte.
console-event-census-empty = Recensement : il n'y a rien à perdre.
console-event-census-before = { $n ->
        [one] Recensement avant effacement : un élément, { $bytes }.
        *[other] Recensement avant effacement : { $items } éléments, { $bytes }.
    }
console-event-census-after = { $n ->
        [one] Recensement à l'arrivée : un élément, { $bytes }.
        *[other] Recensement à l'arrivée : { $items } éléments, { $bytes }.
    }
console-event-loss-allowed = Une personne a autorisé cette perte (ordre { $order }).
console-event-loss-by-policy = Rien ne s'y oppose : le disque est vide, ou son contenu est déclaré sacrifiable.
console-event-image-applied = L'image est écrite : { $bytes }, chaque morceau vérifié avant de l'être.
console-event-image-reset = Le disque est de nouveau l'image : { $bytes } écrits, tout le reste était juste.
console-event-image-captured = Le disque est capturé sous le nom { $name } : { $bytes } utiles.
console-event-read-back-all = tout
console-event-read-back-one-in = { $n ->
        [one] tout
        *[other] un morceau sur { $n }
    }
console-event-fact-image = Image
console-event-fact-chunks = Morceaux
console-event-fact-fetched = Reçus du réseau
console-event-fact-compared = Lus et comparés
console-event-fact-in-place = Justes à leur place
console-event-fact-found = Déplacés sur le disque
console-event-fact-cache = Du cache
console-event-fact-gone = Ne contiennent plus rien
console-event-fact-new = Nouveaux pour le dépôt
console-event-fact-read-back = Relus sur le disque
console-event-identity-read = Le système installé dit être { $name }.
console-event-rebooting-installed = Le poste redémarre sur son disque.
console-event-rebooting-boot = Le poste redémarre par le réseau.
console-event-rebooting-off = Le poste s'éteint.
console-event-order-received = L'ordre { $order } est arrivé.
console-event-run-cancelled = Le déroulement est arrêté, par un ordre.
console-event-run-failed = Le déroulement s'arrête sur un échec.
console-event-run-completed = Le déroulement est terminé : toute la séquence est faite.
console-identity-hostname = Nom
console-identity-system = Système
console-identity-kernel = Noyau
console-identity-machine-id = machine-id (empreinte)
console-identity-disk = GUID du disque
console-identity-ssh = Clé SSH { $kind }
console-identity-partition = GUID de la partition { $n }
console-identity-filesystem = Système de fichiers { $n }
console-step-fact-written-bytes = Écrit
console-step-fact-fetched-bytes = Reçu du réseau
console-step-fact-streamed-bytes = Reçu par la diffusion à la salle
console-step-fact-read-back-bytes = Relu sur le disque
console-step-fact-resumed-bytes = Déjà écrit avant la reprise
console-step-fact-grown = Agrandi
console-step-fact-image = Image
console-step-fact-name = Nom
console-step-fact-disk = Disque
console-step-fact-used-bytes = Utilisé
console-step-fact-new-bytes = Nouveau pour le dépôt
console-step-fact-stored-bytes = Rangé, comprimé
console-step-fact-memory-mib = Mémoire
console-step-fact-firmware = Micrologiciel
console-step-fact-power = Alimentation
console-step-fact-disk-mib = Taille du disque
console-step-fact-disk-bytes = Taille du disque
console-step-fact-disk-guid = GUID du disque
console-step-fact-partitions = Partitions

## La preuve
console-proof = Preuve
console-proof-text = Ordres, journal et recensements, signés. Elle se vérifie sans ce serveur, avec la seule clé publique.
console-proof-check = Voir et vérifier la preuve
console-proof-of = Preuve de { $name }
console-proof-lead = Ce que montre le fichier, vérifié à l'instant avec la clé publique de contenu.
console-proof-download = Télécharger ({ $size })
console-verdict-wrong = Cette preuve ne tient pas
console-verdict-complete = La preuve est complète
console-verdict-complete-text = Tout ce qui devait être fait l'a été, dans l'ordre, par ce poste, avec ce que la clé de contenu a signé.
console-verdict-gaps = { $n ->
        [one] La preuve est juste, mais il lui manque une chose
        *[other] La preuve est juste, mais il lui manque { $n } choses
    }
console-verdict-gaps-text = Rien n'a été altéré. Voici ce qui n'est pas montré :
console-checked = Ce qui a été vérifié
console-checked-chain = { $n ->
        [one] Le journal a une entrée, signée par le poste.
        *[other] Les { $number } entrées du journal s'enchaînent sans trou, chacune signée par le poste.
    }
console-checked-orders = Chaque ordre est signé par le serveur, et le serveur est reconnu par la clé de contenu.
console-checked-master = Le master { $master } est signé par la clé de contenu.
console-checked-image = L'image écrite est bien celle du master :
console-checked-loss = Ce qui a été effacé avait été compté et autorisé avant.
console-before = Ce qu'il contenait avant
console-after = Ce qu'il contient après
console-not-counted = Non recensé.
console-who-reported = Qui le système installé dit être
console-check-yourself = Vérifier soi-même
console-check-yourself-text = Sur n'importe quel ordinateur, sans réseau :

## Images et masters
console-images = Images
console-images-text = Les disques capturés. Seule une image signée par la clé de contenu peut être installée.
console-used = Utilisé
console-source-disk = Disque d'origine
console-captured = Capturée
console-used-by = Masters
console-image-signed = Signée
console-image-draft = Brouillon
console-image-missing = absente du dépôt
console-how-to-sign-text = Sur l'ordinateur qui garde la clé de contenu :
console-how-to-sign-command = socle sign image --name NOM --key content.key --publish
console-images-none = Aucune image encore
console-images-none-text = Une image est le disque d'un poste de référence, capturé par le réseau.
console-images-none-1 = Démarrez le poste de référence par le réseau et reconnaissez-le.
console-images-none-2 = Lancez sur lui le master de capture : rien ne change sur son disque.
console-images-none-3 = Signez l'image avec la clé de contenu.
console-masters = Masters
console-masters-text = Ce qui fait un poste : une séquence, ses images, ses options. Signé, donc immuable.
console-version = Version
console-no-image = sans image
console-by-content-key = par la clé de contenu
console-masters-none = Aucun master encore
console-masters-none-text = Un master se signe sur l'ordinateur qui garde la clé de contenu, puis se publie ici :
console-masters-none-command = socle master sign masters/capture.toml --name capture --version 1 --key content.key --out capture.master && socle master publish capture.master
console-digest = Empreinte
console-phase = Phase
console-condition = Condition
console-on-failure = En cas d'échec
console-always = toujours
console-retries = { $n ->
        [one] réessaie une fois, puis
        *[other] réessaie { $n } fois, puis
    }
console-goes-on = continue
console-stops = s'arrête
console-within = au plus { $duration }
console-sequence-text = Texte signé
console-show-text = Montrer le texte de la séquence
console-options = Options
console-its-runs = Ses déroulements
console-no-run-yet = Aucun poste ne l'a encore reçu.

## Le serveur
console-status = Serveur
console-status-text = Ce qu'il est, à quelles clés il se fie, ce qui demande attention.
console-findings = À corriger
console-findings-none = Rien à signaler.
console-content-key-here = La clé de contenu est dans le dossier de ce serveur. Qui vole ce dossier peut signer ce que les postes installent.
console-content-key-here-next = Déplacez le dossier content-key sur un ordinateur hors du réseau, et gardez-en une copie. Signer s'y fera ; le serveur n'en a pas besoin.
console-runs-since = En marche depuis
console-peak-memory = Mémoire, au plus
console-keys = Clés
console-content-key = Clé de contenu (publique)
console-content-key-text = Dit ce qui peut exister : images, masters, environnement de démarrage. Elle seule suffit pour vérifier une preuve.
console-server-key = Clé du serveur (publique)
console-server-key-text = Signe les ordres et reconnaît les postes. Elle ne peut signer aucun contenu.
console-boot-events-text = Ce que les services de démarrage ont entendu, et ce qu'ils ont répondu, ou pourquoi ils se sont tus.
console-only-of = Seulement ceux de
console-show-all = Tout montrer
console-time = Heure
console-service = Service
console-what = Quoi
console-boot-nothing-text = Dès qu'une carte réseau demande à démarrer, une ligne apparaît ici.
console-boot-nothing-1 = Le serveur doit être sur le même réseau que les postes, ou le routeur doit relayer DHCP jusqu'à lui.
console-boot-nothing-2 = Un pare-feu doit laisser passer UDP 67, 69 et 4011.
console-boot-nothing-3 = Le poste doit démarrer par le réseau en UEFI.

## Les pannes de la console
console-template-broken = La page { $template } n'a pas pu être composée.
    .next = C'est un défaut de Socle. Le reste continue. Prévenez l'assistance avec la cause ci-dessous.
console-not-found = Cette page n'existe pas, ou n'existe plus.
    .next = Repartez de l'accueil : tout y est à un ou deux liens.

# Son propre compte, et le second facteur.
console-notice-factor-added = Le second facteur est ajouté. Il sera demandé à chaque connexion.
console-notice-factor-removed = Le second facteur est retiré.
console-notice-session-revoked = Cette session est terminée.
console-notice-sessions-revoked = Toutes vos autres sessions sont terminées.
console-notice-token-revoked = Le jeton est révoqué : qui le détient est désormais refusé.
console-sign-in-again = Connectez-vous encore une fois
console-sign-in-again-why = Pour changer votre façon de vous connecter, prouvez une fois de plus que c'est vous.
console-sign-in-service = Se connecter avec { $service }
console-sign-in-passkey = Se connecter avec une clé d'accès
console-sign-in-or = ou avec un nom et un mot de passe
console-signed-out-here = Vous êtes déconnecté ici, et toujours connecté chez { $service }.
console-sign-out-there = Se déconnecter aussi là-bas
console-signed-in = Vous êtes connecté
console-signed-in-go = Continuer
console-passkey-failed = Aucune clé d'accès n'a répondu. Réessayez, ou connectez-vous autrement.
console-second = Second facteur
console-second-why = Votre mot de passe est juste. Prouvez maintenant, avec ce que vous détenez, que c'est vous.
console-second-passkey = Avec une clé d'accès
console-second-code = Code
console-second-code-help = Les six chiffres que montre votre application, ou l'un de vos codes de secours.
console-second-recovery = Code de secours
console-second-recovery-help = L'un des codes que vous avez conservés ; chacun ne sert qu'une fois.
console-second-do = Vérifier
console-second-lost = Tout est perdu ? L'administrateur du serveur peut retirer votre second facteur ; c'est consigné.
console-second-back = Retour à la page de connexion
console-enrol = Votre second facteur
console-enrol-why = Ici, chacun a besoin d'un second facteur. Créez le vôtre maintenant : une minute suffit.
console-app = Codes d'une application
console-app-install = Sur votre téléphone, ouvrez une application de codes à usage unique (Aegis, FreeOTP ou celle de votre organisation).
console-app-scan = Photographiez cette image avec elle.
console-app-picture = Image pour l'application : elle porte le secret écrit en toutes lettres dessous
console-app-type = Ou tapez ce secret :
console-app-open = L'ouvrir dans une application de cet ordinateur
console-app-try = Tapez les six chiffres que l'application montre à présent.
console-app-code = Code que montre l'application
console-app-do = Vérifier et garder
console-app-add = Ajouter une application
console-account = Mon compte
console-crumbs = Où vous êtes
console-acts = Actions
console-factors = Seconds facteurs
console-factors-why = Avec un second facteur, votre mot de passe seul n'ouvre rien.
console-factors-none = Vous n'en avez pas encore.
console-factor-totp = Codes d'une application
console-factor-passkey = Clé d'accès
console-factor-name = Nom
console-factor-name-example = Mon téléphone
console-factor-kind = Ce que c'est
console-last-used = Dernier usage
console-never = jamais
console-remove = Retirer
console-codes-left = { $n ->
    [0] Il ne reste aucun code de secours : faites-en de nouveaux.
    [one] Il reste un code de secours.
   *[other] Il reste { $n } codes de secours.
}
console-codes-new = Nouveaux codes de secours
console-passkey-name = Nom d'une nouvelle clé d'accès
console-passkey-add = Ajouter une clé d'accès
console-passkeys-off = Les clés d'accès demandent HTTPS et un nom au lieu d'une adresse : cette console est ouverte sans.
console-fresh-why = Pour changer votre façon de vous connecter, prouvez d'abord que c'est vous.
console-fresh-do = Se connecter encore une fois
console-sessions = Où je suis connecté
console-device = Appareil
console-device-unknown = Appareil inconnu
console-proved-by = Prouvé par
console-session-this = celle-ci
console-session-revoke = Terminer
console-sessions-revoke = Terminer toutes les autres
console-how-password = mot de passe
console-how-directory = annuaire
console-how-service = service de connexion
console-how-service-strong = service de connexion à deux facteurs
console-how-passkey = clé d'accès
console-how-totp = code
console-how-recovery = code de secours
console-how-link = lien à usage unique
console-tokens = Jetons d'API
console-tokens-why = Un jeton laisse un programme agir en votre nom, jamais avec plus de droits que vous. Donnez-lui le moins possible.
console-token-name = Nom
console-token-may = Peut agir comme
console-token-role = { $role }, à { $unit }
console-token-all = tout ce que je peux faire
console-token-until = Jusqu'au
console-token-over = terminé
console-token-days = Pour combien de jours
console-token-add = Créer un jeton
console-token-revoke = Révoquer
console-password-change = Changer mon mot de passe
console-field-current-password = Mot de passe actuel
console-password-do = Le changer
console-password-ends = Cela termine toutes vos autres sessions.
console-sources = Ce compte est aussi connu comme
console-once-codes = Vos codes de secours
console-once-token = Votre nouveau jeton
console-once-only = Ceci n'est montré qu'une fois. Rechargez la page et il n'y est plus.
console-once-codes-help = Imprimez-les ou mettez-les en lieu sûr. Chacun remplace une fois votre second facteur. Les codes que vous aviez auparavant ne valent plus rien.
console-once-token-help = Le jeton « { $name } », pour l'en-tête Authorization: Bearer. Mettez-le dans le coffre du programme, pas dans un script.
console-once-done = Je l'ai conservé
console-fact-tpm-ek = Identité du TPM
console-fact-key-sealed = Clé scellée par le TPM
console-again-title = C'est une machine connue qui revient
console-again-same-tpm = Sa puce de sécurité (TPM) est celle de { $name }, qui a été effacée.
console-again-text = Après une réparation (carte mère ou puce de sécurité remplacée ou effacée), une machine se présente comme nouvelle. Sa fiche, sa place et ses déroulements continuent sous la nouvelle clé ; l'ancienne ne vaut plus rien. Allez voir la machine avant de l'affirmer.
console-again-name = Nom de la machine connue
console-again-do = C'est celle-ci
console-notice-identity-replaced = La machine continue sous sa nouvelle clé.
console-from-afar = Démarrages à distance
console-from-afar-none = Personne n'a fait démarrer l'environnement d'amorçage sur cette machine.
console-from-afar-do = Démarrer à distance
console-from-afar-text = Le système installé redémarre la machine dans l'environnement d'amorçage, une seule fois ; son propre ordre de démarrage reste tel quel. L'ordre lui parvient à sa prochaine parole, en quelques minutes.
console-boot-from = Démarrer l'environnement d'amorçage
console-boot-from-own-disk = depuis son propre disque
console-boot-from-network = depuis le réseau
console-boot-once-do = La redémarrer
console-wake-do = La réveiller (Wake-on-LAN)
console-wake-text = La machine doit être éteinte ou en veille, et son micrologiciel doit permettre le Wake-on-LAN. C'est sa propre parole qui dit si elle est venue.
console-boot-once-ordered = Attend la machine
console-boot-once-armed = Redémarre
console-boot-once-came = Venue
console-boot-once-did-not-come = N'est pas venue
console-boot-once-refused = La machine ne peut pas
console-boot-once-expired = Pas pris à temps
console-boot-once-withdrawn = Remplacé par un autre ordre
console-notice-boot-once-ordered = La machine redémarrera dans l'environnement d'amorçage à sa prochaine parole.
console-notice-woken = Les paquets ont été envoyés. Si la machine vient, cela se voit ici dès qu'elle parle.
