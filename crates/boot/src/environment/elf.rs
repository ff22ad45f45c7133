//! What a program, a library or a kernel module says that it needs.
use object::{
    Endianness,
    elf::{DT_NEEDED, FileHeader64, PT_INTERP},
    read::elf::{FileHeader, ProgramHeader, SectionHeader},
};

type Elf = FileHeader64<Endianness>;

/// What a program or library needs to be started (System V ABI, chapter 5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// The loader's path (PT_INTERP); none for a static program or a library.
    pub loader: Option<String>,
    /// The libraries' names (DT_NEEDED).
    pub libraries: Vec<String>,
}

/// Reads what an ELF program or library needs; nothing if it is none for 64-bit machines, or damaged.
pub fn needs(bytes: &[u8]) -> Option<Needs> {
    let elf = Elf::parse(bytes).ok()?;
    let endian = elf.endian().ok()?;
    let mut needs = Needs::default();
    for header in elf.program_headers(endian, bytes).ok()? {
        if header.p_type(endian) == PT_INTERP {
            let path = header.data(endian, bytes).ok()?.strip_suffix(&[0])?;
            needs.loader = Some(std::str::from_utf8(path).ok()?.to_string());
        }
    }
    let sections = elf.sections(endian, bytes).ok()?;
    if let Some((entries, strings)) = sections.dynamic(endian, bytes).ok()? {
        let strings = sections.strings(endian, bytes, strings).ok()?;
        for entry in entries.iter().filter(|e| e.d_tag.get(endian) == DT_NEEDED) {
            let name = strings.get(entry.d_val.get(endian) as u32).ok()?;
            needs.libraries.push(std::str::from_utf8(name).ok()?.to_string());
        }
    }
    Some(needs)
}

/// The statements `key=value` of a kernel module (section `.modinfo`), in their order; nothing if it is no module.
pub fn module_info(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let elf = Elf::parse(bytes).ok()?;
    let endian = elf.endian().ok()?;
    let sections = elf.sections(endian, bytes).ok()?;
    let (_, section) = sections.section_by_name(endian, b".modinfo")?;
    let data = section.data(endian, bytes).ok()?;
    let statements = data.split(|b| *b == 0).filter_map(|s| std::str::from_utf8(s).ok()?.split_once('='));
    Some(statements.map(|(key, value)| (key.to_string(), value.to_string())).collect())
}

/// Replayable entry: neither reader panics, whatever the bytes.
pub fn fuzz_elf(bytes: &[u8]) {
    needs(bytes);
    module_info(bytes);
}
