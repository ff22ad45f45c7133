//! A firmware's log, written as firmware writes it (TCG PC Client Platform Firmware Profile, section 10).
use socle_tpm::{public::sha256, quote::Registers, start::REGISTERS};

pub const CERTIFICATE: &[u8] = b"the certificate of this centre, DER";
pub const CONFIG: u32 = 0x8000_0001;
pub const APPLICATION: u32 = 0x8000_0003;
pub const ACTION: u32 = 0x8000_0007;
pub const AUTHORITY: u32 = 0x8000_00e0;
pub const SEPARATOR: u32 = 4;
const GLOBAL: [u8; 16] =
    [0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c];
const SECURITY: [u8; 16] =
    [0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f];

/// One measurement: register, kind, digest, data.
pub type Measured = (u32, u32, [u8; 32], Vec<u8>);

pub fn of_data(register: u32, kind: u32, data: &[u8]) -> Measured {
    (register, kind, sha256(&[data]), data.to_vec())
}

fn variable(name: &str, vendor: [u8; 16], value: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let lengths = [(name.len() / 2) as u64, value.len() as u64].map(u64::to_le_bytes).concat();
    [&vendor[..], &lengths, &name, value].concat()
}

pub fn setting(name: &str, value: &[u8]) -> Measured {
    let vendor = if name.starts_with("db") { SECURITY } else { GLOBAL };
    of_data(7, CONFIG, &variable(name, vendor, value))
}

/// A key of `db` that lets something in.
pub fn authority(certificate: &[u8]) -> Measured {
    of_data(7, AUTHORITY, &variable("db", SECURITY, &[&[0x11; 16], certificate].concat()))
}

pub fn separator(register: u32) -> Measured {
    of_data(register, SEPARATOR, &[0; 4])
}

pub fn image(digest: [u8; 32]) -> Measured {
    (4, APPLICATION, digest, b"where it was loaded from".to_vec())
}

/// What firmware measures before it starts anything.
pub fn before(secure_boot: u8) -> Vec<Measured> {
    vec![
        setting("SecureBoot", &[secure_boot]),
        setting("PK", b"a platform key"),
        setting("KEK", b"keys"),
        setting("db", b"our certificate and others"),
        setting("dbx", b"what is revoked"),
        separator(7),
        of_data(4, ACTION, b"Calling EFI Application from Boot Option"),
        separator(4),
    ]
}

/// The bytes of a log of these, with banks of SHA-1 and SHA-256.
pub fn bytes(measured: &[Measured]) -> Vec<u8> {
    let said =
        [&b"Spec ID Event03\0"[..], &[0; 4], &[0, 2, 0, 2], &2_u32.to_le_bytes(), &[4, 0, 20, 0, 0x0b, 0, 32, 0], &[0]]
            .concat();
    let head = [&[0; 4][..], &3_u32.to_le_bytes(), &[0; 20], &(said.len() as u32).to_le_bytes(), &said].concat();
    let one = |(register, kind, digest, data): &Measured| {
        let banks = [&[4, 0][..], &[0x5a; 20], &[0x0b, 0], digest].concat();
        let counts = [register.to_le_bytes(), kind.to_le_bytes(), 2_u32.to_le_bytes()].concat();
        [&counts[..], &banks, &(data.len() as u32).to_le_bytes(), data].concat()
    };
    measured.iter().map(one).fold(head, |log, event| [log, event].concat())
}

/// What the registers hold after these.
pub fn registers(measured: &[Measured]) -> Registers {
    let held = |register: u8| {
        let mine = measured.iter().filter(|m| m.0 == u32::from(register));
        mine.fold([0; 32], |held, (_, _, digest, _)| sha256(&[&held, digest]))
    };
    REGISTERS.iter().map(|register| (*register, held(*register))).collect()
}
