//! This machine's security chip (TPM 2.0), through the kernel's resource manager.
use socle_domain::{Digest, sign::PublicKey};
use socle_texts::{Fault, Result};
use socle_tpm::{Chip, Exchange, MAX_BYTES, chip::Keys, log, public::sha256, start};
use socle_trust::chance;
use socle_wire::agent::Where;
use socle_wire::tpm::{Blob, Credential, CredentialWish, Evidence, Long, MAX_LOG_BYTES, Opened, quoted_bytes};
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
/// What the firmware says was measured, as the kernel hands it on (Documentation/security/tpm/tpm_event_log.rst).
const LOG: &str = "/sys/kernel/security/tpm0/binary_bios_measurements";
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
    log: Option<Vec<u8>>,
    log_told: AtomicBool,
}

impl Tpm {
    /// The machine's, if it has one of version 2.0. Only in the boot environment it is asked how the machine was started.
    pub fn find(place: Where) -> Option<Tpm> {
        let device = File::options().read(true).write(true).open(Path::new(DEVICE)).ok()?;
        let log = (place == Where::Boot).then(|| read_log(Path::new(LOG))).flatten();
        Some(Tpm { log, ..Tpm::on(Box::new(Device(device))) })
    }
    /// The one at the end of a line.
    pub fn on(line: Line) -> Tpm {
        let [silent, log_told] = [false, false].map(AtomicBool::new);
        Tpm { chip: Mutex::new(Chip::new(line)), silent, log: None, log_told }
    }
    /// With what was measured into it, as a firmware's log says.
    #[must_use]
    pub fn with_log(self, log: &[u8]) -> Tpm {
        Tpm { log: short(log), ..self }
    }

    /// A machine that waits has said its log: its registers alone tell that nothing has changed.
    pub fn log_was_told(&self, told: bool) {
        self.log_told.store(told, Ordering::Relaxed);
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
            log: self.log.clone().filter(|_| !self.log_told.load(Ordering::Relaxed)).map(Long),
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
        // A chip that can't say who has made it is one that nobody vouches for.
        let certificate = self.with(Chip::ek_certificate).ok().flatten().map(Long);
        Ok(Opened { ek: wish.ek, secret: Digest(inside), certificate })
    }
}

fn read_log(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = log::MAX_LOG_BYTES as u64 + 1;
    File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    short(&bytes)
}

/// As much of a log as a server asks for; nothing where it is none.
fn short(log: &[u8]) -> Option<Vec<u8>> {
    log::only(log, start::REGISTERS).ok().filter(|log| log.len() <= MAX_LOG_BYTES)
}
