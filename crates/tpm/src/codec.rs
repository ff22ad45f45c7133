//! Big-endian fields (part 1, section 6.2; part 2, section 4). Sized structures (`TPM2B_…`) are two bytes of length and so
//! many bytes.
use socle_texts::{Fault, Result};

/// Reads an answer field by field; never past its end.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads these bytes; `what` they are is named where they turn out not to be that.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Reader { bytes, what }
    }
    /// The fault of bytes that are not what they should be.
    pub fn wrong(&self, why: &str) -> Fault {
        Fault::new("tpm-unreadable").with("what", self.what).because(why)
    }
    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.bytes.split_at_checked(count).ok_or_else(|| self.wrong("it ends too early"))?;
        self.bytes = rest;
        Ok(head)
    }
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| self.wrong("it ends too early"))
    }
    /// One byte.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_be_bytes(self.fixed()?))
    }
    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_be_bytes(self.fixed()?))
    }
    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.fixed()?))
    }
    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(self.fixed()?))
    }
    /// A sized structure: its content.
    pub fn sized(&mut self) -> Result<&'a [u8]> {
        let count = self.u16()?;
        self.take(usize::from(count))
    }
    /// A sized structure with its length before it, as it stands.
    pub fn sized_whole(&mut self) -> Result<&'a [u8]> {
        let from = self.bytes;
        let count = self.sized()?.len() + 2;
        Ok(&from[..count])
    }
    /// A number that can only be this one.
    pub fn exactly(&mut self, expected: u16, why: &str) -> Result<()> {
        if self.u16()? == expected { Ok(()) } else { Err(self.wrong(why)) }
    }
    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }
    /// Says that nothing may be left.
    pub fn end(&self) -> Result<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(self.wrong("something follows it")) }
    }
}

/// Writes a command field by field.
#[derive(Debug, Clone, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Nothing yet.
    pub fn new() -> Self {
        Writer::default()
    }
    /// One byte.
    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }
    /// Two bytes.
    pub fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }
    /// Four bytes.
    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }
    /// Bytes as they are.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
    /// A sized structure. Ours are short: what is longer than a TPM's whole buffer is cut, and the TPM refuses it.
    pub fn sized(self, content: &[u8]) -> Self {
        let content = &content[..content.len().min(crate::MAX_BYTES)];
        self.u16(content.len() as u16).bytes(content)
    }
    /// All of it.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}
