//! Who vouches for a TPM: the certificate of its endorsement key (TCG, "EK Credential Profile for TPM Family 2.0"), looked at with
//! the eyes of the makers whom the centre has chosen.
use crate::der::{element, expect, issuer, spki, validity};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime, pem::PemObject};
use socle_texts::{Fault, Result};
use std::{path::PathBuf, time::Duration};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, aws_lc_rs as algorithm};

/// `tcg-kp-EKCertificate`, 2.23.133.8.1: what such a certificate says it is for, where it says it.
const FOR_EK: &[u8] = &[0x67, 0x81, 0x05, 0x08, 0x01];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];
const NAME_MAX_CHARACTERS: usize = 100;
/// More certificates than all makers have.
const MAX_CERTIFICATES: usize = 2_000;
const MAX_FILE_BYTES: u64 = 8 << 20;
const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithm::RSA_PKCS1_2048_8192_SHA256,
    algorithm::RSA_PKCS1_2048_8192_SHA384,
    algorithm::RSA_PKCS1_2048_8192_SHA512,
    algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithm::ECDSA_P256_SHA256,
    algorithm::ECDSA_P256_SHA384,
    algorithm::ECDSA_P384_SHA256,
    algorithm::ECDSA_P384_SHA384,
    algorithm::ECDSA_P521_SHA512,
];

/// The makers whom the centre believes.
#[derive(Debug, Default)]
pub struct Makers {
    roots: Vec<TrustAnchor<'static>>,
    between: Vec<CertificateDer<'static>>,
    short: String,
}

impl Makers {
    /// Reads their certificates: those that sign themselves are believed, the others are only what stands between.
    ///
    /// # Errors
    /// `trust-makers-unreadable` with `path`: also where a file holds no certificate, or none of all signs itself.
    pub fn read(files: &[PathBuf]) -> Result<Self> {
        let mut makers = Makers::default();
        let mut hasher = blake3::Hasher::new();
        for path in files {
            let wrong = |why: String| Fault::new("trust-makers-unreadable").with("path", path).because(why);
            let long = std::fs::metadata(path).map_err(|e| wrong(e.to_string()))?.len() > MAX_FILE_BYTES;
            if long {
                return Err(wrong("too long".into()));
            }
            let found = CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))?;
            let mut count = 0;
            for certificate in found {
                let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
                hasher.update(&certificate);
                let (by, of) = issuer(&certificate).ok_or_else(|| wrong("no certificate".into()))?;
                if by == of {
                    let anchor = anchor_from_trusted_cert(&certificate).map_err(|e| wrong(e.to_string()))?;
                    makers.roots.push(anchor.to_owned());
                } else {
                    makers.between.push(certificate);
                }
                count += 1;
            }
            if count == 0 || makers.roots.len() + makers.between.len() > MAX_CERTIFICATES {
                return Err(wrong(format!("{count} certificates")));
            }
        }
        if let (Some(path), true) = (files.first(), makers.roots.is_empty()) {
            return Err(Fault::new("trust-makers-unreadable").with("path", path).because("no maker signs itself"));
        }
        if !files.is_empty() {
            makers.short = hasher.finalize().to_hex()[..16].to_string();
        }
        Ok(makers)
    }

    /// By what one knows whether they are still the same; empty where nobody is believed.
    pub fn short(&self) -> &str {
        &self.short
    }

    /// Whether one of them vouches for a TPM with this certificate. `now` in seconds since 1970. That a certificate, or its
    /// signer's, has ended since does not make the TPM another: it must have been good now or when it was signed.
    pub fn vouch_for(&self, certificate: &[u8], now: i64) -> bool {
        let signed = validity(certificate);
        let moments = [Some(now), signed].into_iter().flatten();
        let der = CertificateDer::from(certificate);
        let Ok(parsed) = EndEntityCert::try_from(&der) else { return false };
        moments.filter_map(|moment| u64::try_from(moment).ok()).any(|moment| {
            let moment = UnixTime::since_unix_epoch(Duration::from_secs(moment));
            let usage = KeyUsage::required_if_present(FOR_EK);
            parsed.verify_for_usage(ALGORITHMS, &self.roots, &self.between, moment, usage, None, None).is_ok()
        })
    }
}

/// Whether a certificate is that of an RSA key with this modulus, its exponent 65537.
pub fn is_of(certificate: &[u8], modulus: &[u8]) -> bool {
    let found = || {
        let (info, _) = expect(spki(certificate)?, 0x30)?;
        let (_algorithm, rest) = expect(info, 0x30)?;
        let (bits, _) = expect(rest, 0x03)?;
        let (key, end) = expect(bits.strip_prefix(&[0])?, 0x30)?;
        let (n, rest) = expect(key, 0x02)?;
        let (e, last) = expect(rest, 0x02)?;
        Some(end.is_empty() && last.is_empty() && n.strip_prefix(&[0]) == Some(modulus) && e == [1, 0, 1])
    };
    found().unwrap_or(false)
}

/// Who says to have signed a certificate: his common name, else his organisation's.
pub fn name_of_issuer(certificate: &[u8]) -> Option<String> {
    let (by, _) = issuer(certificate)?;
    let mut rest = expect(by, 0x30)?.0;
    let mut found = [None, None];
    while !rest.is_empty() {
        let (mut set, after) = expect(rest, 0x31)?;
        rest = after;
        while !set.is_empty() {
            let (pair, after) = expect(set, 0x30)?;
            set = after;
            let (kind, value) = expect(pair, 0x06)?;
            let (tag, _, text, _) = element(value)?;
            // PrintableString, UTF8String, IA5String.
            let text = matches!(tag, 0x0c | 0x13 | 0x16).then(|| String::from_utf8_lossy(text).into_owned());
            match kind {
                COMMON_NAME => found[0] = text,
                ORGANISATION => found[1] = text,
                _ => {}
            }
        }
    }
    let name = found.into_iter().flatten().next()?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARACTERS).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName, DnType, IsCa,
        KeyPair, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
    };

    const NOW: i64 = 1_790_000_000;

    fn params(name: &str, ca: bool) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2016, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        if ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params
    }

    fn read(folder: &std::path::Path, pems: &[String]) -> Result<Makers> {
        let file = folder.join("makers.pem");
        std::fs::write(&file, pems.concat()).unwrap();
        Makers::read(&[file])
    }

    #[test]
    fn only_a_chosen_maker_vouches_and_only_for_the_key_in_the_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let new = |name: &str| CertifiedIssuer::self_signed(params(name, true), KeyPair::generate().unwrap()).unwrap();
        let (root, other) = (new("A maker's root"), new("Somebody's root"));
        let between = CertifiedIssuer::signed_by(params("A maker's second", true), KeyPair::generate().unwrap(), &root);
        let between = between.unwrap();
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let mut wanted = params("", false);
        // As makers do: what it is for, and a critical name that is no host's (a directory name).
        wanted.custom_extensions = vec![CustomExtension::from_oid_content(
            &[2, 5, 29, 37],
            vec![0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x01],
        )];
        let certificate = wanted.signed_by(&key, &between).unwrap();
        let der = certificate.der().to_vec();
        let modulus = {
            let (info, _) = expect(spki(&der).unwrap(), 0x30).unwrap();
            let (_, rest) = expect(info, 0x30).unwrap();
            let (bits, _) = expect(rest, 0x03).unwrap();
            let (key, _) = expect(&bits[1..], 0x30).unwrap();
            expect(key, 0x02).unwrap().0[1..].to_vec()
        };
        assert!(is_of(&der, &modulus) && !is_of(&der, &modulus[1..]) && !is_of(&der[..200], &modulus));
        assert_eq!(name_of_issuer(&der).as_deref(), Some("A maker's second"));

        let both = read(folder.path(), &[root.pem(), between.pem()]).unwrap();
        assert!(both.vouch_for(&der, NOW), "ended since, good when it was signed");
        let short = both.short().to_string();
        assert!(!read(folder.path(), &[root.pem()]).unwrap().vouch_for(&der, NOW), "who stands between is unknown");
        let others = read(folder.path(), &[other.pem(), between.pem()]).unwrap();
        assert!(!others.vouch_for(&der, NOW) && others.short() != short);
        assert!(!both.vouch_for(other.der(), NOW) && !both.vouch_for(&[], NOW) && !both.vouch_for(&der[..300], NOW));
        // A maker's certificate for another purpose (a server's) vouches for no chip.
        let mut wrong = params("", false);
        wrong.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        assert!(!both.vouch_for(wrong.signed_by(&key, &between).unwrap().der(), NOW));
        // One bit of it turned.
        for at in [der.len() / 2, der.len() - 1] {
            let mut turned = der.clone();
            turned[at] ^= 1;
            assert!(!both.vouch_for(&turned, NOW), "{at}");
        }

        assert!(Makers::read(&[]).unwrap().short().is_empty());
        assert!(!Makers::default().vouch_for(&der, NOW));
        for wrong in [vec![], vec![between.pem()], vec!["-----BEGIN CERTIFICATE-----\nAAAA\n".into()]] {
            assert!(read(folder.path(), &wrong).unwrap_err().is("trust-makers-unreadable"));
        }
    }
}
