//! What was heard of machines and is no news: telephones that ask for an address, a machine that talks to its DHCP server,
//! the doctor's own questions. Kept once for each machine and reason, with how often, so that every packet has its reason
//! and a network full of telephones fills nothing.
use crate::{House, data, house::blocking, views::BootWords};
use serde::{Deserialize, Serialize};
use socle_domain::Timestamp;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Lines kept: a large school's machines, each with its two or three usual reasons.
const MAX_LINES: usize = 4_000;
/// How often what changed is written down.
const KEEP: Duration = Duration::from_secs(10);

/// One machine and one reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Who asked: a hardware address, else an IP address.
    pub who: String,
    /// `dhcp`, `proxydhcp`, `tftp`.
    pub service: String,
    /// What the last of them was.
    pub what: BootWords,
    /// When the first was.
    pub first: Timestamp,
    /// When the last was.
    pub last: Timestamp,
    /// How many.
    pub times: u64,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Book(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    lines: HashMap<(String, String), Line>,
    changed: bool,
}

impl Book {
    /// What an earlier server kept; nothing where that can't be read.
    pub fn load(path: &Path) -> Book {
        let lines = lines_of(path).into_iter().map(|line| ((line.who.clone(), reason(&line.what)), line));
        Book(Mutex::new(Inside { lines: lines.collect(), changed: false }))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes one. It never waits.
    pub fn note(&self, at: Timestamp, who: String, service: &str, what: BootWords) {
        let mut inside = self.inside();
        inside.changed = true;
        let key = (who.clone(), reason(&what));
        if let Some(line) = inside.lines.get_mut(&key) {
            (line.last, line.what) = (at, what);
            line.times += 1;
            return;
        }
        if inside.lines.len() >= MAX_LINES {
            // A tenth at once: under a flood of invented machines, sorting is not done for each of them.
            let mut moments: Vec<Timestamp> = inside.lines.values().map(|l| l.last).collect();
            moments.sort();
            let before = moments[MAX_LINES / 10];
            inside.lines.retain(|_, l| l.last > before);
        }
        inside.lines.insert(key, Line { who, service: service.into(), what, first: at, last: at, times: 1 });
    }

    /// All lines, the last first.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.inside().lines.values().cloned().collect();
        lines.sort_by_key(|l| std::cmp::Reverse(l.last));
        lines
    }

    /// All lines, if something changed since the last time.
    fn news(&self) -> Option<Vec<Line>> {
        let changed = std::mem::take(&mut self.inside().changed);
        changed.then(|| self.lines())
    }
}

/// What a server kept.
pub(crate) fn lines_of(path: &Path) -> Vec<Line> {
    if path.exists() { data::read_json(path).unwrap_or_default() } else { Vec::new() }
}

/// What makes two of them alike.
fn reason(what: &BootWords) -> String {
    match what {
        BootWords::Key(key, _) => key.clone(),
        BootWords::Boot(event) => format!("{} {:?}", event.asked, event.kind),
    }
}

/// Writes down what changes, until `stop` is done; then the rest.
pub(crate) async fn keep(house: Arc<House>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(KEEP) => false,
            () = &mut stop => true,
        };
        if let Some(lines) = house.heard.news() {
            let path = house.data.heard();
            if let Err(fault) = blocking(move || data::write(&path, &data::to_json(&lines)?)).await {
                tracing::warn!(%fault, "what was heard could not be kept");
            }
        }
        if stopping {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap_or_default()
    }
    fn words(key: &str) -> BootWords {
        BootWords::Key(key.into(), vec![])
    }

    #[test]
    fn a_flood_of_the_usual_is_one_line_each_and_bounded() {
        let book = Book::default();
        for n in 0..100 {
            book.note(at(n), "02:00:00:00:00:01".into(), "dhcp", words("server-boot-no-work"));
        }
        book.note(at(100), "02:00:00:00:00:01".into(), "dhcp", words("server-boot-work"));
        let lines = book.lines();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[1].times, lines[1].first, lines[1].last), (100, at(0), at(99)));
        for n in 0..20_000_i64 {
            book.note(at(1_000 + n), format!("machine {n}"), "dhcp", words("server-boot-no-work"));
        }
        let lines = book.lines();
        assert!(lines.len() <= MAX_LINES && lines[0].who == "machine 19999", "{}", lines.len());
        assert!(book.news().is_some() && book.news().is_none(), "written when something changed");
    }

    #[test]
    fn what_was_kept_is_there_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heard.json");
        assert!(lines_of(&path).is_empty());
        let book = Book::default();
        book.note(at(1), "02:00:00:00:00:01".into(), "dhcp", words("server-boot-no-work"));
        data::write(&path, &data::to_json(&book.lines()).expect("text")).expect("written");
        let again = Book::load(&path);
        again.note(at(9), "02:00:00:00:00:01".into(), "dhcp", words("server-boot-no-work"));
        assert_eq!(again.lines()[0].times, 2);
        std::fs::write(&path, "rubbish").expect("written");
        assert!(Book::load(&path).lines().is_empty());
    }
}
