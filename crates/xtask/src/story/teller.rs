//! Tells a story: one line after the other, each shown with its time, until the end or the first failure.
use super::chance::Chance;
use super::line::Line;
use super::tally::Tally;
use super::text::{Story, find};
use super::{failure, verbs};
use crate::lab::Lab;
use crate::lab::signals::interrupted;
use crate::places;
use crate::server::Server;
use crate::stop;
use crate::talk::{bold, elapsed_seconds, say, show};
use crate::trouble::{Done, During};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What happens after the last line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    /// Everything is taken down.
    Leave,
    /// Everything stays up until the person presses Ctrl-C.
    Stay,
}

/// A story being told.
pub struct Teller {
    /// Socle's server, once it serves. Before the lab: it goes first.
    pub server: Option<Server>,
    /// The room.
    pub lab: Lab,
    /// Seeded chance.
    pub chance: Chance,
    /// What was read from machines: by machine and name.
    pub kept: BTreeMap<(String, String), String>,
    /// The last run of each machine.
    pub runs: BTreeMap<String, String>,
    /// What each step is called, by its id.
    pub titles: BTreeMap<String, String>,
    /// What was damaged and not put right yet.
    pub damages: Vec<verbs::Damage>,
    /// The console's address with its one-time sign-in, once there is a server.
    pub console: Option<String>,
    /// What was done.
    pub tally: Tally,
}

impl Teller {
    /// The place of a machine in the room.
    pub fn machine(&self, line: &Line, name: &str) -> Done<usize> {
        self.lab
            .machines
            .iter()
            .position(|m| m.plan.name == name)
            .ok_or_else(|| line.wrong(&format!("no machine is called {name}; say first: {}", verbs::MACHINE_USAGE)))
    }

    /// The server, which must serve.
    pub fn server(&self, line: &Line) -> Done<&Server> {
        self.server.as_ref().ok_or_else(|| line.wrong("the server does not serve; say first: serve"))
    }
}

fn folder() -> PathBuf {
    places::root().join("lab/stories")
}

/// The names of all stories.
fn names() -> Done<Vec<String>> {
    let entries = std::fs::read_dir(folder()).during("reading lab/stories")?.flatten();
    let mut names: Vec<String> =
        entries.filter_map(|e| Some(e.path().file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

/// The names of the stories that hold this line.
pub fn names_with(wanted: &str) -> Done<Vec<String>> {
    let mut found = Vec::new();
    for name in names()? {
        if text_of(&name)?.lines().any(|line| line.trim() == wanted) {
            found.push(name);
        }
    }
    Ok(found)
}

/// All stories with their titles, and all verbs: what a person who writes a story wants to know.
pub fn catalogue() -> Done {
    show("Stories (lab/stories):\n");
    for name in names()? {
        show(&format!("  {name:18} {}", Story::read(&name, &text_of)?.title));
    }
    show("\nVerbs, one a line; also `repeat N` … `end`, `include STORY`, and remarks after #:\n");
    for verb in verbs::VERBS {
        show(&format!("  {}", verb.usage));
    }
    Ok(())
}

/// Where a story's text is.
fn file_of(name: &str) -> Done<PathBuf> {
    let file = folder().join(format!("{name}.story"));
    if file.is_file() { Ok(file) } else { stop!("there is no story {name}; there are: {}", names()?.join(", ")) }
}

/// The text of a story.
pub fn text_of(name: &str) -> Done<String> {
    let file = file_of(name)?;
    std::fs::read_to_string(&file).during(format!("reading {}", file.display()))
}

/// Tells the story of this name. `keep` leaves the machines' disks where they are, for a look.
pub fn tell(name: &str, ending: Ending, keep: bool) -> Done {
    let story = Story::read(name, &text_of)?;
    let start = elapsed_seconds();
    let mut teller = Teller {
        server: None,
        lab: Lab::open(name)?,
        chance: Chance::new(1),
        kept: BTreeMap::new(),
        runs: BTreeMap::new(),
        titles: BTreeMap::new(),
        damages: Vec::new(),
        console: None,
        tally: Tally::default(),
    };
    if keep {
        teller.lab.keep_disks();
    }
    show(&format!("\n{}\n", bold(&story.title)));
    for line in &story.lines {
        if let Err(trouble) = tell_line(&mut teller, line) {
            failure::report(&mut teller, line, &trouble);
            stop!("The story {name} failed at {}, line {} ({}).", line.story, line.number, line.text);
        }
    }
    teller.tally.server_memory_bytes = teller.server.as_ref().map_or(0, Server::peak_memory_bytes);
    show(&format!("\n{}", bold(&format!("{}: told in {:.0} s.", story.title, elapsed_seconds() - start))));
    teller.tally.show();
    if ending == Ending::Stay {
        stay(&mut teller)?;
    }
    if let Some(mut server) = teller.server.take() {
        server.stop()?;
    }
    Ok(())
}

fn tell_line(teller: &mut Teller, line: &Line) -> Done {
    say("▸", &line.text);
    let start = elapsed_seconds();
    if let Some(server) = &mut teller.server {
        server.must_run()?;
    }
    if let Some(school) = &mut teller.lab.school {
        school.must_run()?;
    }
    if let Some(far) = &mut teller.lab.network.far {
        far.must_run()?;
    }
    let told = (find(line)?.act)(teller, line)?;
    if !told.is_empty() {
        say("✓", &format!("{told} ({:.1} s)", elapsed_seconds() - start));
    }
    Ok(())
}

/// Everything stays up for a look.
fn stay(teller: &mut Teller) -> Done {
    let Some(console) = &teller.console else { return Ok(()) };
    show(&format!("\nThe console (the link signs in once): {console}"));
    show("Everything stays up for a look. Ctrl-C ends it and tidies up.");
    while !interrupted() {
        let _ = crate::lab::signals::pause(std::time::Duration::from_secs(1));
        if let Some(server) = &mut teller.server {
            server.must_run()?;
        }
    }
    Ok(())
}
