//! The memory of a machine's UEFI firmware: which keys it believes, written as OVMF keeps it.
//!
//! OVMF's memory is a firmware volume that begins with a store of variables, one after the other (EDK II,
//! MdeModulePkg/Include/Guid/VariableFormat.h). A variable is changed by marking it deleted and writing another behind.
use crate::setup::private;
use crate::stop;
use crate::trouble::{Done, During};
use std::fs;
use std::path::{Path, PathBuf};

/// Whom a machine's firmware believes.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Keys {
    /// Nobody is asked: Secure Boot is off.
    #[default]
    Off,
    /// Microsoft, as machines are sold.
    Microsoft,
    /// Microsoft, and this certificate (DER) in `db`.
    Ours(PathBuf),
    /// Microsoft; and shim believes this certificate (DER), as after somebody has confirmed it at the machine.
    Mok(PathBuf),
}

impl Keys {
    /// In words, for the table.
    pub fn words(&self) -> &'static str {
        match self {
            Keys::Off => "",
            Keys::Microsoft => "Secure Boot on, Microsoft's keys",
            Keys::Ours(_) => "Secure Boot on, our certificate in db",
            Keys::Mok(_) => "Secure Boot on, our certificate as MOK",
        }
    }

    /// Whether Secure Boot is on.
    pub fn are_on(&self) -> bool {
        *self != Keys::Off
    }

    /// The firmware's program, read only.
    pub fn program(&self) -> PathBuf {
        ovmf(if self.are_on() { "OVMF_CODE_4M.secboot.fd" } else { "OVMF_CODE_4M.fd" })
    }

    /// Writes the machine's own memory of it.
    pub fn write_memory(&self, file: &Path) -> Done {
        let from = ovmf(if self.are_on() { "OVMF_VARS_4M.ms.fd" } else { "OVMF_VARS_4M.fd" });
        let mut memory = fs::read(&from).during("giving the machine its firmware memory")?;
        let read = |file: &PathBuf| fs::read(file).during(format!("reading the certificate {}", file.display()));
        match self {
            Keys::Off | Keys::Microsoft => {}
            Keys::Ours(certificate) => {
                let mut store = Store::open(&mut memory)?;
                let Some(mut db) = store.find("db", SECURITY_DATABASE) else { stop!("the firmware has no db") };
                db.data.extend(signature_list(&read(certificate)?));
                store.put(&db)?;
            }
            Keys::Mok(certificate) => {
                // Non volatile, seen only before the system runs: shim takes no other.
                let (attributes, data) = (0x3, signature_list(&read(certificate)?));
                let mok = Variable { name: "MokList".into(), vendor: SHIM, attributes, time: [0; 16], data };
                Store::open(&mut memory)?.put(&mok)?;
            }
        }
        fs::write(file, memory).during("giving the machine its firmware memory")
    }
}

fn ovmf(name: &str) -> PathBuf {
    private::place("ovmf").join("usr/share/OVMF").join(name)
}

type Guid = [u8; 16];
/// `EFI_IMAGE_SECURITY_DATABASE_GUID`.
const SECURITY_DATABASE: Guid =
    [0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f];
/// shim's.
const SHIM: Guid = [0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43, 0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23];
/// `EFI_CERT_X509_GUID`.
const X509: Guid = [0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72];
/// `gEfiAuthenticatedVariableGuid`: a store whose variables carry a time.
const AUTHENTICATED: Guid =
    [0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43, 0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92];
/// Where the volume's header says how long it is.
const VOLUME_HEADER_LENGTH_AT: usize = 48;
const STORE_HEADER_BYTES: usize = 28;
const VARIABLE_HEADER_BYTES: usize = 60;
/// What every variable begins with.
const START: [u8; 2] = [0xaa, 0x55];
/// Written whole; a deletion clears one bit.
const ADDED: u8 = 0x3f;
const DELETED: u8 = 0xfd;

/// A list of one certificate (UEFI 2.10 section 32.4.1).
fn signature_list(certificate: &[u8]) -> Vec<u8> {
    let entry = 16 + certificate.len() as u32;
    let numbers = [28 + entry, 0, entry].map(u32::to_le_bytes).concat();
    [&X509[..], &numbers, &[0x11; 16], certificate].concat()
}

#[derive(Debug, Clone, PartialEq)]
struct Variable {
    name: String,
    vendor: Guid,
    attributes: u32,
    time: [u8; 16],
    data: Vec<u8>,
}

impl Variable {
    fn bytes(&self) -> Vec<u8> {
        let name: Vec<u8> = self.name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        let mut out = [&START[..], &[ADDED, 0], &self.attributes.to_le_bytes(), &[0; 8], &self.time, &[0; 4]].concat();
        out.extend((name.len() as u32).to_le_bytes());
        out.extend((self.data.len() as u32).to_le_bytes());
        out.extend(self.vendor);
        out.extend(name);
        out.extend(&self.data);
        out
    }
}

/// The store of variables in a firmware's memory.
struct Store<'a> {
    memory: &'a mut [u8],
    first: usize,
    end: usize,
}

impl<'a> Store<'a> {
    fn open(memory: &'a mut [u8]) -> Done<Store<'a>> {
        let at = number(memory, VOLUME_HEADER_LENGTH_AT, 2).unwrap_or(0);
        if memory.get(at..at + 16) != Some(&AUTHENTICATED[..]) {
            stop!("this firmware keeps its variables in another form than OVMF's");
        }
        let (length, first) = (number(memory, at + 16, 4).unwrap_or(0), at + STORE_HEADER_BYTES);
        if at + length > memory.len() {
            stop!("the firmware's memory is cut off");
        }
        Ok(Store { memory, first, end: at + length })
    }

    /// Where each variable begins and what it is, and where the free room begins.
    fn all(&self) -> (Vec<(usize, Variable)>, usize) {
        let (mut found, mut at) = (Vec::new(), self.first);
        while let Some((variable, bytes)) = self.read(at) {
            if self.memory[at + 2] == ADDED {
                found.push((at, variable));
            }
            at = (at + bytes).next_multiple_of(4);
        }
        (found, at)
    }

    fn read(&self, at: usize) -> Option<(Variable, usize)> {
        let bytes = self.memory.get(at..self.end)?;
        let header = bytes.get(..VARIABLE_HEADER_BYTES).filter(|h| h[..2] == START)?;
        let (name_bytes, data_bytes) = (number(header, 36, 4)?, number(header, 40, 4)?);
        let name = bytes.get(VARIABLE_HEADER_BYTES..VARIABLE_HEADER_BYTES + name_bytes)?;
        let name: Vec<u16> = name.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        let data = VARIABLE_HEADER_BYTES + name_bytes;
        let variable = Variable {
            name: String::from_utf16_lossy(&name).trim_end_matches('\0').to_string(),
            vendor: header[44..60].try_into().ok()?,
            attributes: number(header, 4, 4)? as u32,
            time: header[16..32].try_into().ok()?,
            data: bytes.get(data..data + data_bytes)?.to_vec(),
        };
        Some((variable, data + data_bytes))
    }

    fn find(&self, name: &str, vendor: Guid) -> Option<Variable> {
        self.all().0.into_iter().map(|(_, v)| v).find(|v| v.name == name && v.vendor == vendor)
    }

    /// Writes a variable in the place of the one of its name.
    fn put(&mut self, variable: &Variable) -> Done {
        let (all, free) = self.all();
        let bytes = variable.bytes();
        if free + bytes.len() > self.end {
            stop!("the firmware's memory has no room for {}", variable.name);
        }
        for (at, old) in all {
            if old.name == variable.name && old.vendor == variable.vendor {
                self.memory[at + 2] &= DELETED;
            }
        }
        self.memory[free..free + bytes.len()].copy_from_slice(&bytes);
        Ok(())
    }
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + length)?;
    Some(bytes.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// What `socle bootenv build` is told about the parts for Secure Boot, which lie unpacked in the cache.
pub fn loader_arguments() -> Vec<String> {
    let parts = [
        ("--stub", "systemd-boot-efi", "usr/lib/systemd/boot/efi/linuxx64.efi.stub"),
        ("--shim", "shim-signed", "usr/lib/shim/shimx64.efi.signed"),
        ("--mok-manager", "shim-helpers-amd64-signed", "usr/lib/shim/mmx64.efi.signed"),
        ("--grub", "grub-efi-amd64-signed", "usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"),
    ];
    let found = parts.into_iter().map(|(option, package, file)| (option, private::place(package).join(file)));
    found
        .filter(|(_, file)| file.is_file())
        .flat_map(|(option, file)| [option.into(), file.display().to_string()])
        .collect()
}

/// One bit of a section's content is turned: what somebody changes on the way. The place is well inside of it.
pub fn turn_a_bit(image: &mut [u8], section: &str) -> Done {
    let name: Vec<u8> = section.bytes().chain(std::iter::repeat(0)).take(8).collect();
    // Section headers stand in the first kilobytes.
    let head = &image[..image.len().min(4096)];
    let Some(at) = head.windows(8).position(|w| w == name) else { stop!("the image has no section {section}") };
    let (length, from) = (number(head, at + 8, 4).unwrap_or(0), number(head, at + 20, 4).unwrap_or(0));
    match image.get_mut(from + length / 2) {
        Some(byte) if length > 0 => *byte ^= 1,
        _ => stop!("the section {section} is empty"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty memory of a firmware.
    fn memory() -> Vec<u8> {
        let mut memory = vec![0xff; 0x1000];
        memory[VOLUME_HEADER_LENGTH_AT..VOLUME_HEADER_LENGTH_AT + 2].copy_from_slice(&72u16.to_le_bytes());
        memory[72..88].copy_from_slice(&AUTHENTICATED);
        memory[88..92].copy_from_slice(&0xf00u32.to_le_bytes());
        memory
    }

    #[test]
    fn variables_are_replaced_and_found_again() {
        let mut memory = memory();
        let one = |data: &[u8]| Variable {
            name: "db".into(),
            vendor: SECURITY_DATABASE,
            attributes: 0x27,
            time: [3; 16],
            data: data.into(),
        };
        let mut store = Store::open(&mut memory).expect("a store");
        assert_eq!(store.find("db", SECURITY_DATABASE), None);
        store.put(&one(b"first")).expect("room");
        store.put(&Variable { vendor: SHIM, ..one(b"of another vendor") }).expect("room");
        store.put(&one(b"second")).expect("room");
        assert_eq!(store.find("db", SECURITY_DATABASE), Some(one(b"second")));
        assert_eq!(store.all().0.len(), 2, "one of each vendor");
        assert!(store.put(&one(&[0; 0x1000])).is_err());
        assert!(Store::open(&mut [0; 200]).is_err());
    }

    #[test]
    fn a_bit_of_a_section_is_turned() {
        let mut image = vec![0; 600];
        image[100..106].copy_from_slice(b".linux");
        image[108..112].copy_from_slice(&50u32.to_le_bytes());
        image[120..124].copy_from_slice(&500u32.to_le_bytes());
        turn_a_bit(&mut image, ".linux").expect("a section");
        assert_eq!(image[525], 1);
        assert!(turn_a_bit(&mut image, ".initrd").is_err());
    }
}
