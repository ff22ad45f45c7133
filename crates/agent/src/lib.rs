//! On the machine: runs steps; PID 1 when booted, a service when installed.
//!
//! * [`init`] is PID 1, [`network`] brings a card up, [`screen`] shows what happens;
//! * [`config`], [`key`], [`http`] and [`clock`] are what a conversation with the server needs;
//! * [`facts`] is what the machine says of itself.
pub mod clock;
pub mod config;
pub mod facts;
pub mod http;
pub mod init;
pub mod key;
pub mod network;
pub mod screen;

/// The agent's version, in journals and first words.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
