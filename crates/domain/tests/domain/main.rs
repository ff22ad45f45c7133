//! One test binary for the floor of meaning.
mod answers;
mod audits;
mod consents;
mod kit;
mod latitudes;
mod masters;
mod merkles;
mod options;
mod proofs;
mod recognition;
mod roles;
mod rules;
mod runs;
mod sequences;
mod units;
