//! `socle option …` and `socle explain`.
use super::{
    client::{Client, escaped},
    say::{answer, columns, head, words},
};
use crate::{
    image::Voice,
    shape::{Explain, OptionWhat, Place},
};
use serde_json::Value;
use socle_domain::{
    UnitId,
    latitude::{Latitude, Reach},
    resolve::{Bound, Decision, Source},
};
use socle_texts::{Arg, Fault, Result, tell};
use socle_wire::options::{DecideOption, OptionView};
use std::io::Read;

/// The longest secret that is read, with its line end.
const MAX_SECRET_BYTES: u64 = 65_536;

/// Carries out a command about options.
pub fn act(what: &OptionWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        OptionWhat::List { place, master } => {
            let wish = master.map(|m| format!("?master={m}")).unwrap_or_default();
            let all: Vec<OptionView> = client.all(&format!("{}/options{wish}", path(client, place)?))?;
            answer(&all, voice, |all| table(all, voice))
        }
        OptionWhat::Set { option, place, value, secret, leave } => {
            let at = format!("{}/options/{}", path(client, place)?, escaped(option));
            let wish = DecideOption {
                value: value.as_deref().map(read_value),
                secret: secret.then(read_secret).transpose()?,
                keep: true,
                narrows: leave.as_deref().map(|text| latitude(option, text)).transpose()?,
            };
            let view: OptionView = client.put(&at, &wish)?;
            answer(&view, voice, |v| {
                let value = shown(v.resolved.value.as_ref(), voice);
                words(voice, "socle-option-decided", &[("option", option.into()), ("value", value.into())])
            })
        }
        OptionWhat::Clear { option, place } => {
            client.delete(&format!("{}/options/{}", path(client, place)?, escaped(option)))?;
            answer(&(), voice, |_| words(voice, "socle-option-cleared", &[("option", option.into())]))
        }
    }
}

/// `socle explain`
pub fn explain(args: &Explain, client: &Client, voice: Voice) -> Result<bool> {
    let machine = client.machine(&args.machine)?;
    let wish = args.master.map(|m| format!("?master={m}")).unwrap_or_default();
    match &args.option {
        Some(option) => {
            let one: OptionView =
                client.get(&format!("/api/v1/machines/{}/options/{}{wish}", machine.id, escaped(option)))?;
            answer(&one, voice, |v| told(v, voice))
        }
        None => {
            let all: Vec<OptionView> = client.all(&format!("/api/v1/machines/{}/options{wish}", machine.id))?;
            answer(&all, voice, |all| table(all, voice))
        }
    }
}

/// Where it is decided, as an address.
fn path(client: &Client, place: &Place) -> Result<String> {
    Ok(match &place.machine {
        Some(machine) => format!("/api/v1/machines/{}", client.machine(machine)?.id),
        None => format!("/api/v1/units/{}", place.unit.unwrap_or(UnitId::ROOT)),
    })
}

/// A value as it is typed: JSON, else a text.
fn read_value(typed: &str) -> Value {
    serde_json::from_str(typed).unwrap_or_else(|_| typed.into())
}

/// A secret comes from standard input: an argument would be seen by every process and stay in the shell's history.
fn read_secret() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_SECRET_BYTES)
        .read_to_string(&mut text)
        .map_err(|e| Fault::new("texts-file-unreadable").with("path", "-").because(e))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_string())
}

/// A latitude as it is typed: `free`, `fixed`, `asked`, or its JSON: `{"one-of":["a","b"]}`.
fn latitude(option: &str, typed: &str) -> Result<Latitude> {
    let value = match typed {
        "asked" => serde_json::json!({ "asked": "free" }),
        word if word.starts_with('{') => serde_json::from_str(word)
            .map_err(|e| Fault::new("domain-latitude-wrong").with("option", option).because(e))?,
        word => word.into(),
    };
    serde_json::from_value(value).map_err(|e| Fault::new("domain-latitude-wrong").with("option", option).because(e))
}

fn table(all: &[OptionView], voice: Voice) -> String {
    let mut lines = vec![head(voice, &["option", "value", "decided", "latitude", "attention"])];
    for view in all {
        let resolved = &view.resolved;
        let conflicts = resolved.conflicts.len();
        let attention = match (conflicts, resolved.asked) {
            (0, false) => String::new(),
            (0, true) => words(voice, "socle-option-asked", &[]),
            (n, _) => words(voice, "socle-option-conflicts", &[("n", n.into())]),
        };
        lines.push(vec![
            view.spec.name.clone(),
            shown(resolved.value.as_ref(), voice),
            resolved.decided.as_ref().map_or_else(|| "–".into(), |d| place_of(view, &d.source, voice)),
            reach(&resolved.reach, voice),
            attention,
        ]);
    }
    columns(&lines)
}

/// The whole explanation of one value.
fn told(view: &OptionView, voice: Voice) -> String {
    let resolved = &view.resolved;
    let say = |key: &str, args: &[(&str, Arg)]| words(voice, key, args);
    let value = shown(resolved.value.as_ref(), voice);
    let mut lines = vec![say("socle-explain-value", &[("option", (&view.spec.name).into()), ("value", value.into())])];
    match &resolved.decided {
        Some(decision) => lines.push(say("socle-explain-decided", &decided(view, decision, voice))),
        None => lines.push(say("socle-explain-nobody", &[])),
    }
    let bound = |key: &str, bound: &Bound| {
        let what = leaves(&bound.latitude, voice);
        say(key, &[("where", place_of(view, &bound.source, voice).into()), ("latitude", what.into())])
    };
    lines.extend(resolved.within.iter().map(|b| bound("socle-explain-within", b)));
    lines.extend(resolved.overridden.iter().map(|d| say("socle-explain-overridden", &decided(view, d, voice))));
    for conflict in &resolved.conflicts {
        let mut args = decided(view, &conflict.decision, voice);
        args.push(("against", place_of(view, &conflict.bound.source, voice).into()));
        args.push(("by-against", conflict.bound.by.clone().unwrap_or_else(|| "–".into()).into()));
        args.push(("why", tell(voice.lang, &conflict.why).into()));
        lines.push(say("socle-explain-conflict", &args));
    }
    lines.extend(resolved.beyond.iter().map(|b| bound("socle-explain-beyond", b)));
    let undecided = |u: &socle_wire::options::UndecidedRule| {
        say("socle-explain-undecided", &[("rule", (&u.rule).into()), ("why", (&u.why).into())])
    };
    lines.extend(view.undecided.iter().map(undecided));
    let here = if resolved.asked { "socle-explain-asked" } else { "socle-explain-here" };
    lines.push(say(here, &[("latitude", reach(&resolved.reach, voice).into())]));
    lines.join("\n")
}

fn decided(view: &OptionView, decision: &Decision, voice: Voice) -> Vec<(&'static str, Arg)> {
    vec![
        ("where", place_of(view, &decision.source, voice).into()),
        ("value", shown(Some(&decision.value), voice).into()),
        ("by", decision.by.clone().filter(|b| !b.is_empty()).unwrap_or_else(|| "–".into()).into()),
        ("at", decision.at.to_string().into()),
    ]
}

/// Who decided, in words.
fn place_of(view: &OptionView, source: &Source, voice: Voice) -> String {
    let unit = |unit: &UnitId| {
        let known = view.units.iter().find(|u| u.unit == *unit);
        known.map_or_else(|| unit.to_string(), |u| u.name.clone())
    };
    match source {
        Source::Master {} => format!("{} {}", view.master.name, view.master.version),
        Source::Unit { unit: id } => unit(id),
        Source::Rule { name, unit: id, .. } => {
            words(voice, "socle-explain-rule", &[("rule", name.into()), ("unit", unit(id).into())])
        }
        Source::Machine { .. } => words(voice, "socle-explain-machine", &[]),
        Source::Start {} => words(voice, "socle-explain-start", &[]),
    }
}

/// A value for people; a secret is a word.
fn shown(value: Option<&Value>, voice: Voice) -> String {
    match value {
        None => "–".into(),
        Some(value) if socle_domain::option::referenced_secret(value).is_some() => {
            words(voice, "socle-option-secret", &[])
        }
        Some(Value::Bool(yes)) => words(voice, if *yes { "socle-option-yes" } else { "socle-option-no" }, &[]),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// What is left to somebody, in words.
pub fn reach(reach: &Reach, voice: Voice) -> String {
    if reach.fixed {
        return words(voice, "socle-latitude-fixed", &[]);
    }
    let mut parts = Vec::new();
    if let Some(values) = &reach.one_of {
        parts.push(list(values, voice));
    }
    if reach.min.is_some() || reach.max.is_some() {
        parts.push(range(reach.min.as_ref(), reach.max.as_ref(), voice));
    }
    parts.extend(reach.patterns.iter().map(|p| format!("/{}/", p.as_str())));
    if parts.is_empty() {
        parts.push(words(voice, "socle-latitude-free", &[]));
    }
    parts.join(", ")
}

fn leaves(latitude: &Latitude, voice: Voice) -> String {
    let plain = reach(&Reach::default().narrowed(latitude), voice);
    match latitude {
        Latitude::Asked(_) => words(voice, "socle-latitude-asked", &[("latitude", plain.into())]),
        _ => plain,
    }
}

fn list(values: &[Value], voice: Voice) -> String {
    values.iter().map(|v| shown(Some(v), voice)).collect::<Vec<_>>().join(" | ")
}

fn range(min: Option<&Value>, max: Option<&Value>, voice: Voice) -> String {
    let said = |v: Option<&Value>| v.map_or_else(|| "…".to_string(), |v| shown(Some(v), voice));
    words(voice, "socle-latitude-range", &[("min", said(min).into()), ("max", said(max).into())])
}
