//! Meaning: what Socle is about, with no I/O, no clock and no randomness.
//!
//! *A campaign moves a population of targets to a desired state, in waves, by running a sequence whose options are
//! fixed by the centre or left to the sites; a journal proves what was done and that nothing was lost.*
//!
//! Here stand the targets ([`target`]), what may be done to them ([`sequence`], [`master`]), who decides it
//! ([`order`], [`keys`]), what happened ([`journal`], [`run`]) and what that shows ([`census`], [`proof`]).
//! Everything that verifies is here, so that every room may check; nothing that holds a private key is.
pub mod census;
pub mod clock;
pub mod digest;
pub mod facts;
pub mod id;
pub mod journal;
pub mod keys;
pub mod master;
pub mod merkle;
pub mod order;
pub mod proof;
pub mod recognise;
pub mod run;
pub mod sequence;
pub mod sign;
pub mod target;

pub use clock::{Clock, Timestamp};
pub use digest::Digest;
pub use id::{RunId, TargetId, UnitId};
