//! Which disk is meant, where there are several. A disk that can be taken away or refuses writing is never chosen by itself.
use super::Work;
use crate::disks;
use socle_disk::{adopt, devices, devices::Disk as Device, layout::SOCLE_TYPE};
use socle_domain::sequence::Disk;
use socle_image::Guid;
use socle_texts::{Arg, Fault, Result, say};

/// The disk that a step means, where at least so many bytes are needed.
///
/// # Errors
/// `agent-no-disk` (with what there is and why it is unfit), `agent-several-disks`.
pub fn choose(work: &Work<'_, '_>, wish: &Disk, needed_bytes: u64) -> Result<Device> {
    let all = awaited(work, wish)?;
    let fit: Vec<&Device> = all.iter().filter(|d| d.unfit(needed_bytes).is_none()).collect();
    let chosen = match wish {
        Disk::Only => only(work, &all, &fit, needed_bytes)?,
        Disk::Smallest => fit.iter().copied().min_by_key(|d| d.size_bytes),
        Disk::Largest => fit.iter().copied().max_by_key(|d| d.size_bytes),
        Disk::Serial(serial) => fit.iter().copied().find(|d| d.serial.as_deref() == Some(serial)),
        Disk::Ours => match fit.iter().copied().find(|d| holds_socle(d)) {
            Some(ours) => Some(ours),
            None => only(work, &all, &fit, needed_bytes)?,
        },
    };
    chosen.cloned().ok_or_else(|| none(work, &all, needed_bytes))
}

/// The disks, once the one that is meant could be among them: it may come later than the agent.
fn awaited(work: &Work<'_, '_>, wish: &Disk) -> Result<Vec<Device>> {
    let there = |all: &[Device]| match wish {
        Disk::Serial(serial) => all.iter().any(|d| d.serial.as_deref() == Some(serial)),
        _ => disks::any_fixed(all),
    };
    disks::wait_for(work.world.screen, work.world.disk_patience, &work.ears.stop, there, work.world.disks)
}

fn only<'d>(work: &Work<'_, '_>, all: &[Device], fit: &[&'d Device], needed_bytes: u64) -> Result<Option<&'d Device>> {
    // A disk that is merely too small still makes the choice a guess.
    let fixed = all.iter().filter(|d| d.unfit(0).is_none()).count();
    match (fit, fixed) {
        ([one], 1) => Ok(Some(one)),
        (_, 0 | 1) => Ok(None),
        _ => Err(Fault::new("agent-several-disks").with("disks", described(work, all, needed_bytes))),
    }
}

fn none(work: &Work<'_, '_>, all: &[Device], needed_bytes: u64) -> Fault {
    Fault::new("agent-no-disk").with("needed", needed_bytes).with("disks", described(work, all, needed_bytes))
}

/// The disks in words: name, size, model, and why one is unfit.
fn described(work: &Work<'_, '_>, all: &[Device], needed_bytes: u64) -> String {
    let lang = work.world.screen.lang();
    let one = |d: &Device| {
        let model = d.model.as_deref().or(d.serial.as_deref()).unwrap_or("-");
        let gib = Arg::Text(format!("{:.1}", d.size_bytes as f64 / f64::from(1 << 30)));
        let size = say(lang, "agent-unit-gib", &[("n", gib)]);
        match d.unfit(needed_bytes) {
            None => format!("{} ({model}, {size})", d.name),
            Some(why) => format!("{} ({model}, {size}, {})", d.name, say(lang, why.key(), &[])),
        }
    };
    if all.is_empty() { "-".into() } else { all.iter().map(one).collect::<Vec<_>>().join("; ") }
}

/// Socle's own partition on a disk: its first byte, length, sectors and GUID.
#[derive(Debug, Clone, Copy)]
pub struct SoclePartition {
    /// First sector.
    pub first_lba: u64,
    /// Last sector, itself included.
    pub last_lba: u64,
    /// Its GUID.
    pub unique_guid: Guid,
    /// Its number.
    pub number: u32,
    /// Where it begins.
    pub start_bytes: u64,
    /// Its length.
    pub size_bytes: u64,
}

/// Finds Socle's own partition: by the table; where that is gone, by what it begins with.
pub fn socle_partition(disk: &Device) -> Option<SoclePartition> {
    let view = View::of(disk).ok()?;
    let sector = u64::from(disk.logical_sector_bytes);
    if let Some(table) = socle_disk::table::read(&view).ok().flatten() {
        let found = table.partitions.iter().find(|p| p.type_guid == SOCLE_TYPE)?;
        return Some(SoclePartition {
            first_lba: found.first_lba,
            last_lba: found.last_lba,
            unique_guid: found.unique_guid,
            number: found.number,
            start_bytes: found.first_lba * sector,
            size_bytes: (found.last_lba - found.first_lba + 1) * sector,
        });
    }
    let place = adopt::own(&view).socle?;
    let planned = adopt::remembered(&view).and_then(|plan| plan.socle().cloned());
    Some(SoclePartition {
        first_lba: place.start / sector,
        last_lba: place.end / sector - 1,
        unique_guid: planned.as_ref().map_or(Guid::ZERO, |p| p.unique_guid),
        number: planned.as_ref().map_or(0, |p| p.number),
        start_bytes: place.start,
        size_bytes: place.end - place.start,
    })
}

fn holds_socle(disk: &Device) -> bool {
    socle_partition(disk).is_some()
}

/// A disk read without claiming it.
pub struct View {
    window: devices::Window,
    sector_bytes: u32,
}

impl View {
    /// Reads a disk.
    pub fn of(disk: &Device) -> Result<Self> {
        Ok(View { window: disk.window(0, disk.size_bytes)?, sector_bytes: disk.logical_sector_bytes })
    }
}

impl socle_image::ReadAt for View {
    fn size_bytes(&self) -> u64 {
        socle_disk::memory::Place::size_bytes(&self.window)
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        socle_disk::memory::Place::read_at(&self.window, offset_bytes, buffer)
    }
    fn logical_sector_bytes(&self) -> u32 {
        self.sector_bytes
    }
}

/// Only Socle's own memory is ever written this way.
impl socle_image::WriteAt for View {
    fn write_at(&self, offset_bytes: u64, bytes: &[u8]) -> std::io::Result<()> {
        socle_disk::memory::Place::write_at(&self.window, offset_bytes, bytes)
    }
    fn zero(&self, _: std::ops::Range<u64>) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
    fn flush(&self) -> std::io::Result<()> {
        socle_disk::memory::Place::sync(&self.window)
    }
    fn read_back(&self, offset_bytes: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        socle_image::ReadAt::read_at(self, offset_bytes, buffer)
    }
}
