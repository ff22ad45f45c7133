# Somebody else's DHCP and TFTP server beside Socle: a machine with Secure Boot refuses what it altered; without, it starts it
# boot-table

serve chain=uki
bootenv
lying-server tampered=initrd beside=socle
machine alpha keys=ours memory=1G disk=1G
remember alpha disk
boot alpha
refused alpha says="Access Denied" chain="PXE/TFTP of a rogue server, beside Socle → signed image, one bit of the initrd turned"
untouched alpha
cut alpha

# The doctor names it.
socle doctor --data . --config socle.toml --seconds 3 fails=yes says="10.77.0.2"

# Without Secure Boot nobody checks: what answers first is started, whoever it is. Here iPXE of somebody else.
lying-server tampered=unsigned beside=socle
machine beta memory=1G disk=1G
boot beta
see beta "iPXE" within=120s
cut beta
