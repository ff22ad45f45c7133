//! By which chain this machine was started, read from what firmware, shim and the stub left in the UEFI variables. What it
//! is worth is `domain::start`'s affair; nothing here is a proof to anybody else.
use crate::{
    config::{self, Config, kernel_arg},
    init,
    screen::Screen,
};
use socle_disk::efi::EFIVARFS;
use socle_domain::{
    Digest,
    facts::Facts,
    start::{Standing, Start},
};
use std::{fs, path::Path};

/// `EFI_GLOBAL_VARIABLE`: SecureBoot, SetupMode, BootCurrent, Boot####.
const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// `EFI_IMAGE_SECURITY_DATABASE_GUID`: db.
const SECURITY: &str = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
/// shim's.
const SHIM: &str = "605dab50-e046-4300-abb6-3dd810dd8b23";
/// systemd's loaders'.
const LOADER: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
/// The word of the command line by which a kernel is told its chain; inside the signed image it is signed too.
const CHAIN: &str = "socle.chain";
/// `EFI_CERT_X509_GUID` as it stands in a list.
const X509: [u8; 16] = [0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72];
/// Parts into which shim splits a list that is too long for one variable; more are not looked at.
const MAX_PARTS: usize = 16;
/// Variables are small; what is longer is not read.
const MAX_VARIABLE_BYTES: usize = 1 << 20;

/// The firmware's variables, as files of a folder.
struct Variables<'a>(&'a Path);

impl Variables<'_> {
    /// A variable's value, without the four bytes of attributes in front.
    fn read(&self, name: &str, vendor: &str) -> Option<Vec<u8>> {
        let bytes = fs::read(self.0.join(format!("{name}-{vendor}"))).ok()?;
        (bytes.len() <= MAX_VARIABLE_BYTES).then(|| bytes.get(4..).map(<[u8]>::to_vec))?
    }

    fn is_one(&self, name: &str, vendor: &str) -> bool {
        self.read(name, vendor).as_deref() == Some(&[1])
    }

    fn holds(&self, name: &str, vendor: &str, certificate: Digest) -> bool {
        self.read(name, vendor).is_some_and(|lists| certificates(&lists).any(|c| Digest::of(c) == certificate))
    }
}

/// How this machine was started.
pub fn of_this_machine() -> Start {
    let config = Config::read(Path::new(config::IN_BOOT)).ok();
    let cmdline = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    find(Path::new(EFIVARFS), &cmdline, config.and_then(|c| c.boot_certificate), init::is_worker())
}

/// Says on the machine's screen what its start is worth, where Secure Boot is on.
pub fn say(facts: &Facts, screen: &Screen) {
    let key = match Standing::of(facts) {
        Standing::Trusted => "agent-start-trusted",
        Standing::Enrolled => "agent-start-enrolled",
        Standing::Unenrolled => "agent-start-unenrolled",
        // Whether a chip proves it, the server says.
        Standing::Off | Standing::Unsaid | Standing::Unproved => return,
    };
    screen.event(key, &[]);
}

/// What is found. `in_boot`: this is the boot environment, else the installed system.
pub fn find(variables: &Path, cmdline: &str, certificate: Option<Digest>, in_boot: bool) -> Start {
    let variables = Variables(variables);
    let secure_boot = variables.is_one("SecureBoot", GLOBAL) && !variables.is_one("SetupMode", GLOBAL);
    let enrolled = certificate.map_or("none", |certificate| enrolled(&variables, certificate));
    // The stub leaves its name behind when it has started a kernel.
    let by_stub = variables.read("StubInfo", LOADER).is_some();
    // shim leaves what it revokes behind, and its keys.
    let by_shim = variables.read("SbatLevelRT", SHIM).is_some() || variables.read("MokListRT", SHIM).is_some();
    let chain = match (in_boot, kernel_arg(cmdline, CHAIN).as_deref()) {
        (false, _) => "disk",
        (true, Some("uki")) if by_stub && by_shim => "shim",
        (true, Some("uki")) if by_stub => "uki",
        (true, Some("debian")) => "debian",
        (true, _) => "ipxe",
    };
    // Somebody at the machine may have told shim to check nothing any more.
    let careless = variables.is_one("MokSBStateRT", SHIM);
    let by_ours = matches!((chain, enrolled), ("uki", "db") | ("shim", "db" | "mok")) && !(chain == "shim" && careless);
    Start { secure_boot, chain, via: via(&variables), enrolled, trusted: secure_boot && by_ours }
}

fn enrolled(variables: &Variables<'_>, certificate: Digest) -> &'static str {
    let part = |n: usize| if n == 0 { "MokListRT".to_string() } else { format!("MokListRT{n}") };
    if variables.holds("db", SECURITY, certificate) {
        "db"
    } else if (0..MAX_PARTS).any(|n| variables.holds(&part(n), SHIM, certificate)) {
        "mok"
    } else {
        "none"
    }
}

/// How the firmware got its first loader: the device path of the entry that it started (UEFI 2.10 sections 3.1.3 and 10.3).
fn via(variables: &Variables<'_>) -> &'static str {
    let entry = || {
        let current = variables.read("BootCurrent", GLOBAL)?;
        let number = u16::from_le_bytes(current.try_into().ok()?);
        variables.read(&format!("Boot{number:04X}"), GLOBAL)
    };
    let Some(option) = entry() else { return "unknown" };
    // Attributes, the length of the paths, a name in UTF-16 that ends with a zero, then the nodes.
    let Some(rest) = option.get(6..) else { return "unknown" };
    let Some(name_units) = rest.chunks_exact(2).position(|unit| unit == [0, 0]) else { return "unknown" };
    let mut nodes = rest.get(name_units * 2 + 2..).unwrap_or_default();
    let mut found = "unknown";
    while let [kind, subkind, low, high, ..] = *nodes {
        let length = usize::from(u16::from_le_bytes([low, high]));
        match (kind, subkind) {
            // Messaging: a URI; an address of either protocol; a MAC.
            (3, 24) => found = "http",
            (3, 11..=13) if found == "unknown" => found = "pxe",
            // Media: a partition, a file.
            (4, 1 | 4) => found = "disk",
            (0x7f, _) => break,
            _ => {}
        }
        match nodes.get(length.max(4)..) {
            Some(rest) => nodes = rest,
            None => break,
        }
    }
    found
}

/// The certificates of signature lists (UEFI 2.10 section 32.4.1), DER each.
fn certificates(lists: &[u8]) -> impl Iterator<Item = &[u8]> {
    let number = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let mut rest = lists;
    let lists = std::iter::from_fn(move || {
        let (list_bytes, header, entry) = (number(rest, 16)?, number(rest, 20)?, number(rest, 24)?);
        let list = rest.get(..list_bytes).filter(|_| list_bytes >= 28)?;
        rest = &rest[list_bytes..];
        // An owner of 16 bytes stands before each certificate.
        let entries = list.get(28usize.checked_add(header)?..).filter(|_| entry > 16)?;
        Some((list[..16] == X509).then_some(entries.chunks_exact(entry)).into_iter().flatten())
    });
    lists.flatten().map(|entry| &entry[16..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = b"a certificate of ours";

    fn list(kind: [u8; 16], data: &[u8]) -> Vec<u8> {
        let entry = 16 + data.len() as u32;
        let numbers = [28 + entry, 0, entry].map(u32::to_le_bytes).concat();
        [&kind[..], &numbers, &[7; 16], data].concat()
    }

    /// A boot entry with these nodes: kind and subkind.
    fn entry(nodes: &[(u8, u8)]) -> Vec<u8> {
        let name: Vec<u8> = "UEFI something".encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        let nodes: Vec<u8> = nodes.iter().chain(&[(0x7f, 0xff)]).flat_map(|(a, b)| [*a, *b, 6, 0, 9, 9]).collect();
        [&[1, 0, 0, 0, 60, 0], &name[..], &nodes].concat()
    }

    /// Which variables there are, and what is found with them.
    fn check(variables: &[(&str, &str, &[u8])], cmdline: &str, in_boot: bool, expect: (bool, &str, &str, &str, bool)) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, vendor, value) in variables {
            let bytes = [&[6, 0, 0, 0], *value].concat();
            fs::write(folder.path().join(format!("{name}-{vendor}")), bytes).expect("a variable");
        }
        let found = find(folder.path(), cmdline, Some(Digest::of(CERTIFICATE)), in_boot);
        assert_eq!(
            (found.secure_boot, found.chain, found.via, found.enrolled, found.trusted),
            expect,
            "{cmdline} {in_boot}"
        );
    }

    #[test]
    fn only_an_image_that_our_certificate_checked_is_trusted() {
        let hash = list([9; 16], &[1; 32]);
        let ours = [hash.clone(), list(X509, b"somebody's"), list(X509, CERTIFICATE)].concat();
        let on: (&str, &str, &[u8]) = ("SecureBoot", GLOBAL, &[1]);
        let current: (&str, &str, &[u8]) = ("BootCurrent", GLOBAL, &[0x1a, 0]);
        let (http, pxe) = (entry(&[(1, 1), (3, 11), (3, 12), (3, 24)]), entry(&[(1, 1), (3, 11), (3, 12)]));
        let http: (&str, &str, &[u8]) = ("Boot001A", GLOBAL, &http);
        let pxe: (&str, &str, &[u8]) = ("Boot001A", GLOBAL, &pxe);
        let stub: (&str, &str, &[u8]) = ("StubInfo", LOADER, b"s\0");
        let db: (&str, &str, &[u8]) = ("db", SECURITY, &ours);
        let mok: (&str, &str, &[u8]) = ("MokListRT", SHIM, &ours);
        let shim: (&str, &str, &[u8]) = ("SbatLevelRT", SHIM, b"sbat");
        let uki = "quiet socle.chain=uki";
        check(&[on, current, http, stub, db], uki, true, (true, "uki", "http", "db", true));
        check(&[on, current, pxe, stub, mok], uki, true, (true, "shim", "pxe", "mok", true));
        check(&[on, current, pxe, shim, db], "quiet socle.chain=debian", true, (true, "debian", "pxe", "db", false));
        check(&[on, current, pxe, shim], "quiet socle.chain=debian", true, (true, "debian", "pxe", "none", false));
        // A word of the command line alone is worth nothing: no stub was there.
        check(&[on, shim, db], uki, true, (true, "ipxe", "unknown", "db", false));
        // Off, or in setup mode, where every key is taken.
        check(&[current, http, stub, db], uki, true, (false, "uki", "http", "db", false));
        check(&[on, ("SetupMode", GLOBAL, &[1]), stub, db], uki, true, (false, "uki", "unknown", "db", false));
        // shim was told to check nothing.
        check(&[on, stub, mok, ("MokSBStateRT", SHIM, &[1])], uki, true, (true, "shim", "unknown", "mok", false));
        check(&[on, db], "root=/dev/sda1 socle.chain=uki", false, (true, "disk", "unknown", "db", false));
        check(&[], "", true, (false, "ipxe", "unknown", "none", false));
    }

    #[test]
    fn damaged_lists_and_entries_name_nothing() {
        for bytes in [&[][..], &[0; 27], &[0xff; 64], &list(X509, CERTIFICATE)[..40]] {
            assert_eq!(certificates(bytes).count(), 0, "{bytes:?}");
        }
        for option in [&[][..], &[0; 5], &[1; 31], &entry(&[])[..12]] {
            let current: (&str, &str, &[u8]) = ("BootCurrent", GLOBAL, &[0, 0]);
            check(&[current, ("Boot0000", GLOBAL, option)], "", true, (false, "ipxe", "unknown", "none", false));
        }
    }
}
