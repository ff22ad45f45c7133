//! The API of people's programs: `socle_wire::api` says what is spoken there.
pub(crate) mod images;
pub(crate) mod machines;
pub(crate) mod masters;
pub(crate) mod recognition;
pub(crate) mod runs;
pub(crate) mod server;
