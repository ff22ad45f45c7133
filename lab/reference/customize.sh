#!/bin/sh
# Makes an ordinary, living system out of a bare Debian tree. mmdebstrap runs it with the tree as its argument.
# From the environment: ROOT_UUID and ESP_SERIAL (identifiers of the two filesystems), LAB_KEY (public SSH key).
set -eu
tree="$1"

echo reference > "$tree/etc/hostname"
printf '127.0.0.1\tlocalhost\n127.0.1.1\treference\n' > "$tree/etc/hosts"
# A system that has lived has an identity already: a deployed copy must get another one.
tr -d - < /proc/sys/kernel/random/uuid > "$tree/etc/machine-id"

mkdir -p "$tree/boot/efi"
cat > "$tree/etc/fstab" <<EOF
# <file system> <mount point> <type> <options> <dump> <pass>
UUID=$ROOT_UUID / ext4 errors=remount-ro 0 1
UUID=$ESP_SERIAL /boot/efi vfat umask=0077,x-systemd.device-timeout=600s 0 1
EOF

cat > "$tree/etc/systemd/network/20-wired.network" <<EOF
[Match]
Name=en* eth*
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
ClientIdentifier=mac
EOF

# Only what a machine that is looked at for a minute needs: emulated processors are slow.
chroot "$tree" systemctl -q enable systemd-networkd ssh serial-getty@ttyS0
chroot "$tree" systemctl -q mask systemd-firstboot.service systemd-timesyncd.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer systemd-networkd-wait-online.service systemd-pstore.service rsync.service 2>/dev/null

echo 'root:socle' | chroot "$tree" chpasswd
mkdir -p -m 700 "$tree/root/.ssh"
echo "$LAB_KEY" > "$tree/root/.ssh/authorized_keys"
sed -i 's/^#\?UseDNS.*/UseDNS no/' "$tree/etc/ssh/sshd_config"

# A person's files, of every shape that an image must bring back as it was.
chroot "$tree" useradd -m -s /bin/bash claire
home="$tree/home/claire"
mkdir -p "$home/Documents/Cours de physique/2026" "$home/Images" "$home/.config/éditeur"
printf 'Bonjour,\nvoici le compte rendu de la réunion.\n' > "$home/Documents/compte rendu (été).txt"
printf 'x' > "$home/Documents/Cours de physique/2026/ñ – \"guillemets\" & 100 %.odt"
: > "$home/Documents/vide"
ln -s "../Documents/compte rendu (été).txt" "$home/Images/lien"
ln "$home/Documents/compte rendu (été).txt" "$home/Documents/même fichier"
# A file with holes: data at both ends, nothing in 24 MiB between.
printf 'début' > "$home/Images/disque virtuel.raw"
truncate -s 24M "$home/Images/disque virtuel.raw"
printf 'fin' >> "$home/Images/disque virtuel.raw"
# Some megabytes that do not compress, and some that do.
head -c 6000000 /dev/urandom > "$home/Images/photo.jpg"
yes 'Le vif zéphyr jubile sur les kumquats du clown gracieux.' | head -c 3000000 > "$home/Documents/pangrammes.txt"
i=0
while [ "$i" -lt 300 ]; do
    echo "note numéro $i" > "$home/.config/éditeur/note-$i"
    i=$((i + 1))
done
chroot "$tree" chown -R claire:claire /home/claire
chmod 600 "$home/Documents/vide"
touch -d '2019-02-28 12:34:56' "$home/Documents/pangrammes.txt"

# What each file of the person is, in words: a copy that says the same is the same.
cat > "$tree/usr/local/bin/tell-home" <<'EOF'
#!/bin/sh
# Names, kinds, rights, owners, sizes, times, targets and hard links; then the content of each file. How large a
# folder is depends on its filesystem.
cd /home/claire
find . -type d -printf '%p %y %m %u %g\n' | LC_ALL=C sort
find . ! -type d -printf '%p %y %m %u %g %n %s %Ts %l\n' | LC_ALL=C sort
find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
EOF
chmod 755 "$tree/usr/local/bin/tell-home"
mkdir -p "$tree/var/lib/reference"
chroot "$tree" /usr/local/bin/tell-home > "$tree/var/lib/reference/home"
