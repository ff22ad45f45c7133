# Another DHCP server always names our signed image: a machine without work goes to its own disk, or stays and says why; no loop
# boot-table

school gives-addresses
serve chain=uki
bootenv
master capture image_name=image
machine alpha from=reference memory=1G
boot alpha
wait alpha to-recognise
accept alpha as pc-1
cut alpha

# From now on every start leads to our image, whatever there is to do: as an address typed into the firmware does.
lying-server tampered=none beside=socle
boot alpha
see alpha "Rien à faire ici" within=300s
see alpha "login:" within=300s
cut alpha

# A machine whose disk starts nothing: it is sent there once, comes back, and stays.
machine beta disk=1G memory=1G
boot beta
wait beta to-recognise within=300s
accept beta as pc-2
see beta "Rien à faire ici : le poste démarre son propre disque" within=120s
see beta "il est revenu" within=400s
cut beta
