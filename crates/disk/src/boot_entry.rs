//! The firmware's boot entries (UEFI 2.10 sections 3.1.2, 3.1.3, 3.3 and 10.3), as far as starting once from somewhere else
//! needs them: `Boot####` is one place to start from, `BootOrder` the order in which they are tried, `BootNext` the one that is
//! tried once, before all others.
//!
//! INVARIANT: nothing here writes `BootOrder`: what a machine starts by itself stays what it was.
use crate::efi::Variables;
use socle_image::Guid;
use socle_texts::{Fault, Result};

/// What our entry is called in the firmware's menu.
pub const OURS: &str = "Socle";
/// `LOAD_OPTION_ACTIVE`.
const ACTIVE: u32 = 1;
/// Device path nodes: type and sub-type (section 10.3).
const MESSAGING: u8 = 3;
const MEDIA: u8 = 4;
const END: u8 = 0x7f;
const MAC_ADDRESS: u8 = 11;
const IPV4: u8 = 12;
const IPV6: u8 = 13;
const URI: u8 = 24;
/// Inside the firmware itself (Platform Initialization, volume 3, section 8).
const FIRMWARE_FILE: u8 = 6;
const FIRMWARE_VOLUME: u8 = 7;
/// What a BIOS would start (section 10.3.6).
const BIOS_BOOT: u8 = 5;
const HARD_DRIVE: u8 = 1;
const FILE_PATH: u8 = 4;
const END_ENTIRE: u8 = 0xff;
/// A partition of a GPT, known by its own identifier (section 10.3.5.1).
const GPT: u8 = 2;
const BY_GUID: u8 = 2;

/// An entry, as far as we look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number: `Boot0001` is 1.
    pub number: u16,
    /// Whether the firmware tries it by itself.
    pub active: bool,
    /// What it is called.
    pub name: String,
    nodes: Vec<(u8, u8)>,
}

impl Entry {
    /// Reads an `EFI_LOAD_OPTION`; nothing where it is none.
    pub fn read(number: u16, bytes: &[u8]) -> Option<Entry> {
        let (head, rest) = bytes.split_at_checked(6)?;
        let active = u32::from_le_bytes(head[..4].try_into().ok()?) & ACTIVE != 0;
        let path_bytes = usize::from(u16::from_le_bytes(head[4..].try_into().ok()?));
        let units: Vec<u16> = rest.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
        let end = units.iter().position(|unit| *unit == 0)?;
        let name = String::from_utf16_lossy(&units[..end]);
        let path = rest.get((end + 1) * 2..)?.get(..path_bytes)?;
        Some(Entry { number, active, name, nodes: nodes(path) })
    }
    /// Whether it starts from the network over IPv4.
    pub fn is_network(&self) -> bool {
        self.nodes.contains(&(MESSAGING, MAC_ADDRESS)) && self.nodes.contains(&(MESSAGING, IPV4))
    }
}

impl Entry {
    /// Whether it leads to something of the machine's own that could hold a system: neither network nor a program of the
    /// firmware (its setup, its shell) nor what only a BIOS would start. Firmware names disks in many ways, and these in few.
    pub fn is_own_disk(&self) -> bool {
        let other = |node: &(u8, u8)| match *node {
            (MESSAGING, sub) => [MAC_ADDRESS, IPV4, IPV6, URI].contains(&sub),
            (MEDIA, sub) => [FIRMWARE_FILE, FIRMWARE_VOLUME].contains(&sub),
            (kind, _) => kind == BIOS_BOOT,
        };
        !self.nodes.is_empty() && !self.nodes.iter().any(other)
    }
}

/// The nodes of a device path, each by type and sub-type; as far as it makes sense.
fn nodes(mut path: &[u8]) -> Vec<(u8, u8)> {
    let mut found = Vec::new();
    while let Some((head, _)) = path.split_at_checked(4) {
        let count = usize::from(u16::from_le_bytes([head[2], head[3]]));
        if head[0] == END || count < 4 || count > path.len() {
            break;
        }
        found.push((head[0], head[1]));
        path = &path[count..];
    }
    found
}

/// A partition, as an entry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its number in the table.
    pub number: u32,
    /// Its first block.
    pub first_lba: u64,
    /// How many blocks it has.
    pub blocks: u64,
    /// Its identifier.
    pub guid: Guid,
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn node(kind: u8, sub: u8, body: &[u8]) -> Vec<u8> {
    let count = (body.len() + 4) as u16;
    [&[kind, sub][..], &count.to_le_bytes(), body].concat()
}

/// An entry of ours: a file of a partition, told some words when it starts. By the partition alone, without the way to its
/// disk (the short form of section 3.1.2): it is found wherever the disk hangs.
pub fn file_entry(place: Place, path: &str, words: &str) -> Vec<u8> {
    let mut drive = place.number.to_le_bytes().to_vec();
    drive.extend(place.first_lba.to_le_bytes());
    drive.extend(place.blocks.to_le_bytes());
    drive.extend(place.guid.0);
    drive.extend([GPT, BY_GUID]);
    let device =
        [node(MEDIA, HARD_DRIVE, &drive), node(MEDIA, FILE_PATH, &wide(path)), node(END, END_ENTIRE, &[])].concat();
    let mut bytes = ACTIVE.to_le_bytes().to_vec();
    bytes.extend((device.len() as u16).to_le_bytes());
    bytes.extend(wide(OURS));
    bytes.extend(device);
    if !words.is_empty() {
        bytes.extend(wide(words));
    }
    bytes
}

/// All entries that there are.
pub fn list(firmware: &Variables) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    for name in firmware.global_names() {
        let Some(number) = name.strip_prefix("Boot").filter(|hex| hex.len() == 4) else { continue };
        let Ok(number) = u16::from_str_radix(number, 16) else { continue };
        found.extend(firmware.read_global(&name)?.and_then(|bytes| Entry::read(number, &bytes)));
    }
    found.sort_by_key(|entry| entry.number);
    Ok(found)
}

/// The order in which the firmware tries its entries.
pub fn order(firmware: &Variables) -> Result<Vec<u16>> {
    let bytes = firmware.read_global("BootOrder")?.unwrap_or_default();
    Ok(bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect())
}

/// The firmware's own entry for the network: the first that it would try itself, else any.
pub fn network(firmware: &Variables) -> Result<Option<Entry>> {
    let (order, all) = (order(firmware)?, list(firmware)?);
    let rank = |entry: &Entry| order.iter().position(|number| *number == entry.number).unwrap_or(usize::MAX);
    Ok(all.into_iter().filter(Entry::is_network).min_by_key(rank))
}

/// The machine's own disk: the first entry that the firmware would try itself and that leads to one. Not the one that it was
/// started by.
pub fn home(firmware: &Variables) -> Result<Option<Entry>> {
    let (order, mut all) = (order(firmware)?, list(firmware)?);
    let current = firmware.read_global("BootCurrent")?;
    let current = current.and_then(|b| Some(u16::from_le_bytes(b.try_into().ok()?)));
    all.retain(|e| e.active && e.is_own_disk() && order.contains(&e.number) && Some(e.number) != current);
    all.sort_by_key(|entry| order.iter().position(|number| *number == entry.number));
    Ok(all.into_iter().next())
}

/// Writes our entry, over the one that was ours before; in no order of starting. Its number.
///
/// # Errors
/// `disk-efi-unwritable`, also where the firmware has no room.
pub fn put_ours(firmware: &Variables, bytes: &[u8]) -> Result<u16> {
    let (order, all) = (order(firmware)?, list(firmware)?);
    // One of that name that somebody put into the order is his, whoever made it.
    let ours = all.iter().find(|entry| entry.name == OURS && !order.contains(&entry.number));
    let taken = |number: &u16| all.iter().any(|entry| entry.number == *number) || order.contains(number);
    let number = ours.map(|entry| entry.number).or_else(|| (1..u16::MAX).find(|number| !taken(number)));
    let number = number.ok_or_else(|| Fault::new("disk-efi-unwritable").with("name", "Boot####"))?;
    firmware.write_global(&name(number), bytes)?;
    Ok(number)
}

/// The variable of an entry.
pub fn name(number: u16) -> String {
    format!("Boot{number:04X}")
}

/// Has the firmware try this entry once, at the next start.
///
/// # Errors
/// `disk-efi-unwritable`, also where the firmware forgets what it was told.
pub fn start_next(firmware: &Variables, number: u16) -> Result<()> {
    firmware.write_global("BootNext", &number.to_le_bytes())
}

/// The entry that the firmware tries next, where one was named.
pub fn next(firmware: &Variables) -> Result<Option<u16>> {
    let bytes = firmware.read_global("BootNext")?;
    Ok(bytes.and_then(|b| Some(u16::from_le_bytes(b.try_into().ok()?))))
}
