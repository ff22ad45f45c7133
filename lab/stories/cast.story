# A room at once: one image to two machines by one stream over multicast

include captured

machine alpha disk=2G bus=nvme
machine beta disk=3G bus=nvme
boot alpha beta
wait alpha beta to-recognise
accept alpha as pc-1
accept beta as pc-2
# The site allows streams of forty megabits a second: emulated machines hear no faster.
start debian on alpha room_megabits=40
start debian on beta room_megabits=40
wait alpha beta completed within=600s
streamed alpha beta least=50
verify alpha beta
