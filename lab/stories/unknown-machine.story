# A machine that nobody knows gets nothing until somebody, or a rule, recognises it

include captured
machine alpha disk=2G
machine beta disk=2G
machine gamma disk=2G
remember alpha disk
remember beta disk

# alpha waits; nothing can be started on it, nothing is written.
boot alpha
wait alpha to-recognise
pause 10s
untouched alpha
socle run start --machine alpha --master debian fails=yes

# beta is refused, and goes back to its own disk.
boot beta
wait beta to-recognise
refuse beta
wait beta refused
untouched beta
cut beta

# gamma is recognised by a rule about what it says of itself; alpha, of which the rule does not speak, goes on waiting.
socle rule add lab --when "facts.serial == 'LAB-0004'" --pattern "lab-{nn}"
boot gamma
wait gamma known
untouched alpha
cut gamma

# A person recognises alpha at last.
accept alpha as pc-1
start debian on alpha
wait alpha completed within=420s
verify alpha
expect alpha "hostname" says="pc-1"
