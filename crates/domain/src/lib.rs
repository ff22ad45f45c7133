//! Meaning: targets, sequences, runs, journal, proof and their verification. No I/O.
