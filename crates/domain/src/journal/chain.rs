//! The chain: each entry holds the digest of the one before, and is signed.
use super::Event;
use crate::{
    Digest, RunId, TargetId, Timestamp,
    sign::{PublicKey, Signed, Signer, Statement},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The run.
    pub run: RunId,
    /// The target.
    pub target: TargetId,
    /// From 1, without a gap.
    pub number: u64,
    /// Digest of the entry before; for the first, of the order that started the run.
    pub previous: Digest,
    /// When, by the server's time as the machine knows it.
    pub at: Timestamp,
    /// The step it is about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What happened.
    pub what: Event,
}
impl Statement for Entry {
    const CONTEXT: &'static str = "socle-journal-v1";
}

/// An entry as it travels and rests.
pub type SignedEntry = Signed<Entry>;

/// Where a chain stands: what the next entry must say to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// The run.
    pub run: RunId,
    /// The target.
    pub target: TargetId,
    /// Whose journal it is.
    pub machine: PublicKey,
    /// Number of the last entry; 0 before the first.
    pub number: u64,
    /// Digest of the last entry, or of the order.
    pub head: Digest,
}

impl Chain {
    /// A chain before its first entry. `order` is the digest of the signed order that starts the run.
    pub fn new(run: RunId, target: TargetId, machine: PublicKey, order: Digest) -> Self {
        Chain { run, target, machine, number: 0, head: order }
    }
    /// Checks that `entry` is the next one, and takes it.
    ///
    /// # Errors
    /// `domain-signature-wrong`; `domain-journal-broken` (with `number` and `why`) where it does not fit. The chain is
    /// then left as it was.
    pub fn take(&mut self, entry: &SignedEntry) -> Result<Entry> {
        let read = entry.open(&self.machine)?;
        let broken = |why: &str| Fault::new("domain-journal-broken").with("number", read.number).because(why);
        if (read.run, read.target) != (self.run, self.target) {
            return Err(broken("it belongs to another run"));
        }
        if read.number != self.number + 1 {
            return Err(broken(&format!("number {} was expected", self.number + 1)));
        }
        if read.previous != self.head {
            return Err(broken("it does not follow from the entry before it"));
        }
        self.number = read.number;
        self.head = entry.digest();
        Ok(read)
    }
}

/// Writes the next entries of a chain.
pub struct Writer<'a> {
    chain: Chain,
    signer: &'a dyn Signer,
}

impl<'a> Writer<'a> {
    /// Goes on from where `chain` stands. The signer must be the chain's machine.
    pub fn new(chain: Chain, signer: &'a dyn Signer) -> Self {
        Writer { chain, signer }
    }
    /// Where the chain stands.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }
    /// Makes and signs the next entry. It counts as written only when the caller has made it durable.
    pub fn write(&mut self, at: Timestamp, step: Option<&str>, what: Event) -> SignedEntry {
        let entry = Entry {
            run: self.chain.run,
            target: self.chain.target,
            number: self.chain.number + 1,
            previous: self.chain.head,
            at,
            step: step.map(str::to_string),
            what,
        };
        let signed = Signed::new(&entry, self.signer);
        self.chain.number = entry.number;
        self.chain.head = signed.digest();
        signed
    }
}
