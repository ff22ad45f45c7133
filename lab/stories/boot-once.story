# An installed machine starts the boot environment once, from its own disk, when it is ordered to; then it is at home again

include captured
machine alpha disk=2G bus=nvme first=disk
boot alpha
wait alpha to-recognise
accept alpha as pc-1
start debian on alpha
wait alpha completed within=420s
expect alpha "cat /sys/firmware/efi/efivars/BootOrder-* > /root/order && sync && echo kept" says="kept"
socle machine boot-once pc-1 --timeout-seconds 400 says="came"
expect alpha "cmp /root/order /sys/firmware/efi/efivars/BootOrder-* && echo same" says="same"
expect alpha "test ! -e /sys/firmware/efi/efivars/BootNext-8be4df61-93ca-11d2-aa0d-00e098032b8c && echo once" says="once"
# By the firmware's own entry for the network.
socle machine boot-once pc-1 --from network --timeout-seconds 400 says="came"
expect alpha "cmp /root/order /sys/firmware/efi/efivars/BootOrder-* && echo same" says="same"
