//! Small UEFI variables: where the machine's key survives before there is any partition to keep it on.
//!
//! Read and written through efivarfs: a file is `NAME-GUID`, holding four bytes of attributes, then the value
//! (UEFI 2.10 section 8.2; the kernel's Documentation/filesystems/efivarfs.rst).
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use socle_texts::{Fault, Result};
use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Socle's vendor GUID.
pub const VENDOR_GUID: &str = "50c1e000-7a6d-4c1b-9f3e-5d0c1e0a9e77";
/// Where the kernel shows them.
pub const EFIVARFS: &str = "/sys/firmware/efi/efivars";
/// The firmware's own variables (UEFI 2.10 section 3.3, `EFI_GLOBAL_VARIABLE`).
const GLOBAL_GUID: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// More variables than any firmware has.
const VARIABLES_MAX: usize = 10_000;
/// Non volatile, readable while the system starts and while it runs.
const ATTRIBUTES: u32 = 1 | 2 | 4;
/// Firmware keeps variables in a few dozen KiB for everybody: ours are small or refused.
const VALUE_MAX_BYTES: usize = 1024;
const KEY_NAME: &str = "SocleMachineKey";
const KEY_MAGIC: &[u8; 4] = b"SoK1";

/// The variables of Socle in this machine's firmware.
#[derive(Debug)]
pub struct Variables {
    folder: PathBuf,
}

impl Variables {
    /// The machine's, or nothing where it did not start by UEFI or efivarfs isn't mounted.
    pub fn open() -> Option<Self> {
        Self::at(Path::new(EFIVARFS))
    }
    /// Those that stand in a folder. It must hold something: the empty mount point of a BIOS machine is none.
    pub fn at(folder: &Path) -> Option<Self> {
        let any = fs::read_dir(folder).ok()?.next().is_some();
        any.then(|| Variables { folder: folder.into() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}-{VENDOR_GUID}"))
    }

    /// The value of one of the firmware's own variables, without its attributes.
    pub(crate) fn read_global(&self, name: &str) -> Result<Option<Vec<u8>>> {
        read_file(&self.folder.join(format!("{name}-{GLOBAL_GUID}")), name)
    }
    /// Writes one of the firmware's own variables and reads it back.
    pub(crate) fn write_global(&self, name: &str, value: &[u8]) -> Result<()> {
        write_file(&self.folder.join(format!("{name}-{GLOBAL_GUID}")), name, value)
    }
    /// The names of the firmware's own variables.
    pub(crate) fn global_names(&self) -> Vec<String> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten().take(VARIABLES_MAX);
        let name = |file: fs::DirEntry| {
            file.file_name().to_string_lossy().strip_suffix(GLOBAL_GUID)?.strip_suffix('-').map(str::to_string)
        };
        files.filter_map(name).collect()
    }

    /// The value of one of our variables, without its attributes.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        read_file(&self.path(name), name)
    }

    /// Writes one of our variables and reads it back: firmware has been seen to accept and forget.
    pub fn write(&self, name: &str, value: &[u8]) -> Result<()> {
        write_file(&self.path(name), name, value)
    }

    /// Forgets one of our variables; it may be absent already.
    pub fn delete(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        let done = unlock(&path).and_then(|()| match fs::remove_file(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        });
        done.map_err(|e| Fault::new("disk-efi-unwritable").with("name", name).because(e))
    }

    /// The machine's key as it is kept (its seed, or sealed by a TPM), where one was. A damaged one is a fault and never
    /// silently a new key.
    pub fn machine_key(&self) -> Result<Option<Vec<u8>>> {
        let Some(value) = self.read(KEY_NAME)? else { return Ok(None) };
        let damaged = || Fault::new("disk-efi-key-damaged").with("name", KEY_NAME);
        let (body, crc) = value.split_last_chunk::<4>().ok_or_else(damaged)?;
        let key = body.strip_prefix(KEY_MAGIC).filter(|key| !key.is_empty()).ok_or_else(damaged)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return Err(damaged());
        }
        Ok(Some(key.to_vec()))
    }

    /// Keeps the machine's key.
    pub fn keep_machine_key(&self, key: &[u8]) -> Result<()> {
        let mut value = KEY_MAGIC.to_vec();
        value.extend_from_slice(key);
        let crc = crc32fast::hash(&value);
        value.extend_from_slice(&crc.to_le_bytes());
        self.write(KEY_NAME, &value)
    }

    /// Forgets the machine's key in the firmware.
    pub fn forget_machine_key(&self) -> Result<()> {
        self.delete(KEY_NAME)
    }
}

fn read_file(path: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes.get(4..).filter(|v| !v.is_empty()).map(<[u8]>::to_vec)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Fault::new("disk-efi-unreadable").with("name", name).because(e)),
    }
}

fn write_file(path: &Path, name: &str, value: &[u8]) -> Result<()> {
    let fault = |e: &dyn std::fmt::Display| Fault::new("disk-efi-unwritable").with("name", name).because(e);
    if value.is_empty() || value.len() > VALUE_MAX_BYTES {
        return Err(fault(&format_args!("{} bytes", value.len())));
    }
    unlock(path).map_err(|e| fault(&e))?;
    let mut bytes = ATTRIBUTES.to_le_bytes().to_vec();
    bytes.extend_from_slice(value);
    // One write call makes one SetVariable call: attributes and value must come together.
    let mut options = fs::File::options();
    let mut file = options.write(true).create(true).truncate(false).open(path).map_err(|e| fault(&e))?;
    let written = file.write(&bytes).map_err(|e| fault(&e))?;
    // A plain folder (tests) does not shorten by itself; efivarfs does, and refuses the call: no matter.
    let _ = file.set_len(bytes.len() as u64);
    drop(file);
    if written != bytes.len() || read_file(path, name)?.as_deref() != Some(value) {
        return Err(fault(&"not read back as written"));
    }
    Ok(())
}

/// Takes off the immutable flag that the kernel puts on variables it does not know, so that nobody deletes firmware
/// settings by accident.
fn unlock(path: &Path) -> std::io::Result<()> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    // A filesystem without flags (tests on tmpfs) has nothing to unlock.
    let Ok(flags) = ioctl_getflags(&file) else { return Ok(()) };
    if flags.contains(IFlags::IMMUTABLE) {
        ioctl_setflags(&file, flags - IFlags::IMMUTABLE)?;
    }
    Ok(())
}
