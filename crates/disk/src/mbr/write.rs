//! An older table written on a disk, and found there.
use super::label;
use crate::{gpt, layout::Plan};
use socle_image::{ReadAt, WriteAt};
use socle_texts::{Fault, Result};

fn unwritable(offset: u64) -> impl FnOnce(std::io::Error) -> Fault {
    move |e| Fault::new("disk-target-unwritable").with("offset", offset).because(e)
}
fn unreadable(offset: u64) -> impl FnOnce(std::io::Error) -> Fault {
    move |e| Fault::new("disk-target-unreadable").with("offset", offset).because(e)
}

/// The sectors of the table, whole: place and bytes.
fn whole(plan: &Plan) -> Result<Vec<(u64, Vec<u8>)>> {
    let size = plan.logical_sector_bytes as usize;
    let one = |sector: &socle_image::manifest::TableSector| {
        let damaged = || Fault::new("disk-table-damaged").with("partition", 0_u32);
        let mut bytes = sector.to_bytes().ok_or_else(damaged)?;
        bytes.resize(size.max(bytes.len()), 0);
        Ok((sector.lba * size as u64, bytes))
    };
    plan.table_sectors.iter().map(one).collect()
}

/// Writes the table, the disk's first sector after everything that it leads to, and returns once it is on the medium.
///
/// Whatever instant the power goes, the disk is read by its old first sector or by the new one. A GUID table that stood there
/// is hidden from then on, and its marks are removed last.
pub(crate) fn write(plan: &Plan, disk: &dyn WriteAt) -> Result<()> {
    let sectors = whole(plan)?;
    if let Some(own) = plan.socle() {
        let (start, size) = (own.start_bytes(plan.logical_sector_bytes), own.size_bytes(plan.logical_sector_bytes));
        label::write(disk, start, size, &own.unique_guid)?;
    }
    for (at, bytes) in sectors.iter().rev() {
        disk.write_at(*at, bytes).and_then(|()| disk.flush()).map_err(unwritable(*at))?;
    }
    for (at, bytes) in &sectors {
        let mut found = vec![0; bytes.len()];
        disk.read_back(*at, &mut found).map_err(unreadable(*at))?;
        if found != *bytes {
            return Err(Fault::new("disk-read-back-differs").with("offset", *at));
        }
    }
    forget_guid_table(plan, disk)
}

/// Removes the marks of a GUID table, which some tools would take for damage.
fn forget_guid_table(plan: &Plan, disk: &dyn WriteAt) -> Result<()> {
    let size = u64::from(plan.logical_sector_bytes);
    for at in [size, (disk.size_bytes() / size).saturating_sub(1) * size] {
        let mut sector = vec![0; size as usize];
        disk.read_at(at, &mut sector).map_err(unreadable(at))?;
        let is_ours = plan.partitions.iter().any(|p| {
            p.number != socle_image::manifest::GAP && (p.first_lba * size..(p.last_lba + 1) * size).contains(&at)
        });
        if sector.starts_with(gpt::SIGNATURE) && !is_ours {
            disk.write_at(at, &vec![0; size as usize]).and_then(|()| disk.flush()).map_err(unwritable(at))?;
        }
    }
    Ok(())
}

/// Whether the target has this table already, and Socle's own partition its label.
pub(crate) fn stands_on(plan: &Plan, target: &dyn ReadAt) -> Result<bool> {
    for (at, bytes) in whole(plan)? {
        let mut found = vec![0; bytes.len()];
        target.read_at(at, &mut found).map_err(unreadable(at))?;
        if found != bytes {
            return Ok(false);
        }
    }
    let Some(own) = plan.socle() else { return Ok(true) };
    let (start, size) = (own.start_bytes(plan.logical_sector_bytes), own.size_bytes(plan.logical_sector_bytes));
    Ok(label::read(target, start, size) == Some(own.unique_guid))
}
