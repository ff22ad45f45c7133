//! What a server has is kept, restored elsewhere, and comes along from the version before.
use crate::{
    fake::Journal,
    killed,
    program::{SOCLE, Server, json},
};
use serde_json::Value;
use socle_db::dump::Snapshot;
use socle_domain::Timestamp;
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

const PHRASE: &str = "une phrase pour les essais";

fn socle(args: &[&str], phrase: &str) -> Output {
    let mut command = Command::new(SOCLE);
    command.args(args).arg("--json").env("SOCLE_LANG", "en").env("SOCLE_TOKEN", "").env("SOCLE_PASSPHRASE", phrase);
    command.output().unwrap()
}
fn well(args: &[&str]) -> Value {
    json(&socle(args, PHRASE))
}
fn fault(args: &[&str], phrase: &str) -> String {
    let output = socle(args, phrase);
    assert_eq!(output.status.code(), Some(1), "{args:?} was not refused");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["fault"]["code"].as_str().unwrap().to_string()
}
fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Every file of a folder but the database's, with its content.
fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if !name.starts_with("socle.db") && name != "lock" && name != "server.lock" {
                let path = entry.path().strip_prefix(root).unwrap().to_path_buf();
                found.push((path, fs::read(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A few megabytes where images rest.
fn image(data: &Path, bytes: usize) {
    let folder = data.join("repository/packs/aa");
    fs::create_dir_all(&folder).unwrap();
    let content: Vec<u8> = (0..bytes).map(|n| (n as u32).wrapping_mul(2_654_435_761).to_le_bytes()[1]).collect();
    fs::write(folder.join("pack"), content).unwrap();
}

fn announce(server: &Server, token: &str, folder: &Path, number: u32) {
    let list = folder.join(format!("list-{number}.csv"));
    fs::write(&list, format!("name,mac,serial,uuid\nposte-{number:03},,serie-{number:03},\n")).unwrap();
    server.ask(token, &["machine", "announce", text(&list)]);
}

#[test]
fn a_backup_made_beside_a_working_server_is_restored_elsewhere() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(here.path());
    let token = server.token();
    image(&server.data, 3 << 20);
    (0..3).for_each(|n| announce(&server, &token, here.path(), n));
    let out = here.path().join("sauvegarde du soir.socle");
    let made = thread::scope(|threads| {
        // The server works meanwhile.
        threads.spawn(|| (3..8).for_each(|n| announce(&server, &token, here.path(), n)));
        well(&["backup", "--data", text(&server.data), "--out", text(&out)])
    });
    assert!(made["entries"].as_u64().unwrap() > 20, "{made}");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&out).unwrap();
    for secret in ["server.key", "content-key/content.key"] {
        let secret = fs::read_to_string(server.data.join(secret)).unwrap();
        let secret = secret.trim().rsplit(':').next().unwrap().as_bytes().to_vec();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret), "a key stands in clear");
    }
    assert_eq!(
        well(&["restore", text(&out), "--data", text(&there.path().join("data")), "--check"])["restored"],
        false
    );
    assert!(!there.path().join("data").exists(), "checking writes nothing");
    let kept = files(&server.data);
    drop(server);
    let data = there.path().join("data");
    let restored = well(&["restore", text(&out), "--data", text(&data)]);
    assert_eq!(restored["restored"], true);
    assert_eq!(files(&data), kept, "keys, settings and images are the same to the byte");
    for (path, mode) in [("server.key", 0o600), ("tls.key", 0o600), ("vault.key", 0o600), ("", 0o700)] {
        let found = fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path} has {found:o}");
    }
    let again = Server::start(there.path());
    let status = again.ask(&token, &["status"]);
    assert!(status["version"].is_string(), "the token of before opens: {status}");
    assert_eq!(again.data, data);
}

#[test]
fn an_archive_key_keeps_the_passphrase_away_from_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    image(&server.data, 100_000);
    let path = |name: &str| folder.path().join(name);
    let key = well(&["backup-key", "--out", text(&path("archive.key"))]);
    let public = key["key"].as_str().unwrap();
    let data = text(&server.data).to_string();
    let (out, key) = (path("a.socle"), path("archive.key"));
    let made = well(&["backup", "--data", &data, "--out", text(&out), "--for-key", public, "--without-images"]);
    assert!(made["left_out"].as_u64().unwrap() >= 1, "{made}");
    let target = path("restored");
    let wrong = path("other.key");
    well(&["backup-key", "--out", text(&wrong)]);
    assert_eq!(
        fault(&["restore", text(&out), "--data", text(&target), "--key", text(&wrong)], ""),
        "trust-archive-locked"
    );
    let restored = well(&["restore", text(&out), "--data", text(&target), "--key", text(&key)]);
    let left: Vec<&str> = restored["left_out"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(left.contains(&"repository/packs/aa/pack"), "{left:?}");
    assert!(target.join("server.key").exists() && !target.join("repository/packs/aa/pack").exists());
}

#[test]
fn what_can_not_be_restored_whole_is_not_restored_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let path = |name: &str| folder.path().join(name);
    let (out, data, target) = (path("a.socle"), text(&server.data).to_string(), path("restored"));
    let backup = ["backup", "--data", &data, "--out", text(&out)];
    assert_eq!(fault(&backup, ""), "socle-passphrase-missing");
    assert_eq!(fault(&backup, "court"), "trust-passphrase-short");
    assert_eq!(fault(&["backup", "--data", "/nonexistent", "--out", text(&out)], PHRASE), "socle-data-missing");
    assert!(!out.exists());
    well(&backup);
    assert_eq!(fault(&backup, PHRASE), "socle-backup-there");
    let whole = fs::read(&out).unwrap();
    let restore = |file: &Path, phrase: &str| fault(&["restore", text(file), "--data", text(&target)], phrase);
    assert_eq!(restore(&out, "une autre phrase, fausse"), "trust-archive-locked");
    let broken = path("broken.socle");
    for cut in [1, 17, whole.len() / 2, whole.len() - 10] {
        fs::write(&broken, &whole[..whole.len() - cut]).unwrap();
        let code = restore(&broken, PHRASE);
        assert!(code.starts_with("trust-archive-"), "cut by {cut}: {code}");
    }
    for at in [5, 30, 400, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 4;
        fs::write(&broken, &changed).unwrap();
        let code = restore(&broken, PHRASE);
        assert!(code.starts_with("trust-archive-"), "changed at {at}: {code}");
    }
    assert!(!target.exists(), "something was written");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("mine"), "x").unwrap();
    assert_eq!(restore(&out, PHRASE), "socle-restore-not-empty");
    assert_eq!(fs::read(target.join("mine")).unwrap(), b"x");
    fs::remove_file(target.join("mine")).unwrap();
    well(&["restore", text(&out), "--data", text(&target)]);
    let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    let left = beside.iter().filter(|n| n.to_string_lossy().starts_with('.')).count();
    assert_eq!(left, 0, "nothing is left beside: {beside:?}");
}

/// Every table of a folder's database, row by row.
fn rows(data: &Path) -> BTreeMap<String, Vec<String>> {
    let read = async {
        let mut snapshot = Snapshot::file(&data.join("socle.db")).await.unwrap();
        let mut all = BTreeMap::new();
        for table in snapshot.tables().await.unwrap() {
            let mut lines: Vec<String> = Vec::new();
            let take = |piece: Vec<u8>| {
                lines.extend(String::from_utf8(piece).unwrap().lines().map(str::to_string));
                Ok(())
            };
            snapshot.pieces(&table, take).await.unwrap();
            lines.sort();
            all.insert(table, lines);
        }
        snapshot.end().await.unwrap();
        all
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(read)
}

/// On the new host the machines of before find the server of before: a run that had begun comes to its end.
#[test]
fn a_machine_goes_on_with_the_restored_server() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(here.path());
    let (token, run) = killed::ordered(&server, here.path());
    let mut before = killed::machine(&server);
    let known = before.known();
    let order = before.orders(0, 0).unwrap().orders.remove(0);
    let content = socle_trust::read_public(&server.data.join("content.pub")).unwrap();
    let mut journal = Journal::begin(&order, &known, &before.key, &content, Timestamp::now());
    before.push(run["id"].as_str().unwrap().parse().unwrap(), &journal.entries).unwrap();
    let old = server.data.clone();
    drop(server);
    let (out, data) = (here.path().join("a.socle"), there.path().join("data"));
    well(&["backup", "--data", text(&old), "--out", text(&out)]);
    well(&["restore", text(&out), "--data", text(&data)]);
    assert_eq!(rows(&data), rows(&old), "the same rows, table by table");
    // The host of before is no more: nothing may be read from it.
    fs::rename(&old, here.path().join("gone")).unwrap();
    let again = Server::start(there.path());
    assert_eq!(killed::machine(&again).known().target, known.target);
    killed::finish(&again, there.path(), &token, &run, &mut journal);
}

/// A server on SQLite becomes one on PostgreSQL, and goes back: the same keys, the same rows, the same token.
#[test]
fn a_backup_moves_between_both_databases() {
    let cluster = crate::postgresql::Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.token();
    (0..4).for_each(|n| announce(&server, &token, folder.path(), n));
    let path = |name: &str| folder.path().join(name);
    let first = path("sqlite.socle");
    let old = server.data.clone();
    drop(server);
    well(&["backup", "--data", text(&old), "--out", text(&first)]);
    let there = tempfile::tempdir().unwrap();
    let (config, data) = (there.path().join("pg.toml"), there.path().join("data"));
    fs::write(&config, format!("[database]\nurl = \"{}\"\n", cluster.database("restored"))).unwrap();
    let with = ["--config", text(&config)];
    well(&[&["restore", text(&first), "--data", text(&data)], &with[..]].concat());
    assert!(!data.join("socle.db").exists(), "the database stands elsewhere");
    // Once more into the same database: it is not empty, and nothing is written.
    let other = there.path().join("other");
    assert_eq!(
        fault(&[&["restore", text(&first), "--data", text(&other)], &with[..]].concat(), PHRASE),
        "db-not-empty"
    );
    assert!(!other.exists());
    let second = path("postgresql.socle");
    well(&[&["backup", "--data", text(&data), "--out", text(&second)], &with[..]].concat());
    let back = tempfile::tempdir().unwrap();
    well(&["restore", text(&second), "--data", text(&back.path().join("data"))]);
    assert_eq!(rows(&back.path().join("data")), rows(&old), "there and back, the same rows");
    let again = Server::start(back.path());
    assert!(again.ask(&token, &["status"])["version"].is_string());
    assert_eq!(files(&back.path().join("data")), files(&data));
}

/// Killed at any moment, a backup has its name only when it is whole.
#[test]
fn kill_9_leaves_no_half_archive() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    image(&server.data, 6 << 20);
    let out = folder.path().join("a.socle");
    let command = || {
        let mut command = Command::new(SOCLE);
        command.args(["backup", "--json", "--data"]).arg(&server.data).arg("--out").arg(&out);
        command.env("SOCLE_PASSPHRASE", PHRASE).stdout(std::process::Stdio::null());
        command
    };
    let began = Instant::now();
    assert!(command().status().unwrap().success());
    let whole = began.elapsed();
    fs::remove_file(&out).unwrap();
    let mut finished = 0;
    for kill in 0..12_u32 {
        let mut child = command().spawn().unwrap();
        thread::sleep(whole * (kill + 1) / 11);
        let _ = child.kill();
        let ended = child.wait().unwrap();
        if out.exists() {
            well(&["restore", text(&out), "--data", text(&folder.path().join("never")), "--check"]);
            fs::remove_file(&out).unwrap();
            finished += 1;
        } else {
            assert!(!ended.success(), "kill {kill}: it said that it was done");
        }
    }
    assert!(finished < 12, "no kill came in time: {whole:?}");
    // What the last one left is no obstacle.
    assert!(command().status().unwrap().success());
    thread::sleep(Duration::from_millis(10));
    assert!(!folder.path().join(".a.socle.part").exists());
}

/// Killed at any moment, a restoration leaves the whole folder or none.
#[test]
fn kill_9_leaves_no_half_folder() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    image(&server.data, 6 << 20);
    let (out, target) = (folder.path().join("a.socle"), folder.path().join("restored"));
    well(&["backup", "--data", text(&server.data), "--out", text(&out)]);
    let kept = files(&server.data);
    let command = || {
        let mut command = Command::new(SOCLE);
        command.args(["restore", "--json"]).arg(&out).arg("--data").arg(&target);
        command.env("SOCLE_PASSPHRASE", PHRASE).stdout(std::process::Stdio::null());
        command
    };
    let began = Instant::now();
    assert!(command().status().unwrap().success());
    let whole = began.elapsed();
    fs::remove_dir_all(&target).unwrap();
    for kill in 0..8_u32 {
        let mut child = command().spawn().unwrap();
        thread::sleep(whole * (kill + 1) / 8);
        let _ = child.kill();
        child.wait().unwrap();
        if target.exists() {
            assert_eq!(files(&target), kept, "kill {kill}: a part of it");
            fs::remove_dir_all(&target).unwrap();
        }
    }
    assert!(command().status().unwrap().success(), "what a killed one left is no obstacle");
    assert_eq!(files(&target), kept);
}

/// The same into PostgreSQL, whose rows stand before the folder has its name: a restoration that was killed, or met a fault
/// after that, is begun again and comes to its end; nobody else's database is ever filled.
#[test]
fn kill_9_leaves_nothing_in_the_way_on_postgresql() {
    let cluster = crate::postgresql::Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.token();
    (0..3).for_each(|n| announce(&server, &token, folder.path(), n));
    image(&server.data, 2 << 20);
    let path = |name: &str| folder.path().join(name);
    let (out, broken, target, config) = (path("a.socle"), path("b.socle"), path("restored"), path("pg.toml"));
    well(&["backup", "--data", text(&server.data), "--out", text(&out)]);
    let kept = files(&server.data);
    // One whose keys do not belong together: that is met when the rows stand already.
    let key = server.data.join("server.key");
    let (right, content) = (fs::read(&key).unwrap(), fs::read(server.data.join("content-key/content.key")).unwrap());
    fs::write(&key, content).unwrap();
    well(&["backup", "--data", text(&server.data), "--out", text(&broken)]);
    fs::write(&key, right).unwrap();
    drop(server);
    fs::write(&config, format!("[database]\nurl = \"{}\"\n", cluster.database("restored"))).unwrap();
    let arguments = |file: &Path, target: &Path| {
        let all = ["restore", text(file), "--data", text(target), "--config", text(&config)];
        all.map(str::to_string).to_vec()
    };
    let refused = |file: &Path, target: &Path| {
        let all = arguments(file, target);
        fault(&all.iter().map(String::as_str).collect::<Vec<_>>(), PHRASE)
    };
    assert_ne!(refused(&broken, &target), "db-not-empty");
    assert!(!target.exists());
    let command = || {
        let mut command = Command::new(SOCLE);
        command.args(arguments(&out, &target)).arg("--json").env("SOCLE_LANG", "en");
        command.env("SOCLE_PASSPHRASE", PHRASE).stdout(std::process::Stdio::null());
        command
    };
    let began = Instant::now();
    let mut whole = Duration::from_secs(3);
    for kill in 0..12_u32 {
        let mut child = command().spawn().unwrap();
        thread::sleep(whole * (kill + 1) / 12);
        let _ = child.kill();
        child.wait().unwrap();
        if target.exists() {
            // It came to its end: the next ones are killed earlier.
            assert_eq!(files(&target), kept, "kill {kill}: a part of it");
            assert_eq!(refused(&out, &target), "socle-restore-not-empty");
            assert_eq!(refused(&out, &path("another")), "db-not-empty", "kill {kill}");
            break;
        }
        whole = whole.max(began.elapsed() / (kill + 1));
    }
    if !target.exists() {
        assert!(command().status().unwrap().success(), "what a killed one left is no obstacle");
    }
    assert_eq!(files(&target), kept);
    assert_eq!(refused(&out, &path("another")), "db-not-empty");
    let second = path("c.socle");
    well(&["backup", "--data", text(&target), "--out", text(&second), "--config", text(&config)]);
    well(&["restore", text(&second), "--data", text(&path("back/data"))]);
    let again = Server::start(&path("back"));
    assert!(again.ask(&token, &["status"])["version"].is_string());
}

/// A data folder of version 0.1.0: its server starts, knows its machines, opens to its token, and proves what it did.
#[test]
fn the_previous_version_upgrades() {
    use sqlx::Connection;
    let folder = tempfile::tempdir().unwrap();
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/socle/old");
    let data = folder.path().join("data");
    for (path, content) in files(&old.join("data")) {
        let at = data.join(&path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, content).unwrap();
        let mode = if at.extension().is_some_and(|e| e == "key") { 0o600 } else { 0o644 };
        fs::set_permissions(&at, fs::Permissions::from_mode(mode)).unwrap();
    }
    let sql = include_str!("../../../db/tests/db/old/socle-0.1.0.sql");
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=rwc", data.join("socle.db").display());
        let mut conn = sqlx::AnyConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    });
    let token = fs::read_to_string(old.join("token")).unwrap().trim().to_string();
    let server = Server::start(folder.path());
    let status = server.ask(&token, &["status"]);
    let machines: u64 = status["machines"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(machines, 4, "{status}");
    let runs = server.ask(&token, &["run", "list"]);
    assert_eq!(runs.as_array().unwrap().len(), 2, "{runs}");
    for run in runs.as_array().unwrap() {
        if run["state"]["status"]["state"] != "completed" {
            continue;
        }
        let proof = folder.path().join("proof");
        server.ask(&token, &["run", "proof", run["id"].as_str().unwrap(), "--out", text(&proof)]);
        let verdict = well(&["verify", text(&proof), "--key", text(&data.join("content.pub"))]);
        assert_eq!(verdict["complete"], true, "{verdict}");
        fs::remove_file(&proof).unwrap();
    }
    assert_eq!(server.greeting["link"].is_null(), false, "the administrator of 0.1.0 has no password yet");
    // And it is kept and restored like any other.
    let out = folder.path().join("a.socle");
    well(&["backup", "--data", text(&data), "--out", text(&out)]);
    well(&["restore", text(&out), "--data", text(&folder.path().join("restored"))]);
}
