//! Masters on their way: drafts, pilots, production, rollback; who may take which; generations.
use crate::bases::{Place, TEXT};
use serde_json::{Value, json};
use socle_domain::{Digest, UnitId, master::Stage};
use socle_wire::api::{MasterView, RunView};

fn list(place: &Place) -> Vec<(String, Stage)> {
    let all: Vec<MasterView> = place.house.all("/api/v1/masters");
    all.into_iter().map(|m| (m.version, m.stage)).collect()
}
fn to(place: &Place, digest: Digest, stage: &str) -> (u16, Value) {
    let url = place.house.url("console", &format!("/api/v1/masters/{digest}/move"));
    let response =
        place.house.http().post(url).bearer_auth(&place.house.token).json(&json!({ "to": stage })).send().unwrap();
    (response.status().as_u16(), response.json().unwrap())
}
fn start(place: &Place, master: Digest) -> (u16, String) {
    place.house.refused("/api/v1/runs", &json!({ "target": place.id, "master": master }))
}

#[test]
fn a_draft_is_refused_by_its_line_and_signed_elsewhere() {
    let place = Place::new();
    let draft = |text: &str| json!({ "name": "base", "version": "2", "sequence": text });
    assert_eq!(place.house.refused("/api/v1/drafts", &draft("title = 1")), (422, "domain-sequence-unreadable".into()));
    let wrong = TEXT.replace("default = 10", "default = 'ten'");
    assert_eq!(place.house.refused("/api/v1/drafts", &draft(&wrong)), (422, "domain-option-declared-wrong".into()));
    place.publish("1", |m| m.generation = 4);
    let view: Value = place.house.post("/api/v1/drafts", &draft(TEXT));
    assert_eq!(view["master"]["generation"], 5, "one more than the highest that was seen");
    assert_eq!(view["fault"], Value::Null);
    let path = format!("/api/v1/drafts/{}", view["id"].as_str().unwrap());
    let diff: Value = place.house.get(&format!(
        "/api/v1/masters/{}/diff?to={}",
        place.house.all::<MasterView>("/api/v1/masters")[0].digest,
        view["id"].as_str().unwrap()
    ));
    assert_eq!(diff["generation"], json!([4, 5]));
    place.house.put::<Value>(&path, &draft(&TEXT.replace("'look'", "'glance'")));
    assert!(place.house.get::<Value>(&path)["master"]["sequence"].as_str().unwrap().contains("glance"));
    // What is signed is the very master of the draft; published, the draft is gone.
    let master: socle_domain::master::Master =
        serde_json::from_value(place.house.get::<Value>(&path)["master"].clone()).unwrap();
    let signed = socle_domain::sign::Signed::new(&master, &place.house.content());
    assert_eq!(place.house.post::<MasterView>("/api/v1/masters", &signed).stage, Stage::Pilot);
    assert!(place.house.all::<Value>("/api/v1/drafts").is_empty());
    assert_eq!(place.delete(&path), 404);
}

#[test]
fn versions_go_from_pilot_to_production_and_back() {
    let place = Place::new();
    let one = place.produce("1");
    place.house.later(60);
    let two = place.produce("2");
    assert_eq!(list(&place), [("2".into(), Stage::Production), ("1".into(), Stage::Retired)]);
    assert_eq!(to(&place, two, "production").0, 409);
    assert_eq!(to(&place, two, "draft").0, 409, "what is signed is no draft again");
    let back: MasterView = place.house.post(&format!("/api/v1/masters/{two}/rollback"), &());
    assert_eq!((back.digest, back.stage), (one, Stage::Production));
    assert_eq!(list(&place), [("2".into(), Stage::Retired), ("1".into(), Stage::Production)]);
    assert_eq!(
        place.house.refused(&format!("/api/v1/masters/{two}/rollback"), &()),
        (409, "server-rollback-nothing".into())
    );
    let shown: Value = place.house.get(&format!("/api/v1/masters/{one}"));
    let moves: Vec<&str> = shown["moves"].as_array().unwrap().iter().filter_map(|m| m["stage"].as_str()).collect();
    assert_eq!(moves, ["pilot", "production", "retired", "production"]);
    // A signed master is what it was signed as, wherever it stands; the same one again stays where it is.
    let again: MasterView =
        place.house.post("/api/v1/masters", &place.signed("1", |m| m.at = "2026-11-22T07:00:00Z".parse().unwrap()));
    assert_eq!((again.digest, again.stage), (one, Stage::Production));
}

#[test]
fn a_unit_is_offered_what_its_ancestors_allow() {
    let place = Place::new();
    let pilot = place.publish("1", |m| m.sequence = TEXT.replace("kind = 'secret'", "kind = 'text'\ndefault = 'x'"));
    assert_eq!(start(&place, pilot), (409, "server-master-not-offered".into()), "the centre alone tries it");
    let pilots = |units: &[UnitId]| {
        place.house.put::<Value>(&format!("/api/v1/masters/{pilot}/pilots"), &json!({ "units": units }))
    };
    pilots(&[place.body]);
    let run: RunView = place.house.post("/api/v1/runs", &json!({ "target": place.id, "master": pilot }));
    place.house.post::<RunView>(&format!("/api/v1/runs/{}/cancel", run.id), &());
    pilots(&[]);
    assert_eq!(to(&place, pilot, "production").0, 200);
    let at = |unit: UnitId| format!("/api/v1/units/{unit}/masters");
    place.house.put::<Value>(&at(place.body), &json!({ "names": ["other"] }));
    assert_eq!(start(&place, pilot), (409, "server-master-not-offered".into()));
    let view: Value = place.house.put(&at(place.site), &json!({ "names": ["base", "other"] }));
    assert_eq!(view["offered"], json!([]), "a site can't widen what its body leaves it");
    assert_eq!(view["above"][0]["names"], json!(["other"]));
    place.house.put::<Value>(&at(place.body), &json!({ "names": null }));
    assert_eq!(place.house.get::<Value>(&at(place.site))["offered"][0]["name"], "base");
    assert_eq!(to(&place, pilot, "retired").0, 200);
    assert_eq!(start(&place, pilot), (409, "server-master-not-offered".into()));
}

#[test]
fn two_versions_are_compared_side_by_side() {
    let place = Place::new();
    let one = place.publish("1", |_| {});
    let two = place.publish("2", |m| {
        m.sequence = TEXT.replace("default = 10", "default = 12");
        m.packages.insert("vlc".into(), Digest::of(b"vlc"));
    });
    let diff: Value = place.house.get(&format!("/api/v1/masters/{one}/diff?to={two}"));
    let changed: Vec<&Value> = diff["sequence"].as_array().unwrap().iter().filter(|l| l["side"] != "same").collect();
    assert_eq!(changed.len(), 1);
    assert_eq!((&changed[0]["before"][1], &changed[0]["after"][1]), (&json!("default = 10"), &json!("default = 12")));
    assert_eq!(diff["packages"][0]["name"], "vlc");
    assert_eq!(diff["options"][0]["name"], "seats");
}

#[test]
fn an_older_generation_is_not_published_again() {
    let place = Place::new();
    place.publish("2", |m| m.generation = 2);
    let older = place.signed("1", |m| m.generation = 1);
    assert_eq!(place.house.refused("/api/v1/masters", &older), (422, "domain-generation-old".into()));
    place.publish("3", |m| m.generation = 2);
    let other = place.signed("1", |m| m.name = "other".into());
    place.house.post::<MasterView>("/api/v1/masters", &other);
}
