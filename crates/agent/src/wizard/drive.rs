//! Between the person, the screen and the server: keys go in, effects are carried out, what comes of them is heard.
use super::{
    flow::{Effect, Filled, Heard, Page, Wizard},
    hands::{At, Hands},
    keys::Key,
};
use crate::{
    http::{Http, Patience},
    key::MachineKey,
    screen::Screen,
};
use serde::{Serialize, de::DeserializeOwned};
use socle_domain::{
    Digest,
    answers::Answers,
    sign::{Signed, Signer},
};
use socle_texts::{Fault, Result};
use socle_wire::{
    agent::{Challenge, VERSION},
    wizard::{Finish, Finished, Place, Proof, Questions, SIGN_IN_CONTEXT, SignIn, SignedIn, sign_in_bytes},
};
use std::time::{Duration, Instant};

/// A machine that somebody signed in at and left alone forgets him.
const IDLE: Duration = Duration::from_secs(600);
/// The last page is left by itself.
const LAST_PAGE: Duration = Duration::from_secs(10);
const PATIENCE: Patience = Patience::For(Duration::from_secs(20));

/// What the wizard asks of the server.
pub trait Desk {
    /// Sign in.
    fn sign_in(&self, proof: &Proof) -> Result<SignedIn>;
    /// Ask something of that conversation.
    fn place(&self, ask: &socle_wire::wizard::AskPlace) -> Result<Place>;
    /// Ask what a master asks.
    fn questions(&self, ask: &socle_wire::wizard::AskQuestions) -> Result<Questions>;
    /// Hand the answers in.
    fn finish(&self, finish: &Finish) -> Result<Finished>;
    /// The conversation is over; nothing was changed.
    fn leave(&self);
}

/// How the wizard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The machine is known now, and has work.
    Done,
    /// Nothing was changed.
    Left,
}

/// Leads somebody through it.
pub fn run(desk: &dyn Desk, key: &MachineKey, screen: &Screen, hands: &Hands, at: At) -> End {
    let mut wizard = Wizard::new(screen.lang(), hands.layout());
    screen.wizard(Some(&wizard), at == At::Serial);
    screen.event("agent-wizard-begins", &[]);
    let end = lead(&mut wizard, desk, key, screen, hands, at);
    if end == End::Left && wizard.signed().is_some() {
        desk.leave();
    }
    screen.wizard(None, false);
    screen.event(if end == End::Done { "agent-wizard-ends" } else { "agent-wizard-left" }, &[]);
    end
}

fn lead(wizard: &mut Wizard, desk: &dyn Desk, key: &MachineKey, screen: &Screen, hands: &Hands, at: At) -> End {
    let (mut page, mut session) = (wizard.page, None);
    let mut begun = None;
    loop {
        screen.update(|v| v.lang = wizard.lang);
        screen.wizard(Some(wizard), at == At::Serial);
        if page != wizard.page || begun.is_none() {
            page = wizard.page;
            begun = Some(Instant::now());
            screen.event("agent-wizard-page", &[("page", wizard.form.title.say(wizard.lang).into())]);
        }
        let long = if wizard.page == Page::Done { LAST_PAGE } else { IDLE };
        // Whoever was asked where keys come from stays the one: two people do not fill in one form.
        let pressed = hands.next(long).filter(|(from, _)| *from == at);
        let mut effect = match pressed {
            Some((_, pressed)) => wizard.press(pressed),
            None if begun.is_some_and(|b| b.elapsed() >= long) => Effect::Leave,
            None => continue,
        };
        loop {
            effect = match effect {
                Effect::Draw => break,
                Effect::Layout(layout) => {
                    if let Err(fault) = hands.set_layout(layout) {
                        wizard.form.fault = Some(fault);
                    }
                    break;
                }
                Effect::Leave => return if wizard.page == Page::Done { End::Done } else { End::Left },
                asks => {
                    screen.wizard(Some(wizard), at == At::Serial);
                    let heard = carry_out(asks, desk, key, &mut session).unwrap_or_else(Heard::Fault);
                    if let Heard::Fault(fault) = &heard {
                        screen.event("agent-wizard-refused", &[("why", fault.code.to_string().into())]);
                    }
                    wizard.heard(heard)
                }
            };
        }
        // Time goes on from the last key, not from the last page.
        begun = Some(Instant::now());
    }
}

/// What the conversation is known by.
struct Held {
    signed: SignedIn,
    heard: Instant,
}

fn carry_out(effect: Effect, desk: &dyn Desk, key: &MachineKey, session: &mut Option<Held>) -> Result<Heard> {
    Ok(match effect {
        Effect::SignIn(proof) => {
            let signed = desk.sign_in(&proof)?;
            *session = Some(Held { signed: signed.clone(), heard: Instant::now() });
            Heard::SignedIn(signed)
        }
        Effect::Place(ask) => Heard::Place(desk.place(&ask)?),
        Effect::Questions(ask) => Heard::Questions(desk.questions(&ask)?),
        Effect::Finish(filled) => {
            let held = session.as_ref().ok_or_else(|| Fault::new("agent-session-over"))?;
            Heard::Finished(desk.finish(&signed_answers(*filled, held, key))?)
        }
        Effect::Draw | Effect::Layout(_) | Effect::Leave => return Err(Fault::new("agent-session-over")),
    })
}

fn signed_answers(filled: Filled, held: &Held, key: &MachineKey) -> Finish {
    let signed = &held.signed;
    let answers = Answers {
        session: Digest::of(signed.session.as_bytes()),
        target: signed.target,
        machine: key.public(),
        name: filled.name,
        unit: filled.unit,
        seat: filled.seat,
        master: filled.master,
        options: filled.options,
        secrets: filled.secrets.keys().cloned().collect(),
        who: signed.who,
        // The machine's own clock may say anything: the server's, and the time since.
        at: signed.now.checked_add(held.heard.elapsed()).unwrap_or(signed.now),
    };
    Finish { answers: Signed::new(&answers, key), secrets: filled.secrets }
}

/// The server's desk.
pub struct Counter<'a> {
    /// The line to the server.
    pub http: &'a Http,
    /// The machine's key.
    pub key: &'a MachineKey,
}

impl Counter<'_> {
    fn ask<Q: Serialize, A: DeserializeOwned>(&self, what: &str, message: &Q) -> Result<A> {
        self.http.post(&format!("/agent/v1/wizard/{what}"), message, PATIENCE)
    }
}

impl Desk for Counter<'_> {
    fn sign_in(&self, proof: &Proof) -> Result<SignedIn> {
        self.http.set_session(None);
        let challenge: Challenge = self.http.post("/agent/v1/challenge", &(), PATIENCE)?;
        let key = self.key.public();
        let signature = self.key.sign(SIGN_IN_CONTEXT, &sign_in_bytes(&challenge.nonce, &key, proof));
        let sign_in = SignIn { version: VERSION, nonce: challenge.nonce, key, signature, proof: proof.clone() };
        // Once: a code opens one door, and a try that is not known to have failed is not made again.
        let signed: SignedIn = self.http.post("/agent/v1/wizard/sign-in", &sign_in, Patience::Once)?;
        self.http.set_session(Some(signed.session.clone()));
        Ok(signed)
    }
    fn place(&self, ask: &socle_wire::wizard::AskPlace) -> Result<Place> {
        self.ask("place", ask)
    }
    fn questions(&self, ask: &socle_wire::wizard::AskQuestions) -> Result<Questions> {
        self.ask("questions", ask)
    }
    fn finish(&self, finish: &Finish) -> Result<Finished> {
        self.ask("finish", finish)
    }
    fn leave(&self) {
        let _ = self.http.tell("/agent/v1/wizard/leave", &(), Patience::Once);
        self.http.set_session(None);
    }
}

/// Whether a key opens the wizard.
pub fn opens(key: Key) -> bool {
    key == Key::Enter
}
