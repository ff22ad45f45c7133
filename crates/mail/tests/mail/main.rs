//! One test binary: what needs no server first, then real mail servers started for the occasion.
mod corpus;
mod kit;
mod meaning;
mod moves;
mod peers;
