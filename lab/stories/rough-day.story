# A rough day: the clock is wrong, the server is killed, the cable is pulled, and the run goes on

include captured
machine alpha disk=2G clock=1980-01-01
boot alpha
wait alpha to-recognise
accept alpha as pc-1
start debian on alpha
wait alpha running
pause 6s
crash server
pause 4s
serve
pause 6s
unplug alpha
pause 8s
plug alpha
wait alpha completed within=600s
verify alpha
expect alpha "hostname" says="pc-1"
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
