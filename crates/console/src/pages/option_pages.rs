//! Options as a unit or a machine sees them: what holds, from whom, within what, and the form that decides.
use super::Page;
use crate::{Form, model::model, speak::Speak};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::{
    TargetId, UnitId,
    latitude::{Latitude, Reach},
    option::{Choice, Kind, OptionSpec, referenced_secret},
    resolve::{Bound, Decision, Source},
    sequence::Title,
};
use socle_texts::{Arg, Lang, tell};
use socle_wire::options::OptionView;

/// Whose options they are.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionsOf {
    /// A unit's.
    Unit {
        /// Which.
        unit: UnitId,
        /// Its name.
        name: String,
    },
    /// A machine's: each with its explanation.
    Machine {
        /// Which.
        machine: TargetId,
        /// Its name.
        name: String,
    },
}

impl Default for OptionsOf {
    fn default() -> Self {
        OptionsOf::Unit { unit: UnitId::ROOT, name: String::new() }
    }
}

/// The options of a unit or of a machine. Fields of the form: `value` (or `secret`), `leave`, `values`, `min`, `max`,
/// `act` (`set` or `clear`).
#[derive(Debug, Clone, Default)]
pub struct OptionsPage {
    /// Whose.
    pub of: OptionsOf,
    /// The options, in the order of their masters.
    pub options: Vec<OptionView>,
    /// Whether the reader may decide here.
    pub may: bool,
    /// The option whose form was refused, and the form.
    pub form: Option<(String, Form)>,
}

impl Page for OptionsPage {
    fn template(&self) -> &'static str {
        "options.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let is_unit = matches!(self.of, OptionsOf::Unit { .. });
        let (name, action, back) = match &self.of {
            OptionsOf::Unit { unit, name } => (name, format!("/options/{{}}?unit={unit}"), None),
            OptionsOf::Machine { machine, name } => {
                (name, format!("/machines/{machine}/options/{{}}"), Some(format!("/machines/{machine}")))
            }
        };
        // Conflicts first: nobody shall have to look for them.
        let mut options: Vec<&OptionView> = self.options.iter().collect();
        options.sort_by_key(|v| v.resolved.conflicts.is_empty());
        let one = |view: &&OptionView| {
            let form = self.form.as_ref().filter(|(option, _)| *option == view.spec.name).map(|(_, form)| form.clone());
            let action = action.replace("{}", &view.spec.name);
            option(speak, view, is_unit, self.may, &action, form.unwrap_or_default())
        };
        model! {
            name => name,
            is_unit => is_unit,
            back => back,
            may => self.may,
            conflicts => self.options.iter().filter(|v| !v.resolved.conflicts.is_empty()).count(),
            options => options.iter().map(one).collect::<Vec<_>>(),
        }
    }
}

pub(super) fn titled<'a>(speak: &Speak, title: Option<&'a Title>) -> Option<&'a str> {
    title.map(|t| if speak.lang == Lang::Fr { t.fr.as_str() } else { t.en.as_str() })
}

fn option(speak: &Speak, view: &OptionView, is_unit: bool, may: bool, action: &str, form: Form) -> Value {
    let (spec, resolved) = (&view.spec, &view.resolved);
    let own = view.own.as_ref();
    let typed = |name: &str, otherwise: String| form.typed.get(name).cloned().unwrap_or(otherwise);
    let value = resolved.value.as_ref().map(typed_text).unwrap_or_default();
    let conflict = |c: &socle_domain::resolve::Conflict| {
        speak.say(
            "console-option-conflict",
            &[
                ("value", shown(speak, spec, Some(&c.decision.value)).into()),
                ("where", place(speak, view, &c.decision.source).into()),
                ("against", place(speak, view, &c.bound.source).into()),
                ("why", tell(speak.lang, &c.why).into()),
            ],
        )
    };
    let undecided = |u: &socle_wire::options::UndecidedRule| {
        speak.say("console-option-undecided", &[("rule", (&u.rule).into()), ("why", (&u.why).into())])
    };
    model! {
        name => spec.name,
        label => titled(speak, spec.label.as_ref()).unwrap_or(&spec.name),
        help => titled(speak, spec.help.as_ref()),
        kind => spec.kind.word(),
        kind_name => speak.say(&format!("console-option-kind-{}", spec.kind.word()), &[]),
        value => shown(speak, spec, resolved.value.as_ref()),
        decided => resolved.decided.as_ref().map(|d| decided(speak, view, d)),
        within => resolved.within.iter().map(|b| bound(speak, view, b)).collect::<Vec<_>>(),
        overridden => resolved.overridden.iter().map(|d| {
            model! { value => shown(speak, spec, Some(&d.value)), of => decided(speak, view, d) }
        }).collect::<Vec<_>>(),
        conflicts => resolved.conflicts.iter().map(conflict).collect::<Vec<_>>(),
        beyond => resolved.beyond.iter().map(|b| bound(speak, view, b)).collect::<Vec<_>>(),
        undecided => view.undecided.iter().map(undecided).collect::<Vec<_>>(),
        asked => resolved.asked,
        open => reach(speak, spec, &resolved.reach),
        fixed => resolved.reach.fixed,
        may => may && !resolved.reach.fixed,
        own => own.is_some(),
        action => action,
        input => input(speak, spec, &resolved.reach, &typed("value", value)),
        leaves => is_unit.then(|| leaves(speak, spec, own.and_then(|s| s.narrows.as_ref()), &form)),
        master => format!("{} {}", view.master.name, view.master.version),
        form => form.model(),
    }
}

/// What the form asks with.
fn input(speak: &Speak, spec: &OptionSpec, reach: &Reach, typed: &str) -> Value {
    let among = |values: Vec<(String, String)>| {
        let choice =
            |(value, label): &(String, String)| model! { value => value, label => label, chosen => value == typed };
        model! { how => "select", choices => values.iter().map(choice).collect::<Vec<_>>() }
    };
    let limit = |own: Option<i64>, other: &Option<Json>| other.as_ref().and_then(Json::as_i64).or(own);
    match (&spec.kind, &reach.one_of) {
        (Kind::Secret {}, _) => model! { how => "secret" },
        (kind, Some(values)) if !kind.is_list() => {
            among(values.iter().map(|v| (typed_text(v), shown(speak, spec, Some(v)))).collect())
        }
        (Kind::Boolean {}, _) => {
            among([true, false].map(|v| (v.to_string(), shown(speak, spec, Some(&Json::Bool(v))))).to_vec())
        }
        (Kind::Choice { choices }, _) => {
            among(choices.iter().map(|c| (c.value().to_string(), choice_label(speak, c))).collect())
        }
        (Kind::Integer { min, max }, _) => {
            model! { how => "number", min => limit(*min, &reach.min), max => limit(*max, &reach.max), value => typed }
        }
        (Kind::Date {}, _) => model! {
            how => "date", value => typed,
            min => reach.min.as_ref().and_then(Json::as_str), max => reach.max.as_ref().and_then(Json::as_str),
        },
        (Kind::Text { pattern }, _) => {
            let pattern = reach.patterns.first().or(pattern.as_ref()).map(|p| p.as_str().to_string());
            model! { how => "text", value => typed, pattern => pattern }
        }
        _ => model! { how => "lines", value => typed },
    }
}

fn choice_label(speak: &Speak, choice: &Choice) -> String {
    titled(speak, choice.label()).unwrap_or(choice.value()).to_string()
}

/// A value as a form holds it: a text is itself, a list one item a line, anything else its JSON.
fn typed_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(typed_text).collect::<Vec<_>>().join("\n"),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// The value that a form gives: read as the option's kind, and left a text where it is none, for the server to refuse.
pub fn typed_value(spec: &OptionSpec, typed: &str) -> Json {
    let trimmed = typed.trim();
    let json = || serde_json::from_str(trimmed).unwrap_or_else(|_| trimmed.into());
    match &spec.kind {
        Kind::Boolean {} | Kind::Integer { .. } | Kind::NetworkProfile {} | Kind::Tree {} => json(),
        Kind::List { .. } | Kind::PackageSet { .. } => {
            typed.lines().map(str::trim).filter(|l| !l.is_empty()).map(Json::from).collect::<Vec<_>>().into()
        }
        Kind::Text { .. } | Kind::Choice { .. } | Kind::Date {} | Kind::Secret {} => trimmed.into(),
    }
}

/// The latitude that a form gives: its fields `leave`, `values`, `min`, `max`. None: nothing is said.
pub fn typed_latitude(spec: &OptionSpec, leave: &str, values: &str, min: &str, max: &str) -> Option<Latitude> {
    // A latitude speaks of a list's items, each a text.
    let item = |text: &str| match spec.kind.is_list() {
        true => Json::from(text.trim()),
        false => typed_value(spec, text),
    };
    let limit = |text: &str| (!text.trim().is_empty()).then(|| item(text));
    let one_of = || values.lines().filter(|l| !l.trim().is_empty()).map(item).collect::<Vec<_>>();
    let plain = || match (values.trim().is_empty(), limit(min), limit(max)) {
        (false, ..) => Latitude::OneOf(one_of()),
        (true, None, None) => Latitude::Free,
        (true, min, max) => Latitude::Range { min, max },
    };
    Some(match leave {
        "fixed" => Latitude::Fixed,
        "free" => Latitude::Free,
        "one-of" => Latitude::OneOf(one_of()),
        "range" => Latitude::Range { min: limit(min), max: limit(max) },
        "asked" => Latitude::Asked(Box::new(plain())),
        _ => return None,
    })
}

/// What a unit leaves to those below, as its form holds it.
fn leaves(speak: &Speak, spec: &OptionSpec, own: Option<&Latitude>, form: &Form) -> Value {
    let (word, inner) = match own {
        None => ("", None),
        Some(Latitude::Asked(within)) => ("asked", Some(within.as_ref())),
        Some(latitude) => (latitude.word(), Some(latitude)),
    };
    let reach = inner.map(|l| Reach::default().narrowed(l)).unwrap_or_default();
    let typed = |name: &str, otherwise: String| form.typed.get(name).cloned().unwrap_or(otherwise);
    let words: &[&str] = match &spec.kind {
        Kind::Secret {} | Kind::Tree {} => &["", "free", "fixed", "asked"],
        Kind::Integer { .. } | Kind::Date {} => &["", "free", "fixed", "one-of", "range", "asked"],
        _ => &["", "free", "fixed", "one-of", "asked"],
    };
    let chosen = typed("leave", word.to_string());
    let choice = |word: &&str| {
        let key = if word.is_empty() { "none" } else { word };
        let label = speak.say(&format!("console-option-leave-{key}"), &[]);
        model! { value => word, label => label, chosen => chosen == **word }
    };
    let text = |value: &Option<Json>| value.as_ref().map(typed_text).unwrap_or_default();
    let values = reach.one_of.as_ref().map(|v| typed_text(&Json::Array(v.clone()))).unwrap_or_default();
    model! {
        choices => words.iter().map(choice).collect::<Vec<_>>(),
        values => typed("values", values),
        min => typed("min", text(&reach.min)),
        max => typed("max", text(&reach.max)),
        ranged => matches!(spec.kind, Kind::Integer { .. } | Kind::Date {}),
        listed => words.contains(&"one-of"),
    }
}

/// A value as a person reads it.
pub(super) fn shown(speak: &Speak, spec: &OptionSpec, value: Option<&Json>) -> String {
    match value {
        None => speak.say("console-option-none", &[]),
        Some(value) if referenced_secret(value).is_some() => speak.say("console-option-secret", &[]),
        Some(Json::Bool(yes)) => speak.say(if *yes { "console-yes" } else { "console-no" }, &[]),
        Some(Json::String(text)) => match &spec.kind {
            Kind::Choice { choices } => {
                choices.iter().find(|c| c.value() == text).map_or_else(|| text.clone(), |c| choice_label(speak, c))
            }
            _ => text.clone(),
        },
        Some(Json::Array(items)) => {
            let items: Vec<String> = items.iter().map(|i| shown(speak, spec, Some(i))).collect();
            if items.is_empty() { speak.say("console-option-empty", &[]) } else { items.join(", ") }
        }
        Some(other) => other.to_string(),
    }
}

fn place(speak: &Speak, view: &OptionView, source: &Source) -> String {
    let unit = |unit: &UnitId| view.units.iter().find(|u| u.unit == *unit).map_or("…", |u| u.name.as_str()).to_string();
    match source {
        Source::Master {} => {
            let master = format!("{} {}", view.master.name, view.master.version);
            speak.say("console-option-of-master", &[("master", master.into())])
        }
        Source::Unit { unit: id } => unit(id),
        Source::Rule { name, unit: id, .. } => {
            let args: [(&str, Arg); 2] = [("rule", name.into()), ("unit", unit(id).into())];
            speak.say("console-option-of-rule", &args)
        }
        Source::Machine { .. } => speak.say("console-option-of-machine", &[]),
        Source::Start {} => speak.say("console-option-of-start", &[]),
    }
}

fn decided(speak: &Speak, view: &OptionView, decision: &Decision) -> Value {
    model! {
        place => place(speak, view, &decision.source),
        by => decision.by.as_ref().filter(|by| !by.is_empty()),
        at => speak.moment(decision.at),
    }
}

fn bound(speak: &Speak, view: &OptionView, bound: &Bound) -> Value {
    let left = reach(speak, &view.spec, &Reach::default().narrowed(&bound.latitude));
    let left = match bound.latitude {
        Latitude::Asked(_) => speak.say("console-option-asked-within", &[("latitude", left.into())]),
        _ => left,
    };
    model! { place => place(speak, view, &bound.source), left => left, by => bound.by, at => speak.moment(bound.at) }
}

/// What may be chosen, in words.
fn reach(speak: &Speak, spec: &OptionSpec, reach: &Reach) -> String {
    if reach.fixed {
        return speak.say("console-option-fixed", &[]);
    }
    let mut parts = Vec::new();
    if let Some(values) = &reach.one_of {
        let values: Vec<String> = values.iter().map(|v| shown(speak, spec, Some(v))).collect();
        parts.push(speak.say("console-option-among", &[("values", values.join(", ").into())]));
    }
    if reach.min.is_some() || reach.max.is_some() {
        let said = |v: &Option<Json>| v.as_ref().map_or_else(|| "…".to_string(), typed_text);
        let args: [(&str, Arg); 2] = [("min", said(&reach.min).into()), ("max", said(&reach.max).into())];
        parts.push(speak.say("console-option-between", &args));
    }
    let form = |p: &socle_domain::option::Pattern| speak.say("console-option-form", &[("pattern", p.as_str().into())]);
    parts.extend(reach.patterns.iter().map(form));
    match parts.is_empty() {
        true => speak.say("console-option-free", &[]),
        false => parts.join("; "),
    }
}
