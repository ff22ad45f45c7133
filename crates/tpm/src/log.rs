//! The log of what was measured into a TPM's registers since the machine was switched on, as firmware hands it to the kernel
//! ("TCG PC Client Platform Firmware Profile", revision 1.06, section 10: `TCG_PCR_EVENT`, then `TCG_PCR_EVENT2`).
//!
//! Anybody can write a log. What makes one worth reading is [`replay`]: the registers can only be extended, so that a log
//! whose events lead to what a quote says the registers hold names every measurement, in its order. It names the *digests*:
//! kind and data of an event are a claim until its data is seen to have that digest.
//!
//! Numbers are little-endian here, other than in all that a TPM itself says.
use crate::{SHA256, public::sha256};
use socle_texts::{Fault, Result};

/// Longest log that is read: real ones have some dozens of KiB, most of it the lists of keys in register 7.
pub const MAX_LOG_BYTES: usize = 192 << 10;
/// Most events that are read.
const MAX_EVENTS: usize = 4_096;
/// Most banks of registers.
const MAX_BANKS: usize = 8;
/// The longest digest: SHA-512.
const MAX_DIGEST_BYTES: u16 = 64;
/// An event that no register was extended with.
const NO_ACTION: u32 = 3;
/// What the first event says: how the others are written.
const HOW: &[u8; 16] = b"Spec ID Event03\0";
const SHA1_BYTES: usize = 20;

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The register that was extended.
    pub register: u32,
    /// What kind it is said to be.
    pub kind: u32,
    /// What the SHA-256 bank's register was extended with.
    pub digest: [u8; 32],
    /// What is said of it.
    pub data: &'a [u8],
}

impl Event<'_> {
    /// Whether its data is what was measured.
    pub fn is_of_its_data(&self) -> bool {
        sha256(&[self.data]) == self.digest
    }
}

struct Reader<'a>(&'a [u8]);

fn wrong(why: &str) -> Fault {
    Fault::new("tpm-unreadable").with("what", "log").because(why)
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count).ok_or_else(|| wrong("it ends too early"))?;
        self.0 = rest;
        Ok(head)
    }
    fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.take(2)?.try_into().unwrap_or_default()))
    }
    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into().unwrap_or_default()))
    }
}

/// The banks that each event has a digest for: algorithm and length of the digest.
type Banks = Vec<(u16, u16)>;

/// The first event, in the old form: it extends nothing and says which banks there are.
fn head(reader: &mut Reader<'_>) -> Result<Banks> {
    let (_register, kind) = (reader.u32()?, reader.u32()?);
    let _sha1 = reader.take(SHA1_BYTES)?;
    let length = reader.u32()?;
    let mut said = Reader(reader.take(length as usize)?);
    if kind != NO_ACTION || said.take(HOW.len())? != HOW {
        return Err(wrong("it is of TPM 1.2, or of no TPM"));
    }
    // The platform's class, the specification's version, the size of a number.
    said.take(8)?;
    let count = said.u32()? as usize;
    if count == 0 || count > MAX_BANKS {
        return Err(wrong("so many banks no TPM has"));
    }
    let mut banks = Banks::new();
    for _ in 0..count {
        let bank = (said.u16()?, said.u16()?);
        if bank.1 == 0 || bank.1 > MAX_DIGEST_BYTES || banks.iter().any(|(known, _)| *known == bank.0) {
            return Err(wrong("its banks make no sense"));
        }
        banks.push(bank);
    }
    match banks.contains(&(SHA256, 32)) {
        true => Ok(banks),
        false => Err(wrong("it knows no bank of SHA-256")),
    }
}

fn event<'a>(reader: &mut Reader<'a>, banks: &Banks) -> Result<Event<'a>> {
    let (register, kind) = (reader.u32()?, reader.u32()?);
    if reader.u32()? as usize != banks.len() {
        return Err(wrong("an event has other banks than the log"));
    }
    let (mut digest, mut seen) = ([0; 32], Vec::with_capacity(banks.len()));
    for _ in 0..banks.len() {
        let bank = reader.u16()?;
        let known = banks.iter().find(|(known, _)| *known == bank && !seen.contains(known));
        let (_, length) = known.ok_or_else(|| wrong("an event has other banks than the log"))?;
        seen.push(bank);
        let bytes = reader.take(usize::from(*length))?;
        if bank == SHA256 {
            digest.copy_from_slice(bytes);
        }
    }
    let length = reader.u32()?;
    Ok(Event { register, kind, digest, data: reader.take(length as usize)? })
}

/// Reads a log, and hands each event over with its bytes; where the first event ends.
fn walk<'a>(bytes: &'a [u8], mut each: impl FnMut(Event<'a>, &'a [u8])) -> Result<usize> {
    if bytes.len() > MAX_LOG_BYTES {
        return Err(wrong("it is longer than logs are"));
    }
    let mut reader = Reader(bytes);
    let banks = head(&mut reader)?;
    let begin = bytes.len() - reader.0.len();
    for _ in 0..MAX_EVENTS {
        if reader.0.is_empty() {
            return Ok(begin);
        }
        let from = reader.0;
        let found = event(&mut reader, &banks)?;
        each(found, &from[..from.len() - reader.0.len()]);
    }
    match reader.0.is_empty() {
        true => Ok(begin),
        false => Err(wrong("it has more events than logs have")),
    }
}

/// All that was measured, in its order. What extended nothing is left out.
///
/// # Errors
/// `tpm-unreadable`.
pub fn read(bytes: &[u8]) -> Result<Vec<Event<'_>>> {
    let mut all = Vec::new();
    walk(bytes, |event, _| {
        if event.kind != NO_ACTION {
            all.push(event);
        }
    })?;
    Ok(all)
}

/// The same log with what was measured into these registers alone: what a machine sends.
///
/// # Errors
/// `tpm-unreadable`.
pub fn only(bytes: &[u8], registers: &[u8]) -> Result<Vec<u8>> {
    let mut kept = Vec::new();
    let begin = walk(bytes, |event, whole| {
        if event.kind != NO_ACTION && registers.iter().any(|r| u32::from(*r) == event.register) {
            kept.extend_from_slice(whole);
        }
    })?;
    Ok([&bytes[..begin], &kept].concat())
}

/// What a register holds after all that is said to have been measured into it ("TPM 2.0 Library" part 1, section 11.4.7):
/// nothing at first, then each time the digest of what it held and what came. Not for register 0, which may begin otherwise.
pub fn replay(events: &[Event<'_>], register: u8) -> [u8; 32] {
    let mine = events.iter().filter(|event| event.register == u32::from(register));
    mine.fold([0; 32], |held, event| sha256(&[&held, &event.digest]))
}
