//! The doors: signing in.
use super::Page;
use crate::model::model;
use crate::{Form, speak::Speak};
use minijinja::Value;

/// Signing in with a name and a password. Fields: `name`, `password`, `next`.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// The refused form, if it was.
    pub form: Form,
    /// Local path to go to afterwards; `/` where none.
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
        model! { form => self.form.model(), next => self.next }
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
