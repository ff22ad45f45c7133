//! The API of people's programs: `socle_wire::api` says what is spoken there.
pub(crate) mod account;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod boot_once;
pub(crate) mod drafts;
pub(crate) mod grants;
pub(crate) mod images;
pub(crate) mod machines;
pub(crate) mod masters;
pub(crate) mod options;
pub(crate) mod organisation;
pub(crate) mod recognition;
pub(crate) mod rules;
pub(crate) mod runs;
pub(crate) mod server;
pub(crate) mod webhooks;
pub(crate) mod wizard;
