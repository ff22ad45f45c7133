# Beside a DHCP server that we do not control

# The school's server gives every address; Socle gives none and only says what to load.
include captured
machine alpha disk=2G clock=2099-12-31
machine beta disk=2G
boot alpha beta
wait alpha beta to-recognise
accept alpha as pc-1
accept beta as pc-2
start debian on alpha
wait alpha completed within=420s
verify alpha

# beta is known and has no work: it goes back to its own disk at once, and nobody has written there.
cut beta
remember beta disk
boot beta
see beta "from SAN device 0x00" within=120s
untouched beta
cut beta

