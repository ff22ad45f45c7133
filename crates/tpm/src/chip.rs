//! A TPM one can talk to: the acts of a machine's identity, each of them a few commands.
use crate::{
    command::{self, Answer, Command, ENDORSEMENT, KEPT_EK, KEPT_STORAGE, OWNER},
    public::{self, AttestationKey, EndorsementKey},
    quote::{ASKED, Registers},
};
use socle_texts::{Fault, Result};
use zeroize::Zeroizing;

/// How often a TPM that is busy with itself is asked again.
const TRIES: usize = 40;
/// Which storage key something was sealed under: the first byte of what is kept.
const UNDER_PRIMARY: u8 = 0;
const UNDER_KEPT: u8 = 1;
/// No TPM has more room for a certificate.
const CERTIFICATE_MAX_BYTES: usize = 4096;
/// What is sealed is a key's seed.
pub const SEALED_MAX_BYTES: usize = 64;

/// Whoever carries a command to a TPM and its answer back.
pub trait Exchange {
    /// One command, one answer, whole.
    ///
    /// # Errors
    /// `tpm-silent`.
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>>;
    /// Waits a little: the TPM asked for it.
    fn pause(&mut self);
}

impl<E: Exchange + ?Sized> Exchange for Box<E> {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>> {
        (**self).exchange(command)
    }
    fn pause(&mut self) {
        (**self).pause();
    }
}

/// A TPM.
pub struct Chip<E> {
    line: E,
}

/// What a machine shows of its TPM at each introduction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// The attestation key's public area.
    pub ak: Vec<u8>,
    /// The quote.
    pub attest: Vec<u8>,
    /// Its signature.
    pub signature: Vec<u8>,
    /// What the registers held.
    pub registers: Registers,
}

/// The public areas of the two keys that a server brings together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The endorsement key's.
    pub ek: Vec<u8>,
    /// The attestation key's.
    pub ak: Vec<u8>,
}

impl<E: Exchange> Chip<E> {
    /// The TPM at the end of a line.
    pub fn new(line: E) -> Self {
        Chip { line }
    }

    /// Asks once, and again where the TPM says so; `read` sees the answer.
    fn ask<T>(
        &mut self,
        command: Command,
        bytes: &[u8],
        with_handle: bool,
        take: impl FnOnce(Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut tries = 0;
        loop {
            let answer = Zeroizing::new(self.line.exchange(bytes)?);
            tries += 1;
            if tries < TRIES && command::is_later(&answer) {
                self.line.pause();
                continue;
            }
            return take(command::read(command, &answer, with_handle)?);
        }
    }

    /// Makes a primary key, has it used, and forgets it whatever came of it.
    fn with_primary<T>(
        &mut self,
        hierarchy: u32,
        template: &[u8],
        act: impl FnOnce(&mut Self, u32, &[u8]) -> Result<T>,
    ) -> Result<T> {
        let made = command::create_primary(hierarchy, template);
        let (handle, public) =
            self.ask(command::CREATE_PRIMARY, &made, true, |a| Ok((a.handle, command::public_of(a)?)))?;
        let done = act(self, handle, &public);
        self.forget(handle);
        done
    }

    /// What can't be forgotten is when the line closes: the kernel's resource manager sees to it.
    fn forget(&mut self, handle: u32) {
        let _ = self.ask(command::FLUSH_CONTEXT, &command::flush(handle), false, |_| Ok(()));
    }

    /// The endorsement key: the one that a system keeps if it is of the profile's form, else made again, which costs a real
    /// TPM some seconds.
    fn with_ek<T>(&mut self, act: impl FnOnce(&mut Self, u32, &[u8]) -> Result<T>) -> Result<T> {
        let kept = self.ask(command::READ_PUBLIC, &command::read_public(KEPT_EK), false, command::public_of);
        if let Ok(public) = kept
            && EndorsementKey::read(&public).is_ok()
        {
            return act(self, KEPT_EK, &public);
        }
        self.with_primary(ENDORSEMENT, &public::ek_template(), act)
    }

    fn with_ak<T>(&mut self, act: impl FnOnce(&mut Self, u32, &[u8]) -> Result<T>) -> Result<T> {
        self.with_primary(ENDORSEMENT, &public::ak_template(), |chip, handle, public| {
            AttestationKey::read(public)?;
            act(chip, handle, public)
        })
    }

    /// The two keys of this TPM.
    pub fn keys(&mut self) -> Result<Keys> {
        let ek = self.with_ek(|_, _, public| Ok(public.to_vec()))?;
        let ak = self.with_ak(|_, _, public| Ok(public.to_vec()))?;
        Ok(Keys { ek, ak })
    }

    /// What the TPM's maker says of its endorsement key: an X.509 certificate (DER), where it holds one.
    pub fn ek_certificate(&mut self) -> Result<Option<Vec<u8>>> {
        let index = command::EK_CERTIFICATE;
        let held = self.ask(command::NV_READ_PUBLIC, &command::nv_read_public(index), false, command::nv_bytes);
        let count = match held {
            Ok(count) if usize::from(count) <= CERTIFICATE_MAX_BYTES => count,
            Err(fault) if !fault.is("tpm-absent") => return Err(fault),
            _ => return Ok(None),
        };
        let mut bytes = Vec::with_capacity(usize::from(count));
        while bytes.len() < usize::from(count) {
            let from = bytes.len() as u16;
            let ask = command::nv_read(index, (count - from).min(command::NV_CHUNK_BYTES), from);
            let part = self.ask(command::NV_READ, &ask, false, |mut answer| Ok(answer.parameters.sized()?.to_vec()))?;
            if part.is_empty() {
                break;
            }
            bytes.extend(part);
        }
        // What follows the certificate fills up the place that was kept for it.
        Ok(match *bytes {
            [0x30, 0x82, high, low, ..] => {
                bytes.truncate(4 + usize::from(u16::from_be_bytes([high, low])));
                Some(bytes)
            }
            _ => None,
        })
    }

    /// Opens what a server made for this TPM's two keys: proof that both live in it. `nonce` is chance.
    ///
    /// # Errors
    /// `tpm-not-ours` where it was made for others; those of the TPM.
    pub fn activate(&mut self, blob: &[u8], secret: &[u8], nonce: [u8; 16]) -> Result<Zeroizing<Vec<u8>>> {
        self.with_ek(|chip, ek, _| {
            chip.with_ak(|chip, ak, _| {
                let start = command::start_policy(&nonce);
                let session = chip.ask(command::START_AUTH_SESSION, &start, true, |a| Ok(a.handle))?;
                let opened = chip.ask(command::POLICY_SECRET, &command::policy_secret(session), false, |_| Ok(()));
                let opened = opened.and_then(|()| {
                    let activate = command::activate(ak, ek, session, blob, secret);
                    chip.ask(command::ACTIVATE_CREDENTIAL, &activate, false, command::unsealed)
                });
                chip.forget(session);
                opened
            })
        })
    }

    /// Has the attestation key sign `extra` together with the registers that tell how the machine was started.
    ///
    /// # Errors
    /// Those of the TPM; `tpm-quote-wrong` where the registers change while they are read, time and again.
    pub fn quote(&mut self, extra: &[u8]) -> Result<Quoted> {
        self.with_ak(|chip, handle, ak| {
            for _ in 0..TRIES {
                let registers = chip.registers()?;
                let ask = command::quote(handle, extra, ASKED);
                let (attest, signature) = chip.ask(command::QUOTE, &ask, false, command::quoted)?;
                if crate::quote::Quote::read(&attest)?.says(extra, &registers).is_ok() {
                    return Ok(Quoted { ak: ak.to_vec(), attest, signature, registers });
                }
            }
            Err(Fault::new("tpm-quote-wrong").because("the registers never stand still"))
        })
    }

    /// What the registers of [`ASKED`] hold.
    pub fn registers(&mut self) -> Result<Registers> {
        let mut all = Registers::new();
        for register in ASKED {
            all.append(&mut self.ask(command::PCR_READ, &command::pcr_read(&[*register]), false, command::pcrs)?);
        }
        Ok(all)
    }

    /// Seals a short secret so that this TPM alone opens it again.
    ///
    /// # Errors
    /// `tpm-locked` where an operating system has taken the TPM into its care and kept no storage key for others.
    pub fn seal(&mut self, secret: &[u8]) -> Result<Vec<u8>> {
        if secret.is_empty() || secret.len() > SEALED_MAX_BYTES {
            return Err(Fault::new("tpm-unreadable").with("what", "secret"));
        }
        let under = |chip: &mut Self, parent: u32| {
            chip.ask(command::CREATE, &command::seal(parent, secret), false, command::sealed)
        };
        let primary = self.with_primary(OWNER, &public::storage_template(), |chip, parent, _| under(chip, parent));
        let (place, sealed) = match primary {
            Err(fault) if fault.is("tpm-locked") => (UNDER_KEPT, under(self, KEPT_STORAGE).map_err(|_| fault)?),
            sealed => (UNDER_PRIMARY, sealed?),
        };
        Ok([&[place], &sealed[..]].concat())
    }

    /// Opens what this TPM has sealed.
    ///
    /// # Errors
    /// `tpm-not-ours` where another TPM has sealed it, or this one before it was cleared; those of the TPM.
    pub fn unseal(&mut self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let open = |chip: &mut Self, parent: u32, sealed: &[u8]| {
            let item = chip.ask(command::LOAD, &command::load(parent, sealed), true, |a| Ok(a.handle))?;
            let opened = chip.ask(command::UNSEAL, &command::unseal(item), false, command::unsealed);
            chip.forget(item);
            opened
        };
        match sealed.split_first() {
            Some((&UNDER_PRIMARY, sealed)) => {
                self.with_primary(OWNER, &public::storage_template(), |chip, parent, _| open(chip, parent, sealed))
            }
            Some((&UNDER_KEPT, sealed)) => {
                open(self, KEPT_STORAGE, sealed).map_err(|fault| match fault.is("tpm-absent") {
                    // The system's own storage key is gone, as after a clearing.
                    true => Fault { code: "tpm-not-ours".into(), ..fault },
                    false => fault,
                })
            }
            _ => Err(Fault::new("tpm-unreadable").with("what", "sealed key")),
        }
    }

    /// The line again.
    pub fn into_line(self) -> E {
        self.line
    }
    /// The line, to say what no act here says.
    pub fn line(&mut self) -> &mut E {
        &mut self.line
    }
}
