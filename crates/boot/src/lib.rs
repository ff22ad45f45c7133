//! Starting machines: what happens on the wire before any of our code runs on them, and what they then load.
//!
//! * [`dhcp`] tells a machine what to load, beside a DHCP server that we do not control or instead of one;
//! * [`tftp`] hands it the loader;
//! * [`script`] writes what the loader (iPXE) then obeys;
//! * [`chain`] says by which loaders a machine is started, with Secure Boot on or off;
//! * [`wake`] switches a sleeping machine on;
//! * [`probe`] asks the network who answers machines, for the doctor;
//! * [`server`] puts the first two on an interface;
//! * [`environment`] builds the kernel and initrd that the script loads.
//!
//! Everything that reads bytes from the wire is a pure function beside its socket: it never panics, whatever
//! arrives, and has a replayable entry whose name begins with `fuzz_`. Whatever is answered, or kept silent, is a
//! [`BootEvent`] for the console.
pub mod chain;
pub mod dhcp;
pub mod environment;
mod event;
mod mac;
mod net;
pub mod probe;
pub mod rates;
pub mod script;
pub mod server;
pub mod tftp;
pub mod wake;

pub use event::{BootEvent, Kind, Why};
pub use mac::Mac;
pub use net::Interface;
