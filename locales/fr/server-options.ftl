# Options, règles et masters : ce que le serveur refuse.
server-option-undecided = Personne n'a décidé de l'option { $option }, et le master ne lui donne pas de valeur. Rien n'a démarré.
    .next = Donnez-lui une valeur pour cette unité, pour ce poste ou pour ce déroulement.
server-option-secret = L'option { $option } est un secret : elle ne se donne ni parmi d'autres valeurs, ni en désignant celle d'un autre. Rien n'a été modifié.
    .next = Donnez-la là où se tapent les secrets : sur la page des options, avec socle option set --secret, ou sur le poste.
server-secret-gone = Le secret de l'option { $option } n'est plus conservé.
    .next = Donnez-le de nouveau, annulez le déroulement et démarrez-en un autre.
server-rule-option = Aucun master proposé ici n'a l'option { $option }.
    .next = Cherchez le bon nom parmi les options de cette unité.
server-list-too-long = La liste dépasse { NUMBER($limit, useGrouping: 0) } éléments, ou l'un d'eux est trop long. Rien n'a été modifié.
    .next = Donnez-en moins.
server-rollback-nothing = Depuis cette version, la production de { $name } ne peut revenir à rien.
    .next = Seule la version en production revient en arrière, et seulement vers une version qui y était avant. Une autre y est mise à la main.
db-stage-wrong = Une version ne peut pas passer de { $from ->
     [draft] brouillon
     [pilot] pilote
     [production] production
    *[retired] retiré
    } à { $to ->
     [draft] brouillon
     [pilot] pilote
     [production] production
    *[retired] retiré
    }.
    .next = Un brouillon est signé et publié ; un pilote passe en production ou est retiré ; ce qui est retiré peut revenir.
api-masters-show = Montrer un master et comment il est arrivé à son étape de vie
api-masters-move-to = Faire passer un master à une autre étape de vie
api-masters-rollback = Ramener la production à ce qu'elle était avant
api-masters-compare = Comparer un master à un autre ou à un brouillon
api-masters-pilots = Montrer quelles unités essaient les pilotes d'un master
api-masters-set-pilots = Dire quelles unités essaient les pilotes d'un master
api-masters-taken = Montrer quels masters une unité peut prendre, et qui le dit
api-masters-take = Dire quels masters une unité et celles d'en dessous peuvent prendre
api-drafts-list = Lister les masters en cours d'écriture
api-drafts-add = Commencer un master
api-drafts-show = Montrer un master en cours d'écriture : ce qui serait signé
api-drafts-change = Écrire un master qui n'est pas encore signé
api-drafts-remove = Supprimer un brouillon
api-options-list = Lister les options d'une unité, avec l'origine de chaque valeur
api-options-show = Montrer une option telle qu'une unité la voit
api-options-decide = Décider d'une option pour une unité : une valeur, ce qui est laissé à ceux d'en dessous, ou les deux
api-options-clear = Reprendre ce qu'une unité a décidé d'une option
api-options-explain-all = Expliquer les options d'un poste
api-options-explain = Expliquer une option d'un poste : qui a décidé, où, quand, dans quelle latitude, ce qui a été écarté
api-options-decide-for-machine = Décider d'une option pour un seul poste
api-options-clear-for-machine = Reprendre ce qui a été décidé d'une option pour un seul poste
api-rules-list = Lister les règles qui donnent des valeurs aux options
api-rules-add = Écrire une règle
api-rules-show = Montrer une règle
api-rules-change = Modifier une règle
api-rules-remove = Supprimer une règle
api-rules-attempt = Essayer une règle : quels postes elle vise et ce qui changerait ; rien n'est modifié
