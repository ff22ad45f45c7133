//! The server: API, agents' doors, boot services, pages, and the loops behind them. Wiring and business rules; what is
//! stored stands in `db`, what is drawn in `console`, what is proved in `domain`.
//!
//! Three doors, each with its own port: the *console* (pages and API, on the loopback by default), the *agents* (TLS
//! with the pinned identity) and the *boot files* (plain HTTP: nothing there is a secret, and everything is signed).
//! [`routes`] is the one table of all that is answered, and to whom.
mod access;
mod agents;
mod api;
mod audit_trail;
mod boot;
mod boot_log;
mod boot_once;
mod captures;
mod casting;
pub mod clock;
pub mod config;
mod consenting;
pub mod data;
pub mod doctor;
mod doorkeeper;
mod environment;
mod etag;
pub mod first_start;
mod forwarded;
pub mod host;
mod house;
mod idempotency;
mod limits;
mod live;
mod lock;
mod masters;
mod notify;
pub mod openapi;
mod options;
mod ordering;
mod organisation;
mod pages;
mod paging;
mod presence;
mod recognise;
mod refusal;
pub mod routes;
mod rules;
mod sequences;
pub mod serve;
mod sign_in;
mod starts;
mod taking;
mod tpm;
mod views;
mod waking;
mod webhooks;
mod wizard;
mod zero_byte;

pub use config::Config;
pub use data::Data;
pub use environment::{MANIFEST_FILE, RELEASE_FILE};
pub use house::House;
