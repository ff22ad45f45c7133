//! A school's server on a November morning, as data: what the tests render and what the preview serves.
#![allow(dead_code, clippy::unwrap_used)] // the preview uses some of it, the tests the rest
use crate::bases_samples::draft_view;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use socle_console::*;
use socle_domain::{
    Digest, RunId, TargetId, Timestamp, UnitId,
    census::{Census, Level, Part},
    facts::Facts,
    journal::{Chain, Entry, Event, Identity, Kept, SignedEntry, Writer},
    keys::{Delegation, Enrolment},
    master::{Master, Stage},
    order::{Act, BootFrom, LossPolicy, Order, RunSpec},
    proof::{ProofFile, verify},
    recognise::Hints,
    run::Run,
    sequence::{ReadBack, RebootInto, Sequence},
    sign::{PublicKey, Signature, Signed, Signer, statement},
    target::{Target, TargetKind},
};
use socle_texts::{Fault, Lang};
use socle_wire::{agent::Progress, api::*, boot_once::BootOnceView, options::StageMove, problem::Problem};
use std::collections::BTreeMap;

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

const CONTENT: u8 = 1;
const SERVER: u8 = 2;

/// 22 November 2026, 09:41:07 in Paris.
pub fn now() -> Timestamp {
    "2026-11-22T08:41:07Z".parse().unwrap()
}
pub fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - seconds).unwrap()
}
pub fn target(n: u8) -> TargetId {
    TargetId::new(1_795_336_000_000 + u64::from(n), [n; 10])
}
pub fn run_id(n: u8) -> RunId {
    RunId::new(1_795_336_100_000 + u64::from(n), [n; 10])
}

pub fn frame(lang: Lang, here: &str) -> Frame {
    Frame {
        lang,
        theme: Theme::Auto,
        now: now(),
        zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
        here: here.into(),
        person: Some("admin".into()),
        csrf: "3f6c0d".into(),
        to_recognise: 2,
        need_attention: 2,
        to_approve: 1,
        may: socle_domain::role::Right::ALL.into(),
        notice: None,
    }
}

fn shipped(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../masters/{name}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
pub fn system_image() -> Digest {
    Digest::of(b"debian-12 system")
}
pub fn master(name: &str, version: &str) -> Master {
    let debian = name == "debian";
    Master {
        name: name.into(),
        version: version.into(),
        unit: UnitId::ROOT,
        sequence: shipped(name),
        images: if debian { [("system".to_string(), system_image())].into() } else { BTreeMap::new() },
        options: if debian {
            [("organisation".to_string(), json!("Lycée Jules-Ferry"))].into()
        } else {
            BTreeMap::new()
        },
        at: ago(2 * 86_400),
        ..Master::default()
    }
}
pub fn sequence(name: &str) -> Sequence {
    master(name, "12.4").sequence().unwrap()
}
pub fn master_view(name: &str, version: &str, days: i64) -> MasterView {
    let master = master(name, version);
    MasterView {
        digest: Digest::of(format!("{name} {version}").as_bytes()),
        unit: UnitId::ROOT,
        name: name.into(),
        version: version.into(),
        steps: u32::try_from(sequence(name).steps.len()).unwrap(),
        images: master.images,
        at: ago(days * 86_400),
        stage: Stage::Production,
        generation: 1,
    }
}
pub fn masters() -> Vec<MasterView> {
    vec![master_view("debian", "12.4", 2), master_view("debian", "12.3", 40), master_view("capture", "1", 41)]
}
pub fn images() -> Vec<ImageView> {
    let image = |name: &str, digest, signed, used_bytes, at| ImageView {
        image: digest,
        name: name.into(),
        unit: UnitId::ROOT,
        signed,
        disk_bytes: 34_359_738_368,
        used_bytes,
        at,
    };
    vec![
        image("debian-12-cdi", Digest::of(b"draft"), false, 9_884_311_552, ago(2_400)),
        image("debian-12", system_image(), true, 4_812_767_232, ago(2 * 86_400)),
    ]
}

pub fn facts() -> Facts {
    let mut facts = Facts::default();
    for (name, value) in [
        ("vendor", json!("Dell Inc.")),
        ("product", json!("OptiPlex 3080")),
        ("serial", json!("7GQ4N93")),
        ("uuid", json!("4c4c4544-0047-5110-8034-b7c04f4e3933")),
        ("memory_bytes", json!(8_242_618_368_u64)),
        ("cpu", json!({"model": "Intel Core i3-10100T", "cores": 8})),
        ("firmware", json!("uefi")),
        ("secure_boot", json!(false)),
        ("tpm", json!(true)),
        ("power", json!("mains")),
        (
            "disks",
            json!([{"path": "/dev/nvme0n1", "size_bytes": 256_060_514_304_u64, "model": "KBG40ZNS256G", "serial": "Y0GPC0XYQ6K2",
                "rotational": false, "removable": false}]),
        ),
        ("nics", json!([{"name": "eno1", "mac": "8c:ec:4b:aa:10:01", "driver": "e1000e", "speed_mbps": 1000}])),
    ] {
        facts.set(name, value);
    }
    facts
}

pub fn machine(n: u8, name: Option<&str>, state: &str) -> MachineView {
    MachineView {
        id: target(n),
        unit: UnitId::ROOT,
        name: name.map(str::to_string),
        state: state.into(),
        since: ago(i64::from(n) * 411),
        by: (state == "known").then(|| ["person", "list", "rule:salle-12"][usize::from(n % 3)].to_string()),
        key: key(100 + n).public(),
        code: format!("{:06}", 104_729 * u32::from(n) % 1_000_000),
        hints: Hints {
            macs: vec![format!("8c:ec:4b:aa:10:{n:02x}")],
            serial: Some(format!("7GQ4N{n:02}")),
            uuid: Some("4c4c4544-0047-5110-8034-b7c04f4e3933".into()),
            vendor: Some("Dell Inc.".into()),
            product: Some("OptiPlex 3080".into()),
        },
        facts: facts(),
        last_seen: ago(if n.is_multiple_of(2) { 3 } else { 4_000 }),
        address: Some(format!("10.12.0.{}", 100 + u16::from(n))),
        place: if state == "known" && n > 4 { "installed" } else { "boot" }.into(),
        run: (state == "known").then(|| run_id(n)),
    }
}

/// The story of a run, told by its events.
pub struct Story {
    pub n: u8,
    pub name: &'static str,
    pub master: &'static str,
    pub events: Vec<(Option<&'static str>, Event)>,
    pub progress: Option<Progress>,
    pub began_ago: i64,
    pub step_seconds: i64,
    pub silent_seconds: i64,
}

impl Story {
    pub fn entries(&self) -> Vec<Entry> {
        self.signed().iter().map(|e| e.open(&key(100 + self.n).public()).unwrap()).collect()
    }
    pub fn order(&self) -> Signed<Order> {
        let target =
            Target { id: target(self.n), kind: TargetKind::Machine, unit: UnitId::ROOT, name: self.name.into() };
        let spec = RunSpec {
            run: run_id(self.n),
            target,
            unit: UnitId::ROOT,
            master: Signed::new(&master(self.master, "12.4"), &key(CONTENT)),
            options: BTreeMap::new(),
            loss: LossPolicy::NothingOnly,
            answers: None,
        };
        let order = Order {
            target: target_of(&spec),
            machine: key(100 + self.n).public(),
            number: 1,
            issued: ago(self.began_ago + 8),
            expires: ago(self.began_ago - 86_400),
            act: Act::Run(Box::new(spec)),
        };
        Signed::new(&order, &key(SERVER))
    }
    fn signed(&self) -> Vec<SignedEntry> {
        let machine = key(100 + self.n);
        let mut writer =
            Writer::new(Chain::new(run_id(self.n), target(self.n), machine.public(), self.order().digest()), &machine);
        let timed = self.events.iter().enumerate();
        let at = |i: usize| ago(self.began_ago - i64::try_from(i).unwrap() * self.step_seconds);
        timed.map(|(i, (step, what))| writer.write(at(i), *step, what.clone())).collect()
    }
    pub fn proof(&self) -> Vec<u8> {
        let delegation = Delegation { server: key(SERVER).public(), at: ago(90 * 86_400) };
        let enrolment = Enrolment {
            target: target(self.n),
            unit: UnitId::ROOT,
            machine: key(100 + self.n).public(),
            at: ago(7_000),
            by: "person".into(),
        };
        let file = ProofFile::new(
            Signed::new(&delegation, &key(CONTENT)),
            Signed::new(&enrolment, &key(SERVER)),
            vec![self.order()],
            self.signed(),
        );
        file.to_bytes()
    }
    pub fn run(&self) -> RunWithSteps {
        let sequence = sequence(self.master);
        let entries = self.entries();
        let state = Run::folded(&sequence, &entries);
        let waits = matches!(state.status, socle_domain::run::Status::Waiting { .. });
        let waiting_census = state.census_before.as_ref().filter(|_| waits).map(Census::digest);
        let view = RunView {
            id: run_id(self.n),
            target: target(self.n),
            target_name: self.name.into(),
            unit: UnitId::ROOT,
            master: format!("{} 12.4", self.master),
            ordered: ago(self.began_ago + 8),
            state,
            entries: entries.len() as u64,
            progress: self.progress.clone(),
            last_seen: ago(self.silent_seconds),
            waiting_census,
        };
        RunWithSteps { view, sequence }
    }
    pub fn page(&self) -> RunPage {
        RunPage {
            run: self.run(),
            machine: Some(machine(self.n, Some(self.name), "known")),
            journal: self.entries(),
            form: Form::default(),
        }
    }
    pub fn proof_page(&self, lang: Lang) -> ProofPage {
        let bytes = self.proof();
        let verdict = verify(&bytes, &key(CONTENT).public());
        ProofPage {
            run: self.run(),
            verdict: verdict.map(Box::new).map_err(|f| Problem::new(422, f, lang)),
            file_bytes: bytes.len() as u64,
        }
    }
}

fn target_of(spec: &RunSpec) -> TargetId {
    spec.target.id
}

pub fn inhabited() -> Census {
    let part = |n: u32, kind: &str, level, items, bytes| Part {
        part: format!("partition {n}"),
        kind: kind.into(),
        level,
        items,
        bytes,
        digest: None,
    };
    Census {
        parts: vec![
            part(1, "vfat", Level::Counted, 31, 33_247_232),
            part(2, "ext4", Level::Counted, 128_412, 41_877_213_184),
            part(3, "ntfs", Level::Unreadable, 0, 86_113_189_888),
            part(4, "empty", Level::Counted, 0, 0),
        ],
    }
}
fn after() -> Census {
    let part = |n: u32, kind: &str, items, bytes| Part {
        part: format!("partition {n}"),
        kind: kind.into(),
        level: Level::Counted,
        items,
        bytes,
        digest: None,
    };
    Census {
        parts: vec![
            part(1, "vfat", 18, 12_582_912),
            part(2, "ext4", 61_220, 4_812_767_232),
            part(3, "socle", 0, 16_777_216),
        ],
    }
}
pub fn identity(name: &str) -> Identity {
    Identity {
        hostname: name.into(),
        machine_id: Digest::of(name.as_bytes()),
        ssh_host_keys: [("ed25519".to_string(), "SHA256:uq3Zl0c2S1sQxHk2m7nA8yB5vT9dE4wR6fG1hJ0kLpM".to_string())]
            .into(),
        disk_guid: "7a1c0e52-5b8b-4f0e-9c55-0d9f9c1d2e31".into(),
        partition_guids: [(2, "c12d3f60-92c4-4a5a-8b17-64f5c20a7a10".to_string())].into(),
        filesystem_ids: [(2, "0f4b6f0c-19a5-4b64-9d7e-2b1f2f0f6c1d".to_string())].into(),
        system: "Debian GNU/Linux 12 (bookworm)".into(),
        kernel: "6.1.0-40-amd64".into(),
    }
}

fn begun() -> Event {
    Event::StepStarted { attempt: 1 }
}
fn done(facts: &[(&str, &str)]) -> Event {
    Event::StepCompleted { facts: facts.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect() }
}
fn opening() -> Vec<(Option<&'static str>, Event)> {
    let empty = Census { parts: vec![] };
    vec![
        (None, Event::RunStarted { agent: "0.1.0".into(), facts: Digest::of(b"facts") }),
        (Some("fit"), begun()),
        (Some("fit"), done(&[("memory_mib", "7860"), ("disk", "/dev/nvme0n1"), ("disk_mib", "244198")])),
        (Some("layout"), begun()),
        (Some("layout"), Event::CensusBefore { census: empty.clone() }),
        (Some("layout"), Event::LossAllowed { census: empty.digest(), order: None }),
        (None, Event::MemoryReady { kept: Kept::Partition }),
        (Some("layout"), done(&[("disk", "/dev/nvme0n1"), ("disk-bytes", "256060514304"), ("partitions", "3")])),
        (Some("write"), begun()),
    ]
}

/// Going on: the image is being written.
pub fn running() -> Story {
    let progress = Progress {
        step: "write".into(),
        done_bytes: 2_981_114_880,
        total_bytes: 4_812_767_232,
        bytes_per_second: 88_604_672,
        seconds_left: Some(21),
        memory_bytes: 92_274_688,
    };
    Story {
        n: 2,
        name: "salle-12-poste-02",
        master: "debian",
        events: opening(),
        progress: Some(progress),
        began_ago: 54,
        step_seconds: 2,
        silent_seconds: 1,
    }
}
/// Ordered, and not begun.
pub fn ordered() -> Story {
    Story {
        n: 9,
        name: "salle-12-poste-09",
        master: "debian",
        events: vec![],
        progress: None,
        began_ago: 12,
        step_seconds: 1,
        silent_seconds: 12,
    }
}
/// Going on after a power cut, and silent since.
pub fn silent() -> Story {
    let mut events = opening();
    events.push((None, Event::RunResumed { times: 1 }));
    events.push((Some("write"), Event::StepStarted { attempt: 2 }));
    Story {
        n: 4,
        name: "salle-12-poste-04",
        master: "debian",
        events,
        progress: None,
        began_ago: 1_300,
        step_seconds: 60,
        silent_seconds: 260,
    }
}
/// Waiting: the disk holds files.
pub fn waiting() -> Story {
    let mut events = opening();
    events.truncate(4);
    let census = inhabited();
    let fault = Fault::new("agent-loss-unsettled")
        .with("parts", 3_u32)
        .with("items", census.items())
        .with("bytes", census.bytes());
    events.push((Some("layout"), Event::CensusBefore { census }));
    events.push((Some("layout"), Event::Waiting { fault }));
    Story {
        n: 3,
        name: "cdi-accueil-01",
        master: "debian",
        events,
        progress: None,
        began_ago: 2_000,
        step_seconds: 30,
        silent_seconds: 2,
    }
}
/// Failed: a chunk is damaged.
pub fn failed() -> Story {
    let fault = Fault::new("disk-image-chunk-damaged")
        .with("image", "debian-12")
        .with("pack", "5f0c1b2a9e77")
        .because("BLAKE3 of chunk 31c0a9f4b2d1 differs");
    let mut events = opening();
    events.push((Some("write"), Event::StepFailed { fault: fault.clone(), again: true }));
    events.push((Some("write"), Event::StepStarted { attempt: 2 }));
    events.push((Some("write"), Event::StepFailed { fault: fault.clone(), again: false }));
    events.push((None, Event::RunFailed { fault }));
    Story {
        n: 5,
        name: "salle-12-poste-05",
        master: "debian",
        events,
        progress: None,
        began_ago: 900,
        step_seconds: 12,
        silent_seconds: 5,
    }
}
/// Completed, and proved.
pub fn completed() -> Story {
    let mut events = opening();
    let applied = Event::ImageApplied {
        image: system_image(),
        written_bytes: 4_812_767_232,
        chunks: 73_441,
        fetched_bytes: 1_604_255_744,
        policy: ReadBack::All,
        read_back_bytes: 4_812_767_232,
    };
    events.extend([
        (Some("write"), applied),
        (Some("write"), done(&[("written-bytes", "4812767232"), ("grown", "partition 2")])),
        (Some("identity"), begun()),
        (Some("identity"), done(&[])),
        (Some("welcome"), done(&[])),
        (Some("virtual"), Event::StepSkipped { when: "has(facts.vendor) && facts.vendor == 'QEMU'".into() }),
        (Some("start"), Event::Rebooting { into: RebootInto::Installed }),
        (Some("start"), done(&[])),
        (Some("report"), begun()),
        (Some("report"), Event::IdentityRead(identity("salle-12-poste-06"))),
        (Some("report"), Event::CensusAfter { census: after() }),
        (Some("report"), done(&[])),
        (None, Event::RunCompleted {}),
    ]);
    Story {
        n: 6,
        name: "salle-12-poste-06",
        master: "debian",
        events,
        progress: None,
        began_ago: 4_100,
        step_seconds: 9,
        silent_seconds: 3_900,
    }
}
pub fn stories() -> Vec<Story> {
    vec![ordered(), running(), failed(), waiting(), silent(), completed()]
}

pub fn boot_events(lang: Lang) -> Vec<BootEventView> {
    let event = |seconds, who: &str, service: &str, fr: &str, en: &str| BootEventView {
        at: ago(seconds),
        who: who.into(),
        service: service.into(),
        what: format!("{who} {}", if lang == Lang::Fr { fr } else { en }),
    };
    let (a, b) = ("8c:ec:4b:aa:10:07", "10.12.0.107");
    vec![
        event(38, b, "http", "a reçu l'environnement de démarrage", "received the boot environment"),
        event(
            44,
            b,
            "tftp",
            "a reçu snponly.efi (261 120 octets en 84 ms)",
            "received snponly.efi (261,120 bytes in 84 ms)",
        ),
        event(
            46,
            a,
            "proxydhcp",
            "a demandé à démarrer par le réseau et doit charger snponly.efi",
            "asked to start from the network and is to load snponly.efi",
        ),
        event(
            312,
            "8c:ec:4b:aa:10:06",
            "http",
            "n'a rien à faire ici : il démarre sur son disque",
            "has nothing to do here: it starts its own disk",
        ),
        event(
            1_740,
            "3c:52:82:11:9e:40",
            "proxydhcp",
            "n'a pas reçu de réponse : Socle ne démarre pas encore ce genre de micrologiciel",
            "got no answer: Socle can't start this kind of firmware yet",
        ),
    ]
}
pub fn status() -> ServerStatus {
    ServerStatus {
        version: "0.1.0".into(),
        content_key: key(CONTENT).public(),
        server_key: key(SERVER).public(),
        content_key_here: true,
        machines: [("to-recognise".to_string(), 2), ("known".to_string(), 1_284), ("refused".to_string(), 1)].into(),
        runs: [("ordered", 1), ("running", 2), ("waiting", 1), ("failed", 1), ("completed", 1_213), ("cancelled", 4)]
            .map(|(k, n)| (k.to_string(), n))
            .into(),
        memory_bytes: 61_341_696,
        since: ago(3 * 86_400 + 4 * 3_600),
    }
}
pub fn today(lang: Lang) -> Today {
    Today {
        status: status(),
        runs: stories().iter().map(Story::run).collect(),
        to_recognise: vec![machine(7, None, "to-recognise"), machine(8, None, "to-recognise")],
        boot_events: boot_events(lang),
        images: images(),
        masters: masters(),
    }
}
pub fn today_empty() -> Today {
    let mut status = status();
    (status.machines, status.runs, status.content_key_here) = (BTreeMap::new(), BTreeMap::new(), false);
    Today { status, runs: vec![], to_recognise: vec![], boot_events: vec![], images: vec![], masters: vec![] }
}
pub fn machines() -> Machines {
    let mut list = vec![machine(7, None, "to-recognise"), machine(8, None, "to-recognise")];
    list.extend(stories().iter().map(|s| machine(s.n, Some(s.name), "known")));
    let runs = stories().iter().map(|s| (run_id(s.n), s.run().view)).collect();
    let suggestions =
        [(target(7), "salle-12-poste-07".to_string()), (target(8), "salle-12-poste-08".to_string())].into();
    Machines { machines: list, runs, counts: status().machines, suggestions, page: 1, pages: 13, ..Machines::default() }
}
pub fn machine_page(lang: Lang) -> MachinePage {
    MachinePage {
        machine: machine(2, Some("salle-12-poste-02"), "known"),
        runs: vec![running().run(), completed().run()],
        boot_events: boot_events(lang),
        suggestion: None,
        again: None,
        starts: vec![boot_once(9, "armed", None), boot_once(4, "did-not-come", Some("server-boot-once-not-honoured"))],
        form: Form::default(),
    }
}
fn boot_once(number: u64, state: &str, fault: Option<&'static str>) -> BootOnceView {
    BootOnceView {
        number,
        from: BootFrom::OwnDisk,
        ordered: ago(900),
        expires: ago(-2_700),
        state: state.into(),
        since: ago(120),
        fault: fault.map(Fault::new),
    }
}
pub fn unknown_machine_page(lang: Lang) -> MachinePage {
    MachinePage {
        machine: machine(7, None, "to-recognise"),
        runs: vec![],
        boot_events: boot_events(lang),
        suggestion: Some("salle-12-poste-07".into()),
        again: Some("salle-12-poste-03".into()),
        starts: vec![],
        form: Form::default(),
    }
}
pub fn chosen(name: &str) -> Chosen {
    let master = master(name, "12.4");
    let view = master_view(name, "12.4", 2);
    let held: Vec<ImageView> = images().into_iter().filter(|i| master.images.values().any(|d| *d == i.image)).collect();
    Chosen { view, sequence: sequence(name), master, images: held, holds: Default::default() }
}
pub fn start(name: Option<&str>) -> Start {
    Start {
        machine: machine(6, Some("salle-12-poste-06"), "known"),
        masters: masters(),
        chosen: name.map(chosen),
        busy: None,
        form: Form::default(),
    }
}
pub fn refused_name(lang: Lang) -> Form {
    let problem = Problem::new(422, Fault::new("console-not-found"), lang);
    Form::refused(problem, "name", [("name".to_string(), "Salle 12".to_string())].into())
}
pub fn runs() -> Runs {
    Runs { runs: stories().iter().map(Story::run).collect(), counts: status().runs, state: None, page: 1, pages: 25 }
}
pub fn master_page() -> MasterPage {
    MasterPage {
        way: MasterWay {
            moves: vec![
                StageMove { stage: Stage::Pilot, by: "claire".into(), at: ago(3 * 86_400) },
                StageMove { stage: Stage::Production, by: "claire".into(), at: ago(2 * 86_400) },
            ],
            others: vec![master_view("debian", "12.3", 40)],
            drafts: vec![draft_view()],
            may: true,
            can_go_back: true,
        },
        view: master_view("debian", "12.4", 2),
        master: master("debian", "12.4"),
        sequence: sequence("debian"),
        images: images(),
        runs: stories().iter().map(|s| s.run().view).collect(),
    }
}
pub fn status_page(lang: Lang) -> StatusPage {
    StatusPage { status: status(), findings: vec![], boot_events: boot_events(lang) }
}
pub fn error(lang: Lang) -> ErrorPage {
    ErrorPage { problem: Problem::new(404, Fault::new("console-not-found"), lang) }
}
