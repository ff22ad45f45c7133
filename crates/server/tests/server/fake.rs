//! A machine that speaks the real protocol: TLS pinned to the server's key, a key of its own, a chained journal.
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};
use socle_domain::{
    Digest, RunId, Timestamp,
    facts::Facts,
    journal::{Chain, Event, SignedEntry, Writer},
    order::{Act, Order, accept},
    recognise::Hints,
    sign::{PublicKey, Signed, Signer},
};
use socle_texts::Fault;
use socle_trust::{KeyPair, tls};
use socle_wire::{
    agent::{
        Challenge, HELLO_CONTEXT, Hello, JournalAck, JournalPush, JournalTail, Known, Orders, VERSION, Welcome, Where,
        hello_bytes,
    },
    problem::Problem,
};
use std::{net::IpAddr, time::Duration};

/// A machine.
pub struct Machine {
    http: Client,
    pub base: String,
    pub key: KeyPair,
    pub hints: Hints,
    pub facts: Facts,
    pub place: Where,
    pub session: Option<String>,
}

/// What was answered, what was refused, or that nobody answered.
#[derive(Debug)]
pub enum Trouble {
    Refused(Fault),
    Silent(String),
}

impl Trouble {
    pub fn code(&self) -> String {
        match self {
            Trouble::Refused(fault) => fault.code.to_string(),
            Trouble::Silent(why) => format!("silent: {why}"),
        }
    }
}

pub type Said<T> = Result<T, Trouble>;

impl Machine {
    pub fn new(base: &str, pin: Digest, n: u8) -> Machine {
        Self::from(base, pin, n, None)
    }
    /// One that speaks from an address of its own.
    pub fn from(base: &str, pin: Digest, n: u8, address: Option<IpAddr>) -> Machine {
        let http = Client::builder()
            .local_address(address)
            .tls_backend_preconfigured(tls::pinned_client(pin).unwrap())
            .timeout(Duration::from_secs(40))
            .no_proxy()
            .build()
            .unwrap();
        let mut facts = Facts::default();
        facts.set("memory_bytes", 4_294_967_296_u64);
        facts.set("firmware", "uefi");
        Machine {
            http,
            base: base.into(),
            key: KeyPair::from_seed(&[n; 32]),
            hints: Hints { macs: vec![format!("52:54:00:00:00:{n:02x}")], ..Hints::default() },
            facts,
            place: Where::Boot,
            session: None,
        }
    }

    fn send(&self, request: RequestBuilder) -> Said<Response> {
        let request = match &self.session {
            Some(session) => request.bearer_auth(session),
            None => request,
        };
        let response = request.send().map_err(|e| Trouble::Silent(format!("{e:?}")))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = response.bytes().map_err(|e| Trouble::Silent(e.to_string()))?;
        let problem: Problem = serde_json::from_slice(&bytes)
            .unwrap_or_else(|e| panic!("{status} without a problem ({e}): {}", String::from_utf8_lossy(&bytes)));
        assert_eq!(problem.status, status.as_u16());
        Err(Trouble::Refused(problem.fault))
    }
    pub fn get<A: DeserializeOwned>(&self, path: &str) -> Said<A> {
        self.send(self.http.get(format!("{}{path}", self.base)))?.json().map_err(|e| Trouble::Silent(e.to_string()))
    }
    pub fn post<A: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> Said<A> {
        let request = self.http.post(format!("{}{path}", self.base)).json(message);
        self.send(request)?.json().map_err(|e| Trouble::Silent(e.to_string()))
    }
    pub fn put(&self, path: &str, bytes: Vec<u8>) -> Said<Vec<u8>> {
        let request = self.http.put(format!("{}{path}", self.base)).body(bytes);
        self.send(request)?.bytes().map(|b| b.to_vec()).map_err(|e| Trouble::Silent(e.to_string()))
    }
    #[allow(dead_code)] // other tests share this file
    pub fn bytes(&self, path: &str) -> Said<Vec<u8>> {
        let response = self.send(self.http.get(format!("{}{path}", self.base)))?;
        response.bytes().map(|b| b.to_vec()).map_err(|e| Trouble::Silent(e.to_string()))
    }
    #[allow(dead_code)]
    pub fn post_nothing(&self, path: &str) -> Said<()> {
        self.send(self.http.post(format!("{}{path}", self.base)).json(&())).map(drop)
    }
    pub fn range(&self, path: &str, range: &str) -> Said<(u16, Vec<u8>)> {
        let request = self.http.get(format!("{}{path}", self.base)).header("range", range);
        let response = self.send(request)?;
        let status = response.status().as_u16();
        Ok((status, response.bytes().map_err(|e| Trouble::Silent(e.to_string()))?.to_vec()))
    }

    /// A hello, well formed.
    pub fn hello_message(&self) -> Said<Hello> {
        let challenge: Challenge = self.post("/agent/v1/challenge", &())?;
        let key = self.key.public();
        Ok(Hello {
            version: VERSION,
            nonce: challenge.nonce,
            key,
            signature: self.key.sign(HELLO_CONTEXT, &hello_bytes(&challenge.nonce, &key)),
            hints: self.hints.clone(),
            facts: self.facts.clone(),
            place: self.place,
            agent: "test".into(),
            tpm: None,
        })
    }
    /// Says hello, and keeps the session.
    pub fn hello(&mut self) -> Said<Welcome> {
        self.session = None;
        let hello = self.hello_message()?;
        let welcome: Welcome = self.post("/agent/v1/hello", &hello)?;
        if let Welcome::Known(known) = &welcome {
            self.session = Some(known.session.clone());
        }
        Ok(welcome)
    }
    /// Says hello and must be known.
    pub fn known(&mut self) -> Known {
        match self.hello().unwrap() {
            Welcome::Known(known) => *known,
            other => panic!("{other:?}"),
        }
    }
    pub fn orders(&self, after: u64, wait: u64) -> Said<Orders> {
        self.get(&format!("/agent/v1/orders?wait={wait}&after={after}"))
    }
    pub fn push(&self, run: RunId, entries: &[SignedEntry]) -> Said<u64> {
        let push = JournalPush { entries: entries.to_vec() };
        Ok(self.post::<JournalAck>(&format!("/agent/v1/runs/{run}/journal"), &push)?.through)
    }
    pub fn tail(&self, run: RunId) -> Said<JournalTail> {
        self.get(&format!("/agent/v1/runs/{run}/journal"))
    }
}

/// What a machine writes of a run.
pub struct Journal {
    pub chain: Chain,
    key: KeyPair,
    pub entries: Vec<SignedEntry>,
}

impl Journal {
    /// Accepts the order that starts a run, exactly as an agent does, and begins its journal.
    pub fn begin(order: &Signed<Order>, known: &Known, key: &KeyPair, content: &PublicKey, now: Timestamp) -> Journal {
        let read = accept(order, content, &known.delegation, known.target, &key.public(), 0, now).unwrap();
        let Act::Run(spec) = read.act else { panic!("no order to run") };
        let chain = Chain::new(spec.run, known.target, key.public(), order.digest());
        let mut journal = Journal { chain, key: key.clone(), entries: vec![] };
        journal.write(now, None, Event::RunStarted { agent: "test".into(), facts: Digest::of(b"") });
        journal.write(now, None, Event::OrderReceived { number: read.number, order: order.digest() });
        journal
    }
    pub fn write(&mut self, at: Timestamp, step: Option<&str>, what: Event) {
        let mut writer = Writer::new(self.chain, &self.key);
        self.entries.push(writer.write(at, step, what));
        self.chain = *writer.chain();
    }
    /// A step from its beginning to its end.
    pub fn step(&mut self, at: Timestamp, id: &str) {
        self.write(at, Some(id), Event::StepStarted { attempt: 1 });
        self.write(at, Some(id), Event::StepCompleted { facts: Default::default() });
    }
    pub fn from(&self, number: usize) -> &[SignedEntry] {
        &self.entries[number..]
    }
}
