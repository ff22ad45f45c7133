# Secure Boot on, and nobody has enrolled anything: Debian's chain shows and asks, and is given nothing
# boot-table

school gives-addresses
serve chain=debian
bootenv
master capture image_name=image
machine new keys=microsoft memory=1G disk=1G
remember new disk
boot new
speaks new says="ne connaît pas le certificat" within=300s chain="PXE/TFTP → shim → GRUB → Debian's kernel"
started new chain=debian via=pxe enrolled=none trusted=no
accept new as pc-1
wait new known
socle run start --machine pc-1 --master capture fails=yes says="Secure Boot"
untouched new
