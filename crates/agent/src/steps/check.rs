//! `check`: refuses a target that the rest would not fit, before anything changes.
use super::{Done, Work, choose::choose};
use socle_domain::sequence::{Disk, Firmware, Power};
use socle_texts::{Fault, Result};

/// What is wanted.
pub struct Wants {
    /// Least memory.
    pub memory_mib: Option<u32>,
    /// Least size of the disk.
    pub disk_mib: Option<u64>,
    /// The firmware.
    pub firmware: Option<Firmware>,
    /// The power supply.
    pub power: Option<Power>,
    /// Which disk is meant.
    pub disk: Disk,
}

/// Looks at the facts, and at the disk itself.
///
/// # Errors
/// `agent-memory-too-small`, `agent-firmware-other`, `agent-no-mains`, and those of the choice of a disk.
pub fn perform(work: &mut Work<'_, '_>, wants: &Wants) -> Result<Done> {
    let facts = &work.world.facts;
    let text = |name: &str| facts.get(name).and_then(|v| v.as_str()).unwrap_or("unknown").to_string();
    let mut done = Done::default();
    if let Some(wanted) = wants.memory_mib {
        let found = facts.get("memory_bytes").and_then(|v| v.as_u64()).unwrap_or(0) >> 20;
        if found < u64::from(wanted) {
            return Err(Fault::new("agent-memory-too-small").with("found", found).with("wanted", wanted));
        }
        done = done.with("memory_mib", found);
    }
    if let Some(wanted) = wants.firmware {
        let (found, wanted) = (text("firmware"), if wanted == Firmware::Uefi { "uefi" } else { "bios" });
        if found != wanted {
            return Err(Fault::new("agent-firmware-other").with("found", found).with("wanted", wanted));
        }
        done = done.with("firmware", found);
    }
    if wants.power == Some(Power::Mains) {
        let found = text("power");
        if found == "battery" {
            return Err(Fault::new("agent-no-mains"));
        }
        done = done.with("power", found);
    }
    if let Some(wanted) = wants.disk_mib {
        let disk = choose(work, &wants.disk, wanted.saturating_mul(1 << 20))?;
        done = done.with("disk", disk.path.display()).with("disk_mib", disk.size_bytes >> 20);
    }
    Ok(done)
}
