//! Passkeys (W3C Web Authentication, level 3): keys that never leave a person's device and that sign only for this server's
//! own address, so that no copy of the sign-in page gets anything of them.
//!
//! A passkey asks its holder for a finger, a face or a number: it is both factors at once, and may also be the second
//! one after a password. What is kept of it is public. Its questions ([`Asked`]) are kept by the server's memory until they
//! are answered, never by the browser.
use socle_texts::{Fault, Result};
use std::time::Duration;
use uuid::Uuid;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder, WebauthnError,
};

/// How long a person has to answer.
const PATIENCE: Duration = Duration::from_secs(300);

/// The server as passkeys know it: its address.
pub struct Place(Webauthn);

/// A question that waits for its answer.
pub struct Asked(Question);

enum Question {
    Register(PasskeyRegistration),
    Known(PasskeyAuthentication),
    Anybody(DiscoverableAuthentication),
}

/// A passkey's public half and what is known of it, as text to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its identifier, unique among all.
    pub credential: String,
    /// All the rest.
    pub state: String,
}

/// Who says to have answered, before it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The account, where the passkey names one.
    pub account: Option<Uuid>,
    /// The passkey's identifier.
    pub credential: String,
}

impl Place {
    /// The place of an address that people open: `https://socle.example.org`, or `http://localhost:8080`.
    ///
    /// # Errors
    /// `trust-passkey-address` where browsers allow no passkey: an IP address, or HTTP elsewhere than on localhost.
    pub fn new(url: &str) -> Result<Place> {
        let wrong = |e: &dyn std::fmt::Display| Fault::new("trust-passkey-address").with("url", url).because(e);
        let origin = Url::parse(url).map_err(|e| wrong(&e))?;
        let host = origin.domain().ok_or_else(|| wrong(&"an address and not a name"))?;
        let local = host == "localhost";
        if origin.scheme() != "https" && !local {
            return Err(wrong(&"not https"));
        }
        let built = WebauthnBuilder::new(host, &origin)
            .map(|b| b.rp_name("Socle").timeout(PATIENCE).allow_any_port(local))
            .and_then(WebauthnBuilder::build);
        built.map(Place).map_err(|e| wrong(&e))
    }

    /// Asks for a new passkey of an account: what the browser is told, in JSON. Those that are there already are not
    /// made a second time.
    ///
    /// # Errors
    /// `trust-passkey-wrong`.
    pub fn register(&self, account: Uuid, name: &str, there: &[Kept]) -> Result<(serde_json::Value, Asked)> {
        let there = keys(there)?.iter().map(|k| k.cred_id().clone()).collect();
        let (told, state) = self.0.start_passkey_registration(account, name, name, Some(there)).map_err(wrong)?;
        let mut told = serde_json::to_value(told).map_err(wrong)?;
        // Kept on the device where that is possible: then the name need not be typed to sign in.
        if let Some(selection) = told.pointer_mut("/publicKey/authenticatorSelection") {
            selection["residentKey"] = "preferred".into();
        }
        Ok((told, Asked(Question::Register(state))))
    }

    /// The passkey that an answer brings.
    ///
    /// # Errors
    /// `trust-passkey-wrong`.
    pub fn registered(&self, asked: Asked, answer: &str) -> Result<Kept> {
        let Question::Register(state) = asked.0 else { return Err(wrong("another question")) };
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(wrong)?;
        let passkey = self.0.finish_passkey_registration(&answer, &state).map_err(wrong)?;
        kept(&passkey)
    }

    /// Asks for one of these passkeys: the second factor of somebody.
    ///
    /// # Errors
    /// `trust-passkey-wrong`.
    pub fn ask(&self, known: &[Kept]) -> Result<(serde_json::Value, Asked)> {
        let (told, state) = self.0.start_passkey_authentication(&keys(known)?).map_err(wrong)?;
        Ok((serde_json::to_value(told).map_err(wrong)?, Asked(Question::Known(state))))
    }

    /// Asks for any passkey of this server: nobody has said who he is.
    ///
    /// # Errors
    /// `trust-passkey-wrong`.
    pub fn ask_anybody(&self) -> Result<(serde_json::Value, Asked)> {
        let (told, state) = self.0.start_discoverable_authentication().map_err(wrong)?;
        let mut told = serde_json::to_value(told).map_err(wrong)?;
        // Asked by a button, not while a field is filled in.
        if let Some(told) = told.as_object_mut() {
            told.remove("mediation");
        }
        Ok((told, Asked(Question::Anybody(state))))
    }

    /// Verifies an answer with the passkey that it claims; what is to be kept of the passkey from now on.
    ///
    /// # Errors
    /// `trust-passkey-wrong`; `trust-passkey-copied` where its counter went back: another holds a copy of it.
    pub fn answered(&self, asked: Asked, answer: &str, one: &Kept) -> Result<Kept> {
        let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(wrong)?;
        let mut passkey = key(one)?;
        let result = match asked.0 {
            Question::Known(state) => self.0.finish_passkey_authentication(&answer, &state),
            Question::Anybody(state) => {
                self.0.finish_discoverable_authentication_v2(&answer, state, &DiscoverableKey::from(&passkey))
            }
            Question::Register(_) => return Err(wrong("another question")),
        };
        let result = result.map_err(|e| match e {
            WebauthnError::CredentialPossibleCompromise => Fault::new("trust-passkey-copied"),
            e => wrong(e),
        })?;
        if !result.user_verified() {
            return Err(wrong("its holder was not verified"));
        }
        // None: the answer was given by another passkey than the one that it claims.
        passkey.update_credential(&result).ok_or_else(|| wrong("another passkey"))?;
        kept(&passkey)
    }
}

/// Whose passkey an answer claims to be of.
///
/// # Errors
/// `trust-passkey-wrong`.
pub fn claimed(answer: &str) -> Result<Claimed> {
    let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(wrong)?;
    let account = answer.get_user_unique_id().and_then(|bytes| Uuid::from_slice(bytes).ok());
    Ok(Claimed { account, credential: data_encoding::BASE64URL_NOPAD.encode(answer.get_credential_id()) })
}

fn kept(passkey: &Passkey) -> Result<Kept> {
    Ok(Kept {
        credential: data_encoding::BASE64URL_NOPAD.encode(passkey.cred_id().as_slice()),
        state: serde_json::to_string(passkey).map_err(wrong)?,
    })
}

fn key(kept: &Kept) -> Result<Passkey> {
    serde_json::from_str(&kept.state).map_err(wrong)
}

fn keys(kept: &[Kept]) -> Result<Vec<Passkey>> {
    kept.iter().map(key).collect()
}

fn wrong(e: impl std::fmt::Display) -> Fault {
    Fault::new("trust-passkey-wrong").because(e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_and_tls() {
        for good in ["https://socle.example.org", "https://socle.example.org:8443", "http://localhost:8080"] {
            assert!(Place::new(good).is_ok(), "{good}");
        }
        for bad in ["http://socle.example.org", "http://127.0.0.1:8080", "https://[::1]", "socle", ""] {
            assert!(Place::new(bad).is_err_and(|f| f.is("trust-passkey-address")), "{bad}");
        }
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let place = Place::new("http://localhost:8080").unwrap();
        let (told, asked) = place.register(Uuid::from_u128(7), "zoé", &[]).unwrap();
        assert_eq!(told["publicKey"]["rp"]["id"], "localhost");
        assert_eq!(told["publicKey"]["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(told["publicKey"]["authenticatorSelection"]["residentKey"], "preferred");
        let none = Kept { credential: String::new(), state: String::new() };
        assert!(place.answered(asked, "{}", &none).unwrap_err().is("trust-passkey-wrong"));
        let (told, asked) = place.ask_anybody().unwrap();
        assert!(told.get("mediation").is_none() && told["publicKey"]["challenge"].is_string());
        assert!(place.registered(asked, "{}").unwrap_err().is("trust-passkey-wrong"));
        assert!(claimed("not JSON").is_err());
    }
}
