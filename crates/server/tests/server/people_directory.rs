//! People from a real directory: all of them once, then what changed; whoever has gone is proposed and a person decides.
use crate::{
    house::House,
    slapd::{ADMIN, BASE, READER, Slapd, people},
};
use ldap3::{LdapConnAsync, Mod};
use serde_json::{Value, json};
use socle_domain::person::Person;
use socle_server::Config;
use socle_wire::{
    organisation::{DepartureView, DirectoryReport, DirectoryView},
    problem::Problem,
};
use std::{collections::HashSet, path::Path, time::Duration};

/// Something that the directory's own administrator does.
fn change(slapd: &Slapd, work: impl AsyncFnOnce(&mut ldap3::Ldap)) {
    // The directory counts in whole seconds: what changes within one second was perhaps seen already.
    std::thread::sleep(Duration::from_millis(1_100));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let (connection, mut ldap) = LdapConnAsync::new(&slapd.socket()).await.unwrap();
        tokio::spawn(async move { drop(connection.drive().await) });
        ldap.simple_bind(ADMIN.0, ADMIN.1).await.unwrap().success().unwrap();
        work(&mut ldap).await;
        ldap.unbind().await.unwrap();
    });
}
fn one(value: &str) -> HashSet<&str> {
    HashSet::from([value])
}

fn house(slapd: &Slapd) -> House {
    house_where(slapd, "allow = ['127.0.0.0/8', '::1/128']")
}
fn house_where(slapd: &Slapd, allowed: &str) -> House {
    let text = format!(
        "[directories]\n{allowed}\n[sign_in.directory]\nurl = '{}'\nbase = '{BASE}'\nauthorities = '{}'\n",
        slapd.tls(),
        slapd.authority().display()
    );
    House::with(Config::parse(&text, Path::new("socle.toml")).unwrap())
}
fn read(house: &House, dry_run: bool) -> DirectoryReport {
    house.post(&format!("/api/v1/directories/mairie/read?dry_run={dry_run}"), &json!({}))
}
fn names(house: &House) -> Vec<String> {
    let mut names: Vec<_> = house.all::<Person>("/api/v1/persons").into_iter().map(|p| p.name).collect();
    names.sort();
    names
}

#[test]
fn people_come_in_change_and_leave_only_when_a_person_says_so() {
    let slapd = Slapd::start(&people());
    let house = house(&slapd);
    let tree = "path,kind\nAccueil,site\n";
    let url = house.url("console", "/api/v1/imports/units");
    assert!(house.http().post(url).bearer_auth(&house.token).body(tree).send().unwrap().status().is_success());
    let config = json!({
        "url": slapd.tls(), "base": format!("ou=people,{BASE}"), "filter": "(objectClass=inetOrgPerson)",
        "bind": READER.0, "unit": "departmentNumber",
    });
    let kept: DirectoryView =
        house.put("/api/v1/directories/mairie", &json!({ "config": config, "password": READER.1 }));
    assert!(kept.has_password);
    let told: Value = house.get("/api/v1/directories/mairie");
    assert!(!told.to_string().contains(READER.1), "the password came out");

    let tried = read(&house, true);
    assert_eq!((tried.done, tried.added), (false, 3));
    assert_eq!(names(&house).len(), 0, "it was only looked at");
    assert_eq!(read(&house, false).added, 3);
    assert_eq!(names(&house), ["Max", "Twin", "Zoe"]);
    let again = read(&house, false);
    assert_eq!((again.added, again.changed, again.departures), (0, 0, 0));

    // Only what has changed since is read again.
    change(&slapd, async |ldap| {
        let dn = format!("uid=zoe,ou=people,{BASE}");
        let mods = vec![Mod::Replace("cn", one("Zoé")), Mod::Add("departmentNumber", one("Accueil"))];
        ldap.modify(&dn, mods).await.unwrap().success().unwrap();
    });
    let report = read(&house, false);
    assert_eq!((report.changed, report.added), (1, 0), "{report:?}");
    assert_eq!(read(&house, false).read, 1, "only what changed in the last second that was seen, or since");
    let zoe = house.all::<Person>("/api/v1/persons").into_iter().find(|p| p.name == "Zoé").unwrap();
    assert_ne!(zoe.unit, socle_domain::UnitId::ROOT, "her attribute says where she works");

    // Who is gone is proposed, and is there until somebody decides.
    change(&slapd, async |ldap| {
        for uid in ["max", "twin"] {
            ldap.delete(&format!("uid={uid},ou=people,{BASE}")).await.unwrap().success().unwrap();
        }
    });
    assert_eq!(read(&house, true).departures, 2);
    assert_eq!(house.all::<DepartureView>("/api/v1/departures").len(), 0, "it was only looked at");
    assert_eq!(read(&house, false).departures, 2);
    assert_eq!(read(&house, false).departures, 0, "proposed once");
    assert_eq!(names(&house), ["Max", "Twin", "Zoé"], "nobody left by himself");
    for one in house.all::<DepartureView>("/api/v1/departures") {
        let url = house.url("console", &format!("/api/v1/departures/{}/decide", one.id));
        let said = json!({ "left": one.name == "Max" });
        assert_eq!(house.http().post(url).bearer_auth(&house.token).json(&said).send().unwrap().status(), 204);
    }
    house.later(1);
    assert_eq!(names(&house), ["Twin", "Zoé"]);
    assert_eq!(house.all::<Person>("/api/v1/persons?left=true").len(), 3, "Max is remembered");
    assert_eq!(read(&house, false).departures, 0, "somebody has said that Twin stays");
}

#[test]
fn a_directory_that_does_not_answer_changes_nothing() {
    let slapd = Slapd::start(&people());
    let house = house(&slapd);
    let config = |bind: &str| json!({ "url": slapd.tls(), "base": format!("ou=people,{BASE}"), "filter": "(objectClass=inetOrgPerson)", "bind": bind });
    let put = |wish: Value| house.put::<DirectoryView>("/api/v1/directories/mairie", &wish);
    put(json!({ "config": config(READER.0), "password": READER.1 }));
    assert_eq!(read(&house, false).added, 3);
    let refused = || house.refused("/api/v1/directories/mairie/read", &json!({}));
    put(json!({ "config": config(READER.0), "password": "wrong" }));
    assert_eq!(refused(), (424, "trust-directory-refused".into()));
    let mut elsewhere = config(READER.0);
    elsewhere["url"] = "ldaps://localhost:1".into();
    let kept = put(json!({ "config": elsewhere }));
    assert!(!kept.has_password, "a password is not sent to another address than the one it was meant for");
    assert_eq!(refused(), (424, "trust-directory-silent".into()));
    assert_eq!(names(&house), ["Max", "Twin", "Zoe"]);
    assert_eq!(house.all::<DepartureView>("/api/v1/departures").len(), 0);
}

/// Whoever organises a body could otherwise look, through the centre's server, at what stands behind its walls.
#[test]
fn a_directory_leads_nowhere_inside() {
    let slapd = Slapd::start(&people());
    let house = house_where(&slapd, "");
    let put = |url: &str| {
        let config = json!({ "url": url, "base": BASE, "filter": "(objectClass=inetOrgPerson)" });
        let place = house.url("console", "/api/v1/directories/mairie");
        let response = house.http().put(place).bearer_auth(&house.token).json(&json!({ "config": config }));
        let response = response.send().unwrap();
        match response.status().as_u16() {
            200 => (200, String::new()),
            status => (status, response.json::<Problem>().unwrap().fault.code.to_string()),
        }
    };
    for url in [
        "ldap://127.0.0.1:22",
        "ldap://10.0.0.5:22",
        "ldaps://192.168.1.1",
        "ldaps://[::1]",
        "ldaps://[::ffff:127.0.0.1]",
        "ldaps://169.254.169.254:80",
    ] {
        assert_eq!(put(url), (422, "trust-directory-forbidden".into()), "{url}");
    }
    assert_eq!(put(&slapd.socket()), (422, "server-directory-wrong".into()), "a socket of this computer");
    // A name is judged by where it leads, when it is used.
    assert_eq!(put(&slapd.tls()).0, 200);
    let refused = house.refused("/api/v1/directories/mairie/read", &json!({}));
    assert_eq!(refused, (424, "trust-directory-forbidden".into()));
}

/// A name counts within its unit: a body neither meets nor learns of what another has called its own.
#[test]
fn two_bodies_call_their_directories_the_same() {
    let slapd = Slapd::start(&people());
    let house = house(&slapd);
    let url = house.url("console", "/api/v1/imports/units");
    let tree = "path,kind\nAin,body\nLoire,body\n";
    assert!(house.http().post(url).bearer_auth(&house.token).body(tree).send().unwrap().status().is_success());
    let units = house.all::<Value>("/api/v1/units");
    let [ain, loire] = ["Ain", "Loire"]
        .map(|name| units.iter().find(|u| u["name"] == name).unwrap()["id"].as_str().unwrap().to_string());
    let config = json!({
        "url": slapd.tls(), "base": format!("ou=people,{BASE}"), "filter": "(objectClass=inetOrgPerson)", "bind": READER.0,
    });
    let wish = json!({ "config": config, "password": READER.1 });
    let kept: Vec<DirectoryView> = [&ain, &loire]
        .map(|unit| house.put::<DirectoryView>(&format!("/api/v1/directories/mairie?unit={unit}"), &wish))
        .into();
    assert_eq!(kept.iter().map(|d| d.unit.to_string()).collect::<Vec<_>>(), [ain.clone(), loire.clone()]);
    assert_ne!(kept[0].id, kept[1].id);
    // The centre sees both, and has to say which it means.
    assert_eq!(house.all::<DirectoryView>("/api/v1/directories").len(), 2);
    let refused = house.refused("/api/v1/directories/mairie/read", &json!({}));
    assert_eq!(refused, (409, "server-directory-several".into()));
    for unit in [&ain, &loire] {
        let read = |unit: &str| -> DirectoryReport {
            house.post(&format!("/api/v1/directories/mairie/read?dry_run=false&unit={unit}"), &json!({}))
        };
        assert_eq!(read(unit).added, 3, "its own people, with the password that was kept for it");
        assert_eq!(read(unit).added, 0);
    }
    assert_eq!(names(&house).len(), 6);
    // Changed by the one, the other's stays as it is.
    let mut elsewhere = config.clone();
    elsewhere["url"] = "ldaps://localhost:1".into();
    let unit_of = json!({ "unit": ain, "config": elsewhere });
    let changed: DirectoryView = house.put("/api/v1/directories/mairie", &unit_of);
    assert_eq!((changed.id.as_str(), changed.has_password), (kept[0].id.as_str(), false));
    let theirs: DirectoryView = house.get(&format!("/api/v1/directories/mairie?unit={loire}"));
    assert_eq!((theirs.config, theirs.has_password), (kept[1].config.clone(), true));
}
