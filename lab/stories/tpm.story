# A machine with a security chip: its disk holds no secret, and is nobody in another machine

include captured
machine alpha disk=2G bus=nvme tpm=yes
boot alpha
wait alpha to-recognise
accept alpha as pc-1
start debian on alpha
wait alpha completed within=420s
verify alpha
expect alpha "hostname" says="pc-1"
socle machine show pc-1 says="tpm_ek"
shutdown alpha
no-key-on alpha

# Its disk in another machine, with another chip: a stranger, who waits.
machine beta disk=2G bus=nvme tpm=yes
clone alpha to beta
boot beta
wait beta to-recognise
cut beta

# Alpha itself is let in again with the word of its chip.
boot alpha
expect alpha "sleep 5; systemctl is-active socle-report" says="active"
