//! The report for a person: what was found, what was left and why, and that nothing was forgotten.
use crate::{Import, Kind, Latitude, Reason, Value, Verdict};
use socle_texts::{Arg, Lang, say};
use std::{collections::BTreeMap, fmt::Write};

/// Names listed for one reason in one file, at most.
const MAX_NAMES: usize = 6;

/// The report.
pub fn words(import: &Import, lang: Lang) -> String {
    let mut text = String::new();
    let totals = import.totals();
    let values = [
        ("lines", totals.lines.into()),
        ("files", import.files.len().into()),
        ("carried", totals.carried.into()),
        ("sealed", totals.sealed.into()),
        ("form", totals.form.into()),
        ("harmless", totals.harmless.into()),
        ("left", totals.left.into()),
    ];
    line(&mut text, &say(lang, "mdt-report-totals", &values));
    options(&mut text, import, lang);
    rules(&mut text, import, lang);
    names(&mut text, import, lang);
    masters(&mut text, import, lang);
    secrets(&mut text, import, lang);
    remarks(&mut text, import, lang, false);
    remarks(&mut text, import, lang, true);
    text
}

fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

fn head(text: &mut String, lang: Lang, key: &str, count: usize) {
    let _ = writeln!(text, "\n{}", say(lang, key, &[("count", count.into())]));
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(value) => value.clone(),
        Value::List(values) => values.join(", "),
    }
}

fn options(text: &mut String, import: &Import, lang: Lang) {
    if import.options.is_empty() {
        return;
    }
    head(text, lang, "mdt-report-options", import.options.len());
    for option in &import.options {
        let latitude = match option.latitude {
            Latitude::Fixed => "mdt-latitude-fixed",
            Latitude::Asked => "mdt-latitude-asked",
        };
        let shown = match (&option.holds, &option.value) {
            (Kind::Secret, _) => say(lang, "mdt-value-secret", &[]),
            (_, Some(found)) => value(found),
            (_, None) => say(lang, "mdt-value-none", &[]),
        };
        line(text, &format!("  {} = {shown}  ({}, {})", option.name, option.label(lang), say(lang, latitude, &[])));
    }
    line(text, &format!("  {}", say(lang, "mdt-report-no-step", &[])));
}

fn rules(text: &mut String, import: &Import, lang: Lang) {
    if import.rules.is_empty() {
        return;
    }
    head(text, lang, "mdt-report-rules", import.rules.len());
    let mut rules: Vec<_> = import.rules.iter().collect();
    rules.sort_by_key(|r| r.order);
    for rule in rules {
        line(text, &format!("  {} [{}]: {}", rule.name, rule.was, rule.when));
        for set in &rule.sets {
            line(text, &format!("    {} = {}", set.option, value(&set.value)));
        }
        for secret in import.secrets.iter().filter(|s| s.rule.as_ref() == Some(&rule.name)) {
            line(text, &format!("    {} = {}", secret.option, say(lang, "mdt-value-secret", &[])));
        }
    }
}

fn names(text: &mut String, import: &Import, lang: Lang) {
    if !import.announced.is_empty() {
        head(text, lang, "mdt-report-announced", import.announced.len());
        for one in &import.announced {
            let hint = [&one.mac, &one.serial, &one.uuid].into_iter().flatten().next();
            line(text, &format!("  {}: {}", one.name, hint.map_or("", String::as_str)));
        }
    }
    if !import.naming.is_empty() {
        head(text, lang, "mdt-report-naming", import.naming.len());
        import.naming.iter().for_each(|n| line(text, &format!("  {}: {} ({})", n.name, n.pattern, n.when)));
    }
}

fn masters(text: &mut String, import: &Import, lang: Lang) {
    if import.masters.is_empty() {
        return;
    }
    head(text, lang, "mdt-report-masters", import.masters.len());
    for master in &import.masters {
        let images: Vec<String> = master.images.iter().map(|(slug, was)| format!("{slug} ({was})")).collect();
        let images = match images.is_empty() {
            true => say(lang, "mdt-value-none", &[]),
            false => images.join(", "),
        };
        let values: [(&str, Arg); 3] =
            [("name", (&master.name).into()), ("version", (&master.version).into()), ("images", images.into())];
        line(text, &format!("  {}", say(lang, "mdt-report-master", &values)));
    }
}

fn secrets(text: &mut String, import: &Import, lang: Lang) {
    if import.secrets.is_empty() {
        return;
    }
    head(text, lang, "mdt-report-secrets", import.secrets.len());
    for secret in &import.secrets {
        let place = &secret.place;
        line(text, &format!("  {}:{}  {} → {}", place.file, place.line, secret.was, secret.option));
    }
    line(text, &format!("  {}", say(lang, "mdt-report-secrets-next", &[])));
}

/// What was left, or carried with a caution: by reason, then by file, with the lines' numbers in ranges.
fn remarks(text: &mut String, import: &Import, lang: Lang, harmless: bool) {
    let mut by_reason: BTreeMap<Reason, BTreeMap<&str, (Vec<usize>, Vec<&str>)>> = BTreeMap::new();
    for file in &import.files {
        for (number, verdict) in file.lines.iter().enumerate() {
            let (reason, what) = match verdict {
                Verdict::Left { reason, what } => (*reason, what.as_str()),
                Verdict::Carried { caution: Some(reason), .. } => (*reason, ""),
                _ => continue,
            };
            if reason.is_harmless() != harmless {
                continue;
            }
            let (lines, names) = by_reason.entry(reason).or_default().entry(&file.path).or_default();
            lines.push(number + 1);
            if !what.is_empty() && !names.contains(&what) && names.len() <= MAX_NAMES {
                names.push(what);
            }
        }
    }
    if by_reason.is_empty() {
        return;
    }
    let count = by_reason.values().flat_map(|files| files.values()).map(|(lines, _)| lines.len()).sum();
    head(text, lang, if harmless { "mdt-report-harmless" } else { "mdt-report-left" }, count);
    for (reason, files) in &by_reason {
        line(text, &format!("  {}", say(lang, &format!("mdt-why-{}", reason.word()), &[])));
        for (file, (lines, names)) in files {
            let more = if names.len() > MAX_NAMES { ", …" } else { "" };
            let names = names[..names.len().min(MAX_NAMES)].join(", ");
            let names = if names.is_empty() { names } else { format!("  {names}{more}") };
            line(text, &format!("    {file}:{}{names}", ranges(lines)));
        }
        if !harmless {
            line(text, &format!("    → {}", say(lang, &format!("mdt-why-{}.next", reason.word()), &[])));
        }
    }
}

/// `3-5,9`.
fn ranges(lines: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        match parts.last_mut() {
            Some((_, end)) if *end + 1 == *line => *end = *line,
            _ => parts.push((*line, *line)),
        }
    }
    let shown = |(from, to): &(usize, usize)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    parts.iter().map(shown).collect::<Vec<_>>().join(",")
}
