//! On the machine: runs steps; PID 1 when booted, a service when installed.
//!
//! * [`init`] is PID 1, [`network`] brings a card up, [`screen`] shows what happens;
//! * [`config`], [`key`] (sealed by the machine's [`tpm`]), [`http`] and [`clock`] are what a conversation ([`session`]) with the server needs;
//! * [`facts`] is what the machine says of itself, [`start`] how it was started, [`disks`] waits for those that come late;
//! * [`run`] carries out a run, journal first, and [`steps`] holds one file for each kind of step;
//! * [`wizard`] leads somebody through what the machine shall be;
//! * [`boot`] and [`installed`] are the two places where all this happens; [`presence`] is what follows in the second.
pub mod boot;
pub mod boot_once;
pub mod cast;
pub mod clock;
pub mod config;
pub mod disks;
pub mod facts;
pub mod home;
pub mod http;
pub mod init;
pub mod installed;
pub mod key;
pub mod memories;
pub mod network;
pub mod presence;
pub mod remote;
pub mod run;
pub mod screen;
pub mod seen;
pub mod session;
pub mod start;
pub mod steps;
pub mod tpm;
pub mod wizard;

/// The agent's version, in journals and first words.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
