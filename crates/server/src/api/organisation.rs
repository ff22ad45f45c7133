//! The organisation: units, people, links, facts, search, lists, directories. `socle_wire::organisation` says what is
//! spoken there; what is done stands in [`crate::organisation`].
pub(crate) mod departures;
pub(crate) mod directories;
pub(crate) mod facts;
pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod networks;
pub(crate) mod persons;
pub(crate) mod units;
