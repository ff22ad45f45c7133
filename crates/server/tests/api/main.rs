//! The API as programs meet it: its description, its pages, versions and keys, the webhooks.
mod description;
#[allow(dead_code)] // the server's own tests use the rest of it
#[path = "../server/fake.rs"]
mod fake;
#[allow(dead_code)]
#[path = "../server/house.rs"]
mod house;
mod once;
mod paging;
#[allow(dead_code)]
#[path = "../rights/people.rs"]
mod people;
mod receiver;
mod schemathesis;
mod versions;
mod webhooks;
