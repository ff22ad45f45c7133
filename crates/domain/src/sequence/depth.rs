//! How deep an expression may go. The engines behind conditions and templates read, compute and forget an expression by
//! calling themselves once for each level, so that four thousand bytes of `1+1+1…` or `a.a.a…` would use up the stack of
//! a thread, and with it end the whole server. This is looked at before either engine sees the text.
//!
//! It counts generously what could become a level and exactly where levels end, and so refuses no expression that a person
//! would write: the longest chain in our own masters has four.

/// Levels of one expression. Unoptimised, the engine of conditions takes 36 KiB of stack for each level, of the 2 MiB that a
/// thread of the server has.
pub(super) const MAX_DEPTH: usize = 30;
/// Brackets one inside another. The reader of conditions takes some sixty thousand bytes of stack for each, unoptimised.
const MAX_BRACKETS: usize = 12;
/// `map`, `filter`, `all`… one inside another: each goes through a whole list for each item of the one around it.
const MAX_MACROS: usize = 2;
const MACROS: [&[u8]; 6] = [b"map", b"filter", b"all", b"exists", b"exists_one", b"transformList"];

/// Which engine's words are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// CEL: chains of `&&` and `||` are kept balanced by their engine, and so are no levels.
    Condition,
    /// Between `{{ }}` and `{% %}`.
    Template,
}

/// What stands between two brackets.
#[derive(Default)]
struct Part {
    levels: usize,
    is_macro: bool,
}

/// Whether no expression of the text goes deeper than it may.
pub(super) fn fits(text: &str, words: Words) -> bool {
    match words {
        Words::Condition => expression_fits(text.as_bytes(), words),
        Words::Template => tags(text.as_bytes()).all(|tag| expression_fits(tag, words)),
    }
}

/// What the engine reads as an expression: between each opening and the end of its tag, strings and all.
fn tags(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = text.windows(2).enumerate().filter(|(_, w)| *w == b"{{" || *w == b"{%").map(|(at, _)| at + 2);
    starts.map(|at| {
        let rest = &text[at..];
        // An end inside a string ends nothing, but what stands before it is counted again with the next opening.
        let end = end_of_tag(rest);
        &rest[..end]
    })
}

fn end_of_tag(rest: &[u8]) -> usize {
    let mut quote = None;
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), close) if open == close => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'}' | b'%') if rest.get(at + 1) == Some(&b'}') => return at,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

fn expression_fits(text: &[u8], words: Words) -> bool {
    let mut parts = vec![Part::default()];
    let (mut depth, mut macros, mut at, mut word) = (0_usize, 0_usize, 0_usize, &b""[..]);
    while let Some(&byte) = text.get(at) {
        let begin = at;
        at += 1;
        if byte == b'"' || byte == b'\'' {
            let is_raw = words == Words::Condition && begin > 0 && text[begin - 1].eq_ignore_ascii_case(&b'r');
            at = after_string(text, begin, words, is_raw);
            continue;
        }
        if is_of_word(byte) {
            while text.get(at).copied().is_some_and(is_of_word) {
                at += 1;
            }
            word = &text[begin..at];
            if words == Words::Template && [&b"not"[..], b"and", b"or", b"in", b"is", b"if", b"else"].contains(&word) {
                depth += 1;
                parts.last_mut().into_iter().for_each(|p| p.levels += 1);
            }
        } else {
            let (part, twice) = (parts.last_mut(), text.get(at) == Some(&byte));
            match byte {
                b'(' | b'[' | b'{' => {
                    let is_macro = byte == b'(' && MACROS.contains(&word);
                    (macros, depth) = (macros + usize::from(is_macro), depth + 1);
                    part.into_iter().for_each(|p| p.levels += 1);
                    parts.push(Part { levels: 0, is_macro });
                }
                b')' | b']' | b'}' => {
                    if parts.len() > 1
                        && let Some(closed) = parts.pop()
                    {
                        (macros, depth) = (macros - usize::from(closed.is_macro), depth - closed.levels);
                    }
                }
                b',' => part.into_iter().for_each(|p| depth -= std::mem::take(&mut p.levels)),
                b'&' | b'|' if words == Words::Condition && twice => {
                    at += 1;
                    part.into_iter().for_each(|p| depth -= std::mem::take(&mut p.levels));
                }
                byte if byte.is_ascii_whitespace() => continue,
                _ => {
                    depth += 1;
                    part.into_iter().for_each(|p| p.levels += 1);
                }
            }
            word = b"";
        }
        if depth > MAX_DEPTH || macros > MAX_MACROS || parts.len() > MAX_BRACKETS + 1 {
            return false;
        }
    }
    true
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Behind a string that begins here; where it has no end, behind its first byte: nothing is hidden in it. CEL's strings end
/// on their line, know a raw form without escapes and one between three quotes (language definition, "Lexis").
fn after_string(text: &[u8], begin: usize, words: Words, is_raw: bool) -> usize {
    let three = [text[begin]; 3];
    let is_long = words == Words::Condition && text[begin..].starts_with(&three);
    let end = if is_long { &three[..] } else { &three[..1] };
    let mut at = begin + end.len();
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' if !is_raw => at += 1,
            b'\n' | b'\r' if words == Words::Condition && !is_long => return begin + 1,
            _ if text[at..].starts_with(end) => return at + end.len(),
            _ => {}
        }
        at += 1;
    }
    begin + end.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: Words, expect: bool) {
        assert_eq!(fits(text, words), expect, "{}", &text[..text.len().min(80)]);
    }

    #[test]
    fn what_people_write_fits() {
        for text in [
            "facts.memory_bytes > 4 * 1024 * 1024 * 1024 && facts.chassis == 'laptop'",
            "facts.disks.exists(d, d.size_bytes > 1 && d.path.startsWith('/dev/nvme')) ? true : false",
            "facts.disks.filter(d, d.removable == false).map(d, d.size_bytes).exists(s, s > 1)",
            "'((((((((((((((((((((((((((((((((' == facts.name",
        ] {
            check(text, Words::Condition, true);
        }
        let long: String = (0..120).map(|n| format!("facts.name == 'poste-{n:03}' || ")).collect();
        check(&(long + "false"), Words::Condition, true);
        let script = "echo {{ target.name }} {% if options.exam and facts.x is defined %}a{% endif %}\n".repeat(500);
        check(&script, Words::Template, true);
        check("a.a.a.a.a. ((((((( -------- { outside of a tag }", Words::Template, true);
    }

    #[test]
    fn what_would_use_up_a_stack_does_not() {
        for (one, times) in [
            ("1+", 200),
            ("a.", 200),
            ("!", 200),
            ("-", 200),
            ("(", 200),
            ("[", 200),
            ("a==", 200),
            ("a?b:", 60),
            ("a[0]", 200),
            ("'\\''+", 200),
            ("a || b.c(", 200),
            ("é.", 200),
        ] {
            check(&one.repeat(times), Words::Condition, false);
        }
        for one in ["1+", "a.", "not ", "-", "(", "a|e ", "a and ", "'}}'~"] {
            check(&format!("x {{{{ {} }}}}", one.repeat(200)), Words::Template, false);
            check(&format!("x {{% if {} %}}", one.repeat(200)), Words::Template, false);
        }
        check("[1].map(a, [1].map(b, [1].map(c, c)))", Words::Condition, false);
        check("[1].map(a, [1].map(b, b))", Words::Condition, true);
        check(&"[0-".repeat(13), Words::Condition, false);
        check(&format!("{}1{}", "(".repeat(12), ")".repeat(12)), Words::Condition, true);
        // Nor does a string that the engine ends elsewhere.
        for start in ["'\n ", "r'\\' ", "'''a'b''' ", "\"\"\"'\"\"\" "] {
            check(&format!("{start}{}'", "1+".repeat(200)), Words::Condition, false);
        }
        // A quote without its partner hides nothing.
        check(&format!("' {}", "1+".repeat(200)), Words::Condition, false);
    }
}
