# The Debian package under a real systemd: the server starts with the machine, within its restrictions, and comes back after kill -9

school gives-addresses
machine house from=reference memory=1G first=disk
boot house
expect house "systemctl is-system-running --wait" says="running"
give-package house as="/root/socle.deb"
expect house "dpkg -i /root/socle.deb 2>&1 && systemctl is-enabled socle || true" says="systemctl enable --now socle"
expect house "card=$(ip -o -4 addr show scope global | head -1 | awk '{print $2}'); printf %s\\n [boot] mode=\'proxy\' interface=\'$card\' >> /etc/socle/socle.toml && socle config check /etc/socle/socle.toml > /dev/null && echo good" says="good"

# Type=notify: `start` ends when the server says that it serves.
expect house "systemctl enable --now socle 2>&1; systemctl is-active socle; systemctl show -p Type -p StatusText -p User socle" says="Type=notify"
expect house "systemctl is-active socle" says="active"
expect house "ss -Hlun | awk '{print $4}' | grep -c -e ':69$' -e ':4011$' -e ':67$'" says="3"
expect house "ss -Hltn | awk '{print $4}' | grep -c -e ':8080$' -e ':8443$' -e ':8081$'" says="3"
expect house "grep -c . /proc/$(systemctl show -p MainPID --value socle)/status > /dev/null && grep CapEff /proc/$(systemctl show -p MainPID --value socle)/status" says="0000000000002400"
expect house "systemd-analyze security --no-pager socle | tail -1" says="OK"

# An administrator's command under the service's account, and a question with what it gave.
expect house "runuser -u socle -- socle token create --json --name lab --data /var/lib/socle | tr -d '\042' | sed -e 's/.*token://' -e 's/[,}].*//' > /root/token; SOCLE_TOKEN=$(cat /root/token) socle status --json --server http://127.0.0.1:8080" says="version"

# kill -9: systemd starts it again, and what it was told stands.
expect house "systemctl kill -s KILL socle; for i in $(seq 120); do sleep 1; systemctl is-active -q socle && break; done; systemctl show -p NRestarts socle" says="NRestarts=1"
expect house "SOCLE_TOKEN=$(cat /root/token) socle status --json --server http://127.0.0.1:8080" says="version"

# It ends when it is told to, and well.
expect house "systemctl stop socle; systemctl show -p Result -p ExecMainStatus socle | tr '\n' ' '" says="Result=success ExecMainStatus=0"
expect house "systemctl start socle; journalctl -u socle --no-pager -o cat | grep -c -i 'permission denied' || true" says="0"

# Power is cut: after the start of the machine it serves again.
expect house "sync && echo kept" says="kept"
cut house
boot house
expect house "systemctl is-system-running --wait; for i in $(seq 60); do systemctl is-active -q socle && break; sleep 1; done; systemctl is-active socle" says="active"
expect house "SOCLE_TOKEN=$(cat /root/token) socle status --json --server http://127.0.0.1:8080" says="version"

# Removed: the service is gone, the data stays.
expect house "dpkg -r socle > /dev/null 2>&1; systemctl is-active socle || true; test -d /var/lib/socle && echo kept" says="kept"
