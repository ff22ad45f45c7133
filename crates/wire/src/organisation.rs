//! The organisation, as people's programs speak of it: `/api/v1/…`.
//!
//! ```text
//! GET  /api/v1/units?at=                           -> Page of UnitView       the tree, at a moment
//! GET  /api/v1/units/{id}                          -> UnitView
//! GET  /api/v1/units/{id}/decisions                -> Page of DecisionView   its history
//! GET  /api/v1/units/{id}/networks · PUT UnitNetworks -> UnitNetworks       from where its machines speak
//! GET  /api/v1/networks                            -> Page of NetworkView
//! POST /api/v1/unit-decisions       Decide         -> 201 Decided
//! GET  /api/v1/persons?left=                       -> Page of Person
//! POST /api/v1/persons              WritePerson    -> 201 Person
//! GET  /api/v1/persons/{id} · PUT   WritePerson    -> Person
//! GET  /api/v1/links?person=&machine=&of=          -> Page of Link
//! POST /api/v1/links                WriteLink      -> 201 Link
//! GET  /api/v1/links/{id} · POST {id}/end  EndLink -> Link
//! GET  /api/v1/machines/{id}/facts                 -> Page of FactView
//! PUT  /api/v1/machines/{id}/facts/{name}  SayFact -> 204 · DELETE -> 204
//! GET  /api/v1/machines/{id}/stays                 -> Page of StayView       where it was
//! POST /api/v1/machines/{id}/move   MoveMachine    -> MachineView
//! GET  /api/v1/search?q=&kind=                     -> Page of FoundView
//! POST /api/v1/imports/{list}?dry_run=  (CSV)      -> ImportReport
//! GET  /api/v1/exports/{list}                      -> CSV
//! GET  /api/v1/directories · PUT {name} WriteDirectory · POST {name}/read?dry_run= -> DirectoryReport
//! GET  /api/v1/departures · POST {id}/decide DecideDeparture -> 204
//! ```
use crate::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_domain::{
    DecisionId, PersonId, TargetId, Timestamp, UnitId,
    link::LinkKind,
    network::Network,
    unit::{Change, Ended, UnitKind},
};
use std::collections::BTreeSet;

/// What a unit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// Machines that are known.
    pub machines: u64,
    /// Machines that wait to be recognised.
    pub waiting: u64,
    /// People.
    pub people: u64,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnitView {
    /// Its identifier.
    pub id: UnitId,
    /// The unit above; for a closed unit, its heir.
    pub parent: Option<UnitId>,
    /// Its name.
    pub name: String,
    /// The names from below the centre down to it, joined by ` / `.
    pub path: String,
    /// What it is.
    pub kind: UnitKind,
    /// How many units stand above it.
    pub depth: u32,
    /// Since when it is; none: it always was.
    pub since: Option<Timestamp>,
    /// When it ended; none while it is open.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub how: Option<Ended>,
    /// What it holds itself.
    pub own: Held,
    /// What it and all below it hold.
    pub all: Held,
}

/// A decision about the organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionView {
    /// Its identifier.
    pub id: DecisionId,
    /// From when it holds.
    pub at: Timestamp,
    /// When it was entered.
    pub decided: Timestamp,
    /// Who entered it.
    pub by: String,
    /// What it says.
    pub what: Change,
}

/// The networks of a unit, told and replaced as a whole. An unknown machine that speaks from one of them waits in that
/// unit's queue; where several are around its address, the narrowest counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitNetworks {
    /// Its own, without those of the units below it.
    pub networks: BTreeSet<Network>,
}

/// A network of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkView {
    /// The network.
    pub network: Network,
    /// Whose it is.
    pub unit: UnitId,
    /// That unit's path.
    pub path: String,
    /// Who entered it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A part of a unit that is to be split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WishedPart {
    /// Its name.
    pub name: String,
    /// Which of the units directly below it takes; what no part takes goes to the first.
    #[serde(default)]
    pub takes: Vec<UnitId>,
}

/// What somebody wishes to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "change", deny_unknown_fields)]
pub enum Wished {
    /// A unit begins.
    Found {
        /// The one it stands below.
        parent: UnitId,
        /// Its name.
        name: String,
        /// What it is.
        kind: UnitKind,
    },
    /// It has another name.
    Rename {
        /// Which.
        unit: UnitId,
        /// The name.
        name: String,
    },
    /// It stands elsewhere, with all below it.
    Move {
        /// Which.
        unit: UnitId,
        /// The one it stands below.
        parent: UnitId,
    },
    /// It becomes part of another and ends.
    Merge {
        /// Which ends.
        unit: UnitId,
        /// Its heir.
        into: UnitId,
    },
    /// It becomes several and ends.
    Split {
        /// Which ends.
        unit: UnitId,
        /// What it becomes; the first is its heir.
        into: Vec<WishedPart>,
    },
    /// It ends.
    Close {
        /// Which.
        unit: UnitId,
    },
}

/// A decision to enter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// From when it shall hold; none: from now on.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// What shall hold.
    pub what: Wished,
}

/// Somebody, as he is entered or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WritePerson {
    /// Where he works; none: at the unit asked about, or where he was.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// His name.
    pub name: String,
    /// With what he signs in on machines.
    #[serde(default)]
    pub login: Option<String>,
    /// His address.
    #[serde(default)]
    pub mail: Option<String>,
    /// Since when; none: from now on.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Until when.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// A link to enter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteLink {
    /// Where it holds; none: at the unit asked about.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// What it says.
    pub kind: LinkKind,
    /// Of whom.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// With which machine.
    #[serde(default)]
    pub machine: Option<TargetId>,
    /// From when; none: from now on.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Until when.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// The end of a link.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndLink {
    /// When; none: now.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// A fact of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FactView {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: serde_json::Value,
    /// Who said so: `machine`, or an account.
    pub who: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none: it holds.
    pub until: Option<Timestamp>,
}

/// What somebody says of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayFact {
    /// The value.
    pub value: serde_json::Value,
}

/// A machine's stay in a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StayView {
    /// The unit.
    pub unit: UnitId,
    /// Since when.
    pub from: Timestamp,
    /// Until when; none: it is there.
    pub until: Option<Timestamp>,
    /// Who put it there.
    pub by: String,
}

/// Where a machine shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveMachine {
    /// The unit.
    pub unit: UnitId,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundView {
    /// `machine`, `person`, `unit`.
    pub kind: String,
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What tells it from others of that name: serial number and address, login, kind.
    pub detail: String,
    /// Its unit.
    pub unit: UnitId,
    /// That unit's path.
    pub path: String,
}

/// The lists that can be imported and exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum List {
    /// `path,kind,networks,id`
    Units,
    /// `unit,name,login,mail,since,until,id`
    People,
    /// `unit,name,mac,serial,uuid,id,fact.…`
    Machines,
    /// `kind,unit,person,machine,from,until,id`
    Links,
}

impl List {
    /// Every list, in the order in which they build on one another.
    pub const ALL: [List; 4] = [List::Units, List::People, List::Machines, List::Links];

    /// Its word in addresses and commands.
    pub fn word(self) -> &'static str {
        match self {
            List::Units => "units",
            List::People => "people",
            List::Machines => "machines",
            List::Links => "links",
        }
    }
}
impl std::str::FromStr for List {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|l| l.word() == word).ok_or_else(|| format!("no list {word:?}"))
    }
}

/// What a line of a list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Something begins.
    Added,
    /// Something is no longer as it was.
    Changed,
    /// Nothing.
    Same,
}

/// A line that would change something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineEffect {
    /// Which line of the file, from 1; the header is the first.
    pub line: u64,
    /// What it does.
    pub effect: Effect,
    /// What it is about.
    pub name: String,
    /// What is written: `unit: Ain → Ain / Bourg`.
    pub detail: String,
}

/// A line that can't be imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineTrouble {
    /// Which line of the file, from 1.
    pub line: u64,
    /// Which column, where it is one.
    pub column: Option<String>,
    /// What is wrong, in the reader's language too.
    pub problem: Problem,
}

/// What an import does, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImportReport {
    /// The list.
    pub list: List,
    /// Whether it was done; else it was only looked at, or a line is wrong.
    pub done: bool,
    /// Lines that were read, without the header.
    pub lines: u64,
    /// How many begin something.
    pub added: u64,
    /// How many change something.
    pub changed: u64,
    /// How many change nothing.
    pub same: u64,
    /// What is done, line by line: the first thousand.
    pub effects: Vec<LineEffect>,
    /// How many lines are wrong. One is enough: then nothing is imported.
    pub wrong: u64,
    /// What is wrong, line by line: the first thousand.
    pub troubles: Vec<LineTrouble>,
}

/// A directory (LDAP) that people are read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectoryConfig {
    /// `ldaps://…`, `ldap://…` (TLS is started).
    pub url: String,
    /// Below what people are sought.
    pub base: String,
    /// Which entries are people.
    #[serde(default = "usual_filter")]
    pub filter: String,
    /// The server's own account there; none: it asks without a name.
    #[serde(default)]
    pub bind: Option<String>,
    /// The attribute that stays for ever.
    #[serde(default = "usual_identity")]
    pub identity: String,
    /// The attribute with the name as people write it.
    #[serde(default = "usual_name")]
    pub name: String,
    /// The attribute with the login.
    #[serde(default = "usual_login")]
    pub login: String,
    /// The attribute with the address.
    #[serde(default = "usual_mail")]
    pub mail: String,
    /// The attribute whose value is the path of a unit, as far as it is one; none: everybody goes into the directory's
    /// own unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// The attribute that says when an entry was last changed.
    #[serde(default = "usual_changed")]
    pub changed: String,
}

fn usual_filter() -> String {
    "(objectClass=person)".into()
}
fn usual_identity() -> String {
    "entryUUID".into()
}
fn usual_name() -> String {
    "cn".into()
}
fn usual_login() -> String {
    "uid".into()
}
fn usual_mail() -> String {
    "mail".into()
}
fn usual_changed() -> String {
    "modifyTimestamp".into()
}

/// A directory, as it is entered or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteDirectory {
    /// The unit whose people it holds; none: the one that is called so already, else the unit asked about.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// How it is asked.
    pub config: DirectoryConfig,
    /// The password of the account; none: as it was. It is never answered.
    #[serde(default)]
    pub password: Option<String>,
}

/// A directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryView {
    /// Its identifier, which stays: what the people say who come from it.
    pub id: String,
    /// Its name, once in its unit.
    pub name: String,
    /// The unit whose people it holds.
    pub unit: UnitId,
    /// How it is asked.
    pub config: DirectoryConfig,
    /// Whether there is a password.
    pub has_password: bool,
    /// When it was last read to its end.
    pub read: Option<Timestamp>,
    /// The last change that was seen there.
    pub seen_until: Option<String>,
}

/// What reading a directory did, or would do.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DirectoryReport {
    /// Whether it was done; else it was only looked at.
    pub done: bool,
    /// Entries that were read: all, or those changed since the last time.
    pub read: u64,
    /// People who are new.
    pub added: u64,
    /// People of whom something is no longer as it was.
    pub changed: u64,
    /// People who are no longer there: proposed, never done by itself.
    pub departures: u64,
    /// People who were proposed and are there again.
    pub returned: u64,
    /// Entries that can't be used, with their place: the first hundred.
    pub skipped: Vec<String>,
}

/// Somebody whom a directory no longer holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DepartureView {
    /// Its identifier.
    pub id: String,
    /// The directory's name.
    pub directory: String,
    /// Who.
    pub person: PersonId,
    /// His name.
    pub name: String,
    /// His unit.
    pub unit: UnitId,
    /// When it was seen.
    pub seen: Timestamp,
}

/// What somebody decides about a departure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideDeparture {
    /// Whether the person has left.
    pub left: bool,
}
