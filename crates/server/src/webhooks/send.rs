//! One message on its way.
use super::guard::{Guard, check_url};
use socle_db::webhooks::Delivery;
use socle_domain::Timestamp;
use socle_texts::{Fault, Result};
use socle_trust::webhook::sign;
use std::{error::Error as _, sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(15);

/// Sends.
pub(super) struct Sender {
    http: reqwest::Client,
    guard: Guard,
}

impl Sender {
    /// A sender that asks only what the guard allows.
    pub fn new(guard: Guard) -> Result<Sender> {
        // One provider of cryptography for the whole house; another of the same kind that came first is no fault.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(guard.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .user_agent(concat!("Socle/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Fault::new("server-broken").because(e))?;
        Ok(Sender { http, guard })
    }

    /// Tells; the status with which the other side said yes, or the status and why it was none.
    pub async fn send(
        &self,
        url: &str,
        delivery: &Delivery,
        now: Timestamp,
        secrets: &[String],
    ) -> std::result::Result<u16, (Option<u16>, Fault)> {
        let none = |fault| (None, fault);
        // The configuration may have changed since the address was written.
        let url = check_url(url, &self.guard).map_err(none)?;
        let (id, second) = (delivery.event.to_string(), now.as_second());
        let signatures = secrets.iter().map(|s| sign(s, &id, second, &delivery.body)).collect::<Result<Vec<_>>>();
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", second.to_string())
            .header("webhook-signature", signatures.map_err(none)?.join(" "))
            .body(delivery.body.clone());
        let response = request.send().await.map_err(|e| none(silent(e)))?;
        // Nothing of the answer is read: it could show what a caller must not see.
        let status = response.status();
        match status.is_success() {
            true => Ok(status.as_u16()),
            false => {
                let fault = Fault::new("server-webhook-said-no").with("status", status.as_u16());
                Err((Some(status.as_u16()), fault.may_retry()))
            }
        }
    }
}

/// Why nobody answered. The guard's own refusal stands somewhere below the client's.
fn silent(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut below = error.source();
    let mut last = error.to_string();
    while let Some(cause) = below {
        if let Some(fault) = cause.downcast_ref::<Fault>() {
            return fault.clone();
        }
        last = cause.to_string();
        below = cause.source();
    }
    Fault::new("server-webhook-silent").because(last).may_retry()
}
