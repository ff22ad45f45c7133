//! Names that are digests: BLAKE3-256, written as 64 lower-case hexadecimal digits.
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr};

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The name of these bytes.
            pub fn of(bytes: &[u8]) -> Self {
                $name(*blake3::hash(bytes).as_bytes())
            }
            /// Whether these are the bytes of this name.
            pub fn is_of(&self, bytes: &[u8]) -> bool {
                Self::of(bytes) == *self
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self)
            }
        }
        impl FromStr for $name {
            type Err = &'static str;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| "not lower-case hexadecimal")?;
                Ok($name(bytes.try_into().map_err(|_| "not 64 digits")?))
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<str>::deserialize(d)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

digest!(
    /// A chunk: the BLAKE3-256 of its plain bytes.
    ChunkId
);
digest!(
    /// A pack: the BLAKE3-256 of its bytes as they rest.
    PackName
);
digest!(
    /// A page of a manifest: the BLAKE3-256 of its bytes.
    PageDigest
);
digest!(
    /// An image: the BLAKE3-256 of its manifest, which names its pages, which name its chunks. What is signed.
    ImageId
);
