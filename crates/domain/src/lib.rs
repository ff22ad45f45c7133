//! Meaning: what Socle is about, with no I/O, no clock and no randomness.
//!
//! *A campaign moves a population of targets to a desired state, in waves, by running a sequence whose options are
//! fixed by the centre or left to the sites; a journal proves what was done and that nothing was lost.*
//!
//! Here stand the targets ([`target`]), what may be done to them ([`sequence`], [`master`]), who decides it
//! ([`order`], [`keys`]), what happened ([`journal`], [`run`]) and what that shows ([`census`], [`proof`]).
//! Everything that verifies is here, so that every room may check; nothing that holds a private key is.
pub mod answers;
pub mod audit;
pub mod census;
pub mod clock;
pub mod consent;
pub mod digest;
pub mod facts;
pub mod id;
pub mod journal;
pub mod keys;
pub mod latitude;
pub mod link;
pub mod master;
pub mod merkle;
pub mod network;
pub mod option;
pub mod order;
pub mod person;
pub mod proof;
pub mod recognise;
pub mod resolve;
pub mod role;
pub mod rule;
pub mod run;
mod schema;
pub mod search;
pub mod sequence;
pub mod sign;
pub mod start;
pub mod target;
pub mod unit;

pub use clock::{Clock, Timestamp};
pub use digest::Digest;
pub use id::{
    AccountId, ConsentId, DecisionId, DraftId, EventId, LinkId, PersonId, RuleId, RunId, TargetId, UnitId, WebhookId,
};
