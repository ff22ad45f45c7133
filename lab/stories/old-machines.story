# Old and odd machines start from the network, each to the agent's first word and beyond
# boot-table

school gives-addresses
serve
bootenv

# The measure of all others: UEFI, its own network stack.
machine usual disk=1G
boot usual
speaks usual says="Pas encore reconnu"
cut usual

# BIOS: the boot program in the card, an iPXE of 2019, is told the script by Socle's ProxyDHCP. One GiB of memory, and a
# clock whose battery is dead.
machine bios start=bios memory=1G disk=1G clock=1980-01-01
boot bios
speaks bios says="Pas encore reconnu"
cut bios

# BIOS: a boot program that loads Socle's own loader over TFTP, which then asks who it is.
machine loader start=bios-loader memory=1G disk=1G
boot loader
speaks loader says="Pas encore reconnu"
cut loader

# Half of that memory is enough.
machine small start=bios memory=512M disk=1G
boot small
speaks small says="Pas encore reconnu"
cut small
