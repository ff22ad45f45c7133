//! A partition that we don't understand: everything but zeroes, and its name where we recognise it.
use super::{Contents, Extent, Kind, Part, Refusal};
use socle_image::manifest::{Filesystem, Method};

/// Where other filesystems sign: offset, bytes, name.
const SIGNS: [(u64, &[u8], &str); 8] = [
    (3, b"NTFS    ", "ntfs"),
    (3, b"EXFAT   ", "exfat"),
    (0, b"XFSB", "xfs"),
    (0x1_0040, b"_BHRfS_M", "btrfs"),
    (4086, b"SWAPSPACE2", "swap"),
    (0x200, b"LABELONE", "lvm"),
    (0, b"LUKS\xba\xbe", "luks"),
    (0x8001, b"CD001", "iso9660"),
];

pub(super) fn look(part: &Part) -> Result<Contents, Refusal> {
    let mut contents = whole(part, "filesystem-unknown")?;
    contents.filesystem = recognise(part)?;
    if contents.filesystem.is_some() {
        contents.why = "filesystem-not-understood";
    }
    Ok(contents)
}

/// Everything, cut in the order of the disk; zeroes are found when it is read.
pub(super) fn whole(part: &Part, why: &'static str) -> Result<Contents, Refusal> {
    let mut contents = Contents::new(Method::Whole, why);
    contents.add(Kind::Raw, [Extent { start: 0, bytes: part.bytes }]);
    Ok(contents)
}

pub(super) fn recognise(part: &Part) -> Result<Option<Filesystem>, Refusal> {
    for (offset, sign, kind) in SIGNS {
        if offset + sign.len() as u64 > part.bytes {
            continue;
        }
        if part.read_vec(offset, sign.len())? == sign {
            return Ok(Some(Filesystem {
                kind: kind.into(),
                block_bytes: 0,
                size_bytes: 0,
                used_bytes: 0,
                uuid: String::new(),
                label: String::new(),
            }));
        }
    }
    Ok(None)
}
