//! Other programs are told what happens: signed, again and again, and only where the centre lets it be told.
use crate::{
    fake::Machine,
    house::House,
    receiver::{Heard, Receiver},
};
use serde_json::{Value, json};
use socle_server::Config;
use std::time::{Duration, Instant};

fn open() -> House {
    House::with(reaching_this_host())
}

fn reaching_this_host() -> Config {
    let mut config = Config::default();
    config.webhooks.allow = vec!["127.0.0.0/8".parse().unwrap()];
    config.webhooks.off_after = 4;
    config
}

/// A webhook's identifier and secret.
fn made(house: &House, name: &str, url: &str, kinds: &[&str]) -> (String, String) {
    let made: Value = house.post("/api/v1/webhooks", &json!({ "name": name, "url": url, "kinds": kinds }));
    (made["webhook"]["id"].as_str().unwrap().into(), made["secret"].as_str().unwrap().into())
}

fn is_signed(heard: &Heard, secret: &str) -> bool {
    let header = |name: &str| heard.headers[name].clone();
    let second = header("webhook-timestamp").parse().unwrap();
    let expected = socle_trust::webhook::sign(secret, &header("webhook-id"), second, &heard.body).unwrap();
    header("webhook-signature").split(' ').any(|one| one == expected)
}

/// The deliveries of a webhook, when `count` of them are in a state.
fn deliveries(house: &House, id: &str, state: &str, count: usize) -> Vec<Value> {
    let begin = Instant::now();
    loop {
        let all: Vec<Value> = house.all(&format!("/api/v1/webhooks/{id}/deliveries"));
        if all.iter().filter(|d| d["state"] == state).count() == count {
            return all;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{all:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_happens_is_told_signed_to_who_wants_it() {
    let (house, receiver) = (open(), Receiver::start());
    let (all, secret) = made(&house, "all", &receiver.url("/all"), &[]);
    let (some, other) = made(&house, "some", &receiver.url("/some"), &["run.ordered", "run.cancelled"]);
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let known = house.accept("poste-01");
    let run = house.start(&known, house.master());
    let _: Value = house.post(&format!("/api/v1/runs/{}/cancel", run.id), &json!(null));
    let heard = receiver.wait_for(6);
    let kinds = |path: &str| -> Vec<String> {
        let mine = heard.iter().filter(|h| h.path == path);
        let mut kinds: Vec<String> =
            mine.map(|h| serde_json::from_str::<Value>(&h.body).unwrap()["type"].as_str().unwrap().into()).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds("/all"), ["machine.appeared", "machine.recognised", "run.cancelled", "run.ordered"]);
    assert_eq!(kinds("/some"), ["run.cancelled", "run.ordered"]);
    for one in &heard {
        let (mine, foreign) = if one.path == "/all" { (&secret, &other) } else { (&other, &secret) };
        assert!(is_signed(one, mine) && !is_signed(one, foreign));
        assert_eq!(one.headers["webhook-timestamp"], house.now().as_second().to_string());
        assert!(!one.body.contains("poste-01"), "a message holds no name: {}", one.body);
    }
    // One happening has one identifier, whoever is told.
    let id_of = |path: &str, kind: &str| -> String {
        let one = heard.iter().find(|h| h.path == path && h.body.contains(kind)).unwrap();
        one.headers["webhook-id"].clone()
    };
    assert_eq!(id_of("/all", "run.ordered"), id_of("/some", "run.ordered"));
    deliveries(&house, &all, "delivered", 4);
    deliveries(&house, &some, "delivered", 2);
}

#[test]
fn who_does_not_listen_is_told_again_later() {
    let (house, receiver) = (open(), Receiver::start());
    let (id, secret) = made(&house, "x", &receiver.url("/"), &[]);
    receiver.says(&["500 Broken", "302 Found\r\nLocation: /elsewhere"]);
    let queued: Value = house.post(&format!("/api/v1/webhooks/{id}/try"), &json!(null));
    assert_eq!(queued["state"], "waiting");
    receiver.wait_for(1);
    let waits = || deliveries(&house, &id, "waiting", 1).remove(0);
    let begin = Instant::now();
    while waits()["attempts"] != 1 {
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(waits()["status"], 500);
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(receiver.heard().len(), 1, "the pause is kept");
    house.later(6);
    receiver.wait_for(2);
    house.later(31);
    // The same message under the same identifier, signed for its own moment; a redirection was not followed.
    let heard = receiver.wait_for(3);
    assert_eq!(heard[0].headers["webhook-id"], heard[2].headers["webhook-id"]);
    assert_ne!(heard[0].headers["webhook-timestamp"], heard[2].headers["webhook-timestamp"]);
    assert!(heard.iter().all(|h| h.path == "/" && is_signed(h, &secret)));
    let done = deliveries(&house, &id, "delivered", 1).remove(0);
    assert_eq!((done["attempts"].as_u64(), done["status"].as_u64()), (Some(3), Some(204)));
    assert_eq!(house.get::<Value>(&format!("/api/v1/webhooks/{id}"))["failures"], 0);
}

#[test]
fn who_never_listens_is_told_nothing_any_more() {
    let (house, receiver) = (open(), Receiver::start());
    let (id, _) = made(&house, "x", &receiver.url("/"), &[]);
    receiver.says(&["503 No"; 4]);
    let _: Value = house.post(&format!("/api/v1/webhooks/{id}/try"), &json!(null));
    for (count, pause) in [(1, 6), (2, 31), (3, 121)] {
        receiver.wait_for(count);
        let begin = Instant::now();
        while deliveries(&house, &id, "waiting", 1)[0]["attempts"] != count {
            assert!(begin.elapsed() < Duration::from_secs(10));
        }
        house.later(pause);
    }
    deliveries(&house, &id, "given-up", 1);
    let webhook: Value = house.get(&format!("/api/v1/webhooks/{id}"));
    assert_eq!((webhook["is_on"].as_bool(), webhook["failures"].as_u64()), (Some(false), Some(4)));
    assert_eq!(webhook["off"]["code"], "server-webhook-off");
    let change = json!({ "name": "x", "url": receiver.url("/"), "kinds": [], "is_on": true });
    let on: Value = house.put(&format!("/api/v1/webhooks/{id}"), &change);
    assert_eq!((on["off"].is_null(), on["failures"].as_u64()), (true, Some(0)));
    receiver.says(&["410 Gone"]);
    let _: Value = house.post(&format!("/api/v1/webhooks/{id}/try"), &json!(null));
    deliveries(&house, &id, "given-up", 2);
    assert_eq!(house.get::<Value>(&format!("/api/v1/webhooks/{id}"))["is_on"], false, "one that is gone is believed");
}

#[test]
fn a_new_secret_is_known_once_and_the_old_one_lasts_a_day() {
    let (house, receiver) = (House::on_sqlite_with(reaching_this_host()), Receiver::start());
    let (id, old) = made(&house, "x", &receiver.url("/"), &[]);
    let renewed: Value = house.post(&format!("/api/v1/webhooks/{id}/secret"), &json!(null));
    let new = renewed["secret"].as_str().unwrap().to_string();
    let attempt = || house.post::<Value>(&format!("/api/v1/webhooks/{id}/try"), &json!(null));
    attempt();
    let heard = receiver.wait_for(1).remove(0);
    assert!(is_signed(&heard, &old) && is_signed(&heard, &new));
    house.later(24 * 3600 + 1);
    attempt();
    let heard = receiver.wait_for(2).remove(1);
    assert!(!is_signed(&heard, &old) && is_signed(&heard, &new));
    assert!(!house.get::<Value>(&format!("/api/v1/webhooks/{id}")).to_string().contains("whsec_"));
    let mut bytes = Vec::new();
    for name in ["socle.db", "socle.db-wal"] {
        bytes.extend(std::fs::read(house.data().join(name)).unwrap_or_default());
    }
    let holds = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds(&id) && !holds(&old) && !holds(&new), "a secret stands in the database");
}

#[test]
fn webhooks_lead_nowhere_inside() {
    let house = House::new();
    let refused = |url: &str| house.refused("/api/v1/webhooks", &json!({ "name": "x", "url": url }));
    for url in [
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://0x7f000001/",
    ] {
        assert_eq!(refused(url), (422, "server-webhook-address".into()), "{url}");
    }
    assert_eq!(refused("http://example.org/"), (422, "server-webhook-url".into()));
    // A name is judged by where it leads, when it is used.
    let (id, _) = made(&house, "x", "https://localhost:9/", &[]);
    let _: Value = house.post(&format!("/api/v1/webhooks/{id}/try"), &json!(null));
    let begin = Instant::now();
    loop {
        let one = deliveries(&house, &id, "waiting", 1).remove(0);
        if one["attempts"] == 1 {
            assert_eq!(one["fault"]["code"], "server-webhook-address", "{one}");
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn what_was_not_told_is_told_after_a_restart() {
    let (house, receiver) = (open(), Receiver::start());
    let (id, _) = made(&house, "x", &receiver.url("/"), &[]);
    receiver.says(&["500 Broken"]);
    let _: Value = house.post(&format!("/api/v1/webhooks/{id}/try"), &json!(null));
    receiver.wait_for(1);
    let begin = Instant::now();
    while deliveries(&house, &id, "waiting", 1)[0]["attempts"] != 1 {
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
    let house = house.again();
    house.later(6);
    receiver.wait_for(2);
    deliveries(&house, &id, "delivered", 1);
}

#[test]
fn one_that_is_silent_keeps_no_other_waiting() {
    let (house, receiver) = (open(), Receiver::start());
    // It takes connections and says nothing to anybody.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (dumb, _) = made(&house, "silent", &format!("http://{}/", silent.local_addr().unwrap()), &[]);
    let (id, _) = made(&house, "other", &receiver.url("/"), &[]);
    for _ in 0..12 {
        let _: Value = house.post(&format!("/api/v1/webhooks/{dumb}/try"), &json!(null));
    }
    let begin = Instant::now();
    let _: Value = house.post(&format!("/api/v1/webhooks/{id}/try"), &json!(null));
    receiver.wait_for(1);
    // Who is silent is left after 15 seconds.
    assert!(begin.elapsed() < Duration::from_secs(10), "told after {:?}", begin.elapsed());
    assert_eq!(house.get::<Value>(&format!("/api/v1/webhooks/{dumb}"))["failures"], 0, "nobody has left it yet");
}
