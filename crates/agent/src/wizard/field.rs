//! One field of a form: what is asked, what was typed, what is wrong with it. No terminal here: keys in, data out.
use super::{keys::Key, layout::Layout};
use serde_json::Value;
use socle_domain::{answers::is_seat, sequence::Title, target::is_host_name};
use socle_texts::{Fault, Lang, Result, say};
use socle_wire::wizard::{Choice, Input};
use std::collections::BTreeSet;

/// Words of ours, of a master, or of nobody.
#[derive(Debug, Clone, PartialEq)]
pub enum Label {
    /// A key of the locales.
    Key(&'static str),
    /// Words of a master, in both languages.
    Words(Title),
    /// The same in every language: a name.
    Plain(String),
}

impl Label {
    /// In a language.
    pub fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Label::Key(key), _) => say(lang, key, &[]),
            (Label::Words(title), Lang::Fr) => title.fr.clone(),
            (Label::Words(title), Lang::En) => title.en.clone(),
            (Label::Plain(text), _) => text.clone(),
        }
    }
}

/// What holds for a field beside its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    None,
    /// A host name; capitals become small as they are typed.
    HostName,
    /// The name of a seat, or nothing.
    Seat,
    /// So many digits.
    Digits(usize),
}

/// A field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// What the answer is called: `name`, `option.printer`.
    pub id: String,
    /// What it is called for people.
    pub label: Label,
    /// What it is about.
    pub help: Option<Label>,
    /// What can be answered.
    pub input: Input,
    /// What holds beside that.
    pub rule: Rule,
    /// What was typed.
    pub entry: Entry,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// What a person has done with a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A line, and the cursor's place in it, in characters.
    Text {
        /// What was typed.
        typed: Vec<char>,
        /// Before which character the cursor stands.
        at: usize,
    },
    /// Yes or no; nothing while nobody chose.
    Boolean(Option<bool>),
    /// One of the values.
    Choice {
        /// Which; nothing while nobody chose.
        at: Option<usize>,
        /// What was typed to find one.
        find: String,
    },
    /// Several of the values.
    List {
        /// Where the cursor is.
        at: usize,
        /// Those that were taken.
        taken: BTreeSet<usize>,
    },
}

impl Entry {
    fn new(input: &Input, value: Option<&Value>) -> Entry {
        let place = |of: &[Choice], value: &Value| of.iter().position(|c| c.value == *value);
        match input {
            Input::Boolean {} => Entry::Boolean(value.and_then(Value::as_bool)),
            Input::Choice { of } => {
                // Where there is one value only, nobody is asked to choose it.
                let only = (of.len() == 1).then_some(0);
                Entry::Choice { at: value.and_then(|v| place(of, v)).or(only), find: String::new() }
            }
            Input::List { of } => {
                let values = value.and_then(Value::as_array);
                Entry::List { at: 0, taken: values.into_iter().flatten().filter_map(|v| place(of, v)).collect() }
            }
            _ => {
                let typed: Vec<char> = value.map(|v| input.shown(v)).unwrap_or_default().chars().collect();
                Entry::Text { at: typed.len(), typed }
            }
        }
    }
}

impl Field {
    /// A field with what holds where nothing else is typed.
    pub fn new(id: impl Into<String>, label: Label, input: Input, value: Option<&Value>) -> Field {
        let entry = Entry::new(&input, value);
        Field { id: id.into(), label, help: None, input, rule: Rule::None, entry, fault: None }
    }
    /// The same with a help.
    pub fn with_help(self, help: Label) -> Field {
        Field { help: Some(help), ..self }
    }
    /// The same with a rule.
    pub fn with_rule(self, rule: Rule) -> Field {
        Field { rule, ..self }
    }

    /// The answer.
    ///
    /// # Errors
    /// What is wrong with it, to be said beside the field.
    pub fn value(&self) -> Result<Value> {
        let value = match (&self.entry, &self.input) {
            (Entry::Text { typed, .. }, input) => input.read(&typed.iter().collect::<String>())?,
            (Entry::Boolean(chosen), _) => Value::Bool(chosen.ok_or_else(missing)?),
            (Entry::Choice { at, .. }, Input::Choice { of }) => {
                at.and_then(|at| of.get(at)).map(|c| c.value.clone()).ok_or_else(missing)?
            }
            (Entry::List { taken, .. }, Input::List { of }) => {
                taken.iter().filter_map(|at| of.get(*at)).map(|c| c.value.clone()).collect::<Vec<_>>().into()
            }
            _ => return Err(missing()),
        };
        self.input.check(&value)?;
        self.obey(value.as_str().unwrap_or_default())?;
        Ok(value)
    }

    fn obey(&self, text: &str) -> Result<()> {
        match self.rule {
            Rule::HostName if !is_host_name(text) => Err(Fault::new("agent-wizard-name-wrong")),
            Rule::Seat if !text.is_empty() && !is_seat(text) => Err(Fault::new("agent-wizard-seat-wrong")),
            Rule::Digits(n) if text.len() != n => Err(Fault::new("agent-wizard-digits-wrong").with("digits", n)),
            _ => Ok(()),
        }
    }

    /// What is shown of the answer once it stands. A secret is as many stars as it says nothing about.
    pub fn shown(&self, lang: Lang) -> String {
        let nothing = || "-".to_string();
        match (&self.entry, &self.input) {
            (Entry::Text { typed, .. }, Input::Secret { .. }) if !typed.is_empty() => "********".into(),
            (Entry::Text { typed, .. }, _) if typed.is_empty() => nothing(),
            (Entry::Text { typed, .. }, _) => typed.iter().collect(),
            (Entry::Boolean(Some(true)), _) => say(lang, "agent-wizard-yes", &[]),
            (Entry::Boolean(Some(false)), _) => say(lang, "agent-wizard-no", &[]),
            (Entry::Choice { at: Some(at), .. }, Input::Choice { of }) => {
                of.get(*at).map_or_else(nothing, |c| named(c, lang))
            }
            (Entry::List { taken, .. }, Input::List { of }) if !taken.is_empty() => {
                let names = taken.iter().filter_map(|at| of.get(*at)).map(|c| named(c, lang));
                names.collect::<Vec<_>>().join(", ")
            }
            _ => nothing(),
        }
    }

    /// The values there are to choose from; none where one types.
    pub fn choices(&self) -> &[Choice] {
        match &self.input {
            Input::Choice { of } | Input::List { of } => of,
            _ => &[],
        }
    }

    /// Takes a key; whether it meant something here.
    pub fn press(&mut self, key: Key, layout: Layout, lang: Lang) -> bool {
        let (rule, input) = (self.rule, &self.input);
        let taken = match &mut self.entry {
            Entry::Text { typed, at } => type_into(typed, at, key, rule, layout),
            Entry::Boolean(chosen) => choose_boolean(chosen, key),
            Entry::Choice { at, find } => match input {
                Input::Choice { of } => choose(at, find, of, key, lang),
                _ => false,
            },
            Entry::List { at, taken } => take(at, taken, input, key),
        };
        if taken {
            self.fault = None;
        }
        taken
    }
}

fn missing() -> Fault {
    Fault::new("wire-answer-missing")
}

/// What a value is called.
pub fn named(choice: &Choice, lang: Lang) -> String {
    match &choice.label {
        Some(label) => Label::Words(label.clone()).say(lang),
        None => choice.value.as_str().map_or_else(|| choice.value.to_string(), str::to_string),
    }
}

fn type_into(typed: &mut Vec<char>, at: &mut usize, key: Key, rule: Rule, layout: Layout) -> bool {
    match key {
        Key::Char(c) => {
            let c = match rule {
                Rule::Digits(_) => layout.digit(c),
                Rule::HostName => c.to_ascii_lowercase(),
                _ => c,
            };
            let room = match rule {
                Rule::Digits(n) => n,
                _ => socle_wire::wizard::MAX_ANSWER_CHARS as usize,
            };
            let fits = typed.len() < room && !(matches!(rule, Rule::Digits(_)) && !c.is_ascii_digit());
            if fits {
                typed.insert(*at, c);
                *at += 1;
            }
        }
        Key::Backspace if *at > 0 => {
            *at -= 1;
            typed.remove(*at);
        }
        Key::Delete if *at < typed.len() => {
            typed.remove(*at);
        }
        Key::Left => *at = at.saturating_sub(1),
        Key::Right => *at = (*at + 1).min(typed.len()),
        Key::Home => *at = 0,
        Key::End => *at = typed.len(),
        Key::Backspace | Key::Delete => {}
        _ => return false,
    }
    true
}

fn choose_boolean(chosen: &mut Option<bool>, key: Key) -> bool {
    match key {
        Key::Char(' ') | Key::Left | Key::Right => *chosen = Some(!chosen.unwrap_or(false)),
        Key::Char('o' | 'O' | 'y' | 'Y') => *chosen = Some(true),
        Key::Char('n' | 'N') => *chosen = Some(false),
        _ => return false,
    }
    true
}

/// How far a page key goes in a list.
const PAGE: usize = 6;

fn choose(at: &mut Option<usize>, find: &mut String, of: &[Choice], key: Key, lang: Lang) -> bool {
    let last = of.len().saturating_sub(1);
    let now = at.unwrap_or(0);
    let moved = match key {
        Key::Up | Key::Left => now.saturating_sub(1),
        Key::Down | Key::Right => at.map_or(0, |now| (now + 1).min(last)),
        Key::PageUp => now.saturating_sub(PAGE),
        Key::PageDown => (now + PAGE).min(last),
        Key::Home => 0,
        Key::End => last,
        Key::Char(c) => {
            find.push(c);
            if let Some(found) = found(of, find, lang) {
                *at = Some(found);
            } else {
                find.pop();
            }
            return true;
        }
        Key::Backspace => {
            find.pop();
            return true;
        }
        _ => return false,
    };
    find.clear();
    if !of.is_empty() {
        *at = Some(moved);
    }
    true
}

/// The first value whose name begins with what was typed, else the first that holds it.
fn found(of: &[Choice], find: &str, lang: Lang) -> Option<usize> {
    let plain = |text: &str| text.to_lowercase();
    let wanted = plain(find);
    let names: Vec<String> = of.iter().map(|c| plain(&named(c, lang))).collect();
    names.iter().position(|n| n.starts_with(&wanted)).or_else(|| names.iter().position(|n| n.contains(&wanted)))
}

fn take(at: &mut usize, taken: &mut BTreeSet<usize>, input: &Input, key: Key) -> bool {
    let Input::List { of } = input else { return false };
    let last = of.len().saturating_sub(1);
    match key {
        Key::Up | Key::Left => *at = at.saturating_sub(1),
        Key::Down | Key::Right => *at = (*at + 1).min(last),
        Key::PageUp => *at = at.saturating_sub(PAGE),
        Key::PageDown => *at = (*at + PAGE).min(last),
        Key::Home => *at = 0,
        Key::End => *at = last,
        Key::Char(' ') if *at < of.len() => {
            if !taken.remove(at) {
                taken.insert(*at);
            }
        }
        _ => return false,
    }
    true
}
