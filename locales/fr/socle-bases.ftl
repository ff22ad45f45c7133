# Ce que la ligne de commande dit des options, des règles et des masters.
socle-cli-option = Les options : ce qui vaut pour une unité ou un poste, et ce que l'on en décide
socle-cli-option-list = Lister les options d'une unité ou d'un poste
    .unit = De cette unité (identifiant) ; par défaut du centre
    .machine = De ce poste : identifiant, nom ou six chiffres
    .master = Telles que ce master les déclare (empreinte)
socle-cli-option-set = Décider d'une option
    .option = Le nom de l'option
    .unit = Pour cette unité (identifiant) ; par défaut pour le centre
    .machine = Pour ce seul poste : identifiant, nom ou six chiffres
    .value = La valeur (JSON, sinon un texte)
    .secret = La valeur est un secret : elle est lue sur l'entrée standard
    .leave = Ce qui est laissé à ceux d'en dessous : free, fixed, asked, ou du JSON comme {"{"}"one-of":["a","b"]{"}"}
socle-cli-option-clear = Reprendre ce qui a été décidé d'une option
    .option = Le nom de l'option
    .unit = Pour cette unité (identifiant) ; par défaut pour le centre
    .machine = Pour ce seul poste : identifiant, nom ou six chiffres
socle-cli-explain = Expliquer les options d'un poste : qui a décidé, où, quand, dans quelle latitude
    .machine = Le poste : identifiant, nom ou six chiffres
    .option = L'option ; sans elle, toutes
    .master = Telles que ce master les déclare (empreinte)
socle-cli-rule-set = Écrire une règle qui donne des valeurs aux options
    .name = Le nom de la règle
    .unit = L'unité à qui elle appartient (identifiant) ; par défaut le centre
    .when = Condition sur facts et target (CEL)
    .set = Ce qu'elle donne : OPTION=VALEUR ; peut se répéter
    .order = De deux règles d'une unité, celle dont l'ordre est le plus petit décide
socle-cli-rule-try = Essayer une règle : quels postes elle vise et ce qui changerait ; rien n'est modifié
    .name = Le nom de la règle ; une règle de ce nom serait remplacée
    .unit = L'unité à qui elle appartient (identifiant) ; par défaut le centre
    .when = Condition sur facts et target (CEL)
    .set = Ce qu'elle donne : OPTION=VALEUR ; peut se répéter
    .order = De deux règles d'une unité, celle dont l'ordre est le plus petit décide
socle-cli-rule-options = Lister les règles qui donnent des valeurs aux options
socle-cli-rule-drop = Supprimer une règle qui donne des valeurs aux options
    .name = Le nom de la règle
    .unit = L'unité à qui elle appartient (identifiant) ; par défaut le centre
socle-cli-master-draft = Écrire un master qui n'est pas encore signé
    .file = Son texte (TOML) : options et étapes
    .name = Le nom du master
    .version = La version du master
    .image = Une image que la séquence nomme : NOM=EMPREINTE, NOM=IMAGE ou NOM (la plus récente de ce nom sur le serveur)
    .option = Valeur par défaut d'une option : NOM=VALEUR (du JSON, sinon un texte)
    .unit = L'unité à qui il appartiendra (identifiant) ; par défaut le centre
    .generation = Sa génération ; par défaut une de plus que la plus récente déjà vue
    .out = Écrire le brouillon dans ce fichier, pour le signer sur un autre ordinateur
socle-cli-master-drafts = Lister les masters en cours d'écriture
socle-cli-master-promote = Faire passer une version à une autre étape de vie
    .master = Le master : NOM (le plus récent), NOM:VERSION ou empreinte
    .to = À quelle étape de vie : pilot, production, retired
socle-cli-master-rollback = Ramener la production à la version d'avant
    .name = Le nom du master
socle-cli-master-diff = Comparer deux versions côte à côte
    .before = L'une : NOM (la plus récente), NOM:VERSION ou empreinte
    .after = L'autre, ou l'identifiant d'un brouillon
socle-cli-master-pilots = Dire quelles unités essaient les pilotes d'un master, en plus de la sienne
    .master = Le master : NOM (le plus récent), NOM:VERSION ou empreinte
    .unit = Une unité qui les essaie (identifiant) ; peut se répéter ; sans elle, aucune
socle-cli-master-offer = Dire quels masters une unité et celles d'en dessous peuvent prendre
    .unit = L'unité (identifiant)
    .name = Le nom d'un master ; peut se répéter
    .all = Tous ceux qui lui sont laissés d'en haut
socle-cli-sign-master = Signer un brouillon avec la clé de contenu ; n'a besoin d'aucun serveur
    .draft = Le brouillon, tel que le serveur l'a donné (.json)
    .key = Le fichier secret de la clé de contenu
    .out = Où écrire le master signé
socle-head-option = OPTION
socle-head-value = VALEUR
socle-head-decided = DÉCIDÉ PAR
socle-head-latitude = LAISSÉ ICI
socle-head-attention = ATTENTION
socle-head-order = ORDRE
socle-head-sets = DONNE
socle-head-before = MAINTENANT
socle-head-after = ALORS
socle-head-stage = ÉTAPE
socle-head-by = PAR
socle-stage-draft = brouillon
socle-stage-pilot = pilote
socle-stage-production = production
socle-stage-retired = retiré
socle-option-decided = { $option } vaut { $value } ici.
socle-option-cleared = Ce qui a été décidé ici de { $option } est repris.
socle-option-asked = demandée sur le poste
socle-option-conflicts = { $n ->
        [one] un conflit
       *[other] { $n } conflits
    }
socle-option-secret = (secret)
socle-option-yes = oui
socle-option-no = non
socle-latitude-fixed = rien : fixée plus haut
socle-latitude-free = libre
socle-latitude-range = de { $min } à { $max }
socle-latitude-asked = demandée sur le poste ({ $latitude })
socle-explain-value = { $option } = { $value }
socle-explain-decided = Décidé par { $where } ({ $by }, { $at }).
socle-explain-nobody = Personne n'en a décidé : aucun déroulement ne peut démarrer avant.
socle-explain-within = Dans ce que laisse { $where } : { $latitude }.
socle-explain-overridden = Écarte { $value }, de { $where } ({ $by }, { $at }).
socle-explain-conflict = Conflit : { $value }, de { $where } ({ $by }, { $at }), n'est pas utilisé, car en dehors de ce que laisse { $against } ({ $by-against }). { $why }
socle-explain-beyond = { $where } laisse à ceux d'en dessous : { $latitude } ; la valeur vient de plus haut et se trouve en dehors.
socle-explain-undecided = La règle { $rule } ne peut pas être décidée pour ce poste : { $why }
socle-explain-here = Ce que l'on peut choisir sur ce poste : { $latitude }.
socle-explain-asked = Elle est demandée sur le poste : { $latitude }.
socle-explain-rule = règle { $rule } de { $unit }
socle-explain-machine = ce poste
socle-explain-start = ce déroulement
socle-rule-kept = La règle { $rule } de { $unit } est gardée.
socle-rule-tried = Regardé { $looked } postes sur { $of } : elle en vise { $matches }, en changerait { $change }, ne peut être décidée pour { $undecided }. Rien n'a été modifié.
socle-rule-undecided = Pourquoi, pour le premier : { $why }
socle-rule-unknown = Il n'y a pas de règle { $rule } dans cette unité.
    .next = socle rule options liste les règles ; --unit dit à qui elle est.
socle-generation-wrong = { $value } n'est pas la génération d'un master.
    .next = Écrivez NOM=GÉNÉRATION, par exemple debian=3.
socle-master-unnamed = Il manque { $what } au master.
    .next = Un texte (TOML) demande --name et --version ; un brouillon (.json) les contient.
socle-master-drafted = { $name } { $version } est un brouillon ({ $draft }). Signez-le, puis publiez-le.
socle-master-moved = { $name } { $version } est maintenant : { $stage }.
socle-master-waits = Cela attend l'accord d'une deuxième personne : approbation { $id }.
socle-master-pilots = { $n ->
        [0] Seule sa propre unité essaie les pilotes.
        [one] Une unité de plus essaie les pilotes.
       *[other] { $n } unités de plus essaient les pilotes.
    }
socle-master-offered = L'unité peut prendre : { $masters }
socle-master-same = Les deux sont identiques.
socle-diff-images = Images
socle-diff-packages = Paquets
socle-diff-drivers = Pilotes
socle-diff-options = Options
socle-diff-generation = Génération { $before } → { $after }
