//! Nobody's update is lost: `ETag` and `If-Match`.
use crate::{fake::Machine, house::House};
use reqwest::blocking::Response;
use serde_json::{Value, json};
use std::sync::Barrier;

struct Scene {
    house: House,
    path: String,
}

fn scene() -> Scene {
    let house = House::new();
    let made: Value = house.post("/api/v1/webhooks", &json!({ "name": "x", "url": "https://example.org/" }));
    Scene { path: format!("/api/v1/webhooks/{}", made["webhook"]["id"].as_str().unwrap()), house }
}

impl Scene {
    fn etag(&self) -> String {
        let url = self.house.url("console", &self.path);
        let response = self.house.http().get(url).bearer_auth(&self.house.token).send().unwrap();
        response.headers()["etag"].to_str().unwrap().to_string()
    }
    fn put(&self, name: &str, version: Option<&str>) -> Response {
        let message = json!({ "name": name, "url": "https://example.org/", "kinds": [], "is_on": true });
        let request = self.house.http().put(self.house.url("console", &self.path)).bearer_auth(&self.house.token);
        let request = match version {
            Some(version) => request.header("if-match", version),
            None => request,
        };
        request.json(&message).send().unwrap()
    }
    fn name(&self) -> String {
        self.house.get::<Value>(&self.path)["name"].as_str().unwrap().to_string()
    }
}

#[test]
fn a_change_of_what_somebody_else_has_changed_is_refused() {
    let scene = scene();
    let first = scene.etag();
    assert_eq!(scene.etag(), first, "what does not change keeps its version");
    assert_eq!(scene.put("mine", Some(&first)).status().as_u16(), 200);
    let late = scene.put("yours", Some(&first));
    assert_eq!(late.status().as_u16(), 412);
    let problem: Value = late.json().unwrap();
    assert_eq!(problem["fault"]["code"], "server-changed-meanwhile");
    assert_eq!(scene.name(), "mine");
    assert_ne!(scene.etag(), first);
    assert_eq!(scene.put("any", Some("*")).status().as_u16(), 200);
    assert_eq!(scene.put("one of", Some(&format!("\"x\", {}", scene.etag()))).status().as_u16(), 200);
    assert_eq!(scene.put("no promise", None).status().as_u16(), 200);
    assert_eq!(scene.put("wrong", Some("x")).status().as_u16(), 422);
    let url = scene.house.url("console", &scene.path);
    let remove = |version: &str| {
        let request = scene.house.http().delete(&url).bearer_auth(&scene.house.token);
        request.header("if-match", version).send().unwrap().status().as_u16()
    };
    assert_eq!(remove(&first), 412);
    assert_eq!(remove(&scene.etag()), 204);
    assert_eq!(remove("*"), 412, "what is not there has no version");
}

/// Many at once have read the same: one of them wins, and nobody else believes that he has.
#[test]
fn of_many_at_once_one_wins() {
    let scene = scene();
    for round in 0..5 {
        let version = scene.etag();
        let start = Barrier::new(8);
        let won: Vec<String> = std::thread::scope(|threads| {
            let one = |n: usize| {
                let (scene, start, version) = (&scene, &start, &version);
                threads.spawn(move || {
                    let name = format!("round {round} hand {n}");
                    start.wait();
                    match scene.put(&name, Some(version)).status().as_u16() {
                        200 => Some(name),
                        412 => None,
                        other => panic!("{other}"),
                    }
                })
            };
            let all: Vec<_> = (0..8).map(one).collect();
            all.into_iter().filter_map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(won.len(), 1, "{won:?}");
        assert_eq!(scene.name(), won[0]);
    }
}

/// What a machine says of itself is nobody's update.
#[test]
fn a_machine_that_speaks_changes_no_version() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let known = house.accept("poste-01");
    let path = format!("/api/v1/machines/{}", known.id);
    let etag = || {
        let response = house.http().get(house.url("console", &path)).bearer_auth(&house.token).send().unwrap();
        response.headers()["etag"].to_str().unwrap().to_string()
    };
    let before = etag();
    house.later(60);
    machine.known();
    assert_eq!(etag(), before);
    house.start(&known, house.master());
    let run = house.all::<Value>("/api/v1/runs").remove(0);
    let cancel = |version: &str| {
        let url = house.url("console", &format!("/api/v1/runs/{}/cancel", run["id"].as_str().unwrap()));
        house.http().post(url).bearer_auth(&house.token).header("if-match", version).send().unwrap().status().as_u16()
    };
    assert_eq!(cancel("\"0\""), 412, "an act on a thing is a change of it");
    assert_eq!(cancel("*"), 200);
}

/// What belongs to a thing and is replaced by itself has a version by itself.
#[test]
fn two_who_set_the_same_thing_of_a_unit_meet() {
    let house = House::new();
    let path = format!("/api/v1/units/{}/masters", socle_domain::UnitId::ROOT);
    let etag = || {
        let response = house.http().get(house.url("console", &path)).bearer_auth(&house.token).send().unwrap();
        response.headers()["etag"].to_str().unwrap().to_string()
    };
    let put = |names: &[&str], version: &str| {
        let request = house.http().put(house.url("console", &path)).bearer_auth(&house.token);
        request.header("if-match", version).json(&json!({ "names": names })).send().unwrap().status().as_u16()
    };
    let first = etag();
    assert_eq!(put(&["base"], &first), 200);
    assert_eq!(put(&["other"], &first), 412);
    assert_eq!(put(&["other"], &etag()), 200);
}
