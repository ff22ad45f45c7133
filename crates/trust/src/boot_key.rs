//! The key that signs what firmware starts: RSA, because firmware checks nothing else everywhere, with the certificate that
//! firmware or shim is given to believe. It lies beside the content key and is taken away with it: the server's own folder
//! alone never signs anything that a machine would start.
//!
//! The signature is Authenticode's (Microsoft, "Windows Authenticode Portable Executable Signature Format", 2008): PKCS #7
//! SignedData (RFC 2315) over the image's SHA-256. It holds no moment and no chance, so the same image gives the same bytes.
use crate::{
    der::{element, expect, issuer_and_serial, put, seq, set, spki},
    write::write_new,
};
use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize, SigningKey, date_time_ymd,
};
use socle_domain::sign::PublicKey;
use socle_texts::{Fault, Result};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// The private half's file, beside the content key.
const KEY_FILE: &str = "boot.key";
/// The certificate's file, beside it.
const CERTIFICATE_FILE: &str = "boot.pem";

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const SPC_INDIRECT_DATA: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 4];
const SPC_PE_IMAGE_DATA: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 15];
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const NULL: &[u8] = &[0x05, 0x00];
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const FIRST: u8 = 0xa0;

/// The boot key with its certificate.
pub struct BootKey {
    pair: KeyPair,
    certificate: Vec<u8>,
}

impl BootKey {
    /// Reads `boot.key` and `boot.pem` of the content key's folder, or makes them. The certificate's name says to which
    /// content key it belongs, so that a technician in front of a list of keys knows his own.
    ///
    /// # Errors
    /// `texts-file-unwritable`, `trust-boot-key-unreadable`, `trust-boot-key-unmade`, `trust-key-exposed`.
    pub fn load_or_create(folder: &Path, content: &PublicKey) -> Result<Self> {
        let (key, certificate) = Self::files(folder);
        // The key first: a power cut between the two leaves a key, from which the certificate is made again.
        if !key.exists() {
            let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(unmade)?;
            write_new(&key, pair.serialize_pem().as_bytes(), 0o600)?;
        }
        if !certificate.exists() {
            write_new(&certificate, certify(&read_pair(&key)?, content)?.as_bytes(), 0o644)?;
        }
        Self::load(folder)
    }

    /// Reads both.
    ///
    /// # Errors
    /// `trust-boot-key-unreadable`, `trust-key-exposed`.
    pub fn load(folder: &Path) -> Result<Self> {
        let (key, certificate) = Self::files(folder);
        let pair = read_pair(&key)?;
        let text = fs::read_to_string(&certificate).map_err(|e| unreadable(&certificate, &e))?;
        let certificate = from_pem(&text).ok_or_else(|| unreadable(&certificate, &"no certificate"))?;
        let own = Self { pair, certificate };
        // Two files of different folders would sign what nobody believes.
        let message = b"these two belong together";
        let signature = own.raw(message)?;
        let others = |_| unreadable(&folder.join(CERTIFICATE_FILE), &"not of this key");
        check(&own.certificate, message, &signature).map_err(others)?;
        Ok(own)
    }

    fn files(folder: &Path) -> (PathBuf, PathBuf) {
        (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE))
    }

    /// The certificate, DER: what firmware or shim is given to believe.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Signs a PE image by its Authenticode digest: a PKCS #7 ContentInfo for its certificate table.
    ///
    /// # Errors
    /// `trust-boot-key-unmade`.
    pub fn sign_image(&self, image_sha256: &[u8; 32]) -> Result<Vec<u8>> {
        let statement = indirect_data(image_sha256);
        // What is signed is the content without its tag and length (RFC 2315 section 9.3).
        let (inner, _) = expect(&statement, SEQUENCE).ok_or_else(|| unmade("statement"))?;
        let digest = digest(&SHA256, inner);
        let attributes = [
            seq(&[&put(OID, CONTENT_TYPE), &set(&put(OID, SPC_INDIRECT_DATA))]),
            seq(&[&put(OID, MESSAGE_DIGEST), &set(&put(OCTETS, digest.as_ref()))]),
        ]
        .concat();
        let signature = self.raw(&put(SET, &attributes))?;
        let content = seq(&[&put(OID, SPC_INDIRECT_DATA), &put(FIRST, &statement)]);
        let signed = self.signed_data(&content, &put(FIRST, &attributes), &signature)?;
        Ok(seq(&[&put(OID, SIGNED_DATA), &put(FIRST, &signed)]))
    }

    /// Signs what an authenticated write of a UEFI variable says (UEFI 2.10 section 8.2.2): a detached SignedData.
    ///
    /// # Errors
    /// `trust-boot-key-unmade`.
    pub fn sign_variable(&self, statement: &[u8]) -> Result<Vec<u8>> {
        let signature = self.raw(statement)?;
        self.signed_data(&seq(&[&put(OID, DATA)]), &[], &signature)
    }

    fn raw(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.pair.sign(message).map_err(unmade)
    }

    /// RFC 2315 section 9.1.
    fn signed_data(&self, content: &[u8], attributes: &[u8], signature: &[u8]) -> Result<Vec<u8>> {
        let sha256 = algorithm(SHA_256);
        let version = put(INTEGER, &[1]);
        let who = issuer_and_serial(&self.certificate).ok_or_else(|| unmade("certificate"))?;
        let signer = seq(&[&version, &who, &sha256, attributes, &algorithm(RSA), &put(OCTETS, signature)]);
        let certificates = put(FIRST, &self.certificate);
        Ok(seq(&[&version, &set(&sha256), content, &certificates, &set(&signer)]))
    }
}

impl fmt::Debug for BootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("private half of the boot certificate")
    }
}

/// Whether a signature out of a PE image's certificate table is this certificate's, over this digest.
///
/// # Errors
/// `trust-boot-signature-wrong`.
pub fn verify_image(certificate: &[u8], image_sha256: &[u8; 32], pkcs7: &[u8]) -> Result<()> {
    verified(certificate, image_sha256, pkcs7).ok_or_else(|| Fault::new("trust-boot-signature-wrong"))
}

fn verified(certificate: &[u8], image_sha256: &[u8; 32], pkcs7: &[u8]) -> Option<()> {
    let (info, _) = expect(pkcs7, SEQUENCE)?;
    let (kind, rest) = expect(info, OID)?;
    let (signed, _) = expect(rest, FIRST)?;
    let (signed, _) = expect(signed, SEQUENCE)?;
    let (_, rest) = expect(signed, INTEGER)?;
    let (_, rest) = expect(rest, SET)?;
    let (content, rest) = expect(rest, SEQUENCE)?;
    let (content_kind, statement) = expect(content, OID)?;
    let (statement, _) = expect(statement, FIRST)?;
    // Byte for byte what would be signed for this image, and nothing else.
    if kind != SIGNED_DATA || content_kind != SPC_INDIRECT_DATA || statement != indirect_data(image_sha256) {
        return None;
    }
    let (_certificates, rest) = expect(rest, FIRST)?;
    let (signer, _) = expect(rest, SET)?;
    let (signer, _) = expect(signer, SEQUENCE)?;
    let (_, rest) = expect(signer, INTEGER)?;
    let (_who, rest) = expect(rest, SEQUENCE)?;
    let (_digest, rest) = expect(rest, SEQUENCE)?;
    let (attributes, rest) = expect(rest, FIRST)?;
    let (_encryption, rest) = expect(rest, SEQUENCE)?;
    let (signature, _) = expect(rest, OCTETS)?;
    let (inner, _) = expect(statement, SEQUENCE)?;
    let stated = seq(&[&put(OID, MESSAGE_DIGEST), &set(&put(OCTETS, digest(&SHA256, inner).as_ref()))]);
    let mut rest = attributes;
    let mut says_so = false;
    while !rest.is_empty() {
        let (_, whole, _, after) = element(rest)?;
        says_so |= whole == stated;
        rest = after;
    }
    if !says_so {
        return None;
    }
    check(certificate, &put(SET, attributes), signature).ok()
}

/// An RSA signature (PKCS #1 1.5, SHA-256) by a certificate's key.
fn check(certificate: &[u8], message: &[u8], signature: &[u8]) -> std::result::Result<(), ()> {
    let key = || {
        let (info, _) = expect(spki(certificate)?, SEQUENCE)?;
        let (_, rest) = expect(info, SEQUENCE)?;
        let (bits, _) = expect(rest, 0x03)?;
        bits.strip_prefix(&[0])
    };
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key().ok_or(())?);
    key.verify(message, signature).map_err(drop)
}

/// Authenticode's SpcIndirectDataContent: "this is a PE image whose digest is…".
fn indirect_data(image_sha256: &[u8; 32]) -> Vec<u8> {
    // No flags; a file name that the format demands and nobody reads.
    let nameless = put(FIRST, &put(0xa2, &put(0x80, &[])));
    let image = seq(&[&put(0x03, &[0]), &nameless]);
    let what = seq(&[&put(OID, SPC_PE_IMAGE_DATA), &image]);
    seq(&[&what, &seq(&[&algorithm(SHA_256), &put(OCTETS, image_sha256)])])
}

fn algorithm(oid: &[u8]) -> Vec<u8> {
    seq(&[&put(OID, oid), NULL])
}

fn read_pair(path: &Path) -> Result<KeyPair> {
    let text = fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path).map_err(|e| unreadable(path, &e))?.permissions().mode() & 0o077 != 0 {
            return Err(Fault::new("trust-key-exposed").with("path", path));
        }
    }
    KeyPair::from_pem_and_sign_algo(&text, &PKCS_RSA_SHA256).map_err(|e| unreadable(path, &e))
}

/// A certificate for no other purpose than signing what is started. Firmware reads no dates; these are far enough apart for
/// whoever does, within what a UTCTime can say.
fn certify(pair: &KeyPair, content: &PublicKey) -> Result<String> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Socle");
    name.push(DnType::CommonName, format!("Socle boot {}", content.short()));
    params.distinguished_name = name;
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    Ok(params.self_signed(pair).map_err(unmade)?.pem())
}

fn from_pem(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_whitespace().collect();
    let der = data_encoding::BASE64.decode(body.as_bytes()).ok()?;
    spki(&der).is_some().then_some(der)
}

fn unmade(why: impl fmt::Display) -> Fault {
    Fault::new("trust-boot-key-unmade").because(why)
}

fn unreadable(path: &Path, why: &dyn fmt::Display) -> Fault {
    Fault::new("trust-boot-key-unreadable").with("path", path).because(why)
}
