//! What the machine can say of itself. Facts decide nothing about trust: they are hints and conditions.
use crate::{
    network::link::{Card, mac_text},
    start,
};
use serde_json::{Value, json};
use socle_disk::devices;
use socle_domain::{facts::Facts, recognise::Hints};
use std::{fs, path::Path};

const TEXT_MAX_BYTES: usize = 256;

fn text(path: impl AsRef<Path>) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(TEXT_MAX_BYTES).collect();
    (!text.is_empty()).then_some(text)
}

fn dmi(name: &str) -> Option<String> {
    text(Path::new("/sys/class/dmi/id").join(name))
}

/// What is said at first contact.
pub fn hints(cards: &[Card]) -> Hints {
    Hints {
        // One that was made up for a card is no mark of the machine.
        macs: cards.iter().filter(|c| c.has_own_address()).map(|c| mac_text(&c.mac)).collect(),
        serial: dmi("product_serial"),
        uuid: dmi("product_uuid").map(|u| u.to_ascii_lowercase()),
        vendor: dmi("sys_vendor"),
        product: dmi("product_name"),
    }
}

/// All facts, by the names that `domain::facts` lists.
pub fn gather(cards: &[Card]) -> Facts {
    let mut facts = Facts::default();
    let hints = hints(cards);
    facts.set("memory_bytes", memory_bytes());
    facts.set("cpu", cpu());
    facts.set("firmware", if Path::new("/sys/firmware/efi").exists() { "uefi" } else { "bios" });
    facts.set("firmware_vendor", dmi("bios_vendor"));
    facts.set("firmware_version", dmi("bios_version"));
    facts.set("firmware_date", dmi("bios_date").and_then(|date| iso_date(&date)));
    start::of_this_machine().tell(&mut facts);
    facts.set("tpm", Path::new("/sys/class/tpm/tpm0").exists());
    facts.set("power", power());
    facts.set("vendor", hints.vendor);
    facts.set("product", hints.product);
    facts.set("serial", hints.serial);
    facts.set("uuid", hints.uuid);
    facts.set("macs", hints.macs);
    facts.set("chassis", dmi("chassis_type").map(|kind| chassis(&kind)));
    facts.set("asset_tag", dmi("chassis_asset_tag"));
    facts.set("gateway", gateway(&fs::read_to_string("/proc/net/route").unwrap_or_default()));
    facts.set("disks", devices::list().unwrap_or_default().iter().map(disk).collect::<Vec<_>>());
    facts.set("nics", cards.iter().map(nic).collect::<Vec<_>>());
    facts
}

/// SMBIOS writes `MM/DD/YYYY` (DSP0134 section 7.1); so that two dates compare as texts, `YYYY-MM-DD`.
fn iso_date(smbios: &str) -> Option<String> {
    let parts: Vec<&str> = smbios.split('/').collect();
    let [month, day, year] = parts[..] else { return None };
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    (digits(month, 2) && digits(day, 2) && digits(year, 4)).then(|| format!("{year}-{month}-{day}"))
}

fn disk(disk: &devices::Disk) -> Value {
    json!({
        "path": disk.path.to_string_lossy(),
        "size_bytes": disk.size_bytes,
        "model": disk.model,
        "serial": disk.serial,
        "sector_bytes": disk.logical_sector_bytes,
        "rotational": disk.rotational,
        "removable": disk.removable,
        "transport": disk.transport,
    })
}

fn nic(card: &Card) -> Value {
    let folder = Path::new("/sys/class/net").join(&card.name);
    let driver = fs::read_link(folder.join("device/driver")).ok();
    let driver = driver.and_then(|d| Some(d.file_name()?.to_string_lossy().into_owned()));
    let speed = text(folder.join("speed")).and_then(|s| s.parse::<i64>().ok()).filter(|s| *s > 0);
    json!({ "name": card.name, "mac": mac_text(&card.mac), "driver": driver, "speed_mbps": speed })
}

/// `laptop`, `desktop`, `server` or `other`, from SMBIOS' kind of chassis (DSP0134 section 7.4.1).
fn chassis(kind: &str) -> &'static str {
    match kind.parse::<u8>().map(|k| k & 0x7f) {
        Ok(8..=12 | 14 | 18 | 21 | 30..=32) => "laptop",
        Ok(3..=7 | 13 | 15 | 16 | 24 | 34..=36) => "desktop",
        Ok(17 | 23 | 25 | 28 | 29) => "server",
        _ => "other",
    }
}

/// The router by which this machine reaches other networks: of the kernel's table the line that leads everywhere.
fn gateway(table: &str) -> Option<String> {
    let address = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "00000000", hex, ..] = words[..] else { return None };
        // As the kernel of a little-endian machine writes an address: its last byte first.
        let number = u32::from_str_radix(hex, 16).ok().filter(|n| *n != 0)?;
        Some(std::net::Ipv4Addr::from(number.swap_bytes()).to_string())
    };
    table.lines().skip(1).find_map(address)
}

fn memory_bytes() -> u64 {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = info.lines().find_map(|l| l.strip_prefix("MemTotal:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0).saturating_mul(1024)
}

fn cpu() -> Value {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':')).map(|(_, m)| m.trim());
    let cores = info.lines().filter(|l| l.starts_with("processor")).count();
    json!({ "model": model.unwrap_or("unknown"), "cores": cores.max(1) })
}

/// `mains`, `battery` or `unknown`: a machine that shows no supply at all is a desktop or a virtual one, fed by mains.
fn power() -> &'static str {
    let supplies: Vec<_> =
        fs::read_dir("/sys/class/power_supply").into_iter().flatten().flatten().map(|e| e.path()).collect();
    let is = |path: &Path, file: &str, value: &str| text(path.join(file)).as_deref() == Some(value);
    if supplies.iter().any(|p| is(p, "type", "Mains") && is(p, "online", "1")) {
        "mains"
    } else if supplies.iter().any(|p| is(p, "type", "Battery") && is(p, "scope", "System")) {
        "battery"
    } else if supplies.iter().any(|p| is(p, "type", "Battery") && !is(p, "scope", "Device")) {
        if supplies.iter().any(|p| is(p, "status", "Discharging")) { "battery" } else { "unknown" }
    } else {
        "mains"
    }
}

/// Peak resident memory of this process.
pub fn peak_memory_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_s_words_become_facts() {
        let table = "Iface\tDestination\tGateway \tFlags\n\
                     eth0\t0000FEA9\t00000000\t0001\neth0\t00000000\t0102A8C0\t0003\n";
        assert_eq!(gateway(table).as_deref(), Some("192.168.2.1"));
        assert_eq!(gateway("Iface\n"), None);
        for (kind, expect) in
            [("10", "laptop"), ("31", "laptop"), ("3", "desktop"), ("35", "desktop"), ("23", "server")]
        {
            assert_eq!(chassis(kind), expect);
        }
        assert_eq!(iso_date("02/11/2026").as_deref(), Some("2026-02-11"));
        assert_eq!((iso_date("2026-02-11"), iso_date("2/11/26"), iso_date("")), (None, None, None));
        // 0x80: the chassis has a lock.
        assert_eq!((chassis("138"), chassis("1"), chassis("x")), ("laptop", "other", "other"));
    }
}
