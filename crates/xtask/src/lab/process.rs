//! A program that runs beside us, with its output in a file.
use super::signals::wait_for;
use crate::command::{describe, tail};
use crate::trouble::{Done, During};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a program may take to end in good order: longer than the server lets its last connections take.
const PATIENCE: Duration = Duration::from_secs(25);

/// A running program; it is killed when dropped.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    cpu_seconds_at_end: f64,
}

impl Process {
    /// Starts it, both outputs appended to `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Done<Process> {
        let act = || format!("opening {}", log.display());
        let out = File::options().create(true).append(true).open(log).during(act())?;
        let err = out.try_clone().during(act())?;
        let shown = describe(command);
        let child =
            command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().during(format!("starting `{shown}`"))?;
        Ok(Process { name: name.to_string(), child, log: log.to_path_buf(), cpu_seconds_at_end: 0.0 })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        // A process that has ended can be asked for its time only until it is waited for.
        self.cpu_seconds_at_end = self.cpu_seconds();
        self.child.try_wait().ok().flatten()
    }

    /// Fails, with its last words, when it is not running any more.
    pub fn must_run(&mut self) -> Done {
        match self.ended() {
            None => Ok(()),
            Some(status) => Err(format!("{} ended by itself ({status}):\n{}", self.name, self.last_words(15)).into()),
        }
    }

    /// Like a power cut or a crash: it gets no chance to tidy up.
    pub fn kill(&mut self) -> Done {
        if self.ended().is_none() {
            self.child.kill().during(format!("killing {}", self.name))?;
        }
        self.child.wait().during(format!("waiting for {}", self.name)).map(drop)
    }

    /// Asks it to end, and says how it did.
    pub fn stop(&mut self) -> Done<ExitStatus> {
        if let Some(status) = self.ended() {
            return Ok(status);
        }
        // SAFETY: the child has not been waited for, so the number is still its own.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGTERM) };
        match wait_for(PATIENCE, || Ok(self.ended()))? {
            Some(status) => Ok(status),
            None => {
                self.kill()?;
                Err(format!(
                    "{} did not end within {} s of being asked to; it was killed.",
                    self.name,
                    PATIENCE.as_secs()
                )
                .into())
            }
        }
    }

    /// The last lines of its log.
    pub fn last_words(&self, lines: usize) -> String {
        tail(&fs::read_to_string(&self.log).unwrap_or_default(), lines)
    }

    /// Processor seconds used so far: unlike the clock on the wall, the same on a busy host.
    pub fn cpu_seconds(&self) -> f64 {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.pid())) else { return self.cpu_seconds_at_end };
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        // SAFETY: sysconf has no precondition.
        let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as f64;
        (ticks(11) + ticks(12)) / per_second
    }

    /// The most memory that it ever had, in bytes.
    pub fn peak_memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
