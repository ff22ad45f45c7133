# La ligne de commande.
socle-cli = Socle : des postes nus reçoivent leur master par le réseau, le démarrent et le prouvent.
    .json = Répondre en JSON
    .lang = Langue : fr ou en
    .server = Adresse de l'API du serveur
    .database = Où le serveur garde tout : postgres://… ; par défaut ce que dit la configuration, ou SQLite dans le dossier de données
    .help = Cette aide
    .version = La version
socle-help-usage = Emploi :
socle-help-commands = Commandes
socle-help-arguments = Arguments
socle-help-options = Options
socle-cli-serve = Faire tourner le serveur : API, console, services d'amorçage
    .data = Dossier de tout ce que le serveur garde
    .config = Fichier de configuration (TOML)
socle-cli-config = Le fichier de configuration
socle-cli-config-check = Vérifier un fichier de configuration et dire ce qu'il règle
    .file = Le fichier
socle-cli-machine = Les postes
    .machine = Son identifiant, son nom, ou les six chiffres de son écran
socle-cli-machine-list = Lister les postes
    .state = Seulement ceux qui sont dans cet état
    .trust = Seulement ceux dont le dernier démarrage valait cela : tout vérifié, certificat inscrit, non inscrit, Secure Boot désactivé
socle-cli-machine-show = Montrer un poste
    .machine = Son identifiant, son nom, ou les six chiffres de son écran
socle-cli-machine-accept = Reconnaître un poste qui attend
    .machine = Son identifiant, ou les six chiffres de son écran
    .name = Le nom qu'il doit avoir (un nom d'hôte)
socle-cli-machine-refuse = Refuser un poste : il retourne à son propre disque
    .machine = Son identifiant, son nom, ou les six chiffres de son écran
socle-cli-machine-boot-once = Faire démarrer une fois l'environnement d'amorçage à une machine, son ordre de démarrage restant tel quel
    .machine = Son identifiant, son nom, ou les six chiffres de son écran
    .from = Depuis son propre disque, ou par l'entrée réseau du micrologiciel : own-disk, network
    .timeout-seconds = Attendre ce temps pour voir ce qu'il en advient
socle-cli-machine-wake = Réveiller une machine (Wake-on-LAN) et attendre sa parole
    .machine = Son identifiant, son nom, ou les six chiffres de son écran
    .timeout-seconds = L'attendre ce temps, au plus 240
socle-cli-machine-again = Dire qu'une machine qui attend est une machine connue dont la carte mère ou le TPM a été remplacé
    .machine = Son identifiant, ou les six chiffres de son écran
    .name = La machine connue : son nom ou son identifiant
socle-cli-machine-announce = Annoncer des postes à venir
    .file = Un fichier CSV avec l'en-tête name,mac,serial,uuid
socle-cli-rule = Les règles qui reconnaissent les postes d'elles-mêmes
socle-cli-rule-add = Ajouter une règle
    .name = Le nom de la règle
    .when = Condition sur les faits (CEL) ; true accepte tous les postes
    .pattern = Modèle des noms : salle-{"{"}nn{"}"}, {"{"}serial{"}"}, {"{"}mac{"}"}
socle-cli-rule-list = Lister les règles
socle-cli-rule-remove = Retirer une règle
    .name = Le nom de la règle
socle-cli-master = Les masters
socle-cli-master-sign = Signer un master avec la clé de contenu
    .file = La séquence (TOML), ou un brouillon tel que le serveur l'a donné (.json) : son nom et sa version y figurent
    .name = Le nom du master
    .version = La version du master
    .image = Une image que la séquence nomme : NOM=EMPREINTE, NOM=IMAGE, ou NOM (la plus récente image signée de ce nom sur le serveur)
    .option = Valeur par défaut d'une option : NOM=VALEUR (une valeur JSON, sinon un texte)
    .key = Le fichier secret de la clé de contenu
    .out = Où écrire le master signé
    .unit = L'unité à qui il appartiendra (identifiant) ; par défaut le centre
    .generation = Sa génération : qui en a vu une plus récente de ce nom le refuse
socle-cli-master-publish = Publier un master signé sur le serveur
    .file = Le master signé
socle-cli-master-list = Lister les masters
socle-cli-run = Les déroulements : un poste qui suit une séquence
socle-cli-run-start = Lancer un déroulement
    .machine = Le poste : identifiant, nom ou six chiffres
    .master = Le master : NOM (le plus récent), NOM:VERSION ou empreinte
    .option = Valeur d'une option pour ce déroulement : NOM=VALEUR
    .loss = Ce qui peut être détruit sans demander : nothing-only (rien), expendable (tout)
socle-cli-run-list = Lister les déroulements
    .machine = Seulement ceux de ce poste
socle-cli-run-show = Montrer un déroulement
    .run = L'identifiant du déroulement
socle-cli-run-watch = Suivre un déroulement jusqu'à ce qu'il se termine, échoue ou attende une personne
    .run = L'identifiant du déroulement
    .timeout-seconds = Abandonner après tant de secondes
socle-cli-run-cancel = Arrêter un déroulement au prochain endroit sûr
    .run = L'identifiant du déroulement
socle-cli-run-retry = Reprendre un déroulement qui a échoué
    .run = L'identifiant du déroulement
socle-cli-run-allow-loss = Permettre à un déroulement qui attend de détruire ce qu'il a recensé
    .run = L'identifiant du déroulement
    .census = L'empreinte du recensement qui a été lu
    .reason = Pourquoi, sans nom de personne
socle-cli-run-journal = Montrer le journal d'un déroulement
    .run = L'identifiant du déroulement
socle-cli-run-proof = Écrire la preuve d'un déroulement dans un fichier
    .run = L'identifiant du déroulement
    .out = Le fichier
socle-cli-token = Les accès des programmes et des personnes
socle-cli-token-create = Créer un jeton d'API ; montré une seule fois
    .name = À quoi il sert
    .days = Nombre de jours jusqu'à sa fin
    .data = Le dossier de données du serveur
    .config = Son fichier de configuration
socle-cli-token-list = Lister les jetons d'API : jusqu'à quand, dernier usage
    .data = Le dossier de données du serveur
    .config = Le fichier de configuration du serveur
socle-cli-token-revoke = Révoquer un jeton d'API : il est refusé aussitôt, même au milieu d'une attente
    .token = Le début de son identifiant (huit caractères), ou son nom
    .data = Le dossier de données du serveur
    .config = Le fichier de configuration du serveur
socle-cli-account = Les comptes des personnes, depuis l'ordinateur du serveur
socle-cli-account-recover = Donner à quelqu'un un lien à usage unique pour un nouveau mot de passe ; les seconds facteurs restent, sauf demande expresse
    .name = Le nom du compte
    .remove-second-factors = Retirer aussi tous les seconds facteurs et terminer sessions et jetons ; consigné dans le journal d'audit
    .data = Le dossier de données du serveur
    .config = Le fichier de configuration du serveur
socle-cli-account-change-key = Sceller tous les secrets de la base avec une nouvelle clé ; arrêtez d'abord le serveur
    .data = Le dossier de données du serveur
    .config = Le fichier de configuration du serveur
socle-cli-token-link = Créer un lien de connexion à usage unique pour l'administrateur
    .data = Le dossier de données du serveur
    .config = Le fichier de configuration du serveur
socle-cli-bootenv = L'environnement d'amorçage : ce que les postes démarrent par le réseau
socle-cli-bootenv-build = Construire, signer et installer l'environnement d'amorçage
    .data = Le dossier de données du serveur
    .agent = L'agent statique
    .key = Le fichier secret de la clé de contenu ; par défaut celui du dossier de données
    .kernel = Dossier racine d'un paquet de noyau Debian déballé ; par défaut celui de cet ordinateur
    .config = Le fichier de configuration du serveur
    .loader = Le chargeur réseau (snponly.efi) ; par défaut celui du paquet Debian ipxe
    .stub = L'amorce de systemd (linuxx64.efi.stub) pour l'image signée ; par défaut celle du paquet Debian systemd-boot-efi
    .shim = Le shim de Debian (shimx64.efi.signed) ; par défaut celui du paquet Debian shim-signed
    .mok-manager = Le MokManager de Debian (mmx64.efi.signed) ; par défaut celui du paquet Debian shim-helpers-amd64-signed
    .grub = Le GRUB de Debian pour le réseau (grubnetx64.efi.signed) ; par défaut celui du paquet Debian grub-efi-amd64-signed
    .level = À quel point l'initrd est compressé, de 1 à 19
    .url = Où les postes joignent le serveur : https://ADRESSE:PORT ; par défaut agents.url de la configuration
    .lowest = La plus ancienne génération d'un master que ses agents acceptent : NOM=GÉNÉRATION
socle-cli-sign = Signer avec la clé de contenu
socle-cli-sign-image = Signer une image pour qu'elle puisse être installée
    .name = Son nom
    .image = Son empreinte ; par défaut la plus récente de ce nom sur le serveur
    .repo = Un dépôt sur cet ordinateur : son image y est signée, sans aucun serveur
    .key = Le fichier secret de la clé de contenu
    .out = Où écrire la déclaration signée
    .publish = La publier sur le serveur
    .generation = Sa génération : un serveur qui en a vu une plus récente de ce nom la refuse
socle-cli-sign-delegation = Permettre à un serveur de donner des ordres
    .server-key = Le fichier de la clé publique du serveur
    .key = Le fichier secret de la clé de contenu
    .out = Où écrire la délégation
socle-cli-sign-key = Faire une nouvelle clé de contenu, et sa moitié publique à côté
    .out = Le fichier secret à faire
socle-cli-verify = Vérifier une preuve avec une clé publique seule
    .file = La preuve
    .key = Le fichier de la clé publique de contenu
socle-cli-events = Suivre ce qui se passe, une ligne JSON par événement
socle-cli-status = Montrer l'état du serveur

# Ce qu'elle dit.
socle-serving = Socle sert : console { $url } · agents { $agents } · fichiers d'amorçage { $boot }
socle-first-link = Connectez-vous une fois, dans les { $hours } heures : { $link }
socle-content-key-here = La clé de contenu se trouve dans { $path }. En production, mettez-la en lieu sûr et gardez-en une copie.
socle-head-name = NOM
socle-head-state = ÉTAT
socle-head-code = CODE
socle-head-mac = MAC
socle-head-product = MODÈLE
socle-head-id = IDENTIFIANT
socle-head-rule = RÈGLE
socle-head-pattern = MODÈLE DE NOM
socle-head-condition = CONDITION
socle-head-version = VERSION
socle-head-steps = ÉTAPES
socle-head-digest = EMPREINTE
socle-head-master = MASTER
socle-head-ordered = ORDONNÉ LE
socle-head-run = DÉROULEMENT
socle-machine-to-recognise = à reconnaître
socle-machine-known = connu
socle-machine-refused = refusé
socle-run-ordered = ordonné
socle-run-running = en cours
socle-run-waiting = attend une personne
socle-run-failed = échoué
socle-run-cancelled = annulé
socle-run-completed = terminé
socle-step-pending = à faire
socle-step-running = en cours
socle-step-done = faite
socle-step-skipped = sautée
socle-step-tolerated = échouée, poursuivi
socle-step-failed = échouée
socle-none = aucun
socle-status = Socle { $version }, depuis { $since }
    postes : { $machines }
    déroulements : { $runs }
    mémoire au plus haut : { $memory } Mio
socle-machine-accepted = Le poste est reconnu sous le nom { $name }.
socle-machine-refused-now = Le poste est refusé : il retourne à son propre disque.
socle-machines-announced = { $n ->
    [one] Un poste est annoncé.
   *[other] { $n } postes sont annoncés.
}
socle-rule-added = La règle { $rule } est gardée.
socle-rule-removed = La règle { $rule } est retirée.
socle-master-signed = Le master signé est dans { $path }.
socle-master-published = Le master { $name } { $version } est publié.
socle-release-signed = L'image { $name } est signée.
socle-delegation-signed = La délégation signée est dans { $path }.
socle-key-made = La clé secrète est dans { $secret } : gardez-la, et une copie, en lieux sûrs. Sa moitié publique est dans { $public }.
socle-run-started = Le déroulement { $run } est ordonné pour { $name }.
socle-run-cancelling = Le déroulement { $run } de { $name } est en cours d'annulation.
socle-run-retried = Le déroulement { $run } de { $name } reprend.
socle-run-loss-allowed = Le déroulement { $run } de { $name } peut perdre ce qu'il a recensé.
socle-run-census = Pour le permettre : socle run allow-loss DÉROULEMENT --census { $census } --reason "…"
socle-proof-written = La preuve est dans { $path }.
socle-proof-holds = La preuve tient : { $name } a reçu { $master }. { $entries } entrées en une seule chaîne, { $images ->
    [one] { $images } image
   *[other] { $images } images
}.
socle-proof-before = Avant : { $items } éléments, { $bytes } octets.
socle-proof-after = Après : { $items } éléments, { $bytes } octets.
socle-proof-complete = Elle est complète.
socle-proof-gaps = Elle n'est pas complète :
socle-token-created = { $token }
socle-head-token = JETON
socle-head-until = JUSQU'AU
socle-head-used = DERNIER USAGE
socle-token-revoked = Le jeton « { $name } » est révoqué.
socle-account-link = Ouvrez ceci une fois, dans les { $hours } heures, pour choisir un nouveau mot de passe :
    { $link }
socle-account-no-factor = Le compte n'a pas de second facteur.
socle-account-factors-left = { $n ->
    [one] Un second facteur reste : il est demandé après le mot de passe. S'il est perdu, prenez un code de secours, ou relancez avec --remove-second-factors.
   *[other] { $n } seconds facteurs restent : l'un est demandé après le mot de passe. S'ils sont tous perdus, prenez un code de secours, ou relancez avec --remove-second-factors.
}
socle-account-factors-removed = { $n ->
    [one] ATTENTION : son second facteur a été retiré ; ses sessions et jetons sont terminés. C'est consigné dans le journal d'audit. Assurez-vous que son propriétaire l'a bien demandé.
   *[other] ATTENTION : { $n } seconds facteurs ont été retirés ; ses sessions et jetons sont terminés. C'est consigné dans le journal d'audit. Assurez-vous que son propriétaire l'a bien demandé.
}
socle-key-changed = { $n ->
    [one] Un secret est scellé avec la nouvelle clé ; l'ancienne est oubliée.
   *[other] { $n } secrets sont scellés avec la nouvelle clé ; l'ancienne est oubliée.
}
socle-environment-built = L'environnement d'amorçage (Linux { $kernel }, { $mebibytes } Mio) est signé, dans { $path }.

# Ce qui peut aller mal.
socle-server-silent = Le serveur { $server } ne répond pas.
    .next = Vérifiez qu'il tourne et que son adresse est juste (--server ou SOCLE_SERVER).
socle-answer-unreadable = La réponse du serveur est illisible pour cette version.
    .next = Employez la même version de Socle ici et sur le serveur.
socle-machine-unknown = Aucun poste ne s'appelle { $machine }.
    .next = Regardez `socle machine list`.
socle-machine-ambiguous = Plusieurs postes montrent les chiffres { $machine }.
    .next = Donnez plutôt l'identifiant ; voyez `socle machine list`.
socle-master-unknown = Il n'y a pas de master { $master } sur le serveur.
    .next = Regardez `socle master list`.
socle-image-unknown = Il n'y a pas d'image { $image } sur le serveur.
    .next = Capturez-la, ou apportez-la dans le dépôt.
socle-option-wrong = « { $option } » ne règle aucune option.
    .next = Écrivez NOM=VALEUR.
socle-watch-over = Le déroulement n'était pas fini après { $seconds } secondes. Il continue.
    .next = Suivez-le de nouveau, ou allez voir le poste.
socle-events-cut = La connexion au serveur a été coupée.
    .next = Relancez la commande.
socle-data-missing = { $path } n'est pas le dossier de données d'un serveur.
    .next = Donnez le dossier avec lequel `socle serve --data` a été lancé.
socle-content-key-other = Cette clé de contenu n'est pas celle à laquelle ce serveur se fie ({ $path }).
    .next = Donnez la moitié secrète de cette clé-là.
socle-url-missing = Personne n'a dit où les postes joignent le serveur.
    .next = Donnez --url https://ADRESSE:8443, ou réglez agents.url dans la configuration. Il faut une adresse IP.
socle-tool-missing = Le programme { $tool } manque sur cet ordinateur.
    .next = Installez le paquet Debian e2fsprogs.
socle-kernel-missing = Il n'y a pas de noyau avec ses modules dans { $path }.
    .next = Installez le paquet Debian linux-image-amd64, ou donnez à --kernel le dossier où il a été déballé.
socle-loader-missing = Le chargeur réseau { $path } manque. Rien n'a été construit.
    .next = Installez le paquet Debian `ipxe`, ou nommez le fichier avec --loader.
socle-cli-wizard = L'assistant sur le poste
socle-cli-wizard-code = Faire des codes avec lesquels vous vous connectez sur des postes ; chacun sert pour un seul poste
    .unit = L'unité, et celles d'en dessous, pour lesquelles ils valent ; sans cela, votre propre place
    .count = Combien
    .minutes = Combien de temps ils ouvrent quelque chose, en minutes
socle-cli-wizard-revoke = Reprendre tous vos codes
socle-wizard-codes = Montrés cette seule fois ; chacun ouvre un poste, jusqu'au { $at } :
socle-wizard-revoked = Vos codes n'ouvrent plus rien.
socle-proof-answered = Répondu sur le poste, et signé par lui, le { $at } : nom { $name }, place { $seat }, { $answers }
# Ce qui ne va pas dans une ligne de commande.
socle-words-argument-unknown = Il n'y a pas d'argument { $argument }{ $known ->
    [no] .
   *[other] {" "}; vouliez-vous dire { $similar } ?
}
    .next = Regardez l'aide : la même commande avec --help.
socle-words-command-unknown = Il n'y a pas de commande « { $command } »{ $known ->
    [no] .
   *[other] {" "}; vouliez-vous dire { $similar } ?
}
    .next = Regardez la liste des commandes : --help.
socle-words-command-missing = Que faut-il faire ? Dites l'un de ces mots : { $commands }.
    .next = Regardez l'aide : la même commande avec --help.
socle-words-argument-missing = Ces arguments manquent : { $arguments }.
    .next = Regardez l'aide : la même commande avec --help.
socle-words-value-missing = L'argument { $argument } n'a pas de valeur.
    .next = Donnez-en une après lui.
socle-words-value-wrong = « { $value } » n'est pas une valeur de { $argument }. Il prend : { $values }.
    .next = Prenez l'une de celles-ci.
socle-words-value-refused = « { $value } » n'est pas une valeur de { $argument }.
    .next = Corrigez-la ; la cause dit ce qui ne va pas.
socle-words-values-many = « { $value } » est une valeur de trop pour { $argument }.
    .next = Donnez-en moins ; mettez entre guillemets une valeur qui contient des espaces.
socle-words-arguments-conflict = { $argument } et { $other } ne vont pas ensemble.
    .next = Enlevez l'un des deux.
socle-words-no-text = Un argument n'est pas un texte valable (UTF-8).
    .next = Retapez-le, ou renommez le fichier.
socle-words-wrong = La commande est incompréhensible.
    .next = Regardez l'aide : la même commande avec --help.
socle-output-unwritable = Ce qui devait être dit n'a pas pu être écrit en entier. Ce qui était demandé a été fait.
    .next = Libérez de la place là où va la sortie, puis redemandez à voir.
socle-machine-again = { $name } continue sous sa nouvelle clé.
socle-boot-once-ordered = { $name } redémarrera dans l'environnement d'amorçage à sa prochaine parole.
socle-boot-once-armed = { $name } est prévenue et redémarre.
socle-boot-once-came = { $name } est venue : l'environnement d'amorçage y tourne.
socle-boot-once-did-not-come = { $name } n'est pas venue.
socle-boot-once-refused = { $name } ne peut pas.
socle-boot-once-expired = { $name } n'a pas pris l'ordre à temps.
socle-boot-once-withdrawn = Un autre ordre a pris la place de celui-ci.
socle-wake-boot = { $name } est venue après { $seconds } s : l'environnement d'amorçage y tourne.
socle-wake-installed = { $name } est venue après { $seconds } s : son propre système parle.
socle-wake-silent = { $name } n'a pas parlé. Des paquets ont été envoyés par { $interface } à { $cards } : vérifiez qu'elle est alimentée et que son micrologiciel permet le Wake-on-LAN.
