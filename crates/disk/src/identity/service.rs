//! The agent in the installed system, which says at its first start what the machine has become, and then that it lives.
use super::{Change, Tree, WriteAs, ssh::has_systemd};
use socle_texts::Result;

const AGENT: &str = "/usr/local/lib/socle/socle-agent";
const CONFIG: &str = "/etc/socle/agent.json";
const UNIT_FILE: &str = "/etc/systemd/system/socle-report.service";
const UNIT: &str = "\
[Unit]
Description=Socle: says what this machine has become, and that it lives
Wants=network-online.target
After=network-online.target socle-ssh-keys.service ssh.service local-fs.target
ConditionPathExists=/usr/local/lib/socle/socle-agent

[Service]
Type=exec
ExecStart=/usr/local/lib/socle/socle-agent stay
Restart=on-failure
RestartSec=10
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
";
const SCRIPT: &str = "\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          socle-report
# Required-Start:    $local_fs $network
# Required-Stop:
# Should-Start:      socle-ssh-keys ssh
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: says what this machine has become, and that it lives
### END INIT INFO
[ \"$1\" = start ] || exit 0
/usr/local/lib/socle/socle-agent stay >/var/log/socle-report.log 2>&1 &
";

/// What the installed system receives.
#[derive(Debug)]
pub struct AgentFiles<'a> {
    /// The static binary.
    pub binary: &'a [u8],
    /// Its configuration: the server's address and the pin of its key. No secret.
    pub config: &'a [u8],
}

/// Puts the agent, its configuration and the service in place.
pub fn install_report(root: &Tree, files: &AgentFiles<'_>) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut put = |file: &str, bytes: &[u8], mode: u32| -> Result<()> {
        if root.read(file)?.as_deref() != Some(bytes) {
            root.write(file, bytes, WriteAs { mode, force_mode: true })?;
            changes.push(Change::new(file, "", "present"));
        }
        Ok(())
    };
    put(AGENT, files.binary, 0o755)?;
    put(CONFIG, files.config, 0o644)?;
    if has_systemd(root) {
        put(UNIT_FILE, UNIT.as_bytes(), 0o644)?;
        root.link("/etc/systemd/system/multi-user.target.wants/socle-report.service", UNIT_FILE)?;
    } else {
        put("/etc/init.d/socle-report", SCRIPT.as_bytes(), 0o755)?;
        for level in 2..=5 {
            root.link(&format!("/etc/rc{level}.d/S05socle-report"), "../init.d/socle-report")?;
        }
    }
    Ok(changes)
}
