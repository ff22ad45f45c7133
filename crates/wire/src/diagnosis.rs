//! What the doctor finds: the same for `socle doctor --json`, for the page *Diagnosis* and for the support bundle.
//!
//! A finding is a code with values, told in the reader's language by `locales/*/doctor.ftl`: its key says what was found,
//! `.why` why that matters, `.next` what to do.
use serde::{Deserialize, Serialize};
use socle_domain::Timestamp;
use socle_texts::{Arg, Fault};
use std::{borrow::Cow, collections::BTreeMap, net::Ipv4Addr};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Good,
    /// Could not be looked at; the finding says what is missing for it.
    Unseen,
    /// Works, but somebody should know.
    Attention,
    /// Machines do not start, or soon will not.
    Wrong,
}

impl State {
    /// Its word in keys and styles.
    pub fn word(self) -> &'static str {
        match self {
            State::Good => "good",
            State::Unseen => "unseen",
            State::Attention => "attention",
            State::Wrong => "wrong",
        }
    }
}

/// What a finding is about, in the order in which a technician looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // each has its words in the locales
pub enum Part {
    Interface,
    Dhcp,
    Ports,
    Firewall,
    Loader,
    Environment,
    Identity,
    Clock,
    Database,
    Space,
    Machines,
}

impl Part {
    /// Its word in keys.
    pub fn word(self) -> &'static str {
        match self {
            Part::Interface => "interface",
            Part::Dhcp => "dhcp",
            Part::Ports => "ports",
            Part::Firewall => "firewall",
            Part::Loader => "loader",
            Part::Environment => "environment",
            Part::Identity => "identity",
            Part::Clock => "clock",
            Part::Database => "database",
            Part::Space => "space",
            Part::Machines => "machines",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about.
    pub part: Part,
    /// How it is.
    pub state: State,
    /// What was found.
    #[serde(flatten)]
    pub said: Fault,
}

impl Finding {
    /// A finding; its code has a sentence with `.why` and, unless it is good, `.next`.
    pub fn new(part: Part, state: State, code: &'static str) -> Finding {
        let said = Fault { code: Cow::Borrowed(code), args: Vec::new(), cause: None, retry: false };
        Finding { part, state, said }
    }
    /// A fault as a finding.
    pub fn of(part: Part, state: State, said: Fault) -> Finding {
        Finding { part, state, said }
    }
    /// Adds a value for the sentence.
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Finding {
        self.said = self.said.with(name, value);
        self
    }
    /// Adds the technical cause.
    pub fn because(mut self, cause: impl std::fmt::Display) -> Finding {
        self.said = self.said.because(cause);
        self
    }
}

/// What a server said to the doctor's question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhcpAnswer {
    /// The interface on which it was heard.
    pub interface: String,
    /// As which machine the doctor asked: `bios`, `uefi`, `uefi-http`.
    pub asked_as: String,
    /// `offer` with an address, `proxy` without one, `boot-server` from port 4011.
    pub kind: String,
    /// Who answered: its server identifier (option 54), else where the answer came from.
    pub server: Ipv4Addr,
    /// Where the answer came from.
    pub from: Ipv4Addr,
    /// Whether it is this computer.
    pub ours: bool,
    /// The address offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Ipv4Addr>,
    /// Where to load from (`siaddr`, next server).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_server: Option<Ipv4Addr>,
    /// What to load (the field `file`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// Options 3, 6, 42, 43, 60, 66, 67, 93, 150 and 175, readable.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<u8, String>,
}

impl DhcpAnswer {
    /// What it tells a machine to load, from the field or option 67.
    pub fn boot_file(&self) -> Option<&str> {
        Some(self.file.as_str()).filter(|f| !f.is_empty()).or(self.options.get(&67).map(String::as_str))
    }
}

/// What was heard on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wire {
    /// When.
    pub at: Timestamp,
    /// On which interfaces the doctor asked.
    pub interfaces: Vec<String>,
    /// How long it listened on each.
    pub seconds: u64,
    /// Every answer.
    pub answers: Vec<DhcpAnswer>,
}

/// How another DHCP server is told where machines load from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// `dnsmasq`, `isc`, `kea`, `windows`, `opnsense`, `pfsense`.
    pub server: String,
    /// What to write, with this server's address in it.
    pub text: String,
}

/// A place on a machine's way, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // each has its words in the locales
pub enum Place {
    Machine,
    Dhcp,
    Loader,
    Environment,
    Server,
}

impl Place {
    /// All, in order.
    pub const ALL: [Place; 5] = [Place::Machine, Place::Dhcp, Place::Loader, Place::Environment, Place::Server];
    /// Its word in keys.
    pub fn word(self) -> &'static str {
        match self {
            Place::Machine => "machine",
            Place::Dhcp => "dhcp",
            Place::Loader => "loader",
            Place::Environment => "environment",
            Place::Server => "server",
        }
    }
}

/// How far the way goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// It was passed, or is ready to be.
    Passed,
    /// Passed, but somebody should know something.
    Doubtful,
    /// Here it stopped.
    Stopped,
    /// Here it left the way on purpose: to its own disk.
    Aside,
    /// Not come so far, or not looked at.
    Beyond,
}

impl Reach {
    /// Its word in keys and styles.
    pub fn word(self) -> &'static str {
        match self {
            Reach::Passed => "passed",
            Reach::Doubtful => "doubtful",
            Reach::Stopped => "stopped",
            Reach::Aside => "aside",
            Reach::Beyond => "beyond",
        }
    }
}

/// A place on the way, and how it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Which.
    pub place: Place,
    /// How far.
    pub reach: Reach,
}

/// One thing that a machine asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// When; of several alike, the last.
    pub at: Timestamp,
    /// When the first of several alike was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Timestamp>,
    /// How many there were.
    pub times: u64,
    /// `dhcp`, `proxydhcp`, `tftp`, `http`, `agent`.
    pub service: String,
    /// Whether it was answered.
    pub answered: bool,
    /// The sentence, in the reader's language.
    pub what: String,
}

/// What is known of one machine's attempts to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trail {
    /// Its hardware address.
    pub mac: String,
    /// Its name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Addresses that it had meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// How far its last attempt came.
    pub stages: Vec<Stage>,
    /// Where it stopped and why, or that it did not: a finding.
    pub verdict: Finding,
    /// What it asked, the oldest first.
    pub asked: Vec<Asked>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// When.
    pub at: Timestamp,
    /// Of which version.
    pub version: String,
    /// What was looked at.
    pub findings: Vec<Finding>,
    /// How the way is, as far as the server knows it.
    pub stages: Vec<Stage>,
    /// What was heard on the wire, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<Wire>,
    /// How other DHCP servers are told; the likeliest first.
    pub recipes: Vec<Recipe>,
    /// Machines that were heard, the last first.
    pub trails: Vec<Trail>,
}

impl Diagnosis {
    /// The worst state found.
    pub fn state(&self) -> State {
        self.findings.iter().map(|f| f.state).max().unwrap_or(State::Good)
    }
}
