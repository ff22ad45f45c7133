//! Recognising machines.
use crate::{
    fake::{Machine, Trouble},
    house::House,
};
use socle_domain::{Digest, keys, sign::Signer};
use socle_trust::secret;
use socle_wire::agent::{Hello, Known, Welcome, Where};

#[test]
fn an_unknown_machine_waits_for_a_person_and_gets_nothing() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    let Welcome::Unknown { code, .. } = machine.hello().unwrap() else { panic!("it was known") };
    assert_eq!(code, secret::code(&machine.key.public()));
    assert!(matches!(machine.hello().unwrap(), Welcome::Unknown { .. }), "it asks again and still waits");
    let all = house.machines();
    assert_eq!((all.len(), all[0].state.as_str(), all[0].code.as_str()), (1, "to-recognise", code.as_str()));
    assert_eq!(all[0].address.as_deref(), Some("127.0.0.1"));
    assert_eq!(machine.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
    house.accept("poste-01");
    let known = machine.known();
    check_known(&house, &machine, &known);
}

/// What a machine is told is signed, about this machine, and with the present.
fn check_known(house: &House, machine: &Machine, known: &Known) {
    let server = keys::server_key(&house.content().public(), &known.delegation).unwrap();
    let enrolment = known.enrolment.open(&server).unwrap();
    assert_eq!((enrolment.machine, enrolment.target), (machine.key.public(), known.target));
    assert_eq!(known.time.open(&server).unwrap().now, house.now());
    assert_eq!(known.name, "poste-01");
    assert!(machine.orders(0, 0).unwrap().go_local, "it has no work here");
}

#[test]
fn a_refused_machine_goes_home() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let id = house.machines()[0].id;
    let _: serde_json::Value = house.post(&format!("/api/v1/machines/{id}/refuse"), &());
    assert!(matches!(machine.hello().unwrap(), Welcome::Refused {}));
    let _: serde_json::Value =
        house.post(&format!("/api/v1/machines/{id}/accept"), &serde_json::json!({ "name": "poste-01" }));
    machine.known();
}

#[test]
fn a_known_machine_that_is_refused_loses_its_session() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let id = house.accept("poste-01").id;
    machine.known();
    let _: serde_json::Value = house.post(&format!("/api/v1/machines/{id}/refuse"), &());
    assert_eq!(machine.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
}

#[test]
fn the_list_and_the_rules_recognise_without_a_person() {
    let house = House::new();
    assert_eq!(house.post_csv("name;mac\r\nlabo-7;52-54-00-00-00-07\r\n").unwrap(), 1);
    let rule = |name: &str, when: &str, pattern: &str| serde_json::json!({ "name": name, "unit": socle_domain::UnitId::ROOT, "when": when, "name_pattern": pattern });
    let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule("1-missing", "facts.nothing > 1", "x-{n}"));
    let _: serde_json::Value =
        house.post("/api/v1/accept-rules", &rule("2-uefi", "facts.firmware == 'uefi'", "salle-{nn}"));
    let name = |n: u8| {
        let mut machine = Machine::new(&house.agents(), house.pin, n);
        let known = machine.known();
        let by = house.machines().into_iter().find(|m| m.id == known.target).unwrap().by.unwrap();
        (known.name, by)
    };
    assert_eq!(name(7), ("labo-7".into(), "list".into()));
    assert_eq!(name(1), ("salle-01".into(), "rule:2-uefi".into()));
    assert_eq!(name(2), ("salle-02".into(), "rule:2-uefi".into()));
    let mut bios = Machine::new(&house.agents(), house.pin, 3);
    bios.facts.set("firmware", "bios");
    assert!(matches!(bios.hello().unwrap(), Welcome::Unknown { .. }));
    // Somebody who shows the hints of a machine that came already is nobody.
    let mut thief = Machine::new(&house.agents(), house.pin, 9);
    thief.hints.macs = vec!["52:54:00:00:00:07".into()];
    thief.facts.set("firmware", "bios");
    assert!(matches!(thief.hello().unwrap(), Welcome::Unknown { .. }));
}

#[test]
fn a_wrong_list_or_rule_is_refused_whole() {
    let house = House::new();
    let line = |csv: &str| {
        let problem = house.post_csv(csv).unwrap_err();
        assert_eq!(problem.fault.code, "server-csv-wrong");
        problem.fault.args.iter().find(|(n, _)| n == "line").map(|(_, v)| format!("{v:?}")).unwrap()
    };
    assert_eq!(line("name,colour\na,b\n"), "Number(1.0)");
    assert_eq!(line("name,mac\nok,52:54:00:00:00:01\nNot A Name,52:54:00:00:00:02\n"), "Number(3.0)");
    assert_eq!(line("name,mac\na,52:54:00:00:00:01\n\na,52:54:00:00:00:02\n"), "Number(4.0)");
    assert_eq!(line("name,mac\na,\n"), "Number(2.0)");
    assert_eq!(line("name,mac\na,xx\n"), "Number(2.0)");
    // The right line before the wrong one was not kept either.
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    assert!(matches!(machine.hello().unwrap(), Welcome::Unknown { .. }));
    let rule = |when: &str, pattern: &str| {
        let unit = socle_domain::UnitId::ROOT;
        house.refused(
            "/api/v1/accept-rules",
            &serde_json::json!({ "name": "r", "unit": unit, "when": when, "name_pattern": pattern }),
        )
    };
    assert_eq!(rule("facts.(", "a-{n}"), (422, "server-rule-wrong".into()));
    assert_eq!(rule("true", "A B"), (422, "server-rule-wrong".into()));
}

#[test]
fn a_hello_proves_a_key_or_is_not_heard() {
    let house = House::new();
    let machine = Machine::new(&house.agents(), house.pin, 1);
    let other = Machine::new(&house.agents(), house.pin, 2);
    let refused = |change: &dyn Fn(&mut Hello)| {
        let mut hello = machine.hello_message().unwrap();
        change(&mut hello);
        match machine.post::<Welcome>("/agent/v1/hello", &hello) {
            Err(Trouble::Refused(fault)) => fault.code.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&|h| h.key = other.key.public()), "server-hello-wrong");
    assert_eq!(refused(&|h| h.nonce = Digest::of(b"mine")), "server-challenge-over");
    assert_eq!(refused(&|h| h.version = 2), "server-agent-version");
    assert_eq!(refused(&|h| h.hints.serial = Some("x".repeat(1000))), "server-hello-wrong");
    assert_eq!(refused(&|h| h.hints.macs = vec!["x".into(); 100]), "server-hello-wrong");
    assert_eq!(refused(&|h| h.facts.set("x", "x".repeat(200_000))), "server-hello-wrong");
    assert_eq!(refused(&|_| house.later(61)), "server-challenge-over");
    let hello = machine.hello_message().unwrap();
    machine.post::<Welcome>("/agent/v1/hello", &hello).unwrap();
    let again = machine.post::<Welcome>("/agent/v1/hello", &hello).unwrap_err();
    assert_eq!(again.code(), "server-challenge-over", "a nonce serves once");
    assert_eq!(house.machines().len(), 1);
}

#[test]
fn another_server_is_not_spoken_to() {
    let (house, other) = (House::new(), House::new());
    let machine = Machine::new(&house.agents(), other.pin, 1);
    assert!(matches!(machine.hello_message(), Err(Trouble::Silent(_))));
}

#[test]
fn a_session_ends_and_a_new_one_replaces_it() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    let first = machine.known().session;
    machine.place = Where::Installed;
    machine.known();
    machine.orders(0, 0).unwrap();
    let second = machine.session.replace(first);
    assert_eq!(machine.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
    machine.session = second;
    house.later(25 * 3600);
    assert_eq!(machine.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
}

#[test]
fn names_are_host_names_given_once() {
    let house = House::new();
    let mut machines: Vec<_> = (1..=2).map(|n| Machine::new(&house.agents(), house.pin, n)).collect();
    machines[0].hello().unwrap();
    house.accept("poste-01");
    machines[1].hello().unwrap();
    let id = house.machines().into_iter().find(|m| m.state == "to-recognise").unwrap().id;
    let accept =
        |name: &str| house.refused(&format!("/api/v1/machines/{id}/accept"), &serde_json::json!({ "name": name }));
    assert_eq!(accept("poste-01"), (409, "db-name-taken".into()));
    assert_eq!(accept("Poste 1"), (422, "server-name-wrong".into()));
    assert_eq!(accept(""), (422, "server-name-wrong".into()));
}

#[test]
fn a_machine_that_lost_a_key_kept_nowhere_is_given_its_name_again_by_a_person() {
    let house = House::new();
    let come = |seed: u8, kept: &str| {
        let mut machine = Machine::new(&house.agents(), house.pin, seed);
        machine.hints.macs = vec!["52:54:00:00:00:07".into()];
        machine.facts.set("key_kept", kept);
        machine.hello().unwrap();
        house.machines().into_iter().find(|m| m.state == "to-recognise").map(|m| m.id)
    };
    let accept = |id: socle_domain::TargetId| format!("/api/v1/machines/{id}/accept");
    let name = serde_json::json!({ "name": "poste-01" });
    let first = come(1, "memory").unwrap();
    let _: serde_json::Value = house.post(&accept(first), &name);
    let second = come(2, "disk").unwrap();
    let _: serde_json::Value = house.post(&accept(second), &name);
    let state = |id| house.machines().into_iter().find(|m| m.id == id).map(|m| (m.state, m.name)).unwrap();
    assert_eq!(state(first), ("refused".into(), None));
    assert_eq!(state(second), ("known".into(), Some("poste-01".into())));
    // The second one's key is kept: whoever comes after it and says the same is somebody else.
    let third = come(3, "memory").unwrap();
    assert_eq!(house.refused(&accept(third), &name).1, "db-name-taken");
    assert_eq!(state(second).0, "known");
}
