//! Everything that reads bytes from outside, fed with bytes that nobody meant.
//!
//! A [`Target`] is one reader: the bytes go in, and it must not panic, not forget or change what it read when it is
//! written and read again, and not take more memory than its bytes are worth. Each has a small seeded corpus in
//! `corpus/NAME`, committed: real messages, and whatever once made a reader fail (`found-…`).
//!
//! * `cargo test -p socle-fuzz` replays the corpus and some thousands of mutations of it, always the same ones;
//! * `cargo xtask fuzz [TARGET] [--seconds N]` mutates for as long as it is told and follows the coverage of our own
//!   crates, on the stable toolchain: LLVM's coverage pass puts a counter on every edge ([`Target`]'s rooms alone, see
//!   the script `instrument`), and an input that reaches a new edge is kept and mutated further. What it finds is
//!   written below `target/fuzz`, shortened first; move it to `corpus/NAME/found-…` when its cause is mended.
pub mod corpus;
pub mod memory;
pub mod mutate;
pub mod targets;

pub use targets::Target;
