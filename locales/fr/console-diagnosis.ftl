# La page Diagnostic.
console-nav-diagnosis = Diagnostic
console-notice-looked = Le réseau a été interrogé. Ce qui a été entendu est ci-dessous.
console-act-network-ask = demander au réseau qui répond aux postes
console-diagnosis = Diagnostic
console-diagnosis-text = Pourquoi un poste ne démarre pas, ce qui ne va pas, et que faire.
console-diagnosis-look = Examiner le réseau maintenant (5 s)
console-diagnosis-mac = L'adresse MAC d'un poste
console-diagnosis-mac-wrong = « { $typed } » n'est pas une adresse MAC.
console-diagnosis-mac-wrong-next = Tapez six paires de chiffres et de lettres a à f, comme sur l'écran ou l'étiquette du poste : 8c:ec:4b:aa:10:07.
console-diagnosis-way = Jusqu'où il est venu
console-diagnosis-server-way = Le chemin de tout poste, vu du serveur
console-diagnosis-asked = Ce qu'il a demandé, et ce qui en est advenu
console-diagnosis-asked-nothing = Rien encore.
console-diagnosis-answered = réponse donnée
console-diagnosis-silent = sans réponse
console-diagnosis-times = { $n ->
    [one] une fois
   *[other] { $number } fois
}
console-diagnosis-bad = À regarder
console-diagnosis-bad-none = Rien de ce qui a été examiné ne va mal.
console-diagnosis-unseen = Non examiné ({ $n })
console-diagnosis-good = En ordre ({ $n })
console-diagnosis-machines = Postes entendus récemment
console-diagnosis-machines-none = Aucun poste n'a encore rien demandé.
console-diagnosis-machine = Poste
console-diagnosis-verdict = Jusqu'où
console-diagnosis-wire = Qui répond aux postes sur le réseau
console-diagnosis-wire-asked = Demandé sur { $interfaces }, pendant { $seconds } s,
console-diagnosis-wire-nobody = Personne n'a répondu.
console-diagnosis-wire-not-asked = Le réseau n'a pas été interrogé depuis le démarrage du serveur. La question prend cinq secondes et ne gêne personne : aucune adresse n'est prise.
console-diagnosis-wire-server = Qui a répondu
console-diagnosis-wire-ours = ce serveur
console-diagnosis-wire-as = À un poste avec
console-diagnosis-wire-offered = Adresse
console-diagnosis-wire-file = À charger
console-diagnosis-wire-options = Options
console-diagnosis-recipes = Ce qu'il faut écrire dans un autre serveur DHCP
console-diagnosis-recipes-text = Avec mode = "proxy" sur le réseau même des postes, il n'y a rien à écrire. Si les postes sont dans d'autres réseaux, ou si le mode est "tftp", leur serveur DHCP dit d'où charger (options 66 et 67), séparément pour BIOS et UEFI. L'adresse de ce serveur est déjà mise.
