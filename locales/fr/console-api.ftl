# La page pour essayer l'API.
console-api = L'API
console-api-text = Ce que les programmes peuvent demander. Ce que vous essayez ici est fait pour de bon, en votre nom.
console-api-try = Les demandes, une par une
console-api-file = La description en fichier (OpenAPI 3.1)
console-api-no-script = Pour l'essayer ici il faut JavaScript ; pas pour la description en fichier.
