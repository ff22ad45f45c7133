//! What is on the screen, as data.
use crate::wizard::Wizard;
use socle_texts::Lang;
use std::{collections::VecDeque, time::Duration};

const LINES_MAX: usize = 200;

/// Everything that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// In which language.
    pub lang: Lang,
    /// Time since the agent began.
    pub elapsed: Duration,
    /// The machine's name; none while nobody has recognised it.
    pub name: Option<String>,
    /// What it is: maker and model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
    /// The address of its network card.
    pub mac: String,
    /// Its IP address.
    pub address: String,
    /// Its server.
    pub server: String,
    /// Six digits to compare with the console's queue, while it waits to be recognised.
    pub code: Option<String>,
    /// What it does.
    pub work: Option<Work>,
    /// How far the step is.
    pub progress: Option<Progress>,
    /// What went wrong.
    pub trouble: Option<Trouble>,
    /// The wizard, while somebody goes through it: then it is all that is shown.
    pub wizard: Option<Box<Wizard>>,
    /// What happened, the newest last.
    pub lines: VecDeque<Line>,
}

/// A run under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The master's name and version.
    pub master: String,
    /// What its sequence does.
    pub title: String,
    /// The step's number, from 1.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// What the step does.
    pub step_title: String,
    /// The key of its phase's text.
    pub phase: String,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Speed.
    pub bytes_per_second: u64,
    /// Time left, where it can be told.
    pub seconds_left: Option<u64>,
}

/// What went wrong and what to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// What happened, where, why.
    pub what: String,
    /// What to do.
    pub next: Option<String>,
}

/// A line of what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When, since the agent began.
    pub at: Duration,
    /// What.
    pub text: String,
    /// Whether it is bad news.
    pub bad: bool,
}

impl View {
    /// A screen that knows nothing yet.
    pub fn new(lang: Lang) -> Self {
        let none = String::new;
        View {
            lang,
            elapsed: Duration::ZERO,
            name: None,
            model: none(),
            serial: none(),
            mac: none(),
            address: none(),
            server: none(),
            code: None,
            work: None,
            progress: None,
            trouble: None,
            wizard: None,
            lines: VecDeque::new(),
        }
    }
    /// Adds a line; the oldest goes.
    pub fn push(&mut self, line: Line) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}
