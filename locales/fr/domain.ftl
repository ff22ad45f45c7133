# Le sens des choses : séquences, ordres, journaux, preuves.
domain-signature-wrong = Une signature est fausse : { $what } n'est pas signé par la clé qui doit le signer (il montre la clé { $key }). Rien n'en a été fait.
    .next = Quelqu'un ou quelque chose l'a modifié, ou la clé publique donnée n'est pas la bonne. Reprenez-le à sa source ; si cela se répète, prévenez le centre.
domain-statement-unreadable = Une déclaration signée ({ $what }) est illisible pour cette version de Socle. Rien n'en a été fait.
    .next = Elle vient sans doute d'une version plus récente : mettez Socle à jour ici.
domain-key-unreadable = Ceci n'est pas une clé publique de Socle.
    .next = Une clé publique tient sur une ligne : socle-key: suivi de 64 chiffres hexadécimaux. Recopiez-la.
domain-sequence-unreadable = La séquence est illisible : ligne { NUMBER($line, useGrouping: 0) }.
    .next = Corrigez cette ligne puis recommencez. Rien n'a été modifié.
domain-sequence-wrong = La séquence ne peut pas être exécutée : ligne { NUMBER($line, useGrouping: 0) }, étape « { $step } ».
    .next = Corrigez cette étape puis recommencez. Rien n'a été modifié.
domain-condition-wrong = La condition « { $condition } » ne peut pas être tranchée.
    .next = Vérifiez les noms des faits et des options qu'elle emploie ; has(facts.nom) demande si un fait est connu.
domain-template-wrong = Un texte de la séquence ne peut pas être rempli.
    .next = Vérifiez les noms entre doubles accolades : on y connaît facts, options et target.
domain-master-image-missing = Dans le master { $master }, l'étape « { $step } » emploie l'image « { $image } », que le master ne contient pas.
    .next = Signez de nouveau le master en donnant cette image.
domain-order-not-ours = L'ordre { NUMBER($number, useGrouping: 0) } est destiné à un autre poste. Il n'a pas été exécuté.
    .next = Rien à faire ici ; si cela se répète, prévenez le centre.
domain-option-wrong = La valeur de l'option « { $option } » n'est pas de celles que le master permet.
    .next = Choisissez une autre valeur ; ce qu'un master laisse libre se lit dans ses propres options.
domain-order-replayed = L'ordre { NUMBER($number, useGrouping: 0) } a déjà été donné (le dernier était le { NUMBER($last, useGrouping: 0) }). Il n'a pas été exécuté.
    .next = Rien à faire ici ; si cela se répète, quelqu'un rejoue peut-être d'anciens ordres : prévenez le centre.
domain-order-expired = L'ordre { NUMBER($number, useGrouping: 0) } arrive trop tard : il valait jusqu'au { $at }. Il n'a pas été exécuté.
    .next = Redonnez l'ordre depuis la console.
domain-journal-broken = La chaîne du journal est rompue à l'entrée { NUMBER($number, useGrouping: 0) }.
    .next = Redemandez le journal au poste ; ce qui suit cette entrée ne prouve rien.
domain-proof-unreadable = Ce fichier n'est pas une preuve écrite par Socle, ou il a été modifié.
    .next = Exportez de nouveau la preuve.
domain-proof-wrong = La preuve se contredit (numéro { NUMBER($number, useGrouping: 0) }).
    .next = Ne vous y fiez pas. Exportez-la de nouveau ; si cela persiste, prévenez le centre.
domain-gap-no-entry = Le poste n'a encore rien écrit.
domain-gap-not-completed = Le déroulement n'est pas terminé : { $state ->
     [ordered] il n'a pas commencé
     [running] il est en cours
     [waiting] il attend une personne
     [failed] il a échoué
    *[other] il a été annulé
    }.
domain-gap-step-failed = L'étape « { $step } » a échoué.
domain-gap-step-not-done = L'étape « { $step } » n'a pas été faite, alors que le déroulement se dit terminé.
domain-gap-order-missing = L'ordre { NUMBER($number, useGrouping: 0) } manque dans le fichier.
domain-answers-differ = L'ordre ne dit pas ce qui a été répondu sur le poste ({ $what }). Rien n'en a été fait.
    .next = Annulez le déroulement et répondez de nouveau sur le poste ; si cela revient, prévenez le centre : le serveur a peut-être été modifié.
domain-audit-unreadable = Ce fichier n'est pas un export du registre d'audit écrit par Socle, ou il a été modifié.
    .next = Exportez de nouveau le registre d'audit.
domain-audit-broken = Le registre d'audit a été modifié : jusqu'à l'entrée { NUMBER($number, useGrouping: 0) }, ce n'est pas celui que le serveur a signé.
    .next = Ne vous y fiez pas. Comparez-le avec un export antérieur ; si le serveur lui-même donne un tel fichier, prévenez le centre.
domain-consent-over = Cet acte n'attend plus : { $state ->
        [approved] quelqu'un a dit oui
        [refused] quelqu'un a dit non
        [expired] personne n'a répondu à temps
        [done] il a été exécuté
       *[other] il n'a pas pu être exécuté
    }.
    .next = Regardez la liste de ce qui attend.
domain-consent-expired = Cet acte a attendu trop longtemps : il pouvait être décidé jusqu'au { $at }. Rien n'a été fait.
    .next = Celui qui le souhaite le redemande.
domain-consent-own = Personne ne dit oui à sa propre demande.
    .next = Une autre personne qui détient le droit dit oui ou non ; vous pouvez retirer la demande.
domain-consent-reason = Le motif est trop long : { $limit } caractères au plus.
    .next = Dites-le en moins de mots.
