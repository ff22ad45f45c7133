//! A start that calls itself trusted: where the machine has a security chip, the chip is believed and not the machine.
use crate::{
    boot_log::{APPLICATION, CERTIFICATE, Measured, authority, before, bytes, image},
    fake::Machine,
    house::House,
    machines::{Hardware, message, open},
    shelf::environment_of,
    swtpm::Swtpm,
};
use socle_agent::{key::MachineKey, tpm::Tpm};
use socle_domain::start::Start;
use socle_server::Config;
use socle_wire::{
    agent::{Locate, Located, Welcome},
    api::MachineView,
};

const TRUSTED: Start = Start { secure_boot: true, chain: "uki", via: "pxe", enrolled: "db", trusted: true };

fn house(change: impl FnOnce(&mut Config)) -> House {
    let mut config = Config::default();
    change(&mut config);
    let house = House::with(config);
    environment_of(&house, &[("vmlinuz", b"a kernel"), ("initrd.img", b"an initrd"), ("socle-boot.der", CERTIFICATE)]);
    house
}

fn measure(chip: &Swtpm, all: &[Measured]) {
    all.iter().for_each(|(register, _, digest, _)| chip.measure(*register as u8, digest));
}

/// What the machine is told, what it may do, and what is shown of its start.
struct Seen {
    content: Result<(), String>,
    proof: Option<String>,
    digest: Option<String>,
    trust: String,
}

fn say_hello(house: &House, line: &mut Machine, key: &MachineKey, tpm: Option<&Tpm>) -> Welcome {
    let ask = |opened| line.post::<Welcome>("/agent/v1/hello", &message(line, key, tpm, opened)).unwrap();
    let mut welcome = ask(None);
    if let (Welcome::Attest {}, Some(tpm)) = (&welcome, tpm) {
        welcome = ask(Some(open(line, tpm)));
    }
    if let Welcome::Unknown { .. } = welcome {
        house.accept("pc-1");
        welcome = ask(None);
    }
    let Welcome::Known(known) = &welcome else { panic!("{welcome:?}") };
    line.session = Some(known.session.clone());
    welcome
}

fn seen(house: &House, line: &mut Machine, key: &MachineKey, tpm: Option<&Tpm>) -> Seen {
    say_hello(house, line, key, tpm);
    let located = line.post::<Located>("/agent/v1/locate", &Locate { chunks: vec![] });
    let machine = house.machines().into_iter().find(|m| m.state == "known").unwrap();
    let text = |name: &str| Some(machine.facts.get(name)?.as_str()?.to_string());
    Seen {
        content: located.map(drop).map_err(|trouble| trouble.code()),
        proof: text("boot_proof"),
        digest: text("boot_proof_digest"),
        trust: text("boot_trust").unwrap(),
    }
}

fn trusted(house: &House) -> Machine {
    let mut line = Machine::new(&house.agents(), house.pin, 1);
    TRUSTED.tell(&mut line.facts);
    line
}

#[test]
fn a_chip_proves_a_start_and_disproves_another() {
    let (house, mut alpha) = (house(|_| {}), Hardware::new());
    let (mut line, key) = (trusted(&house), alpha.key());
    let first = [before(1), vec![authority(CERTIFICATE), image([0x0f; 32])]].concat();
    measure(&alpha.chip, &first);
    let tpm = alpha.tpm().with_log(&bytes(&first));
    let one = seen(&house, &mut line, &key, Some(&tpm));
    assert_eq!((one.content, one.proof.as_deref(), &one.trust[..]), (Ok(()), Some("key"), "trusted"));
    // Said once, it holds as long as the registers hold what they held.
    tpm.log_was_told(true);
    let again = seen(&house, &mut line, &key, Some(&tpm));
    assert_eq!((again.content, again.proof.as_deref()), (Ok(()), Some("key")));

    // Somebody starts another system over it, by a key of Microsoft, and the same words come from there.
    let other: Vec<Measured> = vec![authority(b"Microsoft's"), (4, APPLICATION, [0xbd; 32], vec![])];
    // One line to the chip at a time.
    drop(tpm);
    measure(&alpha.chip, &other);
    let tpm = alpha.tpm().with_log(&bytes(&first));
    tpm.log_was_told(true);
    let silent = seen(&house, &mut line, &key, Some(&tpm));
    let refused = Err("server-start-unproved".to_string());
    assert_eq!((silent.content, silent.proof.as_deref()), (refused.clone(), Some("no-log")));
    tpm.log_was_told(false);
    let old = seen(&house, &mut line, &key, Some(&tpm));
    assert_eq!((&old.content, old.proof.as_deref()), (&refused, Some("other-log")), "the log of before");
    drop(tpm);
    let honest = alpha.tpm().with_log(&bytes(&[first, other].concat()));
    let found = seen(&house, &mut line, &key, Some(&honest));
    let digest = "0f".repeat(32);
    assert_eq!(
        (&found.content, found.proof.as_deref(), found.digest, &found.trust[..]),
        (&refused, Some("other-image"), Some(digest), "unproved")
    );
    let listed = house.all::<MachineView>("/api/v1/machines?trust=unproved");
    assert_eq!((listed.len(), house.all::<MachineView>("/api/v1/machines?trust=trusted").len()), (1, 0));
    let (status, code) = house.refused("/api/v1/runs", &house.wish(&listed[0], house.master()));
    assert_eq!((status, &code[..]), (409, "server-start-unproved"));
}

#[test]
fn a_log_is_asked_for_and_nobody_makes_up_a_proof() {
    // A chip and no log; a log that is none; registers that say that Secure Boot was off.
    for (log, expect) in [(None, "no-log"), (Some(bytes(&before(0))), "off")] {
        let (house, mut alpha) = (house(|_| {}), Hardware::new());
        let (mut line, key) = (trusted(&house), alpha.key());
        measure(&alpha.chip, &before(0));
        let tpm = match &log {
            Some(log) => alpha.tpm().with_log(log),
            None => alpha.tpm(),
        };
        line.facts.set("boot_proof", "key");
        line.facts.set("tpm_certified", "verified");
        let found = seen(&house, &mut line, &key, Some(&tpm));
        assert_eq!((found.content.is_err(), found.proof.as_deref()), (true, Some(expect)));
    }
    // Registers and proof made up beforehand, by a machine that nobody has seen yet.
    let (house, mut alpha) = (house(|_| {}), Hardware::new());
    let (mut line, key) = (trusted(&house), alpha.key());
    let tpm = alpha.tpm();
    let held =
        line.hello_message().map(|hello| tpm.evidence(&hello.nonce, &hello.key, None).unwrap().registers).unwrap();
    let said = held.iter().map(|(n, value)| (n.to_string(), value.to_string().into())).collect();
    line.facts.set("tpm_pcr", serde_json::Value::Object(said));
    line.facts.set("boot_proof", "key");
    assert_eq!(seen(&house, &mut line, &key, Some(&tpm)).proof.as_deref(), Some("no-log"));
}

#[test]
fn without_a_chip_it_is_a_word_and_the_centre_may_want_more() {
    let free = house(|_| {});
    let (mut line, key) = (trusted(&free), MachineKey::of([9; 32]));
    line.facts.set("boot_proof", "key");
    let found = seen(&free, &mut line, &key, None);
    assert_eq!((found.content, found.proof.as_deref(), &found.trust[..]), (Ok(()), Some("word"), "trusted"));
    let strict = house(|config| config.boot.require_proved_start = true);
    let found = seen(&strict, &mut trusted(&strict), &key, None);
    assert_eq!((found.content.is_err(), found.proof.as_deref()), (true, Some("word")));
}
