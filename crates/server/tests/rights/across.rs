//! What is one's own is not tied to what is another unit's, and not taken from it by its name: by somebody who holds every
//! right at home.
use crate::{
    house::House,
    people::{Organisation, told},
    things::{Things, accept_rule, directory, rule},
};
use reqwest::Method;
use serde_json::json;
use socle_domain::role::Role;
use socle_server::Config;
use std::path::Path;

#[test]
fn what_is_one_s_own_is_not_tied_to_what_is_another_s() {
    let text = "[directories]\nallow = ['127.0.0.0/8']\n";
    let house = House::with(Config::parse(text, Path::new("socle.toml")).unwrap());
    let org = Organisation::new(&house);
    let (own, other) = (org.body, org.other);
    let things = Things::new(&house, &org, &[own, other]);
    let roles = [Role::SiteAdministrator, Role::Designer, Role::Deployer].map(|role| (role, own));
    let head = org.somebody("head", &roles);
    let mine = |kind| things.thing(kind, own, false);
    let theirs = |kind| things.thing(kind, other, false);
    let stranger = theirs("stranger");
    let line = |machine: Vec<String>| json!({ "id": machine[0], "name": machine[1] });
    let master = things.master;
    let asked = [
        ("POST", format!("machines/{}/move", mine("machine")[0]), json!({ "unit": other })),
        (
            "POST",
            format!("machines/{}/replace-identity", mine("machine")[0]),
            json!({ "stranger": stranger[0], "key": stranger[1] }),
        ),
        ("POST", format!("machines/{}/accept", mine("stranger")[0]), json!({ "name": "poste-99", "unit": other })),
        ("PUT", format!("persons/{}", mine("person")[0]), json!({ "unit": other, "name": "Max" })),
        ("POST", "links".into(), json!({ "unit": own, "kind": "responsible", "person": theirs("person")[0] })),
        (
            "POST",
            "links".into(),
            json!({ "unit": own, "kind": "uses", "person": mine("person")[0], "machine": theirs("machine")[0] }),
        ),
        ("POST", "links".into(), json!({ "unit": other, "kind": "responsible", "person": mine("person")[0] })),
        (
            "POST",
            "runs/batch".into(),
            json!({ "targets": [mine("machine")[0], theirs("machine")[0]], "master": master }),
        ),
        ("POST", "runs".into(), json!({ "target": mine("machine")[0], "master": theirs("production")[0] })),
        (
            "POST",
            "wizard/room".into(),
            json!({ "unit": own, "master": master, "machines": [line(mine("machine")), line(theirs("machine"))] }),
        ),
        ("PUT", format!("masters/{}/pilots", mine("master")[0]), json!({ "units": [other] })),
        ("PUT", format!("accept-rules/{}", theirs("accept-rule")[0]), accept_rule(&theirs("accept-rule")[0], other)),
        ("PUT", format!("directories/{}", mine("directory")[0]), directory(other)),
        ("PUT", format!("rules/{}", theirs("rule")[0]), rule("taken", own)),
        ("PUT", format!("drafts/{}", theirs("draft")[0]), json!({ "name": "x", "version": "1", "sequence": "" })),
        ("POST", "unit-decisions".into(), json!({ "what": { "change": "move", "unit": org.site, "parent": other } })),
        ("POST", "unit-decisions".into(), json!({ "what": { "change": "merge", "unit": org.site, "into": other } })),
        ("POST", format!("webhooks/{}/deliveries/{}/again", mine("webhook")[0], theirs("delivery")[1]), json!(null)),
    ];
    let before = things.portrait(other);
    let mut lines = Vec::new();
    for (method, path, message) in asked {
        let request =
            org.request(Some(&head), Method::from_bytes(method.as_bytes()).unwrap(), &format!("/api/v1/{path}"));
        let (status, code) = told(request.header("socle-unit", own.to_string()).json(&message).send().unwrap());
        lines.push(format!("{method} {path}: {status} {code}"));
        assert!((400..500).contains(&status), "{}", lines.join("\n"));
    }
    println!("{}", lines.join("\n"));
    let changed = things.changed(other, &before);
    assert!(changed.is_empty(), "changed at another unit: {changed:#?}");
}
