//! A server in memory that believes nothing unsigned, and a world around a run.
use socle_agent::{
    clock::ServerClock,
    key::MachineKey,
    run::{End, Engine, Journal, Keep, Server, World},
    screen::Screen,
};
use socle_disk::{
    devices::Disk,
    memory::{Memory, Window},
};
use socle_domain::{
    Digest, RunId, TargetId, Timestamp, UnitId,
    facts::Facts,
    journal::{Chain, Entry, Event, Kept, SignedEntry},
    keys::{Delegation, Enrolment, Generations},
    master::Master,
    order::{Act, LossPolicy, Order, RunSpec},
    proof::{ProofFile, Verdict, verify},
    sign::{Signed, Signer},
    target::{Target, TargetKind},
};
use socle_image::{ChunkId, FrameLocation, ImageId, PackName, PageDigest, Sink, Source};
use socle_repository::{Local, Session};
use socle_texts::{Fault, Lang, Result};
use socle_trust::KeyPair;
use socle_wire::agent::{JournalAck, JournalTail, Orders, Progress, Secrets, Where};
use std::{
    collections::BTreeMap,
    ops::Range,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// What is ordered, before it is signed.
#[derive(Clone)]
pub struct Wish {
    pub kind: TargetKind,
    pub sequence: String,
    pub images: BTreeMap<String, Digest>,
    pub options: BTreeMap<String, serde_json::Value>,
    pub loss: LossPolicy,
}

impl Wish {
    pub fn new(kind: TargetKind, steps: &str) -> Self {
        let sequence = format!("title = {{ fr = \"Essai\", en = \"Trial\" }}\n{steps}");
        let (images, options) = (BTreeMap::new(), BTreeMap::new());
        Wish { kind, sequence, images, options, loss: LossPolicy::NothingOnly }
    }
    pub fn option(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }
}

/// Keys, orders, and journals as a server holds them. It refuses an entry that does not fit.
pub struct House {
    pub content: KeyPair,
    pub server: KeyPair,
    pub machine: MachineKey,
    pub target: TargetId,
    pub run: RunId,
    pub orders: Mutex<Vec<Signed<Order>>>,
    pub entries: Mutex<Vec<SignedEntry>>,
    pub ticks: Mutex<Vec<Progress>>,
    pub secrets: Mutex<Secrets>,
    pub lowest: Generations,
    /// Entries that may still be taken before the line is cut for good; negative: as many as come.
    pub allowed: AtomicI64,
    /// Reads of packs that may still be answered; negative: as many as come.
    pub readable: AtomicI64,
    pub repository: Session,
    pub folder: tempfile::TempDir,
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Local::create(&folder.path().join("repository")).unwrap().session().unwrap();
        House {
            content: KeyPair::from_seed(&[1; 32]),
            server: KeyPair::from_seed(&[2; 32]),
            machine: MachineKey::of([3; 32]),
            target: TargetId::new(1, [1; 10]),
            run: RunId::new(2, [2; 10]),
            orders: Mutex::default(),
            entries: Mutex::default(),
            ticks: Mutex::default(),
            secrets: Mutex::default(),
            lowest: Generations::default(),
            allowed: AtomicI64::new(-1),
            readable: AtomicI64::new(-1),
            repository,
            folder,
        }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub fn delegation(&self) -> Signed<Delegation> {
        Signed::new(&Delegation { server: self.server.public(), at: at(0) }, &self.content)
    }

    pub fn sign(&self, number: u64, act: Act) -> Signed<Order> {
        let (target, machine) = (self.target, self.machine.public());
        let order = Order { target, machine, number, issued: at(0), expires: at(86_400), act };
        Signed::new(&order, &self.server)
    }

    /// Gives the next order.
    pub fn order(&self, act: Act) {
        let mut orders = self.orders.lock().unwrap();
        let number = orders.len() as u64 + 1;
        let signed = self.sign(number, act);
        orders.push(signed);
    }

    pub fn start(&self, wish: &Wish) -> Signed<Order> {
        let master = Master {
            name: "trial".into(),
            version: "1".into(),
            unit: UnitId::ROOT,
            sequence: wish.sequence.clone(),
            images: wish.images.clone(),
            options: BTreeMap::new(),
            at: at(0),
            ..Master::default()
        };
        let target = Target { id: self.target, kind: wish.kind, unit: UnitId::ROOT, name: "pc-01".into() };
        let spec = RunSpec {
            run: self.run,
            target,
            unit: UnitId::ROOT,
            master: Signed::new(&master, &self.content),
            options: wish.options.clone(),
            loss: wish.loss,
            answers: None,
        };
        self.order(Act::Run(Box::new(spec)));
        self.orders.lock().unwrap()[0].clone()
    }

    /// The journal, read.
    pub fn journal(&self) -> Vec<Entry> {
        let entries = self.entries.lock().unwrap();
        entries.iter().map(|e| e.open(&self.machine.public()).unwrap()).collect()
    }
    pub fn events(&self) -> Vec<String> {
        let name = |e: &Entry| {
            let word = serde_json::to_value(&e.what).unwrap()["event"].as_str().unwrap().to_string();
            e.step.as_ref().map_or(word.clone(), |s| format!("{s}:{word}"))
        };
        self.journal().iter().map(name).collect()
    }
    /// The first event that `pick` picks.
    pub fn event<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Option<T> {
        self.journal().iter().find_map(|e| pick(&e.what))
    }

    /// The proof of the run, checked with the content public key alone.
    pub fn verdict(&self) -> Verdict {
        let enrolment = Enrolment {
            target: self.target,
            unit: UnitId::ROOT,
            machine: self.machine.public(),
            at: at(0),
            by: "person".into(),
        };
        let enrolment = Signed::new(&enrolment, &self.server);
        let (orders, entries) = (self.orders.lock().unwrap().clone(), self.entries.lock().unwrap().clone());
        let file = ProofFile::new(self.delegation(), enrolment, orders, entries);
        verify(&file.to_bytes(), &self.content.public()).unwrap()
    }
}

impl Server for House {
    fn orders(&self, after: u64, _wait_seconds: u32) -> Result<Orders> {
        let orders = self.orders.lock().unwrap().iter().skip(after as usize).cloned().collect();
        Ok(Orders { orders, go_local: false })
    }
    fn tail(&self, _run: RunId) -> Result<JournalTail> {
        let (entries, orders) = (self.entries.lock().unwrap().clone(), self.orders.lock().unwrap().clone());
        Ok(JournalTail { entries, orders, more: false })
    }
    fn push(&self, run: RunId, new: &[SignedEntry], _patient: bool) -> Result<JournalAck> {
        let mut entries = self.entries.lock().unwrap();
        let starts = entries.first().or(new.first()).map(|e| e.open(&self.machine.public()).unwrap().previous);
        let first = self.orders.lock().unwrap().iter().map(Signed::digest).find(|d| Some(*d) == starts).unwrap();
        let mut chain = Chain::new(run, self.target, self.machine.public(), first);
        entries.iter().for_each(|e| drop(chain.take(e).unwrap()));
        for entry in new {
            let read = entry.open(&self.machine.public())?;
            if read.number <= chain.number {
                assert_eq!(entries[read.number as usize - 1].body, entry.body, "the same number says something else");
                continue;
            }
            if self.allowed.load(Ordering::SeqCst) == 0 {
                return Err(Fault::new("agent-entry-not-kept").with("number", read.number));
            }
            self.allowed.fetch_sub(1, Ordering::SeqCst);
            chain.take(entry)?;
            entries.push(entry.clone());
        }
        Ok(JournalAck { through: chain.number })
    }
    fn secrets(&self, run: RunId) -> Result<Secrets> {
        assert_eq!(run, self.run);
        Ok(self.secrets.lock().unwrap().clone())
    }
    fn progress(&self, _run: RunId, progress: &Progress) {
        self.ticks.lock().unwrap().push(progress.clone());
    }
    fn source(&self) -> &dyn Source {
        self
    }
    fn sink(&self, _run: RunId) -> Box<dyn Sink + '_> {
        Box::new(self.repository.repository().session().unwrap())
    }
}

impl Source for House {
    fn manifest(&self, root: &ImageId) -> Result<Vec<u8>> {
        self.repository.manifest(root)
    }
    fn page(&self, digest: &PageDigest) -> Result<Vec<u8>> {
        self.repository.page(digest)
    }
    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>> {
        self.repository.locate(chunks)
    }
    fn read(&self, pack: &PackName, range: Range<u64>) -> Result<Vec<u8>> {
        if self.readable.load(Ordering::SeqCst) == 0 {
            return Err(Fault::new("agent-server-silent").may_retry());
        }
        self.readable.fetch_sub(1, Ordering::SeqCst);
        self.repository.read(pack, range)
    }
    fn check_packs(&self, packs: &[PackName]) -> Result<()> {
        self.repository.check_packs(packs)
    }
}

/// Where and with what a run is carried out.
pub struct Setting {
    pub place: Where,
    pub facts: Facts,
    pub disks: Vec<Disk>,
    pub memory: Option<std::path::PathBuf>,
}

impl Setting {
    pub fn installed() -> Self {
        Setting { place: Where::Installed, facts: Facts::default(), disks: vec![], memory: None }
    }
    pub fn boot(disks: Vec<Disk>) -> Self {
        Setting { place: Where::Boot, facts: Facts::default(), disks, memory: None }
    }
}

/// Opens the memory in a file, made and formatted where there is none.
pub fn keep_in(path: &Path) -> Keep {
    let file = || std::fs::File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap();
    if !path.exists() {
        file().set_len(4 << 20).unwrap();
        Memory::format(Window::whole(file()).unwrap(), [9; 16]).unwrap();
    }
    Keep::new(Memory::open(Window::whole(file()).unwrap()).unwrap().unwrap())
}

/// Carries out the run of the first order, from where server and memory say that it stands.
pub fn carry_out(house: &House, setting: &Setting) -> Result<End> {
    let screen = Screen::silent(Lang::En);
    let clock = ServerClock::at(at(100));
    let disks = || Ok(setting.disks.clone());
    let world = World {
        server: house,
        clock: &clock,
        key: &house.machine,
        content_key: house.content.public(),
        lowest: house.lowest.clone(),
        delegation: house.delegation(),
        screen: &screen,
        place: setting.place,
        facts: setting.facts.clone(),
        disks: &disks,
        disk_patience: std::time::Duration::ZERO,
        kept: Kept::File,
        installed: None,
        scratch: house.path("scratch"),
        order_seen: &|_| {},
    };
    let keep = match &setting.memory {
        Some(path) => Some(keep_in(path)),
        None => socle_agent::memories::find(&setting.disks, &screen),
    };
    let tail = house.tail(house.run)?;
    // What a memory tells of a run before is not this one's.
    let ours = |k: &Keep| {
        let told = k.remembered().unwrap();
        !told.entries.is_empty() && told.run().is_none_or(|run| run == house.run)
    };
    let begun = keep.as_ref().is_some_and(ours) || !tail.entries.is_empty();
    let journal = match begun {
        true => Journal::resume(&world, &tail, keep)?,
        false => Journal::begin(&world, &tail.orders[0], keep)?,
    };
    Engine::new(&world, journal).run()
}

/// Carries out a run whose power is cut after each entry, one more each time, until it ends.
pub fn carry_out_with_cuts(house: &House, setting: &Setting) -> (End, u32) {
    for cuts in 0..500 {
        house.allowed.store(1 + i64::from(cuts % 3), Ordering::SeqCst);
        match carry_out(house, setting) {
            Ok(end) => return (end, cuts),
            Err(fault) => assert!(fault.is("agent-entry-not-kept"), "{fault}"),
        }
    }
    panic!("the run never ends");
}
