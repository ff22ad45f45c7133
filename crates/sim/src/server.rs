//! The real server, as a process of its own: started, asked what it costs, killed.
use crate::{Done, During, fleet::Fleet};
use serde_json::Value;
use socle_domain::{Digest, sign::PublicKey};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Where the program and its data are, and what it is told.
#[derive(Debug, Clone)]
pub struct Place {
    /// The administrator's program.
    pub program: PathBuf,
    /// An empty folder, or one that was served before.
    pub folder: PathBuf,
    /// The database, where it is not SQLite.
    pub database: Option<String>,
    /// The processor it runs on, alone; none: any.
    pub core: Option<usize>,
}

impl Place {
    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.join("socle.toml")
    }
    /// Writes the configuration: free ports of the loopback, the same at each start.
    pub fn configure(&self) -> Done {
        fs::create_dir_all(&self.folder).during("making the folder")?;
        if self.config().exists() {
            return Ok(());
        }
        let free = || -> Done<SocketAddr> {
            let listener = TcpListener::bind("127.0.0.1:0").during("finding a port")?;
            listener.local_addr().during("finding a port")
        };
        let mut text = format!(
            "[console]\nlisten = \"{}\"\n[agents]\nlisten = \"{}\"\n[boot]\nlisten = \"{}\"\n",
            free()?,
            free()?,
            free()?
        );
        if let Some(url) = &self.database {
            text.push_str(&format!("[database]\nurl = \"{url}\"\n"));
        }
        fs::write(self.config(), text).during("writing the configuration")
    }
}

/// A server that runs. It ends with its value.
pub struct Server {
    child: Child,
    /// Where agents reach it.
    pub agents: SocketAddr,
    /// Where people and programs reach it.
    pub console: SocketAddr,
    /// Its pin.
    pub pin: Digest,
    /// The content key.
    pub content: PublicKey,
}

impl Server {
    /// Starts it, and waits until its ports are taken.
    pub fn start(place: &Place) -> Done<Server> {
        place.configure()?;
        let log = fs::File::options().create(true).append(true).open(place.folder.join("server.log"));
        let mut command = match place.core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(&place.program);
                command
            }
            None => Command::new(&place.program),
        };
        command.args(["serve", "--json", "--data"]).arg(place.data()).arg("--config").arg(place.config());
        command.env("RUST_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(log.during("opening the server's log")?);
        let mut child = command.spawn().during(format!("starting {}", place.program.display()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line).during("reading what the server says")?;
        }
        let said: Value = serde_json::from_str(&line).map_err(|e| {
            let _ = child.kill();
            let log = fs::read_to_string(place.folder.join("server.log")).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(5).collect();
            format!("the server did not start ({e}); its log ends, last line first:\n{}", last.join("\n"))
        })?;
        let text = |key: &str| said[key].as_str().unwrap_or_default();
        Ok(Server {
            agents: text("agents").parse().during("reading where agents are answered")?,
            console: text("console_address").parse().during("reading where people are answered")?,
            pin: text("pin").parse().during("reading the pin")?,
            content: text("content_key").parse().during("reading the content key")?,
            child,
        })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
    /// Ends it as a power cut does: nothing of its own is asked or waited for.
    pub fn kill(mut self) -> Done {
        self.child.kill().during("killing the server")?;
        self.child.wait().during("waiting for the killed server").map(drop)
    }
    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> Done {
        // SAFETY: the process is our own child and was not waited for yet.
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        self.child.wait().during("waiting for the server").map(drop)
    }

    /// Seconds of processor that it has had (proc_pid_stat(5), utime and stime).
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        // SAFETY: a constant of the system is asked.
        let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
        (ticks(11) + ticks(12)) / per_second
    }
    /// The most memory that it has had (proc_pid_status(5), VmHWM).
    pub fn peak_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of this run, gone with its value unless it shall be kept.
pub struct Folder {
    /// Where.
    pub path: PathBuf,
    keep: bool,
}

impl Folder {
    /// A new one below `parent`.
    pub fn new(parent: &Path, keep: bool) -> Done<Folder> {
        let path = parent.join(format!("simulated-{}", std::process::id()));
        fs::create_dir_all(&path).during(format!("making {}", path.display()))?;
        Ok(Folder { path, keep })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// As many open connections as the system allows to this process and to those that it starts: who is root may allow himself
/// as many as the kernel knows.
pub fn open_files(fleet: &Fleet) -> Done<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let wished = u64::from(fleet.machines) + 1_000;
    // SAFETY: the structures are alive for all calls.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) != 0 {
            return Err(std::io::Error::last_os_error()).during("asking how many files may be open");
        }
        let wished = wished.max(limit.rlim_cur);
        let raised = libc::rlimit { rlim_cur: wished, rlim_max: wished.max(limit.rlim_max) };
        if libc::setrlimit(libc::RLIMIT_NOFILE, &raised) == 0 {
            return Ok(wished);
        }
        limit.rlim_cur = limit.rlim_max.min(wished).max(limit.rlim_cur);
        if libc::setrlimit(libc::RLIMIT_NOFILE, &limit) != 0 {
            return Err(std::io::Error::last_os_error()).during("raising how many files may be open");
        }
    }
    Ok(limit.rlim_cur)
}
