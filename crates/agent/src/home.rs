//! Going home: a machine that has nothing to do in the boot environment starts its own disk, whatever brought it here.
//!
//! Where the server says at each start what to load, a restart is enough. Where the firmware or another DHCP server always
//! names our signed image (an address typed into the firmware's setup, option 67 written once for all), a restart would bring
//! the machine back here, for ever. So the firmware is told to try the first of its own entries that is neither network nor a
//! program of its own, once; its order is never touched. A machine that comes back all the same has no disk that starts: it
//! stays and says so, and takes work when there is some.
use socle_disk::{boot_entry, efi::Variables};
use socle_domain::start::Start;
use std::time::Duration;

/// When this machine was last sent home, in seconds since 1970, eight bytes.
const SENT: &str = "SocleSentHome";
/// A machine that was sent home and is here again so soon has not been there.
const SOON: Duration = Duration::from_secs(15 * 60);

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A restart brings it home.
    Restart,
    /// There is no disk among the firmware's own entries.
    NoEntry,
    /// It was sent home and came back.
    CameBack,
}

/// Prepares the way. What can't be written is no reason to stay: most machines come home by a mere restart.
pub fn prepare(firmware: Option<&Variables>, start: &Start, now: Duration) -> Way {
    let ours = match start.chain {
        "uki" | "shim" => true,
        // One that knows our certificate restarts to be started by the signed image.
        "debian" => start.enrolled == "none",
        _ => false,
    };
    let (Some(firmware), true) = (firmware, ours) else { return Way::Restart };
    let Ok(entry) = boot_entry::home(firmware) else { return Way::Restart };
    let Some(entry) = entry else { return Way::NoEntry };
    let sent = firmware.read(SENT).ok().flatten().and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
    if sent.is_some_and(|sent| now.as_secs().abs_diff(sent) < SOON.as_secs()) {
        return Way::CameBack;
    }
    send(firmware, entry.number, now);
    Way::Restart
}

/// The same for a machine that has perhaps stayed already: it stays until there was work. Nothing restarts by the clock.
pub fn next(firmware: Option<&Variables>, start: &Start, now: Duration, before: Option<Way>) -> Way {
    let was_sent = firmware.is_some_and(|firmware| matches!(firmware.read(SENT), Ok(Some(_))));
    match before {
        Some(Way::CameBack) if was_sent => Way::CameBack,
        _ => prepare(firmware, start, now),
    }
}

/// Sends it home once more, because somebody wishes it.
pub fn again(firmware: Option<&Variables>, now: Duration) {
    let Some(firmware) = firmware else { return };
    if let Ok(Some(entry)) = boot_entry::home(firmware) {
        send(firmware, entry.number, now);
    }
}

fn send(firmware: &Variables, entry: u16, now: Duration) {
    // First the memory of it: a firmware that keeps none must not be sent home for ever.
    if firmware.write(SENT, &now.as_secs().to_le_bytes()).is_ok() {
        let _ = boot_entry::start_next(firmware, entry);
    }
}

/// There is work: what was before is forgotten.
pub fn forget(firmware: Option<&Variables>) {
    if let Some(firmware) = firmware
        && matches!(firmware.read(SENT), Ok(Some(_)))
    {
        let _ = firmware.delete(SENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";

    /// A firmware with these entries, in this order, each of these nodes: kind and subkind.
    fn firmware(folder: &Path, entries: &[&[(u8, u8)]]) -> Variables {
        let put = |name: String, value: &[u8]| {
            fs::write(folder.join(format!("{name}-{GLOBAL}")), [&[7, 0, 0, 0], value].concat()).unwrap();
        };
        for (number, nodes) in entries.iter().enumerate() {
            let nodes: Vec<u8> = nodes.iter().chain(&[(0x7f, 0xff)]).flat_map(|(a, b)| [*a, *b, 4, 0]).collect();
            let length = (nodes.len() as u16).to_le_bytes();
            put(format!("Boot{number:04X}"), &[&[1, 0, 0, 0], &length[..], &[b'x', 0, 0, 0], &nodes].concat());
        }
        put("BootOrder".into(), &(0..entries.len() as u16).flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        Variables::at(folder).unwrap()
    }

    fn start(chain: &'static str, enrolled: &'static str) -> Start {
        Start { secure_boot: true, chain, via: "http", enrolled, trusted: true }
    }

    const HTTP: &[(u8, u8)] = &[(2, 1), (3, 11), (3, 12), (3, 24)];
    const SETUP: &[(u8, u8)] = &[(4, 7), (4, 6)];
    const DISK: &[(u8, u8)] = &[(2, 1), (1, 1), (3, 23)];

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_790_000_000 + seconds)
    }

    #[test]
    fn a_machine_that_is_always_led_here_goes_home_once_and_then_stays() {
        let folder = tempfile::tempdir().unwrap();
        let firmware = firmware(folder.path(), &[HTTP, SETUP, DISK]);
        let ask = |start: &Start, seconds| prepare(Some(&firmware), start, at(seconds));
        assert_eq!(ask(&start("uki", "db"), 0), Way::Restart);
        assert_eq!(boot_entry::next(&firmware).unwrap(), Some(2), "its disk");
        assert_eq!(boot_entry::order(&firmware).unwrap(), [0, 1, 2], "never touched");
        assert_eq!(ask(&start("uki", "db"), 60), Way::CameBack);
        assert_eq!(ask(&start("shim", "mok"), 14 * 60), Way::CameBack);
        let later = |before| next(Some(&firmware), &start("uki", "db"), at(60 * 60), before);
        assert_eq!(later(Some(Way::CameBack)), Way::CameBack, "it stays, however long");
        // Whoever comes another day has been home.
        assert_eq!(ask(&start("uki", "db"), 86_400), Way::Restart);
        assert_eq!(ask(&start("uki", "db"), 86_460), Way::CameBack);
        // With work in between it may go home again.
        forget(Some(&firmware));
        assert_eq!(ask(&start("uki", "db"), 86_520), Way::Restart);
    }

    #[test]
    fn where_a_restart_is_enough_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let firmware = firmware(folder.path(), &[HTTP, DISK]);
        let ipxe = prepare(Some(&firmware), &start("ipxe", "none"), at(0));
        let better = prepare(Some(&firmware), &start("debian", "db"), at(0));
        assert_eq!(
            (ipxe, better, prepare(None, &start("uki", "db"), at(0))),
            (Way::Restart, Way::Restart, Way::Restart)
        );
        assert_eq!((boot_entry::next(&firmware).unwrap(), firmware.read(SENT).unwrap()), (None, None));
        assert_eq!(prepare(Some(&firmware), &start("debian", "none"), at(0)), Way::Restart);
        assert_eq!(boot_entry::next(&firmware).unwrap(), Some(1));
    }

    #[test]
    fn without_a_disk_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let firmware = firmware(folder.path(), &[HTTP, SETUP, &[(5, 1)]]);
        assert_eq!(prepare(Some(&firmware), &start("uki", "db"), at(0)), Way::NoEntry);
        assert_eq!(boot_entry::next(&firmware).unwrap(), None);
    }
}
