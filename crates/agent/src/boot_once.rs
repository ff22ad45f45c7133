//! Starting the boot environment once, from an installed system: the firmware is told, read back, and the machine restarts.
//!
//! The firmware's own order is never touched. Where it can't be told, the machine says so and stays as it is; whether it did
//! what it was told, the server sees by who speaks next.
mod esp;

use crate::{
    http::{Http, Patience},
    run::Server,
    seen::LastOrder,
    session::Session,
    start,
};
use socle_boot::environment::{Manifest, UKI};
use socle_disk::{boot_entry, efi::Variables};
use socle_domain::{
    Clock, Digest,
    keys::{EnvironmentRelease, server_key},
    order::{Act, BootFrom, accept},
    sign::{PublicKey, Signed, Signer},
};
use socle_texts::{Fault, Result, say};
use socle_wire::{agent::Welcome, boot_once::BootOnceReport};
use std::{process::Command, thread::sleep, time::Duration};

const PATIENCE: Patience = Patience::For(Duration::from_secs(120));
const MAX_WORD_BYTES: usize = 64 << 10;
const MAX_MANIFEST_BYTES: usize = 1 << 20;
/// Kernel and initrd, or both in one image.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// Until the system that was asked to restart is killed by its own means.
const SYSTEM_ENDS: Duration = Duration::from_secs(180);

/// Does what the server orders an installed system to do, if it orders anything.
///
/// # Errors
/// Those of the conversation. What this machine can't do is no error here: it is told to the server.
pub fn obey(session: &Session<'_>) -> Result<()> {
    let Welcome::Known(known) = session.introduce()? else { return Err(Fault::new("agent-not-known-any-more")) };
    let seen = LastOrder::of_starts(&server_key(&session.content_key, &known.delegation)?)?;
    for signed in session.orders(seen.number(), 0)?.orders {
        let (machine, now) = (session.key.public(), session.clock.now());
        let accepted =
            accept(&signed, &session.content_key, &known.delegation, known.target, &machine, seen.number(), now);
        let order = match accepted {
            Ok(order) => order,
            Err(fault) => {
                session.screen.trouble(&fault);
                continue;
            }
        };
        let Act::BootOnce { from } = order.act else { continue };
        // Before it is done: whatever comes of it, it is done once.
        seen.seen(order.number);
        let done = arm(session.http, &session.content_key, from);
        let report = match &done {
            Ok(entry) => BootOnceReport::Armed { entry: *entry },
            Err(fault) => BootOnceReport::Refused { fault: fault.clone() },
        };
        let path = format!("/agent/v1/boot-once/{}", order.number);
        session.call(|http| http.tell(&path, &report, PATIENCE))?;
        if done.is_ok() {
            eprintln!("{}", say(session.screen.lang(), "agent-boot-once-restarts", &[]));
            restart();
        }
    }
    Ok(())
}

/// Tells the firmware what to start next. The entry that it will try.
fn arm(http: &Http, content: &PublicKey, from: BootFrom) -> Result<u16> {
    let firmware = Variables::open().ok_or_else(|| Fault::new("agent-boot-once-no-efi"))?;
    let entry = match from {
        BootFrom::Network => {
            let network = boot_entry::network(&firmware)?;
            network.ok_or_else(|| Fault::new("agent-boot-once-no-network"))?.number
        }
        BootFrom::OwnDisk => {
            let environment = Environment::fetch(http, content, start::of_this_machine().secure_boot)?;
            let place = esp::put(&environment)?;
            boot_entry::put_ours(&firmware, &boot_entry::file_entry(place, &environment.start, &environment.words))?
        }
    };
    boot_entry::start_next(&firmware, entry)?;
    Ok(entry)
}

/// The boot environment, each byte of it as the content key signed it.
pub struct Environment {
    /// Its files, by their names on the EFI partition.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// What the firmware starts, as it names files.
    pub start: String,
    /// What it is told.
    pub words: String,
}

impl Environment {
    /// Fetches it: one signed image where Secure Boot asks for one or where there is one, else kernel and initrd.
    ///
    /// # Errors
    /// `agent-environment-altered`, `agent-boot-once-not-signed`; those of the conversation.
    fn fetch(http: &Http, content: &PublicKey, secure_boot: bool) -> Result<Environment> {
        let altered = |file: &str| Fault::new("agent-environment-altered").with("file", file);
        let get = |file: &str, limit: usize| http.bytes(&format!("/agent/v1/environment/{file}"), limit, PATIENCE);
        let word = get("release.json", MAX_WORD_BYTES)?;
        let word: Signed<EnvironmentRelease> =
            serde_json::from_slice(&word).map_err(|e| altered("release.json").because(e))?;
        let release = word.open(content)?;
        let manifest = get("manifest.json", MAX_MANIFEST_BYTES)?;
        if Digest::of(&manifest) != release.manifest {
            return Err(altered("manifest.json"));
        }
        let manifest: Manifest = serde_json::from_slice(&manifest).map_err(|e| altered("manifest.json").because(e))?;
        let file = |name: &'static str| {
            let expected =
                manifest.files.get(name).filter(|f| f.bytes <= MAX_FILE_BYTES).ok_or_else(|| altered(name))?;
            let bytes = get(name, expected.bytes as usize)?;
            match Digest::of(&bytes).to_string() == expected.blake3 {
                true => Ok((name, bytes)),
                false => Err(altered(name)),
            }
        };
        if manifest.files.contains_key(UKI) {
            let (files, start) = (vec![file(UKI)?], esp::path_of(UKI));
            return Ok(Environment { files, start, words: String::new() });
        }
        if secure_boot {
            return Err(Fault::new("agent-boot-once-not-signed"));
        }
        let files = vec![file("vmlinuz")?, file("initrd.img")?];
        // The kernel's own stub reads the initrd from the partition that it came from (Documentation/admin-guide/efi-stub).
        let words = format!("initrd={} quiet", esp::path_of("initrd.img"));
        Ok(Environment { files, start: esp::path_of("vmlinuz"), words })
    }
}

/// Restarts in order, by the system's own means; where it has none, at once.
fn restart() -> ! {
    for (program, words) in [("systemctl", &["--no-wall", "reboot"][..]), ("shutdown", &["-r", "now"]), ("reboot", &[])]
    {
        if Command::new(program).args(words).status().is_ok_and(|status| status.success()) {
            // The system ends this very process.
            sleep(SYSTEM_ENDS);
        }
    }
    crate::init::reboot()
}
