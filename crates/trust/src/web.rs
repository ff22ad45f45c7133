//! Asking another server over HTTPS: for the sign-in service of the centre, and nothing else.
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer, pki_types::pem::PemObject};
use socle_texts::{Fault, Result};
use std::{path::Path, sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer: a set of keys, a set of claims.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The authorities that are believed: those of a PEM file alone, or those of the system.
///
/// # Errors
/// `texts-file-unreadable`; `trust-authorities-missing` where there are none.
pub(crate) fn authorities(file: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let unreadable =
                |e: &dyn std::fmt::Display| Fault::new("texts-file-unreadable").with("path", path).because(e);
            for one in CertificateDer::pem_file_iter(path).map_err(|e| unreadable(&e))? {
                roots.add(one.map_err(|e| unreadable(&e))?).map_err(|e| unreadable(&e))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() { Err(Fault::new("trust-authorities-missing")) } else { Ok(roots) }
}

/// A TLS client that believes these authorities.
///
/// # Errors
/// As [`authorities`]; `trust-tls-unavailable`.
pub(crate) fn tls(file: Option<&Path>) -> Result<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Fault::new("trust-tls-unavailable").because(e))?;
    Ok(config.with_root_certificates(authorities(file)?).with_no_client_auth())
}

/// A client that follows no redirection, speaks through no proxy of the environment, and waits ten seconds.
pub(crate) struct Web(reqwest::Client);

impl Web {
    pub fn new(authorities: Option<&Path>) -> Result<Web> {
        let built = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(authorities)?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build();
        built.map(Web).map_err(|e| Fault::new("trust-tls-unavailable").because(e))
    }

    /// Asks, and reads an answer of at most [`MAX_ANSWER_BYTES`].
    pub async fn ask(&self, request: http::Request<Vec<u8>>) -> std::result::Result<http::Response<Vec<u8>>, Broken> {
        let request = reqwest::Request::try_from(request)?;
        let mut response = self.0.execute(request).await?;
        let mut answer = http::Response::new(Vec::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        while let Some(piece) = response.chunk().await? {
            if answer.body().len() + piece.len() > MAX_ANSWER_BYTES {
                return Err(Broken::Long);
            }
            answer.body_mut().extend_from_slice(&piece);
        }
        Ok(answer)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Broken {
    Silent(reqwest::Error),
    Long,
}
impl From<reqwest::Error> for Broken {
    fn from(e: reqwest::Error) -> Self {
        // An address may hold a code: it is in no message.
        Broken::Silent(e.without_url())
    }
}
impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Broken::Silent(e) => write!(f, "{e}"),
            Broken::Long => write!(f, "an answer of more than {MAX_ANSWER_BYTES} bytes"),
        }
    }
}
impl std::error::Error for Broken {}
