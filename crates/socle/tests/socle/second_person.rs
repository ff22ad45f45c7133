//! Acts on many machines, approved and carried out by a server that is killed in between; the trail that they leave.
use crate::{
    fake::Machine,
    program::{SOCLE, Server, signal},
};
use serde_json::Value;
use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

const SEQUENCE: &str = "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'look'\nkind = 'check'\n";
const MACHINES: u8 = 12;
/// Milliseconds after the answer at which the server is killed: before, amid and after its work.
const KILLS_MS: [u64; 6] = [0, 4, 12, 25, 50, 100];

#[test]
fn what_was_approved_is_done_once_on_each_machine_whenever_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let token = server.token();
    let mut names = Vec::new();
    for n in 1..=MACHINES {
        let pin = server.text("pin").parse().unwrap();
        Machine::new(&format!("https://{}", server.text("agents")), pin, n).hello().unwrap();
        let waiting = server.ask(&token, &["machine", "list", "--state", "to-recognise"]);
        let (code, name) = (waiting[0]["code"].as_str().unwrap(), format!("poste-{n:02}"));
        server.ask(&token, &["machine", "accept", code, "--name", &name]);
        names.push(name);
    }
    let (text, signed) = (folder.path().join("look.toml"), folder.path().join("look.master"));
    std::fs::write(&text, SEQUENCE).unwrap();
    let key = server.data.join("content-key/content.key");
    let (text, signed, key) = (text.to_str().unwrap(), signed.to_str().unwrap(), key.to_str().unwrap());
    server.ask(&token, &["master", "sign", text, "--name", "look", "--version", "1", "--key", key, "--out", signed]);
    let master = server.ask(&token, &["master", "publish", signed])["digest"].as_str().unwrap().to_string();
    server.ask(&token, &["consent", "limit", "3"]);

    let mut interrupted = 0;
    for after_ms in KILLS_MS {
        let mut start = vec!["consent", "start", "--master", &master];
        names.iter().for_each(|name| start.extend(["--machine", name]));
        let asked = server.ask(&token, &start);
        let id = asked["id"].as_str().unwrap().to_string();
        assert_eq!(asked["why"]["why"], "many");
        thread::sleep(Duration::from_millis(after_ms));
        signal(server.id(), "KILL");
        server.wait();
        server = Server::start(folder.path());
        let begin = Instant::now();
        let done = loop {
            let one = server.ask(&token, &["consent", "show", &id]);
            if one["state"] != "approved" {
                break one;
            }
            interrupted = interrupted.max(one["items"].as_array().unwrap().len());
            assert!(begin.elapsed() < Duration::from_secs(30), "{one}");
            thread::sleep(Duration::from_millis(20));
        };
        assert_eq!((&done["state"], &done["alone"]), (&"done".into(), &true.into()), "{done}");
        let runs = server.ask(&token, &["run", "list"]);
        let open: Vec<&Value> =
            runs.as_array().unwrap().iter().filter(|r| r["state"]["status"]["state"] == "ordered").collect();
        assert_eq!(open.len(), names.len(), "one run on each machine, killed after {after_ms} ms");
        for run in open {
            server.ask(&token, &["run", "cancel", run["id"].as_str().unwrap()]);
        }
    }
    the_trail_holds(&server, &token, folder.path());
}

/// The trail of all that, exported, checked with the content public key alone, and refused once it is altered.
fn the_trail_holds(server: &Server, token: &str, folder: &std::path::Path) {
    let file = folder.join("audit.json");
    server.ask(token, &["audit", "export", "--out", file.to_str().unwrap()]);
    let key = server.data.join("content.pub");
    let verify = || {
        let command = Command::new(SOCLE).args(["verify", "--json", "--key"]).arg(&key).arg(&file).output().unwrap();
        (command.status.success(), String::from_utf8(command.stdout).unwrap())
    };
    let (holds, said) = verify();
    let verdict: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
    assert!(holds, "{said}");
    assert_eq!(verdict["acts"]["start-runs"], u64::from(MACHINES) * KILLS_MS.len() as u64 + KILLS_MS.len() as u64);
    assert_eq!(verdict["acts"]["run-cancel"], u64::from(MACHINES) * KILLS_MS.len() as u64);
    let listed = server.ask(token, &["audit", "list", "--act", "run-start-many"]);
    assert_eq!(listed.as_array().unwrap().len(), KILLS_MS.len());
    assert!(listed.as_array().unwrap().iter().all(|e| e["outcome"] == "alone"), "{listed}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("run-cancel", "run-retry", 1)).unwrap();
    assert!(!verify().0);
}

#[test]
fn roles_are_given_and_taken_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.token();
    let mine = server.ask(&token, &["grant", "mine"]);
    assert_eq!(mine["at"][0]["rights"].as_array().unwrap().len(), 13);
    let given = server.ask(&token, &["grant", "add", "admin", "helpdesk"]);
    assert_eq!((&given["role"], &given["person_name"]), (&"helpdesk".into(), &"admin".into()));
    let held = || server.ask(&token, &["grant", "list"]).as_array().unwrap().len();
    assert_eq!(held(), 5);
    server.ask(&token, &["grant", "remove", "admin", "helpdesk"]);
    assert_eq!(held(), 4);
}
