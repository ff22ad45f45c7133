//! Looking into an installed machine, as its administrator would.
use super::Lab;
use crate::command::{command, find, output};
use crate::reference;
use crate::trouble::{Done, During};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The port of SSH.
pub const PORT: u16 = 22;
const KNOCK: Duration = Duration::from_millis(1500);

impl Lab {
    /// The address at which a machine's SSH server answers, if it does.
    pub fn address(&self, index: usize) -> Done<Option<Ipv4Addr>> {
        let mac = self.machines[index].mac();
        let mut known = self.school.as_ref().map(|school| school.addresses_of(&mac)).unwrap_or_default();
        known.extend(self.network.addresses_of(&mac));
        let answers =
            |address: &Ipv4Addr| TcpStream::connect_timeout(&SocketAddr::from((*address, PORT)), KNOCK).is_ok();
        self.network.room.inside(|| known.into_iter().find(answers))
    }

    /// Runs a command on an installed machine; what it prints.
    pub fn on_machine(&self, address: Ipv4Addr, script: &str) -> Done<String> {
        output(&mut self.ssh(address, script)?).during(format!("on the machine at {address}"))
    }

    /// Puts a file on an installed machine.
    pub fn give(&self, address: Ipv4Addr, file: &Path, to: &str) -> Done {
        let mut ssh = self.ssh(address, &format!("cat > '{to}'"))?;
        ssh.stdin(File::open(file).during(format!("reading {}", file.display()))?);
        output(&mut ssh).during(format!("on the machine at {address}")).map(drop)
    }

    fn ssh(&self, address: Ipv4Addr, script: &str) -> Done<Command> {
        let key = reference::private_key_file()?;
        let program = find("ssh").ok_or("there is no ssh here: run `cargo xtask setup --lab`")?;
        let mut ssh = command(
            program,
            ["-q", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "ConnectTimeout=20"],
        );
        ssh.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-i"]).arg(key);
        ssh.arg(format!("root@{address}")).arg(script);
        self.network.room.put_inside(&mut ssh);
        Ok(ssh)
    }
}
