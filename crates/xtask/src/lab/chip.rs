//! A machine's security chip (TPM 2.0): swtpm, its state among the machine's lasting parts.
use super::process::Process;
use super::signals::wait_for;
use crate::places;
use crate::setup::tpm;
use crate::stop;
use crate::trouble::Done;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Switches it on with its machine; it ends when the machine does.
pub fn start(folder: &Path, socket: &Path) -> Done<Process> {
    tpm::provide()?;
    let state = places::folder(folder.join("tpm"))?;
    let _ = fs::remove_file(socket);
    let mut command = tpm::swtpm();
    command.args(["socket", "--tpm2", "--terminate", "--tpmstate", &format!("dir={}", state.display())]);
    command.args(["--ctrl", &format!("type=unixio,path={}", socket.display())]);
    let mut process = Process::start("the security chip", &mut command, &folder.join("tpm.log"))?;
    match wait_for(Duration::from_secs(20), || {
        process.must_run()?;
        Ok(socket.exists().then_some(()))
    })? {
        Some(()) => Ok(process),
        None => stop!("the security chip does not come: see {}", folder.join("tpm.log").display()),
    }
}

/// The emulator's arguments: option and value.
pub fn arguments(socket: &Path) -> [(&'static str, String); 3] {
    [
        ("chardev", format!("socket,id=chip,path={}", socket.display())),
        ("tpmdev", "emulator,id=tpm0,chardev=chip".into()),
        ("device", "tpm-crb,tpmdev=tpm0".into()),
    ]
}
