//! By which chain a machine is started: from its firmware to our kernel, with Secure Boot on or off.
//!
//! | chain | what the firmware loads | what it needs | counts as trusted |
//! |---|---|---|---|
//! | [`Chain::Ipxe`] | iPXE, then kernel and initrd | Secure Boot off | no |
//! | [`Chain::Uki`] | the signed image itself | our certificate in `db`, or Secure Boot off | with it on |
//! | [`Chain::Shim`] | Debian's shim, then the signed image | our certificate among shim's keys (MOK) | with it on |
//! | [`Chain::Debian`] | Debian's shim, GRUB and kernel, our initrd unsigned | nothing | no |
//!
//! Which one a machine is given is chosen from hints and from what it said of itself: a wrong choice starts nothing that
//! the firmware would not start anyway, and gains nobody anything.
use crate::{
    environment::{LOADER, UKI, uki::CHAIN_ARGUMENT},
    script::{Argument, Url},
};
use serde::{Deserialize, Serialize};

/// Debian's first loader, signed by Microsoft, as it is served.
pub const SHIM: &str = "shimx64.efi";
/// Debian's GRUB, signed by Debian, as it is served; and what shim asks for, whatever it then is.
pub const GRUB: &str = "grubx64.efi";
/// What shim starts where it believes nothing: there a person enrols a key.
pub const MOK_MANAGER: &str = "mmx64.efi";
/// A name that nothing has: the firmware that asks for it is told so and goes on to its own disk.
pub const OWN_DISK: &str = "own-disk";
const GRUB_SCRIPT: &str = "grub.cfg";
const MOK_FOLDER: &str = "mok";
const DEBIAN_FOLDER: &str = "debian";

/// From firmware to kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chain {
    /// iPXE, which nobody signed for Secure Boot.
    #[default]
    Ipxe,
    /// The signed image.
    Uki,
    /// shim, then the signed image.
    Shim,
    /// shim, GRUB, Debian's kernel, our initrd.
    Debian,
}

impl Chain {
    /// What the firmware is told to load.
    pub fn file(self) -> &'static str {
        match self {
            Chain::Ipxe => LOADER,
            Chain::Uki => UKI,
            Chain::Shim => "mok/shimx64.efi",
            Chain::Debian => "debian/shimx64.efi",
        }
    }
}

/// Where a machine's firmware knows our certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enrolled {
    /// Nowhere.
    Nowhere,
    /// In its own `db`.
    Db,
    /// Among shim's keys.
    Mok,
}

/// What a machine said of itself when it last spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Whether its firmware enforces Secure Boot.
    pub secure_boot: bool,
    /// Where it knows our certificate.
    pub enrolled: Enrolled,
}

/// The chain for a machine. `has` says whether the environment holds a file; `first` is for machines that never spoke.
pub fn choose(over_http: bool, has: &dyn Fn(&str) -> bool, known: Option<Known>, first: Chain) -> Chain {
    let wished = match known {
        Some(Known { secure_boot: true, enrolled: Enrolled::Db }) => Chain::Uki,
        Some(Known { secure_boot: true, enrolled: Enrolled::Mok }) => Chain::Shim,
        Some(Known { secure_boot: true, enrolled: Enrolled::Nowhere }) => Chain::Debian,
        // Nothing is checked: the shortest way over HTTP, and over TFTP the one that fetches least where there is no work.
        Some(Known { secure_boot: false, .. }) if over_http => Chain::Uki,
        Some(Known { secure_boot: false, .. }) => Chain::Ipxe,
        // Firmware that can HTTP may have Secure Boot on: iPXE would be refused.
        None if over_http && first == Chain::Ipxe => Chain::Uki,
        None => first,
    };
    let complete = match wished {
        Chain::Ipxe => true,
        Chain::Uki => has(UKI),
        Chain::Shim => has(SHIM) && has(UKI),
        Chain::Debian => has(SHIM) && has(GRUB),
    };
    if complete { wished } else { Chain::Ipxe }
}

/// What a path of a chain's folder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// A file of the environment.
    File(&'static str),
    /// GRUB's script.
    GrubScript,
}

/// What a loader asks for when it asks for this path, over TFTP or HTTP. shim asks beside itself for GRUB, whatever that is
/// to be; GRUB asks where Debian has built it to look.
pub fn stands_for(path: &str) -> Option<Stands> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [MOK_FOLDER | DEBIAN_FOLDER, SHIM] => Some(Stands::File(SHIM)),
        [MOK_FOLDER, GRUB] => Some(Stands::File(UKI)),
        [DEBIAN_FOLDER, GRUB] => Some(Stands::File(GRUB)),
        [MOK_FOLDER | DEBIAN_FOLDER, MOK_MANAGER] => Some(Stands::File(MOK_MANAGER)),
        [UKI] => Some(Stands::File(UKI)),
        ["grub", GRUB_SCRIPT] | ["grub", "x86_64-efi", GRUB_SCRIPT] => Some(Stands::GrubScript),
        [DEBIAN_FOLDER, "grub", GRUB_SCRIPT] | [DEBIAN_FOLDER, "grub", "x86_64-efi", GRUB_SCRIPT] => {
            Some(Stands::GrubScript)
        }
        _ => None,
    }
}

/// What GRUB obeys: kernel and initrd over HTTP from `base`, which is `http://ADDRESS:PORT`. No argument holds a quote, so
/// none becomes a command.
pub fn grub_script(base: &Url, arguments: &[Argument]) -> String {
    let base = base.to_string();
    let place = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest).trim_end_matches('/');
    let words: String = arguments.iter().map(|argument| format!(" '{argument}'")).collect();
    format!(
        "set timeout=0\n\
         set root='(http,{place})'\n\
         if linux '(http,{place})/boot/vmlinuz'{words} '{CHAIN_ARGUMENT}=debian'; then\n\
         if initrd '(http,{place})/boot/initrd.img'; then\n\
         boot\n\
         fi\n\
         fi\n\
         sleep 5\n\
         exit\n"
    )
}
