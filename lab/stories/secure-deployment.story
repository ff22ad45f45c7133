# Secure Boot on and a security chip: from bare metal to a verified journal, the chip proves each start; then once more, by order
# boot-table

school gives-addresses
serve chain=uki
bootenv
master capture image_name=image
machine origin from=reference-signed
boot origin
wait origin to-recognise
accept origin as reference
start capture on origin image_name=system
wait origin completed within=400s
wait origin off within=60s
sign-image system
master debian image=system organisation="Lycée Émilie-du-Châtelet"

# Our certificate in db, and a chip: its registers prove that only what we signed was started.
machine alpha disk=2G bus=nvme keys=ours tpm=yes memory=1G first=disk
boot alpha
speaks alpha says="tout ce qui tourne a été vérifié" within=300s chain="PXE/TFTP → signed image, proved by the TPM"
started alpha chain=uki via=pxe enrolled=db trusted=yes proof=key
accept alpha as pc-1
start debian on alpha
wait alpha completed within=700s
verify alpha
# Debian itself was started by shim, with Secure Boot on.
expect alpha "od -An -t u1 -j 4 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c | tr -d ' '" says="1"
expect alpha "hostname" says="pc-1"
no-key-on alpha

# Once into the boot environment, from its own disk, with Secure Boot on; its order of starting stays.
expect alpha "cat /sys/firmware/efi/efivars/BootOrder-* > /root/order && sync && echo kept" says="kept"
socle machine boot-once pc-1 --timeout-seconds 600 says="came"
expect alpha "cmp /root/order /sys/firmware/efi/efivars/BootOrder-* && echo same" says="same"
expect alpha "test ! -e /sys/firmware/efi/efivars/BootNext-8be4df61-93ca-11d2-aa0d-00e098032b8c && echo once" says="once"
