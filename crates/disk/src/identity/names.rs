//! Hostname, machine-id, and what a clone should not inherit.
use super::{Change, Tree, WriteAs};
use socle_texts::{Fault, Result};

const HOSTNAME_MAX_BYTES: usize = 63;

/// Whether a name may be a hostname: one label of RFC 1123 section 2.1.
pub fn valid_hostname(name: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    bytes.len() <= HOSTNAME_MAX_BYTES
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// Gives the system its name: `/etc/hostname`, and the line of `/etc/hosts` that stands for the machine itself.
pub fn set_hostname(root: &Tree, name: &str) -> Result<Vec<Change>> {
    if !valid_hostname(name) {
        return Err(Fault::new("disk-hostname-invalid").with("name", name));
    }
    let mut changes = Vec::new();
    let old = root.read_text("/etc/hostname")?.unwrap_or_default().trim().to_string();
    if old != name {
        root.write("/etc/hostname", format!("{name}\n").as_bytes(), WriteAs::default())?;
        changes.push(Change::new("/etc/hostname", old, name));
    }
    let hosts = root.read_text("/etc/hosts")?.unwrap_or_else(|| "127.0.0.1\tlocalhost\n".into());
    let renamed = rename_in_hosts(&hosts, name);
    if renamed != hosts {
        let own = |text: &str| text.lines().find(|l| is_own_line(l)).unwrap_or_default().to_string();
        changes.push(Change::new("/etc/hosts", own(&hosts), own(&renamed)));
        root.write("/etc/hosts", renamed.as_bytes(), WriteAs::default())?;
    }
    Ok(changes)
}

/// Debian gives the machine's own name to 127.0.1.1 (hosts(5), Debian reference 5.1.1).
fn is_own_line(line: &str) -> bool {
    line.split_whitespace().next() == Some("127.0.1.1")
}

/// The own line with the new name; a domain that the old one carried is kept.
fn rename_in_hosts(hosts: &str, name: &str) -> String {
    let mut seen = false;
    let mut lines: Vec<String> = Vec::new();
    for line in hosts.lines() {
        if !is_own_line(line) {
            lines.push(line.into());
        } else if !seen {
            seen = true;
            let domain = line.split_whitespace().skip(1).find_map(|word| Some(word.split_once('.')?.1));
            lines.push(match domain {
                Some(domain) => format!("127.0.1.1\t{name}.{domain} {name}"),
                None => format!("127.0.1.1\t{name}"),
            });
        }
    }
    if !seen {
        lines.push(format!("127.0.1.1\t{name}"));
    }
    lines.join("\n") + "\n"
}

/// Writes a new machine-id (machine-id(5): 32 lower-case hexadecimal digits), in D-Bus's own copy too.
pub fn set_machine_id(root: &Tree, id: [u8; 16]) -> Result<Vec<Change>> {
    let text: String = id.iter().map(|b| format!("{b:02x}")).collect();
    let mut changes = Vec::new();
    for file in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
        let old = root.read_text(file)?;
        if file != "/etc/machine-id" && old.is_none() {
            continue;
        }
        let old = old.unwrap_or_default().trim().to_string();
        if old != text {
            root.write(file, format!("{text}\n").as_bytes(), WriteAs { mode: 0o444, force_mode: false })?;
            changes.push(Change::new(file, old, text.clone()));
        }
    }
    Ok(changes)
}

/// Removes what must not be the same on two machines and is made anew by the system itself: random seeds, the key
/// that seals credentials, leases of addresses. `esp` is the mounted EFI partition.
pub fn forget_leftovers(root: &Tree, esp: Option<&Tree>) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    let mut forget = |tree: &Tree, path: &str, shown: &str| -> Result<()> {
        if tree.remove(path)? {
            changes.push(Change::new(shown, "present", ""));
        }
        Ok(())
    };
    for file in [
        "/var/lib/systemd/random-seed",
        "/var/lib/systemd/credential.secret",
        "/var/lib/urandom/random-seed",
        "/var/lib/NetworkManager/secret_key",
    ] {
        forget(root, file, file)?;
    }
    for folder in ["/var/lib/dhcp", "/var/lib/NetworkManager"] {
        for name in root.names(folder) {
            if name.ends_with(".lease") || name.ends_with(".leases") {
                let file = format!("{folder}/{name}");
                forget(root, &file, &file)?;
            }
        }
    }
    if let Some(esp) = esp {
        forget(esp, "/loader/random-seed", "/boot/efi/loader/random-seed")?;
        // Pieces of files that a repair after a power cut has saved: fsck.fat(8), FSCK0000.REC.
        for name in esp.names("/") {
            let digits = name.strip_prefix("FSCK").and_then(|rest| rest.strip_suffix(".REC"));
            if digits.is_some_and(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_digit())) {
                forget(esp, &format!("/{name}"), &format!("/boot/efi/{name}"))?;
            }
        }
    }
    Ok(changes)
}
