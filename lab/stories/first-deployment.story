# A first deployment: one reference machine is captured, two bare machines with other disks receive it

include captured

# Two bare machines, with other disks than the reference.
machine alpha disk=2G bus=nvme
machine beta disk=3G bus=nvme
boot alpha beta
wait alpha beta to-recognise
accept alpha as pc-1
accept beta as pc-2
start debian on alpha
start debian on beta
wait alpha beta completed within=420s
verify alpha beta
include installed
# The root filesystem fills the larger disk.
expect alpha "test $(df --output=size -BM / | tail -n1 | tr -dc 0-9) -gt 1700 && echo grown" says="grown"
expect beta "test $(df --output=size -BM / | tail -n1 | tr -dc 0-9) -gt 2600 && echo grown" says="grown"
picture alpha
picture beta
