# A technician sets a machine up where it stands: code, name, room, seat, master, and what the master asks

include captured
master asks from=debian-wizard.toml image=system

machine alpha disk=2G bus=nvme
boot alpha
wait alpha to-recognise within=180s

# A code that nobody made opens nothing, and says nothing. The keyboard is a French one: where digits are asked, its first
# row gives them without shift.
press alpha enter
see alpha "Se connecter"
type alpha "00000000"
press alpha enter enter
see alpha "server-wizard-code-wrong"

# The code that the console made for one machine does.
type-code alpha
press alpha enter enter
see alpha "Nom et master"

# The letters are where a French person looks for them.
repeat 30
press alpha backspace
end
type alpha "salle12-poste-07" keyboard=fr
press alpha enter
repeat 4
press alpha backspace
end
type alpha "Rang 2, n° 7" keyboard=fr
press alpha enter down home
type alpha "asks" keyboard=fr
picture alpha
press alpha enter enter
see alpha "Ce que le master demande ici"

# In English from here on, on an American keyboard: the printer is chosen, the number is out of its range, then right.
press alpha f2 f3 down enter backspace
type alpha "99"
press alpha enter
picture alpha
press alpha backspace backspace
type alpha "24"
press alpha enter space enter
# A word with accents, on the French keyboard again.
press alpha f3
type alpha "Bienvenue à l'école" keyboard=fr
press alpha enter enter
see alpha "Is this right"
picture alpha
press alpha enter
see alpha "On the screen: Done"
press alpha enter

take-up alpha
wait alpha completed within=600s
verify alpha
answered alpha name says="salle12-poste-07"
answered alpha seat says="Rang 2, n° 7"
answered alpha printer says="room"
answered alpha places says="24"
answered alpha exam says="true"

# The installed system is what was typed.
expect alpha "hostname" says="salle12-poste-07"
expect alpha "cat /etc/socle-answers" says="printer=room places=24 exam=true"
expect alpha "cat /etc/motd" says="Bienvenue à l'école - salle12-poste-07"
expect alpha "tell-home | cmp - /var/lib/reference/home && echo same" says="same"
