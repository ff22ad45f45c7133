# The lab alone: a living system, its cable and its power

seed 7
school gives-addresses
machine origin from=reference first=disk
boot origin
wait origin answers within=180s
read origin hostname as="hostname"
expect origin "systemctl is-system-running --wait" says="running"
expect origin "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
cut origin
remember origin disk
untouched origin
boot origin
wait origin answers within=180s
picture origin
shutdown origin
