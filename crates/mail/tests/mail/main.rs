//! One test binary: what needs no server first, then real mail servers started for the occasion.
mod corpus;
mod kills;
mod kit;
mod meaning;
mod moves;
mod peers;
