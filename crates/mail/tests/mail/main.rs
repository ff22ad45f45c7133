//! One test binary: what needs no server first, then real mail servers started for the occasion.
mod corpus;
mod kills;
mod kit;
mod lines;
mod meaning;
mod moves;
mod peers;
mod ways_in;
