//! The installed system, mounted from the boot environment.
use super::{Work, choose::choose, partition};
use socle_disk::{
    devices::Disk as Device,
    grow::check_vfat,
    identity::{Mounted, Options, Tree},
};
use socle_domain::sequence::Disk;
use socle_texts::{Fault, Result};
use std::path::PathBuf;

/// The type of an EFI system partition.
pub(crate) use socle_disk::layout::ESP_TYPE as ESP;

/// A mounted system.
pub struct System {
    root: Mounted,
    esp: Option<Mounted>,
    /// Its files.
    pub files: Tree,
    /// Those of its EFI partition.
    pub esp_files: Option<Tree>,
}

/// A partition that may hold a filesystem.
pub struct Volume {
    /// Its number.
    pub number: u32,
    /// Its node.
    pub node: PathBuf,
    /// What it holds.
    pub kind: &'static str,
    /// Whether it is an EFI system partition.
    pub is_esp: bool,
}

/// The disk that this run has laid out, else the one that is ours.
pub fn disk(work: &Work<'_, '_>) -> Result<Device> {
    let wanted = partition::identifier(work, "disk");
    let laid = (work.world.disks)()?.into_iter().find(|d| partition::is_disk(d, &wanted));
    laid.map_or_else(|| choose(work, &Disk::Ours, 0), Ok)
}

/// The partitions of a disk with what they hold.
pub fn volumes(disk: &Device) -> Result<Vec<Volume>> {
    let view = super::choose::View::of(disk)?;
    let table = socle_disk::table::read(&view)?.map(|t| t.partitions).unwrap_or_default();
    let mut found = Vec::new();
    for entry in table {
        let Some(node) = disk.partition(entry.number) else { continue };
        let mut head = vec![0; (128 << 10).min(node.size_bytes as usize)];
        let read = socle_image::ReadAt::read_at(&view, node.start_bytes, &mut head);
        let kind = read.map_or("unknown", |()| super::census::probe(&head));
        found.push(Volume { number: entry.number, node: node.path.clone(), kind, is_esp: entry.type_guid == ESP });
    }
    Ok(found)
}

impl System {
    /// Mounts the system on the disk of this run, without its EFI partition: FAT is written by nobody who need not.
    ///
    /// # Errors
    /// `agent-no-system` where no partition holds one.
    pub fn mount(work: &Work<'_, '_>) -> Result<System> {
        Self::mount_on(work, &disk(work)?).map(|(system, _)| system)
    }

    /// The same with its EFI partition, where it has one.
    ///
    /// # Errors
    /// As [`System::mount`]; `disk-check-failed`.
    pub fn mount_with_esp(work: &Work<'_, '_>) -> Result<System> {
        let (mut system, volumes) = Self::mount_on(work, &disk(work)?)?;
        if let Some(volume) = volumes.iter().find(|v| v.is_esp && v.kind == "vfat") {
            // Power may have been cut in the middle of an earlier attempt of this very step.
            check_vfat(&volume.node)?;
            let esp = Mounted::new(&volume.node, "vfat", &work.world.scratch("esp"), Options::ReadWrite)?;
            system.esp_files = Some(Tree::open(esp.folder())?);
            system.esp = Some(esp);
        }
        Ok(system)
    }

    fn mount_on(work: &Work<'_, '_>, disk: &Device) -> Result<(System, Vec<Volume>)> {
        let volumes = volumes(disk)?;
        for volume in volumes.iter().filter(|v| v.kind == "ext4") {
            let root = Mounted::new(&volume.node, "ext4", &work.world.scratch("root"), Options::ReadWrite)?;
            let files = Tree::open(root.folder())?;
            if files.exists("/etc/passwd") {
                return Ok((System { root, esp: None, files, esp_files: None }, volumes));
            }
            drop(files);
            root.close()?;
        }
        Err(Fault::new("agent-no-system").with("disk", &disk.path))
    }
    /// Takes it off; everything written is on the medium when this returns.
    pub fn close(self) -> Result<()> {
        let System { root, esp, files, esp_files } = self;
        drop((files, esp_files));
        esp.map_or(Ok(()), Mounted::close)?;
        root.close()
    }
}
