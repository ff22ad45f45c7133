# Les images en tant que données.
image-compression = Les données ne peuvent pas être compressées ou encodées sur cette machine. Rien n'a été publié.
    .next = Vérifiez que la mémoire n'est pas épuisée, puis recommencez.
image-manifest-damaged = Le manifeste de l'image { $image } est endommagé : il n'est pas ce que dit son nom, ou se contredit. Il n'a pas été utilisé.
    .next = Lancez « socle image check » sur le dépôt, puis ramenez l'image d'une autre copie avec « socle image sync ».
image-format-unknown = Cette image a le format { $found } ; cette version de Socle lit le format { $known }.
    .next = Mettez Socle à jour sur cette machine, puis recommencez.
image-page-damaged = La page { $page } d'un manifeste est endommagée ou manque. Elle n'a pas été utilisée.
    .next = Lancez « socle image check » sur le dépôt, puis ramenez la page d'une autre copie avec « socle image sync ».
