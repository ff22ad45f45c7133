//! People of the organisation: who works on its machines. An account with which somebody signs in is another thing.
use crate::{PersonId, Timestamp, UnitId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};

/// Characters in a name, at most.
pub const MAX_NAME_CHARS: usize = 200;
/// Characters in a login, at most.
pub const MAX_LOGIN_CHARS: usize = 128;
/// Bytes in an address, at most (RFC 5321 section 4.5.3.1.3, without the angle brackets).
pub const MAX_MAIL_BYTES: usize = 254;

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The identifier.
    pub id: PersonId,
    /// The unit where the person works.
    pub unit: UnitId,
    /// As people write it.
    pub name: String,
    /// With what the person signs in on machines.
    #[serde(default)]
    pub login: Option<String>,
    /// The address.
    #[serde(default)]
    pub mail: Option<String>,
    /// From where this is known.
    pub origin: Origin,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none while the person is there.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// From where a person is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "from", deny_unknown_fields)]
pub enum Origin {
    /// Somebody typed it or imported a list.
    Hand,
    /// A directory.
    Directory {
        /// Which.
        source: String,
        /// Its own identifier of the entry: it stays when the entry is renamed (RFC 4530's entryUUID).
        entry: String,
    },
}

impl Person {
    /// Whether the person was there at a moment.
    pub fn is_there(&self, at: Timestamp) -> bool {
        self.since <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether each value can be one.
    ///
    /// # Errors
    /// `domain-person-wrong` with `field`.
    pub fn check(&self) -> Result<()> {
        let wrong = |field: &str| Fault::new("domain-person-wrong").with("field", field);
        let plain = |text: &str, max: usize| {
            (1..=max).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(char::is_control)
        };
        if !plain(&self.name, MAX_NAME_CHARS) {
            return Err(wrong("name"));
        }
        if self.login.as_deref().is_some_and(|login| !plain(login, MAX_LOGIN_CHARS) || login.contains(' ')) {
            return Err(wrong("login"));
        }
        let is_mail = |mail: &str| mail.split_once('@').is_some_and(|(who, host)| !who.is_empty() && host.len() > 2);
        let mail_fits = |mail: &str| mail.len() <= MAX_MAIL_BYTES && plain(mail, MAX_MAIL_BYTES) && is_mail(mail);
        if self.mail.as_deref().is_some_and(|mail| !mail_fits(mail) || mail.contains(' ')) {
            return Err(wrong("mail"));
        }
        match self.until.is_some_and(|until| until < self.since) {
            true => Err(wrong("until")),
            false => Ok(()),
        }
    }
}
