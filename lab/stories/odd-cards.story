# Two network cards, a card at a USB socket, a card without an address of its own
# boot-table

school gives-addresses
serve
bootenv

# The kernel finds first a card without a cable, then the one that the machine was started by.
machine unplugged extra-card=unplugged disk=1G
boot unplugged
speaks unplugged says="Pas encore reconnu"
cut unplugged

# Started from a stick nobody says which card is meant: the first one gets an address from another network's server, Socle
# does not answer there, and the second one is tried.
machine elsewhere extra-card=elsewhere disk=1G start=stick
boot elsewhere
speaks elsewhere says="Pas encore reconnu"
cut elsewhere

# The first one has the address of a group, as faulty cards and docking stations have.
machine nameless extra-card=nameless disk=1G start=bios
boot nameless
speaks nameless says="Pas encore reconnu"
cut nameless

# The only card hangs at a USB socket; the machine starts from a stick.
machine stick start=stick card=usb disk=1G
boot stick
speaks stick says="Pas encore reconnu"
cut stick
