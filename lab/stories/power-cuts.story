# Thirty power cuts at seeded moments: the same machines go on by themselves, and their journals are unbroken

seed 20261122
include captured
machine alpha disk=2G bus=nvme
machine beta disk=3G bus=nvme
boot alpha beta
wait alpha beta to-recognise
accept alpha as pc-1
accept beta as pc-2
power-cuts on alpha beta times=30 master=debian within=30m
include installed
