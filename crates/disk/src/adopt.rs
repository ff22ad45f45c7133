//! The layout that a disk has already, taken for that of an image: a reset leaves partitions and identifiers where they
//! are.
use crate::{
    cache::Cache,
    gpt,
    layout::{CACHE_TYPE, Plan, Planned, Role, SOCLE_PARTITION_BYTES, SOCLE_TYPE},
    memory::{Memory, Piece},
    table,
};
use socle_image::{Manifest, WriteAt, manifest::Method};
use std::ops::Range;

/// The name of the slot in which a machine's memory keeps the layout of its disk, so that it outlives the table.
pub const LAYOUT_SLOT: &str = "layout";

/// The plan by which `manifest` stands on a disk with this table; none where a partition of the image has no place of its
/// number, kind and size there.
///
/// Partitions that the image has not: Socle's own, the cache and those whose number is in `keep` stay; the others have no
/// place in the plan, and their room is free.
pub fn adopt(
    manifest: &Manifest,
    table: &gpt::Table,
    disk_bytes: u64,
    logical_sector_bytes: u32,
    keep: &[u32],
) -> Option<Plan> {
    if logical_sector_bytes != manifest.disk.logical_sector_bytes {
        return None;
    }
    let parts: Vec<_> = manifest.partitions.iter().filter(|p| p.method != Method::Omitted).collect();
    let mut partitions = Vec::new();
    for stands in &table.partitions {
        let own = parts.iter().find(|p| p.number == stands.number);
        let sectors = stands.last_lba - stands.first_lba + 1;
        let (role, grown) = match own {
            Some(part) => {
                let needed = part.last_lba - part.first_lba + 1;
                if stands.type_guid != part.type_guid || sectors < needed {
                    return None;
                }
                (Role::Image(part.number), sectors > needed)
            }
            None if stands.type_guid == SOCLE_TYPE => (Role::SocleKept, false),
            None if stands.type_guid == CACHE_TYPE || keep.contains(&stands.number) => (Role::Kept, false),
            None => continue,
        };
        // What the master says of its own partitions is put right too; which one it is, is the machine's.
        let (name, attributes) = own.map_or((&stands.name, stands.attributes), |part| (&part.name, part.attributes));
        partitions.push(Planned {
            role,
            number: stands.number,
            type_guid: stands.type_guid,
            unique_guid: stands.unique_guid,
            name: name.clone(),
            attributes,
            first_lba: stands.first_lba,
            last_lba: stands.last_lba,
            grown,
        });
    }
    let complete = parts.iter().all(|p| partitions.iter().any(|s| s.role == Role::Image(p.number)));
    let boot_code = manifest.boot_code().unwrap_or_default();
    complete.then_some(Plan {
        disk_bytes,
        logical_sector_bytes,
        disk_guid: table.disk_guid,
        boot_code,
        partitions,
        // An image with an older table has a part that no GUID table has: it is never adopted.
        table_sectors: Vec::new(),
    })
}

/// Where on the disk the machine's own things are, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Socle's own partition.
    pub socle: Option<Range<u64>>,
    /// The cache.
    pub cache: Option<Range<u64>>,
}

/// Finds the machine's own partitions: by the table, else where they are always laid, by what they begin with.
pub fn own(disk: &dyn WriteAt) -> Own {
    let sector = u64::from(disk.logical_sector_bytes());
    let bytes = |p: &gpt::Partition| p.first_lba * sector..(p.last_lba + 1) * sector;
    if let Some(table) = table::read(disk).ok().flatten() {
        let of = |kind| table.partitions.iter().find(|p| p.type_guid == kind).map(bytes);
        return Own { socle: of(SOCLE_TYPE), cache: of(CACHE_TYPE) };
    }
    let align = 1_u64 << 20;
    let end = crate::gpt::usable(disk.size_bytes() / sector, disk.logical_sector_bytes()).end * sector;
    let last = end.saturating_sub(SOCLE_PARTITION_BYTES) / align * align;
    let holds = |start: &u64| matches!(Memory::open(Piece::new(disk, *start, SOCLE_PARTITION_BYTES)), Ok(Some(_)));
    let socle = [last, align].into_iter().find(holds).map(|start| start..start + SOCLE_PARTITION_BYTES);
    // The cache ends where Socle's own begins, or at the end of the disk.
    let ends = [socle.as_ref().map_or(0, |s| s.start), end / align * align];
    Own { cache: ends.into_iter().find_map(|end| Cache::find_before(disk, end)), socle }
}

/// The layout that the machine remembers of this disk, where its table is gone.
pub fn remembered(disk: &dyn WriteAt) -> Option<Plan> {
    let place = own(disk).socle?;
    let memory = Memory::open(Piece::new(disk, place.start, place.end - place.start)).ok()??;
    let plan: Plan = serde_json::from_slice(memory.slot(LAYOUT_SLOT)?).ok()?;
    (plan.disk_bytes == disk.size_bytes() && plan.logical_sector_bytes == disk.logical_sector_bytes()).then_some(plan)
}

/// The same as a table, for [`adopt`].
pub fn remembered_table(disk: &dyn WriteAt) -> Option<gpt::Table> {
    remembered(disk).filter(|plan| plan.table_sectors.is_empty()).map(|plan| plan.table())
}
