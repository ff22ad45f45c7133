//! Sizes and answers as people and programs read them.
use super::Voice;
use crate::out;
use serde::Serialize;
use socle_texts::{Arg, Fault, Lang, Result, say};

/// A size in the unit that suits it: three digits are enough.
pub fn size(lang: Lang, bytes: u64) -> String {
    const STEP: f64 = 1024.0;
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= STEP && unit < 4 {
        value /= STEP;
        unit += 1;
    }
    let digits = if unit == 0 || value >= 100.0 { 0 } else { 1 };
    let number = format!("{value:.digits$}");
    let number = if lang == Lang::Fr { number.replace('.', ",") } else { number };
    let key = ["bytes", "kib", "mib", "gib", "tib"][unit];
    say(lang, &format!("socle-image-size-{key}"), &[("number", number.into())])
}

/// Says a sentence on standard output.
pub fn tell(voice: Voice, key: &str, args: &[(&str, Arg)]) {
    out::line(say(voice.lang, key, args));
}

/// Answers a program.
pub fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Fault::new("image-compression").because(e))?;
    out::line(text);
    Ok(())
}
