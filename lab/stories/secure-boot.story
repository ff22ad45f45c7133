# Secure Boot on, with Socle's certificate in the firmware: the signed image over HTTP and over PXE
# boot-table

school gives-addresses
serve chain=uki
bootenv
sbverify

# UEFI HTTP Boot, the first choice where the firmware has it: one file, and everything in it was checked.
machine http keys=ours over=http memory=1G disk=1G
boot http
speaks http says="tout ce qui tourne a été vérifié" within=240s
started http chain=uki via=http enrolled=db trusted=yes proof=word
cut http

# The same image by PXE.
machine pxe keys=ours memory=1G disk=1G
boot pxe
speaks pxe says="tout ce qui tourne a été vérifié" within=240s chain="PXE/TFTP → signed image"
started pxe chain=uki via=pxe enrolled=db trusted=yes
cut pxe
