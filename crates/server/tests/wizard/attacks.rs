//! Whoever stands at a keyboard in a school and knows no code learns nothing and changes nothing.
use crate::{
    fake::Machine,
    house::House,
    wizard_kit::{ASKS, Desk, codes},
};
use serde_json::{Value, json};
use socle_domain::{UnitId, sign::Signer};
use socle_trust::KeyPair;
use socle_wire::wizard::{AskPlace, Finished, Place, Proof, SignedIn};

const NOTHING: &str = "server-wizard-code-wrong";

/// Whatever is wrong with a code the answer is the same: a code that never was, one that was used elsewhere, one that is
/// over, one that was taken back, no digits at all.
#[test]
fn a_wrong_code_tells_nothing() {
    let house = House::new();
    house.master_of(ASKS, "1");
    let made = codes(&house, 3);
    let mut first = Desk::new(&house, 1);
    first.try_code(&made[0]).unwrap();
    let said = |desk: &mut Desk, code: &str| {
        desk.machine.session = None;
        let message = desk.message(Proof::Code { code: code.into() });
        let trouble = desk.machine.post::<Value>("/agent/v1/wizard/sign-in", &message).unwrap_err();
        match trouble {
            crate::fake::Trouble::Refused(fault) => serde_json::to_string(&fault).unwrap(),
            silent => panic!("{silent:?}"),
        }
    };
    let mut thief = Desk::new(&house, 2);
    let never = said(&mut thief, "00000000");
    assert!(never.contains(NOTHING), "{never}");
    assert_eq!(said(&mut thief, &made[0]), never, "one that was used at another machine");
    assert_eq!(said(&mut thief, "1234"), never, "too short");
    assert_eq!(said(&mut thief, "12345678' OR '1"), never, "no digits");
    house.later(1_801);
    let mut thief = Desk::new(&house, 3);
    assert_eq!(said(&mut thief, &made[1]), never, "one that is over");
    let fresh = codes(&house, 1).remove(0);
    let deleted = house.http().delete(house.url("console", "/api/v1/wizard/codes")).bearer_auth(&house.token).send();
    assert_eq!(deleted.unwrap().status(), 204);
    assert_eq!(said(&mut thief, &fresh), never, "one that was taken back");
    let unknown = Machine::new(&house.agents(), house.pin, 77);
    let stranger = Desk { machine: unknown, signed: None };
    let message = stranger.message(Proof::Code { code: codes(&house, 1).remove(0) });
    let code = stranger.machine.post::<Value>("/agent/v1/wizard/sign-in", &message).unwrap_err().code();
    assert_eq!(code, NOTHING, "a machine that never said hello");
}

/// Before somebody has signed in nothing of the organisation is answered, whatever is asked with whatever bearer.
#[test]
fn nothing_is_told_before_signing_in() {
    let house = House::new();
    let master = house.master_of(ASKS, "1");
    let mut known = Machine::new(&house.agents(), house.pin, 1);
    known.hello().unwrap();
    house.accept("pc-1");
    known.known();
    let desk = Desk::new(&house, 2);
    let bearers = [None, known.session.clone(), Some(house.token.clone()), Some("00".repeat(32)), Some(String::new())];
    let ask = json!({ "unit": UnitId::ROOT, "master": master, "name": "x", "seat": null });
    for bearer in bearers {
        let mut machine = Machine::new(&house.agents(), house.pin, 2);
        machine.session = bearer;
        for what in ["place", "questions", "finish", "leave"] {
            let code = machine.post::<Value>(&format!("/agent/v1/wizard/{what}"), &ask).unwrap_err().code();
            assert_eq!(code, "server-unauthenticated", "{what}");
        }
    }
    drop(desk);
}

/// A conversation is good for its own doors, and for its own machine.
#[test]
fn a_conversation_opens_no_other_door() {
    let house = House::new();
    let master = house.master_of(ASKS, "1");
    let made = codes(&house, 2);
    let (mut one, mut two) = (Desk::new(&house, 1), Desk::new(&house, 2));
    one.try_code(&made[0]).unwrap();
    two.try_code(&made[1]).unwrap();
    assert_eq!(one.machine.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
    let session = one.machine.session.clone().unwrap();
    let console = house.http().get(house.url("console", "/api/v1/machines")).bearer_auth(&session).send().unwrap();
    assert_eq!(console.status(), 401);
    // The answers of one machine under the conversation of another.
    let stolen = one.finish(UnitId::ROOT, master, |_| {});
    assert_eq!(two.ask::<Finished>("finish", &stolen).unwrap_err(), "domain-signature-wrong");
    let forged = two.finish(UnitId::ROOT, master, |a| a.session = socle_domain::Digest([1; 32]));
    assert_eq!(two.ask::<Finished>("finish", &forged).unwrap_err(), "server-answers-wrong");
    let other = two.finish(UnitId::ROOT, master, |a| a.who = socle_domain::Digest([1; 32]));
    assert_eq!(two.ask::<Finished>("finish", &other).unwrap_err(), "server-answers-wrong");
    // A room outside of where the code was made for is not there.
    let elsewhere = AskPlace { unit: UnitId::new(1, [7; 10]) };
    assert_eq!(two.ask::<Place>("place", &elsewhere).unwrap_err(), "server-unknown");
}

/// A sign-in is its machine's: another key, another code or a second use of its question make it worthless.
#[test]
fn a_sign_in_is_not_played_again() {
    let house = House::new();
    let made = codes(&house, 2);
    let desk = Desk::new(&house, 1);
    let message = desk.message(Proof::Code { code: made[0].clone() });
    let send = |message: &socle_wire::wizard::SignIn| {
        desk.machine.post::<SignedIn>("/agent/v1/wizard/sign-in", message).map_err(|t| t.code())
    };
    let mut changed = message.clone();
    changed.proof = Proof::Code { code: made[1].clone() };
    assert_eq!(send(&changed).unwrap_err(), "server-hello-wrong", "the code is part of what was signed");
    let mut other = desk.message(Proof::Code { code: made[0].clone() });
    other.key = KeyPair::from_seed(&[9; 32]).public();
    assert_eq!(send(&other).unwrap_err(), "server-hello-wrong");
    assert_eq!(send(&message).unwrap_err(), "server-challenge-over", "its question was used up by the first");
    // The signature of a hello is no sign-in.
    let hello = desk.machine.hello_message().unwrap();
    let mut posed = desk.message(Proof::Code { code: made[0].clone() });
    (posed.nonce, posed.signature) = (hello.nonce, hello.signature);
    assert_eq!(send(&posed).unwrap_err(), "server-hello-wrong");
    send(&desk.message(Proof::Code { code: made[0].clone() })).unwrap();
}

/// Guessing ends after five tries at a machine; the machine beside it goes on, and so does the right code later.
#[test]
fn guessing_ends() {
    let house = House::new();
    house.master_of(ASKS, "1");
    let made = codes(&house, 2);
    let mut desk = Desk::new(&house, 1);
    for n in 0..5 {
        assert_eq!(desk.try_code(&format!("0000000{n}")).unwrap_err(), NOTHING);
    }
    assert_eq!(desk.try_code(&made[0]).unwrap_err(), "server-wizard-tries", "even the right one waits");
    Desk::new(&house, 2).try_code(&made[1]).unwrap();
    house.later(901);
    desk.try_code(&made[0]).unwrap();
}

/// Who makes up a new machine for each guess meets the limit of his address.
#[test]
fn guessing_with_many_machines_ends_too() {
    let house = House::new();
    let mut refused = 0;
    for n in 0..70u8 {
        let mut desk = Desk::new(&house, 100 + n);
        match desk.try_code("99999999").unwrap_err().as_str() {
            NOTHING => {}
            "server-wizard-tries" => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(refused, 10);
}

/// Whoever loses his rights loses his codes and his conversations with them.
#[test]
fn a_code_serves_at_one_machine() {
    let house = House::new();
    house.master_of(ASKS, "1");
    let code = codes(&house, 1).remove(0);
    let mut one = Desk::new(&house, 1);
    one.try_code(&code).unwrap();
    assert_eq!(Desk::new(&house, 2).try_code(&code).unwrap_err(), NOTHING);
    // The answer was lost on the way: the same machine may ask again for a moment, and its first conversation is over.
    let before = one.machine.session.clone();
    one.try_code(&code).unwrap();
    let after = std::mem::replace(&mut one.machine.session, before);
    assert_eq!(one.ask::<Place>("place", &AskPlace { unit: UnitId::ROOT }).unwrap_err(), "server-unauthenticated");
    one.machine.session = after;
    house.later(121);
    assert_eq!(one.try_code(&code).unwrap_err(), NOTHING);
}

/// The database alone opens no machine: neither codes nor bearers stand in it, nor secrets that were typed.
#[test]
fn a_stolen_database_opens_nothing() {
    let house = House::on_sqlite();
    let master = house.master_of(ASKS, "1");
    let made = codes(&house, 2);
    let mut desk = Desk::new(&house, 1);
    let signed = desk.try_code(&made[0]).unwrap();
    let finish = desk.finish(UnitId::ROOT, master, |_| {});
    assert!(matches!(desk.ask("finish", &finish).unwrap(), Finished::Done { .. }));
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(house.data()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains("socle.db") || name.ends_with(".sqlite") || name.contains("database") || name.contains(".db") {
            bytes.extend(std::fs::read(entry.path()).unwrap());
        }
    }
    assert!(bytes.len() > 10_000, "the database was read");
    let holds = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("wizard-finish"), "it is the database");
    for secret in [&made[0], &made[1], &signed.session, "s3cret words"] {
        assert!(!holds(secret), "{secret} stands in the database");
    }
    // Nor a plain digest of the digits, which would be tried out in a second.
    for code in &made {
        assert!(!holds(&socle_trust::secret::digest(code).to_string()));
    }
}
