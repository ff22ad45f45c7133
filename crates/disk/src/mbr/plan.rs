//! Where the partitions of an image with an older table go on a target: exactly where they stood.
//!
//! Loaders of that time know sectors by their absolute numbers (the code of the first sector, NTFS's and FAT's "hidden
//! sectors", LILO's map), so nothing is moved. One partition may be lengthened into the free room behind it, and Socle's own
//! is added in an entry that is free.
use super::{Extended, SOCLE_KIND, Table, edit, name, of_image};
use crate::{
    gpt,
    layout::{
        ALIGNMENT_BYTES, Grow, Plan, Planned, Role, SOCLE_NAME, SOCLE_PARTITION_BYTES, SOCLE_TYPE, SoclePlace, Wishes,
    },
};
use socle_image::{
    Guid, Manifest,
    manifest::{GAP, Method, Partition, TableSector},
};
use socle_texts::{Fault, Result};
use std::ops::Range;

/// An entry counts sectors with 32 bits.
const LBA_MAX: u64 = u32::MAX as u64;

/// The smallest disk that takes such an image, in bytes.
pub(crate) fn needed_bytes(manifest: &Manifest, with_socle: bool) -> u64 {
    let sector = u64::from(manifest.disk.logical_sector_bytes);
    let parts = manifest.partitions.iter().filter(|p| p.method != Method::Omitted).map(|p| p.last_lba + 1);
    let links = manifest.disk.table_sectors.iter().map(|s| s.lba + 1);
    let end = parts.chain(links).max().unwrap_or(1).saturating_mul(sector);
    // Where Socle's own partition is a logical one, its link takes room before it.
    let socle = if with_socle { ALIGNMENT_BYTES + SOCLE_PARTITION_BYTES } else { 0 };
    end.next_multiple_of(ALIGNMENT_BYTES) + socle + gpt::BACKUP_SECTORS_AT_MOST * sector
}

/// Socle's own partition.
struct Own {
    role: Role,
    lba: Range<u64>,
    guid: Guid,
    /// Its number, and the sector of its link where it is a logical one.
    number: u32,
    link: Option<u64>,
}

/// A layout that comes into being.
struct Draft<'a> {
    manifest: &'a Manifest,
    parts: Vec<&'a Partition>,
    table: Table,
    align: u64,
    /// The sector after the last that may be used.
    end: u64,
    too_small: Fault,
}

/// Lays such an image on a disk of this size. Nothing is written.
///
/// # Errors
/// Those of [`crate::layout::plan`], and `disk-mbr-no-slot`, `disk-mbr-unusual`, `disk-mbr-windows`, `disk-socle-in-the-way`.
pub(crate) fn plan(manifest: &Manifest, disk_bytes: u64, logical_sector_bytes: u32, wishes: &Wishes) -> Result<Plan> {
    let sector = u64::from(logical_sector_bytes);
    let needed = needed_bytes(manifest, wishes.socle != SoclePlace::None);
    let usable = gpt::usable(disk_bytes / sector, logical_sector_bytes);
    let mut draft = Draft {
        manifest,
        parts: manifest.partitions.iter().filter(|p| p.method != Method::Omitted).collect(),
        table: of_image(&manifest.disk.table_sectors, manifest.disk.size_bytes / sector)?,
        align: ALIGNMENT_BYTES / sector,
        end: usable.end.min(LBA_MAX),
        too_small: Fault::new("disk-target-too-small").with("needed", needed).with("found", disk_bytes),
    };
    let signature = name::signature_for(&wishes.disk_guid);
    draft.check(signature)?;
    let free = draft.forget_own()?;
    let own = draft.own(wishes, usable.start, sector, free)?;
    draft.check_room(own.as_ref(), disk_bytes / sector)?;
    let grown = draft.grow(&wishes.grow, own.as_ref())?;
    draft.enclose(own.as_ref(), grown)?;
    edit::set_signature(draft.first(), signature);
    let mut partitions: Vec<Planned> = draft.parts.iter().map(|p| planned(p, signature, grown)).collect();
    partitions.extend(own.map(|own| Planned {
        role: own.role,
        number: own.number,
        type_guid: SOCLE_TYPE,
        unique_guid: own.guid,
        name: SOCLE_NAME.into(),
        attributes: 0,
        first_lba: own.lba.start,
        last_lba: own.lba.end - 1,
        grown: false,
    }));
    partitions.sort_by_key(|p| p.first_lba);
    Ok(Plan {
        disk_bytes,
        logical_sector_bytes,
        disk_guid: name::disk_guid(signature),
        boot_code: manifest.boot_code().unwrap_or_default(),
        partitions,
        table_sectors: draft.table.sectors.iter().map(|(lba, bytes)| TableSector::new(*lba, bytes)).collect(),
    })
}

fn planned(part: &Partition, signature: u32, grown: Option<(u32, u64)>) -> Planned {
    let end = grown.filter(|(number, _)| *number == part.number).map(|(_, end)| end);
    Planned {
        role: Role::Image(part.number),
        number: part.number,
        type_guid: part.type_guid,
        unique_guid: name::partition_guid(signature, part.number),
        name: part.name.clone(),
        attributes: part.attributes,
        first_lba: part.first_lba,
        last_lba: end.map_or(part.last_lba, |end| end - 1),
        grown: end.is_some(),
    }
}

impl Draft<'_> {
    fn first(&mut self) -> &mut [u8] {
        &mut self.table.sectors[0].1
    }

    /// What stands where it stood and is not moved: partitions and links, by first sector and the one after the last.
    fn fixed(&self) -> impl Iterator<Item = Range<u64>> {
        let links = self.table.sectors.iter().skip(1).map(|(lba, _)| *lba..lba + 1);
        self.parts.iter().map(|p| p.first_lba..p.last_lba + 1).chain(links)
    }

    fn extended(&self) -> Option<Extended> {
        self.table.extended.first().copied()
    }

    fn check(&self, signature: u32) -> Result<()> {
        if self.table.extended.len() > 1 {
            return Err(Fault::new("disk-mbr-unusual"));
        }
        // Partitions of the image are those of its table, where the table has them.
        for part in self.parts.iter().filter(|p| p.number != GAP) {
            let same = |e: &&super::Partition| {
                e.number == part.number && e.first_lba == part.first_lba && e.first_lba + e.sectors == part.last_lba + 1
            };
            if self.table.partitions.iter().find(same).is_none() {
                return Err(Fault::new("disk-table-damaged").with("partition", part.number));
            }
        }
        // Windows finds its own partitions by the disk's signature, which each machine gets for itself.
        let windows = self.parts.iter().any(|p| p.filesystem.as_ref().is_some_and(|f| f.kind == "ntfs"));
        if windows && signature != self.table.signature { Err(Fault::new("disk-mbr-windows")) } else { Ok(()) }
    }

    /// Takes the entry of the Socle partition of the disk that was captured out of the table: each machine has its own.
    /// Answers which of the first four it was.
    fn forget_own(&mut self) -> Result<Option<usize>> {
        let mut free = None;
        for part in self.manifest.partitions.iter().filter(|p| p.method == Method::Omitted) {
            let Some(at) = self.table.partitions.iter().position(|e| e.number == part.number) else { continue };
            let (sector, slot) = self.table.partitions.remove(at).entry;
            edit::clear(&mut self.table.sectors[sector].1, slot);
            if sector == 0 {
                free = Some(slot);
            } else if sector + 1 != self.table.sectors.len() {
                // Those after it would get other numbers.
                return Err(Fault::new("disk-mbr-no-slot"));
            } else if sector > 1 {
                self.table.sectors.pop();
                edit::clear(&mut self.table.sectors[sector - 1].1, 1);
            }
        }
        Ok(free)
    }

    /// Finds an entry and a place for Socle's own partition.
    fn own(&mut self, wishes: &Wishes, start: u64, sector: u64, free: Option<usize>) -> Result<Option<Own>> {
        let sectors = SOCLE_PARTITION_BYTES / sector;
        let (role, lba, guid) = match wishes.socle {
            SoclePlace::None => return Ok(None),
            SoclePlace::Start | SoclePlace::End => {
                let first =
                    self.end.checked_sub(sectors).ok_or_else(|| self.too_small.clone())? / self.align * self.align;
                let guid = wishes.partition_guids.first().ok_or_else(|| Fault::new("disk-too-few-guids"))?;
                (Role::Socle, first..first + sectors, *guid)
            }
            SoclePlace::Keep { first_lba, last_lba, unique_guid } => {
                if first_lba < start || last_lba < first_lba || last_lba >= self.end {
                    return Err(self.too_small.clone());
                }
                (Role::SocleKept, first_lba..last_lba + 1, unique_guid)
            }
        };
        let length = (lba.end - lba.start) as u32;
        let taken = |slot: &usize| {
            self.table.partitions.iter().any(|p| p.entry == (0, *slot))
                || self.table.extended.iter().any(|e| e.slot == *slot)
        };
        if let Some(slot) = free.or_else(|| (0..4).find(|slot| !taken(slot))) {
            edit::set_entry(self.first(), slot, SOCLE_KIND, lba.start as u32, length);
            return Ok(Some(Own { role, lba, guid, number: slot as u32 + 1, link: None }));
        }
        let number = self.table.partitions.iter().map(|p| p.number + 1).max().unwrap_or(0).max(super::FIRST_LOGICAL);
        let link = self.logical_slot(&lba)?;
        Ok(Some(Own { role, lba, guid, number, link: Some(link) }))
    }

    /// An entry among the logical partitions, where nothing stands behind the extended one. Answers its link's sector.
    fn logical_slot(&mut self, lba: &Range<u64>) -> Result<u64> {
        let no_slot = || Fault::new("disk-mbr-no-slot");
        let extended = self.extended().ok_or_else(no_slot)?;
        let begin = extended.first_lba;
        let primary_behind = self.table.partitions.iter().any(|p| p.entry.0 == 0 && p.first_lba > begin);
        if primary_behind || lba.start <= begin + self.align {
            return Err(no_slot());
        }
        let length = (lba.end - lba.start) as u32;
        let last = self.table.sectors.len() - 1;
        let is_empty = last > 0 && !self.table.partitions.iter().any(|p| p.entry.0 == last);
        let link = if is_empty { self.table.sectors[last].0 } else { lba.start - self.align };
        if !is_empty {
            let next = (link - begin) as u32;
            edit::set_entry(&mut self.table.sectors[last].1, 1, 0x05, next, (lba.end - link) as u32);
            self.table.sectors.push((link, edit::new_link()));
        }
        let at = self.table.sectors.len() - 1;
        edit::set_entry(&mut self.table.sectors[at].1, 0, SOCLE_KIND, (lba.start - link) as u32, length);
        Ok(link)
    }

    /// Whether everything is on the disk, and nothing stands where something else does.
    fn check_room(&self, own: Option<&Own>, disk_sectors: u64) -> Result<()> {
        if self.fixed().any(|range| range.end > self.end) {
            return Err(self.too_small.clone());
        }
        let Some(own) = own else { return Ok(()) };
        let new_link = own.link.filter(|link| self.manifest.disk.table_sectors.iter().all(|s| s.lba != *link));
        let meets = |range: &Range<u64>| range.start < own.lba.end && own.lba.start < range.end;
        let on_link = new_link.is_some_and(|l| self.parts.iter().any(|p| (p.first_lba..=p.last_lba).contains(&l)));
        if !on_link && !self.fixed().any(|range| meets(&range)) {
            return Ok(());
        }
        let early = own.role == Role::SocleKept && own.lba.start < disk_sectors / 2;
        Err(if early { Fault::new("disk-socle-in-the-way") } else { self.too_small.clone() })
    }

    /// Lengthens a partition up to whatever comes next, and its entries. Answers its number and its new end.
    fn grow(&mut self, wish: &Grow, own: Option<&Own>) -> Result<Option<(u32, u64)>> {
        let known = |wish: String, is: &dyn Fn(&Partition) -> bool| {
            let found = self.parts.iter().find(|p| p.number != GAP && is(p));
            found.copied().ok_or_else(|| Fault::new("disk-grow-unknown").with("partition", wish))
        };
        let part = match wish {
            Grow::None => return Ok(None),
            // The last one, where its filesystem can be made longer: swap space, say, gains nothing.
            Grow::Last => match self.parts.last().filter(|p| p.number != GAP && is_ext(p)) {
                Some(part) => *part,
                None => return Ok(None),
            },
            Grow::Named(name) => known(name.clone(), &|p| p.name == *name)?,
            Grow::Number(number) => known(number.to_string(), &|p| p.number == *number)?,
        };
        let starts = self.fixed().chain(own.map(|own| own.lba.clone())).map(|range| range.start);
        let mut limit = starts.filter(|start| *start > part.first_lba).min().unwrap_or(self.end);
        let entry = self.table.partitions.iter().find(|p| p.number == part.number).map_or((0, 0), |p| p.entry);
        if entry.0 == 0 && self.extended().is_some_and(|e| e.first_lba > part.first_lba) {
            limit = limit.min(self.extended().map_or(limit, |e| e.first_lba));
        }
        let end = limit / self.align * self.align;
        if end <= part.last_lba + 1 {
            return Ok(None);
        }
        let link = if entry.0 > 1 { Some((entry.0 - 1, self.table.sectors[entry.0].0)) } else { None };
        edit::set_length(&mut self.table.sectors[entry.0].1, entry.1, (end - part.first_lba) as u32);
        if let Some((before, lba)) = link {
            edit::set_length(&mut self.table.sectors[before].1, 1, (end - lba) as u32);
        }
        Ok(Some((part.number, end)))
    }

    /// Makes the extended partition end where it may: behind its logical ones, before what stands behind it.
    fn enclose(&mut self, own: Option<&Own>, grown: Option<(u32, u64)>) -> Result<()> {
        let Some(extended) = self.extended() else { return Ok(()) };
        let inside = |p: &Partition| self.table.partitions.iter().any(|e| e.number == p.number && e.entry.0 > 0);
        let ends = self
            .parts
            .iter()
            .filter(|p| inside(p))
            .map(|p| grown.filter(|(number, _)| *number == p.number).map_or(p.last_lba + 1, |(_, end)| end));
        let links = self.table.sectors.iter().skip(1).map(|(lba, _)| lba + 1);
        let own_end = own.filter(|own| own.link.is_some()).map(|own| own.lba.end);
        let needed = ends.chain(links).chain(own_end).max().unwrap_or(extended.first_lba + 1);
        let outside = self.parts.iter().filter(|p| !inside(p)).map(|p| p.first_lba);
        let own_start = own.filter(|own| own.link.is_none()).map(|own| own.lba.start);
        let behind = outside.chain(own_start).filter(|start| *start > extended.first_lba).min().unwrap_or(self.end);
        if needed > behind {
            return Err(Fault::new("disk-mbr-unusual"));
        }
        let end = (extended.first_lba + extended.sectors).min(behind).max(needed);
        edit::set_length(self.first(), extended.slot, (end - extended.first_lba) as u32);
        Ok(())
    }
}

fn is_ext(part: &Partition) -> bool {
    part.filesystem.as_ref().is_some_and(|f| f.kind.starts_with("ext"))
}
