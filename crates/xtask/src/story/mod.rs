//! Stories: what happens in the virtual room, as text that anybody can read, told step by step.
mod chance;
mod failure;
mod line;
mod tally;
mod teller;
mod text;
mod verbs;
mod watch;

pub use teller::{Ending, catalogue, names_with, tell};
