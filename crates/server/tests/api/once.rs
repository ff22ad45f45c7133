//! A request that must have its effect once has it once: `Idempotency-Key`.
use crate::house::House;
use reqwest::blocking::Response;
use serde_json::{Value, json};
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
    let house = House::new();
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
    let house = House::new();
    assert_eq!(add(&house, "x", "k").status().as_u16(), 201);
    let data = socle_server::Data::new(&house.data()).unwrap();
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = socle_server::Config::default();
    let made = socle_server::first_start::new_token(&data, &config, "other", house.now());
    let token = other.block_on(made).unwrap();
    let message = json!({ "name": "x", "url": "https://example.org/", "kinds": [] });
    let request = house.http().post(house.url("console", "/api/v1/webhooks")).bearer_auth(token);
    let response = request.header("idempotency-key", "k").json(&message).send().unwrap();
    assert_eq!(code(response), (409, "db-webhook-taken".into()));
}
