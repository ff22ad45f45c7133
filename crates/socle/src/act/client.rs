//! Asking the server's API.
use reqwest::{
    Method,
    blocking::{RequestBuilder, Response},
    header,
};
use serde::{Serialize, de::DeserializeOwned};
use socle_texts::{Fault, Lang, Result};
use socle_wire::{api::MachineView, problem::Problem};
use std::{io::Read, time::Duration};

const MAX_ANSWER_BYTES: u64 = 512 << 20;

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
    /// Sends a message and reads the answer.
    pub fn post<A: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> Result<A> {
        self.read(self.request(Method::POST, path).json(message).timeout(Duration::from_secs(60)))
    }
    /// Sends a text and reads the answer.
    pub fn post_text<A: DeserializeOwned>(&self, path: &str, text: String) -> Result<A> {
        self.read(self.request(Method::POST, path).body(text).header(header::CONTENT_TYPE, "text/csv; charset=utf-8"))
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
        let response = request.send().map_err(|e| self.silent(e))?;
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
        let bytes = self.send(request)?.bytes().map_err(|e| self.silent(e))?;
        serde_json::from_slice(&bytes).map_err(|e| Fault::new("socle-answer-unreadable").because(e))
    }

    /// The machine that somebody means: by identifier, name, or the digits of its screen.
    pub fn machine(&self, wish: &str) -> Result<MachineView> {
        let all: Vec<MachineView> = self.get("/api/v1/machines")?;
        let named = |m: &&MachineView| m.name.as_deref() == Some(wish) || m.id.to_string() == wish;
        if let Some(found) = all.iter().find(named) {
            return Ok(found.clone());
        }
        let mut coded = all.into_iter().filter(|m| m.code == wish);
        match (coded.next(), coded.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Fault::new("socle-machine-ambiguous").with("machine", wish)),
            _ => Err(Fault::new("socle-machine-unknown").with("machine", wish)),
        }
    }
}
