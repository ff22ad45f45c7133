//! What this room did, or did not do, and why: for the console and the support line.
mod words;

use crate::Mac;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use uuid::Uuid;

/// What stands behind the protocol's word where our own doctor asked ([`crate::probe`]): no machine wants to start.
pub(crate) const BY_THE_DOCTOR: &str = " (socle doctor)";

/// One answer or one silence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BootEvent {
    /// Who asked, where the message says so. A hint, never a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Its identifier, where it gives one. A hint, never a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Uuid>,
    /// Its architecture (option 93), where it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<u16>,
    /// Where it spoke from, if it had an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// What it asked, in the protocol's word: `DISCOVER`, `REQUEST`, `RRQ`…
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub asked: String,
    /// What was answered, or why nothing was.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// Told what to load; its address comes from another server.
    BootOffered {
        /// What it was told to load.
        file: String,
    },
    /// Offered an address, and what to load if it asked for that.
    AddressOffered {
        /// The address.
        given: Ipv4Addr,
        /// What to load.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// Why it was told nothing to load, though it asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withheld: Option<Why>,
    },
    /// Given an address.
    AddressGiven {
        /// The address.
        given: Ipv4Addr,
        /// What to load.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// Why it was told nothing to load, though it asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withheld: Option<Why>,
    },
    /// The address that it wanted was refused.
    AddressRefused {
        /// The address.
        wanted: Ipv4Addr,
        /// Why.
        why: Why,
    },
    /// It gave its address back.
    AddressReleased {
        /// The address.
        given: Ipv4Addr,
    },
    /// It found its address used by somebody else; the address is set aside for a while.
    AddressDeclined {
        /// The address.
        given: Ipv4Addr,
    },
    /// Nothing was answered.
    Silent {
        /// Why.
        why: Why,
    },
    /// A whole file went over TFTP.
    FileSent {
        /// Its name.
        file: String,
        /// Its size.
        bytes: u64,
        /// How long it took.
        milliseconds: u64,
        /// How many blocks were sent again.
        blocks_again: u64,
    },
    /// Only the size of a file was asked: UEFI opens a file once for its size, then again to read it.
    FileSizeAsked {
        /// Its name.
        file: String,
    },
    /// A file that we don't have was asked.
    FileMissing {
        /// Its name.
        file: String,
    },
    /// A file did not go through.
    FileFailed {
        /// Its name.
        file: String,
        /// Why.
        why: Why,
    },
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Why {
    /// It is no DHCP or TFTP message.
    Malformed,
    /// It did not ask to boot from the network.
    NotNetworkBoot,
    /// Its architecture is not one that we start (UEFI 32-bit is 6, ARM64 11).
    Architecture {
        /// Option 93.
        arch: u16,
    },
    /// It does not say its architecture.
    ArchitectureUnsaid,
    /// It speaks to another server.
    AnotherServer,
    /// It asks an address of the DHCP server beside which we stand.
    NotOurAddresses,
    /// It came through a DHCP relay agent, and we give addresses on our own network only.
    RelayAgent,
    /// It asks something that we do not answer on this port.
    NotAskedHere,
    /// The centre decided so; its code is a key of texts.
    Decided {
        /// A key in the locales.
        code: String,
    },
    /// The one who decides did not answer in time.
    Undecided,
    /// No address is free.
    NoAddressLeft,
    /// We know nothing of the address that it wants.
    UnknownLease,
    /// The address belongs to another network.
    AnotherNetwork,
    /// The address belongs to another machine.
    AnotherMachine,
    /// The machine has another address.
    AnotherAddress,
    /// The lease could not be written down.
    LeaseNotKept,
    /// The answer is longer than the client takes.
    AnswerTooLong,
    /// The answer could not be sent.
    NotSent {
        /// The system's words.
        cause: String,
    },
    /// Only reading is served.
    ReadOnly,
    /// Only the mode `octet` is served.
    Mode,
    /// As many transfers run as we allow.
    Busy,
    /// It asks more often than any machine needs, or too much is asked at once: looked at again in the next window.
    TooOften,
    /// The machine stopped answering.
    NoAnswer,
    /// The machine gave up.
    GivenUp {
        /// TFTP's error code.
        error: u16,
        /// Its words.
        words: String,
    },
    /// The server is stopping.
    Stopping,
}
