//! Speaking: JSON for programs, sentences and columns for people.
use crate::{image::Voice, out};
use serde::Serialize;
use socle_texts::{Arg, Fault, Result, say};

/// Prints a value for programs, or what `words` makes of it for people.
pub fn answer<T: Serialize>(value: &T, voice: Voice, words: impl FnOnce(&T) -> String) -> Result<bool> {
    if voice.json {
        let text = serde_json::to_string(value).map_err(|e| Fault::new("socle-answer-unreadable").because(e))?;
        out::line(text);
        return Ok(true);
    }
    let text = words(value);
    if !text.is_empty() {
        out::line(text);
    }
    Ok(true)
}

/// A sentence of the locales.
pub fn words(voice: Voice, key: &str, args: &[(&str, Arg)]) -> String {
    say(voice.lang, key, args)
}

/// Lines as columns, each as wide as its widest cell; the first line is the head.
pub fn columns(lines: &[Vec<String>]) -> String {
    let count = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| lines.iter().filter_map(|l| l.get(at)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |cells: &Vec<String>| -> String {
        let padded = cells.iter().zip(&widths).map(|(c, w)| format!("{c:w$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The head of a table: words of the locales.
pub fn head(voice: Voice, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| words(voice, &format!("socle-head-{key}"), &[])).collect()
}
