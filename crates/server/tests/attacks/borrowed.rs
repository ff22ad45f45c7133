//! A3, A4, A5, A11, A12: what is borrowed (an address, a session, an old file) is worth nothing.
use crate::{
    content::environment,
    fake::{Journal, Machine},
    house::House,
};
use socle_domain::{
    journal::Event,
    keys::EnvironmentRelease,
    sign::{Signed, Signer},
};
use socle_trust::KeyPair;
use socle_wire::agent::Welcome;
use std::fs;

const MAC: &str = "52:54:00:00:00:01";

fn starts_environment(house: &House, mac: &str) -> bool {
    let script = house.script(mac);
    assert_ne!(script.contains("vmlinuz"), script.contains("sanboot"), "{script}");
    script.contains("vmlinuz")
}

/// A3: there is no account that machines share. What one machine was given opens nothing of another's, and two that were
/// started from the same files have nothing in common.
#[test]
fn a3_no_machine_speaks_for_another() {
    let house = House::new();
    let mut first = Machine::new(&house.agents(), house.pin, 1);
    first.hello().unwrap();
    let view = house.accept("poste-01");
    let known = first.known();
    let run = house.start(&view, house.master());
    let mut second = Machine::new(&house.agents(), house.pin, 2);
    second.hello().unwrap();
    house.accept("poste-02");
    let other = second.known();
    assert_ne!((known.session.as_str(), known.target), (other.session.as_str(), other.target));
    let order = first.orders(0, 0).unwrap().orders.remove(0);
    let journal = Journal::begin(&order, &known, &first.key, &house.content().public(), house.now());
    // The second has the first's order and even its entries, signed: they are not its own.
    let run_path = format!("/agent/v1/runs/{}", run.id);
    let asked = [
        second.push(run.id, &journal.entries).unwrap_err().code(),
        second.tail(run.id).unwrap_err().code(),
        second.get::<serde_json::Value>(&format!("{run_path}/secrets")).unwrap_err().code(),
        second
            .post::<serde_json::Value>(
                &format!("{run_path}/progress"),
                &serde_json::json!({
                    "step": "look", "done_bytes": 1, "total_bytes": 2, "bytes_per_second": 3
                }),
            )
            .unwrap_err()
            .code(),
    ];
    assert_eq!(asked, ["server-unknown"; 4], "as if there were no such run");
    assert_eq!(first.push(run.id, &journal.entries).unwrap(), journal.entries.len() as u64);
    // A session dies with the next hello of its machine: one that was copied is soon worth nothing.
    let stolen = first.session.clone();
    first.known();
    let mut thief = Machine::new(&house.agents(), house.pin, 3);
    thief.session = stolen;
    assert_eq!(thief.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
}

/// A4: a stranger that was refused under the address of a machine that comes later keeps that one from the environment for
/// an hour, not until somebody looks; and a machine that is told no starts its disk next, and not the network for ever.
#[test]
fn a4_a_refused_stranger_bars_nobody_for_long() {
    let house = House::new();
    environment(&house, b"an initrd", &house.content());
    let mut liar = Machine::new(&house.agents(), house.pin, 1);
    liar.hello().unwrap();
    let id = house.machines()[0].id;
    let _: serde_json::Value = house.post(&format!("/api/v1/machines/{id}/refuse"), &serde_json::json!({}));
    assert!(!starts_environment(&house, MAC), "just refused: its own disk");
    house.later(3_601);
    assert!(starts_environment(&house, MAC), "it is asked again who it is");
    // The liar itself: refused again, and then its own disk.
    assert!(matches!(liar.hello().unwrap(), Welcome::Refused {}));
    assert!(!starts_environment(&house, MAC));
    house.later(3_601);
    // The machine whose address it was has a key of its own: it waits for a person, whoever was refused before.
    let mut honest = Machine::new(&house.agents(), house.pin, 9);
    honest.hints = liar.hints.clone();
    assert!(matches!(honest.hello().unwrap(), Welcome::Unknown { .. }));
    assert!(starts_environment(&house, MAC), "one waits");
    house.accept("poste-01");
    assert!(!starts_environment(&house, MAC), "known, and without work");
}

/// A5: more strangers than anybody looks at say that they are a machine, before and after it came: it still starts its disk.
#[test]
fn a5_a_crowd_of_strangers_does_not_hide_the_machine_that_they_imitate() {
    let house = House::new();
    environment(&house, b"an initrd", &house.content());
    let mut liar = Machine::new(&house.agents(), house.pin, 1);
    let mut crowd = |from: u32| {
        for n in from..from + 110 {
            let mut seed = [0x77; 32];
            seed[..4].copy_from_slice(&n.to_le_bytes());
            liar.key = KeyPair::from_seed(&seed);
            liar.hello().unwrap();
        }
    };
    crowd(0);
    let mut owner = Machine::new(&house.agents(), house.pin, 1);
    owner.hello().unwrap();
    let all: serde_json::Value = house.get("/api/v1/machines?limit=1000");
    let code = socle_trust::secret::code(&owner.key.public());
    let mine = all["items"].as_array().unwrap().iter().find(|m| m["code"] == code.as_str()).expect("it waits");
    let path = format!("/api/v1/machines/{}/accept", mine["id"].as_str().unwrap());
    let _: serde_json::Value = house.post(&path, &serde_json::json!({ "name": "poste-01" }));
    assert!(!starts_environment(&house, MAC));
    house.later(61);
    crowd(1_000);
    assert!(!starts_environment(&house, MAC), "known, and without work");
}

/// A12: an old boot environment, signed as it was, is not served again once a newer one was; nor after a restart.
#[test]
fn a12_an_older_boot_environment_is_not_published_again() {
    let house = House::new();
    let folder = house.data().join("boot-environment");
    environment(&house, b"an old initrd, with a weakness", &house.content());
    assert!(starts_environment(&house, MAC));
    let names = ["vmlinuz", "initrd.img", "snponly.efi", "manifest.json", "release.json"];
    let old = names.map(|name| (name, fs::read(folder.join(name)).unwrap()));
    house.later(3_600);
    environment(&house, b"a new initrd, mended", &house.content());
    assert!(starts_environment(&house, MAC));
    let initrd = || house.http().get(house.url("boot", "/boot/initrd.img")).send().unwrap();
    assert_eq!(initrd().bytes().unwrap().as_ref(), b"a new initrd, mended");
    old.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    assert!(!initrd().status().is_success());
    assert!(!starts_environment(&house, MAC), "rather its own disk");
    let house = house.again();
    assert!(!starts_environment(&house, MAC), "nor after a restart");
    // Whoever has the content key may go back: he says so by signing it now.
    house.later(60);
    environment(&house, b"an old initrd, with a weakness", &house.content());
    assert!(starts_environment(&house, MAC));
    // Another key's word for a later moment moves nothing.
    house.later(60);
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let release = EnvironmentRelease {
        manifest: socle_domain::Digest::of(&manifest),
        at: house.now() + std::time::Duration::from_secs(1 << 30),
        lowest: Default::default(),
    };
    let release = serde_json::to_vec(&Signed::new(&release, &KeyPair::generate().unwrap())).unwrap();
    fs::write(folder.join("release.json"), release).unwrap();
    assert!(!starts_environment(&house, MAC));
    environment(&house, b"the next one", &house.content());
    assert!(starts_environment(&house, MAC), "what nobody may sign is not remembered either");
}

/// A11: which firmware each machine has is a fact, so that those whose network stack has a known flaw are found, and a
/// rule can be written for them.
#[test]
fn a11_machines_with_a_flawed_firmware_are_found() {
    let house = House::new();
    let names = [("poste-01", "1.0", "2021-03-01"), ("poste-02", "2.4", "2026-02-11")];
    for (n, (name, version, date)) in (1..).zip(names) {
        let mut machine = Machine::new(&house.agents(), house.pin, n);
        machine.facts.set("firmware_version", version);
        machine.facts.set("firmware_date", date);
        machine.hello().unwrap();
        house.accept(name);
        machine.known();
    }
    house.master();
    let when = "has(facts.firmware_date) && facts.firmware_date < '2024-01-16'";
    let rule = serde_json::json!({ "name": "flawed", "when": when, "sets": { "size": 2 } });
    let tried: serde_json::Value = house.post("/api/v1/rules/try", &rule);
    let found: Vec<&str> = tried["machines"].as_array().unwrap().iter().filter_map(|m| m["name"].as_str()).collect();
    assert_eq!(found, ["poste-01"], "{tried}");
}

/// A5: a run that goes on is not disturbed by who borrows its machine's address, even with the machine's own first words.
#[test]
fn a5_a_run_goes_on_while_others_borrow_its_machines_words() {
    let house = House::new();
    let mut owner = Machine::new(&house.agents(), house.pin, 1);
    let replayed = owner.hello_message().unwrap();
    owner.post::<Welcome>("/agent/v1/hello", &replayed).unwrap();
    let view = house.accept("poste-01");
    let known = owner.known();
    let run = house.start(&view, house.master());
    let order = owner.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &owner.key, &house.content().public(), house.now());
    let thief = Machine::new(&house.agents(), house.pin, 2);
    assert_eq!(thief.post::<Welcome>("/agent/v1/hello", &replayed).unwrap_err().code(), "server-challenge-over");
    for step in ["look", "restart", "tell"] {
        journal.step(house.now(), step);
    }
    journal.write(house.now(), None, Event::RunCompleted {});
    assert_eq!(owner.push(run.id, &journal.entries).unwrap(), journal.entries.len() as u64);
    assert_eq!(house.state(&run), "completed");
}
