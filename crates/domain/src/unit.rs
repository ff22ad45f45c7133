//! The organisation: a tree of units as a fold of dated decisions.
//!
//! Nobody edits the tree. Somebody *decides*, for a moment, that a unit is founded, renamed, moved, merged, split or
//! closed; the tree of any moment is the fold of the decisions that hold by then ([`Tree::at`]). A decision may be
//! entered before it holds (two organisations merge next January) or after it held; it is accepted only if the whole
//! history still makes sense with it ([`accept`]). Decisions are never removed nor changed: the past stays readable.
//!
//! # What becomes of a unit that ends
//!
//! It stays in the tree, closed, below its *heir*, and nothing that it holds is rewritten: its machines, people, runs
//! and journals keep its name on them and are seen by whoever sees the heir.
//!
//! * **Merged** into another: the heir is that other; the units below go there with all that is below them.
//! * **Split** into parts: the heir is the first part; each part takes the units below that it names, the first part
//!   takes the rest.
//! * **Closed**: the heir is the unit above; nothing open may be left below.
//!
//! Nothing new may be put into a closed unit; what lies in it stays usable there until a person moves it out. So no
//! option changes, no name collides and no right grows because two bodies merged: each of these is a decision of its own.
//! Rights granted at a merged unit do not spread to its heir.
//!
//! INVARIANT: every unit reaches [`UnitId::ROOT`] by going up; open units that stand side by side have different names.
mod change;
mod tree;

pub use change::{Change, Part, UnitDecision, UnitKind};
pub use tree::{Ended, Tree, Unit, accept, history};

/// Characters in a unit's name, at most.
pub const MAX_NAME_CHARS: usize = 120;
/// Levels of the tree, at most: the centre is the first.
pub const MAX_DEPTH: usize = 32;
/// Units in the tree, at most, closed ones included.
pub const MAX_UNITS: usize = 100_000;
/// Parts that one unit may be split into.
pub const MAX_PARTS: usize = 100;
