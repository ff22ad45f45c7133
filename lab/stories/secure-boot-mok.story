# Secure Boot on, with Socle's certificate among shim's keys (MOK): Debian's shim, then the signed image
# boot-table

school gives-addresses
serve chain=shim
bootenv
machine mok keys=mok memory=1G disk=1G tpm=yes
boot mok
speaks mok says="tout ce qui tourne a été vérifié" within=300s chain="PXE/TFTP → shim → signed image"
# shim was let in by Microsoft's key: it is the images themselves that the security chip knows.
started mok chain=shim via=pxe enrolled=mok trusted=yes proof=image
