//! One line of a story: a verb, words, and `name=value` options.
use crate::trouble::{Done, Trouble};
use std::collections::BTreeMap;
use std::time::Duration;

/// A line, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The story that it stands in.
    pub story: String,
    /// Its number in the file, from 1.
    pub number: usize,
    /// As it was written, for the screen.
    pub text: String,
    /// What to do.
    pub verb: String,
    /// What follows, in order.
    pub words: Vec<String>,
    /// `name=value`.
    pub options: BTreeMap<String, String>,
}

impl Line {
    /// Reads one; nothing where the line is empty or a remark (`#` first).
    pub fn read(story: &str, number: usize, text: &str) -> Done<Option<Line>> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let tokens = tokens(text).map_err(|why| at(story, number, &why))?;
        let mut line = Line {
            story: story.into(),
            number,
            text: text.into(),
            verb: String::new(),
            words: Vec::new(),
            options: BTreeMap::new(),
        };
        for (index, token) in tokens.into_iter().enumerate() {
            match token.option {
                None if index == 0 => line.verb = token.text,
                None => line.words.push(token.text),
                Some(name) => {
                    if line.options.insert(name.clone(), token.text).is_some() {
                        return Err(at(story, number, &format!("{name}= is said twice")));
                    }
                }
            }
        }
        if line.verb.is_empty() {
            return Err(at(story, number, "a line begins with what to do"));
        }
        Ok(Some(line))
    }

    /// A word by its place, which the check of the story has made sure of.
    pub fn word(&self, index: usize) -> Done<&str> {
        self.words.get(index).map(String::as_str).ok_or_else(|| at(&self.story, self.number, "a word is missing"))
    }

    /// An option's value.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// An option read as a time, or this one.
    pub fn time(&self, name: &str, otherwise: Duration) -> Done<Duration> {
        self.option(name).map_or(Ok(otherwise), |text| duration(text).map_err(|why| at(&self.story, self.number, &why)))
    }

    /// An option read as a number, or this one.
    pub fn count(&self, name: &str, otherwise: u32) -> Done<u32> {
        let read = |text: &str| {
            text.parse().map_err(|_| at(&self.story, self.number, &format!("{name}={text} is not a number")))
        };
        self.option(name).map_or(Ok(otherwise), read)
    }

    /// Says that something about this line is wrong.
    pub fn wrong(&self, why: &str) -> Trouble {
        at(&self.story, self.number, why)
    }
}

/// `first-deployment, line 12: …`.
pub fn at(story: &str, number: usize, why: &str) -> Trouble {
    Trouble(format!("{story}, line {number}: {why}"))
}

struct Token {
    option: Option<String>,
    text: String,
}

/// Cuts at spaces; quotes keep spaces; `name=` in front makes an option.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let name_bytes =
            rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')).count();
        let option = (name_bytes > 0 && rest[name_bytes..].starts_with('=')).then(|| rest[..name_bytes].to_string());
        if option.is_some() {
            rest = &rest[name_bytes + 1..];
        }
        let value;
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or("a quote is opened and not closed")?;
            value = quoted[..end].to_string();
            rest = &quoted[end + 1..];
            if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
                return Err(format!("after a closing quote comes a space, not {}", rest.chars().next().unwrap_or(' ')));
            }
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            value = rest[..end].to_string();
            rest = &rest[end..];
        }
        found.push(Token { option, text: value });
        rest = rest.trim_start();
    }
    Ok(found)
}

/// `90s`, `1.5s`, `250ms`, `10m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, scale) = if let Some(n) = text.strip_suffix("ms") {
        (n, 0.001)
    } else if let Some(n) = text.strip_suffix('s') {
        (n, 1.0)
    } else if let Some(n) = text.strip_suffix('m') {
        (n, 60.0)
    } else {
        return Err(format!("{text} is not a time: say 90s, 250ms or 10m"));
    };
    match number.parse::<f64>() {
        Ok(value) if (0.0..=86_400.0).contains(&(value * scale)) => Ok(Duration::from_secs_f64(value * scale)),
        _ => Err(format!("{text} is not a time up to a day")),
    }
}

/// `2G`, `700M`: binary units.
pub fn bytes(text: &str) -> Result<u64, String> {
    let (number, scale) = match text.char_indices().next_back() {
        Some((at, 'G')) => (&text[..at], 1u64 << 30),
        Some((at, 'M')) => (&text[..at], 1 << 20),
        _ => return Err(format!("{text} is not a size: say 2G or 700M")),
    };
    let value = number.parse::<f64>().ok().filter(|v| (0.0..=4096.0 * 1024.0).contains(v));
    value.map(|v| (v * scale as f64) as u64 / 4096 * 4096).ok_or_else(|| format!("{text} is not a size"))
}

/// `5s..40s`: a time between two.
pub fn span(text: &str) -> Result<(Duration, Duration), String> {
    let (from, to) = text.split_once("..").ok_or_else(|| format!("{text} is not a span: say 5s..40s"))?;
    let (from, to) = (duration(from)?, duration(to)?);
    if from > to { Err(format!("{text} ends before it begins")) } else { Ok((from, to)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let told = match Line::read("tale", 7, text) {
            Ok(None) => "nothing".to_string(),
            Ok(Some(line)) => format!("{} {:?} {:?}", line.verb, line.words, line.options),
            Err(Trouble(why)) => why,
        };
        assert_eq!(told, expect);
    }

    #[test]
    fn lines_are_read() {
        check("", "nothing");
        check("  # a remark", "nothing");
        check("boot alpha", r#"boot ["alpha"] {}"#);
        check("machine alpha disk=2G  card=e1000e", r#"machine ["alpha"] {"card": "e1000e", "disk": "2G"}"#);
        check(
            r#"expect alpha "uname -r = x" says="6.1 cloud""#,
            r#"expect ["alpha", "uname -r = x"] {"says": "6.1 cloud"}"#,
        );
    }

    #[test]
    fn what_is_wrong_names_the_line() {
        check(r#"say "no end"#, "tale, line 7: a quote is opened and not closed");
        check(r#"say "a"b"#, "tale, line 7: after a closing quote comes a space, not b");
        check("boot a=1 a=2", "tale, line 7: a= is said twice");
        check("a=1", "tale, line 7: a line begins with what to do");
    }

    #[test]
    fn measures_are_read() {
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert!(duration("10").is_err() && duration("-1s").is_err() && duration("NaNs").is_err());
        assert_eq!(bytes("2G"), Ok(2 << 30));
        assert_eq!(bytes("700M"), Ok(700 << 20));
        assert!(bytes("7").is_err() && bytes("éG").is_err());
        assert_eq!(span("1s..2s"), Ok((Duration::from_secs(1), Duration::from_secs(2))));
        assert!(span("3s..2s").is_err());
    }
}
