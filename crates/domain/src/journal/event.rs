//! What an entry can say.
use crate::{Digest, census::Census, sequence::ReadBack};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use socle_texts::Fault;
use std::collections::BTreeMap;

/// What happened. Entries about a step carry its id in [`super::Entry::step`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// The run begins; the order that says so is the chain's beginning.
    RunStarted {
        /// The version of the agent.
        agent: String,
        /// What the machine says of itself, by digest; the facts themselves stay on the server.
        facts: Digest,
    },
    /// The run goes on after the machine or the agent was stopped.
    RunResumed {
        /// How many times it has been resumed, this one included.
        times: u32,
    },
    /// The journal, the machine's key and the resume state now stand where a power cut can't take them.
    MemoryReady {
        /// Where.
        kept: Kept,
    },
    /// A step begins.
    StepStarted {
        /// From 1.
        attempt: u32,
    },
    /// A step has succeeded, and what it did was read back.
    StepCompleted {
        /// What it did, in figures that a person can read: names are stable words, values are texts.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        facts: BTreeMap<String, String>,
    },
    /// A step's condition did not hold.
    StepSkipped {
        /// The condition.
        when: String,
    },
    /// Something worth a person's look that stops nothing.
    Warning {
        /// What.
        fault: Fault,
    },
    /// A step has failed.
    StepFailed {
        /// Why.
        fault: Fault,
        /// Whether it will be tried again by itself.
        again: bool,
    },
    /// The run waits for a person.
    Waiting {
        /// For what.
        fault: Fault,
    },
    /// What the target holds before a destructive step.
    CensusBefore {
        /// The census.
        census: Census,
    },
    /// What the target holds after.
    CensusAfter {
        /// The census.
        census: Census,
    },
    /// What was counted may be lost: by policy, or because a person said so in an order.
    LossAllowed {
        /// The census that it is about.
        census: Digest,
        /// The order that allows it; none where the run's own policy does, or where the target holds nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<u64>,
    },
    /// An image was written, and every chunk was verified before it was.
    ImageApplied {
        /// The root of its manifest.
        image: Digest,
        /// Bytes written to the disk.
        written_bytes: u64,
        /// Chunks written.
        chunks: u64,
        /// Bytes that came over the network.
        fetched_bytes: u64,
        /// How much was read back.
        policy: ReadBack,
        /// Bytes read back from the disk and found right.
        read_back_bytes: u64,
    },
    /// A disk was brought back to an image in place: every byte that the image names was read and compared with its digest,
    /// or written and read back.
    ImageReset {
        /// The root of its manifest.
        image: Digest,
        /// Bytes that the image names and that were read and compared.
        compared_bytes: u64,
        /// Of these, right where they stood.
        in_place_bytes: u64,
        /// Bytes of chunks found elsewhere on the disk.
        found_bytes: u64,
        /// Bytes of chunks from the machine's cache.
        cache_bytes: u64,
        /// Bytes that came over the network.
        fetched_bytes: u64,
        /// Bytes written, or made zero.
        written_bytes: u64,
        /// Bytes read back after they were written, and found right.
        read_back_bytes: u64,
        /// Bytes that the image does not name, read and found to hold nothing; none where that was not asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gone_bytes: Option<u64>,
        /// Partitions, by number, that kept what they hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        kept: Vec<u32>,
    },
    /// A disk was captured.
    ImageCaptured {
        /// The root of its manifest.
        image: Digest,
        /// Its name in the repository.
        name: String,
        /// Bytes in use on the source.
        used_bytes: u64,
        /// Bytes that the repository did not have.
        new_bytes: u64,
        /// Chunks in all.
        chunks: u64,
    },
    /// Who the running system says it is, read back from it.
    IdentityRead(Identity),
    /// The machine starts again on purpose.
    Rebooting {
        /// Into what.
        into: crate::sequence::RebootInto,
    },
    /// An order about this run has arrived.
    OrderReceived {
        /// Its number.
        number: u64,
        /// Its digest.
        order: Digest,
    },
    /// The run was stopped by an order.
    RunCancelled {},
    /// The run has failed for good, or until it is tried again.
    RunFailed {
        /// Why.
        fault: Fault,
    },
    /// The run has gone through its whole sequence.
    RunCompleted {},
}

/// Where the machine remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// On the Socle partition of its disk.
    Partition,
    /// In a file (an installed system, or a target that is no machine).
    File,
}

/// Who a running system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Its host name.
    pub hostname: String,
    /// Digest of /etc/machine-id: the id itself is not to be shown around (machine-id(5)).
    pub machine_id: Digest,
    /// SHA-256 fingerprints of its SSH host keys, by type.
    pub ssh_host_keys: BTreeMap<String, String>,
    /// GUID of its disk.
    pub disk_guid: String,
    /// Unique GUIDs of its partitions, by number.
    #[serde(deserialize_with = "by_number")]
    pub partition_guids: BTreeMap<u32, String>,
    /// Identifiers of its filesystems, by partition number.
    #[serde(deserialize_with = "by_number")]
    pub filesystem_ids: BTreeMap<u32, String>,
    /// Name and version of the system.
    pub system: String,
    /// Its kernel.
    pub kernel: String,
}

/// A map by partition number. JSON's keys are texts, and inside a tagged enum serde does not read numbers from them.
fn by_number<'de, D: Deserializer<'de>>(input: D) -> std::result::Result<BTreeMap<u32, String>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(input)?;
    let numbered = texts.into_iter().map(|(number, id)| Ok((number.parse().map_err(D::Error::custom)?, id)));
    numbered.collect()
}
