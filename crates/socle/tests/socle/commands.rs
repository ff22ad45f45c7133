//! Commands that need no server.
use crate::program::SOCLE;
use std::{os::unix::net::UnixDatagram, path::Path, process::Command, time::Duration};

fn socle(args: &[&str], lang: &str) -> (Option<i32>, String, String) {
    let output = Command::new(SOCLE).args(args).env("SOCLE_LANG", lang).env("SOCLE_TOKEN", "").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn a_configuration_is_checked_by_line_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(folder.path(), "good.toml", "[console]\nlisten = '127.0.0.1:9000'\n");
    let (code, said, _) = socle(&["config", "check", &good], "en");
    assert_eq!(code, Some(0));
    assert!(said.contains("127.0.0.1:9000"), "{said}");
    let bad = file(folder.path(), "bad.toml", "[console]\nlisen = '127.0.0.1:9000'\n");
    for (lang, word) in [("en", "line 2"), ("fr", "ligne 2")] {
        let (code, _, said) = socle(&["config", "check", &bad], lang);
        assert_eq!(code, Some(1));
        assert!(said.contains(word) && said.contains("lisen"), "{said}");
    }
    let (code, _, said) = socle(&["serve", "--data", "/nonexistent/x", "--config", &bad], "en");
    assert_eq!(code, Some(1), "{said}");
}

/// `socle … | head`: who reads only the beginning has what he wanted; a full disk is a fault.
#[test]
fn output_that_nobody_reads_to_its_end_is_no_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let good = file(folder.path(), "good.toml", "[console]\nlisten = '127.0.0.1:9000'\n");
    let run = |args: &[&str], out: std::process::Stdio| {
        let mut command = Command::new(SOCLE);
        let output = command.args(args).env("SOCLE_LANG", "en").stdout(out).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    };
    assert_eq!(run(&["config", "check", &good], closed()), (Some(0), String::new()));
    assert_eq!(run(&["--help"], closed()).1, "");
    // What went wrong is still told, and is still what the command ends with.
    let (code, said) = run(&["image", "list", "--repo", "/nonexistent/x", "--json"], closed());
    assert_eq!((code, said.contains("panicked")), (Some(1), false), "{said}");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let (code, said) = run(&["config", "check", &good], full.into());
    assert!(code == Some(1) && said.contains("could not be written to its end"), "{code:?} {said}");
}

#[test]
fn a_sequence_that_is_wrong_is_never_signed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let (code, ..) = socle(&["sign", "key", "--out", &path("content.key")], "en");
    assert_eq!(code, Some(0));
    let text = file(folder.path(), "x.toml", "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'a'\nkind = 'dance'\n");
    let (key, out) = (path("content.key"), path("x.master"));
    let sign = ["master", "sign", &text, "--name", "x", "--version", "1", "--key", &key, "--out", &out];
    let (code, _, said) = socle(&sign, "en");
    assert_eq!(code, Some(1));
    assert!(said.contains("line"), "{said}");
    assert!(!Path::new(&out).exists());
}

#[test]
fn a_server_that_is_not_there_is_said_so() {
    let (code, _, said) = socle(&["machine", "list", "--server", "http://127.0.0.1:1"], "fr");
    assert_eq!(code, Some(1));
    assert!(said.contains("http://127.0.0.1:1") && said.contains("SOCLE_SERVER"), "{said}");
    let (code, said, _) = socle(&["status", "--json", "--server", "http://127.0.0.1:1"], "fr");
    assert_eq!(code, Some(1));
    let answer: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(answer["fault"]["code"], "socle-server-silent");
}

#[test]
fn a_token_is_made_only_for_a_server_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("nothing").to_str().unwrap().to_string();
    let (code, _, said) = socle(&["token", "create", "--name", "x", "--data", &empty], "en");
    assert_eq!(code, Some(1), "{said}");
    assert!(!Path::new(&empty).exists());
}

/// What the unit file's `Type=notify` waits for.
#[test]
fn systemd_is_told_when_the_server_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let listen = UnixDatagram::bind(&socket).unwrap();
    listen.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let any = "listen = '127.0.0.1:0'\n";
    let config = file(folder.path(), "c.toml", &format!("[console]\n{any}[agents]\n{any}[boot]\n{any}"));
    let mut command = Command::new(SOCLE);
    command.args(["serve", "--data"]).arg(folder.path().join("data")).args(["--config", &config]);
    let mut child = command.env("NOTIFY_SOCKET", &socket).stdout(std::process::Stdio::null()).spawn().unwrap();
    let hear = || {
        let mut bytes = [0; 64];
        let n = listen.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    };
    assert_eq!(hear(), "READY=1");
    crate::program::signal(child.id(), "TERM");
    assert_eq!(hear(), "STOPPING=1");
    assert!(child.wait().unwrap().success());
}

/// The configuration that we ship reads, also with every example in it switched on.
#[test]
fn the_shipped_configuration_reads() {
    let shipped = include_str!("../../../../packaging/socle.toml");
    let folder = tempfile::tempdir().unwrap();
    let on: String = shipped
        .lines()
        .map(|l| l.strip_prefix('#').filter(|l| !l.starts_with(' ')).unwrap_or(l))
        .fold(String::new(), |all, l| all + l + "\n");
    let on = on.replace("mode = \"proxy\"", "mode = \"full\"");
    for (name, text) in [("shipped.toml", shipped), ("on.toml", &on)] {
        let (code, _, said) = socle(&["config", "check", &file(folder.path(), name, text)], "en");
        assert_eq!(code, Some(0), "{said}\n{text}");
    }
}
