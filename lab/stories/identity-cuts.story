# Power is cut again and again while a machine is given its identity: its EFI partition has no journal, and starts all the same

seed 20261123
include captured
machine alpha disk=2G bus=nvme
machine beta disk=3G bus=nvme
boot alpha beta
wait alpha beta to-recognise
accept alpha as pc-1
accept beta as pc-2
power-cuts on alpha beta times=24 in=3 master=debian within=30m
include installed
