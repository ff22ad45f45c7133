//! What a machine starts into.
pub use crate::shelf::environment_of;
use crate::{
    fake::{Journal, Machine},
    house::House,
};
use socle_domain::{journal::Event, sequence::RebootInto, sign::Signer};
use std::{fs, path::Path};

/// A boot environment of two small files, signed.
fn environment(house: &House) {
    environment_of(house, &[("vmlinuz", b"a kernel"), ("initrd.img", b"an initrd")]);
}

const MAC: &str = "52:54:00:00:00:01";

fn starts_environment(house: &House, mac: &str) -> bool {
    let script = house.script(mac);
    assert!(script.starts_with("#!ipxe"));
    assert_ne!(script.contains("vmlinuz"), script.contains("sanboot"), "{script}");
    script.contains("vmlinuz")
}

#[test]
fn only_machines_with_work_or_without_a_name_start_the_environment() {
    let house = House::new();
    assert!(!starts_environment(&house, MAC), "there is none yet");
    environment(&house);
    assert!(starts_environment(&house, MAC), "unknown");
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    assert!(starts_environment(&house, MAC), "waits to be recognised");
    let view = house.accept("poste-01");
    assert!(!starts_environment(&house, MAC), "no work");
    assert!(!starts_environment(&house, "52-54-00-00-00-01"), "the same address, written otherwise");
    assert!(starts_environment(&house, "52:54:00:00:00:02"), "another machine");
    let run = house.start(&view, house.master());
    assert!(starts_environment(&house, MAC), "ordered");
    let known = machine.known();
    let order = machine.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &machine.key, &house.content().public(), house.now());
    journal.step(house.now(), "look");
    machine.push(run.id, &journal.entries).unwrap();
    assert!(starts_environment(&house, MAC), "running");
    journal.write(house.now(), Some("restart"), Event::StepStarted { attempt: 1 });
    journal.write(house.now(), Some("restart"), Event::Rebooting { into: RebootInto::Installed });
    machine.push(run.id, journal.from(4)).unwrap();
    assert!(!starts_environment(&house, MAC), "its run goes on in the installed system");
}

#[test]
fn an_altered_environment_is_not_served() {
    let house = House::new();
    environment(&house);
    let folder = house.data().join("boot-environment");
    let fetch = |name: &str| house.http().get(house.url("boot", &format!("/boot/{name}"))).send().unwrap();
    assert_eq!(fetch("vmlinuz").bytes().unwrap().as_ref(), b"a kernel");
    // The content key's word goes along: a machine that keeps the environment on its disk checks it by that.
    assert!(fetch("release.json").status().is_success());
    assert_eq!(fetch("leases.json").status().as_u16(), 404, "nothing but what machines need");
    assert_eq!(fetch("..%2fserver.key").status().as_u16(), 404);
    let spoil = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        let good = fs::read(&path).unwrap();
        set(&path, bytes);
        assert!(!fetch("vmlinuz").status().is_success(), "{name}");
        assert!(!starts_environment(&house, MAC), "{name}");
        set(&path, &good);
        assert!(starts_environment(&house, MAC), "{name} is good again");
    };
    spoil("vmlinuz", b"a kennel");
    spoil("initrd.img", b"an initrd, and more");
    spoil("manifest.json", b"{}");
    spoil("release.json", b"{}");
}

/// Writes a file so that its time of change differs, however coarse the filesystem's clock.
fn set(path: &Path, bytes: &[u8]) {
    let before = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, bytes).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(before + std::time::Duration::from_secs(1)).unwrap();
}

#[test]
fn boot_events_are_told_in_the_readers_language() {
    let house = House::new();
    house.script(MAC);
    let ask = |lang: &str| -> serde_json::Value {
        let url = house.url("console", "/api/v1/boot-events");
        let request = house.http().get(url).bearer_auth(&house.token).header("accept-language", lang);
        request.send().unwrap().json().unwrap()
    };
    // It is written with those that come in the same moment.
    let begin = std::time::Instant::now();
    while ask("en")["items"].as_array().is_none_or(Vec::is_empty) {
        assert!(begin.elapsed().as_secs() < 10, "the event was not kept: {}", ask("en"));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(ask("en")["items"][0]["who"], MAC);
    assert_ne!(ask("en")["items"][0]["what"], ask("fr")["items"][0]["what"]);
}

#[test]
fn a_loader_that_says_nothing_of_its_machine_is_asked_for_it_first() {
    let house = House::new();
    environment(&house);
    let script = house.http().get(house.url("boot", "/boot/boot.ipxe")).send().unwrap().text().unwrap();
    assert!(script.contains("/boot/boot.ipxe?mac=${netX/mac}&uuid=${uuid}&"), "{script}");
    assert!(!script.contains("vmlinuz") && !script.contains("sanboot"));
}

#[test]
fn a_card_that_moves_to_another_machine_does_not_bring_the_first_one_s_name_along() {
    let house = House::new();
    environment(&house);
    let (first, second) = ("00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddee00");
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hints.uuid = Some(first.into());
    machine.hello().unwrap();
    house.accept("poste-01");
    let starts = |uuid: &str| starts_environment(&house, &format!("{MAC}&uuid={uuid}"));
    assert!(!starts(first), "known, and nothing to do");
    assert!(!starts("33221100-5544-7766-8899-aabbccddeeff"), "the same, as an older SMBIOS writes it");
    assert!(!starts("03000200-0400-0500-0006-000700080009"), "an identifier that its maker forgot says nothing");
    assert!(starts(second), "the same card in another machine");
}
