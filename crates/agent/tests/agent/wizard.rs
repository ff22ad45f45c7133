//! The wizard as a person meets it: keys in, a screen of 80 by 25 out, in both languages; a desk that answers as the
//! server does.
use ratatui::{Terminal, backend::TestBackend};
use serde_json::json;
use socle_agent::{
    key::MachineKey,
    screen::{Screen, View, draw},
    wizard::{
        Key, Layout, Wizard,
        drive::{self, Desk, End},
        flow::{Effect, Heard, Page},
        hands::{At, Hands},
        keys::Decoder,
        layout::entries,
    },
};
use socle_domain::{Digest, TargetId, Timestamp, UnitId, sequence::Title, sign::Signer};
use socle_texts::{Fault, Lang, Result};
use socle_wire::wizard::{
    AskPlace, AskQuestions, Choice, Finish, Finished, Input, MasterChoice, Place, Proof, Question, Questions,
    RoomChoice, SignedIn,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, mpsc::channel},
};

/// `Salle<Enter><F2>`: the keys of a text.
fn keys(text: &str) -> Vec<Key> {
    let (mut keys, mut rest) = (Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|r| r.split_once('>'));
        let (key, after) = match named {
            Some((name, after)) => (named_key(name), after),
            None => (Key::Char(c), &rest[c.len_utf8()..]),
        };
        keys.push(key);
        rest = after;
    }
    keys
}

fn named_key(name: &str) -> Key {
    match name {
        "Enter" => Key::Enter,
        "Tab" => Key::Tab,
        "BackTab" => Key::BackTab,
        "Up" => Key::Up,
        "Down" => Key::Down,
        "Left" => Key::Left,
        "Right" => Key::Right,
        "Home" => Key::Home,
        "End" => Key::End,
        "Esc" => Key::Escape,
        "Backspace" => Key::Backspace,
        "Delete" => Key::Delete,
        f => Key::F(f.strip_prefix('F').and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("no key {f}"))),
    }
}

fn title(fr: &str, en: &str) -> Title {
    Title { fr: fr.into(), en: en.into() }
}
fn unit(n: u8) -> UnitId {
    UnitId::new(1_790_000_000_000, [n; 10])
}
fn target() -> TargetId {
    TargetId::new(1_790_000_000_000, [9; 10])
}

/// A desk that answers as the server does, from memory.
struct FakeDesk {
    rooms: u8,
    questions: Vec<Question>,
    wrong: Mutex<BTreeMap<String, Fault>>,
    finished: Mutex<Vec<Finish>>,
    left: Mutex<u32>,
}

impl FakeDesk {
    fn new() -> FakeDesk {
        FakeDesk {
            rooms: 3,
            questions: questions(),
            wrong: Mutex::default(),
            finished: Mutex::default(),
            left: Mutex::new(0),
        }
    }
    fn answer(&self, effect: Effect, key: &MachineKey) -> Heard {
        let heard = match effect {
            Effect::SignIn(proof) => self.sign_in(&proof).map(Heard::SignedIn),
            Effect::Place(ask) => self.place(&ask).map(Heard::Place),
            Effect::Questions(ask) => self.questions(&ask).map(Heard::Questions),
            Effect::Finish(filled) => {
                assert_eq!(filled.secrets.keys().collect::<Vec<_>>(), ["wifi_key"]);
                let _ = key;
                Ok(Heard::Finished(match self.wrong.lock().unwrap().clone() {
                    none if none.is_empty() => Finished::Done { name: filled.name, run: None },
                    fields => Finished::Wrong { fields },
                }))
            }
            other => panic!("{other:?} asks nothing"),
        };
        heard.unwrap_or_else(Heard::Fault)
    }
}

impl Desk for FakeDesk {
    fn sign_in(&self, proof: &Proof) -> Result<SignedIn> {
        let right = match proof {
            Proof::Code { code } => code == "12345678",
            Proof::SecondFactor { name, code } => name == "claire" && code == "246810",
        };
        if !right {
            return Err(Fault::new("server-wizard-code-wrong"));
        }
        let names = ["Salle 11", "Salle 12", "Atelier d'œuvres"];
        let room = |n: u8| RoomChoice {
            unit: unit(n),
            name: names[n as usize].into(),
            path: vec!["Lycée Jules-Ferry".into(), "Bâtiment A".into()],
        };
        Ok(SignedIn {
            session: "00ff".into(),
            seconds: 1_800,
            target: target(),
            who: Digest([5; 32]),
            now: Timestamp::from_second(1_790_000_000).unwrap(),
            name: None,
            unit: None,
            rooms: (0..self.rooms).map(room).collect(),
        })
    }
    fn place(&self, ask: &AskPlace) -> Result<Place> {
        let master = |n: u8, version: &str| MasterChoice {
            master: Digest([n; 32]),
            name: "debian".into(),
            version: version.into(),
            title: title("Installer un poste", "Install a workstation"),
            destroys: true,
        };
        let known = ask.unit == unit(1);
        Ok(Place {
            name: known.then(|| "salle12-04".into()),
            seat: known.then(|| "4".into()),
            masters: vec![master(2, "12.5"), master(1, "12.4")],
        })
    }
    fn questions(&self, ask: &AskQuestions) -> Result<Questions> {
        if ask.name == "pris" {
            let taken = Fault::new("db-name-taken").with("name", "pris");
            return Ok(Questions::Wrong { fields: [("name".to_string(), taken)].into() });
        }
        Ok(Questions::Asked { questions: self.questions.clone() })
    }
    fn finish(&self, finish: &Finish) -> Result<Finished> {
        self.finished.lock().unwrap().push(finish.clone());
        Ok(Finished::Done { name: "salle12-04".into(), run: None })
    }
    fn leave(&self) {
        *self.left.lock().unwrap() += 1;
    }
}

fn question(name: &str, label: Title, input: Input, default: Option<serde_json::Value>) -> Question {
    let help = title("Ce que cela change pour les élèves.", "What it changes for the pupils.");
    Question { name: name.into(), label, help: Some(help), input, default }
}

fn questions() -> Vec<Question> {
    let choice = |value: &str, fr: &str, en: &str| Choice { value: value.into(), label: Some(title(fr, en)) };
    let printers = vec![
        choice("none", "Aucune", "None"),
        choice("hall", "Imprimante du hall", "Printer in the hall"),
        choice("room", "Imprimante de la salle", "Printer in the room"),
    ];
    let profiles = vec![choice("cad", "Dessin", "Drawing"), choice("lab", "Mesures", "Measures")];
    vec![
        question("printer", title("Imprimante", "Printer"), Input::Choice { of: printers }, Some("hall".into())),
        question(
            "places",
            title("Places assises", "Seats"),
            Input::Integer { least: Some(1), most: Some(40) },
            Some(24.into()),
        ),
        question("exam", title("Poste d'examen", "For exams"), Input::Boolean {}, Some(false.into())),
        question("profiles", title("Profils", "Profiles"), Input::List { of: profiles }, Some(json!(["cad"]))),
        question(
            "opened",
            title("Ouvert le", "Open from"),
            Input::Date { first: Some("2026-09-01".into()), last: None },
            None,
        ),
        question(
            "label",
            title("Étiquette d'inventaire", "Inventory label"),
            Input::Text { patterns: vec!["[A-Z]{2}[0-9]{4}".into()], max_chars: 6, optional: false },
            None,
        ),
        question(
            "wifi_key",
            title("Clé du réseau sans fil", "Key of the wireless network"),
            Input::Secret { max_chars: 63 },
            None,
        ),
    ]
}

/// Somebody types at a machine.
struct Person {
    wizard: Wizard,
    desk: FakeDesk,
    key: MachineKey,
}

impl Person {
    fn new(lang: Lang) -> Person {
        let key = MachineKey::of([7; 32]);
        Person { wizard: Wizard::new(lang, Layout::of(lang)), desk: FakeDesk::new(), key }
    }
    /// Types, and hears what the desk answers; the last effect that asked nothing.
    fn types(&mut self, text: &str) -> Effect {
        let mut last = Effect::Draw;
        for key in keys(text) {
            last = self.wizard.press(key);
            while matches!(last, Effect::SignIn(_) | Effect::Place(_) | Effect::Questions(_) | Effect::Finish(_)) {
                last = self.wizard.heard(self.desk.answer(last, &self.key));
            }
        }
        last
    }
    fn screen(&self) -> String {
        let mut view = View::new(self.wizard.lang);
        view.wizard = Some(Box::new(self.wizard.clone()));
        let mut terminal = Terminal::new(TestBackend::new(80, 25)).unwrap();
        terminal.draw(|frame| draw(frame, &view)).unwrap();
        terminal.backend().to_string()
    }
}

const TO_PLACE: &str = "12345678<Enter><Enter>Salle 12<Enter><Enter>";
const TO_QUESTIONS: &str = "12345678<Enter><Enter>12<Enter><Enter><Enter><Enter><Enter><Enter>";
const ANSWERS: &str =
    "<Enter><Backspace><Backspace>32<Enter> <Enter><Down> <Enter>01/09/2027<Enter>AB1234<Enter>s3cret!<Enter>";

fn check(name: &str, lang: Lang, text: &str) {
    let mut person = Person::new(lang);
    person.types(text);
    insta::assert_snapshot!(format!("wizard-{name}"), person.screen());
}

#[test]
fn signing_in() {
    check("sign-in-fr", Lang::Fr, "");
    check("sign-in-en", Lang::En, "");
    check("second-factor-fr", Lang::Fr, "<F4>claire<Enter>");
    check("code-wrong-fr", Lang::Fr, "87654321<Enter><Enter>");
    check("code-too-short-en", Lang::En, "123<Enter>");
}

#[test]
fn where_and_what() {
    check("rooms-fr", Lang::Fr, "12345678<Enter><Enter>");
    check("room-found-en", Lang::En, "12345678<Enter><Enter>salle 12");
    check("place-fr", Lang::Fr, TO_PLACE);
    check("place-wrong-name-en", Lang::En, &format!("{TO_PLACE}<End>-<Enter>"));
    check("place-master-en", Lang::En, &format!("{TO_PLACE}<Enter><Enter>"));
}

#[test]
fn what_the_master_asks() {
    check("questions-fr", Lang::Fr, TO_QUESTIONS);
    check("questions-en", Lang::En, TO_QUESTIONS);
    check("questions-language-changed", Lang::Fr, &format!("{TO_QUESTIONS}<F2>"));
    check("questions-list-fr", Lang::Fr, &format!("{TO_QUESTIONS}<Enter><Enter><Enter><Down> "));
    check("questions-wrong-fr", Lang::Fr, &format!("{TO_QUESTIONS}<Enter><Backspace><Backspace>99<Tab><F10>"));
    check("questions-wrong-en", Lang::En, &format!("{TO_QUESTIONS}<Enter><Enter><Enter><Enter>2026-08-31<Enter>"));
    check("help-fr", Lang::Fr, &format!("{TO_QUESTIONS}<Enter><F1>"));
    check("help-en", Lang::En, &format!("{TO_QUESTIONS}<Enter><F1>"));
}

#[test]
fn the_end() {
    let all = format!("{TO_QUESTIONS}{ANSWERS}<Enter>");
    check("confirm-fr", Lang::Fr, &all);
    check("confirm-en", Lang::En, &all);
    check("done-fr", Lang::Fr, &format!("{all}<Enter>"));
}

#[test]
fn what_was_answered_is_what_was_typed() {
    let mut person = Person::new(Lang::Fr);
    person.types(&format!("{TO_QUESTIONS}{ANSWERS}<Enter>"));
    assert_eq!(person.wizard.page, Page::Confirm);
    let Effect::Finish(filled) = person.wizard.press(Key::Enter) else { panic!("nothing is handed in") };
    assert_eq!((filled.name.as_str(), filled.seat.as_deref()), ("salle12-04", Some("4")));
    assert_eq!((filled.unit, filled.master), (unit(1), Digest([2; 32])));
    let expect = json!({
        "printer": "hall", "places": 32, "exam": true, "profiles": ["cad", "lab"], "opened": "2027-09-01",
        "label": "AB1234",
    });
    assert_eq!(serde_json::to_value(&filled.options).unwrap(), expect);
    assert_eq!(filled.secrets, [("wifi_key".to_string(), "s3cret!".to_string())].into());
    let seen = person.screen();
    assert!(!seen.contains("s3cret!"), "{seen}");
}

#[test]
fn going_back_keeps_what_was_typed() {
    let mut person = Person::new(Lang::En);
    person.types(&format!("{TO_QUESTIONS}{ANSWERS}<Enter>"));
    person.types("<Esc>");
    assert_eq!(person.wizard.page, Page::Questions);
    person.types("<Esc>");
    assert_eq!(person.wizard.page, Page::Place);
    person.types("<F10>");
    assert_eq!(person.wizard.page, Page::Questions);
    person.types("<F10>");
    assert_eq!(person.wizard.page, Page::Confirm);
    assert!(person.screen().contains("AB1234") && person.screen().contains("2027-09-01"), "{}", person.screen());
}

#[test]
fn a_code_is_not_lost_by_one_key_too_many() {
    let mut person = Person::new(Lang::En);
    person.types("12345678<Enter><Enter>");
    assert_eq!(person.types("<Esc>"), Effect::Draw);
    assert!(person.screen().contains("Press Esc once more"), "{}", person.screen());
    person.types("<Down>");
    assert_eq!(person.types("<Esc>"), Effect::Draw, "it asks again");
    assert_eq!(person.types("<Esc>"), Effect::Leave);
    assert_eq!(Person::new(Lang::En).types("<Esc>"), Effect::Leave, "before signing in nothing is lost");
}

#[test]
fn what_the_server_finds_wrong_stands_beside_its_field() {
    let mut person = Person::new(Lang::En);
    person.types(&TO_QUESTIONS.replacen("<Enter><Enter><Enter><Enter>", "<Enter><Enter>", 1));
    person.types("<Home>");
    // A name that somebody else has taken meanwhile, found out at the very end.
    let mut person = Person::new(Lang::En);
    person.types(&format!("{TO_QUESTIONS}{ANSWERS}<Enter>"));
    let taken = Fault::new("db-name-taken").with("name", "salle12-04");
    person.desk.wrong.lock().unwrap().insert("name".into(), taken);
    person.types("<Enter>");
    assert_eq!(person.wizard.page, Page::Place);
    insta::assert_snapshot!("wizard-blamed-en", person.screen());
    // And an option.
    person.desk.wrong.lock().unwrap().clear();
    person.desk.wrong.lock().unwrap().insert("option.label".into(), Fault::new("wire-answer-no-choice"));
    person.types("<F10><F10><Enter>");
    assert_eq!(person.wizard.page, Page::Questions);
    assert_eq!(person.wizard.form.focused().map(|f| f.id.as_str()), Some("option.label"));
}

#[test]
fn a_name_taken_is_said_before_anything_else_is_asked() {
    let mut person = Person::new(Lang::Fr);
    person.types("12345678<Enter><Enter><Enter><Enter>pris<Enter>1<Enter><Enter><Enter>");
    assert_eq!(person.wizard.page, Page::Place);
    assert!(person.wizard.form.fields[0].fault.is_some());
}

#[test]
fn one_room_is_not_asked_and_neither_are_no_questions() {
    let mut person = Person::new(Lang::Fr);
    (person.desk.rooms, person.desk.questions) = (1, vec![]);
    person.types("12345678<Enter><Enter>");
    assert_eq!(person.wizard.page, Page::Place);
    person.types("PC-7<Enter><Enter><Enter><Enter>");
    assert_eq!(person.wizard.page, Page::Confirm);
    assert!(person.screen().contains("pc-7"), "capitals became small: {}", person.screen());
}

/// On a French keyboard the digits' row gives digits with shift only: where only digits can be meant, it need not.
#[test]
fn a_code_is_typed_without_shift_on_a_french_board() {
    let mut person = Person::new(Lang::Fr);
    person.types("&é\"'(-è_<Enter><Enter>");
    assert_eq!(person.wizard.page, Page::Room);
}

#[test]
fn a_session_that_is_over_begins_again() {
    let mut person = Person::new(Lang::En);
    person.types(TO_PLACE);
    person.wizard.heard(Heard::Fault(Fault::new("agent-session-over")));
    assert_eq!(person.wizard.page, Page::Code);
    assert!(person.screen().contains("You are signed out"), "{}", person.screen());
}

#[test]
fn bytes_become_keys() {
    let check = |bytes: &[u8], expect: &[Key]| {
        let mut decoder = Decoder::default();
        let mut found: Vec<Key> = bytes.iter().filter_map(|b| decoder.feed(*b)).collect();
        found.extend(decoder.pause());
        assert_eq!(found, expect, "{bytes:?}");
    };
    check(b"a\r", &[Key::Char('a'), Key::Enter]);
    check("é€".as_bytes(), &[Key::Char('é'), Key::Char('€')]);
    check(b"\x1b", &[Key::Escape]);
    check(b"\x1b\x1b", &[Key::Escape]);
    check(b"\x1b[[A\x1b[[B\x1b[[C\x1b[[D", &[Key::F(1), Key::F(2), Key::F(3), Key::F(4)]);
    check(b"\x1bOP\x1b[12~\x1b[21~\x1b[24~", &[Key::F(1), Key::F(2), Key::F(10), Key::F(12)]);
    check(b"\x1b[A\x1b[B\x1bOC\x1b[D", &[Key::Up, Key::Down, Key::Right, Key::Left]);
    check(b"\x1b[Z\x1b\t\t", &[Key::BackTab, Key::BackTab, Key::Tab]);
    check(b"\x1b[1~\x1b[4~\x1b[3~\x1b[5~\x1b[6~", &[Key::Home, Key::End, Key::Delete, Key::PageUp, Key::PageDown]);
    check(b"\x7f\x08", &[Key::Backspace, Key::Backspace]);
    // What is no key leaves no trace: half a character, a sequence that nobody knows, control characters.
    check(b"\xc3b\x1b[999~\x01x", &[Key::Char('x')]);
    check(b"\x1b[1;2Qy", &[Key::Char('y')]);
}

#[test]
fn the_french_board_is_the_french_board() {
    let fr = entries(Layout::Fr);
    let at = |table: u8, code: u8| fr.iter().find(|e| (e.table, e.code) == (table, code)).map(|e| e.value);
    // Codes are places: 16 is left above, where an American finds his Q.
    assert_eq!(at(0, 16), Some(11 << 8 | u16::from(b'a')));
    assert_eq!(at(1, 2), Some(11 << 8 | u16::from(b'1')), "digits with shift, and with the capitals' lock");
    assert_eq!(at(0, 3), Some(11 << 8 | 0xe9), "é");
    assert_eq!(at(2, 11), Some(u16::from(b'@')));
    assert_eq!(at(2, 18), Some(0x20ac ^ 0xf000), "€");
    assert_eq!(at(0, 26), Some(4 << 8 | 2), "the dead circumflex");
    assert_eq!(at(0, 39), Some(11 << 8 | u16::from(b'm')));
    // Whatever one layout sets the other sets too: nothing of the one remains under the other.
    let keys =
        |layout| -> std::collections::BTreeSet<_> { entries(layout).iter().map(|e| (e.table, e.code)).collect() };
    assert_eq!(keys(Layout::Fr), keys(Layout::Us));
}

/// The whole way with a keyboard, a screen and a desk: the answers are handed in as the machine signed them.
#[test]
fn somebody_is_led_through() {
    let (tell, pressed) = channel();
    for key in keys(&format!("{TO_QUESTIONS}{ANSWERS}<Enter><Enter><Enter>")) {
        tell.send((At::Console, key)).unwrap();
        // Another person at the serial line presses keys too: they are nobody's.
        tell.send((At::Serial, Key::Escape)).unwrap();
    }
    let (desk, key, screen) = (FakeDesk::new(), MachineKey::of([7; 32]), Screen::silent(Lang::Fr));
    let hands = Hands::of(pressed, Layout::Fr);
    assert_eq!(drive::run(&desk, &key, &screen, &hands, At::Console), End::Done);
    let finish = desk.finished.lock().unwrap().remove(0);
    let answers = finish.answers.open(&key.public()).unwrap();
    assert_eq!(answers.session, Digest::of(b"00ff"));
    assert_eq!((answers.target, answers.who), (target(), Digest([5; 32])));
    assert_eq!(answers.secrets, ["wifi_key".to_string()].into());
    assert!(!answers.options.contains_key("wifi_key"));
    assert_eq!(finish.secrets["wifi_key"], "s3cret!");
    assert!(!finish.answers.body.contains("s3cret!"));
    assert_eq!(screen.now().wizard, None, "the screen is the machine's own again");
    let told: Vec<String> = screen.now().lines.iter().map(|l| l.text.clone()).collect();
    assert!(!told.iter().any(|l| l.contains("s3cret!") || l.contains("12345678")), "{told:?}");
    assert_eq!(*desk.left.lock().unwrap(), 0);
}

#[test]
fn who_gives_up_leaves_nothing_behind() {
    let (tell, pressed) = channel();
    keys(&format!("{TO_PLACE}<Esc><Esc><Esc>")).into_iter().for_each(|key| tell.send((At::Serial, key)).unwrap());
    let (desk, key, screen) = (FakeDesk::new(), MachineKey::of([7; 32]), Screen::silent(Lang::En));
    let end = drive::run(&desk, &key, &screen, &Hands::of(pressed, Layout::Us), At::Serial);
    assert_eq!((end, *desk.left.lock().unwrap()), (End::Left, 1));
    assert!(desk.finished.lock().unwrap().is_empty());
}
