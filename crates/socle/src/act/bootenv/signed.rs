//! What machines with Secure Boot on start: the signed image, and Debian's signed loaders beside it.
use crate::{act::say::words, image::Voice, shape::Build};
use socle_boot::{
    chain::{GRUB, MOK_MANAGER, SHIM},
    environment::{ImageSigner, UKI, Uki},
};
use socle_domain::sign::PublicKey;
use socle_server::Data;
use socle_texts::Result;
use socle_trust::{BootKey, verify_image};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What machines with Secure Boot on start: made as far as the parts are here.
pub(super) struct SecureBoot {
    pub signer: Option<Arc<BootSigner>>,
    stub: PathBuf,
    pub served: BTreeMap<String, PathBuf>,
    pub missing: Vec<Missing>,
}

/// A part that is not here.
pub(super) struct Missing {
    pub path: PathBuf,
    package: &'static str,
}

/// The boot key, as the boot room asks it.
pub(super) struct BootSigner(BootKey);

impl ImageSigner for BootSigner {
    fn certificate(&self) -> &[u8] {
        self.0.certificate()
    }
    fn image(&self, sha256: &[u8; 32]) -> Result<Vec<u8>> {
        let signature = self.0.sign_image(sha256)?;
        // Read back, as a firmware would.
        verify_image(self.certificate(), sha256, &signature)?;
        Ok(signature)
    }
    fn variable(&self, statement: &[u8]) -> Result<Vec<u8>> {
        self.0.sign_variable(statement)
    }
}

/// systemd's stub, where Debian's package has it.
const STUB: (&str, &str) = ("/usr/lib/systemd/boot/efi/linuxx64.efi.stub", "systemd-boot-efi");
/// Debian's signed loaders: by what name they are served, where their packages have them.
const SIGNED: [(&str, &str, &str); 3] = [
    (SHIM, "/usr/lib/shim/shimx64.efi.signed", "shim-signed"),
    (MOK_MANAGER, "/usr/lib/shim/mmx64.efi.signed", "shim-helpers-amd64-signed"),
    (GRUB, "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed", "grub-efi-amd64-signed"),
];

impl SecureBoot {
    pub fn prepare(args: &Build, content_file: &Path, content: &PublicKey) -> Result<SecureBoot> {
        let mut missing = Vec::new();
        // What somebody names must be there; what nobody names may be missing.
        let mut pick = |given: &Option<PathBuf>, usual: &str, package: &'static str| {
            let path = given.clone().unwrap_or_else(|| PathBuf::from(usual));
            if given.is_some() || path.is_file() {
                return Some(path);
            }
            missing.push(Missing { path, package });
            None
        };
        let stub = pick(&args.stub, STUB.0, STUB.1);
        let given = [&args.shim, &args.mok_manager, &args.grub];
        let served = SIGNED.iter().zip(given);
        let served =
            served.filter_map(|((name, usual, package), given)| Some((name.to_string(), pick(given, usual, package)?)));
        let served = served.collect();
        let folder = content_file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let signer = match &stub {
            Some(_) => Some(Arc::new(BootSigner(BootKey::load_or_create(folder, content)?))),
            None => None,
        };
        Ok(SecureBoot { signer, stub: stub.unwrap_or_default(), served, missing })
    }

    pub fn uki(&self, arguments: &[socle_boot::script::Argument]) -> Option<Uki> {
        let signer = self.signer.clone()?;
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Some(Uki { stub: self.stub.clone(), arguments, signer })
    }

    /// What was signed, and what machines can't start for lack of a part.
    pub fn say(&self, data: &Data, voice: Voice) -> Vec<String> {
        let folder = data.environment();
        let signed = self.signer.as_ref().map(|_| {
            let values =
                [("image", (&folder.join(UKI)).into()), ("certificate", (&folder.join("socle-boot.der")).into())];
            words(voice, "socle-environment-secure-boot", &values)
        });
        let lacks = self.missing.iter().map(|missing| {
            let key = match missing.package == STUB.1 {
                true => "socle-environment-unsigned",
                false => "socle-environment-chain-missing",
            };
            words(voice, key, &[("path", (&missing.path).into()), ("package", missing.package.into())])
        });
        signed.into_iter().chain(lacks).collect()
    }
}
