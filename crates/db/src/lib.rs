//! The only place with SQL: one text for SQLite (the default) and for PostgreSQL (large fleets).
//!
//! One file per noun. Its functions take a connection ([`Db::read`]) or a transaction ([`Db::write`]), so that the caller decides
//! what stands or falls together, and a [`Scope`], so that no query can forget whose objects it may touch.
//!
//! INVARIANT: writes go through one connection, one transaction at a time, and are on the disk when the commit returns
//! (SQLite: WAL with `synchronous=FULL`). What was acknowledged to a machine was committed before.
pub mod announced;
pub mod boot_events;
pub mod images;
pub mod journal;
pub mod machines;
pub mod masters;
mod migrate;
mod open;
pub mod orders;
pub mod people;
mod row;
pub mod rules;
pub mod runs;
mod scope;
pub mod sessions;
pub mod tokens;
pub mod units;

pub use open::{Db, Write};
pub use scope::Scope;
pub use sqlx::AnyConnection as Conn;
