//! The agents' doors: `socle_wire::agent` says what is spoken there.
pub(crate) mod boot_once;
pub(crate) mod capture;
pub(crate) mod cast;
pub(crate) mod content;
pub(crate) mod hello;
pub(crate) mod orders;
pub(crate) mod presence;
pub(crate) mod runs;
pub(crate) mod secrets;
pub(crate) mod tpm;
pub(crate) mod wizard;
