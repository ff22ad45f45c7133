//! Speaking to the server: HTTPS pinned to its key, with limits, time-outs and patience.
//!
//! The static agent has no name service: the server's URL holds an IP literal.
use reqwest::{
    Method, StatusCode,
    blocking::{Client, RequestBuilder, Response},
    header::RANGE,
};
use serde::{Serialize, de::DeserializeOwned};
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use socle_trust::{chance, tls};
use socle_wire::{MAX_MESSAGE_BYTES, problem::Problem};
use std::{
    io::Read,
    ops::Range,
    sync::{
        RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest exchange: a pack over a slow link. A long wait for orders is far shorter.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(120);
/// What an answer may take beyond what was agreed.
const GRACE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long a call may keep trying while the server can't be reached.
#[derive(Debug, Clone, Copy)]
pub enum Patience {
    /// One try.
    Once,
    /// For so long.
    For(Duration),
}

/// A client of one server.
pub struct Http {
    client: Client,
    base: String,
    session: RwLock<Option<String>>,
    stop: AtomicBool,
}

impl Http {
    /// A client of the server at `base` (`https://10.0.0.1:8443`) that believes the pinned key and nothing else.
    pub fn new(base: &str, pin: Digest) -> Result<Self> {
        let unavailable = |e: reqwest::Error| Fault::new("agent-http-unavailable").because(e);
        let client = Client::builder()
            .tls_backend_preconfigured(tls::pinned_client(pin)?)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(EXCHANGE_TIMEOUT)
            .no_proxy()
            .build()
            .map_err(unavailable)?;
        let base = base.trim_end_matches('/').to_string();
        Ok(Http { client, base, session: RwLock::new(None), stop: AtomicBool::new(false) })
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.base
    }

    /// The bearer of the session, sent from now on.
    pub fn set_session(&self, session: Option<String>) {
        if let Ok(mut held) = self.session.write() {
            *held = session;
        }
    }

    /// Makes every call that waits give up.
    pub fn give_up(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Asks for a message.
    pub fn get<A: DeserializeOwned>(&self, path: &str, patience: Patience) -> Result<A> {
        let bytes = self.exchange(path, patience, MAX_MESSAGE_BYTES, |r| r, Method::GET)?;
        read_json(path, &bytes)
    }

    /// Sends a message and reads the answer.
    pub fn post<Q: Serialize, A: DeserializeOwned>(&self, path: &str, message: &Q, patience: Patience) -> Result<A> {
        let bytes = self.exchange(path, patience, MAX_MESSAGE_BYTES, |r| r.json(message), Method::POST)?;
        read_json(path, &bytes)
    }

    /// Sends a message whose answer is empty.
    pub fn tell<Q: Serialize>(&self, path: &str, message: &Q, patience: Patience) -> Result<()> {
        self.exchange(path, patience, MAX_MESSAGE_BYTES, |r| r.json(message), Method::POST).map(drop)
    }

    /// Asks for a message that the server may keep back for a while.
    pub fn wait<A: DeserializeOwned>(&self, path: &str, long: Duration) -> Result<A> {
        let refine = |r: RequestBuilder| r.timeout(long + GRACE);
        let bytes = self.exchange(path, Patience::Once, MAX_MESSAGE_BYTES, refine, Method::GET)?;
        read_json(path, &bytes)
    }

    /// Tells something that may be lost, and waits for nobody.
    pub fn mention<Q: Serialize>(&self, path: &str, message: &Q) -> Result<()> {
        let refine = |r: RequestBuilder| r.json(message).timeout(GRACE);
        self.exchange(path, Patience::Once, MAX_MESSAGE_BYTES, refine, Method::POST).map(drop)
    }

    /// Sends a message whose answer is of use only if it comes within so long.
    pub fn post_soon<Q: Serialize, A: DeserializeOwned>(&self, path: &str, message: &Q, long: Duration) -> Result<A> {
        let refine = |r: RequestBuilder| r.json(message).timeout(long);
        read_json(path, &self.exchange(path, Patience::Once, MAX_MESSAGE_BYTES, refine, Method::POST)?)
    }

    /// Sends bytes; the answer's bytes come back.
    pub fn put(&self, path: &str, bytes: &[u8], patience: Patience) -> Result<Vec<u8>> {
        self.exchange(path, patience, MAX_MESSAGE_BYTES, |r| r.body(bytes.to_vec()), Method::PUT)
    }

    /// Fetches bytes, at most `limit_bytes`.
    pub fn bytes(&self, path: &str, limit_bytes: usize, patience: Patience) -> Result<Vec<u8>> {
        self.exchange(path, patience, limit_bytes, |r| r, Method::GET)
    }

    /// Fetches a range of bytes, exactly.
    pub fn range(&self, path: &str, range: Range<u64>, patience: Patience) -> Result<Vec<u8>> {
        let wanted = range.end.saturating_sub(range.start);
        let header = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let bytes = self.exchange(path, patience, wanted as usize, |r| r.header(RANGE, &header), Method::GET)?;
        if bytes.len() as u64 != wanted {
            let why = format!("{} bytes instead of {wanted}", bytes.len());
            return Err(Fault::new("agent-answer-unreadable").with("path", path).because(why).may_retry());
        }
        Ok(bytes)
    }

    fn exchange(
        &self,
        path: &str,
        patience: Patience,
        limit_bytes: usize,
        refine: impl Fn(RequestBuilder) -> RequestBuilder,
        method: Method,
    ) -> Result<Vec<u8>> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let fault = match self.once(path, limit_bytes, &refine, method.clone()) {
                Ok(bytes) => return Ok(bytes),
                Err(fault) => fault,
            };
            let left = match patience {
                Patience::For(long) => long.checked_sub(begin.elapsed()),
                Patience::Once => None,
            };
            if !fault.retry || self.stop.load(Ordering::Relaxed) {
                return Err(fault);
            }
            let Some(left) = left else { return Err(fault) };
            // Full jitter: a hundred machines that lost the same switch don't come back in step.
            let share = f64::from(chance::bytes().map_or(1 << 15, u16::from_le_bytes)) / f64::from(u16::MAX);
            sleep(pause.mul_f64(0.5 + share / 2.0).min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn once(
        &self,
        path: &str,
        limit_bytes: usize,
        refine: &impl Fn(RequestBuilder) -> RequestBuilder,
        method: Method,
    ) -> Result<Vec<u8>> {
        let unreachable = |e: &dyn std::fmt::Display| {
            Fault::new("agent-server-silent").with("server", &self.base).because(e).may_retry()
        };
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(session) = self.session.read().ok().and_then(|s| s.clone()) {
            request = request.bearer_auth(session);
        }
        let response = refine(request).send().map_err(|e| unreachable(&chain(&e)))?;
        let status = response.status();
        let read = |response: Response, limit: usize| -> Result<Vec<u8>> {
            let mut bytes = Vec::new();
            response.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|e| unreachable(&e))?;
            match bytes.len() > limit {
                true => Err(Fault::new("agent-answer-too-long").with("path", path).with("limit", limit)),
                false => Ok(bytes),
            }
        };
        if status.is_success() {
            return read(response, limit_bytes);
        }
        let body = read(response, MAX_MESSAGE_BYTES)?;
        Err(refusal(path, status, &body))
    }
}

/// The fault that the server sent, or one that names the status. A server that is overwhelmed or restarting is asked
/// again.
fn refusal(path: &str, status: StatusCode, body: &[u8]) -> Fault {
    let again =
        status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT;
    let mut fault = match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => problem.fault,
        Err(_) => {
            let why = format!("HTTP {}", status.as_u16());
            Fault::new("agent-server-refuses").with("path", path).because(why)
        }
    };
    if status == StatusCode::UNAUTHORIZED {
        fault = Fault::new("agent-session-over").because(fault);
    }
    fault.retry |= again;
    fault
}

/// An error with what is under it: reqwest's own words stop at "error sending request".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut under = error.source();
    while let Some(error) = under {
        text = format!("{text}: {error}");
        under = error.source();
    }
    text
}

fn read_json<A: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<A> {
    serde_json::from_slice(bytes).map_err(|e| Fault::new("agent-answer-unreadable").with("path", path).because(e))
}
