# Mailboxes: connections, copies, verification.
mail-unreachable = The { $side ->
        [target] target
       *[other] source
    } mail server { $server } does not answer. Nothing was changed.
    .next = Check its name, its port and the network, then try again.
mail-tls-refused = The line to the { $side ->
        [target] target
       *[other] source
    } mail server { $server } could not be protected. No password was sent.
    .next = Check the server's certificate or its pin, and whether this port speaks TLS from the start or after STARTTLS.
mail-login-refused = The { $side ->
        [target] target
       *[other] source
    } mail server { $server } refused the login. Its own words stand at the end.
    .next = Check the user, the password or the token, and whether an administrator may open this mailbox.
mail-not-imap = The server does not speak IMAP as it should. Nothing was lost; what was copied stays.
    .next = Check the port; if it is right, tell the centre which server it is.
mail-connection-cut = The connection to a mail server was cut. Nothing was lost and nothing is doubled when it goes on.
    .next = It is taken up again by itself; if it happens often, look at the network and at the server's log.
mail-answer-too-long = A mail server's answer is longer than { NUMBER($limit_bytes) } bytes and was not read on.
    .next = Tell the centre which server it is. Nothing was lost; what was copied stays.
mail-answer-incomplete = The source says that a folder holds { NUMBER($expected) } messages and gave { NUMBER($received) }. Nothing was taken for deleted.
    .next = It is asked again by itself; if it stays so, have the server's administrator check that folder's index.
mail-throttled = A mail server asks to wait { NUMBER($seconds) } seconds. The mailbox is parked; nothing was lost.
    .next = It goes on by itself after that time. Move fewer mailboxes at once if it happens often.
mail-target-full = The target mailbox is full. What was copied stays; the rest is still on the source.
    .next = Raise its quota, then start the same command again: it goes on where it stopped.
mail-refused = A mail server refused a command ({ $what }). Its own words stand at the end.
    .next = Read the server's words; what was copied stays, and the same command goes on where it stopped.
mail-folder-unsettled = A folder was not settled after { NUMBER($rounds) } rounds: somebody or something changes it all the time.
    .next = Start the same command again when the mailbox is quieter. Nothing was lost.
mail-state-in-use = Another process works on this mailbox (state folder { $path }).
    .next = Let it finish, or stop it, then try again.
mail-not-started = The move could not be started on this computer. Nothing was changed.
    .next = Check that it has free memory and may open network connections.
mail-step-elsewhere = Step “{ $step }” moves a mailbox: a machine does not do that. Nothing was changed.
    .next = Move it with socle mail, and take the step out of the machine's sequence.
agent-step-move-mailbox = Move a mailbox
console-step-move-mailbox = Move a mailbox
mail-folder-unreadable = Folder number { NUMBER($number) } of the mailbox can't be opened. Its own words stand at the end; the census was not taken.
    .next = Give the account the right to read it, or leave it out by a rule, then start again.
mail-unexplained = { NUMBER($count) } { $count ->
        [one] message is
       *[other] messages are
    } missing on the target and nobody can say why. The proof is not complete.
    .next = Run the copy again, then verify; the list of names tells which they are.
trust-seal-broken = A sealed list of names can't be opened or sealed: it is not whole, or the key is another.
    .next = Use the key with which it was sealed, and the file as it was written. The proof itself does not need it.
mail-config-wrong = The configuration { $path } of the mailbox move is wrong. Nothing was done.
    .next = Correct what stands at the end; docs/mail.md shows a whole example.
mail-list-wrong = The list of mailboxes { $path } is wrong at line { NUMBER($line, useGrouping: 0) }. Nothing was done.
    .next = Correct that line; the header is id,source_user,source_secret,target_user,target_secret.
mail-list-exposed = The list of mailboxes { $path } can be read by others than its owner, and it holds passwords. Nothing was done.
    .next = Run chmod 600 on it, and change the passwords if others may have read it.
mail-list-unknown = The list { $path } has no mailbox { $id }.
    .next = Check the identifier in the first column.
mail-to-confirm = Of { NUMBER($count) } { $count ->
        [one] message
       *[other] messages
    } nobody can say whether they are on the target already. None was sent twice.
    .next = Compare them by hand: the target alters such messages, and several look alike.
mail-said-counted = { $id }: { NUMBER($folders) } folders, { NUMBER($items) } messages, { NUMBER($bytes) } bytes
mail-said-folder = { $folder }: { NUMBER($items) } messages, { NUMBER($bytes) } bytes
mail-said-copied = { $id }: { NUMBER($copied) } messages copied ({ NUMBER($bytes) } bytes), { NUMBER($found) } found there already, { NUMBER($removed) } removed, flags of { NUMBER($flags) } changed
mail-said-folder-refused = folder “{ $folder }” refused: { $words }
mail-said-message-refused = message { $uid } of “{ $folder }” refused: { $words }
mail-said-verified = { $id }: { NUMBER($identical) } identical, { NUMBER($altered) } altered in a named way, { NUMBER($refused) } refused, { NUMBER($excluded) } left out by rule, { NUMBER($unexplained) } unexplained
mail-said-way = { $way }: { NUMBER($count) }
mail-said-proved = Complete proof: { $path }
mail-said-not-proved = The proof is not complete: { $path }
mail-said-failed = { $id }: { $why }
mail-way-header-masked = the target replaced header bytes that are not ASCII
mail-way-date-changed = the target changed the date of arrival
mail-way-flags-differ = flags differ
mail-way-keywords-lost = keywords lost
mail-way-keywords-added = keywords added by the target
socle-cli-mail = Mailboxes: count, copy, verify, prove
socle-cli-mail-inventory = Count what mailboxes hold, by exact content
    .config = Configuration of the move (TOML)
    .mailboxes = List of mailboxes (CSV)
    .state = Folder where what was done is kept
    .only = Only the mailbox with this identifier
socle-cli-mail-copy = Copy what is new, changed or gone since the last time
    .config = Configuration of the move (TOML)
    .mailboxes = List of mailboxes (CSV)
    .state = Folder where what was done is kept
    .only = Only the mailbox with this identifier
socle-cli-mail-verify = Read both sides again and say what became of every message
    .config = Configuration of the move (TOML)
    .mailboxes = List of mailboxes (CSV)
    .state = Folder where what was done is kept
    .only = Only the mailbox with this identifier
socle-cli-mail-proof = Last copy, second reading and signed proof
    .config = Configuration of the move (TOML)
    .mailboxes = List of mailboxes (CSV)
    .state = Folder where what was done is kept
    .only = Only the mailbox with this identifier
    .keys = Folder of the keys; they are made where there are none
    .out = Folder of the proofs and of the sealed lists of names
mail-no-folders = The source mail server lists no folder at all, not even an inbox. Nothing was taken for deleted.
    .next = Check that this is the right mailbox and that the account may see its folders.
