//! Randomness, from the operating system and from nowhere else.
use socle_domain::{RunId, TargetId, Timestamp};
use socle_texts::{Fault, Result};

/// `N` random bytes.
///
/// # Errors
/// `trust-no-chance` where the system gives none: then nothing that needs a secret may go on.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Fault::new("trust-no-chance").because(e))?;
    Ok(bytes)
}

fn milliseconds(now: Timestamp) -> u64 {
    now.as_millisecond().max(0) as u64
}

/// A new run's identifier.
pub fn run_id(now: Timestamp) -> Result<RunId> {
    Ok(RunId::new(milliseconds(now), bytes()?))
}

/// A new target's identifier.
pub fn target_id(now: Timestamp) -> Result<TargetId> {
    Ok(TargetId::new(milliseconds(now), bytes()?))
}
