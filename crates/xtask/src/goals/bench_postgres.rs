//! A PostgreSQL for one measurement, or for one run of the tests: Debian's, with a folder and a socket of its own, no
//! network, gone afterwards.
use crate::command::{command, output};
use crate::places;
use crate::setup::machine::is_root;
use crate::trouble::{Done, During};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// It stops with its value.
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    /// Starts it, as Debian configures it: every commit on the disk.
    pub fn start() -> Done<Cluster> {
        Self::started("-c shared_buffers=512MB")
    }
    /// Starts one for tests: nothing of it outlives them, so nothing waits for the disk.
    pub fn for_tests() -> Done<Cluster> {
        Self::started("-c fsync=off -c max_connections=300")
    }
    /// Where its socket is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn started(wish: &str) -> Done<Cluster> {
        let Some(bin) = newest_bin() else {
            return Err("PostgreSQL is missing: run `cargo xtask setup --postgres`".into());
        };
        // Its own account must come through to it: not below a folder of ours.
        let folder = places::folder(std::env::temp_dir().join(format!("socle-bench-pg-{}", std::process::id())))?;
        let cluster = Cluster { bin, folder };
        if is_root() {
            output(command("chown", ["postgres"]).arg(&cluster.folder))?;
        }
        let data = cluster.folder.join("data");
        let options = ["--auth=trust", "--username=socle", "--encoding=UTF8", "--locale=C"];
        output(cluster.tool("initdb").args(options).arg(&data))?;
        let options = format!("-c listen_addresses= -k {} {wish}", cluster.folder.display());
        let mut start = cluster.tool("pg_ctl");
        start.args(["start", "-w", "-D"]).arg(&data).arg("-l").arg(cluster.folder.join("log")).arg("-o").arg(options);
        // Its server keeps what it is given open: it gets nothing.
        let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        match status.during("starting PostgreSQL")?.success() {
            true => Ok(cluster),
            false => Err(format!("PostgreSQL did not start: see {}/log", cluster.folder.display()).into()),
        }
    }

    /// Makes a database and answers its address.
    pub fn database(&self, name: &str) -> Done<String> {
        output(self.tool("createdb").args(["-U", "socle", "-h"]).arg(&self.folder).arg(name))?;
        Ok(format!("postgres://socle@localhost/{name}?host={}&sslmode=disable", self.folder.display()))
    }

    fn tool(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut tool = match is_root() {
            true => {
                let mut tool = command("runuser", ["-u", "postgres", "--"]);
                tool.arg(program);
                tool
            }
            false => Command::new(program),
        };
        tool.current_dir(&self.folder);
        tool
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let _ = self.tool("pg_ctl").args(["stop", "-m", "fast", "-D"]).arg(data).output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn newest_bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.flatten().map(|v| v.path().join("bin")).filter(|b| b.join("initdb").exists());
    let number = |bin: &PathBuf| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok();
    bins.max_by_key(number)
}
