//! What the server remembers while people sign in. All of it may be lost: who was in the middle begins again.
pub(crate) mod accounts;
pub(crate) mod leash;
mod pending;
pub(crate) mod place;

use crate::{House, config::Config, house::blocking};
use pending::Pending;
use socle_domain::Timestamp;
use socle_texts::Result;
use socle_trust::{oidc, passkey};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, Semaphore, watch};
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long somebody has to give his second factor, to come back from the sign-in service, to answer a passkey.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);
/// How long a new factor may take to be tried, and how long what is shown once is kept.
const ENROLLING: Duration = Duration::from_secs(900);
/// How long what the sign-in service said of itself is believed.
const DESCRIBED: Duration = Duration::from_secs(600);
/// Passwords that are looked at together: each takes 19 MiB and a processor for a while, and anybody may ask for it.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Somebody who has given one factor.
#[derive(Clone)]
pub(crate) struct Half {
    /// Whose account it is.
    pub account: Uuid,
    /// With what he proved it: the words of a session's `how`.
    pub how: String,
    /// Where he goes afterwards.
    pub next: String,
    /// Tries left.
    pub tries: u32,
    /// The secret of the codes that he is making, where he has no second factor and needs one.
    pub enrolling: Option<Arc<Zeroizing<Vec<u8>>>>,
}

/// What is shown to a session once.
#[derive(Clone)]
pub(crate) enum Once {
    /// New recovery codes.
    Codes(Vec<String>),
    /// A new API token: its name and itself.
    Token(String, String),
}

/// What the server remembers.
pub(crate) struct SignIn {
    pub halves: Pending<Half>,
    pub questions: Pending<passkey::Asked>,
    pub sent: Pending<(oidc::Sent, String)>,
    pub enrolling: Pending<Arc<Zeroizing<Vec<u8>>>>,
    pub once: Pending<Once>,
    pub noted: leash::Noted,
    pub passkeys: Option<passkey::Place>,
    service: Mutex<Option<(Timestamp, Arc<oidc::Service>)>>,
    revoked: watch::Sender<u64>,
}

impl SignIn {
    pub fn new(config: &Config) -> SignIn {
        SignIn {
            halves: Pending::new(PATIENCE),
            questions: Pending::new(PATIENCE),
            sent: Pending::new(PATIENCE),
            enrolling: Pending::new(ENROLLING),
            once: Pending::new(ENROLLING),
            noted: leash::Noted::default(),
            // Where browsers allow no passkey none is offered.
            passkeys: passkey::Place::new(&config.console.url()).ok(),
            service: Mutex::default(),
            revoked: watch::Sender::new(0),
        }
    }
    /// Says that a session or a token was revoked: those who wait with it look again at once.
    pub fn revoked(&self) {
        self.revoked.send_modify(|n| *n += 1);
    }
    /// The sign-in service, as it described itself within the last minutes; none where there is none.
    ///
    /// # Errors
    /// Those of [`oidc::Service::discover`] and of its settings.
    pub async fn service(&self, house: &House) -> Result<Option<Arc<oidc::Service>>> {
        let Some(config) = &house.config.sign_in.service else { return Ok(None) };
        let mut held = self.service.lock().await;
        let now = house.now();
        if let Some((at, service)) = held.as_ref()
            && (0..DESCRIBED.as_secs() as i64).contains(&now.duration_since(*at).as_secs())
        {
            return Ok(Some(service.clone()));
        }
        let settings = config.settings(&house.config.console.url())?;
        let service = Arc::new(oidc::Service::discover(settings).await?);
        *held = Some((now, service.clone()));
        Ok(Some(service))
    }
}

/// Looks at a password when its turn has come, off the async threads.
pub(crate) async fn one_of_few<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let _turn = AT_ONCE.acquire().await;
    blocking(work).await
}
