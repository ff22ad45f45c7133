# An image that was tampered with is refused on the machine

include captured
machine alpha disk=2G
remember alpha disk
boot alpha
wait alpha to-recognise
accept alpha as pc-1

# Whoever can write on the server's disk alters the manifest: the machine refuses before it touches anything.
damage manifest
start debian on alpha
wait alpha failed within=180s
untouched alpha
repair
cancel alpha
wait alpha cancelled within=60s

# A page of the manifest: the same.
damage page
start debian on alpha
wait alpha failed within=180s
untouched alpha
repair
cancel alpha
wait alpha cancelled within=60s

# A chunk: packs are read again before the disk is touched, and each chunk once more before it is written.
damage pack
start debian on alpha
wait alpha failed within=300s fault=repository-pack-damaged
untouched alpha
repair

# Put right, the same run goes on by the same order.
retry alpha
wait alpha completed within=420s
verify alpha
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
