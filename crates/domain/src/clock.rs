//! Time reaches every loop through one injected clock.
pub use jiff::Timestamp;

/// Where the present comes from. Programs pass the system's; tests pass one they move by hand.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
