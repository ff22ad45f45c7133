//! `socle import mdt`: read without a server, written through one.
use crate::program::{SOCLE, Server, json, signal};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn share(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../mdt/tests/shares").join(name)
}
fn socle(args: &[&str], lang: &str) -> Output {
    Command::new(SOCLE).args(args).env("SOCLE_LANG", lang).env("SOCLE_TOKEN", "").output().unwrap()
}

#[test]
fn a_share_is_read_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let path = share("school");
    let path = path.to_str().unwrap();
    for (lang, word) in [("fr", "À regarder"), ("en", "To look at")] {
        let output = socle(&["import", "mdt", path, "--out", out.to_str().unwrap()], lang);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains(word) && said.contains("administrator_password"), "{said}");
        assert!(!said.contains("Baobab") && !said.contains("Tilleul"), "a password was printed");
    }
    let draft = fs::read_to_string(out.join("w11-eleves.toml")).unwrap();
    socle_domain::sequence::parse(&draft).unwrap();
    let list = fs::read_to_string(out.join("machines.csv")).unwrap();
    assert!(list.starts_with("name,mac,serial,uuid\ncdi-01,00:15:5d:0a:1b:01,,\n"), "{list}");
    let said = json(&socle(&["import", "mdt", path, "--json"], "en"));
    let totals = &said["totals"];
    let sum: u64 = ["form", "carried", "sealed", "harmless", "left"].iter().filter_map(|k| totals[k].as_u64()).sum();
    assert_eq!(totals["lines"].as_u64(), Some(sum));
    // The Control folder alone, and what is none.
    let control = format!("{path}/Control");
    assert_eq!(json(&socle(&["import", "mdt", &control, "--json"], "en"))["totals"], *totals);
    let output = socle(&["import", "mdt", folder.path().to_str().unwrap(), "--json"], "en");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["fault"]["code"], "mdt-share-none");
}

/// A link out of the share is not followed.
#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let control = folder.path().join("CONTROL");
    fs::create_dir(&control).unwrap();
    fs::write(control.join("CustomSettings.INI"), "[Settings]\nPriority=Default\n[Default]\nOrgName=x\n").unwrap();
    fs::write(folder.path().join("secret"), "[Default]\nOrgName=from outside\n").unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret"), control.join("Bootstrap.ini")).unwrap();
    let said = json(&socle(&["import", "mdt", folder.path().to_str().unwrap(), "--json"], "en"));
    assert_eq!(said["files"].as_array().unwrap().len(), 1, "{said}");
    assert_eq!(said["options"][0]["value"], "x");
}

#[test]
fn a_share_is_written_through_the_api_and_may_be_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let token = server.token();
    // One machine of the share has a password of its own.
    let path = folder.path().join("share");
    copy(&share("school"), &path);
    let settings = path.join("Control/CustomSettings.ini");
    let mut text = fs::read(&settings).unwrap();
    let at = text.windows(10).position(|w| w == b"Classe=CDI").unwrap();
    text.splice(at..at, *b"AdminPassword=Noisetier-7\r\n");
    fs::write(&settings, text).unwrap();
    let url = format!("http://{}", server.text("console_address"));
    let apply = |expect: i32| -> Value {
        let mut command = Command::new(SOCLE);
        command.args(["import", "mdt", path.to_str().unwrap(), "--apply", "--json", "--server", &url]);
        let output = command.env("SOCLE_TOKEN", &token).env("SOCLE_LANG", "en").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(expect), "{said}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&said).unwrap()
    };
    let of = |said: &Value, kind: &str| -> Vec<String> {
        let all = said["applied"].as_array().unwrap();
        all.iter()
            .filter(|a| a["kind"] == kind)
            .map(|a| a["outcome"]["outcome"].as_str().unwrap().to_string())
            .collect()
    };
    // First the drafts, the machines and the names; options wait for a master that declares them.
    let said = apply(2);
    assert_eq!(of(&said, "draft"), ["done"], "{said:#}");
    assert_eq!(of(&said, "machines"), ["done"]);
    assert_eq!(of(&said, "naming"), ["done"]);
    assert!(of(&said, "option").iter().all(|o| o == "waits") && of(&said, "rule") == ["waits"], "{said:#}");
    // The draft gets its image, is signed and published: here a master that declares the same and needs no image.
    let draft = said["masters"][0]["sequence"].as_str().unwrap();
    let options = &draft[..draft.find("[[step]]").unwrap()];
    let text = format!("{options}\n[[step]]\nid = \"look\"\nkind = \"check\"\n");
    let (file, signed) = (folder.path().join("x.toml"), folder.path().join("x.master"));
    fs::write(&file, text).unwrap();
    let key = server.data.join("content-key/content.key");
    let (file, signed, key) = (file.to_str().unwrap(), signed.to_str().unwrap(), key.to_str().unwrap());
    server.ask(
        &token,
        &["master", "sign", file, "--name", "w11-eleves", "--version", "2", "--key", key, "--out", signed],
    );
    server.ask(&token, &["master", "publish", signed]);
    let said = apply(0);
    assert!(of(&said, "option").iter().all(|o| o == "done"), "{said:#}");
    assert_eq!(of(&said, "rule"), ["done"]);
    assert_eq!(of(&said, "secret"), ["done"], "a password under a rule is sealed too: {said:#}");
    // Again: the same, and nothing twice.
    let again = apply(0);
    assert_eq!(of(&again, "option"), of(&said, "option"));
    let unit = socle_domain::UnitId::ROOT.to_string();
    let options = server.ask(&token, &["option", "list", "--unit", &unit]);
    let text = options.to_string();
    assert!(text.contains("Romance Standard Time"), "{text}");
    assert!(!text.contains("Baobab") && !text.contains("Tilleul"), "a password can be read back");
    assert!(!server.ask(&token, &["rule", "list"]).to_string().contains("Noisetier"), "a rule tells its secret");
    // All that the server has written, once it has stopped.
    signal(server.id(), "TERM");
    assert!(server.wait().success());
    let passwords = ["Baobab-1987", "Tilleul#42", "Noisetier-7"];
    let (mut files, mut seen) = (0, false);
    for file in fs::read_dir(&server.data).unwrap().map(|f| f.unwrap().path()) {
        if !file.file_name().unwrap().to_str().unwrap().starts_with("socle.db") {
            continue;
        }
        let bytes = fs::read(&file).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        files += 1;
        seen |= holds("Romance Standard Time");
        for password in passwords.iter().chain(&["Chataigne!"]) {
            assert!(!holds(password), "{password} is in {}", file.display());
        }
    }
    assert!(files > 0 && seen, "what was searched is not what was written");
    // And they are not merely gone: each stands there, sealed.
    let vault = socle_trust::vault::Vault::load(&server.data.join("vault.key")).unwrap();
    let rows = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let db = socle_db::Db::file(&server.data.join("socle.db"), socle_domain::Timestamp::now()).await.unwrap();
        let rows = socle_db::sealed::all(&mut *db.read().await.unwrap()).await.unwrap();
        db.close().await;
        rows
    });
    let opened: Vec<String> = rows
        .iter()
        .filter(|row| row.kind == "option")
        .map(|row| {
            let place = socle_trust::vault::Place { kind: "option", owner: &row.owner, field: "value" };
            vault.open(place, &row.value).unwrap().text().unwrap().to_string()
        })
        .collect();
    for password in passwords {
        assert!(opened.iter().any(|one| one == password), "{password} is not among the {} sealed", opened.len());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let there = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &there),
            false => drop(fs::copy(entry.path(), there).unwrap()),
        }
    }
}
