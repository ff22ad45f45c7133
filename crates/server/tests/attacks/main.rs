//! Attacks on a deployment system, tried on a real server, each named by its number in our list: what Misconfiguration
//! Manager, TUF, Uptane and the advisories of other deployment servers describe. Each fails where its defence is removed.
mod artefacts;
mod borrowed;
mod content;
mod doors;
#[path = "../server/fake.rs"]
#[allow(dead_code)]
mod fake;
mod flood;
mod generations;
#[path = "../server/house.rs"]
#[allow(dead_code)]
mod house;
mod journal;
mod orders;
mod parameters;
mod secrets;
mod strangers;
mod table;
