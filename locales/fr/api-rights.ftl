# La description de l'API : rôles, seconde personne, registre d'audit.
api-grants-list = Les rôles détenus, par lieu
api-grants-add = Donner un rôle ; personne ne donne un droit qu'il n'a pas
api-grants-remove = Retirer un rôle
api-grants-mine = Ce que l'on peut faire soi-même, et où
api-approvals-list = Les actes qui attendent une seconde personne, ou l'ont attendue
api-approvals-show = Un de ces actes
api-approvals-approve = Dire oui comme seconde personne : le serveur exécute alors l'acte
api-approvals-refuse = Dire non, ou retirer sa propre demande
api-approvals-start-runs = Lancer des déroulements d'un master sur de nombreux postes ; si cela demande une seconde personne, l'acte attend, sinon il commence aussitôt
api-approvals-second-person = Le nombre de postes au-dessus duquel une seconde personne est demandée
api-approvals-set-second-person = Fixer ce nombre ; l'augmenter demande aussi une seconde personne
api-audit-list = Le registre d'audit, le plus récent d'abord
api-audit-export = Le registre d'audit en un fichier que socle verify vérifie
api-audit-forget = Effacer les noms d'une personne à côté du registre d'audit ; la chaîne reste entière
