//! What an attestation key says of the machine's state: `TPMS_ATTEST` of a quote (part 2, section 10.12), its signature
//! (section 11.3), and the registers that it is about.
use crate::{
    SHA256,
    codec::{Reader, Writer},
    public::sha256,
};
use socle_texts::{Fault, Result};
use std::collections::BTreeMap;

/// `TPM_GENERATED_VALUE`: what no restricted key signs for anybody but its TPM.
const GENERATED: u32 = 0xff54_4347;
const ST_ATTEST_QUOTE: u16 = 0x8018;
const ECDSA: u16 = 0x0018;
/// Registers of the SHA-256 bank.
const REGISTERS: u8 = 24;

/// The registers that we ask for: 4, which images started the machine; 7, by which keys of Secure Boot; 11, which unified
/// kernel image.
pub const ASKED: &[u8] = &[4, 7, 11];

/// Registers and what they hold.
pub type Registers = BTreeMap<u8, [u8; 32]>;

/// `TPML_PCR_SELECTION` of registers of the SHA-256 bank (part 2, section 10.9.7).
pub fn selection(registers: &[u8]) -> Vec<u8> {
    let mut bits = [0_u8; 3];
    for register in registers.iter().filter(|r| **r < REGISTERS) {
        bits[usize::from(register / 8)] |= 1 << (register % 8);
    }
    Writer::new().u32(1).u16(SHA256).u8(3).bytes(&bits).done()
}

/// Reads a `TPML_PCR_SELECTION` of the one bank that we ask for.
pub(crate) fn read_selection(reader: &mut Reader<'_>) -> Result<Vec<u8>> {
    let banks = reader.u32()?;
    if banks > 1 {
        return Err(reader.wrong("it is about several banks"));
    }
    if banks == 0 {
        return Ok(vec![]);
    }
    reader.exactly(SHA256, "it is about another bank than SHA-256")?;
    let count = reader.u8()?;
    if count > 4 {
        return Err(reader.wrong("it selects too many registers"));
    }
    let bits = reader.take(usize::from(count))?;
    Ok((0..REGISTERS).filter(|r| bits.get(usize::from(r / 8)).is_some_and(|b| b & (1 << (r % 8)) != 0)).collect())
}

/// A quote, read and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// What the asker gave to be signed with it.
    pub extra: Vec<u8>,
    /// How often the TPM was started anew.
    pub resets: u32,
    /// The registers that it is about.
    pub selected: Vec<u8>,
    /// The digest of what they held.
    pub digest: [u8; 32],
}

impl Quote {
    /// Reads a quote.
    ///
    /// # Errors
    /// `tpm-unreadable`.
    pub fn read(bytes: &[u8]) -> Result<Quote> {
        let mut reader = Reader::new(bytes, "quote");
        if reader.u32()? != GENERATED {
            return Err(reader.wrong("no TPM has made it"));
        }
        reader.exactly(ST_ATTEST_QUOTE, "it is another attestation than a quote")?;
        let _signer = reader.sized()?;
        let extra = reader.sized()?.to_vec();
        let _clock = reader.u64()?;
        let resets = reader.u32()?;
        let _restarts = reader.u32()?;
        let _safe = reader.u8()?;
        let _firmware = reader.u64()?;
        let selected = read_selection(&mut reader)?;
        let digest = reader.sized()?.try_into().map_err(|_| reader.wrong("its digest is none of SHA-256"))?;
        reader.end()?;
        Ok(Quote { extra, resets, selected, digest })
    }

    /// Whether it says what was asked: over this, about these registers and what they are told to hold.
    ///
    /// # Errors
    /// `tpm-quote-wrong`.
    pub fn says(&self, extra: &[u8], registers: &Registers) -> Result<()> {
        let wrong = |why: &str| Err(Fault::new("tpm-quote-wrong").because(why));
        if self.extra != extra {
            return wrong("it answers another question");
        }
        if !registers.keys().eq(self.selected.iter()) {
            return wrong("it is about other registers");
        }
        let values: Vec<&[u8]> = registers.values().map(|v| &v[..]).collect();
        if sha256(&values) != self.digest {
            return wrong("the registers held something else");
        }
        Ok(())
    }
}

/// The two numbers of a signature, one after another, of `TPMT_SIGNATURE` with ECDSA over SHA-256.
///
/// # Errors
/// `tpm-unreadable`.
pub fn read_signature(bytes: &[u8]) -> Result<[u8; 64]> {
    let mut reader = Reader::new(bytes, "signature");
    reader.exactly(ECDSA, "it is none of ECDSA")?;
    reader.exactly(SHA256, "it is none over SHA-256")?;
    let mut both = [0; 64];
    for half in [0, 32] {
        let number = reader.sized()?;
        // A TPM may leave out zeros at the beginning.
        let at = 32_usize.checked_sub(number.len()).ok_or_else(|| reader.wrong("its numbers are too long"))?;
        both[half + at..half + 32].copy_from_slice(number);
    }
    reader.end()?;
    Ok(both)
}
