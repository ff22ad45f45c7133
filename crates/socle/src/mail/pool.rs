//! Several mailboxes at once, each on a thread of its own. A mailbox whose server asks for patience gives its place to
//! another and comes back later.
use super::{one::Done, rows::Row};
use socle_mail::copy::Stop;
use socle_texts::{Fault, Result};
use std::{
    collections::VecDeque,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

/// A mailbox is taken up so often before it is given to a person.
const MAX_TURNS: u32 = 50;

struct Turn {
    row: usize,
    not_before: Instant,
    turns: u32,
}

/// Does `work` for every row; `tell` hears of each end, one at a time. Well: all were well.
pub fn run(
    rows: &[Row],
    at_once: usize,
    work: &(dyn Fn(&Row) -> std::result::Result<Done, Stop> + Sync),
    tell: &(dyn Fn(&Row, &std::result::Result<Done, Fault>) -> Result<bool> + Sync),
) -> Result<bool> {
    let now = Instant::now();
    let queue: VecDeque<Turn> = (0..rows.len()).map(|row| Turn { row, not_before: now, turns: 0 }).collect();
    let queue = Mutex::new((queue, rows.len()));
    let verdict = Mutex::new(Ok(true));
    let end = |row: &Row, done: &std::result::Result<Done, Fault>| {
        let mut verdict = verdict.lock().unwrap_or_else(|e| e.into_inner());
        let well = tell(row, done);
        *verdict = match (std::mem::replace(&mut *verdict, Ok(true)), well) {
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
            (Ok(before), Ok(now)) => Ok(before && now),
        };
    };
    thread::scope(|threads| {
        for _ in 0..at_once.clamp(1, 1000).min(rows.len().max(1)) {
            threads.spawn(|| {
                while let Some(turn) = next(&queue) {
                    let row = &rows[turn.row];
                    let done = match work(row) {
                        Err(Stop::Parked { seconds, .. }) if turn.turns < MAX_TURNS => {
                            let not_before = Instant::now() + Duration::from_secs(seconds);
                            let mut queue = queue.lock().unwrap_or_else(|e| e.into_inner());
                            queue.0.push_back(Turn { not_before, turns: turn.turns + 1, ..turn });
                            continue;
                        }
                        Err(Stop::Parked { fault, .. } | Stop::Failed(fault)) => Err(fault),
                        Ok(done) => Ok(done),
                    };
                    queue.lock().unwrap_or_else(|e| e.into_inner()).1 -= 1;
                    end(row, &done);
                }
            });
        }
    });
    verdict.into_inner().unwrap_or_else(|e| e.into_inner())
}

/// The next mailbox whose time has come; nothing when all are done.
fn next(queue: &Mutex<(VecDeque<Turn>, usize)>) -> Option<Turn> {
    loop {
        {
            let mut queue = queue.lock().unwrap_or_else(|e| e.into_inner());
            if queue.1 == 0 {
                return None;
            }
            let now = Instant::now();
            if let Some(at) = queue.0.iter().position(|turn| turn.not_before <= now) {
                return queue.0.remove(at);
            }
        }
        thread::sleep(Duration::from_millis(100));
    }
}
