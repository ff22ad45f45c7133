//! What a machine is told to load.
use super::request::{Arch, Client, Request};
use crate::Why;
use serde::{Deserialize, Serialize};

/// The names given to machines, by what they are able to load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootFiles {
    /// Name over TFTP of the loader for UEFI x86-64: `snponly.efi`.
    pub loader: String,
    /// Name over TFTP of the loader for BIOS, `undionly.kpxe`; none where the boot environment brings none.
    #[serde(default)]
    pub bios_loader: Option<String>,
    /// The loader for UEFI over HTTP, for firmware that boots from a URL.
    pub loader_url: String,
    /// The script for machines that already run iPXE.
    pub script_url: String,
}

/// What the one who knows machines says of a request to boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Tell it what to load. What it then does is the script's affair.
    Boot,
    /// Tell firmware to load this and nothing else: a name over TFTP, a URL over HTTP. Who runs iPXE already has its script.
    Load {
        /// What.
        file: String,
    },
    /// Tell it nothing to load, for the reason that the text `code` says.
    NoBoot {
        /// A key of the locales, shown to a person.
        code: String,
    },
}

/// What the one who knows machines makes of that.
pub(super) fn decided<'a>(
    decision: &'a Decision,
    request: &Request,
    (file, class): (&'a str, &'static str),
) -> Result<(&'a str, &'static str), Why> {
    match decision {
        Decision::NoBoot { code } => Err(Why::Decided { code: code.clone() }),
        Decision::Load { file } if request.client != Client::Ipxe => Ok((file, class)),
        Decision::Load { .. } | Decision::Boot => Ok((file, class)),
    }
}

/// What to load and the vendor class that the answer must carry (RFC 2132 §9.13), or why nothing.
pub(super) fn boot_file<'a>(files: &'a BootFiles, request: &Request) -> Result<(&'a str, &'static str), Why> {
    let arch = match (request.client, request.arch) {
        (Client::Other, _) => return Err(Why::NotNetworkBoot),
        (_, None) => return Err(Why::ArchitectureUnsaid),
        (_, Some(arch)) => arch,
    };
    match (request.client, arch) {
        (Client::Ipxe, a) if a.is_bios() || a.is_uefi_x64() || a.is_uefi_x64_http() => {
            Ok((&files.script_url, "PXEClient"))
        }
        (Client::Pxe, a) if a.is_bios() && files.bios_loader.is_some() => {
            Ok((files.bios_loader.as_deref().unwrap_or_default(), "PXEClient"))
        }
        (Client::Pxe, a) if a.is_uefi_x64() => Ok((&files.loader, "PXEClient")),
        (Client::Http, a) if a.is_uefi_x64_http() => Ok((&files.loader_url, "HTTPClient")),
        (_, Arch(arch)) => Err(Why::Architecture { arch }),
    }
}
