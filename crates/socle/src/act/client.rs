//! Asking the server's API.
use reqwest::{
    Method,
    blocking::{RequestBuilder, Response},
    header,
};
use serde::{Serialize, de::DeserializeOwned};
use socle_domain::TargetId;
use socle_texts::{Fault, Lang, Result};
use socle_wire::{
    api::MachineView,
    page::{MAX_LIMIT, Page},
    problem::Problem,
};
use std::{io::Read, time::Duration};

const MAX_ANSWER_BYTES: u64 = 512 << 20;
/// How often what must have its effect once is sent again when the line is cut.
const AGAIN: u32 = 2;
const PAUSE: Duration = Duration::from_millis(300);

/// A client of one server. The token comes from the environment: an argument would be seen by every process.
pub struct Client {
    http: reqwest::blocking::Client,
    base: String,
    token: Option<String>,
    lang: Lang,
}

impl Client {
    /// A client of the server at `base`.
    pub fn new(base: &str, lang: Lang) -> Result<Self> {
        // One provider of cryptography for the whole house; another of the same kind that came first is no fault.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::blocking::Client::builder().timeout(None).connect_timeout(Duration::from_secs(10)).build();
        let http = http.map_err(|e| Fault::new("socle-server-silent").with("server", base).because(e))?;
        let token = std::env::var("SOCLE_TOKEN").ok().filter(|t| !t.is_empty());
        Ok(Client { http, base: base.trim_end_matches('/').to_string(), token, lang })
    }

    /// Asks for something.
    pub fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A> {
        self.read(self.request(Method::GET, path).timeout(Duration::from_secs(60)))
    }
    /// Everything of a list, page by page. `path` may hold a filter.
    pub fn all<A: DeserializeOwned>(&self, path: &str) -> Result<Vec<A>> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page: Page<A> = self.get(&format!("{path}{mark}limit={MAX_LIMIT}{after}"))?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(all),
            }
        }
    }
    /// Sends a message and reads the answer.
    pub fn post<A: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> Result<A> {
        self.once(self.request(Method::POST, path).json(message).timeout(Duration::from_secs(60)))
    }
    /// Sends a message that is answered by nothing.
    pub fn post_nothing(&self, path: &str, message: &impl Serialize) -> Result<()> {
        self.send(self.request(Method::POST, path).json(message).timeout(Duration::from_secs(60))).map(drop)
    }
    /// Sends a text and reads the answer.
    pub fn post_text<A: DeserializeOwned>(&self, path: &str, text: String) -> Result<A> {
        self.once(self.request(Method::POST, path).body(text).header(header::CONTENT_TYPE, "text/csv; charset=utf-8"))
    }
    /// Replaces something.
    pub fn put<A: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> Result<A> {
        self.read(self.request(Method::PUT, path).json(message).timeout(Duration::from_secs(60)))
    }
    /// Changes something that is replaced as a whole: refused where somebody else has changed it since it was asked for.
    pub fn change<A>(&self, path: &str, change: impl FnOnce(&mut A) -> Result<()>) -> Result<A>
    where
        A: DeserializeOwned + Serialize,
    {
        let response = self.send(self.request(Method::GET, path).timeout(Duration::from_secs(60)))?;
        let version = response.headers().get(header::ETAG).cloned();
        let mut thing: A = self.decoded(response)?;
        change(&mut thing)?;
        let request = self.request(Method::PUT, path).json(&thing).timeout(Duration::from_secs(60));
        self.read(version.into_iter().fold(request, |request, version| request.header(header::IF_MATCH, version)))
    }
    /// Sends what must have its effect once: under a key of its own it may be sent again when the line is cut.
    fn once<A: DeserializeOwned>(&self, request: RequestBuilder) -> Result<A> {
        let mut key = [0; 16];
        getrandom::fill(&mut key).map_err(|e| Fault::new("trust-no-chance").because(e))?;
        let key: String = key.iter().map(|b| format!("{b:02x}")).collect();
        let request = request.header("idempotency-key", key);
        for _ in 0..AGAIN {
            let Some(request) = request.try_clone() else { break };
            match request.send() {
                Err(cut) if !cut.is_connect() && !cut.is_timeout() => std::thread::sleep(PAUSE),
                sent => return self.decoded(self.checked(sent)?),
            }
        }
        self.read(request)
    }
    /// Removes something.
    pub fn delete(&self, path: &str) -> Result<()> {
        self.send(self.request(Method::DELETE, path)).map(drop)
    }
    /// The bytes of an answer.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let response = self.send(self.request(Method::GET, path))?;
        response.take(MAX_ANSWER_BYTES).read_to_end(&mut bytes).map_err(|e| self.silent(e))?;
        Ok(bytes)
    }
    /// An answer that goes on.
    pub fn stream(&self, path: &str) -> Result<Response> {
        self.send(self.request(Method::GET, path))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.header(header::ACCEPT_LANGUAGE, self.lang.code());
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
    fn silent(&self, error: impl std::fmt::Display) -> Fault {
        Fault::new("socle-server-silent").with("server", &self.base).because(error).may_retry()
    }
    fn send(&self, request: RequestBuilder) -> Result<Response> {
        self.checked(request.send())
    }
    fn checked(&self, sent: reqwest::Result<Response>) -> Result<Response> {
        let response = sent.map_err(|e| self.silent(e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().map_err(|e| self.silent(e))?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(problem.fault),
            Err(_) => Err(Fault::new("socle-answer-unreadable").because(format!("HTTP {}", status.as_u16()))),
        }
    }
    fn read<A: DeserializeOwned>(&self, request: RequestBuilder) -> Result<A> {
        self.decoded(self.send(request)?)
    }
    fn decoded<A: DeserializeOwned>(&self, response: Response) -> Result<A> {
        let bytes = response.bytes().map_err(|e| self.silent(e))?;
        serde_json::from_slice(&bytes).map_err(|e| Fault::new("socle-answer-unreadable").because(e))
    }

    /// The machine that somebody means: by identifier, name, or the digits of its screen.
    pub fn machine(&self, wish: &str) -> Result<MachineView> {
        if wish.parse::<TargetId>().is_ok() {
            return self.get(&format!("/api/v1/machines/{wish}"));
        }
        let found = |field: &str| self.all::<MachineView>(&format!("/api/v1/machines?{field}={}", escaped(wish)));
        if let Some(named) = found("name")?.into_iter().next() {
            return Ok(named);
        }
        let mut coded = found("code")?.into_iter();
        match (coded.next(), coded.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Fault::new("socle-machine-ambiguous").with("machine", wish)),
            _ => Err(Fault::new("socle-machine-unknown").with("machine", wish)),
        }
    }
}

/// A value in a query (RFC 3986 section 2.1).
pub fn escaped(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
