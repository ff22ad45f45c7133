//! The signed image: how it is put together, what its signature covers, and the files that enrol its certificate.
use proptest::prelude::*;
use socle_boot::environment::{
    ImageSigner,
    pe::{digest, fuzz_pe, section, sections, signature, with_sections, with_signature},
    uki::signature_list,
};
use socle_texts::Result;

/// Says what it was asked to sign, in place of a signature.
pub struct Echo;

impl ImageSigner for Echo {
    fn certificate(&self) -> &[u8] {
        b"a certificate"
    }
    fn image(&self, sha256: &[u8; 32]) -> Result<Vec<u8>> {
        Ok([b"signed ", &sha256[..]].concat())
    }
    fn variable(&self, statement: &[u8]) -> Result<Vec<u8>> {
        Ok(statement.to_vec())
    }
}

/// The smallest image with a code section and the generation numbers that shim wants: laid out as tightly as bookworm's
/// stub, whose headers have no room for more sections in the file.
pub fn stub() -> Vec<u8> {
    let mut out = vec![0; 0x400];
    out[..2].copy_from_slice(b"MZ");
    out[0x3c] = 0x40;
    out[0x40..0x44].copy_from_slice(b"PE\0\0");
    let put16 = |out: &mut Vec<u8>, at: usize, n: u16| out[at..at + 2].copy_from_slice(&n.to_le_bytes());
    let put32 = |out: &mut Vec<u8>, at: usize, n: u32| out[at..at + 4].copy_from_slice(&n.to_le_bytes());
    put16(&mut out, 0x44, 0x8664);
    put16(&mut out, 0x46, 2);
    put16(&mut out, 0x54, 240);
    let optional = 0x58;
    put16(&mut out, optional, 0x20b);
    put32(&mut out, optional + 32, 0x1000);
    put32(&mut out, optional + 36, 0x200);
    put32(&mut out, optional + 56, 0x6000);
    put32(&mut out, optional + 60, 0x200);
    put32(&mut out, optional + 64, 0xdead_beef);
    put32(&mut out, optional + 108, 16);
    for (index, (name, address, at)) in [(".text", 0x4000, 0x200), (".sbat", 0x5000, 0x300)].into_iter().enumerate() {
        let header = optional + 240 + index * 40;
        out[header..header + 5].copy_from_slice(name.as_bytes());
        for (place, value) in [(8, 0x20), (12, address), (16, 0x100), (20, at)] {
            put32(&mut out, header + place, value);
        }
    }
    out[0x200..0x205].copy_from_slice(b"code!");
    out[0x300..0x304].copy_from_slice(b"sbat");
    out
}

fn grown() -> Vec<u8> {
    let kernel = vec![7; 3_000];
    with_sections(&stub(), &[(".cmdline", b"quiet"), (".initrd", b"a disk in memory"), (".linux", &kernel)]).unwrap()
}

#[test]
fn sections_are_added_behind_and_nothing_moves_in_memory() {
    let image = grown();
    let all = sections(&image).unwrap();
    let names: Vec<&str> = all.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, [".text", ".sbat", ".cmdline", ".initrd", ".linux"]);
    let addresses: Vec<usize> = all.iter().map(|s| s.address).collect();
    assert_eq!(addresses, [0x4000, 0x5000, 0x6000, 0x7000, 0x8000]);
    assert_eq!(&section(&image, ".text").unwrap()[..5], b"code!");
    assert_eq!(section(&image, ".cmdline").unwrap(), b"quiet");
    assert_eq!(section(&image, ".linux").unwrap(), vec![7; 3_000]);
    for one in &all {
        assert_eq!(one.file_at % 0x200, 0, "{}", one.name);
        assert!(one.file_at >= 0x400, "a section stands in the headers");
    }
    let size = u32::from_le_bytes(image[0x58 + 56..0x58 + 60].try_into().unwrap());
    assert_eq!(size, 0x9000);
}

#[test]
fn what_does_not_fit_is_no_image() {
    assert_eq!(with_sections(&stub(), &[(".much-too-long", b"x")]), None);
    let many: Vec<(&str, &[u8])> = vec![(".x", b"x"); 95];
    assert_eq!(with_sections(&stub(), &many), None);
    assert_eq!(with_sections(b"MZ and nothing else", &[]), None);
    assert_eq!(digest(&grown()[..0x500]), None, "cut off");
}

#[test]
fn a_signature_covers_every_byte_but_its_own_place() {
    let image = grown();
    let before = digest(&image).unwrap();
    let signed = with_signature(&image, b"signature").unwrap();
    assert_eq!(digest(&signed), Some(before));
    assert_eq!(signature(&signed), Some(&b"signature"[..]));
    assert_eq!(signature(&image), None);
    assert_eq!(with_signature(&signed, b"another"), None, "signed twice");
    // The checksum and the entry of the certificate table are what a signer writes.
    let free = [0x58 + 64..0x58 + 68, 0x58 + 144..0x58 + 152];
    for at in 0..signed.len() {
        let mut other = signed.clone();
        other[at] ^= 1;
        let covered = digest(&other) != Some(before);
        let expected = at < image.len() && !free.iter().any(|f| f.contains(&at));
        assert!(covered || !expected, "byte {at} is covered by no signature");
    }
    let mut longer = signed.clone();
    longer.extend(b"more");
    assert_eq!(digest(&longer), None, "what follows the signature is signed by nobody");
}

#[test]
fn a_list_of_one_certificate_is_what_firmware_reads() {
    let list = signature_list(b"certificate");
    assert_eq!(list.len(), 28 + 16 + 11);
    assert_eq!(&list[..4], &[0xa1, 0x59, 0xc0, 0xa5], "EFI_CERT_X509_GUID");
    assert_eq!(&list[16..28], [&55u32.to_le_bytes()[..], &0u32.to_le_bytes(), &27u32.to_le_bytes()].concat());
    assert_eq!(&list[44..], b"certificate");
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), at in 0usize..0x400, with in any::<u8>()) {
        fuzz_pe(&bytes);
        let mut damaged = stub();
        damaged[at] = with;
        fuzz_pe(&damaged);
    }
}
