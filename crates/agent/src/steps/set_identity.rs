//! `set-identity`: the installed system becomes this target's own.
use super::{
    Done, Work,
    kept::Kept,
    partition, reset_image,
    system::{self, System},
};
use crate::run::Keep;
use socle_disk::{
    grow::check_ext4,
    identity::{self, AgentFiles, Change, Renaming},
    mbr,
};
use socle_domain::sequence::Action;
use socle_image::Guid;
use socle_texts::{Fault, Result};
use std::fs;

/// Gives disk, partitions, filesystems and system identifiers of their own. Done twice, it changes nothing more.
pub fn perform(work: &mut Work<'_, '_>, hostname: &str) -> Result<Done> {
    let hostname = work.fill(hostname)?;
    let applied = work.journal.sequence.steps.iter().find_map(|s| match &s.action {
        Action::ApplyImage { image, .. } => Some((image.clone(), None)),
        Action::ResetImage { image, disk, keep, keep_identity, .. } => {
            Some((image.clone(), Some((disk.clone(), keep.clone(), *keep_identity))))
        }
        _ => None,
    });
    let mut kept = None;
    let (renamings, mut changes) = match applied {
        Some((image, None)) => rename_filesystems(work, &partition::laid(work, &image)?, None)?,
        Some((image, Some((disk, keep, keep_identity)))) => {
            let remembered = work.journal.keep.as_ref().filter(|_| keep_identity).and_then(Keep::identity);
            kept = remembered.map(|kept: Kept| kept);
            rename_filesystems(work, &reset_image::laid(work, &disk, &image, &keep)?, kept.as_ref())?
        }
        None => (Vec::new(), Vec::new()),
    };
    let system = System::mount_with_esp(work)?;
    let (root, esp) = (&system.files, system.esp_files.as_ref());
    changes.extend(identity::set_hostname(root, &hostname)?);
    let machine_id = kept.as_ref().and_then(Kept::machine_id);
    let machine_id = machine_id.unwrap_or_else(|| partition::identifier(work, "machine-id").0);
    changes.extend(identity::set_machine_id(root, machine_id)?);
    changes.extend(identity::forget_leftovers(root, esp)?);
    changes.extend(identity::renew_ssh_keys(root)?);
    if let Some(kept) = &kept {
        changes.extend(kept.put_back(root)?);
    }
    changes.extend(identity::rewrite_references(root, esp, &renamings)?);
    if let Some(installed) = &work.world.installed {
        let unreadable = |e| Fault::new("texts-file-unreadable").with("path", &installed.binary).because(e);
        let binary = fs::read(&installed.binary).map_err(unreadable)?;
        let config = installed.config.to_bytes();
        changes.extend(identity::install_report(root, &AgentFiles { binary: &binary, config: &config })?);
    }
    system.close()?;
    let mut done = Done::default().with("hostname", &hostname).with("changes", changes.len());
    for change in &changes {
        // machine-id(5): the id is not to be shown around.
        let secret = change.file.ends_with("machine-id");
        let value = if secret { "new".into() } else { format!("{} > {}", or_none(&change.old), or_none(&change.new)) };
        let name = format!("{} {}", done.facts.len(), change.file);
        done = done.with(&name, value);
    }
    Ok(done)
}

/// Of a disk or partition, as systems write its identifier.
fn renaming(old: &Guid, new: &Guid) -> Renaming {
    Renaming { old: mbr::text_of(old), new: mbr::text_of(new) }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// New identifiers for the filesystems, and what references to them become. The old ones are the image's own, so
/// that a second time finds them again.
///
/// Another UUID means other checksums all over an ext4 filesystem: a power cut in the middle leaves one that nobody can
/// repair. So `apply-image` does it already, while the image can still be written again, where this step follows.
/// `kept`: what the machine was called before a reset.
pub fn rename_filesystems(
    work: &Work<'_, '_>,
    laid: &partition::Laid,
    kept: Option<&Kept>,
) -> Result<(Vec<Renaming>, Vec<Change>)> {
    let mut changes = Vec::new();
    // The signature of an older table alone is eight digits that may stand for anything: only whole words are replaced.
    let mut renamings = vec![renaming(&laid.manifest.disk.guid, &laid.plan.disk_guid)];
    let now = work.world.clock.now().as_second().max(0) as u64;
    for volume in system::volumes(&laid.disk)? {
        let Some(from) = laid.manifest.partitions.iter().find(|p| p.number == volume.number) else { continue };
        if let Some(planned) = laid.plan.image(volume.number) {
            renamings.push(renaming(&from.unique_guid, &planned.unique_guid));
        }
        let id = partition::identifier(work, &format!("filesystem/{}", volume.number));
        let old = from.filesystem.as_ref().map(|f| f.uuid.clone()).unwrap_or_default();
        let new = match volume.kind {
            "ext4" => {
                let kept = kept.and_then(|k| k.ext4_uuid(volume.number));
                let uuid = kept.unwrap_or_else(|| uuid::Builder::from_custom_bytes(id.0).into_uuid());
                if identity::ext4_uuid(&volume.node)? != *uuid.as_bytes() {
                    check_ext4(&volume.node, now)?;
                    changes.extend(identity::set_ext4_uuid(&volume.node, *uuid.as_bytes())?);
                }
                uuid.to_string()
            }
            "vfat" => {
                let own = u32::from_le_bytes([id.0[0], id.0[1], id.0[2], id.0[3]]);
                let id = kept.and_then(|k| k.vfat_id(volume.number)).unwrap_or(own);
                changes.extend(identity::set_vfat_id(&volume.node, id)?);
                format!("{:04X}-{:04X}", id >> 16, id & 0xffff)
            }
            _ => continue,
        };
        renamings.push(Renaming { old, new });
    }
    Ok((renamings, changes))
}
