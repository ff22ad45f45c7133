//! Codes, and rooms with all that can be asked in them.
use crate::samples::{ago, master_view, target};
use serde_json::json;
use socle_console::{Codes, Form, RoomForm};
use socle_domain::{UnitId, sequence::Title};
use socle_texts::Fault;
use socle_wire::wizard::{Choice, CodeView, Input, MadeCodes, Question, Room, RoomMachine};
use std::collections::BTreeMap;

pub fn codes(form: Form) -> Codes {
    let (unit, made, expires) = (UnitId::ROOT, ago(60), ago(-1_740));
    Codes {
        made: Some(MadeCodes { codes: vec!["01234567".into(), "98765432".into()], unit, expires }),
        open: vec![CodeView { unit, made, expires }, CodeView { unit: UnitId::new(1, [9; 10]), made, expires }],
        units: vec![(unit, "Le \"centre\" <b>".into())],
        form,
    }
}

fn question(name: &str, input: Input) -> Question {
    let title = |fr: &str, en: &str| Title { fr: fr.into(), en: en.into() };
    Question {
        name: name.into(),
        label: title(&format!("Réponse {name}"), &format!("Answer {name}")),
        help: Some(title("À quoi cela sert.", "What it is for.")),
        input,
        default: None,
    }
}

pub fn room(chosen: bool) -> RoomForm {
    let choice = |value: &str| Choice { value: value.into(), label: None };
    let of = || vec![choice("hall"), choice("room <1>")];
    let inputs = [
        ("printer", Input::Choice { of: of() }, json!("hall")),
        ("profiles", Input::List { of: of() }, json!(["hall", "room <1>"])),
        ("places", Input::Integer { least: Some(1), most: Some(40) }, json!(24)),
        ("exam", Input::Boolean {}, json!(true)),
        ("opened", Input::Date { first: Some("2026-09-01".into()), last: None }, json!("2026-10-01")),
        ("words", Input::Text { patterns: vec![], max_chars: 60, optional: true }, json!("Bonjour \"vous\"")),
        ("wifi", Input::Secret { max_chars: 60 }, json!(null)),
    ];
    let holds = |(name, _, value): &(&str, Input, serde_json::Value)| {
        (name.to_string(), Some(value.clone()).filter(|v| !v.is_null()))
    };
    let asked: BTreeMap<_, _> = inputs.iter().map(holds).collect();
    let machine = |n: u8, known: bool, busy: bool, asked: &BTreeMap<String, Option<serde_json::Value>>| RoomMachine {
        id: target(n),
        name: format!("salle12-{n:02}"),
        known,
        code: format!("00000{n}"),
        seat: Some(n.to_string()),
        busy,
        asked: asked.clone(),
    };
    let mut few = asked.clone();
    few.remove("exam");
    let master = master_view("debian", "12.4", 3);
    RoomForm {
        room: Room {
            unit: UnitId::ROOT,
            name: "Salle 12".into(),
            masters: vec![master.digest],
            master: chosen.then_some(master.digest),
            questions: inputs.into_iter().map(|(name, input, _)| question(name, input)).collect(),
            machines: vec![
                machine(1, true, false, &asked),
                machine(2, false, false, &few),
                machine(3, true, true, &asked),
            ],
        },
        masters: vec![master],
        typed: BTreeMap::new(),
        wrong: BTreeMap::new(),
        form: Form::default(),
    }
}

/// The same, refused.
pub fn room_refused() -> RoomForm {
    let taken = Fault::new("db-name-taken").with("name", "salle12-01");
    let wrong: BTreeMap<String, Fault> = [
        ("name".to_string(), taken),
        ("seat".to_string(), Fault::new("server-seat-wrong")),
        ("option.places".to_string(), Fault::new("wire-answer-range").with("least", "1").with("most", "40")),
    ]
    .into();
    let typed = [
        (format!("take.{}", target(1)), "yes".to_string()),
        (format!("option.places.{}", target(1)), "99".to_string()),
        (format!("option.wifi.{}", target(1)), "s3cret".to_string()),
        ("all.name".to_string(), "salle12-{nn}".to_string()),
    ];
    RoomForm { typed: typed.into(), wrong: [(target(1), wrong)].into(), ..room(true) }
}
