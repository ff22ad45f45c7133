//! GUIDs as partition tables keep them.
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr};

/// Sixteen bytes in the order of the disk (UEFI 2.10, appendix A: the first three groups are little-endian).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub [u8; 16]);

/// Where the byte of each pair of digits stands on the disk.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

impl Guid {
    /// The GUID that no partition has.
    pub const ZERO: Guid = Guid([0; 16]);

    /// From its five groups as they are written, for constants.
    pub const fn of(a: u32, b: u16, c: u16, d: [u8; 8]) -> Guid {
        let (a, b, c) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
        Guid([a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]])
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, &at) in ORDER.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[at])?;
        }
        Ok(())
    }
}
impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self})")
    }
}
impl FromStr for Guid {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.as_bytes();
        if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|&i| bytes[i] != b'-') {
            return Err("a GUID is written 8-4-4-4-12");
        }
        let digits: Vec<u8> = bytes.iter().filter(|&&b| b != b'-').copied().collect();
        let plain =
            data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).map_err(|_| "a GUID holds hexadecimal digits")?;
        let mut guid = Guid::ZERO;
        for (value, at) in plain.iter().zip(ORDER) {
            guid.0[at] = *value;
        }
        if plain.len() == 16 { Ok(guid) } else { Err("a GUID has 32 digits") }
    }
}
impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}
