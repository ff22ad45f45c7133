//! This machine's security chip (TPM 2.0), through the kernel's resource manager.
use socle_domain::{Digest, sign::PublicKey};
use socle_texts::{Fault, Result};
use socle_tpm::{Chip, Exchange, MAX_BYTES, chip::Keys, public::sha256};
use socle_trust::chance;
use socle_wire::tpm::{Blob, Credential, CredentialWish, Evidence, Opened, quoted_bytes};
use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::Duration,
};
use zeroize::Zeroizing;

/// Where the kernel shows it: what is loaded through this door is forgotten when it closes.
const DEVICE: &str = "/dev/tpmrm0";
const PAUSE: Duration = Duration::from_millis(250);

/// A line to a TPM.
pub type Line = Box<dyn Exchange + Send>;

/// The kernel's device: one write is a command, one read its answer.
struct Device(File);

impl Exchange for Device {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>> {
        let silent = |e: std::io::Error| Fault::new("tpm-silent").because(e);
        self.0.write_all(command).map_err(silent)?;
        let mut answer = vec![0; MAX_BYTES];
        let count = self.0.read(&mut answer).map_err(silent)?;
        answer.truncate(count);
        Ok(answer)
    }
    fn pause(&mut self) {
        sleep(PAUSE);
    }
}

/// This machine's chip; used by one at a time.
pub struct Tpm {
    chip: Mutex<Chip<Line>>,
    silent: AtomicBool,
}

impl Tpm {
    /// The machine's, if it has one of version 2.0.
    pub fn find() -> Option<Tpm> {
        let device = File::options().read(true).write(true).open(Path::new(DEVICE)).ok()?;
        Some(Tpm::on(Box::new(Device(device))))
    }
    /// The one at the end of a line.
    pub fn on(line: Line) -> Tpm {
        Tpm { chip: Mutex::new(Chip::new(line)), silent: AtomicBool::new(false) }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Chip<Line>) -> Result<T>) -> Result<T> {
        act(&mut self.chip.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether it is asked no more: it has failed, and what is not bound to it goes on without it.
    pub fn is_given_up(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }
    /// Asks it no more to speak for the machine.
    pub fn give_up(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// Seals a short secret.
    pub fn seal(&self, secret: &[u8]) -> Result<Vec<u8>> {
        self.with(|chip| chip.seal(secret))
    }
    /// Opens what it has sealed.
    ///
    /// # Errors
    /// `tpm-not-ours` where another has.
    pub fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.with(|chip| chip.unseal(sealed))
    }

    /// What the chip says to a challenge: that this key is shown from here.
    pub fn evidence(&self, nonce: &Digest, key: &PublicKey, opened: Option<Opened>) -> Result<Evidence> {
        let quoted = self.with(|chip| chip.quote(&sha256(&[&quoted_bytes(nonce, key)])))?;
        Ok(Evidence {
            ak: Blob(quoted.ak),
            attest: Blob(quoted.attest),
            signature: Blob(quoted.signature),
            registers: quoted.registers.into_iter().map(|(n, value)| (n, Digest(value))).collect(),
            opened,
        })
    }

    /// Proves to the server that both keys live in this chip: `ask` brings it the question.
    pub fn activate(&self, ask: impl FnOnce(&CredentialWish) -> Result<Credential>) -> Result<Opened> {
        let Keys { ek, ak } = self.with(Chip::keys)?;
        let wish = CredentialWish { ek: Blob(ek), ak: Blob(ak) };
        let given = ask(&wish)?;
        let nonce = chance::bytes()?;
        let inside = self.with(|chip| chip.activate(&given.blob.0, &given.secret.0, nonce))?;
        let inside: [u8; 32] =
            inside.as_slice().try_into().map_err(|_| Fault::new("tpm-unreadable").with("what", "credential"))?;
        Ok(Opened { ek: wish.ek, secret: Digest(inside) })
    }
}
