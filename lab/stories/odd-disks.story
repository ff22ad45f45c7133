# Disks with sectors of 4096 bytes, and a disk that comes later than the agent
# boot-table

include captured

# An image of a disk with sectors of 512 bytes is refused there, before anything is written.
machine large disk=2G sectors=4096
remember large disk
boot large
speaks large says="Pas encore reconnu"
accept large as pc-1
start debian on large
wait large failed within=180s fault=disk-sector-size-differs
untouched large
cut large

# The disk is pushed in while the agent waits for it.
machine late disk=2G disks=late
boot late
speaks late says="Pas encore reconnu"
accept late as pc-2
start debian on late
see late "Aucun disque pour l'instant" within=120s
push-disk late
see late "Un disque est arrivé" within=60s
wait late completed within=600s
