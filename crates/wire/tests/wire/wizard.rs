//! The wizard's messages, frozen; and what a person types, read by the one code that machine, console and server share.
use crate::{at, check, key, run, target};
use serde_json::{Value, json};
use socle_domain::{
    Digest, UnitId,
    answers::Answers,
    latitude::{Latitude, Reach},
    option::OptionSpec,
    sequence::Title,
    sign::{Signed, Signer},
};
use socle_texts::Fault;
use socle_wire::wizard::*;

fn title(fr: &str, en: &str) -> Title {
    Title { fr: fr.into(), en: en.into() }
}

#[test]
fn signing_in() {
    let (machine, nonce) = (key(3), Digest([9; 32]));
    let proof = Proof::Code { code: "01234567".into() };
    let signature = machine.sign(SIGN_IN_CONTEXT, &sign_in_bytes(&nonce, &machine.public(), &proof));
    check("wizard-sign-in", SignIn { version: 1, nonce, key: machine.public(), signature, proof });
    check("wizard-proof", Proof::SecondFactor { name: "claire".into(), code: "012345".into() });
    let room = RoomChoice { unit: UnitId::ROOT, name: "Salle 12".into(), path: vec!["Lycée".into()] };
    let signed = SignedIn {
        session: "00ff".into(),
        seconds: 1800,
        target: target(),
        who: Digest([5; 32]),
        now: at(),
        name: None,
        unit: None,
        rooms: vec![room],
    };
    check("wizard-signed-in", signed);
}

#[test]
fn asking_and_answering() {
    let (unit, master) = (UnitId::ROOT, Digest([4; 32]));
    check("wizard-ask-place", AskPlace { unit });
    let choice = MasterChoice {
        master,
        name: "debian".into(),
        version: "1".into(),
        title: title("Installer", "Install"),
        destroys: true,
    };
    check("wizard-place", Place { name: Some("pc-1".into()), seat: None, masters: vec![choice] });
    check("wizard-ask-questions", AskQuestions { unit, master, name: "pc-1".into(), seat: Some("4".into()) });
    let of = vec![Choice { value: "hall".into(), label: Some(title("Hall", "Hall")) }];
    let inputs = [
        Input::Boolean {},
        Input::Integer { least: Some(1), most: None },
        Input::Text { patterns: vec!["[a-z]+".into()], max_chars: 20, optional: true },
        Input::Secret { max_chars: 20 },
        Input::Choice { of: of.clone() },
        Input::List { of },
        Input::Texts { patterns: vec![], most: 5 },
        Input::Date { first: Some("2026-09-01".into()), last: None },
        Input::Network {},
    ];
    let question = |(n, input): (usize, Input)| Question {
        name: format!("o{n}"),
        label: title("Une", "One"),
        help: None,
        input,
        default: None,
    };
    check("wizard-asked", Questions::Asked { questions: inputs.into_iter().enumerate().map(question).collect() });
    let wrong = || [("name".to_string(), Fault::new("db-name-taken").with("name", "pc-1"))].into();
    check("wizard-questions-wrong", Questions::Wrong { fields: wrong() });
    let answers = Answers {
        session: Digest([1; 32]),
        target: target(),
        machine: key(3).public(),
        name: "pc-1".into(),
        unit,
        seat: Some("4".into()),
        master,
        options: [("printer".to_string(), json!("hall"))].into(),
        secrets: ["wifi".to_string()].into(),
        who: Digest([5; 32]),
        at: at(),
    };
    let secrets = [("wifi".to_string(), "s3cret".to_string())].into();
    check("wizard-finish", Finish { answers: Signed::new(&answers, &key(3)), secrets });
    check("wizard-done", Finished::Done { name: "pc-1".into(), run: Some(run()) });
    check("wizard-wrong", Finished::Wrong { fields: wrong() });
}

fn spec(declared: Value) -> OptionSpec {
    let mut all = json!({ "name": "o", "label": { "fr": "O", "en": "O" } });
    all.as_object_mut().unwrap().extend(declared.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// What can be answered for an option within what everybody above has left.
#[test]
fn an_option_becomes_a_question() {
    let check = |declared: Value, latitude: Value, expect: Option<Value>| {
        let latitude: Latitude = serde_json::from_value(latitude).unwrap();
        let reach = Reach::default().narrowed(&latitude);
        let found = Input::of(&spec(declared), &reach).map(|input| serde_json::to_value(input).unwrap());
        assert_eq!(found, expect);
    };
    let asked = |within: Value| json!({ "asked": within });
    check(json!({ "kind": "boolean" }), asked(json!("free")), Some(json!({ "kind": "boolean" })));
    check(json!({ "kind": "boolean" }), json!("fixed"), None);
    check(
        json!({ "kind": "integer", "min": 0, "max": 100 }),
        asked(json!({ "range": { "min": 10 } })),
        Some(json!({ "kind": "integer", "least": 10, "most": 100 })),
    );
    check(
        json!({ "kind": "integer" }),
        asked(json!({ "one-of": [1, 2] })),
        Some(json!({ "kind": "choice", "of": [{ "value": 1 }, { "value": 2 }] })),
    );
    let choices = json!(["a", { "value": "b", "label": { "fr": "Bé", "en": "Bee" } }]);
    check(
        json!({ "kind": "choice", "choices": choices }),
        asked(json!({ "one-of": ["b"] })),
        Some(json!({ "kind": "choice", "of": [{ "value": "b", "label": { "fr": "Bé", "en": "Bee" } }] })),
    );
    check(
        json!({ "kind": "text", "pattern": "[a-z]*" }),
        asked(json!({ "pattern": ".{0,3}" })),
        Some(json!({ "kind": "text", "patterns": ["[a-z]*", ".{0,3}"], "max_chars": 1000, "optional": true })),
    );
    check(json!({ "kind": "secret" }), asked(json!("free")), Some(json!({ "kind": "secret", "max_chars": 1000 })));
    check(
        json!({ "kind": "package-set", "among": ["gimp", "blender"] }),
        asked(json!("free")),
        Some(json!({ "kind": "list", "of": [{ "value": "gimp" }, { "value": "blender" }] })),
    );
    check(
        json!({ "kind": "date" }),
        asked(json!({ "range": { "max": "2026-12-31" } })),
        Some(json!({ "kind": "date", "last": "2026-12-31" })),
    );
    check(json!({ "kind": "network-profile" }), asked(json!("free")), Some(json!({ "kind": "network" })));
}

#[test]
fn what_is_typed_is_read_or_refused() {
    let check = |input: Input, typed: &str, expect: Result<Value, &str>| {
        let found = input.read(typed).map_err(|fault| fault.code.to_string());
        assert_eq!(found, expect.map_err(str::to_string), "{typed:?}");
        if let Ok(value) = found {
            assert_eq!(input.read(&input.shown(&value)), Ok(value), "what is shown is what one would type");
        }
    };
    let text = |patterns: &[&str], optional| Input::Text {
        patterns: patterns.iter().map(|p| p.to_string()).collect(),
        max_chars: 5,
        optional,
    };
    check(Input::Boolean {}, "true", Ok(json!(true)));
    check(Input::Boolean {}, "yes", Err("wire-answer-no-boolean"));
    let range = || Input::Integer { least: Some(1), most: Some(40) };
    check(range(), " 24 ", Ok(json!(24)));
    check(range(), "41", Err("wire-answer-range"));
    check(range(), "-1", Err("wire-answer-range"));
    check(range(), "1e3", Err("wire-answer-no-number"));
    check(range(), "", Err("wire-answer-missing"));
    check(text(&[], false), "école", Ok(json!("école")));
    check(text(&[], false), "écoles", Err("wire-answer-too-long"));
    check(text(&[], false), "", Err("wire-answer-missing"));
    check(text(&[], true), "", Ok(json!("")));
    check(text(&["[a-z]+", ".{3}"], false), "abc", Ok(json!("abc")));
    check(text(&["[a-z]+", ".{3}"], false), "abcd", Err("wire-answer-pattern"));
    check(text(&[], false), "a\u{1b}b", Err("wire-answer-control"));
    let of = || ["a", "b"].map(|v| Choice { value: v.into(), label: None }).to_vec();
    check(Input::Choice { of: of() }, "b", Ok(json!("b")));
    check(Input::Choice { of: of() }, "c", Err("wire-answer-no-choice"));
    check(Input::List { of: of() }, "b, a", Ok(json!(["b", "a"])));
    check(Input::List { of: of() }, "a, a", Err("wire-answer-twice"));
    check(Input::List { of: of() }, "", Ok(json!([])));
    let texts = || Input::Texts { patterns: vec!["[a-z]+".into()], most: 2 };
    check(texts(), "a, b", Ok(json!(["a", "b"])));
    check(texts(), "a, b, c", Err("wire-answer-too-many"));
    check(texts(), "a, B", Err("wire-answer-pattern"));
    let days = || Input::Date { first: Some("2026-09-01".into()), last: Some("2027-07-05".into()) };
    check(days(), "2026-09-01", Ok(json!("2026-09-01")));
    check(days(), "05/07/2027", Ok(json!("2027-07-05")));
    check(days(), "31/08/2026", Err("wire-answer-days"));
    check(days(), "31/02/2027", Err("wire-answer-no-date"));
    check(days(), "tomorrow", Err("wire-answer-no-date"));
    check(Input::Network {}, "DHCP", Ok(json!({ "method": "dhcp" })));
    let fixed = "10.1.2.3/24 via 10.1.2.1 dns 10.1.2.1,10.1.2.2";
    let profile =
        json!({ "method": "static", "address": "10.1.2.3/24", "gateway": "10.1.2.1", "dns": ["10.1.2.1", "10.1.2.2"] });
    check(Input::Network {}, fixed, Ok(profile));
    check(Input::Network {}, "10.1.2.3/24 via 10.9.9.9", Err("wire-answer-no-network"));
    check(Input::Network {}, "10.1.2.3", Err("wire-answer-no-network"));
    check(Input::Secret { max_chars: 8 }, " two words ", Err("wire-answer-too-long"));
    check(Input::Secret { max_chars: 9 }, " a word ", Ok(json!(" a word ")));
}
