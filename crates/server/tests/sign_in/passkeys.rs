//! Passkeys: what a browser does stands in `web/tests/passkeys.js`; Chromium's virtual authenticator is the device.
use crate::house::House;
use socle_server::Config;
use std::{path::Path, process::Command};

#[test]
fn a_browser_and_its_passkeys() {
    let mut config = Config::default();
    // Passkeys are bound to the name; the port that people use may be another.
    config.console.url = Some("http://localhost:8080".into());
    let house = House::with(config);
    let base = house.url("console", "").replace("127.0.0.1", "localhost");
    let link = format!("{base}/welcome/{}", house.link.rsplit('/').next().unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/tests/passkeys.js");
    let done = Command::new("node").arg(script).args([&base, &link]).output().expect("node");
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    assert!(out.lines().filter(|l| l.starts_with("held: ")).count() >= 10, "{out}");
}
