//! Throw-away mail servers on loopback ports: Dovecot as installed, Cyrus as unpacked by the set-up. No service of the
//! machine is touched, and each ends with its test.
use std::os::unix::process::CommandExt;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub const MISSING: &str = "the mail servers of these tests are not here: run `cargo xtask setup --mail`";

/// A running server.
pub struct Peer {
    pub port: u16,
    _folder: tempfile::TempDir,
    child: Child,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a Dovecot keeps its mail.
#[derive(Clone, Copy)]
pub enum Format {
    /// One file a message, `/` between levels.
    Maildir,
    /// Dovecot's own, `.` between levels.
    Sdbox,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait(port: u16, log: &Path) {
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "no server on {port}: {}", fs::read_to_string(log).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

/// A Dovecot. Every user has the password `pass`; the administrator `master` opens any mailbox.
pub fn dovecot(format: Format, more: &str) -> Peer {
    let program = Path::new("/usr/sbin/dovecot");
    assert!(program.exists(), "{MISSING}");
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display();
    open_to_all(folder.path());
    for name in ["run", "mail"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        open_to_all(&folder.path().join(name));
    }
    let port = free_port();
    let (location, separator) = match format {
        Format::Maildir => (format!("maildir:{at}/mail/%u:LAYOUT=fs"), "/"),
        Format::Sdbox => (format!("sdbox:{at}/mail/%u"), "."),
    };
    let config = format!(
        "base_dir = {at}/run
state_dir = {at}/run
log_path = {at}/log
protocols = imap
ssl = no
listen = 127.0.0.1
disable_plaintext_auth = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = {location}
mail_max_userip_connections = 1000
mail_fsync = never
first_valid_uid = 1
passdb {{
  driver = static
  args = password=pass
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={at}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  chroot =
  process_min_avail = 1
}}
{more}
"
    );
    fs::write(folder.path().join("dovecot.conf"), config).unwrap();
    let log = folder.path().join("log");
    let child = Command::new(program)
        .args(["-F", "-c"])
        .arg(folder.path().join("dovecot.conf"))
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    wait(port, &log);
    Peer { port, _folder: folder, child }
}

fn unpacked(package: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cache = std::env::var_os("SOCLE_CACHE").map_or_else(|| root.join("target/lab"), |f| root.join(f));
    let place = cache.join("debian").join(package);
    assert!(place.exists(), "{MISSING}");
    place.canonicalize().unwrap()
}

/// A Cyrus whose folders begin with `INBOX.` and have `.` between levels, with these users.
pub fn cyrus(users: &[&str]) -> Peer {
    let (place, sasl) = (unpacked("cyrus-imapd"), unpacked("sasl2-bin"));
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    let bin = place.join("usr/lib/cyrus/bin").display().to_string();
    let libraries: Vec<_> = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib"]
        .map(|l| place.join(l).display().to_string())
        .into();
    let libraries = libraries.join(":");
    for name in ["conf", "spool", "conf/db", "conf/proc", "conf/socket", "conf/lock"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let port = free_port();
    fs::write(
        folder.path().join("imapd.conf"),
        format!(
            "configdirectory: {at}/conf
partition-default: {at}/spool
defaultpartition: default
admins: admin
allowplaintext: yes
servername: cyrus.test
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {at}/sasldb2
altnamespace: no
unixhierarchysep: no
cyrus_user: nobody
cyrus_group: nogroup
"
        ),
    )
    .unwrap();
    fs::write(
        folder.path().join("cyrus.conf"),
        format!(
            "START {{
  recover cmd=\"{bin}/ctl_cyrusdb -C {at}/imapd.conf -r\"
}}
SERVICES {{
  imap cmd=\"{bin}/imapd -C {at}/imapd.conf\" listen=\"127.0.0.1:{port}\" proto=\"tcp4\" prefork=0
}}
EVENTS {{
}}
"
        ),
    )
    .unwrap();
    for user in users.iter().chain(&["admin"]) {
        let mut child = Command::new(sasl.join("usr/sbin/saslpasswd2"))
            .env("LD_LIBRARY_PATH", &libraries)
            .args(["-c", "-p", "-f", &format!("{at}/sasldb2"), "-u", "cyrus.test", user])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        use std::io::Write;
        child.stdin.take().unwrap().write_all(b"pass").unwrap();
        assert!(child.wait().unwrap().success());
    }
    assert!(Command::new("chown").args(["-R", "nobody:nogroup", &at]).status().unwrap().success());
    open_to_all(folder.path());
    // It closes every descriptor that could be open: with a high limit that takes minutes.
    let line = format!("ulimit -n 1024; exec {bin}/master -C {at}/imapd.conf -M {at}/cyrus.conf -p {at}/master.pid -D");
    // A Cyrus that ends ends its whole process group: it gets one of its own.
    let child = Command::new("sh")
        .process_group(0)
        .args(["-c", &line])
        .env("LD_LIBRARY_PATH", &libraries)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait(port, &folder.path().join("log"));
    Peer { port, _folder: folder, child }
}
