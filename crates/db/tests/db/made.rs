//! Things to put into a database.
use ed25519_dalek::{Signer as _, SigningKey};
use socle_db::{
    machines::{Machine, State},
    runs::{RunRow, StartsInto},
};
use socle_domain::{
    Digest, RunId, TargetId, Timestamp, UnitId,
    facts::Facts,
    journal::{Chain, Event, SignedEntry, Writer},
    master::Master,
    order::{Act, Order},
    recognise::Hints,
    run::Run,
    sign::{PublicKey, Signature, Signed, Signer, statement},
};
use std::collections::BTreeMap;

pub struct Key(SigningKey);
impl Key {
    pub fn new(seed: u8) -> Key {
        Key(SigningKey::from_bytes(&[seed; 32]))
    }
}
impl Signer for Key {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

pub fn now() -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000).expect("a moment")
}
pub fn later(seconds: i64) -> Timestamp {
    now() + std::time::Duration::from_secs(seconds as u64)
}
pub fn target(n: u8) -> TargetId {
    TargetId::new(1_790_000_000_000, [n; 10])
}
pub fn run_id(n: u8) -> RunId {
    RunId::new(1_790_000_000_000, [n; 10])
}

pub fn machine(n: u8) -> Machine {
    let mut facts = Facts::default();
    facts.set("memory_bytes", 4_294_967_296_u64);
    Machine {
        id: target(n),
        unit: UnitId::ROOT,
        key: Key::new(n).public(),
        name: None,
        state: State::ToRecognise,
        since: now(),
        by: None,
        enrolment: None,
        code: format!("{n:06}"),
        hints: Hints {
            macs: vec![format!("52:54:00:00:00:{n:02x}"), "02:00:00:00:00:FF".into()],
            serial: Some(format!("série-{n}")),
            uuid: Some(format!("00000000-0000-0000-0000-0000000000{n:02x}")),
            ..Hints::default()
        },
        facts,
        last_seen: now(),
        address: Some("10.0.0.7".into()),
        place: "boot".into(),
    }
}

const SEQUENCE: &str = "title = { fr = 'Essai', en = 'Trial' }\n[[step]]\nid = 'look'\nkind = 'check'\n";

pub fn master(version: &str) -> (Signed<Master>, Master) {
    let master = Master {
        name: "base".into(),
        version: version.into(),
        unit: UnitId::ROOT,
        sequence: SEQUENCE.into(),
        images: BTreeMap::new(),
        options: BTreeMap::new(),
        at: now(),
        ..Master::default()
    };
    (Signed::new(&master, &Key::new(200)), master)
}

pub fn run(n: u8, target: TargetId, master: Digest) -> RunRow {
    let sequence = socle_domain::sequence::parse(SEQUENCE).expect("a sequence");
    RunRow {
        id: run_id(n),
        unit: UnitId::ROOT,
        target,
        target_name: "poste-01".into(),
        master,
        master_label: "base 1".into(),
        ordered: now(),
        machine: Key::new(n).public(),
        state: Run::new(&sequence),
        starts_into: StartsInto::Boot,
        entries: 0,
        journal_bytes: 0,
        head: Digest::of(b"order"),
        last_seen: now(),
    }
}

/// The first `count` entries of run `n`; `salt` makes another journal.
pub fn entries(n: u8, target: TargetId, count: usize, salt: &str) -> Vec<SignedEntry> {
    let key = Key::new(n);
    let mut writer = Writer::new(Chain::new(run_id(n), target, key.public(), Digest::of(b"order")), &key);
    let say = |i: usize| match i {
        0 => Event::RunStarted { agent: salt.into(), facts: Digest::of(b"") },
        _ => Event::StepStarted { attempt: i as u32 },
    };
    (0..count).map(|i| writer.write(now(), Some("look"), say(i))).collect()
}

pub fn cancel(run: RunId, target: TargetId, number: u64) -> (Signed<Order>, Order) {
    let order = Order {
        target,
        machine: Key::new(1).public(),
        number,
        issued: now(),
        expires: later(60),
        act: Act::Cancel { run },
    };
    (Signed::new(&order, &Key::new(201)), order)
}
