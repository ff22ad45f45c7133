//! Disks of older machines, made by `sfdisk` where there is one, and damaged by hand.
use proptest::prelude::*;
use socle_disk::{
    mbr::{self, Table},
    survey::survey,
};
use socle_image::ReadAt;
use std::io;

/// A disk in memory, with sectors of this size.
struct Bytes(Vec<u8>, u32);

impl ReadAt for Bytes {
    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }
    fn logical_sector_bytes(&self) -> u32 {
        self.1
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        let part = self.0.get(offset_bytes as usize..).and_then(|b| b.get(..buffer.len()));
        buffer.copy_from_slice(part.ok_or_else(|| io::Error::other("outside"))?);
        Ok(())
    }
}

const SECTORS: usize = 8192;

/// Writes an entry of a table that begins at this sector: state, kind, first sector and length as they stand there.
fn put(disk: &mut Bytes, table: usize, index: usize, entry: (u8, u8, u32, u32)) {
    let at = table * disk.1 as usize + 446 + index * 16;
    let (state, kind, first, sectors) = entry;
    disk.0[at] = state;
    disk.0[at + 4] = kind;
    disk.0[at + 8..at + 12].copy_from_slice(&first.to_le_bytes());
    disk.0[at + 12..at + 16].copy_from_slice(&sectors.to_le_bytes());
    let mark = table * disk.1 as usize + 510;
    disk.0[mark..mark + 2].copy_from_slice(&[0x55, 0xaa]);
}

/// Two primary partitions and two logical ones.
fn usual(sector: u32) -> Bytes {
    let mut disk = Bytes(vec![0; SECTORS * sector as usize], sector);
    disk.0[440..444].copy_from_slice(&0xdead_beef_u32.to_le_bytes());
    put(&mut disk, 0, 0, (0x80, 0x83, 64, 1000));
    put(&mut disk, 0, 1, (0, 0x07, 1100, 500));
    put(&mut disk, 0, 3, (0, 0x05, 2000, 6000));
    put(&mut disk, 2000, 0, (0, 0x83, 8, 900));
    put(&mut disk, 2000, 1, (0, 0x05, 1000, 700));
    put(&mut disk, 3000, 0, (0, 0x82, 16, 600));
    disk
}

fn told(table: &Table) -> Vec<(u32, u8, bool, u64, u64)> {
    table.partitions.iter().map(|p| (p.number, p.kind, p.active, p.first_lba, p.sectors)).collect()
}

#[test]
fn primary_and_logical_partitions_are_read_with_either_sector() {
    for sector in [512, 4096] {
        let table = mbr::read(&usual(sector)).unwrap().unwrap();
        assert_eq!(table.signature, 0xdead_beef);
        assert_eq!(
            told(&table),
            [
                (1, 0x83, true, 64, 1000),
                (2, 0x07, false, 1100, 500),
                (5, 0x83, false, 2008, 900),
                (6, 0x82, false, 3016, 600)
            ]
        );
    }
}

#[test]
fn what_is_no_such_table_is_none() {
    let check = |change: &dyn Fn(&mut Bytes)| {
        let mut disk = usual(512);
        change(&mut disk);
        mbr::read(&disk).unwrap()
    };
    assert_eq!(check(&|d| d.0[510] = 0), None, "no mark");
    assert_eq!(check(&|d| put(d, 0, 0, (0, 0xee, 1, 8191))), None, "it guards a GUID table");
    assert_eq!(check(&|d| put(d, 0, 1, (0x90, 0x07, 1100, 500))), None, "code, not an entry");
    assert_eq!(check(&|d| put(d, 0, 1, (0, 0x07, 8000, 500))), None, "outside of the disk");
    assert_eq!(check(&|d| d.0[446..510].fill(0)), None, "empty");
    assert_eq!(mbr::read(&Bytes(vec![0; 512], 512)).unwrap(), None);
}

#[test]
fn a_chain_that_leads_nowhere_or_in_a_circle_is_damage() {
    let check = |entry| {
        let mut disk = usual(512);
        put(&mut disk, 3000, 1, entry);
        mbr::read(&disk).unwrap_err()
    };
    for entry in [(0, 0x05, 0, 700), (0, 0x05, 1000, 700), (0, 0x05, 7000, 700), (0, 0x05, 500, 700)] {
        assert!(check(entry).is("disk-table-damaged"), "{entry:?}");
    }
}

#[test]
fn such_a_disk_is_shown_partition_by_partition() {
    let mut disk = usual(512);
    disk.0[1100 * 512 + 3..1100 * 512 + 11].copy_from_slice(b"NTFS    ");
    let survey = survey(&disk).unwrap();
    let sizes: Vec<_> = survey.partitions.iter().map(|p| (p.number, p.size_bytes >> 9)).collect();
    assert_eq!(sizes, [(1, 1000), (2, 500), (5, 900), (6, 600)]);
}

#[test]
fn other_tools_write_what_we_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk");
    std::fs::File::create(&path).unwrap().set_len(64 << 20).unwrap();
    let script = "label: dos\nlabel-id: 0x0badcafe\n2048,8192,83,*\n10240,8192,c\n20480,100000,5\n22528,8192,83\n32768,8192,82\n";
    let sfdisk =
        ["/usr/sbin/sfdisk", "/sbin/sfdisk", "/usr/bin/sfdisk"].into_iter().find(|p| std::path::Path::new(p).exists());
    let Some(sfdisk) = sfdisk else {
        assert!(std::env::var_os("SOCLE_ALL_TESTS").is_none(), "the program sfdisk is not installed");
        println!("skipped: the program sfdisk is not installed");
        return;
    };
    use std::{io::Write, process::*};
    let mut child = Command::new(sfdisk).arg("-q").arg(&path).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let table = mbr::read(&Bytes(std::fs::read(&path).unwrap(), 512)).unwrap().unwrap();
    assert_eq!(table.signature, 0x0bad_cafe);
    assert_eq!(
        told(&table),
        [
            (1, 0x83, true, 2048, 8192),
            (2, 0x0c, false, 10240, 8192),
            (5, 0x83, false, 22528, 8192),
            (6, 0x82, false, 32768, 8192)
        ]
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(places in prop::collection::vec((0usize..2, any::<u16>(), any::<u8>()), 0..40)) {
        let mut disk = usual(512);
        for (table, at, byte) in places {
            let sector = [0, 2000][table] * 512;
            disk.0[sector + 440 + usize::from(at) % 72] = byte;
        }
        if let Ok(Some(table)) = mbr::read(&disk) {
            for p in &table.partitions {
                prop_assert!(p.first_lba > 0 && p.first_lba + p.sectors <= SECTORS as u64);
            }
        }
    }
}
