//! The server as its callers meet it: real sockets, real TLS, real SQLite; machines are keys that speak the protocol.
mod base_pages;
mod bases;
mod boot;
mod boot_once;
mod capture;
mod casting;
mod config;
mod content;
mod doors;
mod fake;
mod house;
mod machines;
mod masters;
mod options;
mod organisation;
mod pages;
mod people_directory;
#[path = "../../../db/tests/db/postgresql.rs"]
mod postgresql;
mod routes;
mod runs;
mod scale;
mod shelf;
#[path = "../../../trust/tests/trust/slapd.rs"]
mod slapd;
mod starts;
