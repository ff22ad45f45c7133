#!/bin/sh
# Tries the package inside a small Debian of its own: see `cargo xtask package --check`. Every line that fails ends it.
set -eu

step() { echo "        · $*"; }
fail() { echo "        ✗ $*" >&2; exit 1; }
# What stands in the tree, but for what dpkg, its triggers and this script keep for themselves.
tree() {
    find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /tmp -o -path /var/lib/dpkg \
        -o -path /var/log -o -path /var/cache \) -prune -o -print | sort
}
# Starts the server under its own account, waits until it serves, and does something with it.
serving() {
    rm -f /tmp/greeting
    setpriv --reuid socle --regid socle --init-groups socle serve --json --data /var/lib/socle --config /etc/socle/socle.toml \
        >/tmp/greeting 2>/tmp/server.log &
    server=$!
    waited=0
    until grep -q console_address /tmp/greeting 2>/dev/null; do
        waited=$((waited + 1))
        [ $waited -lt 300 ] || { cat /tmp/server.log >&2; fail "the server did not start"; }
        sleep 0.2
    done
    "$@" || { cat /tmp/server.log /tmp/asked >&2; fail "$*"; }
    kill -TERM $server
    wait $server || fail "the server did not end well"
}
token() { runuser -u socle -- socle token create --json --name "$1" --data /var/lib/socle | sed 's/.*"token":"\([^"]*\)".*/\1/'; }
status() { SOCLE_TOKEN=$(cat /tmp/token) socle status --json --server http://127.0.0.1:8080 >/tmp/asked 2>&1; }

tree >/tmp/before

step "it installs"
dpkg -i /tmp/first.deb >/tmp/out 2>&1 || { cat /tmp/out >&2; fail "dpkg -i"; }
[ "$(dpkg-query -W -f '${Status}' socle)" = "install ok installed" ] || fail "dpkg does not call it installed"
[ "$(stat -c '%U:%G %a' /var/lib/socle)" = "socle:socle 700" ] || fail "the data folder is $(stat -c '%U:%G %a' /var/lib/socle)"
[ "$(stat -c '%U:%G %a' /etc/socle/socle.toml)" = "root:socle 640" ] || fail "everybody may read the configuration"
socle --version
socle config check /etc/socle/socle.toml >/dev/null
/usr/lib/socle/socle-agent --version >/dev/null 2>&1 || [ -x /usr/lib/socle/socle-agent ] || fail "the agent is not there"
systemd-analyze verify /usr/lib/systemd/system/socle.service 2>/tmp/out || { cat /tmp/out >&2; fail "the unit file"; }
grep -i socle /tmp/out && fail "systemd has something to say about the unit file" || true

step "its server runs under its own account and keeps what it is told"
make_token() { token first >/tmp/token && status; }
serving make_token
[ "$(stat -c '%U' /var/lib/socle/content.pub)" = socle ] || fail "its files belong to somebody else"

step "it upgrades; the administrator's configuration and the data stay"
echo "# edited by the administrator" >>/etc/socle/socle.toml
dpkg -i /tmp/second.deb >/tmp/out 2>&1 </dev/null || { cat /tmp/out >&2; fail "the upgrade"; }
[ "$(dpkg-query -W -f '${Version}' socle)" = "9.9.9-1" ] || fail "the version is $(dpkg-query -W -f '${Version}' socle)"
tail -1 /etc/socle/socle.toml | grep -q "edited by the administrator" || fail "the configuration was replaced"
serving status

step "it is removed; configuration and data stay"
dpkg -r socle >/tmp/out 2>&1 || { cat /tmp/out >&2; fail "dpkg -r"; }
[ -e /usr/bin/socle ] && fail "the program is still there"
[ -e /etc/socle/socle.toml ] || fail "the configuration went with it"
[ -e /var/lib/socle/content.pub ] || fail "the data went with it"

step "it is purged; the data stays and is named"
dpkg -P socle >/tmp/out 2>&1 || { cat /tmp/out >&2; fail "dpkg -P"; }
[ -e /etc/socle ] && fail "/etc/socle is still there"
[ -e /var/lib/socle/content.pub ] || fail "purging destroyed the keys"
grep -q /var/lib/socle /tmp/out || fail "nobody was told that the data stays"

step "it comes back to its data, and goes wholly when that is asked"
dpkg -i /tmp/second.deb >/tmp/out 2>&1 || { cat /tmp/out >&2; fail "installing again"; }
serving status
SOCLE_PURGE_DATA=yes dpkg -P socle >/tmp/out 2>&1 || { cat /tmp/out >&2; fail "the last purge"; }
[ -e /var/lib/socle ] && fail "the data is still there"
getent passwd socle >/dev/null && fail "the account is still there"
tree >/tmp/after
diff /tmp/before /tmp/after >/tmp/out || { cat /tmp/out >&2; fail "something was left behind"; }
