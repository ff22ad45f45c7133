//! Who may do what, the second person, the audit trail: on a real server, by real requests.
mod across;
mod audits;
#[path = "../server/fake.rs"]
#[allow(dead_code)]
mod fake;
#[path = "../server/house.rs"]
#[allow(dead_code)]
mod house;
mod limits;
mod networks;
mod people;
mod second_person;
mod things;
mod walk;
