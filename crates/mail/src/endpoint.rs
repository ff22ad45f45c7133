//! Where a mailbox is and how one gets in.
use rustls::ClientConfig;
use std::{fmt, sync::Arc, time::Duration};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Only read.
    Source,
    /// Filled.
    Target,
}

impl Side {
    /// The word of logs and texts.
    pub fn word(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Target => "target",
        }
    }
}

/// How one proves who one is.
#[derive(Clone)]
pub enum Auth {
    /// `LOGIN` with the mailbox's own password (or a master user's form such as `user*master`).
    Login {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// SASL PLAIN (RFC 4616); `acting_for` is the mailbox where an administrator opens it (proxy authentication).
    Plain {
        /// Whose mailbox is opened; empty: the user's own.
        acting_for: String,
        /// Who gives the password.
        user: String,
        /// The password.
        password: String,
    },
    /// XOAUTH2 with an access token that the caller obtained.
    Xoauth2 {
        /// The mailbox.
        user: String,
        /// The access token.
        token: String,
    },
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Auth::Login { .. } => "login",
            Auth::Plain { .. } => "plain",
            Auth::Xoauth2 { .. } => "xoauth2",
        })
    }
}

/// How the line is protected. Which certificates are believed is decided by whoever makes the configuration.
#[derive(Clone)]
pub enum Tls {
    /// Not at all: loopback and isolated networks only.
    None,
    /// From the first byte (port 993).
    Direct(Arc<ClientConfig>),
    /// After `STARTTLS` (port 143); nothing secret is said before.
    Start(Arc<ClientConfig>),
}

/// A server and the way into one mailbox of it.
#[derive(Clone)]
pub struct Endpoint {
    /// Which side it is, for faults.
    pub side: Side,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// Proof.
    pub auth: Auth,
    /// A server that says nothing for so long is taken for dead.
    pub patience: Duration,
}

impl Endpoint {
    /// How the server is named in faults: never with a user.
    pub fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}
