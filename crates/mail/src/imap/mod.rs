//! IMAP (RFC 3501 and 9051) with what servers offer beside it, for reading and filling mailboxes.
mod append;
mod command;
mod connect;
mod connection;
mod fetch;
mod folders;
mod incoming;
mod literal;
mod name;
mod outgoing;
mod set;
mod status;
pub mod value;

pub use append::{appended_uids, flag_list};
pub use command::Command;
pub use connection::{Connection, Opened, Reply};
pub use fetch::{Item, instant};
pub use folders::{Counts, Folder, Listing, special_use};
pub use incoming::{Answer, Incoming};
pub use name::{Name, decode, encode};
pub use outgoing::Outgoing;
pub use set::{ranges, uids};
pub use status::{Kind, Status};
