//! One test binary for the floor of meaning.
mod kit;
mod merkles;
mod proofs;
mod recognition;
mod runs;
mod sequences;
