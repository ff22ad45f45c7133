//! One image of kernel, initrd and command line (a "unified kernel image", UAPI specification): firmware checks one
//! signature over all of it, and starts it as it starts any loader.
//!
//! systemd's stub stands in front: a small UEFI program, which Debian packages, that hands the sections `.cmdline`,
//! `.initrd` and `.linux` to the kernel and, with Secure Boot on, takes no command line from anywhere else.
use super::{LOADER, pe};
use socle_texts::{Fault, Result};
use std::{fmt, path::PathBuf, sync::Arc};

/// The image's name, as machines ask for it.
pub const UKI: &str = "socle.efi";
/// The certificate that firmware is given to believe, DER.
pub const CERTIFICATE: &str = "socle-boot.der";
/// The command line says by which chain a kernel was started; the agent reads it.
pub const CHAIN_ARGUMENT: &str = "socle.chain";
/// The largest image: what a small machine's firmware still takes whole into memory.
const MAX_UKI_BYTES: usize = 256 << 20;
/// The longest command line that the kernel reads whole (COMMAND_LINE_SIZE on x86, less its end).
const MAX_COMMAND_LINE_BYTES: usize = 2_047;

/// Who signs what firmware starts. The private half is elsewhere.
pub trait ImageSigner: Send + Sync {
    /// The certificate that firmware is given to believe, DER.
    fn certificate(&self) -> &[u8];
    /// A signature (PKCS #7) over an image, by its Authenticode digest.
    ///
    /// # Errors
    /// Those of who signs.
    fn image(&self, sha256: &[u8; 32]) -> Result<Vec<u8>>;
    /// A signature (PKCS #7 SignedData, detached) over what an authenticated write of a variable says.
    ///
    /// # Errors
    /// Those of who signs.
    fn variable(&self, statement: &[u8]) -> Result<Vec<u8>>;
}

/// What the image is made from besides kernel and initrd.
#[derive(Clone)]
pub struct Uki {
    /// systemd's stub: Debian's `linuxx64.efi.stub`.
    pub stub: PathBuf,
    /// Kernel arguments, whole words.
    pub arguments: Vec<String>,
    /// Who signs.
    pub signer: Arc<dyn ImageSigner>,
}

impl fmt::Debug for Uki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uki").field("stub", &self.stub).field("arguments", &self.arguments).finish_non_exhaustive()
    }
}

/// Builds and signs it.
pub(super) fn assemble(uki: &Uki, stub: &[u8], kernel: &[u8], initrd: &[u8], version: &str) -> Result<Vec<u8>> {
    let unknown = || Fault::new("boot-uki-stub-unknown").with("path", &uki.stub);
    // shim starts nothing without a generation number to revoke it by.
    pe::section(stub, ".sbat").ok_or_else(unknown)?;
    let mut arguments = uki.arguments.clone();
    arguments.push(format!("{CHAIN_ARGUMENT}=uki"));
    let line = arguments.join(" ");
    if line.len() > MAX_COMMAND_LINE_BYTES {
        let fault = Fault::new("boot-script-too-long").with("bytes", line.len());
        return Err(fault.with("limit", MAX_COMMAND_LINE_BYTES));
    }
    let about = format!("ID=socle\nNAME=\"Socle\"\nPRETTY_NAME=\"Socle boot environment\"\nVERSION_ID={version}\n");
    let parts: [(&str, &[u8]); 5] = [
        (".osrel", about.as_bytes()),
        (".uname", version.as_bytes()),
        (".cmdline", line.as_bytes()),
        (".initrd", initrd),
        // The last, as the kernel may need room behind itself.
        (".linux", kernel),
    ];
    let plain = pe::with_sections(stub, &parts).ok_or_else(unknown)?;
    if plain.len() > MAX_UKI_BYTES {
        let fault = Fault::new("boot-environment-too-large").with("bytes", plain.len());
        return Err(fault.with("limit", MAX_UKI_BYTES));
    }
    let digest = pe::digest(&plain).ok_or_else(unknown)?;
    let signed = pe::with_signature(&plain, &uki.signer.image(&digest)?).ok_or_else(unknown)?;
    // Read back: what is served is what was signed.
    if pe::digest(&signed) != Some(digest) || pe::section(&signed, ".initrd") != Some(initrd) {
        return Err(unknown());
    }
    Ok(signed)
}

/// The files by which firmware and shim come to believe the certificate, by name: for the firmware's own menu and for MOK
/// (`.der`), for tools (`.esl`, a list of one), and for firmware in setup mode or whose KEK is this certificate (`.auth`, the
/// list in an authenticated write that adds to `db`).
pub(super) fn enrolment(signer: &dyn ImageSigner) -> Result<[(&'static str, Vec<u8>); 3]> {
    let list = signature_list(signer.certificate());
    let auth = authenticated_append(&list, signer)?;
    Ok([(CERTIFICATE, signer.certificate().to_vec()), ("socle-boot.esl", list), ("socle-boot.auth", auth)])
}

/// `EFI_CERT_X509_GUID`.
const X509: [u8; 16] = guid(0xa5c0_59a1, 0x94e4, 0x4aa7, [0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72]);
/// `EFI_CERT_TYPE_PKCS7_GUID`.
const PKCS7: [u8; 16] = guid(0x4aaf_d29d, 0x68df, 0x49ee, [0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7]);
/// `EFI_IMAGE_SECURITY_DATABASE_GUID`, where `db` is.
const SECURITY_DATABASE: [u8; 16] = guid(0xd719_b2cb, 0x3d3a, 0x4596, [0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f]);
/// Socle's, as owner of its entry.
const OWNER: [u8; 16] = guid(0x50c1_e000, 0x7a6d, 0x4c1b, [0x9f, 0x3e, 0x5d, 0x0c, 0x1e, 0x0a, 0x9e, 0x77]);
/// Non volatile, for boot and run time, authenticated by time, appending.
const APPEND: u32 = 0x67;

const fn guid(a: u32, b: u16, c: u16, d: [u8; 8]) -> [u8; 16] {
    let (a, b, c) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
    [a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]]
}

/// EFI_SIGNATURE_LIST of one certificate (UEFI 2.10 section 32.4.1).
pub fn signature_list(certificate: &[u8]) -> Vec<u8> {
    let entry_bytes = 16 + certificate.len() as u32;
    let mut out = X509.to_vec();
    out.extend((28 + entry_bytes).to_le_bytes());
    out.extend(0u32.to_le_bytes());
    out.extend(entry_bytes.to_le_bytes());
    out.extend(OWNER);
    out.extend(certificate);
    out
}

/// EFI_VARIABLE_AUTHENTICATION_2 and the list (UEFI 2.10 section 8.2.2): a write that adds to `db`.
fn authenticated_append(list: &[u8], signer: &dyn ImageSigner) -> Result<Vec<u8>> {
    // EFI_TIME: 2000-01-01. An append is not compared with the moment of the last write.
    let mut time = [0u8; 16];
    time[..4].copy_from_slice(&[0xd0, 0x07, 1, 1]);
    let name: Vec<u8> = "db".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let statement = [&name[..], &SECURITY_DATABASE, &APPEND.to_le_bytes(), &time, list].concat();
    let signed = signer.variable(&statement)?;
    let mut out = time.to_vec();
    out.extend((24 + signed.len() as u32).to_le_bytes());
    // WIN_CERTIFICATE_UEFI_GUID, revision 2.0.
    out.extend([0x00, 0x02, 0xf1, 0x0e]);
    out.extend(PKCS7);
    out.extend(signed);
    out.extend(list);
    Ok(out)
}

/// Names that belong to the environment itself, which no other served file may take.
pub(super) fn is_taken(name: &str) -> bool {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let own = ["vmlinuz", "initrd.img", "manifest.json", "release.json", LOADER, UKI];
    !plain || name.starts_with('.') || own.contains(&name) || name.starts_with("socle-boot.")
}
