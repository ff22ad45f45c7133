//! Acts on many machines, approved and carried out by a server that is killed in between; the trail that they leave.
use crate::{
    fake::Machine,
    program::{SOCLE, Server, signal},
};
use serde_json::Value;
use socle_db::{Db, Scope, grants, people, tokens};
use socle_domain::{
    AccountId, Timestamp, UnitId,
    role::{Grant, Role},
};
use socle_trust::secret;
use std::{
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

const SEQUENCE: &str = "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'look'\nkind = 'check'\n";
const MACHINES: u8 = 12;
/// Milliseconds after the answer at which the server is killed: before, amid and after its work.
const KILLS_MS: [u64; 6] = [0, 4, 12, 25, 50, 100];

/// A server with machines and a master; more than three machines ask for a second person.
struct Scene {
    server: Server,
    token: String,
    names: Vec<String>,
    master: String,
}

fn scene(folder: &Path) -> Scene {
    let server = Server::start(folder);
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
    let (text, signed) = (folder.join("look.toml"), folder.join("look.master"));
    std::fs::write(&text, SEQUENCE).unwrap();
    let key = server.data.join("content-key/content.key");
    let (text, signed, key) = (text.to_str().unwrap(), signed.to_str().unwrap(), key.to_str().unwrap());
    server.ask(&token, &["master", "sign", text, "--name", "look", "--version", "1", "--key", key, "--out", signed]);
    let master = server.ask(&token, &["master", "publish", signed])["digest"].as_str().unwrap().to_string();
    server.ask(&token, &["consent", "limit", "3"]);
    Scene { server, token, names, master }
}

impl Scene {
    /// Somebody starts runs on all machines.
    fn start_all(&self) -> Value {
        let mut start = vec!["consent", "start", "--master", &self.master];
        self.names.iter().for_each(|name| start.extend(["--machine", name]));
        let asked = self.server.ask(&self.token, &start);
        assert_eq!(asked["why"]["why"], "many");
        asked
    }
    fn kill_and_start(&mut self, folder: &Path) {
        signal(self.server.id(), "KILL");
        self.server.wait();
        self.server = Server::start(folder);
    }
    /// Until the server has carried it out; how many machines it had to go on with at least once.
    fn over(&self, id: &str) -> (Value, usize) {
        let (begin, mut seen) = (Instant::now(), 0);
        loop {
            let one = self.server.ask(&self.token, &["consent", "show", id]);
            if one["state"] != "approved" {
                return (one, seen);
            }
            seen = seen.max(one["items"].as_array().unwrap().len());
            assert!(begin.elapsed() < Duration::from_secs(30), "{one}");
            thread::sleep(Duration::from_millis(20));
        }
    }
    /// One run is open on each machine; they are ended for the next time.
    fn one_run_each(&self, when: &str) {
        let runs = self.server.ask(&self.token, &["run", "list"]);
        let open: Vec<&Value> =
            runs.as_array().unwrap().iter().filter(|r| r["state"]["status"]["state"] == "ordered").collect();
        assert_eq!(open.len(), self.names.len(), "one run on each machine, {when}");
        for run in open {
            self.server.ask(&self.token, &["run", "cancel", run["id"].as_str().unwrap()]);
        }
    }
}

#[test]
fn what_was_approved_is_done_once_on_each_machine_whenever_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = scene(folder.path());
    for after_ms in KILLS_MS {
        let id = scene.start_all()["id"].as_str().unwrap().to_string();
        thread::sleep(Duration::from_millis(after_ms));
        scene.kill_and_start(folder.path());
        let (done, _) = scene.over(&id);
        assert_eq!((&done["state"], &done["alone"]), (&"done".into(), &true.into()), "{done}");
        scene.one_run_each(&format!("killed after {after_ms} ms"));
    }
    the_trail_holds(&scene.server, &scene.token, folder.path());
}

/// Another person, who could sign in, made beside the server in its own database; a token that acts for him.
fn another_person(server: &Server) -> String {
    let token = secret::new_token().unwrap();
    let (bearer, now) = (secret::digest(&token), Timestamp::now());
    let id = AccountId::new(now.as_millisecond() as u64, [7; 10]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::file(&server.data.join("socle.db"), now).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let account =
            people::Administrator { id: id.0, unit: UnitId::ROOT, name: "bruno".into(), password: Some("kept".into()) };
        people::add(&mut tx, Scope::ROOT, &account, now).await.unwrap();
        let grant = Grant { person: id, role: Role::Deployer, unit: UnitId::ROOT };
        grants::add(&mut tx, Scope::ROOT, &grant, None, now).await.unwrap();
        let kept = tokens::Token {
            id: bearer.to_string()[..32].to_string(),
            unit: UnitId::ROOT,
            name: "bruno's".into(),
            person: Some(id),
            grants: Vec::new(),
            created: now,
            expires: None,
            used: None,
            address: String::new(),
        };
        tokens::make(&mut tx, bearer, &kept).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
    token
}

/// Says yes; none where the line was cut before the answer came.
fn approve(server: &Server, token: &str, id: &str) -> Option<(u16, String)> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::blocking::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
    let url = format!("http://{}/api/v1/approvals/{id}/approve", server.text("console_address"));
    let response = http.post(url).bearer_auth(token).json(&()).send().ok()?;
    let status = response.status().as_u16();
    let problem: Value = response.json().ok()?;
    Some((status, problem["fault"]["code"].as_str().unwrap_or("").to_string()))
}

/// Microseconds after the other's yes was sent at which the server is killed: before it stands, amid the work, after it.
const KILLS_AFTER_YES_US: [u64; 6] = [300, 2_000, 6_000, 15_000, 40_000, 100_000];

#[test]
fn what_another_person_approved_is_done_once_whenever_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut scene = scene(folder.path());
    let other = another_person(&scene.server);
    let (mut lost, mut went_on) = (0, 0);
    for after_us in KILLS_AFTER_YES_US {
        let asked = scene.start_all();
        assert_eq!(asked["state"], "waiting", "{asked}");
        let id = asked["id"].as_str().unwrap().to_string();
        let victim = scene.server.id();
        let killer = thread::spawn(move || {
            thread::sleep(Duration::from_micros(after_us));
            signal(victim, "KILL");
        });
        let said = approve(&scene.server, &other, &id);
        assert!(said.is_none() || said == Some((200, String::new())), "{said:?}");
        killer.join().unwrap();
        scene.server.wait();
        scene.server = Server::start(folder.path());
        let now = scene.server.ask(&scene.token, &["consent", "show", &id]);
        // A yes that was acknowledged stands; one that was cut off stands whole or not at all.
        assert!(said.is_none() || now["state"] != "waiting", "killed after {after_us} us: an acknowledged yes is gone");
        if now["state"] == "waiting" {
            assert_eq!(
                scene
                    .server
                    .ask(&scene.token, &["run", "list"])
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|r| r["state"]["status"]["state"] == "ordered")
                    .count(),
                0
            );
            assert_eq!(approve(&scene.server, &other, &id), Some((200, String::new())));
            lost += 1;
        }
        let (done, seen) = scene.over(&id);
        went_on += usize::from(now["state"] == "approved" || seen > 0);
        assert_eq!((&done["state"], &done["alone"]), (&"done".into(), &false.into()), "{done}");
        assert_eq!(done["decided_by_name"], "bruno");
        scene.one_run_each(&format!("killed {after_us} us after the yes was sent"));
    }
    println!("the yes itself was lost {lost} times, the work went on after the kill {went_on} times");
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
