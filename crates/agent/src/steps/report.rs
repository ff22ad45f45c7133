//! `report`: the installed system says who it has become, read back from itself.
use super::{Done, Work, kept, system};
use socle_disk::{
    identity::{self, Tree},
    mbr,
};
use socle_domain::{
    Digest,
    journal::{Event, Identity},
};
use socle_texts::{Fault, Result};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// Reads back and writes it down.
pub fn perform(work: &mut Work<'_, '_>) -> Result<Done> {
    let identity = read_identity(work)?;
    let (hostname, system) = (identity.hostname.clone(), identity.system.clone());
    let filesystems = identity.filesystem_ids.clone();
    work.write(Event::IdentityRead(identity))?;
    // Read now, while the system is sound: a reset gives back what is remembered here.
    if let Some(keep) = &mut work.journal.keep {
        keep.keep_identity(&kept::of_tree(&Tree::open(Path::new("/"))?, filesystems))?;
    }
    Ok(Done::default().with("hostname", hostname).with("system", system))
}

fn read(path: &str) -> Result<String> {
    let text = fs::read_to_string(path);
    text.map(|t| t.trim().to_string()).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))
}

fn read_identity(work: &Work<'_, '_>) -> Result<Identity> {
    let disk = system::disk(work)?;
    let view = super::choose::View::of(&disk)?;
    let table =
        socle_disk::table::read(&view)?.ok_or_else(|| Fault::new("agent-no-system").with("disk", &disk.path))?;
    let mut filesystem_ids = BTreeMap::new();
    for volume in system::volumes(&disk)? {
        let id = match volume.kind {
            "ext4" => uuid::Uuid::from_bytes(identity::ext4_uuid(&volume.node)?).to_string(),
            "vfat" => {
                let id = identity::vfat_id(&volume.node)?;
                format!("{:04X}-{:04X}", id >> 16, id & 0xffff)
            }
            _ => continue,
        };
        filesystem_ids.insert(volume.number, id);
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = release.lines().find_map(|l| l.strip_prefix("PRETTY_NAME=")).unwrap_or("unknown").trim_matches('"');
    Ok(Identity {
        // What the kernel answers, not what a file wishes.
        hostname: read("/proc/sys/kernel/hostname")?,
        machine_id: Digest::of(read("/etc/machine-id")?.as_bytes()),
        ssh_host_keys: ssh_host_keys(Path::new("/etc/ssh")),
        disk_guid: mbr::text_of(&table.disk_guid),
        partition_guids: table.partitions.iter().map(|p| (p.number, mbr::text_of(&p.unique_guid))).collect(),
        filesystem_ids,
        system: system.into(),
        kernel: read("/proc/sys/kernel/osrelease")?,
    })
}

/// Fingerprints by type, as `ssh-keygen -l` shows them: `256 SHA256:… comment (ED25519)`.
fn ssh_host_keys(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with("ssh_host_") || path.extension().is_none_or(|e| e != "pub") {
            continue;
        }
        let Ok(said) = Command::new("ssh-keygen").arg("-lf").arg(&path).output() else { continue };
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let print = said.split_whitespace().nth(1);
        let kind = said.trim().rsplit_once('(').map(|(_, k)| k.trim_end_matches(')').to_ascii_lowercase());
        if let (Some(print), Some(kind)) = (print, kind) {
            found.insert(kind, print.to_string());
        }
    }
    found
}
