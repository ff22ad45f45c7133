//! Who comes in, how, and until when: with a real browser, a real sign-in service, a real directory, a real PostgreSQL.
mod account;
mod at_rest;
mod browser;
mod directory;
#[path = "../server/house.rs"]
#[allow(dead_code)] // the other tests use the rest of it
mod house;
mod passkeys;
#[path = "../../../db/tests/db/postgresql.rs"]
mod postgresql;
mod service;
#[path = "../../../trust/tests/trust/slapd.rs"]
mod slapd;
