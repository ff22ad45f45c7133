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
