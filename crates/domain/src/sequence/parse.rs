//! From text to a sequence, or to an error that names the line.
use super::{Action, Condition, Sequence, template};
use crate::option::{MAX_OPTIONS, OptionSpec};
use socle_texts::{Fault, Result};
use std::collections::{BTreeMap, BTreeSet};

const MAX_STEPS: usize = 200;
const MAX_TEXT_BYTES: usize = 1 << 20;

/// Reads a sequence from its text.
///
/// # Errors
/// `domain-sequence-unreadable` (with `line` and `why`) where the text is no sequence; `domain-sequence-wrong` (with
/// `line`, `step`, `why`) where it reads well but can't be meant: two steps of one name, a condition that can't be read,
/// a template that can't be filled, an order that can't work; `domain-option-declared-wrong` (with `line`, `option`, `why`)
/// where an option can't be meant as it is declared.
pub fn parse(text: &str) -> Result<Sequence> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(Fault::new("domain-sequence-unreadable").with("line", 1).because("longer than 1 MiB"));
    }
    let sequence: Sequence = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(1, |span| line_of(text, span.start));
        Fault::new("domain-sequence-unreadable").with("line", line).because(e.message())
    })?;
    check_options(&sequence.options, text)?;
    let secrets: Vec<&str> = sequence.options.iter().filter(|o| o.kind.is_secret()).map(|o| o.name.as_str()).collect();
    let lines = table_lines(text, "step");
    let wrong = |index: usize, id: &str, why: &str| {
        let line = lines.get(index).copied().unwrap_or(1);
        Fault::new("domain-sequence-wrong").with("line", line).with("step", id).because(why)
    };
    if sequence.steps.is_empty() || sequence.steps.len() > MAX_STEPS {
        return Err(wrong(0, "", "a sequence has between 1 and 200 steps"));
    }
    let mut seen = BTreeSet::new();
    let mut partitioned = BTreeSet::new();
    let mut installed_since: Option<&str> = None;
    for (index, step) in sequence.steps.iter().enumerate() {
        let id = step.id.as_str();
        let named = !id.is_empty()
            && id.len() <= 64
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !named {
            return Err(wrong(index, id, "a step's id has 1 to 64 lower-case letters, digits and hyphens"));
        }
        if !seen.insert(id) {
            return Err(wrong(index, id, "another step before it has the same id"));
        }
        if let Some(when) = &step.when {
            Condition::new(when).map_err(|e| wrong(index, id, &e))?;
        }
        if step.timeout_seconds == 0 {
            return Err(wrong(index, id, "timeout_seconds is 0: the step could never succeed"));
        }
        for (text, may_hold_secrets) in templates(&step.action) {
            let names = template::check(text).map_err(|e| wrong(index, id, &e))?;
            if !may_hold_secrets && let Some(secret) = secrets.iter().find(|s| names.contains(&format!("options.{s}")))
            {
                return Err(wrong(index, id, &format!("the secret {secret} may stand in the content of a file only")));
            }
        }
        match &step.action {
            Action::Partition { image, .. } => {
                partitioned.insert(image.as_str());
            }
            Action::ApplyImage { image, .. } if !partitioned.contains(image.as_str()) => {
                return Err(wrong(index, id, "no partition step before it takes the layout of this image"));
            }
            Action::ResetImage { keep_folders, .. } if !keep_folders.is_empty() => {
                let why = "a folder of a partition that is brought back can't be kept: give it a partition of its own, and \
                           its number to `keep`";
                return Err(wrong(index, id, why));
            }
            Action::WriteFile { path, mode, .. } => {
                if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
                    return Err(wrong(index, id, "path is not absolute, or goes up with `..`"));
                }
                if mode.len() > 5 || u32::from_str_radix(mode, 8).is_err() {
                    return Err(wrong(index, id, "mode is not octal"));
                }
            }
            Action::CaptureImage { name, .. } if name.trim().is_empty() => {
                return Err(wrong(index, id, "the image has no name"));
            }
            _ => {}
        }
        if step.action.runs_installed() {
            installed_since.get_or_insert(id);
        } else if let Some(first) = installed_since {
            return Err(wrong(index, id, &format!("it comes after `{first}`, which runs in the installed system")));
        }
    }
    Ok(sequence)
}

/// The templates of a step, and whether a secret may stand in each: what a step says of itself goes into the journal.
fn templates(action: &Action) -> Vec<(&str, bool)> {
    match action {
        Action::CaptureImage { name, .. } => vec![(name, false)],
        Action::WriteFile { path, content, .. } => vec![(path, false), (content, true)],
        Action::SetIdentity { hostname } => vec![(hostname, false)],
        Action::MoveFolder { from, to } | Action::MoveMailbox { from, to } => vec![(from, false), (to, false)],
        _ => vec![],
    }
}

/// Whether each option can be meant, and can be told from the others where it is an environment variable of a script.
fn check_options(options: &[OptionSpec], text: &str) -> Result<()> {
    let lines = table_lines(text, "option");
    let wrong = |index: usize, why: &str| {
        let line = lines.get(index).copied().unwrap_or(1);
        let name = options.get(index).map_or("", |o| o.name.as_str());
        Fault::new("domain-option-declared-wrong").with("line", line).with("option", name).because(why)
    };
    if options.len() > MAX_OPTIONS {
        return Err(wrong(MAX_OPTIONS, &format!("more than {MAX_OPTIONS} options")));
    }
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (index, option) in options.iter().enumerate() {
        option.check().map_err(|why| wrong(index, &why))?;
        if option.label.is_none() {
            return Err(wrong(index, "label: what a form calls it, in both languages"));
        }
        if let Some(other) = seen.insert(option.name.replace('-', "_"), &option.name) {
            return Err(wrong(index, &format!("scripts could not tell it from the option {other} before it")));
        }
    }
    Ok(())
}

/// The line (from 1) on which byte `at` of `text` stands.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// The lines on which the tables of an array (`[[step]]`, `[[option]]`) begin.
fn table_lines(text: &str, name: &str) -> Vec<usize> {
    let head = format!("[[{name}]]");
    let is_head = |l: &str| l.trim().replace(' ', "").starts_with(&head);
    text.lines().enumerate().filter(|(_, l)| is_head(l)).map(|(n, _)| n + 1).collect()
}
