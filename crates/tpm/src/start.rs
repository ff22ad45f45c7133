//! What the measurements of a start prove: that Secure Boot was on, and that nothing ran before our kernel but our own signed
//! image ("TCG PC Client Platform Firmware Profile", revision 1.06, sections 3.3.4.5 and 3.3.4.8).
//!
//! Register 7 begins with the firmware's settings of Secure Boot, then a separator; from there on it names the key that let
//! each image in. Register 4 holds the Authenticode digest of each image that was started. Whoever runs later can extend both,
//! and can call what is in them by other names; he can take nothing out. So every event must be one that is understood *by its
//! digest*, and two things are enough, each for itself:
//!
//! * **by key**: after the separator register 7 names our certificate and no other key. Whatever ran was signed by us;
//! * **by image**: register 4 holds the digests of our image (and of Debian's shim before it, where it stands before it), of
//!   what the centre has decided to know, and no other. That is the way where shim starts our image, or where an extension
//!   card brought a driver that another key let in.
use crate::{
    log::{Event, replay},
    public::sha256,
    quote::Registers,
};
use std::fmt;

/// Which images were started.
const IMAGES: u8 = 4;
/// Secure Boot: its settings, then whose keys let images in.
const KEYS: u8 = 7;
/// What a log is needed for.
pub const REGISTERS: &[u8] = &[IMAGES, KEYS];

// Kinds of events (section 10.4.1).
const SEPARATOR: u32 = 0x0000_0004;
const VARIABLE_CONFIG: u32 = 0x8000_0001;
const BOOT_APPLICATION: u32 = 0x8000_0003;
const ACTION: u32 = 0x8000_0007;
const VARIABLE_AUTHORITY: u32 = 0x8000_00e0;

/// A separator where all went well is four bytes of zero, or of one (section 3.3.2.2).
const SEPARATORS: [[u8; 4]; 2] = [[0; 4], [0xff; 4]];
/// What firmware says in register 4 when it tries an entry (section 3.3.4.5).
const ACTIONS: [&[u8]; 2] =
    [b"Calling EFI Application from Boot Option", b"Returning from EFI Application from Boot Option"];
/// `EFI_GLOBAL_VARIABLE` and `EFI_IMAGE_SECURITY_DATABASE_GUID`, as they stand in memory.
const GLOBAL: [u8; 16] =
    [0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c];
const SECURITY: [u8; 16] =
    [0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f];
/// Before each certificate in a list stands who put it there.
const OWNER_BYTES: usize = 16;

/// What a centre believes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Our certificate, DER.
    pub certificate: Vec<u8>,
    /// The Authenticode digest of our signed image.
    pub image: Option<[u8; 32]>,
    /// Of the kernel inside of it, which its first lines load by the firmware's own means: measured after it.
    pub kernel: Option<[u8; 32]>,
    /// Of Debian's shim, as we serve it.
    pub shim: Option<[u8; 32]>,
    /// Of what the centre has decided to know: what a maker's firmware starts before anything else.
    pub firmware: Vec<[u8; 32]>,
}

/// Why a start is not proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The log leads to other registers than the chip says.
    OtherLog,
    /// The firmware did not check what it started.
    Off,
    /// Something was measured that is none of what a start measures; its digest.
    Unknown([u8; 32]),
    /// An image was started that is none of ours; its digest.
    OtherImage([u8; 32]),
    /// Nothing of ours was started.
    NotOurs,
}

impl Why {
    /// In a word, for facts.
    pub fn word(&self) -> &'static str {
        match self {
            Why::OtherLog => "other-log",
            Why::Off => "off",
            Why::Unknown(_) => "unknown",
            Why::OtherImage(_) => "other-image",
            Why::NotOurs => "not-ours",
        }
    }
    /// The digest that it is about.
    pub fn digest(&self) -> Option<&[u8; 32]> {
        match self {
            Why::Unknown(digest) | Why::OtherImage(digest) => Some(digest),
            _ => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        self.digest().map_or(Ok(()), |digest| digest.iter().take(8).try_for_each(|byte| write!(f, " {byte:02x}")))
    }
}

/// Which of the two ways proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proved {
    /// Our certificate, and no other key.
    ByKey,
    /// Our image, and no other.
    ByImage,
}

/// Whether these measurements, of a log, are those of the quoted registers and prove a start by us.
///
/// # Errors
/// The reason why not.
pub fn proves(events: &[Event<'_>], registers: &Registers, known: &Known) -> Result<Proved, Why> {
    if REGISTERS.iter().any(|register| registers.get(register) != Some(&replay(events, *register))) {
        return Err(Why::OtherLog);
    }
    let of = |register: u8| events.iter().filter(move |e| e.register == u32::from(register));
    let authorities = settings(of(KEYS))?;
    match by_key(&authorities, &known.certificate) {
        true => Ok(Proved::ByKey),
        false => by_image(of(IMAGES), known).map(|()| Proved::ByImage),
    }
}

fn is_separator(event: &Event<'_>) -> bool {
    event.kind == SEPARATOR && SEPARATORS.iter().any(|bytes| sha256(&[bytes]) == event.digest)
}

/// The settings before the separator must say that Secure Boot was on; what follows it is handed back.
fn settings<'a, 'e: 'a>(mut events: impl Iterator<Item = &'a Event<'e>>) -> Result<Vec<&'a Event<'e>>, Why> {
    let mut on = None;
    while let Some(event) = events.next() {
        if is_separator(event) {
            return match on {
                Some(true) => Ok(events.collect()),
                _ => Err(Why::Off),
            };
        }
        // "UEFI Debug Mode" and its like are said here too: whoever says them checks less than we ask for.
        if event.kind != VARIABLE_CONFIG || !event.is_of_its_data() {
            return Err(Why::Unknown(event.digest));
        }
        let variable = Variable::read(event.data).ok_or(Why::Unknown(event.digest))?;
        if variable.is("SecureBoot", &GLOBAL) {
            // Said twice, the second word would be somebody else's.
            on = Some(on.is_none() && variable.value == [1]);
        }
    }
    Err(Why::Off)
}

/// Whether our certificate let in what was let in, and no other key did.
fn by_key(authorities: &[&Event<'_>], certificate: &[u8]) -> bool {
    let is_ours = |event: &&Event<'_>| {
        let ours = |variable: Variable<'_>| {
            variable.is("db", &SECURITY) && variable.value.get(OWNER_BYTES..) == Some(certificate)
        };
        event.kind == VARIABLE_AUTHORITY && event.is_of_its_data() && Variable::read(event.data).is_some_and(ours)
    };
    !certificate.is_empty() && !authorities.is_empty() && authorities.iter().all(is_ours)
}

/// Whether our image was the last that was started, and nothing that is not known before it.
fn by_image<'a, 'e: 'a>(events: impl Iterator<Item = &'a Event<'e>>, known: &Known) -> Result<(), Why> {
    let (mut separated, mut last) = (false, None);
    for event in events {
        let said = ACTIONS.contains(&event.data) && event.is_of_its_data();
        match event.kind {
            SEPARATOR if is_separator(event) && !separated => separated = true,
            ACTION if said => {}
            BOOT_APPLICATION if known.firmware.contains(&event.digest) => {}
            BOOT_APPLICATION => {
                let is = |digest: Option<[u8; 32]>| digest == Some(event.digest);
                // The kernel alone takes any words and any initrd: only our image's first lines may start it, and nothing
                // after it.
                let fits = match last {
                    Some(Part::Kernel) => false,
                    Some(Part::Image) => is(known.kernel) || is(known.image) || is(known.shim),
                    _ => is(known.image) || is(known.shim),
                };
                if !separated || !fits {
                    return Err(Why::OtherImage(event.digest));
                }
                last = Some(match (is(known.image), is(known.kernel)) {
                    (true, _) => Part::Image,
                    (_, true) => Part::Kernel,
                    _ => Part::Shim,
                });
            }
            _ => return Err(Why::Unknown(event.digest)),
        }
    }
    match last {
        Some(Part::Image | Part::Kernel) => Ok(()),
        _ => Err(Why::NotOurs),
    }
}

#[derive(Clone, Copy)]
enum Part {
    Shim,
    Image,
    Kernel,
}

/// `UEFI_VARIABLE_DATA` (section 10.2.6): a variable as it is measured.
struct Variable<'a> {
    vendor: [u8; 16],
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Variable<'a> {
    fn read(data: &'a [u8]) -> Option<Variable<'a>> {
        let (vendor, rest) = data.split_first_chunk::<16>()?;
        let (units, rest) = rest.split_first_chunk::<8>()?;
        let (value_bytes, rest) = rest.split_first_chunk::<8>()?;
        let name_bytes = usize::try_from(u64::from_le_bytes(*units)).ok()?.checked_mul(2)?;
        let (name, value) = rest.split_at_checked(name_bytes)?;
        (value.len() as u64 == u64::from_le_bytes(*value_bytes)).then_some(Variable { vendor: *vendor, name, value })
    }
    fn is(&self, name: &str, vendor: &[u8; 16]) -> bool {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.name == name && self.vendor == *vendor
    }
}
