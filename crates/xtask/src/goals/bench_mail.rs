//! A mailbox moved by Socle and by mbsync, between the same two Dovecots, in the same run.
use super::bench::Figure;
use super::build::cargo;
use super::measure::{Cost, cost, median};
use crate::command::{command, quiet, visible};
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TIMES: usize = 3;
const MESSAGES: usize = 1000;
const FOLDERS: usize = 24;
const PEER: &str = "mbsync";

/// Moves a mailbox of a thousand messages, and moves it again with nothing new.
pub fn mail() -> Done<Vec<Figure>> {
    say("+", "Building socle optimised, as it is used.");
    visible(&mut cargo(["build", "-p", "socle", "--release"]))?;
    let work = places::folder(places::cache().join(format!("bench-mail-{}", std::process::id())))?;
    let figures = all(&work);
    fs::remove_dir_all(&work).during("removing the bench's files")?;
    figures
}

fn all(work: &Path) -> Done<Vec<Figure>> {
    let source = Server::start(&work.join("source"), "maildir", "/")?;
    let bytes = fill(&source.mail())?;
    let target = Server::start(&work.join("target"), "sdbox", ".")?;
    say(
        "+",
        &format!("Moving {MESSAGES} messages, {:.0} MiB, in {FOLDERS} folders; each way {TIMES} times.", mib(bytes)),
    );
    let socle = measured(work, &target, &|| socle(work, &source, &target))?;
    let mbsync = measured(work, &target, &|| mbsync(work, &source, &target))?;
    let mut figures = Vec::new();
    for (act, mine, theirs) in [("first pass", socle.0, mbsync.0), ("nothing new", socle.1, mbsync.1)] {
        let mut add = |name: &str, unit, value, peer_value| {
            let name = format!("mail: {act}, {name}");
            figures.push(Figure { name, value, unit, peer: Some(PEER.into()), peer_value: Some(peer_value) });
        };
        add("wall", "s", mine.wall_seconds, theirs.wall_seconds);
        add("processor", "s", mine.cpu_seconds, theirs.cpu_seconds);
        add("peak memory", "MiB", mib(mine.peak_bytes), mib(theirs.peak_bytes));
    }
    Ok(figures)
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// The cost of a first pass into nothing, and of a second with nothing new.
fn measured(work: &Path, target: &Server, act: &dyn Fn() -> Done<Command>) -> Done<(Cost, Cost)> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        for old in [target.mail(), work.join("state"), work.join("sync")] {
            if old.exists() {
                fs::remove_dir_all(&old).during("emptying the target")?;
            }
        }
        open(&places::folder(target.mail())?)?;
        places::folder(work.join("sync"))?;
        first.push(cost(&mut act()?)?);
        second.push(cost(&mut act()?)?);
    }
    Ok((median(first)?, median(second)?))
}

fn socle(work: &Path, source: &Server, target: &Server) -> Done<Command> {
    let server = |word: &str, port| {
        format!("[{word}]\nname = \"{word}\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n")
    };
    let (config, list) = (work.join("mail.toml"), work.join("list.csv"));
    places::write(&config, &(server("source", source.port) + &server("target", target.port)))?;
    places::write(&list, "id,source_user,source_secret,target_user,target_secret\nperf,perf,pass,perf,pass\n")?;
    fs::set_permissions(&list, fs::Permissions::from_mode(0o600)).during("closing the list")?;
    let mut command = command(places::target().join("release/socle"), ["mail", "copy", "--json"]);
    command.arg("--config").arg(config).arg("--mailboxes").arg(list).arg("--state").arg(work.join("state"));
    Ok(command)
}

fn mbsync(work: &Path, source: &Server, target: &Server) -> Done<Command> {
    let store = |name: &str, port| {
        format!(
            "IMAPAccount {name}\nHost 127.0.0.1\nPort {port}\nUser perf\nPass pass\nSSLType None\nAuthMechs LOGIN\n\n\
             IMAPStore {name}\nAccount {name}\n\n"
        )
    };
    let channel = format!(
        "Channel all\nFar :a:\nNear :b:\nPatterns *\nCreate Near\nSync Pull\nCopyArrivalDate yes\nSyncState {}/\n",
        work.join("sync").display()
    );
    let config = work.join("mbsyncrc");
    places::write(&config, &(store("a", source.port) + &store("b", target.port) + &channel))?;
    let mut command = command("mbsync", ["-c"]);
    command.arg(config).arg("all");
    Ok(command)
}

/// Writes the mailbox straight into the source's folders; the answer is its bytes.
fn fill(mail: &Path) -> Done<u64> {
    const SIZES: [usize; 6] = [2_000, 4_000, 8_000, 30_000, 100_000, 200_000];
    let home = mail.join("perf");
    let mut total = 0;
    for n in 0..MESSAGES {
        let folder = home.join(format!("F{:02}", n % FOLDERS));
        for part in ["cur", "new", "tmp"] {
            places::folder(folder.join(part))?;
        }
        let mut text = format!("Message-ID: <{n}@bench.invalid>\nFrom: a@bench.invalid\nSubject: message {n}\n\n");
        let mut state = n as u64 * 2_654_435_761 + 1;
        while text.len() < SIZES[(n * 7) % SIZES.len()] {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text += &format!("{state:016x}{:016x}{:016x}{:016x}\n", state.rotate_left(9), !state, state ^ 0x5555);
        }
        total += text.len() as u64;
        let file = folder.join("cur").join(format!("{}.M{n}.bench:2,S", 1_600_000_000 + n));
        fs::write(&file, text).during(format!("writing {}", file.display()))?;
    }
    quiet("chown", ["-R", "nobody:nogroup", &home.display().to_string()])?;
    Ok(total)
}

fn open(folder: &Path) -> Done {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).during(format!("opening {}", folder.display()))
}

/// A Dovecot of our own on a loopback port; it ends with its value.
struct Server {
    port: u16,
    home: PathBuf,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = quiet("kill", ["-TERM", &self.child.id().to_string()]);
        let _ = self.child.wait();
    }
}

impl Server {
    fn mail(&self) -> PathBuf {
        self.home.join("mail")
    }

    fn start(home: &Path, format: &str, separator: &str) -> Done<Server> {
        for folder in [home.to_path_buf(), home.join("run"), home.join("mail")] {
            open(&places::folder(folder)?)?;
        }
        let at = home.display();
        let layout = if format == "maildir" { ":LAYOUT=fs" } else { "" };
        let listener = TcpListener::bind("127.0.0.1:0").during("finding a port")?;
        let port = listener.local_addr().during("finding a port")?.port();
        drop(listener);
        let config = format!(
            "base_dir = {at}/run\nstate_dir = {at}/run\nlog_path = {at}/log\nprotocols = imap\nssl = no\n\
             listen = 127.0.0.1\ndisable_plaintext_auth = no\ndefault_internal_user = nobody\n\
             default_internal_group = nogroup\ndefault_login_user = nobody\nfirst_valid_uid = 1\n\
             mail_location = {format}:{at}/mail/%u{layout}\npassdb {{\n  driver = static\n  args = password=pass\n}}\n\
             userdb {{\n  driver = static\n  args = uid=65534 gid=65534 home={at}/mail/%u\n}}\n\
             namespace inbox {{\n  inbox = yes\n  separator = {separator}\n}}\nservice imap-login {{\n  chroot =\n  \
             inet_listener imap {{\n    port = {port}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}\n"
        );
        places::write(&home.join("dovecot.conf"), &config)?;
        let mut dovecot = command("/usr/sbin/dovecot", ["-F", "-c"]);
        let dovecot = dovecot.arg(home.join("dovecot.conf")).stdout(Stdio::null()).stderr(Stdio::null());
        let child = dovecot.spawn().during("starting Dovecot")?;
        let server = Server { port, home: home.to_path_buf(), child };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                stop!("Dovecot did not start: see {at}/log");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}
