# The short form of a first deployment: one machine is captured, one receives it

include captured
machine alpha disk=2G bus=nvme
boot alpha
wait alpha to-recognise
accept alpha as pc-1
start debian on alpha
wait alpha completed within=420s
verify alpha
expect alpha "hostname" says="pc-1"
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
expect alpha "systemctl is-system-running --wait" says="running"
