# An older partition table (MBR) with logical partitions: captured, deployed on a larger disk, started by its own GRUB
# boot-table

school gives-addresses
serve
bootenv
master capture image_name=image
machine origin from=reference-mbr start=bios
boot origin
wait origin to-recognise
accept origin as reference
start capture on origin image_name=system
wait origin completed within=300s
wait origin off within=60s
verify origin
sign-image system
master debian-bios image=system organisation="Lycée Émilie-du-Châtelet"

# 1 GiB of memory is enough for all of it.
machine alpha disk=2G start=bios memory=1G
boot alpha
speaks alpha says="Pas encore reconnu"
accept alpha as pc-1
start debian-bios on alpha
see alpha "Écrire le système" within=180s
# From the moment that the disk is laid out, a power cut takes nothing.
cut alpha after=2s
boot alpha
wait alpha completed within=600s
verify alpha
expect alpha "hostname" says="pc-1"
expect alpha "test -d /sys/firmware/efi || echo bios" says="bios"
expect alpha "findmnt -no SOURCE /" says="/dev/nvme0n1p6"
# The disk has another signature than the reference's, and the loader's settings name it.
expect alpha "grep -c 5001e0ca /proc/cmdline /boot/grub/grub.cfg || true" says="cmdline:0"
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
expect alpha "test $(df --output=size -BM / | tail -n1 | tr -dc 0-9) -gt 1700 && echo grown" says="grown"
