//! Masters and options from the command line: what needs no server.
use crate::program::SOCLE;
use socle_domain::{master::Master, sign::Signed};
use std::{fs, path::Path, process::Command};

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
    let master = Master { name: "base".into(), version: "3".into(), sequence: sequence.into(), generation: 7, ..Master::default() };
    let draft = serde_json::json!({ "id": "x", "master": master, "by": "claire", "at": "2026-11-22T07:00:00Z", "fault": null });
    fs::write(at("draft.json"), draft.to_string()).unwrap();
    let (code, said, trouble) = socle(&["sign", "master", &at("draft.json"), "--key", &at("content.key"), "--out", &at("base.master"), "--json"]);
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
