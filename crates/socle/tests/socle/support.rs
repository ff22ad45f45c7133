//! `socle support-bundle`: whatever secret or personal datum is planted, none is in the bundle; and killed in its middle, it
//! leaves nothing.
use crate::{
    fake::Machine,
    program::{SOCLE, Server, json, signal},
};
use serde_json::{Value, json as tree};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The files of a bundle, unpacked by the system's own tools.
fn unpacked(file: &Path, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let inside = folder.join("inside");
    fs::create_dir(&inside).unwrap();
    let done = Command::new("tar").arg("--zstd").arg("-xf").arg(file).arg("-C").arg(&inside).status().unwrap();
    assert!(done.success(), "tar can't read it");
    let files = fs::read_dir(&inside).unwrap().map(|e| e.unwrap().path());
    files.map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(p).unwrap())).collect()
}

fn post(server: &Server, token: &str, path: &str, body: &Value) -> Value {
    let url = format!("http://{}{path}", server.text("console_address"));
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::blocking::Client::new();
    let answer = client.post(url).bearer_auth(token).json(body).send().unwrap();
    let status = answer.status();
    let text = answer.text().unwrap();
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

#[test]
fn nothing_that_is_secret_or_personal_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.token();
    let link = server.text("link");
    let link = link.rsplit('/').next().unwrap().to_string();
    let data = server.data.clone();

    // People, and a machine with a name and a serial number, in the database.
    let person = tree!({ "unit": "00000000-0000-0000-0000-000000000000", "name": "Maëlle Quéméneur-Le Bihan", "login": "mquemeneur", "mail": "maelle.quemeneur@lycee-brizeux.example" });
    let units = server.ask(&token, &["unit", "list"]);
    let unit = units.to_string().split('"').find(|w| w.len() == 36).unwrap().to_string();
    let mut person = person;
    person["unit"] = unit.into();
    post(&server, &token, "/api/v1/persons", &person);
    let pin = server.text("pin").parse().unwrap();
    let mut machine = Machine::new(&format!("https://{}", server.text("agents")), pin, 1);
    machine.hello().unwrap();
    let waiting = server.ask(&token, &["machine", "list", "--state", "to-recognise"]);
    let hints = waiting[0]["hints"].clone();
    server.ask(&token, &["machine", "accept", waiting[0]["code"].as_str().unwrap(), "--name", "pc-quemeneur-2"]);
    let list = folder.path().join("list.csv");
    fs::write(&list, "name,mac,serial\nportable-maelle,8c:ec:4b:aa:10:77,SN-PLANTED-4711\n").unwrap();
    server.ask(&token, &["machine", "announce", list.to_str().unwrap()]);

    // Secrets and names in a log, in every form that a log might have.
    let read = |name: &str| fs::read_to_string(data.join(name)).unwrap();
    let keys = ["tls.key", "server.key", "vault.key", "content-key/content.key"].map(|name| (name, read(name)));
    let password = "Tr0ub4dor&3";
    let mut log = String::new();
    let mut line = |fields: Value| {
        log += &tree!({"timestamp": "2099-01-01T00:00:00Z", "level": "INFO", "fields": fields, "target": "socle"})
            .to_string();
        log.push('\n');
    };
    line(tree!({"message": "signed in", "who": "Maëlle Quéméneur-Le Bihan", "login": "mquemeneur"}));
    line(tree!({"message": format!("password={password} refused for mquemeneur")}));
    line(tree!({"message": format!("GET /welcome/{link}"), "authorization": format!("Bearer {token}")}));
    line(tree!({"message": format!("token {token}"), "cookie": "socle-session=planted-cookie"}));
    line(
        tree!({"message": "postgres://socle:pgsecret99@db/socle is away", "host": "PC-Quemeneur-2.lycee-brizeux.example"}),
    );
    line(tree!({"message": "mail to maelle.quemeneur@lycee-brizeux.example bounced; MAËLLE told"}));
    line(tree!({"message": "from 8c:ec:4b:aa:10:77 serial SN-PLANTED-4711, at 2a01:cb00:1:2:3:4:5:6, 90.12.34.56"}));
    line(tree!({"message": "/search?q=Qu%C3%A9m%C3%A9neur"}));
    keys.iter().for_each(|(_, text)| line(tree!({ "message": text })));
    keys.iter().for_each(|(_, text)| log += text);
    log += "thread panicked at portable-maelle\n";
    let log_file = folder.path().join("planted.log");
    fs::write(&log_file, &log).unwrap();

    // And a configuration that holds some, beside the server's own.
    let config = folder.path().join("planted.toml");
    let secret_file = folder.path().join("client-secret");
    fs::write(&secret_file, "clientsecret-planted").unwrap();
    let password_file = folder.path().join("ldap-password");
    fs::write(&password_file, "ldap secret planted\n").unwrap();
    let text = format!(
        "[sign_in.service]\nname = 'Brizeux'\nissuer = 'https://id.lycee-brizeux.example'\nclient_id = 'client-planted'\n\
         secret_file = '{}'\n[sign_in.directory]\nurl = 'ldaps://ldap.lycee-brizeux.example'\nbase = 'dc=brizeux'\n\
         bind_dn = 'cn=quemeneur,dc=brizeux'\npassword_file = '{}'\n",
        secret_file.display(),
        password_file.display()
    );
    fs::write(&config, text).unwrap();
    log +=
        "the service said client-planted and clientsecret-planted, ldap secret planted, for cn=quemeneur,dc=brizeux\n";
    fs::write(&log_file, &log).unwrap();

    let to = folder.path().join("bundle.tar.zst");
    let mut command = Command::new(SOCLE);
    command.args(["support-bundle", "--json", "--without-network", "--data"]).arg(&data).arg("--config").arg(&config);
    let said =
        json(&command.arg("--log").arg(&log_file).arg("--to").arg(&to).env("SOCLE_LANG", "en").output().unwrap());
    let files = unpacked(&to, folder.path());

    // The list is true, and names everything.
    let listed: Vec<Value> = serde_json::from_slice(&files["index.json"]).unwrap();
    assert_eq!(said["holds"].as_array().unwrap(), &listed);
    assert_eq!(listed.len() + 2, files.len(), "the list and its text are the only others");
    for one in &listed {
        let bytes = &files[one["name"].as_str().unwrap()];
        assert_eq!(one["digest"], blake3::hash(bytes).to_hex().as_str());
        assert!(files["index.txt"].windows(4).count() > 0 && !one["about"].as_str().unwrap().contains('⟨'));
    }
    let wanted =
        ["about.json", "boot-events.jsonl", "config.toml", "database.json", "doctor.json", "doctor.txt", "log.jsonl"];
    wanted.iter().for_each(|name| assert!(!files[*name].is_empty() || *name == "boot-events.jsonl", "{name}"));
    assert!(String::from_utf8_lossy(&files["log.jsonl"]).lines().count() >= 13, "the log is there");

    // None of what was planted is anywhere in it.
    let mut planted: Vec<(String, String)> = [
        "Maëlle",
        "Maelle",
        "Quéméneur",
        "quemeneur",
        "Bihan",
        "mquemeneur",
        "lycee-brizeux",
        "brizeux",
        "pc-quemeneur",
        "portable-maelle",
        "SN-PLANTED",
        "8c:ec:4b:aa:10:77",
        "aa:10:77",
        password,
        "pgsecret99",
        "planted-cookie",
        "client-planted",
        "clientsecret-planted",
        "ldap secret planted",
        "2a01:cb00",
        "90.12.34.56",
    ]
    .iter()
    .map(|text| (text.to_string(), text.to_string()))
    .collect();
    planted.push(("the API token".into(), token.clone()));
    planted.push(("the one-time link".into(), link));
    for (name, text) in &keys {
        planted.extend(
            text.lines().filter(|l| l.len() > 20 && !l.contains("-----")).map(|l| (name.to_string(), l.to_string())),
        );
        planted.extend(
            text.split(['"', ':', ' ']).filter(|w| w.len() > 30).map(|w| (name.to_string(), w.trim().to_string())),
        );
    }
    planted.extend(hints["serial"].as_str().map(|s| ("the serial number".to_string(), s.to_string())));
    planted.extend(hints["uuid"].as_str().map(|s| ("the identifier".to_string(), s.to_string())));
    planted.extend(
        hints["macs"].as_array().into_iter().flatten().map(|m| ("a MAC".to_string(), m.as_str().unwrap().to_string())),
    );
    assert!(planted.len() > 26, "{planted:?}");
    for (what, text) in &planted {
        let needle = text.to_lowercase();
        for (name, bytes) in &files {
            let hay = String::from_utf8_lossy(bytes).to_lowercase();
            assert!(!hay.contains(&needle), "{what} ({text}) is in {name}: {hay}");
        }
    }
    // What was searched for would have been found: it stands in the log that went in.
    let before = fs::read_to_string(&log_file).unwrap().to_lowercase();
    assert!(before.contains("quemeneur") && before.contains(&token) && before.contains("pgsecret99"));

    // A second one never replaces the first.
    let mut again = Command::new(SOCLE);
    again.args(["support-bundle", "--without-network", "--data"]).arg(&data).arg("--to").arg(&to);
    assert!(!again.output().unwrap().status.success());
}

#[test]
fn killed_in_its_middle_it_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = {
        let server = Server::start(folder.path());
        server.data.clone()
    };
    let place = folder.path().join("here");
    fs::create_dir(&place).unwrap();
    let pipe = folder.path().join("log-pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = Command::new(SOCLE);
    command.args(["support-bundle", "--without-network", "--data"]).arg(&data).arg("--log").arg(&pipe);
    let mut child =
        command.arg("--to").arg(place.join("b.tar.zst")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // It reads its log: it is in its middle, and has opened its file.
    let mut writer = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    writer.write_all(b"a line\n").unwrap();
    let open = || {
        let files = fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
        files.filter_map(|f| fs::read_link(f.path()).ok()).any(|p| p.starts_with(&place))
    };
    let end = Instant::now() + Duration::from_secs(10);
    while !open() {
        assert!(Instant::now() < end, "its file is not open");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "a half file has no name");
    signal(child.id(), "KILL");
    child.wait().unwrap();
    drop(writer);
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "and nothing is left of it");
}
