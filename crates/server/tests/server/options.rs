//! Options as the centre and its sites set them; the explanation; what a run is given; secrets.
use crate::{
    bases::{Place, wait},
    fake::{Journal, Machine},
};
use serde_json::{Value, json};
use socle_domain::{UnitId, journal::Event, order::Act, sign::Signer};
use socle_wire::{agent::Secrets, api::RunView};
use std::{collections::BTreeMap, fs};

const CENTRE: UnitId = UnitId::ROOT;
const SECRET: &str = "hunter2-correct-horse";

fn spec(place: &Place) -> socle_domain::order::RunSpec {
    let order = place.machine.orders(0, 0).unwrap().orders.remove(0);
    let act = order.open(&place.house.server.keys.server.public()).unwrap().act;
    let Act::Run(spec) = act else { panic!("no order to run") };
    *spec
}

#[test]
fn the_centre_decides_the_sites_adapt_and_everything_is_explained() {
    let place = Place::new();
    place.produce("1");
    let first = place.explained("language");
    assert_eq!(first["resolved"]["value"], "fr");
    assert_eq!(first["resolved"]["decided"]["source"], "master");
    place.decide(CENTRE, "language", json!({ "value": "en", "narrows": { "one-of": ["en", "de"] } }));
    place.decide(place.site, "language", json!({ "value": "de" }));
    let seen = place.explained("language");
    assert_eq!(seen["resolved"]["value"], "de");
    assert_eq!(seen["resolved"]["decided"]["unit"], place.site.to_string());
    assert_eq!(seen["resolved"]["decided"]["by"], "test", "who");
    assert_eq!(seen["resolved"]["decided"]["at"], "2026-11-22T07:00:00Z", "when");
    let within: Vec<&str> =
        seen["resolved"]["within"].as_array().unwrap().iter().filter_map(|b| b["source"].as_str()).collect();
    assert_eq!(within, ["master", "unit"], "within which latitudes");
    assert_eq!(seen["resolved"]["overridden"][0]["value"], "en", "what was overridden");
    assert_eq!(seen["units"].as_array().unwrap().len(), 3);
    // Nobody steps outside, and nobody widens.
    assert_eq!(
        place.not_put(&place.at_unit(place.body, "language"), json!({ "value": "fr" })),
        (422, "domain-option-not-offered".into())
    );
    let wider = json!({ "narrows": { "one-of": ["fr", "de"] } });
    assert_eq!(place.not_put(&place.at_unit(place.body, "language"), wider), (422, "domain-latitude-wider".into()));
    assert_eq!(
        place.not_put(&place.at_machine("language"), json!({ "value": "fr" })),
        (422, "domain-option-not-offered".into())
    );
    assert_eq!(
        place.not_put(&place.at_unit(place.site, "nothing"), json!({ "value": 1 })),
        (404, "server-unknown".into())
    );
    // A later narrowing is shown, with both names, and not used.
    place.decide(CENTRE, "language", json!({ "value": "en", "narrows": "fixed" }));
    let seen = place.explained("language");
    assert_eq!(seen["resolved"]["value"], "en");
    let conflict = &seen["resolved"]["conflicts"][0];
    assert_eq!(conflict["decision"]["unit"], place.site.to_string());
    assert_eq!(conflict["bound"]["unit"], CENTRE.to_string());
    // And the site's wish is not lost.
    assert_eq!(place.delete(&place.at_unit(CENTRE, "language")), 204);
    assert_eq!(place.explained("language")["resolved"]["value"], "de");
    assert_eq!(place.delete(&place.at_unit(place.site, "language")), 204);
    assert_eq!(place.delete(&place.at_unit(place.site, "language")), 404);
}

#[test]
fn a_run_gets_what_holds_frozen_and_nothing_outside() {
    let place = Place::new();
    let master = place.produce("1");
    let wish = |options: Value| json!({ "target": place.id, "master": master, "options": options });
    let refused = |options: Value| place.house.refused("/api/v1/runs", &wish(options));
    assert_eq!(refused(json!({})), (422, "server-option-undecided".into()), "nobody has set the secret");
    place.decide(place.body, "join-password", json!({ "secret": SECRET }));
    place.decide(CENTRE, "seats", json!({ "value": 20, "narrows": { "range": { "max": 30 } } }));
    place.house.put::<Value>(&place.at_machine("seats"), &json!({ "value": 25 }));
    assert_eq!(refused(json!({ "seats": 31 })), (422, "domain-option-range".into()));
    assert_eq!(refused(json!({ "seats": "x" })), (422, "domain-option-kind".into()));
    assert_eq!(refused(json!({ "more": 1 })), (422, "server-option-unknown".into()));
    let reference = place.explained("join-password")["resolved"]["value"].clone();
    assert!(reference["secret"].is_string());
    for secret in [json!(SECRET), reference] {
        assert_eq!(refused(json!({ "join-password": secret })), (422, "server-option-secret".into()));
    }
    let run: RunView = place.house.post("/api/v1/runs", &wish(json!({ "language": "de" })));
    place.house.put::<Value>(&place.at_machine("seats"), &json!({ "value": 26 }));
    let options = spec(&place).options;
    assert_eq!((&options["language"], &options["seats"]), (&json!("de"), &json!(25)), "frozen when it was ordered");
    assert_eq!(run.id, spec(&place).run);
}

#[test]
fn a_secret_goes_to_the_machine_that_proved_its_key_and_nowhere_else() {
    let mut place = Place::new();
    let master = place.produce("1");
    place.decide(place.body, "join-password", json!({ "secret": SECRET }));
    let run: RunView = place.house.post("/api/v1/runs", &json!({ "target": place.id, "master": master }));
    let path = format!("/agent/v1/runs/{}/secrets", run.id);
    let given: Secrets = place.machine.get(&path).unwrap();
    assert_eq!(given.values, BTreeMap::from([("join-password".to_string(), SECRET.to_string())]));
    assert!(!format!("{given:?}").contains(SECRET));
    // Another machine, and somebody without a session.
    let mut other = Machine::new(&place.house.agents(), place.house.pin, 2);
    other.hello().unwrap();
    place.house.accept("poste-02");
    other.known();
    assert_eq!(other.get::<Secrets>(&path).unwrap_err().code(), "server-unknown");
    let session = other.session.take();
    assert_eq!(other.get::<Secrets>(&path).unwrap_err().code(), "server-unauthenticated");
    other.session = session;
    // Everything that is kept or told of it.
    let order = place.machine.orders(0, 0).unwrap().orders.remove(0);
    assert!(!order.body.contains(SECRET));
    for path in [place.at_unit(place.body, "join-password"), place.at_machine("join-password")] {
        assert!(!String::from_utf8_lossy(&place.house.bytes(&path)).contains(SECRET));
    }
    for name in ["socle.db", "socle.db-wal"] {
        let bytes = fs::read(place.house.data().join(name)).unwrap_or_default();
        assert!(!bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes()), "{name}");
    }
    // A secret stays while its latitude changes, and goes when it is taken back.
    place.decide(place.body, "join-password", json!({ "keep": true, "narrows": "fixed" }));
    assert!(place.explained("join-password")["resolved"]["value"]["secret"].is_string());
    // The run is over: nothing more is given.
    let known = place.machine.known();
    let content = place.house.content().public();
    let order = place.machine.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &place.machine.key, &content, place.house.now());
    journal.write(place.house.now(), None, Event::RunCancelled {});
    place.machine.push(run.id, &journal.entries).unwrap();
    assert_eq!(place.machine.get::<Secrets>(&path).unwrap_err().code(), "server-run-over");
}

#[test]
fn nobody_is_given_anothers_secret_by_its_name() {
    let place = Place::new();
    place.produce("1");
    place.decide(place.body, "join-password", json!({ "secret": SECRET }));
    let reference = place.explained("join-password")["resolved"]["value"].clone();
    for path in [place.at_unit(place.site, "join-password"), place.at_machine("join-password")] {
        assert_eq!(place.not_put(&path, json!({ "value": reference })), (422, "server-option-secret".into()));
        assert_eq!(place.not_put(&path, json!({ "value": SECRET })), (422, "server-option-secret".into()));
    }
    let rule = json!({ "unit": place.site, "name": "r", "when": "true", "sets": { "join-password": reference } });
    assert_eq!(place.house.refused("/api/v1/rules", &rule), (422, "server-option-secret".into()));
}

#[test]
fn a_rule_is_tried_before_it_is_kept_and_explained_after() {
    let place = Place::new();
    place.produce("1");
    let rule = |when: &str, sets: Value| json!({ "unit": CENTRE, "name": "virtual", "when": when, "sets": sets });
    let good = rule("facts.vendor == 'QEMU'", json!({ "language": "de" }));
    let tried: Value = place.house.post("/api/v1/rules/try", &good);
    assert_eq!((&tried["looked_at"], &tried["matches"], &tried["would_change"]), (&json!(1), &json!(1), &json!(1)));
    let change = json!({ "option": "language", "before": "fr", "after": "de" });
    assert_eq!(tried["machines"][0]["changes"], json!([change]));
    assert_eq!(place.explained("language")["resolved"]["value"], "fr", "nothing was changed");
    let kept: Value = place.house.post("/api/v1/rules", &good);
    let seen = place.explained("language");
    assert_eq!(seen["resolved"]["value"], "de");
    assert_eq!(seen["resolved"]["decided"]["name"], "virtual");
    // In the place of the one that is there, it would change it back.
    let mut other = rule("facts.vendor == 'Dell'", json!({ "language": "de" }));
    other["instead_of"] = kept["id"].clone();
    let tried: Value = place.house.post("/api/v1/rules/try", &other);
    assert_eq!((&tried["matches"], &tried["would_change"]), (&json!(0), &json!(1)));
    // What can't be decided is counted and shown, and sets nothing.
    let tried: Value = place.house.post("/api/v1/rules/try", &rule("facts.serial == 'x'", json!({ "language": "de" })));
    assert_eq!((&tried["undecided"], &tried["matches"]), (&json!(1), &json!(0)));
    assert!(tried["why_undecided"].as_str().unwrap().contains("serial"), "{tried}");
    // What is wrong is said where it is.
    for (wrong, code) in [
        (rule("facts.vendor ==", json!({ "language": "de" })), "domain-rule-wrong"),
        (rule("true", json!({})), "domain-rule-wrong"),
        (rule("true", json!({ "nothing": 1 })), "server-rule-option"),
        (rule("true", json!({ "language": "xx" })), "domain-option-not-offered"),
    ] {
        assert_eq!(place.house.refused("/api/v1/rules/try", &wrong), (422, code.into()), "{wrong}");
        assert_eq!(place.house.refused("/api/v1/rules", &wrong), (422, code.into()), "{wrong}");
    }
    assert_eq!(place.house.refused("/api/v1/rules", &good).0, 409, "the name is taken");
    let id = kept["id"].as_str().unwrap();
    let later = json!({ "unit": CENTRE, "name": "virtual", "order": 5, "when": "true", "sets": { "seats": 7 } });
    place.house.put::<Value>(&format!("/api/v1/rules/{id}"), &later);
    assert_eq!(place.explained("seats")["resolved"]["value"], 7);
    assert_eq!(place.delete(&format!("/api/v1/rules/{id}")), 204);
    assert_eq!(place.explained("seats")["resolved"]["value"], 10);
}

#[test]
fn what_was_decided_for_a_machine_goes_with_it() {
    let place = Place::new();
    place.produce("1");
    place.house.put::<Value>(&place.at_machine("seats"), &json!({ "value": 12 }));
    assert_eq!(place.explained("seats")["resolved"]["decided"]["source"], "machine");
    let (server, id) = (place.house.server.clone(), place.id);
    wait(async {
        let mut tx = server.db.write().await.unwrap();
        let root = socle_db::Scope::ROOT;
        let machine = socle_db::machines::by_id(&mut tx, root, id).await.unwrap().unwrap();
        let now = server.now();
        socle_db::machines::move_to(&mut tx, root, &machine, CENTRE, None, "test", now).await.unwrap();
        tx.commit().await.unwrap();
    });
    assert_eq!(place.explained("seats")["resolved"]["value"], 12);
    assert_eq!(
        place.not_put(&place.at_machine("seats"), json!({ "narrows": "fixed" })).0,
        422,
        "a machine leaves nothing to anybody"
    );
    assert_eq!(place.delete(&place.at_machine("seats")), 204);
    assert_eq!(place.explained("seats")["resolved"]["value"], 10);
}
