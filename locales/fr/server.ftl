# Le serveur.
server-broken = Le serveur a rencontré une situation imprévue. Rien n'a été modifié.
    .next = Recommencez ; si cela se répète, regardez le journal du serveur et signalez-le.
server-config-unreadable = Le fichier de configuration { $path } est illisible : ligne { NUMBER($line, useGrouping: 0) }.
    .next = Corrigez cette ligne, puis vérifiez avec `socle config check`.
server-config-wrong = La configuration n'a pas de sens : { $key }.
    .next = Corrigez cette valeur, puis vérifiez avec `socle config check`.
server-delegation-missing = La clé de contenu n'est pas dans le dossier de données, et elle n'a pas permis à ce serveur de donner des ordres.
    .next = Là où se trouve la clé de contenu, lancez : socle sign delegation --server-key { $server } --key content.key --out { $out }
server-delegation-wrong = Le fichier { $path } permet à un autre serveur de donner des ordres, pas à celui-ci.
    .next = Supprimez-le et signez-en un autre avec `socle sign delegation`.
server-already-running = Un serveur travaille déjà avec le dossier { $path }. Rien n'a été modifié.
    .next = Arrêtez-le d'abord (systemctl stop socle), puis recommencez.
server-port-busy = Le serveur ne peut pas écouter sur { $address }.
    .next = Arrêtez le programme qui écoute là, ou choisissez une autre adresse dans la configuration.
server-environment-missing = Il n'y a pas d'environnement d'amorçage dans { $path } : les postes démarrent leur propre disque.
    .next = Construisez-en un avec `socle bootenv build`.
server-environment-altered = L'environnement d'amorçage n'est pas celui qui a été signé : { $file }. Il n'est pas servi ; les postes démarrent leur propre disque.
    .next = Reconstruisez-le avec `socle bootenv build` ; si personne ici ne l'a modifié, cherchez qui l'a fait.
server-environment-older = L'environnement d'amorçage a été signé le { $at }, et un plus récent, signé le { $newest }, a déjà été servi ici. Il n'est pas servi ; les postes démarrent leur propre disque.
    .next = Remettez le plus récent. Pour revenir en arrière exprès, reconstruisez-le avec `socle bootenv build`, qui le signe maintenant ; si une horloge était fausse quand le plus récent a été signé, supprimez { $path }.
server-loader-missing = Le chargeur réseau { $path } manque.
    .next = Installez le paquet Debian `ipxe`, ou reconstruisez l'environnement d'amorçage avec --loader.
server-unknown = Cela n'existe pas ici : { $what ->
        [machine] poste
        [run] déroulement
        [master] master
        [rule] règle
        [unit] organisme
        [session] session
        [token] jeton
        [factor] second facteur
        [account] compte
        [file] fichier
        [webhook] webhook
        [delivery] livraison
       *[other] { $what }
    }.
    .next = Regardez la liste ; cela a peut-être été retiré entre-temps.
server-no-such-place = Il n'y a rien à cette adresse.
    .next = Vérifiez l'adresse.
server-method-wrong = Cette adresse n'accepte pas une telle demande.
    .next = Regardez la documentation de l'API.
server-message-unreadable = Le message est illisible.
    .next = Vérifiez sa forme ; la cause dit où elle est fausse.
server-message-too-long = Le message est plus long que ce qui est accepté ici.
    .next = Envoyez-le en plusieurs fois.
server-range-wrong = La plage d'octets demandée n'existe pas.
    .next = Demandez une seule plage, avec ses deux bouts, à l'intérieur du paquet.
server-unauthenticated = Personne n'est connecté.
    .next = Connectez-vous, ou donnez un jeton d'API fait par `socle token create`.
server-cross-site = Ce formulaire vient d'un autre site. Rien n'a été fait.
    .next = Ouvrez la console elle-même et recommencez là.
server-too-slow = La demande a mis trop de temps à arriver. Rien n'a été fait.
    .next = Recommencez ; si cela se répète, vérifiez le réseau.
server-too-many = Trop de demandes sont venues de cette adresse.
    .next = Attendez une minute, puis recommencez.
server-sign-in-wrong = Le nom ou le mot de passe est faux.
    .next = Recommencez. Si le mot de passe est perdu, l'ordinateur du serveur donne un nouveau lien : socle token link.
server-link-over = Ce lien de connexion a déjà servi, ou ses 24 heures sont passées.
    .next = Sur l'ordinateur du serveur, demandez-en un nouveau : socle token link.
server-passwords-differ = Les deux mots de passe ne sont pas identiques.
    .next = Tapez deux fois le même.
server-name-wrong = « { $name } » ne peut pas être le nom d'un poste.
    .next = Prenez de 1 à 63 lettres minuscules, chiffres et tirets intérieurs.
server-already-known = Ce poste est déjà connu, sous le nom { $name }.
    .next = Rien à faire.
server-not-recognised = Personne n'a encore reconnu ce poste.
    .next = Reconnaissez-le d'abord.
server-queue-full = { $limit } postes attendent d'être reconnus ; aucun autre n'est accepté.
    .next = Reconnaissez ou refusez ceux qui attendent ; ce poste redemande de lui-même.
server-hello-wrong = Un poste a dit quelque chose qui ne peut pas être vrai. Il n'a pas été écouté.
    .next = Redémarrez le poste ; si cela se répète, allez le voir.
server-challenge-over = La question posée à ce poste est trop ancienne ou a déjà reçu sa réponse.
    .next = Le poste redemande de lui-même.
server-agent-version = Le poste parle la version { $version } de la conversation ; ce serveur parle la version { $known }.
    .next = Reconstruisez l'environnement d'amorçage avec cette version de Socle.
server-csv-wrong = La liste des postes est fausse : ligne { NUMBER($line, useGrouping: 0) }. Aucun poste n'a été annoncé.
    .next = Corrigez cette ligne et renvoyez toute la liste. L'en-tête est name,mac,serial,uuid.
server-rule-wrong = La règle { $rule } n'a pas de sens. Elle n'a pas été gardée.
    .next = Corrigez sa condition ou son modèle de noms.
server-option-unknown = Le master n'a pas d'option { $option }. Rien n'a été lancé.
    .next = Regardez les options du master.
server-image-missing = L'image { $image } de ce master n'est pas dans le dépôt. Rien n'a été lancé.
    .next = Apportez l'image dans le dépôt, ou lancez un autre master.
server-run-open = Ce poste suit déjà un déroulement.
    .next = Attendez sa fin, ou annulez-le.
server-run-over = Ce déroulement est fini ({ $state }).
    .next = Lancez-en un nouveau.
server-run-not-failed = Ce déroulement n'a pas échoué : il n'y a rien à reprendre.
    .next = Regardez son état.
server-reason-wrong = Il faut une raison, d'au plus { $limit } caractères.
    .next = Dites pourquoi ce qui est là peut être perdu, sans nom de personne.
server-census-differs = Ce déroulement n'attend plus avec ce recensement. Rien n'a été permis.
    .next = Relisez ce qui serait perdu, puis décidez.
server-entry-too-long = L'entrée { $number } du journal fait { $bytes } octets ; { $limit } au plus sont acceptés. Rien n'en a été gardé.
    .next = Annulez le déroulement et allez voir le poste : aucun de nos agents n'écrit une telle entrée.
server-journal-full = Le journal de ce déroulement est plein ({ $entries } entrées, { $bytes } octets) ; il n'en accepte plus. Ce qu'il contient est conservé.
    .next = Annulez le déroulement et allez voir le poste.
server-not-capturing = Ce poste n'est pas en train de capturer. Rien n'a été gardé.
    .next = Lancez un déroulement dont une étape capture.
server-capture-name = Le poste a capturé une image nommée { $name }, mais son ordre dit { $expected }. Elle n'a pas été publiée.
    .next = Relancez la capture.
server-page-refused = La page { $page } n'est pas ce que dit son nom. Elle n'a pas été gardée.
    .next = Le poste la renvoie ; si cela se répète, examinez sa mémoire et sa carte réseau.
server-release-name = Le nom signé est { $name }, mais l'image s'appelle { $image }. Rien n'a été publié.
    .next = Signez-la de nouveau sous son propre nom.
server-boot-unknown = Poste inconnu : il démarre l'environnement d'amorçage
server-boot-to-recognise = Attend d'être reconnu : il démarre l'environnement d'amorçage
server-boot-work = A du travail : il démarre l'environnement d'amorçage
server-boot-goes-on = Son déroulement continue dans le système installé : il démarre son propre disque
server-boot-no-work = Pas de travail : il démarre son propre disque
server-boot-refused = Refusé : il démarre son propre disque
server-boot-refused-before = Refusé il y a quelque temps : on lui redemande qui il est
server-boot-no-environment = Pas d'environnement d'amorçage valable : il démarre son propre disque
server-boot-dropped = Il y a eu tant de demandes à la fois que { $count } événements de démarrage n'ont pas été gardés
server-boot-file = Le fichier { $file } a été envoyé
server-not-allowed = Vous ne pouvez pas faire cela : il y faut le droit de { $right ->
        [see] voir ce qui s'y trouve
        [recognise] reconnaître des postes
        [operate] lancer et arrêter des déroulements
        [allow-loss] accepter une perte de données
        [reset] remettre un poste à son état initial
        [options] régler des options
        [rules] écrire des règles
        [organise] modifier l'organisation
        [people] donner des rôles
        [masters] créer et publier des masters
        [audit] lire le registre d'audit
        [server] voir et régler le serveur
       *[own] gérer vos propres affaires
    }. Rien n'a été fait.
    .next = Une personne qui donne les rôles à « { $unit } », ou au-dessus, peut vous en donner un qui le contient : { $right ->
        [see] assistance
        [recognise] technicien
        [operate] technicien
        [allow-loss] déployeur
        [reset] responsable de salle
        [options] concepteur
        [rules] concepteur
        [organise] administrateur de site
        [people] administrateur de site
        [masters] concepteur
        [audit] auditeur
        [server] administrateur de site, au centre
       *[own] utilisateur
    }.
# L'API.
server-page-wrong = La page demandée ne peut pas être donnée : { $name }.
    .next = Reprenez tel quel le `next` de la page précédente pour `after` ; `limit` va de 1 à 1000.
server-address-wrong = L'adresse contient un octet nul (%00), qu'aucun nom ne contient. Rien n'a été fait.
    .next = Retirez-le de l'adresse.
server-header-wrong = L'en-tête { $name } est illisible. Rien n'a été fait.
    .next = Regardez sa forme dans la description de l'API.
server-changed-meanwhile = Quelqu'un a modifié ceci entre-temps, ou ce n'est plus là. Rien n'a été fait.
    .next = Regardez ce que c'est devenu, puis décidez de nouveau.
server-key-under-way = Une demande avec cette Idempotency-Key est en cours en ce moment même.
    .next = Renvoyez-la dans un instant : la réponse est alors redonnée, et rien n'est fait deux fois.
server-key-other = Cette Idempotency-Key a été donnée à une autre demande dans les dernières 24 heures. Rien n'a été fait.
    .next = Prenez une nouvelle clé pour une nouvelle demande.
server-key-answer-lost = La demande avec cette Idempotency-Key a été exécutée, mais sa réponse n'a pas été gardée : le serveur s'est arrêté juste après, ou elle était trop longue. Rien n'est fait deux fois.
    .next = Regardez ce qu'elle a modifié.
server-webhook-url = Cette adresse ne peut pas être celle d'un webhook.
    .next = Donnez une adresse HTTPS, sans utilisateur, mot de passe ni fragment. HTTP simple seulement dans un réseau nommé par `webhooks.allow` dans la configuration.
server-webhook-address = { $host } est une adresse de ce réseau-ci : les webhooks n'y mènent pas. Rien n'a été envoyé.
    .next = S'il doit en être ainsi, l'administrateur du serveur ajoute son réseau à `webhooks.allow` dans la configuration.
server-webhook-name = Un webhook a un nom de 1 à { $limit } caractères.
    .next = Raccourcissez-le, sans espace à ses bouts.
server-webhook-kind = Rien de l'espèce { $kind } n'arrive ici.
    .next = Regardez la liste des espèces dans docs/api.md.
server-webhooks-many = Il y a { $limit } webhooks ; aucun autre n'est accepté.
    .next = Supprimez ceux dont personne n'a besoin.
server-webhook-off = Le webhook a été éteint : { $count } tentatives de suite ont échoué.
    .next = Réparez l'autre côté, essayez avec `socle webhook try`, puis rallumez le webhook.
server-webhook-said-no = L'autre côté a répondu par le code HTTP { NUMBER($status, useGrouping: 0) } au lieu d'un succès.
    .next = Regardez le journal de l'autre côté ; le message est renvoyé de lui-même.
server-webhook-silent = L'autre côté n'a pas pu être joint.
    .next = Vérifiez qu'il fonctionne et que son certificat est valable ; le message est renvoyé de lui-même.
# Se connecter, et son propre compte.
server-too-many-guesses = Il y a eu trop d'essais faux. Rien n'a été regardé.
    .next = Attendez quelques minutes, puis réessayez. Qui s'est déjà connecté depuis cet appareil n'est pas gêné par les essais des autres.
server-second-wrong = Ce code n'est pas juste, ou il a déjà servi.
    .next = Attendez le code suivant de votre application, ou prenez l'un de vos codes de secours. Après cinq codes faux, recommencez depuis le début.
server-passkeys-off = Les clés d'accès ne peuvent pas servir à l'adresse par laquelle cette console est ouverte.
    .next = Donnez à la console un nom et HTTPS : console.url dans la configuration.
server-passkey-known = Cette clé d'accès appartient déjà à un compte.
    .next = Prenez-en une autre.
server-account-of-another = Le service ou l'annuaire vous nomme comme quelqu'un qui a déjà un compte ici, et personne n'a dit que c'est le vôtre. Vous n'avez pas été connecté.
    .next = Demandez à l'administrateur du serveur : il lie les deux, ou donne un autre nom à l'un d'eux.
server-account-name = Le service ou l'annuaire ne donne pour vous aucun nom qui puisse en être un ici. Vous n'avez pas été connecté.
    .next = Demandez au centre quel attribut porte le nom.
server-session-needed = Ceci est fait par une personne connectée, pas par un jeton.
    .next = Ouvrez la console et connectez-vous.
server-sign-in-again = Vous vous êtes connecté il y a un moment. Pour ceci, prouvez une fois de plus que c'est vous.
    .next = Connectez-vous encore une fois, puis réessayez.
server-password-none = Ce compte n'a pas de mot de passe ici.
    .next = Son mot de passe se change là où vous vous connectez.
server-password-wrong = Le mot de passe actuel est faux. Rien n'a été changé.
    .next = Réessayez.
server-label-wrong = Il faut un nom de 1 à { $limit } caractères.
    .next = Choisissez un nom court qui dit ce que c'est.
server-factors-many = Ce compte a { $limit } seconds facteurs : il n'en prend pas d'autre.
    .next = Retirez-en un qui ne sert plus.
server-factor-first = Il n'y a pas encore de second facteur que des codes de secours pourraient remplacer.
    .next = Ajoutez d'abord une application ou une clé d'accès.
server-token-days = Un jeton dure de 1 à { $limit } jours.
    .next = Choisissez moins de jours ; faites-en un autre quand il sera terminé.
server-tokens-many = Ce compte a { $limit } jetons : il n'en prend pas d'autre.
    .next = Révoquez ceux qui ne servent plus.
server-token-role = Vous n'avez pas ce rôle à cet endroit : aucun de vos jetons ne le peut.
    .next = Choisissez l'un de vos propres rôles.
server-account-unknown = Il n'y a pas de compte nommé { $name }.
    .next = Vérifiez comment le nom s'écrit.
server-wizard-code-wrong = Cela n'ouvre rien ici. Rien n'a été changé.
    .next = Vérifiez les chiffres. Un code sert une seule fois, pour un seul poste, et peu de temps : demandez-en un autre à la console.
server-wizard-tries = Trop d'essais faux : la connexion sur le poste attend { NUMBER($minutes, useGrouping: 0) } minutes.
    .next = Attendez, ou faites accepter le poste dans la console.
server-codes-wrong = On fait au plus { $most } codes à la fois, pour { $minutes } minutes au plus.
    .next = Demandez moins de codes, ou pour moins longtemps.
server-codes-many = Trop de codes sont déjà ouverts. Aucun n'a été fait.
    .next = Reprenez ceux dont personne n'a besoin, ou attendez que certains expirent.
server-seat-wrong = Cela ne peut pas être le nom d'une place.
    .next = Utilisez 40 caractères au plus, sans espace au début ni à la fin.
server-master-not-offered = Ce master n'est pas proposé à cette salle. Rien n'a été changé.
    .next = Choisissez-en un qui est proposé, ou demandez à qui publie les masters.
server-option-not-asked = L'option { $option } n'est pas demandée ici. Rien n'a été changé.
    .next = Laissez-la de côté : sa valeur a été décidée avant.
server-answers-wrong = Ces réponses ne peuvent pas être prises. Rien n'a été changé.
    .next = Répondez de nouveau sur le poste.
server-room-empty = On lance une salle avec 1 à { $limit } postes à la fois.
    .next = Choisissez les postes qui y prennent part.
server-machine-twice = Ce poste est là deux fois. Rien n'a été changé.
    .next = Enlevez l'un des deux.
server-too-many-machines = C'est plus de postes qu'un acte n'en prend : { $limit } au plus. Rien n'a été fait.
    .next = Faites-le en plusieurs fois.
server-asker-lost-right = La personne qui l'a demandé n'a plus le droit de le faire. Rien n'a été fait.
    .next = Dites non ; une personne qui en a le droit le redemandera.
server-grant-last = Plus personne ne pourrait donner de rôles. Rien n'a été modifié.
    .next = Donnez d'abord à quelqu'un d'autre le rôle d'administrateur de site au centre.
server-approval-part = { $failed } postes sur { $all } n'ont pas pu être pris.
    .next = Regardez la liste : chacun dit pourquoi. Relancez ceux-là à part.
server-approval-unknown = Cette version du serveur ne sait pas exécuter cet acte. Rien n'a été fait.
    .next = Redemandez-le avec cette version.
server-audit-no-head = Le serveur n'a pas signé de tête du registre d'audit à l'entrée { NUMBER($number, useGrouping: 0) }.
    .next = Exportez depuis le début, ou après la dernière entrée d'un export antérieur.
server-tpm-other = La clé de cette machine a été présentée sans la puce de sécurité (TPM) à laquelle elle est liée.
    .next = Si sa carte mère ou son TPM a été remplacé, démarrez-la par le réseau : elle attend alors d'être reconnue, et quelqu'un dit dans la console de quelle machine il s'agit. Sinon, cherchez un disque copié.
server-changed-key = La machine qui attend présente une autre clé que celle qui a été lue.
    .next = Relisez sa page, comparez le code avec son écran, puis décidez.
server-boot-ordered = Ordre donné à distance : il démarre l'environnement d'amorçage
server-boot-once-no-agent = Aucun système installé de { $name } ne parle à ce serveur : personne là-bas ne pourrait prendre l'ordre.
    .next = Démarrez la machine ; si elle démarre par le réseau, lancez plutôt un déroulement.
server-boot-once-expired = La machine n'a pas parlé à temps.
    .next = Vérifiez qu'elle est allumée (réveillez-la), puis donnez l'ordre à nouveau.
server-boot-once-not-honoured = La machine a redémarré, et c'est son propre système qui est revenu : son micrologiciel n'a pas fait ce qui lui était demandé.
    .next = Cherchez une mise à jour du micrologiciel. D'ici là, démarrez cette machine depuis le menu de son micrologiciel (souvent F12), ou mettez le réseau en tête de son ordre de démarrage.
server-wake-no-card = Aucune carte réseau de cette machine n'est connue.
    .next = Démarrez-la une fois à la main, pour qu'elle dise ce qu'elle a.
server-wake-no-interface = Ce serveur ne sait pas par quelle interface joindre la machine.
    .next = Nommez-la dans la configuration : interface = "…" dans [boot].
server-second-person-needed = Avec celui-ci vous agissez sur { $machines } postes en une heure ; une personne seule peut agir sur { $above }. Rien n'est lancé.
    .next = Lancez-le depuis la console, où une seconde personne est sollicitée, ou demandez à un collègue ; ou attendez la fin de l'heure. Une liste de déplacements : divisez-la.
