//! A mailbox as a target: an order, a run of the sequence `move-mailbox`, its journal, and the proof file.
//!
//! The run is the last delta and the second reading. What was copied before it, by `socle mail copy`, needs no proof of
//! its own: the second reading looks at everything.
use super::{config::Config, one::Done, rows::Row};
use socle_domain::{
    Digest, Timestamp, UnitId,
    journal::{Chain, Event, SignedEntry, Writer},
    keys::{Delegation, Enrolment},
    master::Master,
    order::{Act, LossPolicy, Order, RunSpec},
    proof::{ProofFile, verify},
    sign::{Signed, Signer},
    target::{Target, TargetKind},
};
use socle_mail::{
    copy::{PassReport, Stop},
    verify::{Line, Report},
};
use socle_texts::{Fault, Result};
use socle_trust::{KeyPair, chance, seal::Sealer, write_public};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

/// The sequence that we ship.
const SEQUENCE: &str = include_str!("../../../../masters/move-mailbox.toml");
const STEP: &str = "move";
const LIFE_SECONDS: i64 = 7 * 86_400;

/// What a proof is made with.
pub struct Paper<'a> {
    /// The folder of the keys.
    pub keys: &'a Path,
    /// The folder of the proofs.
    pub out: &'a Path,
    /// The configuration.
    pub config: &'a Config,
    /// The mailbox.
    pub row: &'a Row,
}

type Each<'a> = &'a mut dyn FnMut(&Line<'_>) -> Result<()>;

/// What the run is told by, as it happens.
struct Book<'a> {
    writer: Writer<'a>,
    entries: Vec<SignedEntry>,
}

impl Book<'_> {
    fn note(&mut self, step: Option<&str>, what: Event) {
        let entry = self.writer.write(Timestamp::now(), step, what);
        self.entries.push(entry);
    }
}

impl Paper<'_> {
    /// Makes the last pass, the second reading, and the proof.
    pub fn make(
        &self,
        copy: &dyn Fn() -> std::result::Result<PassReport, Stop>,
        read: &dyn Fn(Each<'_>) -> Result<Report>,
    ) -> std::result::Result<Done, Stop> {
        let fixed = self.fixed().map_err(Stop::Failed)?;
        let mover = &fixed.mover;
        let chain = Chain::new(fixed.run.run, fixed.run.target.id, mover.public(), fixed.order.digest());
        let mut book = Book { writer: Writer::new(chain, mover), entries: Vec::new() };
        book.note(None, Event::RunStarted { agent: env!("CARGO_PKG_VERSION").into(), facts: Digest::of(b"{}") });
        book.note(Some(STEP), Event::StepStarted { attempt: 1 });
        let pass = copy()?;
        let (report, names) = self.second_reading(&fixed.names, read).map_err(Stop::Failed)?;
        book.note(Some(STEP), Event::CensusBefore { census: report.before.clone() });
        book.note(Some(STEP), Event::CensusAfter { census: report.after.clone() });
        match report.fault().or_else(|| undecided(&pass)) {
            None => {
                book.note(Some(STEP), Event::StepCompleted { facts: facts(&report, &pass) });
                book.note(None, Event::RunCompleted {});
            }
            Some(fault) => {
                book.note(Some(STEP), Event::StepFailed { fault: fault.clone(), again: false });
                book.note(None, Event::RunFailed { fault });
            }
        }
        let file = ProofFile::new(fixed.delegation, fixed.enrolment, vec![fixed.order], book.entries);
        let path = self.out.join(format!("{}.proof.json", self.row.id));
        let bytes = file.to_bytes();
        write(&path, &bytes).map_err(Stop::Failed)?;
        // Nothing says "proved" that was not read back and checked with the public key alone.
        let back = fs::read(&path).map_err(|e| Stop::Failed(unreadable(&path, e)))?;
        let verdict = verify(&back, &fixed.content).map_err(Stop::Failed)?;
        Ok(Done::Proved { report, proof: path, names, complete: verdict.is_complete() })
    }

    fn second_reading(&self, key: &KeyPair, read: &dyn Fn(Each<'_>) -> Result<Report>) -> Result<(Report, PathBuf)> {
        let path = self.out.join(format!("{}.names", self.row.id));
        fs::create_dir_all(self.out).map_err(|e| unwritable(self.out, e))?;
        let draft = path.with_extension("names.tmp");
        let file = File::create(&draft).map_err(|e| unwritable(&draft, e))?;
        let mut sealer = Sealer::new(BufWriter::new(file), key)?;
        let report = read(&mut |line| {
            let mut text = serde_json::to_string(line).unwrap_or_default();
            text.push('\n');
            sealer.add(text.as_bytes())
        })?;
        sealer.finish()?;
        fs::rename(&draft, &path).map_err(|e| unwritable(&path, e))?;
        Ok((report, path))
    }

    /// Keys, and everything that is signed before the run begins.
    fn fixed(&self) -> Result<Fixed> {
        let key = |name: &str| KeyPair::load_or_create(&self.keys.join(format!("{name}.key")));
        let (content, server, mover, names) = (key("content")?, key("server")?, key("mover")?, key("names")?);
        write_public(&self.keys.join("content.pub"), &content.public())?;
        let at = Timestamp::now();
        let target = self.target(at)?;
        let options: BTreeMap<_, _> = [("from", &self.config.source.name), ("to", &self.config.target.name)]
            .map(|(name, value)| (name.to_string(), value.as_str().into()))
            .into();
        let master = Master {
            name: "move-mailbox".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            unit: UnitId::ROOT,
            sequence: SEQUENCE.into(),
            images: BTreeMap::new(),
            options: options.clone(),
            at,
            ..Master::default()
        };
        let run = RunSpec {
            run: chance::run_id(at)?,
            target: target.clone(),
            unit: UnitId::ROOT,
            master: Signed::new(&master, &content),
            options,
            loss: LossPolicy::NothingOnly,
            answers: None,
        };
        let enrolment =
            Enrolment { target: target.id, unit: UnitId::ROOT, machine: mover.public(), at, by: "list".into() };
        let expires = Timestamp::from_second(at.as_second() + LIFE_SECONDS).unwrap_or(at);
        let act = Act::Run(Box::new(run.clone()));
        let order = Order { target: target.id, machine: mover.public(), number: 1, issued: at, expires, act };
        Ok(Fixed {
            content: content.public(),
            delegation: Signed::new(&Delegation { server: server.public(), at }, &content),
            enrolment: Signed::new(&enrolment, &server),
            order: Signed::new(&order, &server),
            run,
            mover,
            names,
        })
    }

    /// The mailbox as a target: the same every time, named by its id in the list and never by an address.
    fn target(&self, at: Timestamp) -> Result<Target> {
        let path = self.keys.join("targets").join(format!("{}.json", self.row.id));
        if let Ok(text) = fs::read_to_string(&path) {
            return serde_json::from_str(&text).map_err(|e| unreadable(&path, e));
        }
        let name = self.row.id.to_ascii_lowercase();
        let target = Target { id: chance::target_id(at)?, kind: TargetKind::Mailbox, unit: UnitId::ROOT, name };
        write(&path, serde_json::to_string(&target).unwrap_or_default().as_bytes())?;
        Ok(target)
    }
}

struct Fixed {
    content: socle_domain::sign::PublicKey,
    delegation: Signed<Delegation>,
    enrolment: Signed<Enrolment>,
    order: Signed<Order>,
    run: RunSpec,
    mover: KeyPair,
    names: KeyPair,
}

fn undecided(pass: &PassReport) -> Option<Fault> {
    (pass.to_confirm > 0).then(|| Fault::new("mail-to-confirm").with("count", pass.to_confirm))
}

fn facts(report: &Report, pass: &PassReport) -> BTreeMap<String, String> {
    let mut facts = report.facts();
    let figures = [("last-pass-copied", pass.copied), ("last-pass-removed", pass.removed)];
    facts.extend(figures.map(|(name, n)| (name.to_string(), n.to_string())));
    facts
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let go = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension("tmp");
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    go().map_err(|e: std::io::Error| unwritable(path, e))
}

fn unwritable(path: &Path, e: std::io::Error) -> Fault {
    Fault::new("texts-file-unwritable").with("path", path).because(e)
}
fn unreadable(path: &Path, e: impl std::fmt::Display) -> Fault {
    Fault::new("texts-file-unreadable").with("path", path).because(e)
}
