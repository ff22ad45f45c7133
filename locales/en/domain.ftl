# The meaning of things: sequences, orders, journals, proofs.
domain-signature-wrong = A signature is wrong: { $what } is not signed by the key that must sign it (it shows key { $key }). Nothing was done with it.
    .next = Somebody or something changed it, or the wrong public key was given. Fetch it again from its source; if it happens again, tell the centre.
domain-statement-unreadable = A signed statement ({ $what }) can't be read by this version of Socle. Nothing was done with it.
    .next = It was probably made by a newer version: update Socle here.
domain-key-unreadable = This is not a public key of Socle.
    .next = A public key is one line: socle-key: followed by 64 hexadecimal digits. Copy it again.
domain-sequence-unreadable = The sequence can't be read: line { NUMBER($line, useGrouping: 0) }.
    .next = Correct that line and try again. Nothing was changed.
domain-sequence-wrong = The sequence can't be carried out: line { NUMBER($line, useGrouping: 0) }, step “{ $step }”.
    .next = Correct that step and try again. Nothing was changed.
domain-condition-wrong = The condition “{ $condition }” can't be decided.
    .next = Check the names of the facts and options it uses; has(facts.name) asks whether a fact is known.
domain-template-wrong = A text of the sequence can't be filled in.
    .next = Check the names between double braces: facts, options and target are known there.
domain-master-image-missing = In the master { $master }, step “{ $step }” uses the image “{ $image }”, which the master does not hold.
    .next = Sign the master again and give that image.
domain-order-not-ours = Order { NUMBER($number, useGrouping: 0) } is for another machine. It was not carried out.
    .next = Nothing to do here; if it happens again, tell the centre.
domain-option-wrong = The value of the option “{ $option }” is not one that the master leaves room for.
    .next = Choose another value; what a master leaves open stands in its own options.
domain-order-replayed = Order { NUMBER($number, useGrouping: 0) } was given before (the last one was { NUMBER($last, useGrouping: 0) }). It was not carried out.
    .next = Nothing to do here; if it happens again, somebody may be playing old orders: tell the centre.
domain-order-expired = Order { NUMBER($number, useGrouping: 0) } came too late: it was valid until { $at }. It was not carried out.
    .next = Give the order again from the console.
domain-journal-broken = The journal's chain is broken at entry { NUMBER($number, useGrouping: 0) }.
    .next = Ask for the journal again from the machine; what follows that entry proves nothing.
domain-proof-unreadable = This file is not a proof that Socle wrote, or it was changed.
    .next = Export the proof again.
domain-proof-wrong = The proof contradicts itself (number { NUMBER($number, useGrouping: 0) }).
    .next = Do not rely on it. Export it again; if it stays so, tell the centre.
domain-gap-no-entry = The machine has written nothing yet.
domain-gap-not-completed = The run is not completed: { $state ->
     [ordered] it has not begun
     [running] it is still going on
     [waiting] it waits for a person
     [failed] it has failed
    *[other] it was cancelled
    }.
domain-gap-step-failed = The step “{ $step }” failed.
domain-gap-step-not-done = The step “{ $step }” was not done, although the run says that it is completed.
domain-gap-order-missing = Order { NUMBER($number, useGrouping: 0) } is missing from the file.
domain-answers-differ = The order doesn't say what was answered at the machine ({ $what }). Nothing was done with it.
    .next = Cancel the run and answer again at the machine; if it happens again, tell the centre: the server may have been tampered with.
domain-audit-unreadable = This file is not an export of the audit trail that Socle wrote, or it was changed.
    .next = Export the audit trail again.
domain-audit-broken = The audit trail was changed: up to entry { NUMBER($number, useGrouping: 0) } it is not the one that the server signed.
    .next = Do not rely on it. Compare it with an earlier export; if the server itself gives such a file, tell the centre.
domain-consent-over = This act does not wait any more: { $state ->
        [approved] somebody said yes
        [refused] somebody said no
        [expired] nobody said anything in time
        [done] it was carried out
       *[other] it could not be carried out
    }.
    .next = Look at the list of what waits.
domain-consent-expired = This act has waited too long: it could be decided until { $at }. Nothing was done.
    .next = Whoever wants it asks again.
domain-consent-own = Nobody says yes to what he asked for himself.
    .next = Another person who holds the right says yes or no; you may take it back.
domain-consent-reason = The reason is too long: at most { $limit } characters.
    .next = Say it in fewer words.
