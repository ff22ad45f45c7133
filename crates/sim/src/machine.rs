//! One simulated agent: its key, its session, its rhythm, and what it says.
use crate::{
    crowd::World,
    line::{Talk, Trouble},
    work::Work,
};
use socle_domain::{
    RunId, TargetId,
    keys::{Delegation, server_key},
    sign::{Signed, Signer},
};
use socle_trust::KeyPair;
use socle_wire::{
    agent::{Challenge, HELLO_CONTEXT, Hello, Known, Orders, VERSION, Welcome, Where, hello_bytes},
    presence::{CheckIn, Heartbeat, Next, PATHS, Pace, Rhythm},
};
use std::net::Ipv4Addr;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A line of a machine.
pub type Line = Talk<TlsStream<TcpStream>>;

/// One of them.
pub struct Machine {
    /// Its number.
    pub n: u32,
    /// Its key.
    pub key: KeyPair,
    /// Its name, also where its TLS tickets are kept.
    pub name: String,
    /// From where it speaks.
    pub address: Ipv4Addr,
    /// Its session, once it has one.
    pub session: Option<String>,
    /// What it is to say next, and when.
    pub rhythm: Rhythm,
    /// The run that it is at.
    pub work: Option<Box<Work>>,
    /// The number of the last order that it took up.
    pub last_order: u64,
}

impl Machine {
    /// The machine of a number.
    pub fn new(world: &World, n: u32) -> Machine {
        let fleet = &world.fleet;
        Machine {
            n,
            key: fleet.key(n),
            name: fleet.name(n),
            address: fleet.address(n),
            session: None,
            rhythm: Rhythm::default(),
            work: None,
            last_order: 0,
        }
    }

    /// A line to the server.
    pub async fn line(&self, world: &World) -> Result<Line, Trouble> {
        world.lines.open(&self.name, self.address).await
    }

    /// First words: challenge, proof of the key, session. What the server answers is checked as an agent checks it.
    pub async fn introduce(&mut self, world: &World) -> Result<Option<RunId>, Trouble> {
        let mut line = self.line(world).await?;
        let challenge: Challenge = line.post("/agent/v1/challenge", None, &()).await?;
        let key = self.key.public();
        let hello = Hello {
            version: VERSION,
            nonce: challenge.nonce,
            key,
            signature: self.key.sign(HELLO_CONTEXT, &hello_bytes(&challenge.nonce, &key)),
            hints: world.fleet.hints(self.n),
            facts: world.fleet.facts(self.n),
            place: Where::Installed,
            agent: "simulated".into(),
            tpm: None,
        };
        match line.post("/agent/v1/hello", None, &hello).await? {
            Welcome::Known(known) => {
                self.check(world, &known, &challenge)?;
                world.learn(&known.delegation);
                self.session = Some(known.session.clone());
                Ok(known.run)
            }
            Welcome::Unknown { .. } => Err(Trouble::Refused(0, "not recognised".into())),
            Welcome::Refused {} => Err(Trouble::Refused(0, "refused".into())),
            Welcome::Attest {} => Err(Trouble::Refused(0, "it has shown no TPM and is asked for one".into())),
        }
    }

    fn check(&self, world: &World, known: &Known, challenge: &Challenge) -> Result<(), Trouble> {
        let wrong = |why: &str| Trouble::Refused(0, format!("not our server: {why}"));
        let server = server_key(&world.content, &known.delegation).map_err(|e| wrong(&e.to_string()))?;
        let enrolment = known.enrolment.open(&server).map_err(|e| wrong(&e.to_string()))?;
        if enrolment.machine != self.key.public() || enrolment.target != known.target {
            return Err(wrong("the enrolment is another machine's"));
        }
        let time = known.time.open(&server).map_err(|e| wrong(&e.to_string()))?;
        if time.nonce != challenge.nonce {
            return Err(wrong("the time is an old answer"));
        }
        Ok(())
    }

    /// One word of the quiet conversation, on a line of its own.
    pub async fn say(&self, world: &World, what: Next) -> Result<Pace, Trouble> {
        let mut line = self.line(world).await?;
        let session = self.session.as_deref();
        match what {
            Next::Heartbeat => line.post(&format!("{PATHS}heartbeat"), session, &Heartbeat {}).await,
            Next::CheckIn => {
                let (hints, facts) = (world.fleet.hints(self.n), world.facts_of(self.n));
                let message = CheckIn { agent: "simulated".into(), hints, facts };
                line.post(&format!("{PATHS}check-in"), session, &message).await
            }
        }
    }

    /// The orders that wait for it.
    pub async fn orders(&self, line: &mut Line) -> Result<Orders, Trouble> {
        let path = format!("/agent/v1/orders?wait=0&after={}", self.last_order);
        line.get(&path, self.session.as_deref()).await
    }

    /// Which target it is.
    pub fn target(&self, world: &World) -> TargetId {
        world.fleet.target(self.n)
    }
}

/// The content key's word for the server's, as every machine of this fleet was told it.
pub type Word = Signed<Delegation>;
