//! What a disk with an older partition table, or with a BIOS loader's partition, holds: counted partition by partition
//! before anything of it may be lost.
use socle_agent::steps::census::of_disk;
use socle_disk::{
    block::Block,
    devices::Disk,
    gpt::{self, Partition, Table},
    layout::BIOS_LOADER_TYPE,
};
use socle_domain::census::Level;
use socle_image::Guid;
use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::Path,
    process::Command,
    sync::atomic::AtomicBool,
};

fn disk(path: &Path, size_bytes: u64) -> Disk {
    File::create(path).unwrap().set_len(size_bytes).unwrap();
    Disk {
        name: "disk".into(),
        path: path.into(),
        size_bytes,
        logical_sector_bytes: 512,
        model: None,
        serial: None,
        rotational: true,
        removable: false,
        read_only: false,
        transport: "ata",
        partitions: vec![],
    }
}

/// Writes a table's entry and its mark.
fn entry(file: &File, sector: u64, index: u64, kind: u8, first: u32, sectors: u32) {
    let mut bytes = [0; 16];
    bytes[4] = kind;
    bytes[8..12].copy_from_slice(&first.to_le_bytes());
    bytes[12..].copy_from_slice(&sectors.to_le_bytes());
    file.write_all_at(&bytes, sector * 512 + 446 + index * 16).unwrap();
    file.write_all_at(&[0x55, 0xaa], sector * 512 + 510).unwrap();
}

fn told(disk: &Disk, scratch: &Path) -> Vec<(String, String, Level, bool)> {
    let census = of_disk(disk, None, scratch, &AtomicBool::new(false)).unwrap();
    census.parts.into_iter().map(|p| (p.part, p.kind, p.level, p.items > 0)).collect()
}

#[test]
fn an_older_table_is_counted_with_its_logical_partitions() {
    let folder = tempfile::tempdir().unwrap();
    let content = folder.path().join("content");
    fs::create_dir_all(content.join("home")).unwrap();
    fs::write(content.join("home/letter"), "kept").unwrap();
    let filesystem = folder.path().join("ext4");
    let mut make = Command::new("mke2fs");
    make.args(["-q", "-t", "ext4", "-d"]).arg(&content).arg(&filesystem).arg("8M");
    assert!(make.output().unwrap().status.success());
    let disk = disk(&folder.path().join("disk"), 64 << 20);
    let file = File::options().write(true).open(&disk.path).unwrap();
    entry(&file, 0, 0, 0x07, 2048, 4096);
    entry(&file, 0, 1, 0x05, 8192, 100_000);
    entry(&file, 8192, 0, 0x83, 2048, 16_384);
    entry(&file, 8192, 1, 0x05, 30_000, 9_000);
    entry(&file, 8192 + 30_000, 0, 0x83, 2048, 4_096);
    file.write_all_at(b"NTFS    ", 2048 * 512 + 3).unwrap();
    file.write_all_at(&fs::read(&filesystem).unwrap(), (8192 + 2048) * 512).unwrap();
    assert_eq!(
        told(&disk, folder.path()),
        [
            ("partition 1".into(), "ntfs".into(), Level::Unreadable, false),
            ("partition 5".into(), "ext4".into(), Level::Counted, true),
            ("partition 6".into(), "empty".into(), Level::Counted, false),
        ]
    );
}

#[test]
fn a_bios_loader_s_partition_holds_nothing_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk(&folder.path().join("disk"), 16 << 20);
    let partition = Partition {
        number: 3,
        type_guid: BIOS_LOADER_TYPE,
        unique_guid: Guid([5; 16]),
        first_lba: 2048,
        last_lba: 4095,
        attributes: 0,
        name: "grub".into(),
    };
    let table = Table { disk_guid: Guid([6; 16]), boot_code: vec![], partitions: vec![partition] };
    gpt::write(&table, &Block::open_target(&disk.path).unwrap()).unwrap();
    File::options().write(true).open(&disk.path).unwrap().write_all_at(&[0x52; 4096], 2048 * 512).unwrap();
    let expect = [("partition 3".into(), "boot-loader".into(), Level::Counted, false)];
    assert_eq!(told(&disk, folder.path()), expect);
}
