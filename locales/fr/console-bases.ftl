# Les pages des options, des règles et de la vie des masters.
console-nav-options = Options
console-options-of = Options de { $name }
console-options-text = Ce qui vaut ici et qui l'a décidé. Vous pouvez choisir dans ce qui vous est laissé d'en haut, et laisser moins à ceux d'en dessous.
console-options-machine-text = Ce qui vaut sur ce poste, qui l'a décidé, dans quelles limites, et ce qui a été écarté.
console-options-conflicts = { $n ->
        [one] Une décision se trouve en dehors de ce qui a été restreint plus haut depuis : elle est gardée, mais pas utilisée.
       *[other] { $n } décisions se trouvent en dehors de ce qui a été restreint plus haut depuis : elles sont gardées, mais pas utilisées.
    }
console-options-none = Aucune option ici
console-options-none-text = Les masters proposés ici n'en déclarent pas.
console-option-value = Valeur
console-option-decided = Décidé par
console-option-open = On peut choisir ici
console-option-declared = Déclarée par
console-option-asked = demandée sur le poste
console-option-why = Dans quelles limites, et ce qui a été écarté
console-option-within = { $where } laisse : { $latitude }
console-option-overridden = { $value }, de { $where }, est écarté
console-option-beyond = { $where } laisse à ceux d'en dessous { $latitude } : la valeur vient de plus haut et se trouve en dehors
console-option-conflict = { $value }, de { $where }, n'est pas utilisé : c'est en dehors de ce que laisse { $against }. { $why }
console-option-undecided = La règle { $rule } ne peut pas être décidée pour ce poste et ne donne rien : { $why }
console-option-choose = Choisir ici
console-option-set = Décider
console-option-clear = Reprendre ce qui a été décidé ici
console-option-only-leave = Ne garder que ce qui est laissé à ceux d'en dessous
console-option-leave = Ce qui est laissé à ceux d'en dessous
console-option-leave-how = Ceux d'en dessous peuvent choisir
console-option-leave-none = rien n'en est dit ici
console-option-leave-free = tout ce qui est ouvert ici
console-option-leave-fixed = rien
console-option-leave-one-of = parmi ces valeurs
console-option-leave-range = entre deux valeurs
console-option-leave-asked = c'est demandé sur le poste
console-option-leave-values = Ces valeurs, une par ligne
console-option-leave-min = La plus petite
console-option-leave-max = La plus grande
console-option-kind-boolean = oui ou non
console-option-kind-integer = nombre entier
console-option-kind-text = texte
console-option-kind-choice = choix
console-option-kind-list = liste
console-option-kind-secret = secret
console-option-kind-package-set = paquets
console-option-kind-date = jour
console-option-kind-network-profile = réseau
console-option-kind-tree = structure
console-option-none = personne n'a décidé
console-option-secret = un secret est gardé
console-option-empty = vide
console-option-of-master = le master { $master }
console-option-of-rule = la règle { $rule } de { $unit }
console-option-of-machine = ce poste
console-option-of-start = ce déroulement
console-option-fixed = rien : c'est fixé plus haut
console-option-free = tout
console-option-among = parmi { $values }
console-option-between = de { $min } à { $max }
console-option-form = de la forme { $pattern }
console-option-asked-within = demandée sur le poste : { $latitude }
console-rules = Règles
console-rules-text = Une règle donne des valeurs aux options là où sa condition vaut pour les faits d'un poste. Elle parle des postes de son unité et d'en dessous.
console-rules-none = Aucune règle ici
console-rules-none-text = Les options viennent des unités et des masters seuls.
console-rule-unit = De
console-rule-sets = Donne
console-rule-order = Ordre
console-rule-acts = Modifier
console-rule-change = Modifier
console-rule-remove = Supprimer
console-rule-write = Écrire une règle de { $unit }
console-rule-when-help = CEL sur facts et target : facts.vendor == 'QEMU' && facts.memory_bytes > 4000000000
console-rule-sets-help = Une par ligne : option=valeur. Options que l'on peut donner ici :
console-rule-try = L'essayer
console-rule-keep = La garder
console-rule-tried = { $looked } postes regardés sur { $of } : { $matches ->
        [0] elle n'en vise aucun
        [one] elle en vise un
       *[other] elle en vise { $matches }
    }, { $change ->
        [0] et rien ne changerait.
        [one] et un seul changerait.
       *[other] et { $change } changeraient.
    }
console-rule-changed-nothing = Rien n'a été modifié.
console-rule-undecided = { $n ->
        [one] Pour un poste, nul ne peut le dire :
       *[other] Pour { $n } postes, nul ne peut le dire :
    } { $why }
console-rule-tried-machines = Postes qu'elle vise
console-rule-would = Changerait
console-rule-would-nothing = rien
console-stage = Étape de vie
console-stage-draft = brouillon
console-stage-pilot = pilote
console-stage-production = production
console-stage-retired = retiré
console-stage-to-pilot = Le faire essayer de nouveau par les pilotes
console-stage-to-production = Le mettre en production
console-stage-to-retired = Le retirer
console-generation-of = génération { $n }
console-master-way = Sa vie
console-master-rollback = Ramener la production à la version d'avant
console-master-compare = Comparer avec
console-drafts = Brouillons
console-drafts-text = Pas encore signés : socle master draft les écrit, socle sign master les signe là où se trouve la clé de contenu.
console-draft-state = État
console-draft-ready = prêt à être signé
console-diff-of = { $before } et { $after } côte à côte
console-diff-same = Les deux sont identiques.
console-diff-generation = Génération { $before } → { $after }
console-diff-what = Différence
console-packages = Paquets
console-drivers = Pilotes
console-side-same = identique
console-side-added = ajouté
console-side-removed = retiré
console-side-changed = modifié
console-notice-decided = C'est décidé.
console-notice-cleared = Ce qui avait été décidé ici est repris.
console-notice-rule-kept = La règle est gardée.
console-notice-rule-removed = La règle est supprimée.
console-notice-moved = Le master a changé d'étape de vie.
