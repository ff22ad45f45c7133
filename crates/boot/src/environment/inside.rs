//! Looking for one small file inside a packed initrd, without unpacking it into memory.
use std::io::{Read, copy, sink};

const HEADER_BYTES: usize = 110;
const MAX_NAME_BYTES: u64 = 4_096;
/// The largest file that is given.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// An archive with more entries was not built here.
const MAX_ENTRIES: usize = 100_000;

/// What stands at a path of an initrd that [`super::build`] made; nothing where it is not there, or cannot be read.
pub fn public_file(initrd: &[u8], path: &str) -> Option<Vec<u8>> {
    let mut source = zstd::stream::read::Decoder::new(initrd).ok()?;
    for _ in 0..MAX_ENTRIES {
        let mut header = [0; HEADER_BYTES];
        source.read_exact(&mut header).ok()?;
        if &header[..6] != b"070701" {
            return None;
        }
        // Fields of eight hexadecimal digits: size stands seventh, length of the name twelfth (buffer-format.rst).
        let field = |number: usize| {
            let at = 6 + number * 8;
            u64::from_str_radix(std::str::from_utf8(&header[at..at + 8]).ok()?, 16).ok()
        };
        let (bytes, name_bytes) = (field(6)?, field(11)?);
        if name_bytes > MAX_NAME_BYTES {
            return None;
        }
        let name = take(&mut source, name_bytes, HEADER_BYTES as u64)?;
        let name = name.strip_suffix(b"\0").unwrap_or(&name);
        if name == path.as_bytes() {
            return if bytes <= MAX_FILE_BYTES { take(&mut source, bytes, 0) } else { None };
        }
        if name == b"TRAILER!!!" {
            return None;
        }
        let padded = bytes.next_multiple_of(4);
        (copy(&mut source.by_ref().take(padded), &mut sink()).ok()? == padded).then_some(())?;
    }
    None
}

/// So many bytes, and what fills them up to a multiple of four, counted with what came before.
fn take(source: &mut impl Read, bytes: u64, before: u64) -> Option<Vec<u8>> {
    let padded = (before + bytes).next_multiple_of(4) - before;
    let mut all = Vec::new();
    source.take(padded).read_to_end(&mut all).ok()?;
    if (all.len() as u64) < bytes {
        return None;
    }
    all.truncate(bytes as usize);
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::{super::Tree, *};

    #[test]
    fn one_file_is_found_and_nothing_else_breaks_it() {
        let mut tree = Tree::default();
        tree.put_file("bin/large", 0o755, vec![7; 100_003]);
        tree.put_file("etc/socle/agent.json", 0o644, &b"{}"[..]);
        let packed = zstd::bulk::compress(&tree.write(), 3).expect("packed");
        assert_eq!(public_file(&packed, "etc/socle/agent.json").as_deref(), Some(&b"{}"[..]));
        assert_eq!(public_file(&packed, "etc/socle/other"), None);
        for cut in [0, 10, packed.len() / 2, packed.len() - 1] {
            let _ = public_file(&packed[..cut], "etc/socle/agent.json");
        }
        assert_eq!(public_file(b"not an archive", "a"), None);
    }
}
