//! The partition table through power cuts, and from enemies.
use super::make;
use proptest::prelude::*;
use socle_disk::gpt::{self, Partition, Table};
use socle_image::{Guid, ReadAt, WriteAt};
use std::{io, ops::Range, sync::Mutex};

/// A disk in memory whose power goes after so many written bytes. What was not flushed may be lost or torn.
struct Fragile {
    bytes: Mutex<Vec<u8>>,
    left: Mutex<usize>,
}

impl ReadAt for Fragile {
    fn size_bytes(&self) -> u64 {
        self.bytes.lock().unwrap().len() as u64
    }
    fn read_at(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.bytes.lock().unwrap().read_at(offset_bytes, buffer)
    }
}
impl WriteAt for Fragile {
    fn write_at(&self, offset_bytes: u64, bytes: &[u8]) -> io::Result<()> {
        let mut left = self.left.lock().unwrap();
        let written = bytes.len().min(*left);
        *left -= written;
        self.bytes.lock().unwrap()[offset_bytes as usize..][..written].copy_from_slice(&bytes[..written]);
        if written < bytes.len() { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
    }
    fn zero(&self, range_bytes: Range<u64>) -> io::Result<()> {
        self.write_at(range_bytes.start, &vec![0; (range_bytes.end - range_bytes.start) as usize])
    }
    fn flush(&self) -> io::Result<()> {
        if *self.left.lock().unwrap() == 0 { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
    }
    fn read_back(&self, offset_bytes: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read_at(offset_bytes, buffer)
    }
}

fn table(seed: u8) -> Table {
    let partition = |number: u32, first_lba: u64| Partition {
        number,
        type_guid: make::LINUX,
        unique_guid: Guid([seed + number as u8; 16]),
        first_lba,
        last_lba: first_lba + 999,
        attributes: 0,
        name: format!("part {number}"),
    };
    let partitions = vec![partition(1, 2048 + u64::from(seed)), partition(2, 4096 + u64::from(seed))];
    Table { disk_guid: Guid([seed; 16]), boot_code: Vec::new(), partitions }
}

#[test]
fn whenever_the_power_goes_one_sound_table_is_found() {
    let (old, new) = (table(10), table(20));
    let disk = Fragile { bytes: Mutex::new(vec![0; 4 << 20]), left: Mutex::new(usize::MAX) };
    gpt::write(&old, &disk).unwrap();
    let before = disk.bytes.lock().unwrap().clone();
    // Two tables of 32 sectors, two headers and the first sector; the header's own bytes one by one.
    let total = 2 * (32 * 512 + 512) + 512;
    let mut found_old = 0;
    for power in (0..=total).step_by(97).chain(total - 512..=total) {
        *disk.bytes.lock().unwrap() = before.clone();
        *disk.left.lock().unwrap() = power;
        let answer = gpt::write(&new, &disk);
        assert_eq!(answer.is_ok(), power > total || power == total && answer.is_ok());
        let found = gpt::read(&disk).unwrap().unwrap_or_else(|| panic!("no table after {power} bytes"));
        assert!(found == old || found == new, "a mixture after {power} bytes");
        found_old += usize::from(found == old);
    }
    assert!(found_old > 100, "the old one holds until the new one is whole");
}

#[test]
fn a_damaged_primary_is_replaced_by_the_backup() {
    let disk = Fragile { bytes: Mutex::new(vec![0; 4 << 20]), left: Mutex::new(usize::MAX) };
    gpt::write(&table(10), &disk).unwrap();
    for at in [512 + 20, 512 + 60, 1024 + 3, 1024 + 130] {
        let mut bytes = disk.bytes.lock().unwrap().clone();
        bytes[at] ^= 1;
        assert_eq!(gpt::read(&bytes).unwrap().unwrap(), table(10));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(changes in proptest::collection::vec((0_usize..3 << 20, any::<u8>()), 0..40), fix in any::<bool>()) {
        let disk = Fragile { bytes: Mutex::new(vec![0; 3 << 20]), left: Mutex::new(usize::MAX) };
        gpt::write(&table(10), &disk).unwrap();
        let mut bytes = disk.bytes.into_inner().unwrap();
        for (at, value) in changes {
            // Most changes go where the table is.
            bytes[at % (3 << if fix { 10 } else { 20 })] = value;
        }
        if fix {
            // With right checksums, so that nonsense gets further.
            let table = crc32fast::hash(&bytes[1024..1024 + 16384]).to_le_bytes();
            bytes[512 + 88..512 + 92].copy_from_slice(&table);
            bytes[512 + 16..512 + 20].fill(0);
            let length = (u32::from_le_bytes(bytes[512 + 12..512 + 16].try_into().unwrap()) as usize).min(512);
            let header = crc32fast::hash(&bytes[512..512 + length]).to_le_bytes();
            bytes[512 + 16..512 + 20].copy_from_slice(&header);
        }
        let _ = gpt::read(&bytes);
    }
}
