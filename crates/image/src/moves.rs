//! In which order pieces of a disk go to other places of the same disk, so that none is destroyed before it was used.
//!
//! A piece that stands on the disk may stand where another one belongs. So whoever reads a place goes before whoever
//! writes it; where that turns in a circle, one of the circle is copied aside first. (Burns and Long, "In-place
//! reconstruction of delta compressed files", 1998, have the same graph; here a piece may also be had from elsewhere, and
//! a power cut between any two writes must not take the last copy of one that can't.)
use std::ops::Range;

/// A piece that is read at some places of a disk and written to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where it stands, in its own order.
    pub reads: Vec<Range<u64>>,
    /// Where it goes. No two moves write the same place.
    pub writes: Vec<Range<u64>>,
    /// How long it is.
    pub bytes: u64,
    /// Whether it can be had from elsewhere: then losing it costs time, not the piece.
    pub elsewhere: bool,
}

impl Move {
    fn destroys_itself(&self) -> bool {
        self.reads.iter().any(|r| self.writes.iter().any(|w| r.start < w.end && w.start < r.end))
    }
}

/// The order. Everything that stands in no list of it is nobody's concern.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// Copied to a place that nothing writes, and durable, before anything else is written.
    pub aside: Vec<usize>,
    /// Read into memory before anything else is written.
    pub held: Vec<usize>,
    /// What is carried out together; what one wave wrote is durable before the next one begins, where something in it
    /// can't be had from elsewhere.
    pub waves: Vec<Vec<usize>>,
    /// Not taken from the disk: had from elsewhere when all waves are done.
    pub given_up: Vec<usize>,
}

/// Finds the order; none where pieces that can't be had from elsewhere need more than `aside_bytes` aside.
///
/// `held_bytes` bounds the memory for pieces of circles that can be had from elsewhere.
pub fn order(moves: &[Move], aside_bytes: u64, held_bytes: u64) -> Option<Order> {
    let mut graph = Graph::new(moves);
    let mut order = Order::default();
    let (mut aside_left, mut held_left) = (aside_bytes, held_bytes);
    for (number, one) in moves.iter().enumerate() {
        if !one.elsewhere && one.destroys_itself() {
            aside_left = aside_left.checked_sub(one.bytes)?;
            order.aside.push(number);
            graph.release(number);
        }
    }
    let mut ready = graph.ready();
    let mut left = moves.len();
    while left > 0 {
        if ready.is_empty() {
            let circle = graph.circle();
            let cheapest = circle.into_iter().min_by_key(|&n| (!moves[n].elsewhere, moves[n].bytes, n))?;
            let one = &moves[cheapest];
            if !one.elsewhere {
                aside_left = aside_left.checked_sub(one.bytes)?;
                order.aside.push(cheapest);
            } else if let Some(rest) = held_left.checked_sub(one.bytes) {
                held_left = rest;
                order.held.push(cheapest);
            } else {
                order.given_up.push(cheapest);
                graph.done[cheapest] = true;
                left -= 1;
            }
            ready.extend(graph.release(cheapest));
            continue;
        }
        let mut wave = std::mem::take(&mut ready);
        wave.sort_by_key(|&n| moves[n].writes.first().map_or(0, |w| w.start));
        left -= wave.len();
        for &number in &wave {
            graph.done[number] = true;
        }
        for &number in &wave {
            ready.extend(graph.release(number));
        }
        order.waves.push(wave);
    }
    Some(order)
}

/// Who must go before whom.
struct Graph {
    /// Those that write where this one reads.
    after: Vec<Vec<usize>>,
    /// Those that read where this one writes.
    before: Vec<Vec<usize>>,
    /// How many of `before` still have to read.
    waiting: Vec<usize>,
    /// Its places have been read, or are not needed.
    released: Vec<bool>,
    done: Vec<bool>,
}

impl Graph {
    fn new(moves: &[Move]) -> Graph {
        let mut writes: Vec<(u64, u64, usize)> =
            moves.iter().enumerate().flat_map(|(n, m)| m.writes.iter().map(move |w| (w.start, w.end, n))).collect();
        writes.sort_unstable();
        let (mut after, mut before) = (vec![Vec::new(); moves.len()], vec![Vec::new(); moves.len()]);
        for (number, one) in moves.iter().enumerate() {
            let own: &mut Vec<usize> = &mut after[number];
            for read in &one.reads {
                // Writes don't overlap: so their ends are in the order of their starts.
                let first = writes.partition_point(|w| w.1 <= read.start);
                own.extend(writes[first..].iter().take_while(|w| w.0 < read.end).map(|w| w.2).filter(|&n| n != number));
            }
            own.sort_unstable();
            own.dedup();
        }
        for (number, others) in after.iter().enumerate() {
            for &other in others {
                before[other].push(number);
            }
        }
        let waiting = before.iter().map(Vec::len).collect();
        Graph { after, before, waiting, released: vec![false; moves.len()], done: vec![false; moves.len()] }
    }

    fn ready(&self) -> Vec<usize> {
        (0..self.waiting.len()).filter(|&n| self.waiting[n] == 0).collect()
    }

    /// What this one reads may be overwritten: answers those that need wait no longer.
    fn release(&mut self, number: usize) -> Vec<usize> {
        if std::mem::replace(&mut self.released[number], true) {
            return Vec::new();
        }
        let mut free = Vec::new();
        for &other in &self.after[number] {
            self.waiting[other] -= 1;
            if self.waiting[other] == 0 && !self.done[other] {
                free.push(other);
            }
        }
        free
    }

    /// A circle among those that are left, where every one of them waits for another.
    fn circle(&self) -> Vec<usize> {
        let mut steps = vec![0_usize; self.done.len()];
        let mut path = Vec::new();
        let mut at = (0..self.done.len()).find(|&n| !self.done[n]);
        while let Some(number) = at {
            if steps[number] > 0 {
                return path.split_off(steps[number] - 1);
            }
            path.push(number);
            steps[number] = path.len();
            at = self.before[number].iter().copied().find(|&b| !self.released[b]);
        }
        path
    }
}
