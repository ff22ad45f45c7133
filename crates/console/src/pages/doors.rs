//! The doors: signing in.
use super::Page;
use crate::model::model;
use crate::{Form, speak::Speak};
use minijinja::Value;

/// Signing in with a name and a password (fields: `name`, `password`, `next`), with a passkey, or through the centre's service.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// The refused form, if it was.
    pub form: Form,
    /// Local path to go to afterwards; `/` where none.
    pub next: String,
    /// What the centre's service is called, where there is one: `GET /sign-in/service?next=`.
    pub service: Option<String>,
    /// Whether browsers allow passkeys at this address.
    pub passkeys: bool,
    /// Whether somebody signed in is asked to prove it once more.
    pub again: bool,
    /// Whether somebody has just signed out here, and is still signed in with the service: `GET /sign-in/service/out`.
    pub out: bool,
}

/// The second factor. Fields: `code`.
#[derive(Debug, Clone, Default)]
pub struct Second {
    /// Whether an application's code is taken.
    pub codes: bool,
    /// Whether a passkey is.
    pub passkeys: bool,
    /// The refused form, if it was.
    pub form: Form,
}

/// Back from the service: the browser goes on by itself.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Local path to go to.
    pub next: String,
}

/// The one-time link: its bearer sets a password. Fields: `password`, `again`.
#[derive(Debug, Clone)]
pub struct Welcome {
    /// The link's token, for the form's own address.
    pub token: String,
    /// Whose link it is.
    pub person: String,
    /// The shortest password that is taken, in characters.
    pub least_characters: u32,
    /// The refused form, if it was.
    pub form: Form,
}

impl Page for SignIn {
    fn template(&self) -> &'static str {
        "sign-in.html"
    }
    fn model(&self, _: &Speak) -> Value {
        model! {
            form => self.form.model(),
            next => self.next,
            next_escaped => escaped(&self.next),
            service => self.service,
            passkeys => self.passkeys,
            again => self.again,
            out => self.out,
        }
    }
}

/// A value in a query (RFC 3986 section 2.1).
fn escaped(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

impl Page for Second {
    fn template(&self) -> &'static str {
        "sign-in-second.html"
    }
    fn model(&self, _: &Speak) -> Value {
        model! { codes => self.codes, passkeys => self.passkeys, form => self.form.model() }
    }
}

impl Page for SignedIn {
    fn template(&self) -> &'static str {
        "sign-in-done.html"
    }
    fn model(&self, _: &Speak) -> Value {
        model! { next => self.next }
    }
}

impl Page for Welcome {
    fn template(&self) -> &'static str {
        "welcome.html"
    }
    fn model(&self, _: &Speak) -> Value {
        model! {
            form => self.form.model(),
            token => self.token,
            person => self.person,
            least_characters => self.least_characters,
        }
    }
}
