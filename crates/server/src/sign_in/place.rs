//! From where somebody asks, and with what.
use crate::{House, forwarded::FromWhere, refusal::cookie};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use socle_db::{Conn, factors};
use socle_domain::Digest;
use socle_texts::Result;
use socle_trust::secret;
use std::{convert::Infallible, net::IpAddr, sync::Arc};
use uuid::Uuid;

/// The cookie of a device that has signed in before.
pub(crate) const DEVICE: &str = "socle-device";
/// Characters of a browser's own name that are kept.
const MAX_DEVICE: usize = 200;

/// From where somebody asks, and with what.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// His address.
    pub address: Option<IpAddr>,
    /// What his browser says it is.
    pub device: String,
    /// What his device was given when somebody signed in from it.
    pub known: Option<Digest>,
}

impl Place {
    /// The address as text.
    pub fn text(&self) -> String {
        self.address.map(|a| a.to_string()).unwrap_or_default()
    }
    /// The device, if this account was signed in to from it before.
    pub async fn device_of(&self, conn: &mut Conn, account: Option<Uuid>) -> Result<Option<Digest>> {
        match (self.known, account) {
            (Some(device), Some(account)) if factors::knows_device(conn, device, account).await? => Ok(Some(device)),
            _ => Ok(None),
        }
    }
}

impl FromRequestParts<Arc<House>> for Place {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, house: &Arc<House>) -> std::result::Result<Self, Infallible> {
        let device = parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("");
        let device = device.chars().filter(|c| !c.is_control()).take(MAX_DEVICE).collect();
        let known = cookie(&parts.headers, DEVICE).map(|token| secret::digest(&token));
        let address = FromWhere::from_request_parts(parts, house).await.map_or(None, |from| from.0);
        Ok(Place { address, device, known })
    }
}
