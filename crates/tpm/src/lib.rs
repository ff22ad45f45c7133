//! The few commands of a TPM 2.0 that a machine's identity needs, as bytes: marshalling and unmarshalling of the "Trusted
//! Platform Module Library" (TCG, revision 1.59: part 2 structures, part 3 commands). No I/O: who has a TPM exchanges the
//! bytes with it ([`Exchange`]).
//!
//! * [`codec`] reads and writes big-endian fields with a limit on each; [`code`] says what a refusal means;
//! * [`public`] is the public area of a key: the templates of ours, its name, and what a server demands of one;
//! * [`quote`] is what an attestation key says of the machine's state;
//! * [`command`] is one function for each command: the bytes to send, and what its answer holds;
//! * [`log`] reads what firmware says was measured, [`start`] what that proves of a machine's start;
//! * [`chip`] is a TPM one can talk to: the acts of a machine's identity, each a few commands.
//!
//! A machine uses three keys of its TPM, all made again from the TPM's own seeds whenever they are needed, so that none
//! of them is kept anywhere:
//!
//! | key | hierarchy | what for |
//! |---|---|---|
//! | endorsement key (EK), RSA 2048, the profile's template L-1 | endorsement | proves that another key lives in this very TPM |
//! | attestation key (AK), P-256, restricted | endorsement | signs what the TPM itself says: quotes over a nonce |
//! | storage key, P-256 | owner | wraps the machine's own Ed25519 key, which is kept outside, sealed |
//!
//! Clearing a TPM changes the owner's seed and not the endorsement's: the same TPM is recognised, what it had sealed is
//! lost.
pub mod chip;
pub mod code;
pub mod codec;
pub mod command;
pub mod log;
pub mod public;
pub mod quote;
pub mod start;

pub use chip::{Chip, Exchange};

/// The longest command or answer: what PC Client TPMs and the kernel's driver take (`TPM_BUFSIZE`).
pub const MAX_BYTES: usize = 4096;
/// The commonest name of SHA-256 in structures (part 2, table 9).
pub(crate) const SHA256: u16 = 0x000b;
/// "None" where an algorithm could stand.
pub(crate) const NULL: u16 = 0x0010;
