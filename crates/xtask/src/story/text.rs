//! A whole story: its lines, checked against the verbs before anything starts.
use super::line::Line;
use super::verbs::{VERBS, Verb};
use crate::trouble::Done;

/// The most lines that a story may have once its repetitions are written out.
const MAX_LINES: usize = 2000;

/// A story, ready to be told.
pub struct Story {
    /// Its first remark.
    pub title: String,
    /// What to do, repetitions written out.
    pub lines: Vec<Line>,
}

/// Where other stories are read from, by name.
pub type Library<'a> = &'a dyn Fn(&str) -> Done<String>;

impl Story {
    /// Reads and checks a story; `include NAME` takes in another one from the library.
    pub fn read(name: &str, library: Library) -> Done<Story> {
        let text = library(name)?;
        let title = text.lines().find_map(|line| line.trim().strip_prefix('#')).unwrap_or(name).trim().to_string();
        let mut lines = Vec::new();
        take_in(name, &text, library, true, &mut lines)?;
        Ok(Story { title, lines })
    }
}

fn take_in(name: &str, text: &str, library: Library, may_include: bool, lines: &mut Vec<Line>) -> Done {
    let numbered: Vec<(usize, &str)> = text.lines().enumerate().map(|(index, line)| (index + 1, line)).collect();
    let mut rest = &numbered[..];
    while let Some(((number, text), after)) = rest.split_first() {
        rest = after;
        let Some(line) = Line::read(name, *number, text)? else { continue };
        match line.verb.as_str() {
            "repeat" => rest = repeat(&line, rest, lines)?,
            "end" => return Err(line.wrong("`end` without `repeat`")),
            "include" if !may_include => return Err(line.wrong("what is included may not include")),
            "include" => {
                let other = line.word(0)?;
                let text = library(other).map_err(|trouble| line.wrong(&trouble.to_string()))?;
                take_in(other, &text, library, false, lines)?;
            }
            _ => add(line, lines)?,
        }
    }
    Ok(())
}

/// Writes the lines up to `end` out as often as said, `{n}` being the count from 1.
fn repeat<'a>(head: &Line, rest: &'a [(usize, &'a str)], lines: &mut Vec<Line>) -> Done<&'a [(usize, &'a str)]> {
    let times: usize =
        head.words.first().and_then(|w| w.parse().ok()).ok_or_else(|| head.wrong("repeat how often? `repeat 3`"))?;
    let Some(end) = rest.iter().position(|(_, text)| text.trim() == "end") else {
        return Err(head.wrong("`repeat` without `end`"));
    };
    for n in 1..=times {
        for (number, text) in &rest[..end] {
            if let Some(line) = Line::read(&head.story, *number, &text.replace("{n}", &n.to_string()))? {
                if line.verb == "repeat" {
                    return Err(line.wrong("a repetition within a repetition"));
                }
                add(line, lines)?;
            }
        }
    }
    Ok(&rest[end + 1..])
}

fn add(line: Line, lines: &mut Vec<Line>) -> Done {
    check(&line)?;
    if lines.len() >= MAX_LINES {
        return Err(line.wrong(&format!("the story has more than {MAX_LINES} lines")));
    }
    lines.push(line);
    Ok(())
}

/// Whether the verb exists and is used as it says.
fn check(line: &Line) -> Done {
    let verb = find(line)?;
    let (least, most) = verb.words;
    if line.words.len() < least || line.words.len() > most {
        return Err(line.wrong(&format!("say it so: {}", verb.usage)));
    }
    if verb.options.contains(&"*") {
        return Ok(());
    }
    match line.options.keys().find(|name| !verb.options.contains(&name.as_str())) {
        Some(name) => Err(line.wrong(&format!("`{}` has no option {name}=; say it so: {}", verb.name, verb.usage))),
        None => Ok(()),
    }
}

/// The verb of a line.
pub fn find(line: &Line) -> Done<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == line.verb).ok_or_else(|| {
        let known: Vec<&str> = VERBS.iter().map(|verb| verb.name).collect();
        line.wrong(&format!("there is no verb `{}`; there are: {}", line.verb, known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trouble::Trouble;

    fn check(text: &str, expect: &str) {
        let library = |name: &str| match name {
            "tale" => Ok(text.to_string()),
            "room" => Ok("boot other".to_string()),
            "deep" => Ok("include room".to_string()),
            _ => Err(Trouble(format!("there is no {name}"))),
        };
        let told = match Story::read("tale", &library) {
            Ok(s) => {
                s.lines.iter().map(|l| format!("{}:{}:{}", l.story, l.number, l.text)).collect::<Vec<_>>().join("|")
            }
            Err(Trouble(why)) => why,
        };
        assert!(told.starts_with(expect), "{told}");
    }

    #[test]
    fn repetitions_are_written_out() {
        check("# t\nrepeat 2\nboot m{n}\nend\ncut m1", "tale:3:boot m1|tale:3:boot m2|tale:5:cut m1");
    }

    #[test]
    fn a_story_takes_in_another() {
        check("include room\ncut a", "room:1:boot other|tale:2:cut a");
        check("include cellar", "tale, line 1: there is no cellar");
        check("include deep", "deep, line 1: what is included may not include");
    }

    #[test]
    fn mistakes_are_found_before_anything_starts() {
        check("boot", "tale, line 1: say it so: boot MACHINE");
        check("\nboot alpha disk=2G", "tale, line 2: `boot` has no option disk=");
        check("fly alpha", "tale, line 1: there is no verb `fly`");
        check("repeat 2\nboot a", "tale, line 1: `repeat` without `end`");
        check("end", "tale, line 1: `end` without `repeat`");
        check("repeat\nend", "tale, line 1: repeat how often?");
    }

    #[test]
    fn every_story_of_the_lab_is_well_formed() {
        let folder = crate::places::root().join("lab/stories");
        let mut count = 0;
        for entry in std::fs::read_dir(&folder).expect("lab/stories").flatten() {
            let name = entry.path().file_stem().expect("a name").to_string_lossy().into_owned();
            if let Err(trouble) = Story::read(&name, &crate::story::teller::text_of) {
                panic!("{trouble}");
            }
            count += 1;
        }
        assert!(count > 0, "no story in {}", folder.display());
    }
}
