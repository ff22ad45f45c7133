# La puce de sécurité d'une machine (TPM 2.0).
tpm-silent = La puce de sécurité (TPM) de cette machine ne répond pas.
    .next = Éteignez la machine puis rallumez-la. Si cela continue, regardez le TPM dans les réglages du micrologiciel.
tpm-unreadable = Ce que dit la puce de sécurité (TPM) est illisible ({ $what }).
    .next = Cherchez une mise à jour du micrologiciel de la machine ou de son TPM.
tpm-refuses = La puce de sécurité (TPM) refuse { $command } ({ $code }).
    .next = Cherchez une mise à jour du micrologiciel de la machine ou de son TPM, et notez le code pour l'assistance.
tpm-locked = La puce de sécurité (TPM) est tenue par un système d'exploitation qui en écarte les autres ({ $command }, { $code }).
    .next = Effacez le TPM dans les réglages du micrologiciel, après avoir noté les clés de récupération des disques chiffrés avec lui.
tpm-not-ours = Ceci a été scellé par une autre puce de sécurité (TPM), ou par celle-ci avant son effacement.
    .next = La machine se présente comme nouvelle ; dans la console, quelqu'un peut dire de quelle machine il s'agit.
tpm-absent = La puce de sécurité (TPM) n'a pas la clé cherchée ({ $command }).
    .next = Réessayez ; si cela continue, effacez le TPM dans les réglages du micrologiciel.
tpm-key-wrong = La clé présentée ne peut pas être celle d'une puce de sécurité (TPM).
    .next = Cherchez une mise à jour du micrologiciel de la machine ou de son TPM. D'ici là, la machine peut être reconnue sans elle.
tpm-quote-wrong = Ce que la puce de sécurité (TPM) a signé n'est pas ce qui lui était demandé.
    .next = Redémarrez la machine. Si cela continue, regardez qui se trouve sur ce réseau.
