//! The server as its callers meet it: real sockets, real TLS, real SQLite; machines are keys that speak the protocol.
mod api;
mod boot;
mod capture;
mod config;
mod content;
mod doors;
mod fake;
mod house;
mod machines;
mod pages;
#[path = "../../../db/tests/db/postgresql.rs"]
mod postgresql;
mod routes;
mod runs;
mod once;
mod paging;
mod receiver;
mod schemathesis;
mod versions;
mod webhooks;
mod wizard;
mod wizard_kit;
