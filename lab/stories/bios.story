# A BIOS machine from bare metal to a verified journal: captured, deployed, started by its own GRUB
# boot-table

school gives-addresses
serve
bootenv
master capture image_name=image
machine origin from=reference start=bios
boot origin
speaks origin
wait origin to-recognise
accept origin as reference
start capture on origin image_name=system
wait origin completed within=300s
wait origin off within=60s
sign-image system
master debian-bios image=system organisation="Lycée Émilie-du-Châtelet"

machine alpha disk=2G start=bios memory=1G clock=1980-01-01
boot alpha
wait alpha to-recognise
accept alpha as pc-1

# It has nowhere to keep its key before its disk is laid out: after a power cut it is a stranger, and its disk untouched.
# What was ordered for the lost key is cancelled, and a person says that it is pc-1 all the same.
remember alpha disk
cut alpha
start debian-bios on alpha
boot alpha
wait alpha to-recognise
untouched alpha
cancel alpha
accept alpha as pc-1

# From the moment that the disk is laid out, a power cut takes nothing any more.
start debian-bios on alpha
wait alpha running
see alpha "Écrire le système" within=120s
cut alpha after=2s
boot alpha
wait alpha completed within=600s
verify alpha
expect alpha "hostname" says="pc-1"
expect alpha "test -d /sys/firmware/efi || echo bios" says="bios"
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
expect alpha "test $(df --output=size -BM / | tail -n1 | tr -dc 0-9) -gt 1700 && echo grown" says="grown"
