//! The layout that a disk has already, taken for that of an image: a reset leaves partitions and identifiers where they
//! are.
use crate::{
    gpt,
    layout::{CACHE_TYPE, Plan, Planned, Role, SOCLE_TYPE},
};
use socle_image::{Manifest, manifest::Method};

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
