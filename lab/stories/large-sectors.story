# Sectors of 4096 bytes: a disk that has them is captured, and deployed on another one
# boot-table

school gives-addresses
serve
bootenv
master capture image_name=image
machine origin from=reference-4096 sectors=4096
boot origin
wait origin to-recognise
accept origin as reference
start capture on origin image_name=system
wait origin completed within=300s
wait origin off within=60s
sign-image system
master debian image=system organisation="Lycée Émilie-du-Châtelet"

machine alpha disk=2G sectors=4096 memory=1G
boot alpha
speaks alpha says="Pas encore reconnu"
accept alpha as pc-1
start debian on alpha
wait alpha completed within=600s
verify alpha
expect alpha "hostname" says="pc-1"
expect alpha "cat /sys/block/nvme0n1/queue/logical_block_size" says="4096"
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
expect alpha "test $(df --output=size -BM / | tail -n1 | tr -dc 0-9) -gt 1700 && echo grown" says="grown"
