//! Masters, options and rules from the command line.
use crate::{
    fake::Machine,
    program::{SOCLE, Server},
};
use socle_domain::{master::Master, sign::Signed};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

fn socle(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(SOCLE).args(args).env("SOCLE_LANG", "en").env("SOCLE_TOKEN", "").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_string()
}

/// The content key may live on a computer that has no network: a draft is carried there as a file, and back signed.
#[test]
fn a_draft_is_signed_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| path(folder.path(), name);
    assert_eq!(socle(&["sign", "key", "--out", &at("content.key")]).0, Some(0));
    let sequence = "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'a'\nkind = 'check'\n";
    let master = Master {
        name: "base".into(),
        version: "3".into(),
        sequence: sequence.into(),
        generation: 7,
        ..Master::default()
    };
    let draft =
        serde_json::json!({ "id": "x", "master": master, "by": "claire", "at": "2026-11-22T07:00:00Z", "fault": null });
    fs::write(at("draft.json"), draft.to_string()).unwrap();
    let (code, said, trouble) = socle(&[
        "sign",
        "master",
        &at("draft.json"),
        "--key",
        &at("content.key"),
        "--out",
        &at("base.master"),
        "--json",
    ]);
    assert_eq!(code, Some(0), "{trouble}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&said).unwrap()["generation"], 7);
    let signed: Signed<Master> = serde_json::from_slice(&fs::read(at("base.master")).unwrap()).unwrap();
    let key = socle_trust::read_public(&folder.path().join("content.pub")).unwrap();
    let opened = signed.open(&key).unwrap();
    assert_eq!(Master { at: master.at, ..opened.clone() }, master, "the very master of the draft");
    assert_ne!(opened.at, master.at, "signed now");
}

#[test]
fn what_can_not_be_meant_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| path(folder.path(), name);
    assert_eq!(socle(&["sign", "key", "--out", &at("content.key")]).0, Some(0));
    let text = "title = { fr = 'x', en = 'x' }\n[[option]]\nname = 'a'\nkind = 'integer'\ndefault = 'x'\nlabel = { fr = 'A', en = 'A' }\n[[step]]\nid = 'a'\nkind = 'check'\n";
    fs::write(at("base.toml"), text).unwrap();
    let sign = |more: &[&str]| {
        let (file, key, out) = (at("base.toml"), at("content.key"), at("base.master"));
        let mut args = vec!["master", "sign", file.as_str(), "--key", key.as_str(), "--out", out.as_str()];
        args.extend(more);
        socle(&args)
    };
    let (code, _, said) = sign(&["--name", "base", "--version", "1"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("line 2") && said.contains("default"), "{said}");
    let (code, _, said) = sign(&["--version", "1"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("--name"), "{said}");
    assert!(!folder.path().join("base.master").exists());
}

const TEXT: &str = "
title = { fr = 'x', en = 'x' }
[[option]]
name = 'language'
kind = 'choice'
choices = ['fr', 'de', 'en']
default = 'fr'
label = { fr = 'Langue', en = 'Language' }
[[option]]
name = 'join-password'
kind = 'secret'
label = { fr = 'Mot de passe', en = 'Password' }
[[step]]
id = 'look'
kind = 'check'
";

/// From a draft to a machine that is explained, with every command in between.
#[test]
fn options_rules_and_masters_are_worked_with_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.token();
    let ask = |args: &[&str]| server.ask(&token, args);
    let pin = server.text("pin").parse().unwrap();
    let mut machine = Machine::new(&format!("https://{}", server.text("agents")), pin, 1);
    machine.facts.set("vendor", "QEMU");
    machine.hello().unwrap();
    let waiting = ask(&["machine", "list", "--state", "to-recognise"]);
    ask(&["machine", "accept", waiting[0]["code"].as_str().unwrap(), "--name", "poste-01"]);

    let at = |name: &str| path(folder.path(), name);
    let key = path(&server.data, "content-key/content.key");
    let version = |n: &str, text: &str| {
        fs::write(at("base.toml"), text).unwrap();
        let draft =
            ask(&["master", "draft", &at("base.toml"), "--name", "base", "--version", n, "--out", &at("draft.json")]);
        assert_eq!(ask(&["master", "drafts"])[0]["id"], draft["id"]);
        ask(&["sign", "master", &at("draft.json"), "--key", &key, "--out", &at("base.master")]);
        assert_eq!(ask(&["master", "publish", &at("base.master")])["stage"], "pilot");
        ask(&["master", "promote", &format!("base:{n}")])
    };
    assert_eq!(version("1", TEXT)["stage"], "production");
    assert_eq!(version("2", &TEXT.replace("default = 'fr'", "default = 'de'"))["generation"], 2);
    let diff = ask(&["master", "diff", "base:1", "base:2"]);
    assert_eq!(diff["options"][0]["name"], "language");
    assert_eq!(ask(&["master", "rollback", "base"])["version"], "1");

    let explained = || ask(&["explain", "poste-01", "language"]);
    assert_eq!(explained()["resolved"]["decided"]["source"], "master");
    ask(&["option", "set", "language", "--value", "en", "--leave", r#"{"one-of":["en","fr"]}"#]);
    assert_eq!(explained()["resolved"]["value"], "en");
    let rule = ["virtual", "--when", "facts.vendor == 'QEMU'", "--set", "language=fr"];
    let tried = ask(&[&["rule", "try"], &rule[..]].concat());
    assert_eq!((&tried["matches"], &tried["would_change"]), (&1.into(), &1.into()));
    ask(&[&["rule", "set"], &rule[..]].concat());
    assert_eq!(explained()["resolved"]["decided"]["name"], "virtual");
    assert_eq!(ask(&["rule", "options"])[0]["name"], "virtual");
    ask(&["option", "set", "language", "--machine", "poste-01", "--value", "fr"]);
    assert_eq!(explained()["resolved"]["decided"]["source"], "machine");
    assert_eq!(ask(&["option", "list", "--machine", "poste-01"]).as_array().unwrap().len(), 2);
    ask(&["option", "clear", "language", "--machine", "poste-01"]);
    ask(&["rule", "drop", "virtual"]);
    assert_eq!(explained()["resolved"]["value"], "en");
    let unit = "01900000-0000-7000-8000-000000000001";
    assert_eq!(ask(&["master", "offer", "--unit", unit, "--name", "other"])["offered"], serde_json::json!([]));
    assert_eq!(ask(&["master", "offer", "--unit", unit, "--all"])["offered"][0]["name"], "base");
    assert_eq!(ask(&["master", "pilots", "base:2"])["units"], serde_json::json!([]));

    // A secret comes by standard input, and the words for people tell the whole explanation.
    let url = format!("http://{}", server.text("console_address"));
    let run = |args: &[&str], input: &str| {
        let mut command = Command::new(SOCLE);
        command.args(args).args(["--server", &url]).env("SOCLE_TOKEN", &token).env("SOCLE_LANG", "en");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run(&["option", "set", "join-password", "--secret"], "hunter2\n");
    assert_eq!((code, said.contains("hunter2")), (Some(0), false), "{said}");
    assert!(run(&["option", "list"], "").1.contains("(secret)"));
    let (_, said) = run(&["explain", "poste-01", "language"], "");
    for words in
        ["language = en", "Decided by Centre", "Within what base 1 leaves: free", "Overrides fr, of base 1", "en | fr"]
    {
        assert!(said.contains(words), "{words} is not in: {said}");
    }
    let (code, said) = run(&["option", "set", "language", "--machine", "poste-01", "--value", "de"], "");
    assert_eq!(code, Some(1));
    assert!(said.contains("is not among the values"), "{said}");
    let (_, said) = run(&["master", "diff", "base:1", "base:2"], "");
    assert!(said.contains("default = 'fr'") && said.contains("~") && said.contains("default = 'de'"), "{said}");
}
