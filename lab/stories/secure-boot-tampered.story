# Secure Boot on: one bit changed in kernel, initrd or command line, or a loader that nobody signed, and the firmware refuses
# boot-table

serve
bootenv
machine alpha keys=ours memory=1G disk=1G
crash server

# As it is, somebody else may serve it: it is the same image.
lying-server tampered=none
boot alpha
speaks alpha within=240s chain="PXE/TFTP (somebody else's server) → signed image"
cut alpha

lying-server tampered=kernel
boot alpha
refused alpha says="Access Denied" chain="PXE/TFTP → signed image, one bit of the kernel turned"
cut alpha

lying-server tampered=initrd
boot alpha
refused alpha says="Access Denied" chain="PXE/TFTP → signed image, one bit of the initrd turned"
cut alpha

lying-server tampered=cmdline
boot alpha
refused alpha says="Access Denied" chain="PXE/TFTP → signed image, one bit of the command line turned"
cut alpha

lying-server tampered=unsigned
boot alpha
refused alpha says="Access Denied" chain="PXE/TFTP → iPXE, which nobody signed"
cut alpha
