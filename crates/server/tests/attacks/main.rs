//! Attacks on a deployment system, each by the number that docs/security.md's sources give it (Misconfiguration Manager,
//! TUF, Uptane, advisories of other deployment servers), tried on a real server. Each fails where its defence is removed.
mod content;
#[path = "../server/fake.rs"]
#[allow(dead_code)]
mod fake;
mod flood;
#[path = "../server/house.rs"]
#[allow(dead_code)]
mod house;
mod journal;
mod orders;
mod parameters;
mod secrets;
mod strangers;
