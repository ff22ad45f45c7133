//! The wizard as a whole: which page comes after which, what is asked of the server between two, what comes back.
//!
//! A pure machine: [`Wizard::press`] takes a key and says what must be done, [`Wizard::heard`] takes what came of it.
//! Who carries it out is [`super::drive`].
use super::{
    field::{Entry, Field, Label, Rule},
    form::{Form, Pressed},
    keys::Key,
    layout::Layout,
};
use serde_json::Value;
use socle_domain::{Digest, UnitId};
use socle_texts::{Fault, Lang};
use socle_wire::wizard::{
    AskPlace, AskQuestions, CODE_DIGITS, Choice, Finished, Input, MAX_PERSON_CHARS, MasterChoice, Place, Proof,
    Question, Questions, RoomChoice, SECOND_FACTOR_DIGITS, SignedIn,
};
use std::collections::BTreeMap;

/// The pages, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// With a code of the console.
    Code,
    /// With a second factor.
    SecondFactor,
    /// In which room.
    Room,
    /// Name, seat, master.
    Place,
    /// What the master asks.
    Questions,
    /// All of it once more.
    Confirm,
    /// It is done.
    Done,
}

impl Page {
    /// Its place among the four that a person counts, from 1.
    pub fn number(self) -> usize {
        match self {
            Page::Code | Page::SecondFactor => 1,
            Page::Room | Page::Place => 2,
            Page::Questions => 3,
            Page::Confirm | Page::Done => 4,
        }
    }
}

/// Everything that was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// The room.
    pub unit: UnitId,
    /// The name.
    pub name: String,
    /// The seat.
    pub seat: Option<String>,
    /// The master.
    pub master: Digest,
    /// The answers, by option; no secret among them.
    pub options: BTreeMap<String, Value>,
    /// The secrets, by option.
    pub secrets: BTreeMap<String, String>,
}

/// What must be done after a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Nothing but to draw.
    Draw,
    /// The keyboard has another layout.
    Layout(Layout),
    /// Sign in.
    SignIn(Proof),
    /// Ask what a room offers.
    Place(AskPlace),
    /// Ask what a master asks.
    Questions(AskQuestions),
    /// Hand the answers in.
    Finish(Box<Filled>),
    /// The person gives up, or it is done.
    Leave,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Signed in.
    SignedIn(SignedIn),
    /// What the room offers.
    Place(Place),
    /// What the master asks.
    Questions(Questions),
    /// What became of the answers.
    Finished(Finished),
    /// It was refused, or nobody answered.
    Fault(Fault),
}

/// The wizard.
#[derive(Debug, Clone, PartialEq)]
pub struct Wizard {
    /// The language.
    pub lang: Lang,
    /// The keyboard's layout.
    pub layout: Layout,
    /// The page.
    pub page: Page,
    /// Its form.
    pub form: Form,
    /// Whether the server is being asked: keys wait.
    pub busy: bool,
    /// Whether the help of a field is open.
    pub help: bool,
    /// Whether Escape was pressed where it leaves everything: once more, and it does.
    pub leaving: bool,
    /// The pages that Escape goes back through.
    before: Vec<Page>,
    /// Every page that is not shown now, as it was left.
    left: BTreeMap<Page, Form>,
    signed: Option<SignedIn>,
    place: Option<Place>,
    questions: Vec<Question>,
}

impl Wizard {
    /// At its first page.
    pub fn new(lang: Lang, layout: Layout) -> Wizard {
        Wizard {
            lang,
            layout,
            page: Page::Code,
            form: by_code(),
            busy: false,
            help: false,
            leaving: false,
            before: Vec::new(),
            left: BTreeMap::new(),
            signed: None,
            place: None,
            questions: Vec::new(),
        }
    }

    /// Who is signed in.
    pub fn signed(&self) -> Option<&SignedIn> {
        self.signed.as_ref()
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Effect {
        let was_leaving = std::mem::take(&mut self.leaving);
        match key {
            Key::F(2) => {
                self.lang = if self.lang == Lang::Fr { Lang::En } else { Lang::Fr };
                return Effect::Draw;
            }
            Key::F(3) => {
                self.layout = self.layout.next();
                return Effect::Layout(self.layout);
            }
            _ if self.busy => return Effect::Draw,
            Key::F(1) => {
                self.help = !self.help;
                return Effect::Draw;
            }
            _ if std::mem::take(&mut self.help) => return Effect::Draw,
            Key::F(4) if matches!(self.page, Page::Code | Page::SecondFactor) => {
                (self.page, self.form) = match self.page {
                    Page::Code => (Page::SecondFactor, by_second_factor()),
                    _ => (Page::Code, by_code()),
                };
                return Effect::Draw;
            }
            _ => {}
        }
        match self.form.press(key, self.layout, self.lang) {
            Pressed::Stays => Effect::Draw,
            Pressed::Back => self.back(was_leaving),
            Pressed::Done => self.done(),
        }
    }

    fn back(&mut self, sure: bool) -> Effect {
        if let Some(page) = self.before.pop() {
            self.show(page);
            return Effect::Draw;
        }
        // A code opens once: nobody loses it by a key pressed too many.
        if self.signed.is_some() && !sure && self.page != Page::Done {
            self.leaving = true;
            return Effect::Draw;
        }
        Effect::Leave
    }

    /// A page that was left, as it was.
    fn show(&mut self, page: Page) {
        if let Some(form) = self.left.remove(&page) {
            let now = std::mem::replace(&mut self.form, form);
            self.left.insert(self.page, now);
            self.page = page;
        }
    }

    fn done(&mut self) -> Effect {
        let effect = match self.page {
            Page::Code => self.form.text("code").map(|code| Effect::SignIn(Proof::Code { code })),
            Page::SecondFactor => self.second_factor().map(Effect::SignIn),
            Page::Room => self.unit().map(|unit| Effect::Place(AskPlace { unit })),
            Page::Place => self.wish().map(Effect::Questions),
            Page::Questions => Some(self.confirm()),
            Page::Confirm => self.filled().map(|f| Effect::Finish(Box::new(f))),
            Page::Done => Some(Effect::Leave),
        };
        let effect = effect.unwrap_or(Effect::Draw);
        self.busy = !matches!(effect, Effect::Draw | Effect::Leave);
        effect
    }

    fn second_factor(&self) -> Option<Proof> {
        Some(Proof::SecondFactor { name: self.form.text("person")?, code: self.form.text("code")? })
    }

    /// A form that is shown now, or was.
    fn form_of(&self, page: Page) -> Option<&Form> {
        if self.page == page { Some(&self.form) } else { self.left.get(&page) }
    }

    fn unit(&self) -> Option<UnitId> {
        match self.form_of(Page::Room) {
            Some(form) => form.text("unit")?.parse().ok(),
            None => self.signed.as_ref()?.rooms.first().map(|room| room.unit),
        }
    }

    fn wish(&self) -> Option<AskQuestions> {
        let form = self.form_of(Page::Place)?;
        Some(AskQuestions {
            unit: self.unit()?,
            master: form.text("master")?.parse().ok()?,
            name: form.text("name")?,
            seat: form.text("seat"),
        })
    }

    fn filled(&self) -> Option<Filled> {
        let wish = self.wish()?;
        let (mut options, mut secrets) = (BTreeMap::new(), BTreeMap::new());
        for question in &self.questions {
            let value = self.form_of(Page::Questions)?.value(&format!("option.{}", question.name))?;
            match question.input.is_secret() {
                true => secrets.insert(question.name.clone(), value.as_str()?.to_string()).is_some(),
                false => options.insert(question.name.clone(), value).is_some(),
            };
        }
        Some(Filled { unit: wish.unit, name: wish.name, seat: wish.seat, master: wish.master, options, secrets })
    }

    /// Takes what came of an effect.
    pub fn heard(&mut self, heard: Heard) -> Effect {
        self.busy = false;
        match heard {
            Heard::SignedIn(signed) => return self.signed_in(signed),
            Heard::Place(place) => self.placed(place),
            Heard::Questions(Questions::Wrong { fields }) | Heard::Finished(Finished::Wrong { fields }) => {
                self.blame(&fields);
            }
            Heard::Questions(Questions::Asked { questions }) => self.asked(questions),
            Heard::Finished(Finished::Done { name, run }) => {
                let intro = if run.is_some() { "agent-wizard-done-text" } else { "agent-wizard-done-waits" };
                // Nothing of it, and no secret, is kept.
                (self.before, self.left) = (Vec::new(), BTreeMap::new());
                self.page = Page::Done;
                self.form = Form::new("agent-wizard-done", intro, "agent-wizard-go", vec![]);
                self.form.lines = vec![(Label::Key("agent-wizard-name"), name)];
            }
            Heard::Fault(fault) if fault.is("agent-session-over") => {
                let lang = self.lang;
                *self = Wizard::new(lang, self.layout);
                self.form.fault = Some(Fault::new("agent-wizard-over"));
            }
            Heard::Fault(fault) => {
                self.form.fault = Some(fault);
                if matches!(self.page, Page::Code | Page::SecondFactor) {
                    self.type_again();
                }
            }
        }
        Effect::Draw
    }

    /// The code was worth nothing: another is typed in its place.
    fn type_again(&mut self) {
        if let Some(at) = self.form.fields.iter().position(|f| f.id == "code") {
            self.form.fields[at].entry = Entry::Text { typed: Vec::new(), at: 0 };
            self.form.focus = at;
        }
    }

    fn turn(&mut self, page: Page, form: Form) {
        // A page that only signs in is nothing to come back to.
        let now = std::mem::replace(&mut self.form, form);
        if !matches!(self.page, Page::Code | Page::SecondFactor) {
            self.before.push(self.page);
            self.left.insert(self.page, now);
        }
        self.left.remove(&page);
        self.page = page;
    }

    fn signed_in(&mut self, signed: SignedIn) -> Effect {
        let rooms = rooms(&signed.rooms);
        let (only, own) = (signed.rooms.len() == 1, signed.unit.map(|u| Value::from(u.to_string())));
        let first = signed.rooms.first().map(|room| room.unit);
        self.signed = Some(signed);
        let field = Field::new("unit", Label::Key("agent-wizard-room"), Input::Choice { of: rooms }, own.as_ref())
            .with_help(Label::Key("agent-wizard-room-help"));
        let form = Form::new("agent-wizard-room-title", "agent-wizard-room-text", "agent-wizard-continue", vec![field]);
        match first.filter(|_| only) {
            // Nothing to choose: straight to what follows.
            Some(unit) => {
                self.busy = true;
                Effect::Place(AskPlace { unit })
            }
            None => {
                self.turn(Page::Room, form);
                Effect::Draw
            }
        }
    }

    fn placed(&mut self, place: Place) {
        // What was typed before stays, where somebody went back for another room.
        let typed = |id: &str| self.form_of(Page::Place).and_then(|f| f.text(id));
        let known = self.signed.as_ref().and_then(|s| s.name.clone());
        let name = known.or_else(|| typed("name")).or_else(|| place.name.clone()).map(Value::from);
        let seat = typed("seat").or_else(|| place.seat.clone()).map(Value::from);
        let text = |optional, max_chars| Input::Text { patterns: vec![], max_chars, optional };
        let masters = masters(&place.masters);
        let only = place.masters.iter().all(|m| m.name == place.masters[0].name);
        // The newest of the only master stands there; among several somebody chooses.
        let newest = masters.first().filter(|_| only).map(|choice| choice.value.clone());
        let fields = vec![
            Field::new("name", Label::Key("agent-wizard-name"), text(false, 63), name.as_ref())
                .with_rule(Rule::HostName)
                .with_help(Label::Key("agent-wizard-name-help")),
            Field::new("seat", Label::Key("agent-wizard-seat"), text(true, 40), seat.as_ref())
                .with_rule(Rule::Seat)
                .with_help(Label::Key("agent-wizard-seat-help")),
            Field::new("master", Label::Key("agent-wizard-master"), Input::Choice { of: masters }, newest.as_ref())
                .with_help(Label::Key("agent-wizard-master-help")),
        ];
        let empty = place.masters.is_empty();
        self.place = Some(place);
        let mut form =
            Form::new("agent-wizard-place-title", "agent-wizard-place-text", "agent-wizard-continue", fields);
        form.fault = empty.then(|| Fault::new("agent-wizard-no-master"));
        self.turn(Page::Place, form);
    }

    fn asked(&mut self, questions: Vec<Question>) {
        self.questions = questions;
        if self.questions.is_empty() {
            self.left.remove(&Page::Questions);
            self.confirm();
            return;
        }
        let field = |q: &Question| {
            let id = format!("option.{}", q.name);
            // What was typed before stays, where somebody went back.
            let typed = self.form_of(Page::Questions).and_then(|f| f.value(&id)).filter(|v| q.input.check(v).is_ok());
            let value = typed.as_ref().or(q.default.as_ref());
            let field = Field::new(id, Label::Words(q.label.clone()), q.input.clone(), value);
            match &q.help {
                Some(help) => field.with_help(Label::Words(help.clone())),
                None => field,
            }
        };
        let fields = self.questions.iter().map(field).collect();
        let form =
            Form::new("agent-wizard-questions-title", "agent-wizard-questions-text", "agent-wizard-continue", fields);
        self.turn(Page::Questions, form);
    }

    /// All of it once more, to be read before it begins.
    fn confirm(&mut self) -> Effect {
        let lang = self.lang;
        let mut lines = Vec::new();
        let room = self.unit().and_then(|unit| self.signed.as_ref()?.rooms.iter().find(|r| r.unit == unit));
        lines.extend(room.map(|room| (Label::Key("agent-wizard-room"), room_name(room))));
        for page in [Page::Place, Page::Questions] {
            let Some(form) = self.form_of(page) else { continue };
            lines.extend(form.fields.iter().map(|f| (f.label.clone(), f.shown(lang))));
        }
        let destroys = self.master().is_some_and(|m| m.destroys);
        let intro = if destroys { "agent-wizard-confirm-destroys" } else { "agent-wizard-confirm-text" };
        let mut form = Form::new("agent-wizard-confirm-title", intro, "agent-wizard-start", vec![]);
        form.lines = lines;
        self.turn(Page::Confirm, form);
        Effect::Draw
    }

    fn master(&self) -> Option<&MasterChoice> {
        let chosen = self.wish()?.master;
        self.place.as_ref()?.masters.iter().find(|m| m.master == chosen)
    }

    /// Goes to the first page with a field at fault.
    fn blame(&mut self, faults: &BTreeMap<String, Fault>) {
        let has = |form: &Form| form.fields.iter().any(|f| faults.contains_key(&f.id));
        let first = self.before.iter().position(|page| self.left.get(page).is_some_and(has));
        if let Some(index) = first
            && !has(&self.form)
        {
            let page = self.before[index];
            self.before.truncate(index);
            self.show(page);
        }
        if !self.form.blame(faults) {
            self.form.fault = faults.values().next().cloned();
        }
    }
}

fn digits(n: usize) -> Input {
    Input::Text { patterns: vec![], max_chars: n as u32, optional: false }
}

fn by_code() -> Form {
    let code = Field::new("code", Label::Key("agent-wizard-code"), digits(CODE_DIGITS), None)
        .with_rule(Rule::Digits(CODE_DIGITS))
        .with_help(Label::Key("agent-wizard-code-help"));
    Form::new("agent-wizard-sign-in", "agent-wizard-code-text", "agent-wizard-continue", vec![code])
}

fn by_second_factor() -> Form {
    let name = Input::Text { patterns: vec![], max_chars: MAX_PERSON_CHARS as u32, optional: false };
    let name = Field::new("person", Label::Key("agent-wizard-person"), name, None)
        .with_help(Label::Key("agent-wizard-person-help"));
    let code = Field::new("code", Label::Key("agent-wizard-second"), digits(SECOND_FACTOR_DIGITS), None)
        .with_rule(Rule::Digits(SECOND_FACTOR_DIGITS))
        .with_help(Label::Key("agent-wizard-second-help"));
    Form::new("agent-wizard-sign-in", "agent-wizard-second-text", "agent-wizard-continue", vec![name, code])
}

fn room_name(room: &RoomChoice) -> String {
    room.path.iter().chain([&room.name]).map(String::as_str).collect::<Vec<_>>().join(" / ")
}

fn rooms(rooms: &[RoomChoice]) -> Vec<Choice> {
    let named = |room: &RoomChoice| {
        let name = room_name(room);
        Choice { value: room.unit.to_string().into(), label: Some(title(&name, &name)) }
    };
    rooms.iter().map(named).collect()
}

fn masters(masters: &[MasterChoice]) -> Vec<Choice> {
    let named = |m: &MasterChoice| {
        let said = |words: &str| format!("{} {} - {words}", m.name, m.version);
        Choice { value: m.master.to_string().into(), label: Some(title(&said(&m.title.fr), &said(&m.title.en))) }
    };
    masters.iter().map(named).collect()
}

fn title(fr: &str, en: &str) -> socle_domain::sequence::Title {
    socle_domain::sequence::Title { fr: fr.into(), en: en.into() }
}
