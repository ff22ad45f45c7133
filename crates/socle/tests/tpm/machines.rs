//! Machines with a security chip: a real one (swtpm), the agent's own code before it, the server behind a real TLS line.
use crate::{
    fake::{Journal, Machine, Said, Trouble},
    house::House,
    swtpm::Swtpm,
};
use socle_agent::{
    key::{AtRest, Found, Identity, MachineKey, find_or_make},
    tpm::Tpm,
};
use socle_disk::efi::Variables;
use socle_domain::{
    Digest, TargetId,
    journal::Event,
    keys::server_key,
    proof::verify,
    sign::{PublicKey, Signer},
};
use socle_texts::Fault;
use socle_trust::KeyPair;
use socle_wire::{
    agent::{Challenge, HELLO_CONTEXT, Hello, Welcome, hello_bytes},
    api::{MachineView, ReplaceIdentity},
    presence::{CheckIn, Pace},
    tpm::{Credential, CredentialWish, Opened},
};
use std::fs;

/// A machine's lasting parts: its chip, its firmware's memory, its disk's copy of the key.
pub(crate) struct Hardware {
    pub(crate) chip: Swtpm,
    firmware: tempfile::TempDir,
    disk: Option<AtRest>,
}

impl Hardware {
    pub(crate) fn new() -> Hardware {
        let firmware = tempfile::tempdir().unwrap();
        fs::write(firmware.path().join("Other"), "x").unwrap();
        Hardware { chip: Swtpm::new(), firmware, disk: None }
    }
    fn variables(&self) -> Variables {
        Variables::at(self.firmware.path()).unwrap()
    }
    pub(crate) fn tpm(&self) -> Tpm {
        Tpm::on(self.chip.line())
    }
    /// Switched on: what the agent finds or makes.
    pub(crate) fn identity(&mut self) -> Identity {
        let found = find_or_make(self.disk.clone(), Some(&self.variables()), Some(&self.tpm())).unwrap();
        self.disk = Some(found.key.at_rest().clone());
        found
    }
    pub(crate) fn key(&mut self) -> MachineKey {
        self.identity().key
    }
    /// Whether these bytes lie anywhere that outlives a power cut.
    fn holds(&self, secret: &[u8]) -> bool {
        let files = fs::read_dir(self.firmware.path()).unwrap().map(|e| fs::read(e.unwrap().path()).unwrap());
        let disk = self.disk.as_ref().map(AtRest::to_bytes);
        files.chain(disk).any(|bytes| bytes.windows(secret.len()).any(|w| w == secret))
    }
}

fn post<A: serde::de::DeserializeOwned>(line: &Machine, path: &str, message: &impl serde::Serialize) -> Said<A> {
    line.post(path, message)
}

pub(crate) fn message(line: &Machine, key: &MachineKey, tpm: Option<&Tpm>, opened: Option<Opened>) -> Hello {
    let challenge: Challenge = line.post("/agent/v1/challenge", &()).unwrap();
    let public = key.public();
    let signature = key.sign(HELLO_CONTEXT, &hello_bytes(&challenge.nonce, &public));
    let evidence = tpm.map(|tpm| tpm.evidence(&challenge.nonce, &public, opened).unwrap());
    Hello { nonce: challenge.nonce, key: public, signature, tpm: evidence, ..line.hello_message().unwrap() }
}

pub(crate) fn hello(line: &Machine, key: &MachineKey, tpm: Option<&Tpm>, opened: Option<Opened>) -> Said<Welcome> {
    line.post("/agent/v1/hello", &message(line, key, tpm, opened))
}

pub(crate) fn open(line: &Machine, tpm: &Tpm) -> Opened {
    tpm.activate(|wish| {
        post(line, "/agent/v1/tpm/credential", wish).map_err(|e| Fault::new("tpm-silent").because(e.code()))
    })
    .unwrap()
}

/// As the agent does it: the proof of the two keys where the server asks for it.
pub(crate) fn introduce(line: &Machine, key: &MachineKey, tpm: &Tpm) -> Said<Welcome> {
    match hello(line, key, Some(tpm), None)? {
        Welcome::Attest {} => hello(line, key, Some(tpm), Some(open(line, tpm))),
        welcome => Ok(welcome),
    }
}

fn refused(said: Said<Welcome>) -> String {
    said.expect_err("it was let in").code()
}

pub(crate) fn waiting(house: &House, key: &PublicKey) -> MachineView {
    house.machines().into_iter().find(|m| m.key == *key).unwrap()
}

#[test]
fn a_machine_is_bound_to_its_chip_and_its_key_opens_nothing_elsewhere() {
    let (house, mut alpha, mut beta) = (House::new(), Hardware::new(), Hardware::new());
    let line = Machine::new(&house.agents(), house.pin, 1);
    let first = alpha.identity();
    assert_eq!((first.found, first.lost, first.unsealed), (Found::Made, false, None));
    assert!(!first.key.at_rest().is_open(), "sealed from the first moment on");

    // Nobody is told anything before the two keys were brought together.
    let tpm = alpha.tpm();
    assert!(matches!(hello(&line, &first.key, Some(&tpm), None).unwrap(), Welcome::Attest {}));
    assert!(house.machines().is_empty());
    assert!(matches!(introduce(&line, &first.key, &tpm).unwrap(), Welcome::Unknown { .. }));
    let ek = house.machines()[0].facts.get("tpm_ek").cloned().unwrap();
    assert!(house.machines()[0].facts.get("tpm_pcr").unwrap()["7"].is_string());
    house.accept("pc-1");
    assert!(matches!(hello(&line, &first.key, Some(&tpm), None).unwrap(), Welcome::Known(_)), "its word is enough now");
    drop(tpm);

    // The same machine after a power cut: its key opens again, here.
    alpha.chip.restart();
    let again = alpha.identity();
    assert_eq!((again.found, again.key.public()), (Found::Firmware, first.key.public()));
    let tpm = alpha.tpm();
    assert!(matches!(introduce(&line, &again.key, &tpm).unwrap(), Welcome::Known(_)));

    // Its key alone, or with another chip: refused, whatever is known of it.
    let other = beta.tpm();
    assert_eq!(refused(hello(&line, &first.key, None, None)), "server-tpm-other");
    assert_eq!(refused(hello(&line, &first.key, Some(&other), None)), "server-tpm-other");
    let opened = open(&line, &other);
    assert_eq!(refused(hello(&line, &first.key, Some(&other), Some(opened))), "server-tpm-other");
    drop(other);

    // Its disk in the other machine: nothing opens there, and it is a stranger.
    beta.disk = alpha.disk.clone();
    let stranger = beta.identity();
    assert_eq!((stranger.found, stranger.lost), (Found::Made, true));
    assert_ne!(stranger.key.public(), first.key.public());
    assert!(matches!(introduce(&line, &stranger.key, &beta.tpm()).unwrap(), Welcome::Unknown { .. }));
    assert_ne!(waiting(&house, &stranger.key.public()).facts.get("tpm_ek"), Some(&ek));
    // And in a machine without any: the agent of the installed system says why it is silent, the other one starts anew.
    let kept = alpha.disk.clone().unwrap();
    assert!(MachineKey::open(kept.clone(), None).unwrap_err().is("agent-tpm-absent"));
    let bare = find_or_make(Some(kept), None, None).unwrap();
    assert_eq!((bare.found, bare.lost), (Found::Made, true));

    // The fact can be asked for, and nobody makes it up.
    let ek = ek.as_str().unwrap();
    let found: Vec<MachineView> = house.all(&format!("/api/v1/machines?tpm={ek}"));
    assert_eq!(found.iter().map(|m| m.name.as_deref()).collect::<Vec<_>>(), [Some("pc-1")]);
    let mut liar = Machine::new(&house.agents(), house.pin, 9);
    liar.facts.set("tpm_ek", ek);
    assert!(matches!(liar.hello().unwrap(), Welcome::Unknown { .. }));
    assert_eq!(waiting(&house, &liar.key.public()).facts.get("tpm_ek"), None);
}

#[test]
fn what_was_kept_open_is_sealed_and_no_copy_stays() {
    let mut alpha = Hardware::new();
    let seed = *b"a seed that lay open, 32 bytes..";
    alpha.variables().keep_machine_key(&seed).unwrap();
    alpha.disk = Some(AtRest::Plain(seed));
    assert!(alpha.holds(&seed));
    let found = alpha.identity();
    assert_eq!((found.found, found.key.public()), (Found::Firmware, MachineKey::of(seed).public()));
    assert!(!alpha.holds(&seed) && !found.key.at_rest().is_open());
    // A machine of before is bound when it first shows its chip; its leaked key is worth nothing from then on.
    let house = House::new();
    let line = Machine::new(&house.agents(), house.pin, 1);
    assert!(matches!(hello(&line, &MachineKey::of(seed), None, None).unwrap(), Welcome::Unknown { .. }));
    house.accept("pc-1");
    assert!(matches!(introduce(&line, &found.key, &alpha.tpm()).unwrap(), Welcome::Known(_)));
    assert_eq!(refused(hello(&line, &MachineKey::of(seed), None, None)), "server-tpm-other");
}

#[test]
fn forged_and_replayed_words_of_a_chip_are_refused() {
    let (house, mut alpha, beta) = (House::new(), Hardware::new(), Hardware::new());
    let line = Machine::new(&house.agents(), house.pin, 1);
    let (key, tpm, other) = (alpha.key(), alpha.tpm(), beta.tpm());
    let send = |said: &Hello| line.post::<Welcome>("/agent/v1/hello", said);
    let wrong = |change: &dyn Fn(&mut Hello)| {
        let mut said = message(&line, &key, Some(&tpm), None);
        change(&mut said);
        refused(send(&said))
    };
    // The quote answers this challenge, for this key, with these registers, and nobody else signed it.
    let old = message(&line, &key, Some(&tpm), None);
    assert_eq!(wrong(&|said| said.tpm.clone_from(&old.tpm)), "tpm-quote-wrong");
    let another = MachineKey::of([5; 32]);
    let theirs = message(&line, &another, Some(&tpm), None);
    assert_eq!(wrong(&|said| said.tpm.clone_from(&theirs.tpm)), "tpm-quote-wrong");
    let evidence = |said: &mut Hello, change: &dyn Fn(&mut socle_wire::tpm::Evidence)| {
        if let Some(tpm) = &mut said.tpm {
            change(tpm);
        }
    };
    assert_eq!(
        wrong(&|said| evidence(said, &|e| {
            e.registers.insert(7, Digest([1; 32]));
        })),
        "tpm-quote-wrong"
    );
    assert_eq!(wrong(&|said| evidence(said, &|e| e.registers.clear())), "tpm-quote-wrong");
    assert_eq!(wrong(&|said| evidence(said, &|e| *e.signature.0.last_mut().unwrap() ^= 1)), "tpm-quote-wrong");
    assert_eq!(wrong(&|said| evidence(said, &|e| e.attest.0.push(0))), "tpm-quote-wrong");
    assert_eq!(wrong(&|said| evidence(said, &|e| e.ak.0.truncate(40))), "tpm-key-wrong");
    assert_eq!(wrong(&|said| evidence(said, &|e| e.ak.0[7] ^= 2)), "tpm-key-wrong");

    // What a credential holds opens in one chip, serves once, and stands for its two keys alone.
    let mine = open(&line, &tpm);
    let guessed = Opened { secret: Digest([3; 32]), ..mine.clone() };
    assert_eq!(refused(hello(&line, &key, Some(&tpm), Some(guessed))), "tpm-quote-wrong");
    assert_eq!(refused(hello(&line, &another, Some(&other), Some(mine.clone()))), "tpm-quote-wrong", "another chip's");
    assert_eq!(refused(hello(&line, &key, Some(&tpm), Some(mine))), "tpm-quote-wrong", "used up by the one before");
    let mut foreign: Option<CredentialWish> = None;
    let mixed = tpm.activate(|mine| {
        other
            .activate(|wish| {
                foreign = Some(wish.clone());
                Err(Fault::new("tpm-silent"))
            })
            .unwrap_err();
        let ek = foreign.clone().unwrap().ek;
        let wish = CredentialWish { ek, ak: mine.ak.clone() };
        Ok(post::<Credential>(&line, "/agent/v1/tpm/credential", &wish).unwrap())
    });
    assert!(mixed.is_err(), "made for another endorsement key");
    let software = CredentialWish { ek: foreign.clone().unwrap().ek, ak: foreign.unwrap().ek };
    let said: Said<Credential> = post(&line, "/agent/v1/tpm/credential", &software);
    assert!(matches!(said, Err(Trouble::Refused(fault)) if fault.is("tpm-key-wrong")));
    assert!(house.machines().is_empty(), "nobody was written down");
}

#[test]
fn a_machine_whose_board_was_replaced_goes_on_when_a_person_says_so() {
    let (house, mut alpha) = (House::new(), Hardware::new());
    let mut line = Machine::new(&house.agents(), house.pin, 1);
    // A rule that takes everybody in: it does not decide whether somebody is somebody else again.
    let rule = serde_json::json!({ "name": "all", "unit": socle_domain::UnitId::ROOT, "when": "true", "name_pattern": "pc-{n}" });
    let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule);
    let seed = [6; 32];
    alpha.variables().keep_machine_key(&seed).unwrap();
    let old = alpha.key();
    let Welcome::Known(known) = introduce(&line, &old, &alpha.tpm()).unwrap() else { panic!("the rule has slept") };
    let machine = house.machines().remove(0);
    assert_eq!((machine.name.as_deref(), machine.id), (Some("pc-1"), known.target));

    // A run under the old key, to its end.
    line.session = Some(known.session.clone());
    let run = house.start(&machine, house.master());
    let order = line.orders(0, 0).unwrap().orders.remove(0);
    let pair = KeyPair::from_seed(&seed);
    let mut journal = Journal::begin(&order, &known, &pair, &house.content().public(), house.now());
    journal.write(house.now(), None, Event::RunFailed { fault: Fault::new("agent-step-elsewhere") });
    line.push(run.id, journal.from(0)).unwrap();
    let path = format!("/api/v1/runs/{}", run.id);
    let _: serde_json::Value = house.post(&format!("{path}/cancel"), &());
    let order = line.orders(0, 0).unwrap().orders.remove(0);
    let number = order.open(&server_key(&house.content().public(), &known.delegation).unwrap()).unwrap().number;
    journal.write(house.now(), None, Event::OrderReceived { number, order: order.digest() });
    journal.write(house.now(), None, Event::RunCancelled {});
    line.push(run.id, journal.from(3)).unwrap();
    let proof = || house.bytes(&format!("/api/v1/runs/{}/proof", run.id));
    assert!(verify(&proof(), &house.content().public()).is_ok());

    // The chip is cleared in the firmware's setup: the key is gone, the chip is recognised, and only a person decides.
    alpha.chip.clear();
    let new = alpha.identity();
    assert_eq!((new.found, new.lost), (Found::Made, true));
    assert!(matches!(introduce(&line, &new.key, &alpha.tpm()).unwrap(), Welcome::Unknown { .. }));
    let stranger = waiting(&house, &new.key.public());
    assert_eq!(stranger.facts.get("tpm_ek"), machine.facts.get("tpm_ek"));
    let path = format!("/api/v1/machines/{}/replace-identity", machine.id);
    let wish = |key: PublicKey| ReplaceIdentity { stranger: stranger.id, key };
    assert_eq!(house.refused(&path, &wish(PublicKey([1; 32]))), (409, "server-changed-key".into()));
    let again: MachineView = house.post(&path, &wish(new.key.public()));
    assert_eq!((again.id, again.name.as_deref(), again.key), (machine.id, Some("pc-1"), new.key.public()));
    assert_eq!(house.machines().len(), 1, "the stranger is no more");
    let Welcome::Known(known) = introduce(&line, &new.key, &alpha.tpm()).unwrap() else { panic!("it was known") };
    assert_eq!(known.target, machine.id);
    assert!(verify(&proof(), &house.content().public()).is_ok(), "what the old key has signed is still proved");

    // The whole board is replaced: another chip, another key; the same record again.
    let mut beta = Hardware::new();
    beta.disk = alpha.disk.clone();
    let newest = beta.identity();
    assert!(newest.lost);
    let Welcome::Known(other) = introduce(&line, &newest.key, &beta.tpm()).unwrap() else {
        panic!("the rule has slept")
    };
    assert_ne!(other.target, machine.id, "a chip that nobody knows is a new machine to a rule");
    let stranger: TargetId = other.target;
    let refused = house.refused(&path, &ReplaceIdentity { stranger, key: newest.key.public() });
    assert_eq!(refused, (409, "server-already-known".into()));
}

#[test]
fn registers_are_believed_from_the_chip_and_not_from_what_is_said() {
    let (house, mut alpha) = (House::new(), Hardware::new());
    let mut line = Machine::new(&house.agents(), house.pin, 1);
    let key = alpha.key();
    introduce(&line, &key, &alpha.tpm()).unwrap();
    house.accept("pc-1");
    let register = || house.machines()[0].facts.get("tpm_pcr").unwrap()["7"].clone();
    let before = register();
    alpha.chip.extend(7);
    let Welcome::Known(known) = introduce(&line, &key, &alpha.tpm()).unwrap() else { panic!("it was known") };
    let after = register();
    assert_ne!(before, after, "it was started another way");
    line.session = Some(known.session);
    let mut facts = line.facts.clone();
    facts.set("tpm_pcr", serde_json::json!({ "7": before }));
    facts.set("asset_tag", "seen");
    let said = CheckIn { agent: "test".into(), hints: line.hints.clone(), facts };
    let _: Pace = line.post("/agent/v1/presence/check-in", &said).unwrap();
    assert_eq!(house.machines()[0].facts.get("asset_tag").unwrap(), "seen");
    assert_eq!(register(), after);
}
