//! The server's TLS key and certificate.
use super::pin_of;
use crate::write::write_new;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use std::{path::Path, sync::Arc};

/// The server's TLS identity: an ECDSA P-256 key (RSA would be the bottleneck when a whole fleet comes back at once) and
/// a certificate that it signed itself. Agents know it by [`Identity::pin`]; the certificate's dates mean nothing to them.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key_pkcs8: Vec<u8>,
}

impl Identity {
    /// Reads `tls.pem` and `tls.key` of a folder, or makes them.
    pub fn load_or_create(folder: &Path) -> Result<Self> {
        let (certificate, key) = (folder.join("tls.pem"), folder.join("tls.key"));
        // The key comes first: a power cut between the two leaves a key, and the certificate is made again from it.
        if !key.exists() {
            let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(unmade)?;
            write_new(&key, pair.serialize_pem().as_bytes(), 0o600)?;
        }
        let unreadable = |e: String| Fault::new("trust-key-unreadable").with("path", &key).because(e);
        let pem = std::fs::read_to_string(&key).map_err(|e| unreadable(e.to_string()))?;
        let pair = KeyPair::from_pem(&pem).map_err(|e| unreadable(e.to_string()))?;
        if !certificate.exists() {
            write_new(&certificate, self_signed(&pair)?.as_bytes(), 0o644)?;
        }
        let der = CertificateDer::from_pem_file(&certificate)
            .map_err(|e| Fault::new("trust-certificate-unreadable").because(e))?;
        Ok(Identity { certificate: der, key_pkcs8: pair.serialize_der() })
    }
    /// What agents know the server by.
    pub fn pin(&self) -> Result<Digest> {
        pin_of(&self.certificate)
    }
    /// The configuration of a TLS server with this identity.
    pub fn server_config(&self) -> Result<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key_pkcs8.clone()));
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|b| b.with_no_client_auth().with_single_cert(vec![self.certificate.clone()], key))
            .map_err(|e| Fault::new("trust-tls-unavailable").because(e))
    }
}

fn unmade(e: rcgen::Error) -> Fault {
    Fault::new("trust-tls-unavailable").because(e)
}

fn self_signed(pair: &KeyPair) -> Result<String> {
    let mut params = CertificateParams::new(vec!["socle".to_string()]).map_err(unmade)?;
    params.distinguished_name.push(DnType::CommonName, "socle");
    params.not_before = date_time_ymd(1975, 1, 1);
    params.not_after = date_time_ymd(4096, 1, 1);
    Ok(params.self_signed(pair).map_err(unmade)?.pem())
}
