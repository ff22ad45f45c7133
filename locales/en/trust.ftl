# Keys, passwords, tokens.
trust-no-chance = The system gives no random numbers. Nothing that needs a secret can be done.
    .next = Wait a minute and try again; on a very old machine, move the mouse or plug in a network cable.
trust-key-unreadable = The file { $path } is not a private key of Socle.
    .next = Put the right key file back from your backup. Do not make a new one in its place: what the old one signed would be lost.
trust-key-exposed = Others than its owner can read the private key { $path }. It was not used.
    .next = chmod 600 that file. If somebody else may have read it, replace the key.
trust-certificate-unreadable = The server's certificate can't be read.
    .next = Remove the file tls.pem from the server's data folder: it is made again from its key.
trust-tls-unavailable = The encrypted connection can't be prepared.
    .next = Give this message to the centre.
trust-password-short = This password is too short: it needs at least { $least } characters.
    .next = Several words in a row are easy to remember and hard to guess.
trust-password-long = This password is too long.
    .next = Choose one with fewer than a thousand characters.
