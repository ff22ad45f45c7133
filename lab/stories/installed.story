# Two installed machines are looked into

# Taken in by other stories, after alpha and beta were deployed: their systems are whole, and each is itself.
read alpha beta hostname as="hostname"
expect alpha "hostname" says="pc-1"
expect beta "hostname" says="pc-2"
read alpha beta machine-id as="cat /etc/machine-id"
read alpha beta ssh-keys as="cut -d' ' -f2 /etc/ssh/ssh_host_*_key.pub"
read alpha beta identifiers as="lsblk -nro UUID,PARTUUID,PTUUID | tr ' ' '\n' | sort -u | grep -v '^$'"
differ hostname between alpha beta
differ machine-id between alpha beta
differ ssh-keys between alpha beta
differ identifiers between alpha beta

# A person's files are as they were: names, rights, times, links, holes, content.
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
expect beta "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
expect alpha "systemctl is-system-running --wait" says="running"
expect beta "systemctl is-system-running --wait" says="running"
expect alpha "cat /etc/motd" says="Lycée Émilie-du-Châtelet - pc-1"
