//! Signing in through the centre's service: the real provider of npm, then one that lies.
use crate::{
    browser::{Browser, PASSWORD, Page},
    house::House,
};
use socle_domain::{UnitId, role::Role};
use socle_server::{
    Config,
    config::sign_in::{Mapped, Service},
};
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A program of `web/tests`, ended with this.
struct Node(Child);

impl Node {
    fn start(script: &str, args: &[&str]) -> Node {
        let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
        let mut command = Command::new("node");
        command.arg(web.join("tests").join(script)).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node: run `cargo xtask setup`");
        let (mut line, mut said) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        said.read_line(&mut line).unwrap();
        assert!(line.starts_with("http://localhost:"), "{script} did not start: {line}");
        // What it says from then on is heard, so that it can go on speaking.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Node(child)
    }
}
impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

struct Scene {
    house: House,
    service: u16,
    _node: Node,
    _folder: tempfile::TempDir,
}

fn secret_file(folder: &Path) -> PathBuf {
    use std::io::Write;
    let path = folder.join("oidc.secret");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).mode(0o600).open(&path).unwrap();
    file.write_all(b"a-secret-of-the-service-only\n").unwrap();
    path
}

/// A server and its service. `pkce`: whether the service demands it, and whether we do it.
fn scene(script: &str, (demanded, done): (bool, bool), change: impl FnOnce(&mut Service)) -> Scene {
    let (folder, service, console) = (tempfile::tempdir().unwrap(), free_port(), free_port());
    let back = format!("http://localhost:{console}/sign-in/service/back");
    let pkce = if demanded { "pkce" } else { "plain" };
    let node = Node::start(script, &[&service.to_string(), &back, pkce]);
    let mut config = Config::default();
    config.console.url = Some(format!("http://localhost:{console}"));
    let group = |group: &str, role| Mapped { group: group.into(), role, unit: UnitId::ROOT };
    let mut one = Service {
        name: "SSO du centre".into(),
        issuer: format!("http://localhost:{service}"),
        client_id: "socle".into(),
        secret_file: Some(secret_file(folder.path())),
        scopes: vec!["profile".into(), "groups".into()],
        pkce: done,
        name_claim: "preferred_username".into(),
        groups_claim: "groups".into(),
        authorities: None,
        link_existing: false,
        asks_second_factor: false,
        grants: vec![group("techs", Role::Technician), group("auditors", Role::Auditor)],
    };
    change(&mut one);
    config.sign_in.service = Some(one);
    let house = House::with_console(config, console);
    house.later(1); // the administrator was there first
    Scene { house, service, _node: node, _folder: folder }
}

impl Scene {
    /// From our door to the service and back, as far as our answer.
    fn come(&self, browser: &Browser) -> Page {
        let first = browser.get("/sign-in/service?next=/runs");
        let back = browser.follow(first, |to| to.contains("/sign-in/service/back?"));
        assert!(back.location.contains("/sign-in/service/back?"), "{} {}", back.status, back.text);
        browser.get(&back.location)
    }
    fn who(&self, person: serde_json::Value) {
        let url = format!("http://localhost:{}/test/who", self.service);
        assert!(self.house.http().post(url).json(&person).send().unwrap().status().is_success());
    }
    /// The roles of an account, by its name.
    fn roles(&self, name: &str) -> Vec<String> {
        let all: Vec<serde_json::Value> = self.house.all("/api/v1/grants");
        let of = |g: &&serde_json::Value| g["person_name"] == name;
        all.iter().filter(of).map(|g| g["role"].as_str().unwrap().to_string()).collect()
    }
}

#[test]
fn somebody_comes_through_the_service_and_his_groups_give_him_his_roles() {
    let scene = scene("oidc-provider.js", (true, true), |_| {});
    let browser = Browser::new(&scene.house);
    assert!(browser.get("/sign-in").text.contains("Sign in with SSO du centre"));
    let done = scene.come(&browser);
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.text.contains("content=\"0;url=/runs\""), "the page goes on by itself: strict cookies need that");
    assert!(browser.is_in());
    assert!(browser.get("/account").text.contains("sign-in service"));
    assert_eq!(scene.roles("zoe"), ["technician"]);

    // Signing out here, and there.
    let out = browser.sign_out();
    assert_eq!(out.location, "/sign-in?out=yes");
    assert!(browser.get(&out.location).text.contains("/sign-in/service/out"));
    let there = browser.get("/sign-in/service/out").location;
    assert!(there.starts_with(&format!("http://localhost:{}/session/end?", scene.service)), "{there}");
    assert!(!there.contains("id_token"), "no token is kept to be shown");

    // Another group, another role; what the first gave is taken back. And another name: he is the same all the same.
    scene.who(serde_json::json!({ "sub": "7001", "preferred_username": "zoe-married", "groups": ["auditors"] }));
    let again = Browser::new(&scene.house);
    assert_eq!(scene.come(&again).status, 200);
    assert_eq!(scene.roles("zoe"), ["auditor"]);
    assert_eq!(scene.roles("zoe-married"), [] as [&str; 0]);
}

#[test]
fn nobody_becomes_somebody_else_by_choosing_his_name() {
    let scene = scene("oidc-provider.js", (true, true), |_| {});
    scene.who(serde_json::json!({ "sub": "666", "preferred_username": "admin", "groups": ["techs"] }));
    let browser = Browser::new(&scene.house);
    let refused = scene.come(&browser);
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("as somebody who has an account here already"));
    assert!(!browser.is_in());
    for name in ["", " ", "a\nb"] {
        scene.who(serde_json::json!({ "sub": format!("s{name:?}"), "preferred_username": name }));
        assert_eq!(scene.come(&Browser::new(&scene.house)).status, 403, "{name:?}");
    }
}

#[test]
fn a_second_factor_of_ours_is_asked_after_the_service() {
    let scene = scene("oidc-provider.js", (true, true), |service| service.link_existing = true);
    let admin = Browser::signed_in(&scene.house);
    crate::account::enrol(&admin, &scene.house);
    scene.who(serde_json::json!({ "sub": "1", "preferred_username": "admin" }));
    let browser = Browser::new(&scene.house);
    let done = scene.come(&browser);
    assert!(done.text.contains("url=/sign-in/second"), "{}", done.text);
    assert!(!browser.is_in());
    assert_eq!(browser.get("/sign-in/second").status, 200);
    // A password of the same account goes on serving.
    assert_eq!(Browser::new(&scene.house).sign_in("admin", PASSWORD).location, "/sign-in/second");
}

#[test]
fn the_codes_own_proof_can_be_switched_off_for_a_service_that_does_not_know_it() {
    let without = scene("oidc-provider.js", (false, false), |_| {});
    let browser = Browser::new(&without.house);
    let sent = browser.get("/sign-in/service").location;
    assert!(!sent.contains("code_challenge") && sent.contains("nonce=") && sent.contains("state="), "{sent}");
    assert_eq!(without.come(&browser).status, 200);
    let demanded = scene("oidc-provider.js", (true, false), |_| {});
    let browser = Browser::new(&demanded.house);
    let refused = scene_error(&demanded, &browser);
    assert_eq!(refused.status, 403, "the service demands it: {}", refused.text);
    let with = scene("oidc-provider.js", (true, true), |_| {});
    let sent = Browser::new(&with.house).get("/sign-in/service").location;
    assert!(sent.contains("code_challenge_method=S256"), "{sent}");
}

fn scene_error(scene: &Scene, browser: &Browser) -> Page {
    let first = browser.get("/sign-in/service");
    let back = browser.follow(first, |to| to.contains("/sign-in/service/back?"));
    assert!(back.location.contains("error="), "{}", back.location);
    let _ = scene;
    browser.get(&back.location)
}

#[test]
fn who_is_sent_back_must_have_been_sent_from_here() {
    let scene = scene("oidc-provider.js", (true, true), |_| {});
    let thief = Browser::new(&scene.house);
    let back = thief.follow(thief.get("/sign-in/service"), |to| to.contains("/sign-in/service/back?")).location;
    // Somebody else's browser is led to the thief's answer, to be signed in as the thief.
    let victim = Browser::new(&scene.house);
    assert_eq!(victim.get(&back).status, 403);
    victim.get("/sign-in/service");
    assert_eq!(victim.get(&back).status, 403, "though he was sent himself");
    let state = crate::browser::between(&back, "state=", "&").to_string();
    for wrong in [back.replace(&state, "0000"), back.replace("state=", "stat="), back.replace("iss=http", "iss=https")]
    {
        let copy = Browser::new(&scene.house);
        copy.as_copy_of(&thief);
        assert_eq!(copy.get(&wrong).status, 403, "{wrong}");
        assert!(!copy.is_in());
    }
    // The last of these has used the state up: an answer is heard once.
    assert_eq!(thief.get(&back).status, 403);

    let honest = Browser::new(&scene.house);
    let back = honest.follow(honest.get("/sign-in/service"), |to| to.contains("/sign-in/service/back?")).location;
    assert_eq!(honest.get(&back).status, 200);
    let replayed = Browser::new(&scene.house);
    replayed.as_copy_of(&honest);
    replayed.forget("socle-session");
    assert_eq!(replayed.get(&back).status, 403);
    assert!(!replayed.is_in());
    // After five minutes nobody waits any more.
    let late = Browser::new(&scene.house);
    let back = late.follow(late.get("/sign-in/service"), |to| to.contains("/sign-in/service/back?")).location;
    scene.house.later(301);
    assert_eq!(late.get(&back).status, 403);
}

#[test]
fn a_service_that_lies_is_not_believed() {
    let scene = scene("oidc-rogue.js", (false, true), |_| {});
    // The rogue's own clock is that of this computer: ours is set to it.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    scene.house.later((now - scene.house.now().as_second()).max(0) as u64);
    let come = |lie: &str| {
        let browser = Browser::new(&scene.house);
        let sent = browser.get("/sign-in/service").location;
        let part = |name: &str| sent.split(&format!("{name}=")).nth(1).unwrap().split('&').next().unwrap().to_string();
        let url = format!("http://localhost:{}/nonce?is={}", scene.service, part("nonce"));
        scene.house.http().get(url).send().unwrap();
        let answer = browser.get(&format!("/sign-in/service/back?code={lie}&state={}", part("state")));
        (answer.status, browser.is_in())
    };
    for lie in [
        "nonce",
        "no-nonce",
        "audience",
        "audiences",
        "issuer",
        "expired",
        "none",
        "hmac",
        "other-key",
        "altered",
        "endless",
    ] {
        let (status, is_in) = come(lie);
        assert!(matches!(status, 403 | 422 | 503), "{lie}: {status}");
        assert!(!is_in, "{lie} was believed");
    }
    assert_eq!(come("honest"), (200, true), "the same service, when it does not lie");
}

#[test]
fn a_service_that_is_silent_is_said_and_keeps_nobody_out() {
    let (folder, console) = (tempfile::tempdir().unwrap(), free_port());
    let mut config = Config::default();
    config.console.url = Some(format!("http://localhost:{console}"));
    let text = format!(
        "[sign_in.service]\nname = 'SSO'\nissuer = 'http://localhost:{}'\nclient_id = 'socle'\nsecret_file = '{}'\n",
        free_port(),
        secret_file(folder.path()).display()
    );
    config.sign_in = Config::parse(&text, Path::new("socle.toml")).unwrap().sign_in;
    let house = House::with_console(config, console);
    let browser = Browser::signed_in(&house);
    browser.sign_out();
    let said = browser.get("/sign-in/service");
    assert!(said.status >= 400 && said.text.contains("does not answer"), "{}", said.text);
    assert_eq!(browser.sign_in("admin", PASSWORD).status, 303);
}
