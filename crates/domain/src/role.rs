//! Who may do what, and where: a *role* is a set of *rights*, a *grant* gives a role to a person at a unit, and what is
//! granted at a unit holds for every unit below it.
//!
//! Nothing is inherited upwards or sideways, and nothing is allowed by default: who has no grant may do nothing.
//! Nobody grants a role that holds a right which he lacks at that place himself, so that rights never grow by being
//! passed on.
use crate::{AccountId, UnitId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// A thing that may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// See what belongs to the unit: machines, runs, masters, images, journals, proofs.
    See,
    /// Say who a machine is, announce machines.
    Recognise,
    /// Start runs, stop them, try them again.
    Operate,
    /// Let what was counted be lost.
    AllowLoss,
    /// Put a machine back to its master.
    Reset,
    /// Set the values of options, narrow their latitude.
    Options,
    /// Write the rules that set options and recognise machines.
    Rules,
    /// Change the organisation tree, people and their links with machines.
    Organise,
    /// Give roles and take them away.
    People,
    /// Write, publish and retire masters; sign images.
    Masters,
    /// Read the audit trail.
    Audit,
    /// See and set the server itself. It has one place: the root.
    Server,
    /// One's own affairs: sessions, password, tokens.
    Own,
}

/// A set of rights with a name that people know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Makes masters, declares options, writes rules.
    Designer,
    /// Deploys: machines, runs, losses.
    Deployer,
    /// Runs a unit: everything but making masters and reading the audit trail.
    SiteAdministrator,
    /// Deploys machines, and loses nothing.
    Technician,
    /// A teacher: resets his room.
    RoomOperator,
    /// Answers people's questions: looks, changes nothing.
    Helpdesk,
    /// Reads what was done, and by whom.
    Auditor,
    /// Works on a machine.
    User,
}

/// Which role holds which rights: the one table.
const TABLE: &[(Role, &[Right])] = {
    use Right::*;
    &[
        (Role::Designer, &[See, Options, Rules, Masters, Own]),
        (Role::Deployer, &[See, Recognise, Operate, AllowLoss, Reset, Own]),
        (
            Role::SiteAdministrator,
            &[See, Recognise, Operate, AllowLoss, Reset, Options, Rules, Organise, People, Server, Own],
        ),
        (Role::Technician, &[See, Recognise, Operate, Reset, Own]),
        (Role::RoomOperator, &[See, Reset, Own]),
        (Role::Helpdesk, &[See, Own]),
        (Role::Auditor, &[See, Audit, Own]),
        (Role::User, &[Own]),
    ]
};

impl Role {
    /// Every role.
    pub const ALL: [Role; 8] = [
        Role::Designer,
        Role::Deployer,
        Role::SiteAdministrator,
        Role::Technician,
        Role::RoomOperator,
        Role::Helpdesk,
        Role::Auditor,
        Role::User,
    ];
    /// What the first administrator holds at the root: together they hold every right.
    pub const FIRST_ADMINISTRATOR: [Role; 4] = [Role::Designer, Role::Deployer, Role::SiteAdministrator, Role::Auditor];

    /// The rights that it holds.
    pub fn rights(self) -> &'static [Right] {
        TABLE.iter().find(|(role, _)| *role == self).map_or(&[], |(_, rights)| rights)
    }
    /// The word of the wire, of the database and of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Role::Designer => "designer",
            Role::Deployer => "deployer",
            Role::SiteAdministrator => "site-administrator",
            Role::Technician => "technician",
            Role::RoomOperator => "room-operator",
            Role::Helpdesk => "helpdesk",
            Role::Auditor => "auditor",
            Role::User => "user",
        }
    }
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 13] = [
        Right::See,
        Right::Recognise,
        Right::Operate,
        Right::AllowLoss,
        Right::Reset,
        Right::Options,
        Right::Rules,
        Right::Organise,
        Right::People,
        Right::Masters,
        Right::Audit,
        Right::Server,
        Right::Own,
    ];
    /// The word of the wire and of the sentences.
    pub fn word(self) -> &'static str {
        match self {
            Right::See => "see",
            Right::Recognise => "recognise",
            Right::Operate => "operate",
            Right::AllowLoss => "allow-loss",
            Right::Reset => "reset",
            Right::Options => "options",
            Right::Rules => "rules",
            Right::Organise => "organise",
            Right::People => "people",
            Right::Masters => "masters",
            Right::Audit => "audit",
            Right::Server => "server",
            Right::Own => "own",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
impl FromStr for Role {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Role::ALL.into_iter().find(|r| r.word() == word).ok_or_else(|| format!("no role {word:?}"))
    }
}
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A role, given to a person at a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// To whom.
    pub person: AccountId,
    /// Which role.
    pub role: Role,
    /// Where: at this unit and at those below it.
    pub unit: UnitId,
}

impl Grant {
    /// Whether it holds `right` where it was given. The server has one place, the root: elsewhere that right is nothing.
    pub fn gives(&self, right: Right) -> bool {
        self.role.rights().contains(&right) && (right != Right::Server || self.unit == UnitId::ROOT)
    }
}

/// Whether these grants hold `right` at a unit. `path` is that unit and every unit above it, in any order.
pub fn holds(grants: &[Grant], right: Right, path: &[UnitId]) -> bool {
    grants.iter().any(|grant| grant.gives(right) && path.contains(&grant.unit))
}

/// Where these grants hold `right`: the units of the grants themselves; it holds below each of them too.
pub fn places(grants: &[Grant], right: Right) -> BTreeSet<UnitId> {
    grants.iter().filter(|grant| grant.gives(right)).map(|grant| grant.unit).collect()
}

/// Whether who holds these grants may give `role` at a unit, or take it away there: he must hold there the right to
/// give roles, and every right that the role holds.
///
/// # Errors
/// The first right that he lacks.
pub fn may_grant(grants: &[Grant], role: Role, path: &[UnitId]) -> Result<(), Right> {
    // The right over the server is nothing outside the root: who gives the role elsewhere gives nothing of it.
    let at_root = path.len() == 1 && path.contains(&UnitId::ROOT);
    let given = role.rights().iter().copied().filter(|right| *right != Right::Server || at_root);
    match std::iter::once(Right::People).chain(given).find(|right| !holds(grants, *right, path)) {
        Some(lacked) => Err(lacked),
        None => Ok(()),
    }
}
