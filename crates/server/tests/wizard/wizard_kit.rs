//! Somebody at a machine, as the server meets him.
use crate::{fake::Machine, house::House};
use serde_json::json;
use socle_domain::{
    Digest, UnitId,
    answers::Answers,
    sign::{Signed, Signer},
};
use socle_trust::secret;
use socle_wire::{
    agent::{Challenge, VERSION},
    wizard::{Finish, MadeCodes, Proof, SIGN_IN_CONTEXT, SignIn, SignedIn, sign_in_bytes},
};

pub const ASKS: &str = "
title = { fr = 'Essai', en = 'Trial' }
[[option]]
name = 'printer'
label = { fr = 'Imprimante', en = 'Printer' }
kind = 'choice'
choices = ['none', 'hall', 'room']
default = 'hall'
latitude = { asked = 'free' }
[[option]]
name = 'places'
label = { fr = 'Places', en = 'Seats' }
kind = 'integer'
default = 1
latitude = { asked = { range = { min = 1, max = 40 } } }
[[option]]
name = 'wifi'
label = { fr = 'Clé', en = 'Key' }
kind = 'secret'
latitude = { asked = 'free' }
[[option]]
name = 'organisation'
label = { fr = 'Organisation', en = 'Organisation' }
kind = 'text'
default = 'Socle'
latitude = 'fixed'
[[step]]
id = 'look'
kind = 'check'
";

/// Somebody at a machine that nobody knows yet.
pub struct Desk {
    pub machine: Machine,
    pub signed: Option<SignedIn>,
}

impl Desk {
    pub fn new(house: &House, n: u8) -> Desk {
        let mut machine = Machine::new(&house.agents(), house.pin, n);
        machine.hello().unwrap();
        Desk { machine, signed: None }
    }
    pub fn message(&self, proof: Proof) -> SignIn {
        let challenge: Challenge = self.machine.post("/agent/v1/challenge", &()).unwrap();
        let key = self.machine.key.public();
        let bytes = sign_in_bytes(&challenge.nonce, &key, &proof);
        let signature = self.machine.key.sign(SIGN_IN_CONTEXT, &bytes);
        SignIn { version: VERSION, nonce: challenge.nonce, key, signature, proof }
    }
    pub fn try_code(&mut self, code: &str) -> Result<SignedIn, String> {
        self.show(Proof::Code { code: code.into() })
    }
    pub fn show(&mut self, proof: Proof) -> Result<SignedIn, String> {
        self.machine.session = None;
        let message = self.message(proof);
        let signed: SignedIn =
            self.machine.post("/agent/v1/wizard/sign-in", &message).map_err(|trouble| trouble.code())?;
        self.machine.session = Some(signed.session.clone());
        self.signed = Some(signed.clone());
        Ok(signed)
    }
    pub fn signed(&self) -> &SignedIn {
        self.signed.as_ref().expect("signed in")
    }
    pub fn ask<A: serde::de::DeserializeOwned>(
        &self,
        what: &str,
        message: &impl serde::Serialize,
    ) -> Result<A, String> {
        self.machine.post(&format!("/agent/v1/wizard/{what}"), message).map_err(|trouble| trouble.code())
    }
    /// The answers as this machine signs them, changed before it does.
    pub fn finish(&self, unit: UnitId, master: Digest, change: impl FnOnce(&mut Answers)) -> Finish {
        let signed = self.signed();
        let mut answers = Answers {
            session: secret::digest(&signed.session),
            target: signed.target,
            machine: self.machine.key.public(),
            name: "salle-01".into(),
            unit,
            seat: Some("1".into()),
            master,
            options: [("printer".to_string(), json!("room")), ("places".to_string(), json!(24))].into(),
            secrets: ["wifi".to_string()].into(),
            who: signed.who,
            at: signed.now,
        };
        change(&mut answers);
        let secrets = [("wifi".to_string(), "s3cret words".to_string())].into();
        Finish { answers: Signed::new(&answers, &self.machine.key), secrets }
    }
}

pub fn codes(house: &House, count: u32) -> Vec<String> {
    let made: MadeCodes = house.post("/api/v1/wizard/codes", &json!({ "count": count, "minutes": 30 }));
    assert_eq!(made.codes.len(), count as usize);
    assert!(made.codes.iter().all(|c| c.len() == 8 && c.bytes().all(|b| b.is_ascii_digit())), "{made:?}");
    made.codes
}
