//! The doctor: looks at everything that must be right for a machine to start, and says of each thing how it is, why that
//! matters and what to do. One piece of code for `socle doctor`, for the page *Diagnosis* and for the support bundle; it
//! works while the server runs and while it does not, reads only, and changes nothing.
//!
//! What comes from outside is judged by pure functions ([`judge`], [`firewall::verdict`], [`way`]), so that tests say what
//! is concluded from what; what asks the system stands beside them, one file per thing.
mod clock;
mod environment;
pub mod firewall;
pub(crate) mod heard;
mod identity;
mod interface;
pub mod judge;
mod ports;
mod recipe;
mod space;
mod store;
mod trail;
pub mod way;
mod wire;

pub use store::view;
pub use trail::MAX_TRAILS;

use crate::{Config, House, environment::Shelf, house::blocking};
use socle_boot::Mac;
use socle_domain::Timestamp;
use socle_texts::{Arg, Fault, Lang, Result, next_step, says, tell};
use socle_wire::diagnosis::{Diagnosis, Finding, Part, State, Wire};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// The longest that the wire is listened to.
pub const MAX_SECONDS: u64 = 60;
/// How long usually: a server that first looks whether an address is free takes up to three seconds.
pub const USUAL_SECONDS: u64 = 5;

/// Where the doctor looks.
#[derive(Clone)]
pub struct Ground {
    /// The server's data folder.
    pub data: PathBuf,
    /// What the server is told.
    pub config: Config,
    /// The present.
    pub now: Timestamp,
    /// The reader's language: sentences of boot events are told in it.
    pub lang: Lang,
    /// When this process began to serve, on the clock that can be set and on the one that cannot; none outside a server.
    pub serving: Option<(Timestamp, Instant)>,
    /// What was heard beside the events, where it is at hand; else it is read from the data folder.
    pub(crate) heard: Option<Vec<heard::Line>>,
    /// The boot environment as the server holds it, where it is at hand; else its files are read again.
    pub(crate) shelf: Option<Arc<Shelf>>,
}

impl Ground {
    /// Seen from outside the server, on its computer.
    pub fn outside(data: PathBuf, config: Config, now: Timestamp, lang: Lang) -> Ground {
        Ground { data, config, now, lang, serving: None, heard: None, shelf: None }
    }
    /// Seen from inside.
    pub(crate) fn inside(house: &House, lang: Lang) -> Ground {
        Ground {
            data: house.data.folder().to_path_buf(),
            config: house.config.clone(),
            now: house.now(),
            lang,
            serving: Some((house.since, house.desk.begun)),
            heard: Some(house.heard.lines()),
            shelf: Some(house.environment.clone()),
        }
    }
}

/// What is asked of him.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Ask the wire, and for how many seconds; needs rights.
    pub listen_seconds: Option<u64>,
    /// On these interfaces; by default on the chosen one, or on all that have a link.
    pub interfaces: Vec<String>,
    /// Also look where that takes seconds: the database's own check, inside the initrd, other clocks.
    pub thorough: bool,
    /// Only this machine's attempts.
    pub mac: Option<Mac>,
}

/// What a server keeps for the doctor: the last that was heard on the wire, and when it began.
pub(crate) struct Desk {
    pub begun: Instant,
    kept: Mutex<Option<Kept>>,
    /// One question on the wire at a time: many would be a flood.
    pub asking: tokio::sync::Mutex<()>,
}

impl Default for Desk {
    fn default() -> Self {
        Desk { begun: Instant::now(), kept: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }
}

/// What was found when the wire was last asked: kept until it is asked again.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// What was heard, and what was to be said of the asking.
    pub heard: (Wire, Vec<Finding>),
    /// What was found where looking takes seconds.
    thorough: Vec<Finding>,
}

/// Parts of which a glance sees less than a thorough look.
const THOROUGH: [Part; 3] = [Part::Identity, Part::Clock, Part::Database];

impl Desk {
    /// What was found last.
    pub fn last(&self) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Asks the wire, looks thoroughly, and keeps what was found.
    pub async fn ask(&self, ground: &Ground) {
        let wish = Wish { listen_seconds: Some(USUAL_SECONDS), thorough: true, ..Wish::default() };
        let heard = listen(ground, &wish).await;
        let found = examine(ground, &wish, Some(heard.clone())).await;
        let thorough = found.findings.into_iter().filter(|f| THOROUGH.contains(&f.part)).collect();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { heard, thorough });
    }
    /// A glance, with what the last thorough look found beside it: of a part that seems well it may know better.
    pub async fn glance(&self, ground: &Ground, wish: &Wish) -> Diagnosis {
        let kept = self.last();
        let mut found = examine(ground, wish, kept.as_ref().map(|k| k.heard.clone())).await;
        for part in THOROUGH {
            let well = found.findings.iter().filter(|f| f.part == part).all(|f| f.state <= State::Unseen);
            let known: Vec<Finding> =
                kept.iter().flat_map(|k| &k.thorough).filter(|f| f.part == part).cloned().collect();
            if well && !known.is_empty() {
                found.findings.retain(|f| f.part != part);
                found.findings.extend(known);
            }
        }
        found.findings.sort_by_key(|f| (f.part, std::cmp::Reverse(f.state)));
        found.stages = way::of_server(&found.findings);
        found
    }
}

/// Asks the wire as `wish` says: what was heard, and what is to be said of the asking itself.
pub async fn listen(ground: &Ground, wish: &Wish) -> (Wire, Vec<Finding>) {
    let (config, now, names) = (ground.config.clone(), ground.now, wish.interfaces.clone());
    let seconds = wish.listen_seconds.unwrap_or(USUAL_SECONDS).clamp(1, MAX_SECONDS);
    let heard = blocking(move || Ok(wire::listen(&config, &names, seconds, now))).await;
    heard.unwrap_or_else(|fault| {
        let nothing = Wire { at: now, interfaces: Vec::new(), seconds, answers: Vec::new() };
        (nothing, vec![Finding::of(Part::Dhcp, State::Unseen, fault)])
    })
}

/// Looks at everything. `heard` is what the wire said, if it was asked.
pub async fn examine(ground: &Ground, wish: &Wish, heard: Option<(Wire, Vec<Finding>)>) -> Diagnosis {
    let (wire, mut findings) = heard.map_or((None, Vec::new()), |(wire, said)| (Some(wire), said));
    let (place, thorough, answers) = (ground.clone(), wish.thorough, wire.clone());
    let local = blocking(move || Ok(around(&place, thorough, answers.as_ref()))).await;
    findings.extend(local.unwrap_or_else(|fault| vec![Finding::of(Part::Interface, State::Unseen, fault)]));
    if let Some(wire) = wire.as_ref().filter(|w| !w.interfaces.is_empty()) {
        let us = judge::Us::of(&ground.config, listens(&findings));
        findings.extend(judge::dhcp(wire, &us));
    }
    if wire.is_none() {
        findings.push(Finding::new(Part::Dhcp, State::Unseen, "doctor-dhcp-not-asked"));
    }
    let store::Looked { findings: of_store, trails } = store::look(ground, wish).await;
    findings.extend(of_store);
    findings.sort_by_key(|f| (f.part, std::cmp::Reverse(f.state)));
    Diagnosis {
        at: ground.now,
        version: env!("CARGO_PKG_VERSION").into(),
        stages: way::of_server(&findings),
        recipes: recipe::all(&ground.config, wire.as_ref()),
        findings,
        wire,
        trails,
    }
}

/// Everything that is neither the wire nor the database. Blocks.
fn around(ground: &Ground, thorough: bool, wire: Option<&Wire>) -> Vec<Finding> {
    let mut findings = interface::look(&ground.config);
    findings.extend(ports::look(&ground.config, ground.serving.is_some()));
    findings.extend(firewall::look(&ground.config));
    findings.extend(environment::look(ground));
    findings.extend(identity::look(ground, thorough));
    findings.extend(clock::look(ground, wire.filter(|_| thorough)));
    findings.extend(space::look(&ground.data));
    findings
}

/// Whether our own DHCP listens, as far as the ports say.
fn listens(findings: &[Finding]) -> bool {
    findings.iter().any(|f| {
        let of_dhcp = f.said.args.iter().any(|(n, v)| n == "port" && matches!(v, Arg::Text(p) if p == "67"));
        f.said.is("doctor-ports-ours") && of_dhcp
    })
}

/// What was found, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What.
    pub what: String,
    /// Why that matters.
    pub why: Option<String>,
    /// What to do.
    pub next: Option<String>,
}

/// What was found, in a language. What a fault of another room does not say of itself is said of its part.
pub fn words(lang: Lang, finding: &Finding) -> Words {
    let said = &finding.said;
    let of_part = || says(lang, &format!("doctor-part-{}.why", finding.part.word()), &[]);
    let args: Vec<(&str, Arg)> = said.args.iter().map(|(n, v)| (n.as_ref(), v.clone())).collect();
    Words {
        what: tell(lang, said),
        why: says(lang, &format!("{}.why", said.code), &args).or_else(of_part),
        next: next_step(lang, said),
    }
}

/// What a server heard beside its events, as data: for the support bundle.
pub fn heard_before(path: &std::path::Path) -> Vec<serde_json::Value> {
    heard::lines_of(path).iter().filter_map(|line| serde_json::to_value(line).ok()).collect()
}

/// Whether an address is one of this computer's.
pub(crate) fn is_ours(address: std::net::Ipv4Addr) -> bool {
    // Only an address of this computer can be bound to; nothing is sent or taken.
    std::net::UdpSocket::bind((address, 0)).is_ok() && !address.is_unspecified()
}

/// A file that is read whole if it is small; absent files are nothing.
fn small(path: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    /// Every finding says in both languages what it is, why that matters, and, unless it is good, what to do.
    #[test]
    fn every_finding_has_its_three_sentences() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor");
        let mut codes = BTreeSet::new();
        for file in fs::read_dir(folder).expect("the doctor's files").flatten() {
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            // After Attention, Wrong or Unseen something is to be done.
            for (state, part) in text.split("State::").skip(1).filter_map(|rest| rest.split_once(", \"doctor-")) {
                let code = part.split('"').next().unwrap_or("");
                if ["Good", "Attention", "Wrong", "Unseen"].contains(&state) {
                    codes.insert((state != "Good", format!("doctor-{code}")));
                }
            }
        }
        assert!(codes.len() > 40, "the search has lost its way: {codes:?}");
        for (to_do, code) in codes {
            for lang in [Lang::Fr, Lang::En] {
                let there = |key: &str| says(lang, key, &[]).is_some();
                assert!(there(&code) && there(&format!("{code}.why")), "{code} in {lang:?}");
                assert!(!to_do || there(&format!("{code}.next")), "{code} says nothing to do in {lang:?}");
            }
        }
    }
}
