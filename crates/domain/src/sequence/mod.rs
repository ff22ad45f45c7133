//! Sequences: ordered, typed steps in a readable text (TOML), with errors that name the line.
mod condition;
mod depth;
mod parse;
mod step;
mod template;

pub use condition::{Condition, Seen, holds};
pub use parse::parse;
pub use step::{Action, Disk, Firmware, Grow, Phase, Place, Power, ReadBack, RebootInto, Sequence, Step, Title};
pub use template::fill;
