# Une image pour toute une salle à la fois.
cast-plan-unreadable = Ce que le serveur a dit de la diffusion à la salle est illisible. Rien n'est perdu : l'image est lue de la façon ordinaire.
    .next = Il n'y a rien à faire. Si cela se répète, mettez à jour l'environnement de démarrage : le serveur et lui sont peut-être de versions différentes.
cast-block-unmade = Une partie de l'image n'a pas pu être préparée pour la diffusion à la salle. La diffusion est terminée ; les postes lisent l'image de la façon ordinaire.
    .next = Vérifiez le dépôt (« socle image check ») : un paquet est peut-être endommagé.
cast-network-unavailable = La diffusion à la salle ne peut pas utiliser le groupe { $group } par { $interface }. Les postes lisent l'image de la façon ordinaire.
    .next = Vérifiez que l'adresse de cast.address est bien une adresse de cet ordinateur, et que le groupe commence par 239.
cast-network-lost = Le réseau a disparu pendant une diffusion à une salle. Les postes lisent le reste de la façon ordinaire.
    .next = Vérifiez l'interface réseau du serveur.
