# A machine that holds files stops with what would be lost, until it is allowed

include captured
machine alpha disk=2G
boot alpha
wait alpha to-recognise
accept alpha as pc-1
start debian on alpha
wait alpha completed within=420s
expect alpha "echo precious > /home/claire/precious.txt && sync && echo written" says="written"
read alpha first-id as="cat /etc/machine-id"
shutdown alpha
remember alpha disk

# The second deployment would destroy what the first one and the person put there.
start debian on alpha
boot alpha
wait alpha waiting within=180s
# Only the journal of the new run was written, in Socle's own partition.
untouched alpha except=socle
allow-loss alpha "the files were copied elsewhere"
wait alpha completed within=420s
verify alpha
expect alpha "test ! -e /home/claire/precious.txt && echo gone" says="gone"
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
