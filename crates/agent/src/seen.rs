//! The number of the last order that this machine took up, so that none is obeyed twice even with an empty disk.
use socle_disk::efi::Variables;
use socle_domain::{Digest, sign::PublicKey};
use socle_texts::Result;
use std::sync::atomic::{AtomicU64, Ordering};

const NAME: &str = "SocleLastOrder";
/// Orders to start the boot environment are counted apart: one must not make the run it is for look like an old one.
const STARTS: &str = "SocleLastStart";

/// The last number, kept in a firmware variable where there are such.
pub struct LastOrder {
    firmware: Option<Variables>,
    name: &'static str,
    server: [u8; 8],
    number: AtomicU64,
}

impl LastOrder {
    /// What is known of this server's orders. Another server numbers anew.
    pub fn of(server: &PublicKey) -> Result<Self> {
        Self::named(server, NAME)
    }
    /// The same of its orders to start the boot environment.
    pub fn of_starts(server: &PublicKey) -> Result<Self> {
        Self::named(server, STARTS)
    }
    fn named(server: &PublicKey, name: &'static str) -> Result<Self> {
        let firmware = Variables::open();
        let mut id = [0; 8];
        id.copy_from_slice(&Digest::of(&server.0).0[..8]);
        let kept = firmware.as_ref().map(|v| v.read(name)).transpose()?.flatten();
        let number = kept.and_then(|k| {
            let (whose, number) = k.split_at_checked(8)?;
            (whose == id).then_some(u64::from_le_bytes(number.try_into().ok()?))
        });
        Ok(LastOrder { firmware, name, server: id, number: AtomicU64::new(number.unwrap_or(0)) })
    }
    /// The number.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }
    /// An order was taken up. Where the firmware refuses to keep it, the server's own journal still does.
    pub fn seen(&self, number: u64) {
        if self.number.fetch_max(number, Ordering::Relaxed) >= number {
            return;
        }
        if let Some(firmware) = &self.firmware {
            let mut value = self.server.to_vec();
            value.extend_from_slice(&number.to_le_bytes());
            let _ = firmware.write(self.name, &value);
        }
    }
}
