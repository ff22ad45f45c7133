//! The server's TLS identity, and the client that knows it by its key.
//!
//! An agent is told the *pin* of the server, the digest of its certificate's public key, by the boot environment that the
//! content key signed. It believes that key and nothing else: no authority, no name, and no date, so that a machine whose
//! clock says 1980 or 2099 still deploys.
use crate::der::spki;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use std::sync::Arc;

#[cfg(feature = "people")]
mod identity;
#[cfg(feature = "people")]
pub use identity::Identity;

/// The pin of a certificate: BLAKE3 of its SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), DER.
pub fn pin_of(certificate: &CertificateDer<'_>) -> Result<Digest> {
    let spki = spki(certificate.as_ref()).ok_or_else(|| Fault::new("trust-certificate-unreadable"))?;
    Ok(Digest::of(spki))
}

/// A client that speaks only to the holder of the pinned key, whatever the date.
pub fn pinned_client(pin: Digest) -> Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(Pinned { pin, provider: provider.clone() });
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Fault::new("trust-tls-unavailable").because(e))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

#[derive(Debug)]
struct Pinned {
    pin: Digest,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, Error> {
        match pin_of(end_entity) {
            Ok(pin) if pin == self.pin => Ok(ServerCertVerified::assertion()),
            _ => Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)),
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
