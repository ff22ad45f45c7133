# Le diagnostic : ce qui est constaté, pourquoi cela compte (.why), que faire (.next). Pour `socle doctor`, la page Diagnostic
# et le paquet d'assistance.
doctor-state-good = bon
doctor-state-unseen = non examiné
doctor-state-attention = attention
doctor-state-wrong = anomalie

doctor-part-interface = Interface réseau
doctor-part-dhcp = Serveurs DHCP
doctor-part-ports = Ports
doctor-part-firewall = Pare-feu
doctor-part-loader = Chargeur
doctor-part-environment = Environnement de démarrage
doctor-part-identity = Identité du serveur
doctor-part-clock = Horloge
doctor-part-database = Base de données
doctor-part-space = Espace disque
doctor-part-machines = Poste

doctor-place-machine = Poste
doctor-place-dhcp = DHCP
doctor-place-loader = Chargeur
doctor-place-environment = Environnement de démarrage
doctor-place-server = Serveur

doctor-reach-passed = en ordre
doctor-reach-doubtful = marche, à regarder
doctor-reach-stopped = s'arrête ici
doctor-reach-aside = sort exprès
doctor-reach-beyond = pas atteint

doctor-asked-as-bios = BIOS
doctor-asked-as-uefi = UEFI
doctor-asked-as-uefi-http = UEFI par HTTP
doctor-answer-offer = propose une adresse
doctor-answer-proxy = ProxyDHCP, sans adresse
doctor-answer-boot-server = serveur d'amorçage, port 4011
doctor-asked-agent-boot = Son agent a parlé à ce serveur depuis l'environnement de démarrage
doctor-asked-agent-installed = Son agent a parlé à ce serveur depuis le système installé

doctor-listening = Écoute du réseau pendant { $seconds } secondes…
doctor-head-wrong = ANOMALIES
doctor-head-attention = ATTENTION
doctor-head-unseen = NON EXAMINÉ
doctor-head-good = BON
doctor-head-answers = QUI A RÉPONDU AUX POSTES SUR LE RÉSEAU
doctor-head-machines = POSTES ENTENDUS RÉCEMMENT (l'un d'eux : socle doctor --mac ADRESSE)
doctor-head-recipes = CE QU'IL FAUT ÉCRIRE DANS LE SERVEUR DHCP (options 66 et 67)
doctor-end-good = Tout ce qui a été examiné est en ordre.
doctor-end-unseen = Tout ce qui a été examiné est en ordre ; certaines choses n'ont pas pu l'être.
doctor-end-attention = Les postes peuvent démarrer. Regardez ce qui est dit sous « attention ».
doctor-end-wrong = Les postes ne démarrent pas, ou bientôt plus : commencez par la première ligne sous « anomalies ».

doctor-interface-good = { $name } a un lien et l'adresse { $address }.
    .why = Les postes y sont entendus et reçoivent réponse, et nulle part ailleurs.
doctor-interface-none-chosen = Aucune interface n'est choisie pour démarrer des postes. Il y a : { $names }.
    .why = Socle ne répond en DHCP et TFTP que sur une interface choisie, pour ne jamais répondre là où il ne doit pas.
    .next = Écrivez interface = "…" sous [boot] dans la configuration : l'interface du réseau des postes.
doctor-interface-mode-off = Le démarrage de postes est désactivé (boot.mode = "off").
    .why = Les fichiers d'amorçage sont servis en HTTP, mais personne ne dit aux postes de venir ici.
    .next = Choisissez mode = "proxy" (à côté de votre serveur DHCP) ou "tftp" (avec ses options 66 et 67) sous [boot], puis redémarrez Socle.
doctor-interface-no-link = { $name } n'a pas de lien.
    .why = Aucun poste ne peut être entendu : le câble, le port du commutateur ou le réseau virtuel n'est pas là.
    .next = Branchez le câble ou activez l'interface (ip link set { $name } up), puis examinez de nouveau.
doctor-interface-address = La configuration dit { $address }, qu'aucune interface de cet ordinateur ne porte.
    .why = Les postes reçoivent l'ordre de charger depuis cette adresse et n'y trouvent personne.
    .next = Corrigez address sous [boot], ou donnez cette adresse à { $name }.
doctor-interface-mtu = { $name } ne transporte que des trames de { $mtu } octets.
    .why = Les micrologiciels envoient et attendent des trames Ethernet entières (1500 octets) ; le chargeur s'arrête alors en chemin.
    .next = Réglez le MTU de l'interface à 1500, ou abaissez-le sur tout le réseau.

doctor-dhcp-not-asked = On n'a pas demandé au réseau qui répond aux postes.
    .why = Demander prend un moment et exige les droits du serveur ou de root.
    .next = Sur la page : « Examiner le réseau maintenant ». Sur le serveur : lancez socle doctor en root.
doctor-dhcp-none = Personne n'a proposé d'adresse sur { $interfaces } en { $seconds } secondes.
    .why = Un poste sans adresse ne peut rien charger ; il affiche « No DHCP offers » ou PXE-E51.
    .next = Vérifiez que le serveur DHCP tourne et a des adresses libres, que cette interface est sur le réseau des postes, et que le relais DHCP (IP helper) du VLAN mène au serveur DHCP. Dans un réseau fermé : mode = "full".
doctor-dhcp-only-proxy = Des serveurs d'amorçage ont répondu sur { $interfaces }, mais personne ne propose d'adresse.
    .why = Un ProxyDHCP dit seulement quoi charger ; l'adresse doit venir d'un serveur DHCP. Les postes affichent PXE-E51.
    .next = Démarrez le serveur DHCP de ce réseau, ou choisissez mode = "full" s'il n'y en a pas.
doctor-dhcp-one = { $server } propose des adresses (à nous : { $offered }), routeur { $routers }, serveurs de noms { $names }.
    .why = Un seul serveur DHCP répond, comme il se doit.
doctor-dhcp-pair = Plusieurs serveurs DHCP proposent des adresses et sont d'accord : { $servers }.
    .why = Deux serveurs qui se remplacent l'un l'autre sont chose courante. Si vous n'en connaissez qu'un, l'autre ne devrait pas être là.
    .next = Vérifiez que chacune de ces adresses est à vous.
doctor-dhcp-several = Plusieurs serveurs DHCP proposent des adresses et se contredisent : { $servers }.
    .why = Un poste prend la première proposition : certains démarrent, d'autres non, et cela change d'un jour à l'autre.
    .next = Cherchez qui porte chaque adresse (table des adresses MAC du commutateur) et éteignez celui qui n'est pas à vous.
doctor-dhcp-rogue = { $server } propose des adresses ({ $offered }, routeur { $routers }) et ne devrait sans doute pas être là.
    .why = Il propose des adresses d'un autre réseau, mène à un autre routeur, ou se tient à côté d'un serveur prévu pour être seul. Les postes qui l'écoutent perdent le réseau.
    .next = Cherchez le port de { $server } dans la table des adresses MAC du commutateur et débranchez-le : souvent une box, une base téléphonique ou une machine virtuelle. Le DHCP snooping des commutateurs l'empêche de revenir.
doctor-dhcp-leads-here = { $server } mène les postes à ce serveur ({ $file } depuis { $next }).
    .why = Les options 66 et 67 sont réglées comme il faut.
doctor-dhcp-leads-elsewhere = { $server } mène les postes ailleurs : { $file } depuis { $next }.
    .why = Les postes obéissent à leur serveur DHCP avant un ProxyDHCP : ils ne viennent jamais ici.
    .next = Retirez les options 66 et 67 (et « next server ») de ce serveur DHCP, ou réglez-les comme dans les recettes ci-dessous.
doctor-dhcp-leads-nowhere = { $server } donne des adresses et ne dit rien à charger.
    .why = Avec mode = "tftp", les postes ne trouvent ce serveur que par les options 66 et 67 de leur serveur DHCP.
    .next = Écrivez la recette ci-dessous dans ce serveur DHCP, ou choisissez mode = "proxy" sous [boot].
doctor-dhcp-other-proxy = Un autre serveur d'amorçage répond : { $server } propose { $file } depuis { $next }.
    .why = Les postes prennent l'une des deux réponses au hasard. C'est souvent WDS, FOG, ou un ancien serveur de déploiement.
    .next = Arrêtez le service d'amorçage de { $server }, ou mettez ici boot.mode = "off" tant qu'il est utile.
doctor-dhcp-option-60 = { $server } envoie l'option 60 = PXEClient et rien à charger.
    .why = Les postes demandent alors à { $server } lui-même un serveur d'amorçage sur le port 4011, et attendent jusqu'à l'abandon.
    .next = Retirez l'option 60 de ce serveur DHCP : elle n'y a sa place que si DHCP et amorçage sont le même ordinateur.
doctor-dhcp-we-answer = Socle lui-même répond ici aux postes, avec { $file }.
    .why = La proposition a été entendue sur le réseau comme un poste l'entend.
doctor-dhcp-we-are-silent = Socle tient son port DHCP, mais sa réponse n'a pas été entendue.
    .why = Les postes ne l'entendent pas non plus : le plus souvent le pare-feu de cet ordinateur, ou une autre interface que celle qui est réglée.
    .next = Regardez les constats sur le pare-feu et l'interface, puis le journal du service.

doctor-ports-ours = Socle tient le port { $port } ({ $transport }).
    .why = Il est prêt à y répondre.
doctor-ports-taken = Le port { $port } ({ $transport }) est tenu par { $program } (processus { $number }).
    .why = Socle ne peut pas démarrer, ou n'y répond pas.
    .next = Arrêtez { $program } (systemctl disable --now …), ou donnez-lui d'autres ports, puis redémarrez Socle.
doctor-ports-shared = À côté de Socle, { $program } (processus { $number }) écoute aussi sur le port { $port } ({ $transport }).
    .why = Deux programmes sur un même port reçoivent chacun une partie de ce que disent les postes.
    .next = Arrêtez { $program }, ou limitez-le à d'autres interfaces.
doctor-ports-somebody = Le port { $port } ({ $transport }) est tenu par un programme que ce compte ne peut pas voir.
    .why = C'est peut-être Socle lui-même ; seul root voit de quel programme il s'agit.
    .next = Lancez socle doctor en root.
doctor-ports-free = Socle tourne, mais personne n'écoute sur le port { $port } ({ $transport }).
    .why = Les postes qui y demandent ne reçoivent pas de réponse.
    .next = Vérifiez la configuration (socle config check) et redémarrez Socle ; son journal dit pourquoi un port n'a pas été pris.
doctor-ports-not-serving = Personne n'écoute sur le port { $port } ({ $transport }).
    .why = Le serveur ne tourne pas.
    .next = systemctl start socle
doctor-ports-nobody-serves = Le serveur ne tourne pas : aucun de ses ports n'est tenu.
    .why = Rien ne reçoit de réponse. Tout le reste a été examiné quand même.
    .next = systemctl start socle ; s'il s'arrête aussitôt : journalctl -u socle -n 50

doctor-firewall-good = Aucune règle du pare-feu de cet ordinateur n'arrête ce que les postes disent à Socle.
    .why = Les règles de nftables ont été suivies pour chaque port.
doctor-firewall-closed = Le pare-feu de cet ordinateur rejette { $ports } (chaîne { $chain }).
    .why = Ce que les postes y envoient n'arrive jamais à Socle.
    .next = Laissez entrer ces ports sur l'interface des postes, par exemple : nft add rule { $chain } udp dport {"{"} 67, 69, 4011 {"}"} accept
doctor-firewall-perhaps = Le pare-feu de cet ordinateur ne laisse entrer { $ports } que sous conditions (chaîne { $chain }).
    .why = Cela dépend de l'adresse de l'expéditeur ou d'autre chose, qu'on ne peut pas juger d'ici.
    .next = Vérifiez que le réseau des postes est bien visé : nft list chain { $chain }
doctor-firewall-forbidden = Les règles du pare-feu ne peuvent pas être lues d'ici.
    .why = Seul root peut les lister.
    .next = Lancez socle doctor en root.
doctor-firewall-no-tool = Le programme nft n'est pas installé : les règles du pare-feu ne peuvent pas être listées.
    .why = Sans lui, cet ordinateur n'a le plus souvent pas de pare-feu ; un pare-feu de l'ancienne sorte (iptables) ne serait pas vu.
    .next = S'il y a un pare-feu, vérifiez qu'il laisse entrer UDP 67, 69, 4011 et les ports TCP de Socle.
doctor-firewall-legacy = Cet ordinateur a des règles de l'ancienne sorte (iptables), qui ne sont pas jugées ici.
    .why = Elles peuvent rejeter ce que les postes envoient.
    .next = Vérifiez avec iptables-legacy -L INPUT -n que UDP 67, 69, 4011 et les ports TCP de Socle entrent.

doctor-loader-good = Les chargeurs sont là, tels qu'ils ont été signés : { $files }.
    .why = C'est ce que les postes chargent d'abord, en TFTP ou en HTTP.
doctor-loader-missing = Il n'y a pas de chargeur dans { $path }.
    .why = Les postes reçoivent l'ordre de le charger et obtiennent « file not found » (PXE-T01).
    .next = Installez le paquet ipxe et relancez socle bootenv build.
doctor-environment-good = L'environnement de démarrage est tel qu'il a été signé le { $day }.
    .why = Le noyau et l'initrd ne sont servis que tels que la clé de contenu les a signés.
doctor-environment-old = L'environnement de démarrage a été signé il y a { $days } jours, le { $day }.
    .why = Son noyau n'a pas les pilotes des cartes réseau et des disques plus récents, ni les corrections depuis.
    .next = Mettez à jour l'ordinateur où il est construit, puis : socle bootenv build
doctor-environment-future = L'environnement de démarrage a été signé dans le futur, le { $day }.
    .why = L'une de deux horloges est fausse : celle de cet ordinateur, ou celle de l'ordinateur où il a été signé.
    .next = Mettez l'horloge à l'heure ; reconstruisez ensuite l'environnement de démarrage.
doctor-environment-unreadable = Le compte du serveur (numéro { $uid }) ne peut pas lire : { $files }.
    .why = Ils ont sans doute été créés ou copiés par root. Le serveur ne peut pas les servir.
    .next = Donnez-les (chown) au propriétaire du dossier de données ; ensuite, lancez les commandes de Socle avec : runuser -u socle -- socle …

doctor-identity-good = Les clés vont ensemble. Les postes connaissent ce serveur par { $pin }.
    .why = Un agent ne parle qu'au détenteur de cette clé.
doctor-identity-missing = La clé TLS du serveur ou son certificat manque dans { $path }.
    .why = Les postes connaissent le serveur par elle. Une nouvelle serait étrangère à tous.
    .next = Si le serveur n'a jamais tourné, démarrez-le. Sinon, restaurez la sauvegarde (socle restore).
doctor-identity-other-pin = L'environnement de démarrage attend un autre serveur : { $told } au lieu de { $pin }.
    .why = Les postes chargent tout, puis refusent de parler à ce serveur.
    .next = Reconstruisez l'environnement de démarrage (socle bootenv build), ou restaurez les clés du serveur depuis la sauvegarde.
doctor-identity-elsewhere = L'environnement de démarrage envoie les postes à { $server }, une adresse que cet ordinateur ne porte pas.
    .why = Leurs agents parlent à cette adresse après le démarrage. Derrière un routeur qui traduit les adresses, cela peut être juste.
    .next = Sinon : corrigez url sous [agents] et relancez socle bootenv build.

doctor-clock-good = L'horloge est d'accord avec { $other } (écart : { $seconds } s).
    .why = Les ordres, les sessions et les codes d'applications en dépendent.
doctor-clock-off = L'horloge s'écarte de { $other } de { $seconds } secondes.
    .why = Les codes d'applications sont refusés à partir d'une demi-minute.
    .next = Activez la synchronisation de l'heure : timedatectl set-ntp true
doctor-clock-wrong = L'horloge s'écarte de { $other } de { $seconds } secondes.
    .why = Les ordres semblent périmés ou pas encore valables, on ne peut plus se connecter avec des codes ni par le service du centre.
    .next = Mettez-la à l'heure, puis gardez-la à l'heure : timedatectl set-ntp true
doctor-clock-alone = Aucun serveur de temps n'a répondu : l'horloge n'a pas pu être comparée.
    .why = Sur un réseau fermé, c'est habituel.
    .next = Comparez-la avec une montre : timedatectl
doctor-clock-backwards = L'horloge dit { $now }, mais la dernière entrée de la base est du { $newest }.
    .why = L'horloge a été reculée, ou la pile est vide. Les ordres et les sessions sont alors faux dans le temps.
    .next = Réglez l'horloge (timedatectl), puis redémarrez Socle.
doctor-clock-jumped = L'horloge a été déplacée de { $seconds } secondes depuis le démarrage du serveur.
    .why = Ce qui était compté avec elle, comme les sessions et les échéances, a sauté aussi.
    .next = Si elle est juste maintenant, rien. Sinon : timedatectl set-ntp true

doctor-database-good = La base de données s'ouvre et correspond à cette version.
    .why = Les postes, les déroulements, les journaux et les événements d'amorçage s'y trouvent.
doctor-database-older = La base de données doit franchir { $steps } étapes pour cette version.
    .why = Elles se font d'elles-mêmes au démarrage du serveur.
    .next = Faites une sauvegarde (socle backup), puis démarrez le serveur.
doctor-database-broken = La vérification propre à la base de données la trouve abîmée.
    .why = Le plus souvent après un disque plein, un disque défaillant, ou un fichier copié pendant qu'on y écrivait.
    .next = Arrêtez le serveur, gardez une copie du dossier de données, restaurez la dernière sauvegarde (socle restore).
doctor-database-missing = Il n'y a pas de base de données dans { $path }.
    .why = Le serveur n'a jamais tourné avec ce dossier de données, ou ce n'est pas le bon dossier.
    .next = Vérifiez --data ; sur un nouveau serveur, démarrez-le une fois : systemctl start socle

doctor-space-good = { $mebibytes } Mio sont libres dans { $path }.
    .why = Les images, les journaux et la base ont besoin de place.
doctor-space-little = Il ne reste que { $mebibytes } Mio dans { $path }.
    .why = L'image capturée d'un disque ordinaire n'y tient plus.
    .next = Faites de la place : socle image forget, puis socle image prune ; ou agrandissez le disque.
doctor-space-none = Il ne reste que { $mebibytes } Mio dans { $path }.
    .why = La base de données va s'arrêter, et avec elle chaque déroulement.
    .next = Faites de la place maintenant : vieux journaux, puis socle image prune ; agrandissez ensuite le disque.
doctor-space-files = Le système de fichiers de { $path } ne peut plus contenir un seul fichier.
    .why = Il a de la place, mais plus d'entrées. La base de données va s'arrêter.
    .next = Supprimez de petits fichiers inutiles, ou refaites un système de fichiers avec plus d'entrées.
doctor-space-unknown = L'espace libre de { $path } ne peut pas être lu.
    .why = Le dossier n'est pas là, ou ne peut pas être regardé.
    .next = Vérifiez --data, ou lancez la commande en root.

doctor-way-arrived = Il est arrivé : son agent parle à ce serveur.
    .why = Tout le chemin a été parcouru.
doctor-way-never = Rien n'a été entendu de ce poste.
    .why = Ses demandes n'atteignent pas ce serveur : ce sont des diffusions, qui restent dans un réseau.
    .next = Vérifiez qu'il démarre par le réseau (PXE avant le disque), que le câble et le port du commutateur vivent (spanning tree : portfast), et qu'il est dans le VLAN de ce serveur, ou que le relais DHCP de son VLAN mène ici aussi.
doctor-way-not-network = Il a demandé une adresse, mais pas à démarrer par le réseau.
    .why = Ainsi demandent un système installé, un téléphone, ou un micrologiciel dont le démarrage réseau est désactivé.
    .next = Activez le démarrage réseau (PXE, « network stack ») dans son micrologiciel et placez-le avant le disque, ou appuyez sur F12 au démarrage.
doctor-way-silent = On ne lui a rien dit de charger : { $why }.
    .why = Socle a décidé de ne pas lui répondre ; la raison est ici.
    .next = Si la raison est sa sorte de micrologiciel : mettez-le à jour, ou changez entre UEFI et ancien BIOS.
doctor-way-no-loader = On lui a dit quoi charger et il n'est jamais venu le chercher.
    .why = Il a écouté un autre serveur, ou TFTP (UDP 69) ne passe pas.
    .next = Regardez qui d'autre répond sur le réseau (surtout un second ProxyDHCP ou des options 66/67 ailleurs), et laissez passer UDP 69 dans les pare-feu du chemin.
doctor-way-loader-failed = { $file } ne lui est pas parvenu : { $why }.
    .why = TFTP répond depuis un nouveau port à chaque transfert : les pare-feu entre réseaux arrêtent souvent cela.
    .next = Laissez passer UDP entre postes et serveur, ou utilisez le démarrage HTTP. Regardez les erreurs du port du commutateur.
doctor-way-loader-missing = Il a demandé { $file }, que ce serveur n'a pas.
    .why = Son serveur DHCP nomme un fichier d'un autre outil de déploiement (option 67).
    .next = Réglez l'option 67 comme dans les recettes, ou retirez-la et laissez Socle répondre.
doctor-way-no-script = Il a chargé { $file }, puis n'a plus rien dit.
    .why = Le chargeur n'a pas de pilote pour sa carte réseau, n'a pas reçu d'adresse à lui, ou HTTP ne passe pas.
    .next = Laissez passer le port d'amorçage (TCP 8081) dans les pare-feu. Si d'autres postes de ce modèle démarrent, regardez son câble ; si aucun ne démarre, cherchez une mise à jour du micrologiciel.
doctor-way-disk = Il a été envoyé sur son propre disque : { $why }.
    .why = C'était décidé ainsi ; rien ne va mal.
    .next = Pour le déployer : lancez un déroulement pour lui dans la console, puis redémarrez-le par le réseau.
doctor-way-no-environment = Il est venu jusqu'à l'environnement de démarrage, et il n'y en a pas à donner.
    .why = L'environnement de démarrage manque ou n'est pas tel qu'il a été signé.
    .next = socle bootenv build
doctor-way-cut = Il a commencé à charger l'environnement de démarrage et n'a pas fini.
    .why = Il a été éteint, la ligne a été coupée, ou sa mémoire est trop petite.
    .next = Redémarrez-le. S'il s'arrête au même endroit : il lui faut 1 Gio de mémoire.
doctor-way-waiting = Il a chargé l'environnement de démarrage ; son agent n'a pas encore parlé.
    .why = Cela prend jusqu'à quelques minutes sur des postes lents.
    .next = Attendez, et regardez son écran.
doctor-way-no-agent = Il a chargé l'environnement de démarrage, et son agent n'a jamais parlé à ce serveur.
    .why = Le noyau n'a pas de pilote pour sa carte réseau, ou le port des agents (TCP 8443) ne passe pas, ou l'environnement de démarrage connaît une autre adresse ou une autre empreinte. Son horloge n'y est pour rien.
    .next = Lisez son écran. Regardez ensuite le constat sur l'identité du serveur, et le pare-feu pour le port des agents.

doctor-recipe-dnsmasq = dnsmasq
    .how = À ajouter dans /etc/dnsmasq.conf (ou un fichier de /etc/dnsmasq.d), puis : systemctl restart dnsmasq
doctor-recipe-isc = ISC dhcpd
    .how = À ajouter dans /etc/dhcp/dhcpd.conf, hors de tout subnet, puis : systemctl restart isc-dhcp-server
doctor-recipe-kea = Kea
    .how = À ajouter dans "Dhcp4" de kea-dhcp4.conf, puis : systemctl restart kea-dhcp4-server
doctor-recipe-windows = Windows Server
    .how = Dans PowerShell, en administrateur, sur le serveur DHCP. Retirez d'abord les options 60, 66 et 67 de l'étendue, si elles sont réglées.
doctor-recipe-opnsense = OPNsense
    .how = Dans l'interface web, puis Save et Apply. S'il sert avec dnsmasq ou Kea, prenez cette recette-là.
doctor-recipe-pfsense = pfSense
    .how = Dans l'interface web, puis Save et Apply Changes.

boot-probe-forbidden = On ne peut pas interroger le réseau sur { $interface } depuis ce compte.
    .why = Demander comme le fait un poste exige CAP_NET_RAW, que root et le service du serveur ont. Tout le reste a été examiné.
    .next = Lancez socle doctor en root, ou prenez la page Diagnostic du serveur qui tourne.
boot-probe-not-sent = La question n'a pas pu être posée sur { $interface }.
    .why = Le système a refusé d'y envoyer ou d'y recevoir.
    .next = Vérifiez que l'interface est active et a une adresse, puis examinez de nouveau.
server-boot-file-missing = Le fichier { $file } a été demandé, qui n'est pas servi ici
