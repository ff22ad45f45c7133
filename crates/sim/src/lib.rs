//! A fleet of *simulated* agents, to measure the server with: no machine, no disk, no screen, but the real conversation.
//! Each has a key of its own and proves it, over real HTTPS on the loopback; what it writes into a journal is chained and
//! signed as a machine's is, and is asked back at the end.
//!
//! * [`fleet`] says who there is: bodies, sites, rooms, machines, all from a seed; [`seed`] writes them into a database;
//! * [`line`] is one exchange over TLS, [`machine`] one simulated agent, [`work`] its journal;
//! * [`crowd`] is all of them at once, [`story`] what happens to them: a ramp, a steady time, orders, a `kill -9`;
//! * [`centre`] measures what people and the centre ask of a large organisation's database;
//! * [`server`] is the real server, as a process of its own; [`figures`] are counted here and printed as JSON lines.
//!
//! Everything is on one computer: what it shows of a real network is that the server does not stand in its way.
pub mod centre;
pub mod crowd;
pub mod figures;
pub mod fleet;
pub mod line;
pub mod machine;
pub mod seed;
pub mod server;
pub mod story;
pub mod work;

/// What stops the workshop's tools, as one sentence.
pub type Done<T = ()> = Result<T, String>;

/// Says what was being done when something failed.
pub trait During<T> {
    /// `reading X: No such file`.
    fn during(self, act: impl std::fmt::Display) -> Done<T>;
}
impl<T, E: std::fmt::Display> During<T> for Result<T, E> {
    fn during(self, act: impl std::fmt::Display) -> Done<T> {
        self.map_err(|cause| format!("{act}: {cause}"))
    }
}

/// The present, by this computer's clock.
pub fn now() -> socle_domain::Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    socle_domain::Timestamp::from_millisecond(since.as_millis() as i64).unwrap_or_default()
}
