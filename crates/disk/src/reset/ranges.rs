//! Sets of ranges of a disk.
use std::ops::Range;

/// Ranges that neither overlap nor touch, in the order of the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// Of ranges in any order.
    pub fn of(ranges: impl IntoIterator<Item = Range<u64>>) -> Ranges {
        let mut all: Vec<Range<u64>> = ranges.into_iter().filter(|r| r.start < r.end).collect();
        all.sort_unstable_by_key(|r| r.start);
        let mut joined = Ranges::default();
        all.into_iter().for_each(|r| joined.push(r));
        joined
    }

    /// Adds one that begins nowhere before the last one.
    pub fn push(&mut self, range: Range<u64>) {
        match self.0.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => self.0.push(range),
        }
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        self.0.iter().cloned()
    }

    /// Bytes in all of them.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|r| r.end - r.start).sum()
    }

    /// Whether a range lies in one of them whole.
    pub fn covers(&self, range: &Range<u64>) -> bool {
        let after = self.0.partition_point(|r| r.start <= range.start);
        after > 0 && self.0[after - 1].end >= range.end
    }

    /// What of a range lies in none of them.
    pub fn outside(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut at = range.start;
        let first = self.0.partition_point(|r| r.end <= range.start);
        for taken in self.0[first..].iter().take_while(|r| r.start < range.end) {
            if taken.start > at {
                gaps.push(at..taken.start);
            }
            at = at.max(taken.end);
        }
        if at < range.end {
            gaps.push(at..range.end);
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_joined_covered_and_left_out() {
        let set = Ranges::of([8..10, 0..2, 2..4, 20..22]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0..4, 8..10, 20..22]);
        assert_eq!(set.bytes(), 8);
        assert!(set.covers(&(1..4)) && !set.covers(&(3..5)) && !set.covers(&(5..6)));
        assert_eq!(set.outside(1..21), [4..8, 10..20]);
        assert_eq!(set.outside(30..31), [30..31]);
        assert_eq!(set.outside(0..4), []);
    }
}
