//! A conversation with the server: who is who, and every call that a run makes.
use crate::{
    VERSION,
    clock::ServerClock,
    http::{Http, Patience},
    key::MachineKey,
    run::Server,
    screen::Screen,
    tpm::Tpm,
};
use socle_domain::{
    RunId,
    facts::Facts,
    journal::SignedEntry,
    keys::server_key,
    recognise::Hints,
    sign::{PublicKey, Signer},
};
use socle_image::{Arrivals, ImageId, Sink, Source};
use socle_texts::{Fault, Result};
use socle_wire::agent::{
    self, Challenge, HELLO_CONTEXT, Hello, JournalAck, JournalPush, JournalTail, Known, Orders, Progress, Secrets,
    Welcome, Where, hello_bytes,
};
use socle_wire::tpm::Opened;
use std::{thread::sleep, time::Duration};

/// How long a call tries before the person at the machine is told that the server is silent.
const BEFORE_SAYING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(2);

/// A conversation of one machine with one server.
pub struct Session<'a> {
    /// The line to the server.
    pub http: &'a Http,
    /// The machine's key.
    pub key: &'a MachineKey,
    /// The key that signs all content.
    pub content_key: PublicKey,
    /// Where this agent runs.
    pub place: Where,
    /// What the machine says of itself.
    pub hints: Hints,
    /// What is known of it.
    pub facts: Facts,
    /// The server's time.
    pub clock: &'a ServerClock,
    /// What is shown.
    pub screen: &'a Screen,
    /// The machine's security chip, where it has one.
    pub tpm: Option<&'a Tpm>,
}

impl Session<'_> {
    /// First words. A machine that is known gets its session, and the server's time.
    ///
    /// # Errors
    /// `agent-not-our-server` where the answer doesn't prove what it should.
    pub fn introduce(&self) -> Result<Welcome> {
        match self.hello(None)? {
            Welcome::Attest {} => {
                let opened = self.tpm.map(|tpm| {
                    let path = "/agent/v1/tpm/credential";
                    tpm.activate(|wish| self.http.post(path, wish, Patience::Once))
                });
                let opened = match opened {
                    Some(Err(fault)) if !fault.retry => {
                        self.without_tpm(&fault);
                        None
                    }
                    opened => opened.transpose()?,
                };
                match self.hello(opened)? {
                    Welcome::Attest {} => Err(Fault::new("agent-answer-unreadable")
                        .with("path", "/agent/v1/hello")
                        .because("attest again")),
                    welcome => Ok(welcome),
                }
            }
            welcome => Ok(welcome),
        }
    }

    /// The chip fails: a machine that is bound to it is refused, any other goes on without.
    fn without_tpm(&self, fault: &Fault) {
        self.screen.trouble(fault);
        if let Some(tpm) = self.tpm {
            tpm.give_up();
        }
    }

    fn hello(&self, opened: Option<Opened>) -> Result<Welcome> {
        self.http.set_session(None);
        let challenge: Challenge = self.http.post("/agent/v1/challenge", &(), Patience::Once)?;
        let key = self.key.public();
        let signature = self.key.sign(HELLO_CONTEXT, &hello_bytes(&challenge.nonce, &key));
        let tpm = self.tpm.filter(|tpm| !tpm.is_given_up());
        let tpm = tpm.and_then(|tpm| {
            let said = tpm.evidence(&challenge.nonce, &key, opened);
            said.inspect_err(|fault| self.without_tpm(fault)).ok()
        });
        let hello = Hello {
            version: agent::VERSION,
            nonce: challenge.nonce,
            key,
            signature,
            hints: self.hints.clone(),
            facts: self.facts.clone(),
            place: self.place,
            agent: VERSION.into(),
            tpm,
        };
        let welcome: Welcome = self.http.post("/agent/v1/hello", &hello, Patience::Once)?;
        if let Some(tpm) = self.tpm {
            tpm.log_was_told(matches!(welcome, Welcome::Unknown { .. }));
        }
        if let Welcome::Known(known) = &welcome {
            self.check(known, &challenge)?;
            self.http.set_session(Some(known.session.clone()));
        }
        Ok(welcome)
    }

    fn check(&self, known: &Known, challenge: &Challenge) -> Result<()> {
        let wrong = |why: &str| Fault::new("agent-not-our-server").because(why);
        let server = server_key(&self.content_key, &known.delegation)?;
        let enrolment = known.enrolment.open(&server)?;
        if enrolment.machine != self.key.public() || enrolment.target != known.target {
            return Err(wrong("the enrolment is another machine's"));
        }
        let time = known.time.open(&server)?;
        if time.nonce != challenge.nonce {
            return Err(wrong("the time is an old answer"));
        }
        self.clock.reset(time.now);
        crate::clock::set_machine(time.now);
        Ok(())
    }

    /// A call of a known machine: where the session is over, it introduces itself again.
    pub(crate) fn call<A>(&self, call: impl Fn(&Http) -> Result<A>) -> Result<A> {
        match call(self.http) {
            Err(fault) if fault.is("agent-session-over") => match self.introduce()? {
                Welcome::Known(_) => call(self.http),
                _ => Err(Fault::new("agent-not-known-any-more")),
            },
            answer => answer,
        }
    }

    /// A call that must succeed: the person at the machine sees that the server is silent, and it goes on trying.
    fn insist<A>(&self, call: impl Fn(&Http, Patience) -> Result<A>) -> Result<A> {
        let mut said = false;
        loop {
            match self.call(|http| call(http, Patience::For(BEFORE_SAYING))) {
                Err(fault) if fault.retry => {
                    self.screen.trouble(&fault);
                    said = true;
                    sleep(PAUSE);
                }
                answer => {
                    if said && answer.is_ok() {
                        self.screen.calm();
                    }
                    return answer;
                }
            }
        }
    }
}

impl Server for Session<'_> {
    fn orders(&self, after: u64, wait_seconds: u32) -> Result<Orders> {
        let path = format!("/agent/v1/orders?wait={wait_seconds}&after={after}");
        self.call(|http| http.wait(&path, Duration::from_secs(u64::from(wait_seconds))))
    }
    fn tail(&self, run: RunId) -> Result<JournalTail> {
        whole_tail(run, |after| {
            self.insist(|http, patience| http.get(&format!("/agent/v1/runs/{run}/journal?after={after}"), patience))
        })
    }
    fn push(&self, run: RunId, entries: &[SignedEntry], patient: bool) -> Result<JournalAck> {
        let path = format!("/agent/v1/runs/{run}/journal");
        let push = JournalPush { entries: entries.to_vec() };
        match patient {
            true => self.insist(|http, patience| http.post(&path, &push, patience)),
            false => self.call(|http| http.post(&path, &push, Patience::Once)),
        }
    }
    fn secrets(&self, run: RunId) -> Result<Secrets> {
        self.insist(|http, patience| http.get(&format!("/agent/v1/runs/{run}/secrets"), patience))
    }
    fn progress(&self, run: RunId, progress: &Progress) {
        let _ = self.http.mention(&format!("/agent/v1/runs/{run}/progress"), progress);
    }
    fn source(&self) -> &dyn Source {
        self.http
    }
    fn stream(&self, run: RunId, image: &ImageId) -> Option<Box<dyn Arrivals + '_>> {
        let offer = crate::cast::offered(self.http, run, image)?;
        self.screen.event("agent-stream-joined", &[]);
        Some(Box::new(offer))
    }
    fn sink(&self, run: RunId) -> Box<dyn Sink + '_> {
        Box::new(crate::remote::CaptureSink { http: self.http, run })
    }
}

/// A journal page by page. A server that promises more than a journal may hold, or more and gives none, is not followed.
///
/// # Errors
/// `agent-journal-too-long`, `agent-answer-unreadable`, and those of asking.
pub fn whole_tail(run: RunId, ask: impl Fn(usize) -> Result<JournalTail>) -> Result<JournalTail> {
    let mut whole = ask(0)?;
    let mut bytes: usize = whole.entries.iter().map(|e| e.body.len()).sum();
    while whole.more {
        let page = ask(whole.entries.len())?;
        if page.entries.is_empty() {
            let why = "more entries are promised and none is given";
            return Err(Fault::new("agent-answer-unreadable").with("path", format!("runs/{run}/journal")).because(why));
        }
        bytes += page.entries.iter().map(|e| e.body.len()).sum::<usize>();
        whole.entries.extend(page.entries);
        if whole.entries.len() as u64 > agent::MAX_JOURNAL_ENTRIES || bytes as u64 > agent::MAX_JOURNAL_BYTES {
            return Err(Fault::new("agent-journal-too-long").with("limit", agent::MAX_JOURNAL_ENTRIES));
        }
        whole.more = page.more;
    }
    Ok(whole)
}
