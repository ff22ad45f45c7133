//! A dump of the whole database holds no secret, in whatever form: not on SQLite, not on a real PostgreSQL.
use crate::{
    account::enrol,
    browser::{Browser, PASSWORD, between},
    house::House,
    postgresql::Cluster,
};
use data_encoding::{BASE32, BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use socle_domain::Timestamp;
use socle_server::{Config, Data, host};
use std::process::Command;

/// A secret as it might stand somewhere.
fn forms(name: &str, secret: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut turned = secret.to_vec();
    turned.reverse();
    let said = |form: &str, bytes: Vec<u8>| (format!("{name} {form}"), bytes);
    let mut forms = vec![
        said("as it is", secret.to_vec()),
        said("backwards", turned),
        said("in hexadecimal", HEXLOWER.encode(secret).into_bytes()),
        said("in HEXADECIMAL", HEXUPPER.encode(secret).into_bytes()),
        said("in base 32", BASE32.encode(secret).trim_end_matches('=').into()),
        said("percent-encoded", secret.iter().map(|b| format!("%{b:02X}")).collect::<String>().into_bytes()),
        said("as numbers", secret.iter().map(|b| b.to_string()).collect::<Vec<_>>().join(",").into_bytes()),
    ];
    // Base 64 at each of its three places, without the letters that depend on what stands around.
    for shift in 0..3 {
        let shifted = [vec![0; shift], secret.to_vec()].concat();
        for text in [BASE64.encode(&shifted), BASE64URL_NOPAD.encode(&shifted)] {
            let text = text.trim_end_matches('=');
            let whole = &text[if shift == 0 { 0 } else { 4 }..text.len() - 2];
            forms.push(said(&format!("in base 64, shifted by {shift}"), whole.as_bytes().to_vec()));
        }
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        forms.push(said("in UTF-16", wide));
        if secret.len() == 64 {
            forms.push(said("as its bytes", HEXLOWER.decode(secret).unwrap_or_default()));
        }
    }
    forms.retain(|(_, bytes)| bytes.len() >= 6);
    forms
}

fn found(dump: &[u8], form: &[u8]) -> bool {
    dump.windows(form.len()).any(|window| window == form)
}

const WITH_A_SECRET: &str = "
title = { fr = 'Essai', en = 'Trial' }
[[option]]
name = 'join-password'
kind = 'secret'
label = { fr = 'Mot de passe', en = 'Password' }
[[step]]
id = 'look'
kind = 'check'
[[step]]
id = 'tell'
kind = 'report'
";

/// Does with a server all that puts secrets into it; the secrets, by name.
fn fill(house: &House) -> Vec<(String, Vec<u8>)> {
    let browser = Browser::signed_in(house);
    let (totp, codes) = enrol(&browser, house);
    let mut secrets = vec![
        ("the password".to_string(), PASSWORD.as_bytes().to_vec()),
        ("the link".into(), house.link.rsplit('/').next().unwrap().into()),
        ("the secret of the codes".into(), totp),
        ("the session".into(), browser.cookie("socle-session").unwrap().into()),
        ("the device".into(), browser.cookie("socle-device").unwrap().into()),
        ("the computer's token".into(), house.token.clone().into()),
    ];
    for (n, code) in codes.iter().enumerate() {
        secrets.push((format!("recovery code {n}"), code.clone().into()));
        secrets.push((format!("recovery code {n} without hyphens"), code.replace('-', "").into()));
    }
    let done = browser.post("/account/tokens", &[("name", "inventory"), ("days", "30"), ("role", "")]);
    assert_eq!(done.status, 303, "{}", done.text);
    let token = between(&browser.get("/account/once").text, "class=\"secret\">", "</code>").to_string();
    // By the API, under a key: the answer that is kept for who asks again holds the secret too.
    let wish = serde_json::json!({ "name": "by the API", "days": 5 });
    let request = house.http().post(house.url("console", "/api/v1/account/tokens")).json(&wish);
    let cookie = format!("socle-session={}", browser.cookie("socle-session").unwrap());
    let made =
        request.header("cookie", cookie).header("origin", house.url("console", "")).header("idempotency-key", "k1");
    let made: serde_json::Value = made.send().unwrap().json().unwrap();
    secrets.push(("the token of the API".into(), made["secret"].as_str().unwrap().into()));
    secrets.push(("the token".into(), token.into()));
    // What the other rooms seal: a webhook's secret, a directory's password, an option that is one.
    let hook = serde_json::json!({ "name": "watch", "url": "https://hooks.example.org/socle" });
    let made: serde_json::Value = house.post("/api/v1/webhooks", &hook);
    secrets.push(("the webhook's secret".into(), made["secret"].as_str().unwrap().into()));
    let asked = serde_json::json!({
        "config": { "url": "ldaps://ldap.example.org", "base": "dc=example", "bind": "cn=socle" },
        "password": "the directory's own password",
    });
    let _: serde_json::Value = house.put("/api/v1/directories/centre", &asked);
    secrets.push(("the directory's password".into(), b"the directory's own password".to_vec()));
    house.master_of(WITH_A_SECRET, "1");
    let path = format!("/api/v1/units/{}/options/join-password", socle_domain::UnitId::ROOT);
    let _: serde_json::Value = house.put(&path, &serde_json::json!({ "secret": "hunter2 correct horse" }));
    secrets.push(("the option".into(), b"hunter2 correct horse".to_vec()));
    for file in ["vault.key", "server.key", "tls.key", "content-key/content.key"] {
        let text = std::fs::read_to_string(house.data().join(file)).unwrap();
        let line = text.lines().find(|l| !l.starts_with('-')).unwrap();
        secrets.push((file.into(), line.rsplit(':').next().unwrap().into()));
    }
    secrets
}

fn check(dump: &[u8], secrets: &[(String, Vec<u8>)], seen: &[u8]) {
    assert!(dump.len() > 10_000 && found(dump, b"inventory"), "this is no dump: {} bytes", dump.len());
    assert!(found(dump, seen), "the search finds what is there");
    let clear: Vec<String> = secrets
        .iter()
        .flat_map(|(name, secret)| forms(name, secret))
        .filter(|(_, form)| found(dump, form))
        .map(|(name, _)| name)
        .collect();
    assert!(clear.is_empty(), "these stand in the dump: {clear:#?}");
}

/// The keys of the vault are changed, and whoever signs in notices nothing.
fn with_another_key(house: House, config: &Config) -> House {
    let now: Timestamp = house.now();
    let before = std::fs::read(house.data().join("vault.key")).unwrap();
    let data = house.data();
    let house = house.again_after(|folder| {
        let data = Data::new(folder).unwrap();
        let work = host::change_vault_key(&data, config, now);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert!(runtime.block_on(work).unwrap() >= 4);
    });
    assert_ne!(std::fs::read(data.join("vault.key")).unwrap(), before);
    house
}

fn still_opens(house: &House, secret: &[u8]) {
    house.later(60);
    let browser = Browser::new(house);
    browser.sign_in("admin", PASSWORD);
    let code = socle_trust::totp::code(secret, house.now()).unwrap();
    assert_eq!(
        browser.post("/sign-in/second", &[("code", &code)]).status,
        303,
        "the code opens after the change of key"
    );
}

#[test]
fn a_dump_of_sqlite_holds_no_secret() {
    let house = House::on_sqlite();
    let secrets = fill(&house);
    let totp = secrets[2].1.clone();
    let house = with_another_key(house, &Config::default());
    // The file, what is being written beside it, and every value as text.
    let mut dump = Vec::new();
    for file in ["socle.db", "socle.db-wal", "socle.db-shm"] {
        dump.extend(std::fs::read(house.data().join(file)).unwrap_or_default());
    }
    check(&dump, &secrets, b"sealed:1:");
    still_opens(&house, &totp);
}

#[test]
fn a_dump_of_postgresql_holds_no_secret() {
    let cluster = Cluster::start();
    let url = cluster.database("at_rest");
    let mut config = Config::default();
    config.database.url = Some(url.clone());
    let house = House::with(config.clone());
    let secrets = fill(&house);
    let totp = secrets[2].1.clone();
    let house = with_another_key(house, &config);
    let dumped = Command::new("pg_dump").args(["--inserts", "--dbname", &url]).output().unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    check(&dumped.stdout, &secrets, b"sealed:1:");
    still_opens(&house, &totp);
    drop(house);
}

#[test]
fn the_search_finds_what_is_hidden() {
    let secret = b"le secret de la maison";
    for (form, bytes) in forms("x", secret) {
        let dump = [b"before ".as_slice(), &bytes, b" after"].concat();
        assert!(found(&dump, &bytes), "{form}");
    }
    let hidden = BASE64.encode(b"{\"a\":\"le secret de la maison\"}");
    assert!(forms("x", secret).iter().any(|(_, form)| found(hidden.as_bytes(), form)), "within other base 64");
}
