//! One server works with a data folder, and what may not be done beside it is refused.
use crate::program::{SOCLE, Server, signal};
use std::process::Command;

#[test]
fn the_vaults_key_is_changed_when_no_server_works_with_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let data = server.data.to_str().unwrap().to_string();
    let key = || std::fs::read(server_key(&data)).unwrap();
    let before = key();
    let change = |lang: &str| {
        let mut command = Command::new(SOCLE);
        let done = command.args(["account", "change-key", "--data", &data]).env("SOCLE_LANG", lang).output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let (code, said) = change("fr");
    assert!(code == Some(1) && said.contains("Un serveur travaille déjà avec le dossier"), "{said}");
    assert_eq!(key(), before, "nothing was changed");
    // Nor does a second server begin there.
    let second = Command::new(SOCLE)
        .args(["serve", "--data", &data, "--config"])
        .arg(folder.path().join("socle.toml"))
        .env("SOCLE_LANG", "en")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(1) && said.contains("A server works with the folder"), "{said}");
    // Whatever has ended the server, the folder is free.
    signal(server.id(), "KILL");
    server.wait();
    assert_eq!(change("en"), (Some(0), String::new()));
    assert_ne!(key(), before);
    let token = Server::start(folder.path()).token();
    assert!(!token.is_empty(), "it starts with the new key");
}

fn server_key(data: &str) -> std::path::PathBuf {
    std::path::Path::new(data).join("vault.key")
}
