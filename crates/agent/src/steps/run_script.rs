//! `run-script`: a script, with the installed system as its root or in the boot environment.
//!
//! The script that runs is the very text that the content key signed: it is no template, because a value put into a
//! shell's text could become a command, and values come from the server alone. They come as environment variables:
//! `SOCLE_TARGET`, and `SOCLE_OPTION_NAME` for each option; of the secrets those that the script's own text names.
use super::{Done, Work, system::System};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, unmount};
use socle_disk::identity::WriteAs;
use socle_domain::sequence::Place;
use socle_texts::{Fault, Result};
use socle_wire::agent::Where;
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::Ordering,
    thread::sleep,
    time::Duration,
};

const SCRIPT: &str = "/run/socle-script";
/// How much of what a script said is shown on the screen.
const SHOWN_BYTES: u64 = 4096;

/// Runs it until it ends or its time is up. What it says is shown on the screen and never enters the journal: nobody
/// can know whose names are in it.
///
/// # Errors
/// `agent-script-failed` (with `code`), `agent-script-unstarted`, `agent-cancelled`.
pub fn perform(work: &mut Work<'_, '_>, script: &str, interpreter: &str, place: Place) -> Result<Done> {
    let variables = work.environment(script)?;
    let in_chroot = place == Place::Installed && work.world.place == Where::Boot;
    if !in_chroot {
        let path = work.world.scratch("script");
        fs::create_dir_all(&work.world.scratch)
            .and_then(|()| fs::write(&path, script))
            .map_err(|e| Fault::new("texts-file-unwritable").with("path", &path).because(e))?;
        let answer = run(work, interpreter, &path, None, variables);
        let _ = fs::remove_file(&path);
        return answer;
    }
    let system = System::mount(work)?;
    system.files.write(SCRIPT, script.as_bytes(), WriteAs { mode: 0o700, force_mode: true })?;
    let root = system.files.folder().to_path_buf();
    let bound = Bound::new(&root);
    let answer = run(work, interpreter, Path::new(SCRIPT), Some(&root), variables);
    drop(bound);
    let removed = system.files.remove(SCRIPT);
    system.close()?;
    removed?;
    answer
}

fn run(
    work: &Work<'_, '_>,
    interpreter: &str,
    script: &Path,
    root: Option<&Path>,
    variables: Vec<(String, String)>,
) -> Result<Done> {
    let unstarted =
        |e: &dyn std::fmt::Display| Fault::new("agent-script-unstarted").with("interpreter", interpreter).because(e);
    let said = work.world.scratch("said");
    let mut output = fs::create_dir_all(&work.world.scratch)
        .and_then(|()| File::options().read(true).write(true).create(true).truncate(true).open(&said))
        .map_err(|e| unstarted(&e))?;
    let clone = |file: &File| file.try_clone().map_err(|e| unstarted(&e));
    let mut command = Command::new(interpreter);
    command.arg(script).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
    command.env("SOCLE_TARGET", &work.journal.spec.target.name).env("DEBIAN_FRONTEND", "noninteractive");
    command.envs(variables);
    command.stdin(Stdio::null()).stdout(clone(&output)?).stderr(clone(&output)?).process_group(0);
    if let Some(root) = root {
        let root = root.to_path_buf();
        // SAFETY: between fork and exec only two system calls are made, on a path that was allocated before.
        unsafe {
            command.pre_exec(move || {
                rustix::process::chroot(&root)?;
                Ok(rustix::process::chdir("/")?)
            });
        }
    }
    let mut child = command.spawn().map_err(|e| unstarted(&e))?;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(e) => return Err(unstarted(&e)),
        }
        if work.ears.stop.load(Ordering::Relaxed) {
            // SAFETY: the group is the one that the child was made leader of, and the child is not buried yet.
            unsafe { libc::kill(-(child.id() as i32), libc::SIGKILL) };
            let _ = child.wait();
            return Err(Fault::new("agent-cancelled"));
        }
        sleep(Duration::from_millis(50));
    };
    show(work, &mut output);
    let code = status.code().unwrap_or(-1);
    if !work.step.accept_exit.contains(&code) {
        return Err(Fault::new("agent-script-failed").with("code", code.to_string()));
    }
    Ok(Done::default().with("exit", code))
}

fn show(work: &Work<'_, '_>, output: &mut File) {
    let len = output.metadata().map_or(0, |m| m.len());
    let mut text = Vec::new();
    let _ = output.seek(SeekFrom::Start(len.saturating_sub(SHOWN_BYTES)));
    let _ = output.take(SHOWN_BYTES).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    for line in lines.iter().skip(lines.len().saturating_sub(5)) {
        work.world.screen.event("agent-script-said", &[("line", (*line).into())]);
    }
}

/// The kernel's own filesystems inside the system's root, for as long as this lives.
struct Bound(Vec<std::path::PathBuf>);

impl Bound {
    fn new(root: &Path) -> Self {
        let mut done = Vec::new();
        for (source, at, kind) in [("proc", "proc", "proc"), ("sysfs", "sys", "sysfs")] {
            let at = root.join(at);
            if mount(source, &at, kind, MountFlags::NOSUID, c"").is_ok() {
                done.push(at);
            }
        }
        let dev = root.join("dev");
        if mount_bind("/dev", &dev).is_ok() {
            done.push(dev);
        }
        Bound(done)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        for at in self.0.iter().rev() {
            let _ = unmount(at, UnmountFlags::DETACH);
        }
    }
}
