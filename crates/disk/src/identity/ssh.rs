//! SSH host keys: those of the image go, the machine makes its own at its first start.
//!
//! They are made on the installed system by its own ssh-keygen, so that they have the types and the form that this
//! version of OpenSSH wants, and so that nobody but the machine ever held them.
use super::{Change, Tree, WriteAs};
use socle_texts::Result;

const UNIT: &str = "\
[Unit]
Description=Socle: new SSH host keys for this machine
Before=ssh.service sshd.service
ConditionPathExists=/usr/bin/ssh-keygen
ConditionPathExists=!/etc/ssh/.socle-keys-made

[Service]
Type=oneshot
# A power cut at the first start may leave empty files: they are made again until all have been made once.
ExecStart=/bin/sh -c 'cd /etc/ssh && for k in ssh_host_*_key; do [ -s \"$k\" ] && [ -s \"$k.pub\" ] || rm -f \"$k\" \"$k.pub\"; done; ssh-keygen -A && sync && touch .socle-keys-made'

[Install]
WantedBy=multi-user.target
";
const UNIT_FILE: &str = "/etc/systemd/system/socle-ssh-keys.service";
const WANTED: &str = "/etc/systemd/system/multi-user.target.wants/socle-ssh-keys.service";

const SCRIPT: &str = "\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          socle-ssh-keys
# Required-Start:    $local_fs
# Required-Stop:
# X-Start-Before:    ssh
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: new SSH host keys for this machine
### END INIT INFO
[ \"$1\" = start ] || exit 0
cd /etc/ssh || exit 0
[ -e .socle-keys-made ] && exit 0
for k in ssh_host_*_key; do [ -s \"$k\" ] && [ -s \"$k.pub\" ] || rm -f \"$k\" \"$k.pub\"; done
ssh-keygen -A && sync && touch .socle-keys-made
";

/// Whether the system is started by systemd.
pub(super) fn has_systemd(root: &Tree) -> bool {
    root.exists("/lib/systemd/systemd") || root.exists("/usr/lib/systemd/systemd")
}

/// Removes the image's SSH host keys and has new ones made before the SSH server starts. Keys that the machine made
/// itself (the unit is in place already) stay.
pub fn renew_ssh_keys(root: &Tree) -> Result<Vec<Change>> {
    if !root.exists("/etc/ssh") || root.exists(UNIT_FILE) || root.exists("/etc/init.d/socle-ssh-keys") {
        return Ok(Vec::new());
    }
    let mut changes = Vec::new();
    for name in root.names("/etc/ssh").iter().filter(|n| n.starts_with("ssh_host_")) {
        let file = format!("/etc/ssh/{name}");
        root.remove(&file)?;
        changes.push(Change::new(file, "present", ""));
    }
    root.remove("/etc/ssh/.socle-keys-made")?;
    // The unit comes last: it is what says that the keys of the image are gone.
    if has_systemd(root) {
        root.link(WANTED, UNIT_FILE)?;
        root.write(UNIT_FILE, UNIT.as_bytes(), WriteAs::default())?;
        changes.push(Change::new(UNIT_FILE, "", "present"));
    } else {
        for level in 2..=5 {
            root.link(&format!("/etc/rc{level}.d/S01socle-ssh-keys"), "../init.d/socle-ssh-keys")?;
        }
        let how = WriteAs { mode: 0o755, force_mode: true };
        root.write("/etc/init.d/socle-ssh-keys", SCRIPT.as_bytes(), how)?;
        changes.push(Change::new("/etc/init.d/socle-ssh-keys", "", "present"));
    }
    Ok(changes)
}
