//! One bit for each block of a partition.

/// A set of block numbers.
pub struct Bits {
    words: Vec<u64>,
    length: u64,
}

impl Bits {
    /// None of `length` blocks.
    pub fn none(length: u64) -> Bits {
        Bits { words: vec![0; length.div_ceil(64) as usize], length }
    }
    /// Whether block `at` is in it.
    pub fn has(&self, at: u64) -> bool {
        at < self.length && self.words[(at / 64) as usize] >> (at % 64) & 1 == 1
    }
    /// Puts block `at` in; nothing when there is no such block.
    pub fn set(&mut self, at: u64) {
        if at < self.length {
            self.words[(at / 64) as usize] |= 1 << (at % 64);
        }
    }
    /// Takes block `at` out.
    pub fn clear(&mut self, at: u64) {
        if at < self.length {
            self.words[(at / 64) as usize] &= !(1 << (at % 64));
        }
    }
    /// Puts in the first `count` bits of `bitmap` (least significant first), from block `first`.
    pub fn set_from(&mut self, first: u64, bitmap: &[u8], count: u64) {
        for i in 0..count.min(bitmap.len() as u64 * 8) {
            let byte = bitmap[(i / 8) as usize];
            if byte == 0 && i % 8 == 0 {
                continue;
            }
            if byte >> (i % 8) & 1 == 1 {
                self.set(first + i);
            }
        }
    }
    /// How many are in it.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }
    /// Runs of blocks that are in it: first and length.
    pub fn runs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let start = self.next(at, true)?;
            let end = self.next(start, false).unwrap_or(self.length);
            at = end;
            Some((start, end - start))
        })
    }
    /// The first block from `at` on that is in it, or that is not.
    fn next(&self, mut at: u64, inside: bool) -> Option<u64> {
        while at < self.length {
            let word = self.words[(at / 64) as usize];
            let wanted = (if inside { word } else { !word }) >> (at % 64);
            if wanted != 0 {
                let found = at + u64::from(wanted.trailing_zeros());
                return (found < self.length).then_some(found);
            }
            at = (at / 64 + 1) * 64;
        }
        None
    }
}
