//! A request that must have its effect once has it once: `Idempotency-Key`.
use crate::{fake::Machine, house::House};
use reqwest::blocking::{RequestBuilder, Response};
use serde_json::{Value, json};
use socle_domain::{UnitId, master::Master, sign::Signed};
use std::sync::Barrier;

fn add(house: &House, name: &str, key: &str) -> Response {
    let message = json!({ "name": name, "url": "https://example.org/", "kinds": [] });
    let request = house.http().post(house.url("console", "/api/v1/webhooks")).bearer_auth(&house.token);
    request.header("idempotency-key", key).json(&message).send().unwrap()
}

fn count(house: &House) -> usize {
    house.all::<Value>("/api/v1/webhooks").len()
}

fn code(response: Response) -> (u16, String) {
    let problem: socle_wire::problem::Problem = response.json().unwrap();
    (problem.status, problem.fault.code.to_string())
}

#[test]
fn the_same_request_gets_the_same_answer() {
    let house = House::on_sqlite();
    let first = add(&house, "x", "k-1");
    assert_eq!((first.status().as_u16(), first.headers().contains_key("idempotency-replayed")), (201, false));
    let first: Value = first.json().unwrap();
    let again = add(&house, "x", "k-1");
    assert_eq!((again.status().as_u16(), again.headers()["idempotency-replayed"].to_str().unwrap()), (201, "true"));
    assert_eq!(again.headers()["content-type"], "application/json");
    assert_eq!(again.json::<Value>().unwrap(), first, "the secret too, which is told once");
    assert_eq!(code(add(&house, "other", "k-1")), (422, "server-key-other".into()));
    assert_eq!(count(&house), 1);
    let house = house.again();
    assert_eq!(add(&house, "x", "k-1").json::<Value>().unwrap(), first, "a restart forgets nothing");
    let mut bytes = std::fs::read(house.data().join("socle.db")).unwrap();
    bytes.extend(std::fs::read(house.data().join("socle.db-wal")).unwrap_or_default());
    let secret = first["secret"].as_str().unwrap();
    assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "an answer stands in clear");
    house.later(24 * 3600 + 1);
    assert_eq!(code(add(&house, "x", "k-1")), (409, "db-webhook-taken".into()), "after a day the key is a new one");
}

#[test]
fn what_was_refused_may_be_corrected_under_its_key() {
    let house = House::new();
    assert_eq!(code(add(&house, " ", "k")), (422, "server-webhook-name".into()));
    assert_eq!(add(&house, "x", "k").status().as_u16(), 201);
    assert_eq!(add(&house, "y", "k-2").status().as_u16(), 201);
    assert_eq!(count(&house), 2);
}

#[test]
fn many_at_once_have_one_effect() {
    let house = House::new();
    for round in 0..5 {
        let (name, key, start) = (format!("w{round}"), format!("k{round}"), Barrier::new(6));
        let answers: Vec<(u16, String)> = std::thread::scope(|threads| {
            let one = |_| {
                let (house, name, key, start) = (&house, &name, &key, &start);
                threads.spawn(move || {
                    start.wait();
                    let response = add(house, name, key);
                    match response.status().as_u16() {
                        201 => (201, response.json::<Value>().unwrap()["secret"].as_str().unwrap().to_string()),
                        _ => code(response),
                    }
                })
            };
            let all: Vec<_> = (0..6).map(one).collect();
            all.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let made: Vec<_> = answers.iter().filter(|a| a.0 == 201).collect();
        assert!(!made.is_empty() && made.iter().all(|a| a.1 == made[0].1), "{answers:?}");
        assert!(answers.iter().all(|a| a.0 == 201 || *a == (409, "server-key-under-way".into())), "{answers:?}");
        assert_eq!(count(&house), round + 1);
    }
}

/// A key belongs to who gave it: what one was answered is never told to another.
#[test]
fn keys_of_two_callers_do_not_meet() {
    let house = House::on_sqlite();
    assert_eq!(add(&house, "x", "k").status().as_u16(), 201);
    let data = socle_server::Data::new(&house.data()).unwrap();
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = socle_server::Config::default();
    let made = socle_server::first_start::new_token(&data, &config, "other", 1, house.now());
    let token = other.block_on(made).unwrap();
    let message = json!({ "name": "x", "url": "https://example.org/", "kinds": [] });
    let request = house.http().post(house.url("console", "/api/v1/webhooks")).bearer_auth(token);
    let response = request.header("idempotency-key", "k").json(&message).send().unwrap();
    assert_eq!(code(response), (409, "db-webhook-taken".into()));
}

/// What a server that is killed just after a commit still answers: whatever is made or changed, its answer is kept in the
/// transaction of its effect, not after it.
#[test]
fn an_answer_is_kept_with_its_effect() {
    let house = House::new();
    let post = |path: &str, dress: &dyn Fn(RequestBuilder) -> RequestBuilder| -> Value {
        let send = || {
            let request = house.http().post(house.url("console", path)).bearer_auth(&house.token);
            dress(request.header("idempotency-key", format!("key-{path}"))).send().unwrap()
        };
        let first = send();
        let (status, place) = (first.status(), first.headers().get("location").cloned());
        let told = first.bytes().unwrap();
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&told));
        let again = send();
        assert_eq!((again.status(), again.headers().get("location").cloned()), (status, place), "{path}");
        assert!(again.headers().contains_key("idempotency-replayed"), "{path} was done again");
        assert_eq!(again.bytes().unwrap(), told, "{path}");
        serde_json::from_slice(&told).unwrap_or(Value::Null)
    };
    let json = |path: &str, message: Value| post(path, &|request| request.json(&message));
    let csv = |path: &str, text: &'static str| post(path, &|request| request.body(text));
    let text = |value: &Value| value.as_str().unwrap().to_string();

    let found = json!({ "change": "found", "parent": UnitId::ROOT, "name": "Ain", "kind": "body" });
    let ain = text(&json("/api/v1/unit-decisions", json!({ "what": found }))["what"]["unit"]);
    let anne = text(&json("/api/v1/persons", json!({ "name": "Anne", "login": "anne" }))["id"]);
    csv("/api/v1/imports/people", "name,login\nPaul,paul\n");
    csv("/api/v1/announced", "name,mac\nposte-77,52:54:00:00:00:77\n");
    json("/api/v1/accept-rules", json!({ "name": "r", "unit": ain, "when": "false", "name_pattern": "p-{nn}" }));

    Machine::new(&house.agents(), house.pin, 1).hello().unwrap();
    let machine = house.machines().remove(0).id;
    json(&format!("/api/v1/machines/{machine}/accept"), json!({ "name": "poste-01" }));
    let link = json("/api/v1/links", json!({ "kind": "uses", "person": anne, "machine": machine }));
    json(&format!("/api/v1/links/{}/end", text(&link["id"])), json!({}));

    let sequence = "title = { fr = 'x', en = 'x' }\n[[option]]\nname = 'seats'\nkind = 'integer'\ndefault = 10\n\
                    label = { fr = 'Places', en = 'Seats' }\n[[step]]\nid = 'a'\nkind = 'check'\n";
    json("/api/v1/drafts", json!({ "name": "base", "version": "2", "sequence": sequence }));
    let master = Master { name: "base".into(), version: "1".into(), sequence: sequence.into(), ..Master::default() };
    let signed = serde_json::to_value(Signed::new(&master, &house.content())).unwrap();
    let master = text(&json("/api/v1/masters", signed)["digest"]);
    json(&format!("/api/v1/masters/{master}/move"), json!({ "to": "production" }));
    json("/api/v1/rules", json!({ "name": "r", "when": "false", "sets": { "seats": 1 } }));
    let run = text(&json("/api/v1/runs", json!({ "target": machine, "master": master }))["id"]);
    json(&format!("/api/v1/runs/{run}/cancel"), json!({}));
    json("/api/v1/runs/batch", json!({ "targets": [machine], "master": master }));

    let hook = json("/api/v1/webhooks", json!({ "name": "x", "url": "https://example.org/" }));
    let hook = format!("/api/v1/webhooks/{}", text(&hook["webhook"]["id"]));
    json(&format!("{hook}/secret"), json!({}));
    let event = text(&json(&format!("{hook}/try"), json!({}))["event"]);
    json(&format!("{hook}/deliveries/{event}/again"), json!({}));
    let me: Value = house.get("/api/v1/rights");
    json("/api/v1/grants", json!({ "person": me["id"], "role": "helpdesk", "unit": ain }));
    json("/api/v1/wizard/codes", json!({}));
    json("/api/v1/audit/forget", json!({ "person": anne }));
    json("/api/v1/account/sessions/revoke-others", json!({}));
    // Last: a machine with a run stays where it is.
    Machine::new(&house.agents(), house.pin, 2).hello().unwrap();
    let other = house.machines().into_iter().find(|m| m.state == "to-recognise").unwrap().id;
    json(&format!("/api/v1/machines/{other}/move"), json!({ "unit": ain }));
    json(&format!("/api/v1/machines/{other}/refuse"), json!({}));
    assert_eq!(house.server.answered_late(), Vec::<String>::new(), "killed in between, these answers were lost");
}
