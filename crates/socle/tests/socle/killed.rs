//! The server is killed at seeded moments, again and again: whatever it has acknowledged is there afterwards.
use crate::{
    fake::{Journal, Machine, Trouble},
    program::{SOCLE, Server, json, signal},
};
use serde_json::Value;
use socle_domain::{Timestamp, journal::Event};
use socle_texts::Fault;
use socle_trust::read_public;
use std::{path::Path, process::Command, thread, time::Duration};

const SEQUENCE: &str = "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'look'\nkind = 'check'\n";
const KILLS: u64 = 12;
const SEED: u64 = 20_261_122;

/// A stream of numbers that the seed alone determines (splitmix64).
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub fn machine(server: &Server) -> Machine {
    let pin = server.text("pin").parse().unwrap();
    Machine::new(&format!("https://{}", server.text("agents")), pin, 1)
}

/// A machine that is known, and a run ordered for it.
pub fn ordered(server: &Server, folder: &Path) -> (String, Value) {
    let token = server.token();
    let ask = |args: &[&str]| server.ask(&token, args);
    machine(server).hello().unwrap();
    let waiting = ask(&["machine", "list", "--state", "to-recognise"]);
    let code = waiting[0]["code"].as_str().unwrap();
    assert_eq!(ask(&["machine", "accept", code, "--name", "poste-01"])["state"], "known");
    let (text, signed) = (folder.join("look.toml"), folder.join("look.master"));
    std::fs::write(&text, SEQUENCE).unwrap();
    let key = server.data.join("content-key/content.key");
    let (text, signed, key) = (text.to_str().unwrap(), signed.to_str().unwrap(), key.to_str().unwrap());
    ask(&["master", "sign", text, "--name", "look", "--version", "1", "--key", key, "--out", signed]);
    ask(&["master", "publish", signed]);
    let run = ask(&["run", "start", "--machine", "poste-01", "--master", "look:1"]);
    assert_eq!(run["state"]["status"]["state"], "ordered");
    (token, run)
}

#[test]
fn what_was_acknowledged_outlives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let (token, run) = ordered(&server, folder.path());
    let content = read_public(&server.data.join("content.pub")).unwrap();
    let now = || Timestamp::now();
    let mut journal: Option<Journal> = None;
    let (mut acknowledged, mut state) = (0, SEED);
    for kill in 0..KILLS {
        let mut machine = machine(&server);
        let known = machine.known();
        let journal = journal.get_or_insert_with(|| {
            let order = machine.orders(0, 0).unwrap().orders.remove(0);
            Journal::begin(&order, &known, &machine.key, &content, now())
        });
        let id: socle_domain::RunId = run["id"].as_str().unwrap().parse().unwrap();
        let held = machine.tail(id).unwrap().entries;
        assert!(held.len() as u64 >= acknowledged, "kill {kill} of seed {SEED}: {} of {acknowledged}", held.len());
        assert_eq!(held, journal.entries[..held.len()], "kill {kill} of seed {SEED}: another journal, or a gap");
        let mut through = held.len();
        let (victim, after) = (server.id(), Duration::from_micros(5_000 + chance(&mut state) % 250_000));
        let killer = thread::spawn(move || {
            thread::sleep(after);
            signal(victim, "KILL");
        });
        loop {
            for _ in 0..1 + chance(&mut state) % 4 {
                journal.write(now(), None, Event::Warning { fault: Fault::new("domain-gap-no-entry") });
            }
            match machine.push(id, journal.from(through)) {
                Ok(number) => {
                    assert_eq!(number as usize, journal.entries.len());
                    (acknowledged, through) = (number, number as usize);
                }
                Err(Trouble::Silent(_)) => break,
                Err(other) => panic!("kill {kill} of seed {SEED}: {}", other.code()),
            }
        }
        killer.join().unwrap();
        assert!(!server.wait().success());
        server = Server::start(folder.path());
    }
    assert!(acknowledged > KILLS * 2, "hardly anything was pushed: {acknowledged}");
    finish(&server, folder.path(), &token, &run, &mut journal.unwrap());
}

/// The run ends, its proof is written and holds; an altered one does not. Then the server is asked to stop.
pub fn finish(server: &Server, folder: &Path, token: &str, run: &Value, journal: &mut Journal) {
    let (mut machine, id) = (machine(server), run["id"].as_str().unwrap());
    machine.known();
    let before = machine.tail(id.parse().unwrap()).unwrap().entries.len();
    journal.step(Timestamp::now(), "look");
    journal.write(Timestamp::now(), None, Event::RunCompleted {});
    machine.push(id.parse().unwrap(), journal.from(before)).unwrap();
    assert_eq!(server.ask(token, &["run", "watch", id])["state"]["status"]["state"], "completed");
    let proof = folder.join("proof.json");
    server.ask(token, &["run", "proof", id, "--out", proof.to_str().unwrap()]);
    let verify = |file: &Path| {
        let key = server.data.join("content.pub");
        Command::new(SOCLE).arg("verify").arg(file).arg("--key").arg(key).arg("--json").output().unwrap()
    };
    let verdict = json(&verify(&proof));
    assert_eq!(verdict["complete"], true);
    assert_eq!(verdict["entries"].as_u64(), Some(journal.entries.len() as u64));
    let mut bytes = std::fs::read(&proof).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let altered = folder.join("altered.json");
    std::fs::write(&altered, bytes).unwrap();
    assert_eq!(verify(&altered).status.code(), Some(1));
}

#[test]
fn asked_to_stop_it_stops_at_once_though_machines_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let (_, run) = ordered(&server, folder.path());
    let mut waiting = machine(&server);
    waiting.known();
    let content = read_public(&server.data.join("content.pub")).unwrap();
    let known = waiting.known();
    let order = waiting.orders(0, 0).unwrap().orders.remove(0);
    let journal = Journal::begin(&order, &known, &waiting.key, &content, Timestamp::now());
    waiting.push(run["id"].as_str().unwrap().parse().unwrap(), &journal.entries).unwrap();
    let asks = thread::spawn(move || waiting.orders(1, 30).map(|o| o.orders.len()));
    thread::sleep(Duration::from_millis(300));
    let begin = std::time::Instant::now();
    signal(server.id(), "TERM");
    assert!(server.wait().success());
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    assert_eq!(asks.join().unwrap().unwrap(), 0, "the one who waited was answered");
}
