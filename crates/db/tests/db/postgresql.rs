//! A PostgreSQL for one test: its own folder, its own socket, no network, gone afterwards.
use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    is_ours: bool,
}

impl Cluster {
    pub fn start() -> Cluster {
        let bin = bin();
        let folder = std::env::temp_dir().join(format!("socle-pg-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        if is_root() {
            done(Command::new("chown").arg("postgres").arg(&folder));
        }
        let cluster = Cluster { bin, folder, is_ours: true };
        let data = cluster.folder.join("data");
        done(
            cluster
                .command("initdb")
                .args(["--auth=trust", "--username=socle", "--encoding=UTF8", "--locale=C"])
                .arg(&data),
        );
        let options = format!("-c listen_addresses= -k {} -c fsync=off", cluster.folder.display());
        let log = cluster.folder.join("log");
        done(
            cluster
                .command("pg_ctl")
                .arg("start")
                .arg("-w")
                .arg("-D")
                .arg(&data)
                .arg("-l")
                .arg(&log)
                .arg("-o")
                .arg(options),
        );
        cluster
    }

    /// One that another process has started, with its socket in `folder`: that one ends it.
    #[allow(dead_code)] // not every program that shares this file
    pub fn running(folder: &Path) -> Cluster {
        Cluster { bin: bin(), folder: folder.to_path_buf(), is_ours: false }
    }
    /// Where its socket is.
    #[allow(dead_code)] // not every program that shares this file
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a database and answers its address.
    pub fn database(&self, name: &str) -> String {
        done(self.command("createdb").args(["-U", "socle", "-h"]).arg(&self.folder).arg(name));
        format!("postgres://socle@localhost/{name}?host={}&sslmode=disable", self.folder.display())
    }

    /// PostgreSQL refuses to run as root: then its own account runs it.
    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.is_ours {
            return;
        }
        let data = self.folder.join("data");
        let _ = self.command("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(data).output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn bin() -> PathBuf {
    newest_bin().unwrap_or_else(|| {
        panic!("PostgreSQL is missing on this machine: run `cargo xtask setup --postgres`, which installs Debian's")
    })
}

fn newest_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.flatten().map(|v| v.path().join("bin")).filter(|b| b.join("initdb").exists());
    let number = |bin: &PathBuf| bin.parent().and_then(Path::file_name)?.to_str()?.parse::<u32>().ok();
    bins.max_by_key(number)
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

fn done(command: &mut Command) {
    // pg_ctl's server keeps our pipes open: it gets none.
    let out = std::env::temp_dir().join(format!("socle-pg-{}.out", std::process::id()));
    let file = std::fs::File::create(&out).expect("a file");
    let status = command.stdout(file.try_clone().expect("a file")).stderr(file).status();
    let said = std::fs::read_to_string(&out).unwrap_or_default();
    let _ = std::fs::remove_file(&out);
    assert!(status.as_ref().is_ok_and(|s| s.success()), "{command:?}: {status:?}\n{said}");
}
