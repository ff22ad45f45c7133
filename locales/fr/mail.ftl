# Boîtes aux lettres : connexions, copies, vérification.
mail-unreachable = Le serveur de messagerie { $side ->
        [target] de destination
       *[other] d'origine
    } { $server } ne répond pas. Rien n'a été modifié.
    .next = Vérifiez son nom, son port et le réseau, puis recommencez.
mail-tls-refused = La liaison avec le serveur de messagerie { $side ->
        [target] de destination
       *[other] d'origine
    } { $server } n'a pas pu être protégée. Aucun mot de passe n'a été envoyé.
    .next = Vérifiez le certificat du serveur ou son empreinte, et si ce port parle TLS d'emblée ou après STARTTLS.
mail-login-refused = Le serveur de messagerie { $side ->
        [target] de destination
       *[other] d'origine
    } { $server } a refusé la connexion. Ses propres mots figurent à la fin.
    .next = Vérifiez l'utilisateur, le mot de passe ou le jeton, et si un administrateur peut ouvrir cette boîte.
mail-not-imap = Le serveur ne parle pas IMAP comme il le devrait. Rien n'est perdu ; ce qui est copié le reste.
    .next = Vérifiez le port ; s'il est juste, signalez ce serveur au centre.
mail-connection-cut = La connexion avec un serveur de messagerie a été coupée. À la reprise, rien ne sera perdu ni doublé.
    .next = La reprise est automatique ; si cela se répète, regardez le réseau et le journal du serveur.
mail-answer-too-long = La réponse d'un serveur de messagerie dépasse { NUMBER($limit_bytes) } octets et n'a pas été lue au-delà.
    .next = Signalez ce serveur au centre. Rien n'est perdu ; ce qui est copié le reste.
mail-answer-incomplete = La source annonce { NUMBER($expected) } messages dans un dossier et en a donné { NUMBER($received) }. Rien n'a été tenu pour supprimé.
    .next = La question est reposée automatiquement ; si cela persiste, faites vérifier l'index de ce dossier par l'administrateur du serveur.
mail-throttled = Un serveur de messagerie demande d'attendre { NUMBER($seconds) } secondes. La boîte est mise de côté ; rien n'est perdu.
    .next = Elle reprendra d'elle-même après ce délai. Si cela se répète, déplacez moins de boîtes à la fois.
mail-target-full = La boîte de destination est pleine. Ce qui est copié le reste ; le reste est toujours à la source.
    .next = Augmentez son quota, puis relancez la même commande : elle reprend où elle s'est arrêtée.
mail-refused = Un serveur de messagerie a refusé une commande ({ $what }). Ses propres mots figurent à la fin.
    .next = Lisez les mots du serveur ; ce qui est copié le reste, et la même commande reprend où elle s'est arrêtée.
mail-folder-unsettled = Un dossier n'est pas stabilisé après { NUMBER($rounds) } tours : quelqu'un ou quelque chose le modifie sans cesse.
    .next = Relancez la même commande quand la boîte sera plus calme. Rien n'est perdu.
mail-state-in-use = Un autre processus travaille sur cette boîte (dossier d'état { $path }).
    .next = Laissez-le finir, ou arrêtez-le, puis recommencez.
mail-not-started = Le déplacement n'a pas pu démarrer sur cet ordinateur. Rien n'a été modifié.
    .next = Vérifiez la mémoire libre et le droit d'ouvrir des connexions réseau.
mail-step-elsewhere = L'étape « { $step } » déplace une boîte aux lettres : ce n'est pas à un poste de le faire. Rien n'a été modifié.
    .next = Déplacez-la avec socle mail, et retirez l'étape de la séquence du poste.
agent-step-move-mailbox = Déplacer une boîte aux lettres
console-step-move-mailbox = Déplacer une boîte aux lettres
mail-folder-unreadable = Le dossier numéro { NUMBER($number) } de la boîte ne peut pas être ouvert. Les mots du serveur figurent à la fin ; le recensement n'est pas fait.
    .next = Donnez au compte le droit de le lire, ou excluez-le par une règle, puis recommencez.
mail-unexplained = { NUMBER($count) } { $count ->
        [one] message manque
       *[other] messages manquent
    } à destination sans que personne puisse dire pourquoi. La preuve n'est pas complète.
    .next = Relancez la copie, puis la vérification ; la liste des noms dit lesquels.
trust-seal-broken = Une liste de noms scellée ne peut pas être ouverte ou scellée : elle n'est pas entière, ou la clé est une autre.
    .next = Prenez la clé avec laquelle elle a été scellée, et le fichier tel qu'il a été écrit. La preuve elle-même n'en a pas besoin.
mail-config-wrong = La configuration { $path } du déplacement est fausse. Rien n'a été fait.
    .next = Corrigez ce qui figure à la fin ; docs/mail.md donne un exemple entier.
mail-list-wrong = La liste des boîtes { $path } est fausse à la ligne { NUMBER($line, useGrouping: 0) }. Rien n'a été fait.
    .next = Corrigez cette ligne ; l'en-tête est id,source_user,source_secret,target_user,target_secret.
mail-list-exposed = La liste des boîtes { $path } est lisible par d'autres que son propriétaire, et elle contient des mots de passe. Rien n'a été fait.
    .next = Faites chmod 600 dessus, et changez les mots de passe si d'autres ont pu la lire.
mail-list-unknown = La liste { $path } ne contient pas la boîte { $id }.
    .next = Vérifiez l'identifiant dans la première colonne.
mail-to-confirm = Pour { NUMBER($count) } { $count ->
        [one] message
       *[other] messages
    }, personne ne peut dire s'ils sont déjà à destination. Aucun n'a été envoyé deux fois.
    .next = Comparez-les à la main : la destination modifie ces messages, et plusieurs se ressemblent.
mail-said-counted = { $id } : { NUMBER($folders) } dossiers, { NUMBER($items) } messages, { NUMBER($bytes) } octets
mail-said-folder = { $folder } : { NUMBER($items) } messages, { NUMBER($bytes) } octets
mail-said-copied = { $id } : { NUMBER($copied) } messages copiés ({ NUMBER($bytes) } octets), { NUMBER($found) } déjà là, { NUMBER($removed) } retirés, marques de { NUMBER($flags) } changées
mail-said-folder-refused = dossier « { $folder } » refusé : { $words }
mail-said-message-refused = message { $uid } de « { $folder } » refusé : { $words }
mail-said-verified = { $id } : { NUMBER($identical) } identiques, { NUMBER($altered) } modifiés d'une façon nommée, { NUMBER($refused) } refusés, { NUMBER($excluded) } exclus par règle, { NUMBER($unexplained) } inexpliqués
mail-said-way = { $way } : { NUMBER($count) }
mail-said-proved = Preuve complète : { $path }
mail-said-not-proved = La preuve n'est pas complète : { $path }
mail-said-failed = { $id } : { $why }
mail-way-header-masked = la destination a remplacé des octets d'en-tête qui ne sont pas ASCII
mail-way-date-changed = la destination a changé la date d'arrivée
mail-way-flags-differ = les marques diffèrent
mail-way-keywords-lost = mots-clés perdus
mail-way-keywords-added = mots-clés ajoutés par la destination
socle-cli-mail = Boîtes aux lettres : recenser, copier, vérifier, prouver
socle-cli-mail-inventory = Recenser ce que contiennent les boîtes, par contenu exact
    .config = Configuration du déplacement (TOML)
    .mailboxes = Liste des boîtes (CSV)
    .state = Dossier où est gardé ce qui est fait
    .only = Seulement la boîte de cet identifiant
socle-cli-mail-copy = Copier ce qui est nouveau, changé ou parti depuis la dernière fois
    .config = Configuration du déplacement (TOML)
    .mailboxes = Liste des boîtes (CSV)
    .state = Dossier où est gardé ce qui est fait
    .only = Seulement la boîte de cet identifiant
socle-cli-mail-verify = Relire les deux côtés et dire ce qu'est devenu chaque message
    .config = Configuration du déplacement (TOML)
    .mailboxes = Liste des boîtes (CSV)
    .state = Dossier où est gardé ce qui est fait
    .only = Seulement la boîte de cet identifiant
socle-cli-mail-proof = Dernière copie, seconde lecture et preuve signée
    .config = Configuration du déplacement (TOML)
    .mailboxes = Liste des boîtes (CSV)
    .state = Dossier où est gardé ce qui est fait
    .only = Seulement la boîte de cet identifiant
    .keys = Dossier des clés ; elles sont créées s'il n'y en a pas
    .out = Dossier des preuves et des listes de noms scellées
mail-no-folders = Le serveur de messagerie d'origine n'annonce aucun dossier, pas même une boîte de réception. Rien n'a été tenu pour supprimé.
    .next = Vérifiez que c'est la bonne boîte et que le compte a le droit de voir ses dossiers.
