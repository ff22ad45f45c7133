# The doctor: what is found, why that matters (.why), what to do (.next). For `socle doctor`, the page Diagnosis and the
# support bundle.
doctor-state-good = good
doctor-state-unseen = not looked at
doctor-state-attention = attention
doctor-state-wrong = wrong

doctor-part-interface = Network interface
doctor-part-dhcp = DHCP servers
doctor-part-ports = Ports
doctor-part-firewall = Firewall
doctor-part-loader = Loader
doctor-part-environment = Boot environment
doctor-part-identity = Server's identity
doctor-part-clock = Clock
doctor-part-database = Database
doctor-part-space = Disk space
doctor-part-machines = Machine

doctor-place-machine = Machine
doctor-place-dhcp = DHCP
doctor-place-loader = Loader
doctor-place-environment = Boot environment
doctor-place-server = Server

doctor-reach-passed = in order
doctor-reach-doubtful = works, look at it
doctor-reach-stopped = stops here
doctor-reach-aside = leaves on purpose
doctor-reach-beyond = not reached

doctor-asked-as-bios = BIOS
doctor-asked-as-uefi = UEFI
doctor-asked-as-uefi-http = UEFI over HTTP
doctor-answer-offer = offers an address
doctor-answer-proxy = ProxyDHCP, no address
doctor-answer-boot-server = boot server, port 4011
doctor-asked-agent-boot = Its agent spoke to this server from the boot environment
doctor-asked-agent-installed = Its agent spoke to this server from the installed system

doctor-listening = Listening to the network for { $seconds } seconds…
doctor-head-wrong = WRONG
doctor-head-attention = ATTENTION
doctor-head-unseen = NOT LOOKED AT
doctor-head-good = GOOD
doctor-head-answers = WHO ANSWERED MACHINES ON THE NETWORK
doctor-head-machines = MACHINES HEARD LATELY (one of them: socle doctor --mac ADDRESS)
doctor-head-recipes = WHAT TO WRITE INTO THE DHCP SERVER (options 66 and 67)
doctor-end-good = All that was looked at is in order.
doctor-end-unseen = All that was looked at is in order; some things could not be looked at.
doctor-end-attention = Machines can start. Look at what is said under “attention”.
doctor-end-wrong = Machines do not start, or soon will not: begin with the first line under “wrong”.

doctor-interface-good = { $name } has a link and the address { $address }.
    .why = Machines are heard and answered there, and nowhere else.
doctor-interface-none-chosen = No interface is chosen for starting machines. There are: { $names }.
    .why = Socle answers DHCP and TFTP on one chosen interface only, so that it never answers where it should not.
    .next = Write interface = "…" under [boot] in the configuration: the interface on the machines' network.
doctor-interface-mode-off = Starting machines is switched off (boot.mode = "off").
    .why = Boot files are served over HTTP, but nobody tells machines to come here.
    .next = Choose mode = "proxy" (beside your DHCP server) or "tftp" (with options 66 and 67 in it) under [boot], then restart Socle.
doctor-interface-no-link = { $name } has no link.
    .why = No machine can be heard: the cable, the switch port or the virtual network is not there.
    .next = Plug the cable in or bring the interface up (ip link set { $name } up), then look again.
doctor-interface-address = The configuration says { $address }, which no interface of this computer has.
    .why = Machines are told to load from that address and find nobody.
    .next = Correct address under [boot], or give the address to { $name }.
doctor-interface-mtu = { $name } carries frames of { $mtu } bytes only.
    .why = Firmware sends and expects whole Ethernet frames (1500 bytes); the loader then stops in its middle.
    .next = Set the interface's MTU to 1500, or lower it at the whole network.

doctor-dhcp-not-asked = The network was not asked who answers machines.
    .why = Asking needs a moment and the rights of the server or of root.
    .next = On the page: “Look at the network now”. On the server: run socle doctor as root.
doctor-dhcp-none = Nobody offered an address on { $interfaces } within { $seconds } seconds.
    .why = A machine without an address can't load anything; it shows “No DHCP offers” or PXE-E51.
    .next = Check that the DHCP server runs and has free addresses, that this interface is on the machines' network, and that the relay (IP helper) of the VLAN leads to the DHCP server. In a closed network: mode = "full".
doctor-dhcp-only-proxy = Boot servers answered on { $interfaces }, but nobody offers an address.
    .why = A ProxyDHCP only says what to load; the address must come from a DHCP server. Machines show PXE-E51.
    .next = Start the DHCP server of this network, or choose mode = "full" where there is none.
doctor-dhcp-one = { $server } offers addresses (to us: { $offered }), router { $routers }, name servers { $names }.
    .why = One DHCP server answers, as it should be.
doctor-dhcp-pair = Several DHCP servers offer addresses and agree: { $servers }.
    .why = Two servers that stand in for one another are usual. If you only know of one, the other should not be there.
    .next = Check that each of these addresses is yours.
doctor-dhcp-several = Several DHCP servers offer addresses and do not agree: { $servers }.
    .why = A machine takes the first offer: some start, some don't, and it changes from day to day.
    .next = Find who has each address (the switch's table of MAC addresses), and switch off the one that is not yours.
doctor-dhcp-rogue = { $server } offers addresses ({ $offered }, router { $routers }) and should most likely not be here.
    .why = It offers addresses of another network, leads to another router, or stands beside a server that is meant to be alone. Machines that listen to it lose the network.
    .next = Find the port of { $server } in the switch's table of MAC addresses and unplug it: often a home router, a telephone base or a virtual machine. DHCP snooping on the switches keeps it from coming back.
doctor-dhcp-leads-here = { $server } leads machines to this server ({ $file } from { $next }).
    .why = Options 66 and 67 are set as they should be.
doctor-dhcp-leads-elsewhere = { $server } leads machines elsewhere: { $file } from { $next }.
    .why = Machines obey their DHCP server before a ProxyDHCP: they never come here.
    .next = Take options 66 and 67 (and “next server”) out of that DHCP server, or set them as shown in the recipes below.
doctor-dhcp-leads-nowhere = { $server } gives addresses and says nothing to load.
    .why = With mode = "tftp" machines find this server only through options 66 and 67 of their DHCP server.
    .next = Write the recipe below into that DHCP server, or choose mode = "proxy" under [boot].
doctor-dhcp-other-proxy = Another boot server answers: { $server } offers { $file } from { $next }.
    .why = Machines take one of the two answers by chance. Often it is WDS, FOG, or an earlier deployment server.
    .next = Stop the boot service on { $server }, or set boot.mode = "off" here while it is needed.
doctor-dhcp-option-60 = { $server } sends option 60 = PXEClient and nothing to load.
    .why = Machines then ask { $server } itself for a boot server on port 4011 and wait until they give up.
    .next = Remove option 60 from that DHCP server: it belongs there only when DHCP and boot server are one computer.
doctor-dhcp-we-answer = Socle itself answers machines here, with { $file }.
    .why = The offer was heard on the network like a machine hears it.
doctor-dhcp-we-are-silent = Socle holds its DHCP port but its answer was not heard.
    .why = Machines do not hear it either: mostly the firewall of this computer, or another interface than the configured one.
    .next = Look at the findings about firewall and interface; then at the log.

doctor-ports-ours = Socle holds port { $port } ({ $transport }).
    .why = It is ready to answer there.
doctor-ports-taken = Port { $port } ({ $transport }) is held by { $program } (process { $number }).
    .why = Socle can't start, or does not answer there.
    .next = Stop { $program } (systemctl disable --now …), or give it other ports, then restart Socle.
doctor-ports-shared = Beside Socle, { $program } (process { $number }) listens on port { $port } ({ $transport }) too.
    .why = Two programs on one port each get a part of what machines say.
    .next = Stop { $program }, or limit it to other interfaces.
doctor-ports-somebody = Port { $port } ({ $transport }) is held by a program that this account may not see.
    .why = It may be Socle itself; only root sees which program it is.
    .next = Run socle doctor as root.
doctor-ports-free = Socle runs, but nobody listens on port { $port } ({ $transport }).
    .why = Machines that ask there get no answer.
    .next = Check the configuration (socle config check) and restart Socle; its log says why a port was not taken.
doctor-ports-not-serving = Nobody listens on port { $port } ({ $transport }).
    .why = The server does not run.
    .next = systemctl start socle
doctor-ports-nobody-serves = The server does not run: none of its ports is held.
    .why = Nothing is answered. Everything else was looked at all the same.
    .next = systemctl start socle; if it ends at once: journalctl -u socle -n 50

doctor-firewall-good = No rule of this computer's firewall stops what machines say to Socle.
    .why = The rules of nftables were followed for each port.
doctor-firewall-closed = The firewall of this computer drops { $ports } (chain { $chain }).
    .why = What machines send there never reaches Socle.
    .next = Let these ports in on the machines' interface, for example: nft add rule { $chain } udp dport {"{"} 67, 69, 4011 {"}"} accept
doctor-firewall-perhaps = The firewall of this computer lets { $ports } in only under conditions (chain { $chain }).
    .why = It depends on the sender's address or on something else that can't be judged from here.
    .next = Check that the machines' network is meant: nft list chain { $chain }
doctor-firewall-forbidden = The rules of the firewall can't be read from here.
    .why = Only root may list them.
    .next = Run socle doctor as root.
doctor-firewall-no-tool = The program nft is not installed: the firewall's rules can't be listed.
    .why = Without it there is usually no firewall on this computer; one of the old kind (iptables) would not be seen.
    .next = If there is a firewall, check that UDP 67, 69, 4011 and Socle's TCP ports are let in.
doctor-firewall-legacy = This computer has rules of the old kind (iptables), which are not judged here.
    .why = They may drop what machines send.
    .next = Check with iptables-legacy -L INPUT -n that UDP 67, 69, 4011 and Socle's TCP ports are let in.

doctor-loader-good = The loaders are there, as they were signed: { $files }.
    .why = They are what machines load first, over TFTP or HTTP.
doctor-loader-missing = There is no loader in { $path }.
    .why = Machines are told to load it and get “file not found” (PXE-T01).
    .next = Install the package ipxe and run socle bootenv build again.
doctor-environment-good = The boot environment is as it was signed on { $day }.
    .why = Kernel and initrd are served only as the content key signed them.
doctor-environment-old = The boot environment was signed { $days } days ago, on { $day }.
    .why = Its kernel lacks drivers for newer network cards and disks, and corrections since.
    .next = Update the computer on which it is built, then: socle bootenv build
doctor-environment-future = The boot environment was signed in the future, on { $day }.
    .why = One of two clocks is wrong: this computer's, or that of the computer where it was signed.
    .next = Set the clock right; then build the boot environment again.
doctor-environment-unreadable = The server's account (number { $uid }) may not read: { $files }.
    .why = They were most likely made or copied by root. The server can't serve them.
    .next = chown them to the owner of the data folder; later run Socle's commands with: runuser -u socle -- socle …

doctor-identity-good = The keys belong together. Machines know this server by { $pin }.
    .why = An agent speaks only to the holder of this key.
doctor-identity-missing = The server's TLS key or certificate is missing in { $path }.
    .why = Machines know the server by it. A new one would be a stranger to all of them.
    .next = If the server never ran, start it. Otherwise restore the backup (socle restore).
doctor-identity-other-pin = The boot environment expects another server: { $told } instead of { $pin }.
    .why = Machines load everything and then refuse to speak to this server.
    .next = Build the boot environment again (socle bootenv build), or restore the server's keys from the backup.
doctor-identity-elsewhere = The boot environment sends machines to { $server }, an address that this computer does not have.
    .why = Their agents speak to that address after starting. Behind a router that translates addresses this may be right.
    .next = If it is not: correct url under [agents] and run socle bootenv build again.

doctor-clock-good = The clock agrees with { $other } (difference: { $seconds } s).
    .why = Orders, sessions and codes of applications depend on it.
doctor-clock-off = The clock differs from { $other } by { $seconds } seconds.
    .why = Codes of applications are refused from half a minute on.
    .next = Switch time synchronisation on: timedatectl set-ntp true
doctor-clock-wrong = The clock differs from { $other } by { $seconds } seconds.
    .why = Orders seem expired or not valid yet, people can't sign in with codes or through the centre's service.
    .next = Set it right, then keep it right: timedatectl set-ntp true
doctor-clock-alone = No time server answered: the clock could not be compared.
    .why = On a closed network that is usual.
    .next = Compare it with a watch: timedatectl
doctor-clock-backwards = The clock says { $now }, but the newest entry in the database is of { $newest }.
    .why = The clock was set back, or the battery is empty. Orders and sessions are then wrong in time.
    .next = Set the clock (timedatectl), then restart Socle.
doctor-clock-jumped = The clock was moved by { $seconds } seconds since the server started.
    .why = What was counted by it, such as sessions and expiries, jumped too.
    .next = If it is right now, nothing. Otherwise: timedatectl set-ntp true

doctor-database-good = The database opens and is of this version.
    .why = Machines, runs, journals and boot events stand in it.
doctor-database-older = The database has { $steps } steps to take to this version.
    .why = They are taken by themselves when the server starts.
    .next = Make a backup (socle backup), then start the server.
doctor-database-broken = The database's own check finds it damaged.
    .why = Most often after a full disk, a failing disk, or a file that was copied while it was written.
    .next = Stop the server, keep a copy of the data folder, restore the last backup (socle restore).
doctor-database-missing = There is no database at { $path }.
    .why = The server never ran with this data folder, or the folder is not the right one.
    .next = Check --data; on a new server start it once: systemctl start socle

doctor-space-good = { $mebibytes } MiB are free in { $path }.
    .why = Images, journals and the database need room.
doctor-space-little = Only { $mebibytes } MiB are free in { $path }.
    .why = A captured image of an ordinary disk no longer fits.
    .next = Make room: socle image forget, then socle image prune; or enlarge the disk.
doctor-space-none = Only { $mebibytes } MiB are free in { $path }.
    .why = The database will stop, and with it every run.
    .next = Make room now: old logs, then socle image prune; then enlarge the disk.
doctor-space-files = The filesystem of { $path } can't hold another file.
    .why = It has room, but no entries left. The database will stop.
    .next = Delete small files that are not needed, or make a filesystem with more entries.
doctor-space-unknown = The free space of { $path } can't be read.
    .why = The folder is not there, or may not be looked at.
    .next = Check --data, or run as root.

doctor-way-arrived = It arrived: its agent speaks to this server.
    .why = The whole way was passed.
doctor-way-never = Nothing was heard of this machine.
    .why = Its questions do not reach this server: they are broadcasts, which stay in one network.
    .next = Check that it starts from the network (PXE before the disk), that cable and switch port are alive (spanning tree: portfast), and that it is in the VLAN of this server, or that the relay of its VLAN leads here too.
doctor-way-not-network = It asked for an address, but not to start from the network.
    .why = So ask an installed system, a telephone, or firmware whose network start is off.
    .next = Switch network start (PXE, “network stack”) on in its firmware and put it before the disk, or press F12 at its start.
doctor-way-silent = It was told nothing to load: { $why }.
    .why = Socle decided not to answer it; the reason stands here.
    .next = If the reason is its kind of firmware: update the firmware, or switch between UEFI and old BIOS.
doctor-way-no-loader = It was told what to load and never fetched it.
    .why = It listened to another server, or TFTP (UDP 69) does not come through.
    .next = Look who else answers on the network (above all a second ProxyDHCP or options 66/67 elsewhere), and let UDP 69 through the firewalls on the way.
doctor-way-loader-failed = { $file } did not reach it: { $why }.
    .why = TFTP answers from a new port for each transfer: firewalls between networks often stop that.
    .next = Let UDP through between machines and server, or use HTTP boot. Check the switch port for errors.
doctor-way-loader-missing = It asked for { $file }, which this server does not have.
    .why = Its DHCP server names a file of another deployment tool (option 67).
    .next = Set option 67 as in the recipes, or remove it and let Socle answer.
doctor-way-no-script = It loaded { $file } and then said nothing more.
    .why = The loader has no driver for its network card, got no address of its own, or HTTP does not come through.
    .next = Let the boot port (TCP 8081) through the firewalls. If others of its model start, look at its cable; if none does, look for a firmware update.
doctor-way-disk = It was sent to its own disk: { $why }.
    .why = So it was decided; nothing is wrong.
    .next = To deploy it: start a run for it in the console, then start it from the network again.
doctor-way-no-environment = It came as far as the boot environment, and there is none to be given.
    .why = The boot environment is missing or is not as it was signed.
    .next = socle bootenv build
doctor-way-cut = It began to load the boot environment and did not finish.
    .why = It was switched off, the line was cut, or its memory is too small.
    .next = Start it again. If it stops at the same place: it needs 1 GiB of memory.
doctor-way-waiting = It has loaded the boot environment; its agent has not spoken yet.
    .why = That takes up to some minutes on slow machines.
    .next = Wait, and look at its screen.
doctor-way-no-agent = It has loaded the boot environment, and its agent never spoke to this server.
    .why = The kernel has no driver for its network card, or the agents' port (TCP 8443) does not come through, or the boot environment knows another address or pin. Its clock does not matter.
    .next = Read its screen. Then look at the finding about the server's identity, and at the firewall for the agents' port.

doctor-recipe-dnsmasq = dnsmasq
    .how = Add to /etc/dnsmasq.conf (or a file in /etc/dnsmasq.d), then: systemctl restart dnsmasq
doctor-recipe-isc = ISC dhcpd
    .how = Add to /etc/dhcp/dhcpd.conf, outside of any subnet, then: systemctl restart isc-dhcp-server
doctor-recipe-kea = Kea
    .how = Add inside "Dhcp4" in kea-dhcp4.conf, then: systemctl restart kea-dhcp4-server
doctor-recipe-windows = Windows Server
    .how = In PowerShell as administrator on the DHCP server. Remove options 60, 66 and 67 of the scope first, if they are set.
doctor-recipe-opnsense = OPNsense
    .how = In the web interface, then Save and Apply. If it serves with dnsmasq or Kea, use that recipe.
doctor-recipe-pfsense = pfSense
    .how = In the web interface, then Save and Apply Changes.

boot-probe-forbidden = The network can't be asked on { $interface } from this account.
    .why = Asking as a machine does needs CAP_NET_RAW, which root and the server's service have. All the rest was looked at.
    .next = Run socle doctor as root, or use the page Diagnosis of the running server.
boot-probe-not-sent = The question could not be asked on { $interface }.
    .why = The system refused to send or receive there.
    .next = Check that the interface is up and has an address, then look again.
server-boot-file-missing = The file { $file } was asked for, which is not served here
