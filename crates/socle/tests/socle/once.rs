//! The server is killed in the middle of requests that must have their effect once; they are sent again under their keys.
use crate::program::{Server, signal};
use serde_json::{Value, json};
use std::{thread, time::Duration};

const ROUNDS: u64 = 12;
const SEED: u64 = 20_261_122;

/// A stream of numbers that the seed alone determines (splitmix64).
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Status and answer; none where the line was cut.
fn add(server: &Server, token: &str, name: &str) -> Option<(u16, Value)> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::blocking::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
    let url = format!("http://{}/api/v1/webhooks", server.text("console_address"));
    let request = http.post(url).bearer_auth(token).header("idempotency-key", format!("key-{name}"));
    let response = request.json(&json!({ "name": name, "url": "https://example.org/" })).send().ok()?;
    let status = response.status().as_u16();
    Some((status, response.json().ok()?))
}

#[test]
fn what_was_begun_before_kill_9_is_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let token = server.token();
    let (mut state, mut cut, mut made) = (SEED, 0, 0);
    for round in 0..ROUNDS {
        let (victim, after) = (server.id(), Duration::from_micros(1_000 + chance(&mut state) % 40_000));
        let killer = thread::spawn(move || {
            thread::sleep(after);
            signal(victim, "KILL");
        });
        // One after the other until the line is cut; the one that was under way may have been carried out or not.
        let mut told: Vec<(String, Value)> = Vec::new();
        let open = loop {
            let name = format!("{round}-{}", told.len());
            match add(&server, &token, &name) {
                Some((201, answer)) => told.push((name, answer)),
                Some(other) => panic!("round {round} of seed {SEED}: {other:?}"),
                None => break name,
            }
        };
        killer.join().unwrap();
        assert!(!server.wait().success());
        server = Server::start(folder.path());
        cut += 1;
        for (name, first) in &told {
            let again = add(&server, &token, name).unwrap();
            assert_eq!(again, (201, first.clone()), "round {round} of seed {SEED}: another answer");
        }
        let (status, answer) = add(&server, &token, &open).unwrap();
        assert_eq!(status, 201, "round {round} of seed {SEED}: {answer}");
        made += told.len() + 1;
    }
    let all = server.ask(&token, &["webhook", "list"]);
    let names: std::collections::BTreeSet<&str> =
        all.as_array().unwrap().iter().map(|w| w["name"].as_str().unwrap()).collect();
    assert_eq!((all.as_array().unwrap().len(), names.len()), (made, made), "something was done twice, or not at all");
    assert!(cut == ROUNDS && made as u64 >= ROUNDS, "{made} in {cut} rounds");
}
