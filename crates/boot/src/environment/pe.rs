//! PE images as far as UEFI reads them (Microsoft PE format; UEFI 2.10 section 2.1.1): sections are added, the digest that
//! Authenticode signs is computed, a signature is attached and found again. Nothing here panics, whatever the bytes.
use aws_lc_rs::digest::{Context, SHA256};

/// x86-64 (`IMAGE_FILE_MACHINE_AMD64`).
const MACHINE: u16 = 0x8664;
/// 64-bit images (`PE32+`).
const MAGIC: u16 = 0x20b;
const SECTION_BYTES: usize = 40;
/// Initialised data that is read: what added sections are.
const READ_DATA: u32 = 0x4000_0040;
/// WIN_CERTIFICATE (UEFI 2.10 section 32.2.4): its length, revision 2.0, PKCS #7 SignedData.
const CERTIFICATE_BYTES: usize = 8;
const CERTIFICATE_KIND: [u8; 4] = [0x00, 0x02, 0x02, 0x00];
/// More sections than any stub has; firmware gives up earlier.
const MAX_SECTIONS: usize = 96;

/// Where things stand in an image.
struct Layout {
    coff_at: usize,
    optional_at: usize,
    sections_at: usize,
    sections: Vec<Section>,
    file_alignment: usize,
    section_alignment: usize,
}

/// A section of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name: `.linux`.
    pub name: String,
    /// Where it stands in memory, from the image's beginning.
    pub address: usize,
    /// How long it is there.
    pub memory_bytes: usize,
    /// Where it stands in the file.
    pub file_at: usize,
    /// How long it is there, filled up.
    pub file_bytes: usize,
}

impl Layout {
    fn read(image: &[u8]) -> Option<Layout> {
        if image.get(..2)? != b"MZ" {
            return None;
        }
        let pe_at = number32(image, 0x3c)?;
        if image.get(pe_at..pe_at.checked_add(4)?)? != b"PE\0\0" {
            return None;
        }
        let coff_at = pe_at + 4;
        let optional_at = coff_at + 20;
        let sections_at = optional_at + number16(image, coff_at + 16)? as usize;
        let count = number16(image, coff_at + 2)? as usize;
        let is_ours = number16(image, coff_at)? == MACHINE && number16(image, optional_at)? == MAGIC;
        // The certificate table's entry is the fifth of the directories, which begin at 112.
        if !is_ours
            || count > MAX_SECTIONS
            || number32(image, optional_at + 108)? < 5
            || sections_at < optional_at + 152
        {
            return None;
        }
        let mut sections = Vec::with_capacity(count);
        for index in 0..count {
            let at = sections_at + index * SECTION_BYTES;
            let name = image.get(at..at + 8)?.split(|b| *b == 0).next().unwrap_or_default();
            let section = Section {
                name: String::from_utf8_lossy(name).into_owned(),
                memory_bytes: number32(image, at + 8)?,
                address: number32(image, at + 12)?,
                file_bytes: number32(image, at + 16)?,
                file_at: number32(image, at + 20)?,
            };
            image.get(section.file_at..section.file_at.checked_add(section.file_bytes)?)?;
            sections.push(section);
        }
        let (section_alignment, file_alignment) =
            (number32(image, optional_at + 32)?, number32(image, optional_at + 36)?);
        let sane = |n: usize| n.is_power_of_two() && (0x20..=0x10_0000).contains(&n);
        (sane(section_alignment) && sane(file_alignment)).then_some(Layout {
            coff_at,
            optional_at,
            sections_at,
            sections,
            file_alignment,
            section_alignment,
        })
    }

    fn checksum_at(&self) -> usize {
        self.optional_at + 64
    }

    /// Where the certificate table's place and length stand.
    fn certificates_at(&self) -> usize {
        self.optional_at + 144
    }
}

/// The sections of an image; nothing where it is no 64-bit image for x86.
pub fn sections(image: &[u8]) -> Option<Vec<Section>> {
    Layout::read(image).map(|l| l.sections)
}

/// What stands in a section, as it was put there.
pub fn section<'a>(image: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let found = sections(image)?.into_iter().find(|s| s.name == name)?;
    image.get(found.file_at..found.file_at + found.memory_bytes.min(found.file_bytes))
}

/// An image with sections added behind its own, its signature taken off. The file is laid out anew, so that there is room
/// for the new headers; in memory everything stays where it was. Nothing where the image is none, or a name too long, or no
/// room is left between the headers and the first section in memory.
pub fn with_sections(image: &[u8], added: &[(&str, &[u8])]) -> Option<Vec<u8>> {
    let layout = Layout::read(image)?;
    let old_end = layout.sections_at + layout.sections.len() * SECTION_BYTES;
    let headers_bytes = (old_end + added.len() * SECTION_BYTES).next_multiple_of(layout.file_alignment);
    let first = layout.sections.iter().map(|s| s.address).min()?;
    if headers_bytes > first || layout.sections.len() + added.len() > MAX_SECTIONS {
        return None;
    }
    let mut out = image.get(..old_end)?.to_vec();
    out.resize(headers_bytes, 0);
    let mut end = 0;
    for (index, section) in layout.sections.iter().enumerate() {
        end = end.max(section.address.checked_add(section.memory_bytes.max(section.file_bytes))?);
        if section.file_bytes > 0 {
            let at = layout.sections_at + index * SECTION_BYTES;
            let here = out.len();
            put32(&mut out, at + 20, here)?;
            let raw = image.get(section.file_at..section.file_at + section.file_bytes)?;
            out.extend_from_slice(raw);
            let padded = out.len().next_multiple_of(layout.file_alignment);
            put32(&mut out, at + 16, section.file_bytes.next_multiple_of(layout.file_alignment))?;
            out.resize(padded, 0);
        }
    }
    let mut grown = 0;
    for (index, (name, bytes)) in added.iter().enumerate() {
        let at = old_end + index * SECTION_BYTES;
        let address = end.next_multiple_of(layout.section_alignment);
        let file_bytes = bytes.len().next_multiple_of(layout.file_alignment);
        if name.len() > 8 {
            return None;
        }
        out.get_mut(at..at + name.len())?.copy_from_slice(name.as_bytes());
        put32(&mut out, at + 8, bytes.len())?;
        put32(&mut out, at + 12, address)?;
        put32(&mut out, at + 16, file_bytes)?;
        let here = out.len();
        put32(&mut out, at + 20, here)?;
        put32(&mut out, at + 36, READ_DATA as usize)?;
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(layout.file_alignment), 0);
        end = address.checked_add(bytes.len())?;
        grown += file_bytes;
    }
    let count = u16::try_from(layout.sections.len() + added.len()).ok()?;
    out.get_mut(layout.coff_at + 2..layout.coff_at + 4)?.copy_from_slice(&count.to_le_bytes());
    // Symbols of a linker point into the old file.
    put32(&mut out, layout.coff_at + 8, 0)?;
    put32(&mut out, layout.coff_at + 12, 0)?;
    let data = number32(&out, layout.optional_at + 8)?.checked_add(grown)?;
    put32(&mut out, layout.optional_at + 8, data)?;
    put32(&mut out, layout.optional_at + 56, end.next_multiple_of(layout.section_alignment))?;
    put32(&mut out, layout.optional_at + 60, headers_bytes)?;
    put32(&mut out, layout.checksum_at(), 0)?;
    put32(&mut out, layout.certificates_at(), 0)?;
    put32(&mut out, layout.certificates_at() + 4, 0)?;
    Some(out)
}

/// The SHA-256 that Authenticode signs: of all but the checksum, the place of the signature and the signature itself.
pub fn digest(image: &[u8]) -> Option<[u8; 32]> {
    let layout = Layout::read(image)?;
    let end = match number32(image, layout.certificates_at())? {
        0 => image.len(),
        at => at,
    };
    let (checksum, certificates) = (layout.checksum_at(), layout.certificates_at());
    let mut context = Context::new(&SHA256);
    context.update(image.get(..checksum)?);
    context.update(image.get(checksum + 4..certificates)?);
    context.update(image.get(certificates + 8..end)?);
    // What follows the signature would be signed by nobody.
    let signature_bytes = number32(image, certificates + 4)?;
    if end != image.len() && end.checked_add(signature_bytes)? != image.len() {
        return None;
    }
    context.finish().as_ref().try_into().ok()
}

/// An unsigned image with a signature (PKCS #7, DER) attached.
pub fn with_signature(image: &[u8], pkcs7: &[u8]) -> Option<Vec<u8>> {
    let layout = Layout::read(image)?;
    if number32(image, layout.certificates_at())? != 0 || image.len() % 8 != 0 {
        return None;
    }
    let mut out = image.to_vec();
    let length = CERTIFICATE_BYTES + pkcs7.len();
    put32(&mut out, layout.certificates_at(), image.len())?;
    put32(&mut out, layout.certificates_at() + 4, length.next_multiple_of(8))?;
    out.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    out.extend_from_slice(&CERTIFICATE_KIND);
    out.extend_from_slice(pkcs7);
    out.resize(out.len().next_multiple_of(8), 0);
    Some(out)
}

/// The first signature (PKCS #7, DER) of an image.
pub fn signature(image: &[u8]) -> Option<&[u8]> {
    let layout = Layout::read(image)?;
    let at = number32(image, layout.certificates_at())?;
    let length = number32(image, at)?;
    if at == 0 || image.get(at + 4..at + 8)? != CERTIFICATE_KIND {
        return None;
    }
    image.get(at + CERTIFICATE_BYTES..at.checked_add(length)?)
}

fn number16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn number32(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize)
}

fn put32(bytes: &mut [u8], at: usize, value: usize) -> Option<()> {
    let value = u32::try_from(value).ok()?.to_le_bytes();
    bytes.get_mut(at..at.checked_add(4)?)?.copy_from_slice(&value);
    Some(())
}

/// Replayable entry: nothing panics whatever the bytes; what was added is found again and leaves the rest as it was.
pub fn fuzz_pe(bytes: &[u8]) {
    let _ = (digest(bytes), signature(bytes), section(bytes, ".text"));
    if let Some(grown) = with_sections(bytes, &[(".extra", b"some bytes")]) {
        assert_eq!(section(&grown, ".extra"), Some(&b"some bytes"[..]));
        if let Some(signed) = with_signature(&grown, b"a signature") {
            assert_eq!(signature(&signed), Some(&b"a signature"[..]));
            assert_eq!(digest(&signed), digest(&grown));
        }
    }
}
