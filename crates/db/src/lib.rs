//! The only place with SQL: one text for SQLite (the default) and for PostgreSQL (large fleets).
//!
//! One file per noun. Its functions take a connection ([`Db::read`]) or a transaction ([`Db::write`]), so that the caller decides
//! what stands or falls together, and a [`Scope`], so that no query can forget whose objects it may touch.
//!
//! INVARIANT: writes go through one connection, one transaction at a time, and are on the disk when the commit returns
//! (SQLite: WAL with `synchronous=FULL`). What was acknowledged to a machine was committed before.
pub mod announced;
pub mod audit;
pub mod boot_events;
pub mod boot_once;
pub mod consents;
pub mod demand;
pub mod directories;
pub mod drafts;
pub mod dump;
pub mod factors;
pub mod facts;
mod found;
pub mod grants;
pub mod idempotency;
pub mod images;
pub mod journal;
pub mod links;
pub mod listing;
pub mod machines;
mod many;
pub mod masters;
mod migrate;
pub mod networks;
mod open;
pub mod option_rules;
pub mod orders;
pub mod people;
pub mod persons;
pub mod presence;
mod row;
pub mod rules;
pub mod runs;
mod scope;
pub mod sealed;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod stages;
mod statistics;
pub mod together;
pub mod tokens;
pub mod tpms;
pub mod units;
pub mod webhooks;
mod wide;
pub mod wizard;

pub use open::{Db, Write};
pub use scope::{Offered, Scope};
pub use sqlx::AnyConnection as Conn;
