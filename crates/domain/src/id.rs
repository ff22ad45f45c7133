//! Identifiers: a UUID version 7 (RFC 9562) in a type of its own per kind, so that one can't stand for another.
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier from the moment (milliseconds since 1970) and ten random bytes, both given:
            /// this floor has neither clock nor chance.
            pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
                $name(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map($name)
            }
        }
    )*};
}

id! {
    /// A node of the organisation tree.
    UnitId,
    /// What a campaign moves: a machine, a folder; later a mailbox, a virtual desktop, an account.
    TargetId,
    /// One target going through one sequence.
    RunId,
    /// Somebody who is told what happens.
    WebhookId,
    /// Something that happened, as it is told.
    EventId,
    /// Somebody who works with Socle, or on a machine.
    PersonId,
    /// A decision about the organisation.
    DecisionId,
    /// A dated link between a person, a machine and a unit.
    LinkId,
    /// Who signs in, or in whose name a program acts.
    AccountId,
    /// An act that waits for a second person.
    ConsentId,
    /// A rule that sets options.
    RuleId,
    /// A master that is not signed yet.
    DraftId,
}

impl UnitId {
    /// The centre: the root of the organisation tree. It always is.
    pub const ROOT: UnitId = UnitId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
}
