//! Signers and journals for the tests: keys from fixed seeds, time moved by hand.
use ed25519_dalek::{Signer as _, SigningKey};
use socle_domain::{
    Digest, RunId, TargetId, Timestamp, UnitId,
    census::{Census, Level, Part},
    journal::{Chain, Event, Identity, Kept, SignedEntry, Writer},
    keys::{Delegation, Enrolment},
    master::Master,
    order::{Act, LossPolicy, Order, RunSpec},
    proof::ProofFile,
    sequence::{ReadBack, RebootInto},
    sign::{PublicKey, Signature, Signed, Signer, statement},
    target::{Target, TargetKind},
};

pub struct Key(SigningKey);
pub fn key(n: u8) -> Key {
    Key(SigningKey::from_bytes(&[n; 32]))
}
impl Signer for Key {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}
pub fn shipped(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../masters/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A deployment's statements, from which each test makes the proof it needs.
pub struct World {
    pub content: Key,
    pub server: Key,
    pub machine: Key,
    pub target: TargetId,
    pub run: RunId,
    pub image: Digest,
    pub loss: LossPolicy,
}

impl Default for World {
    fn default() -> Self {
        World {
            content: key(1),
            server: key(2),
            machine: key(3),
            target: TargetId::new(1, [1; 10]),
            run: RunId::new(2, [2; 10]),
            image: Digest::of(b"an image"),
            loss: LossPolicy::NothingOnly,
        }
    }
}

impl World {
    pub fn master(&self) -> Master {
        Master {
            name: "debian".into(),
            version: "1".into(),
            unit: UnitId::ROOT,
            sequence: shipped("debian"),
            images: [("system".to_string(), self.image)].into(),
            options: [("organisation".to_string(), "Socle".into())].into(),
            at: at(0),
            ..Master::default()
        }
    }
    pub fn delegation(&self) -> Signed<Delegation> {
        Signed::new(&Delegation { server: self.server.public(), at: at(0) }, &self.content)
    }
    pub fn enrolment(&self) -> Signed<Enrolment> {
        let enrolment = Enrolment {
            target: self.target,
            unit: UnitId::ROOT,
            machine: self.machine.public(),
            at: at(0),
            by: "person".into(),
        };
        Signed::new(&enrolment, &self.server)
    }
    pub fn order(&self, number: u64, act: Act) -> Signed<Order> {
        let (issued, expires) = (at(1), at(86_400));
        let order = Order { target: self.target, machine: self.machine.public(), number, issued, expires, act };
        Signed::new(&order, &self.server)
    }
    pub fn start(&self) -> Signed<Order> {
        let target = Target { id: self.target, kind: TargetKind::Machine, unit: UnitId::ROOT, name: "pc-01".into() };
        let spec = RunSpec {
            run: self.run,
            target,
            unit: UnitId::ROOT,
            master: Signed::new(&self.master(), &self.content),
            options: [("organisation".to_string(), "Lycée Jules-Ferry".into())].into(),
            loss: self.loss,
            answers: None,
        };
        self.order(1, Act::Run(Box::new(spec)))
    }
    /// Signs `events` into a chain that begins with the order.
    pub fn journal(&self, events: Vec<(Option<&str>, Event)>) -> Vec<SignedEntry> {
        let chain = Chain::new(self.run, self.target, self.machine.public(), self.start().digest());
        let mut writer = Writer::new(chain, &self.machine);
        let numbered = events.into_iter().enumerate();
        numbered.map(|(n, (step, what))| writer.write(at(10 + n as i64), step, what)).collect()
    }
    pub fn proof(&self, events: Vec<(Option<&str>, Event)>) -> ProofFile {
        self.proof_with(vec![self.start()], events)
    }
    pub fn proof_with(&self, orders: Vec<Signed<Order>>, events: Vec<(Option<&str>, Event)>) -> ProofFile {
        ProofFile::new(self.delegation(), self.enrolment(), orders, self.journal(events))
    }
    /// The events of a deployment onto an empty disk that went well.
    pub fn happy(&self) -> Vec<(Option<&'static str>, Event)> {
        let empty = Census { parts: vec![] };
        let done = || Event::StepCompleted { facts: Default::default() };
        let begun = || Event::StepStarted { attempt: 1 };
        vec![
            (None, Event::RunStarted { agent: "0.1.0".into(), facts: Digest::of(b"facts") }),
            (Some("fit"), begun()),
            (Some("fit"), done()),
            (Some("layout"), begun()),
            (Some("layout"), Event::CensusBefore { census: empty.clone() }),
            (Some("layout"), Event::LossAllowed { census: empty.digest(), order: None }),
            (None, Event::MemoryReady { kept: Kept::Partition }),
            (Some("layout"), done()),
            (Some("write"), begun()),
            (Some("write"), self.applied(self.image)),
            (Some("write"), done()),
            (Some("identity"), done()),
            (Some("welcome"), done()),
            (Some("virtual"), Event::StepSkipped { when: "false".into() }),
            (Some("start"), Event::Rebooting { into: RebootInto::Installed }),
            (Some("start"), done()),
            (Some("report"), Event::IdentityRead(identity())),
            (Some("report"), done()),
            (None, Event::RunCompleted {}),
        ]
    }
    pub fn applied(&self, image: Digest) -> Event {
        Event::ImageApplied {
            image,
            written_bytes: 1000,
            chunks: 10,
            fetched_bytes: 500,
            policy: ReadBack::All,
            read_back_bytes: 1000,
        }
    }
}

pub fn identity() -> Identity {
    Identity {
        hostname: "pc-01".into(),
        machine_id: Digest::of(b"id"),
        ssh_host_keys: Default::default(),
        disk_guid: "d".into(),
        partition_guids: [(2, "p2".to_string())].into(),
        filesystem_ids: [(2, "f2".to_string())].into(),
        system: "Debian".into(),
        kernel: "6".into(),
    }
}

/// A disk on which a person had 12 files.
pub fn inhabited() -> Census {
    let part = Part {
        part: "partition 2".into(),
        kind: "ext4".into(),
        level: Level::Counted,
        items: 12,
        bytes: 4096,
        digest: None,
    };
    Census { parts: vec![part] }
}
