# A room without a DHCP server: Socle gives the addresses too
# boot-table

serve dhcp=full
bootenv

# The firmware's own network stack gets its address from Socle, and what to load with it.
machine uefi disk=1G
boot uefi
speaks uefi says="Pas encore reconnu"
cut uefi

# So does a BIOS card.
machine bios start=bios disk=1G
boot bios
speaks bios says="Pas encore reconnu"
cut bios
