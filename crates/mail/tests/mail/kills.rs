//! The mover is killed at random moments, and a connection is cut at random bytes: nothing is lost, nothing is doubled.
use crate::{
    corpus::{ordinary, traps},
    kit::*,
    peers::{Format, Peer, dovecot},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The program that makes one pass: an example of this crate, which cargo builds beside the tests.
fn mover() -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    let program = folder.join("examples/mover");
    assert!(program.exists(), "{} is missing: cargo builds it with the tests", program.display());
    program
}

struct Chance(u64);
impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn start(source: &Peer, target: &Peer, user: &str, state: &Path) -> std::process::Child {
    Command::new(mover())
        .args([source.port.to_string(), target.port.to_string(), user.to_string()])
        .arg(state)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the mover `kills` times in all, each mailbox until its copy is done, now and then with its state destroyed.
/// The answer is how many passes were killed before they ended.
fn kill_often(kills: u64, seed: u64) -> u64 {
    let (source, target) = (dovecot(Format::Maildir, ""), dovecot(Format::Sdbox, ""));
    let mut chance = Chance(seed);
    let mut done = 0;
    let mut mailbox = 0;
    while done < kills {
        mailbox += 1;
        let user = format!("u{mailbox}");
        let mut messages = traps('/');
        messages.extend(ordinary(&["INBOX", "Un", "Deux", "Trois/Quatre"], 60));
        put(&source, &user, &messages);
        let before = content(&source, &user);
        let state = tempfile::tempdir().unwrap();
        let mut whole = Duration::from_millis(400);
        while done < kills {
            let mut child = start(&source, &target, &user, state.path());
            let began = Instant::now();
            std::thread::sleep(Duration::from_micros(chance.below(whole.as_micros() as u64)));
            if child.try_wait().unwrap().is_some() {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            done += 1;
            whole = whole.max(began.elapsed() + Duration::from_millis(40)).min(Duration::from_secs(4));
            if chance.below(6) == 0 {
                std::fs::remove_dir_all(state.path()).unwrap();
            }
        }
        let status = start(&source, &target, &user, state.path()).wait().unwrap();
        assert!(status.success(), "seed {seed}, mailbox {mailbox}");
        let (here, there) = (leveled(before.clone()), leveled(content(&target, &user)));
        assert_eq!(count(&there), count(&here), "lost or doubled: seed {seed}, mailbox {mailbox}, {done} kills");
        assert_eq!(there, here, "seed {seed}, mailbox {mailbox}");
        assert_eq!(content(&source, &user), before, "the source was changed");
    }
    done
}

#[test]
fn killed_at_random_moments_nothing_is_lost_or_doubled() {
    assert_eq!(kill_often(12, 0x5eed), 12);
}

/// The long run: `SOCLE_MAIL_KILLS=500 cargo test -p socle-mail --test mail -- --ignored the_long_kill_run`.
#[test]
#[ignore = "minutes: asked for by its own command"]
fn the_long_kill_run() {
    let wish = |name: &str, usual: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(usual);
    let kills = wish("SOCLE_MAIL_KILLS", 500);
    assert_eq!(kill_often(kills, wish("SOCLE_MAIL_SEED", 1)), kills);
}
