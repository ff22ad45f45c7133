//! The wizard's doors, from outside: somebody at a machine, a room from the console, and whoever tries what is not his.
mod attacks;
#[path = "../server/fake.rs"]
#[allow(dead_code)]
mod fake;
mod flow;
#[path = "../server/house.rs"]
#[allow(dead_code)]
mod house;
#[path = "../rights/people.rs"]
#[allow(dead_code)]
mod people;
mod wizard_kit;
