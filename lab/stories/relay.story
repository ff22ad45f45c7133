# A machine in another network: DHCP through a relay agent, and ProxyDHCP's port 4011 through the router
# boot-table

far-room
school gives-addresses
serve
bootenv
machine uefi room=far disk=1G
boot uefi
speaks uefi says="Pas encore reconnu"
cut uefi
machine bios room=far start=bios disk=1G
boot bios
speaks bios says="Pas encore reconnu"
cut bios
