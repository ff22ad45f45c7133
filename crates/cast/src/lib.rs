//! A room at once: the frames of an image, sent once to many machines, with repair. Described in `docs/cast.md`.
//!
//! ```text
//! server:   Plan ──► encode::Encoder ──► send (paced, in bursts) ───────────────► the room's network
//!                                          ▲                                             │
//!             Room (who hears, what is lacking, how fast) ◄── reports over HTTPS ── receive::Receiver
//!                                                                                        │ frames
//!                                                                    the restoration: verifies each chunk, fetches the rest
//! ```
//!
//! What comes out of here is believed by nobody: whoever takes a frame verifies each of its chunks by its digest, and
//! fetches from the repository whatever did not come. So the stream may lose, cease or lie: it only saves time.
//!
//! INVARIANTS. Nothing that comes from the network takes memory before a seal that the server signed speaks for it. The
//! sender's speed and the sum of what it sends have ceilings that no report can lift. Nobody waits for anybody: neither
//! the sender for a machine, nor a machine for the sender beyond [`receive::SILENCE`].
pub mod assemble;
pub mod encode;
pub mod impair;
pub mod keys;
pub mod packet;
pub mod plan;
pub mod receive;
pub mod room;
pub mod send;
pub mod socket;

pub use assemble::{Assembler, Heard};
pub use keys::Keys;
pub use plan::{Frame, Plan};
pub use receive::Receiver;
pub use room::{Report, Room};
pub use socket::{Ear, Mouth};
