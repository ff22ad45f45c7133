//! Which edges of our crates an input has reached: the counters that LLVM's pass put there (`instrument`), and what is
//! new about them. Without the pass there are no counters and nothing is ever new.
use std::sync::{Mutex, PoisonError};

/// Each part of the program that was compiled with the pass has its own array of counters.
static PARTS: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Called by each such part before `main` (LLVM, SanitizerCoverage, "Inline 8bit-counters").
///
/// # Safety
/// The pass gives the beginning and the end of one array that lives as long as the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    let part = (start as usize, stop as usize);
    let mut parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner);
    if part.0 < part.1 && !parts.contains(&part) {
        parts.push(part);
    }
}

/// What was reached so far.
pub struct Coverage {
    parts: Vec<(usize, usize)>,
    /// For each edge, which classes of counts were seen: once, twice, three, 4-7, 8-15, 16-31, 32-127, more.
    seen: Vec<u8>,
}

impl Coverage {
    pub fn new() -> Coverage {
        let parts = PARTS.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let edges = parts.iter().map(|(start, stop)| stop - start).sum();
        Coverage { parts, seen: vec![0; edges] }
    }
    /// How many edges there are; none without the pass.
    pub fn edges(&self) -> usize {
        self.seen.len()
    }
    /// How many were reached.
    pub fn reached(&self) -> usize {
        self.seen.iter().filter(|s| **s != 0).count()
    }
    fn counters(&self) -> impl Iterator<Item = &'static mut [u8]> + use<> {
        let parts = self.parts.clone();
        // SAFETY: the arrays are the pass's own, live for ever, and are plain bytes; one thread runs inputs.
        parts.into_iter().map(|(start, stop)| unsafe { std::slice::from_raw_parts_mut(start as *mut u8, stop - start) })
    }
    /// Before an input.
    pub fn clear(&self) {
        self.counters().for_each(|part| part.fill(0));
    }
    /// After an input: whether it reached something new, which is then no longer new.
    pub fn is_new(&mut self) -> bool {
        let (mut new, mut at) = (false, 0);
        for part in self.counters() {
            for chunk in part.chunks(8) {
                if chunk.iter().any(|c| *c != 0) {
                    for (i, count) in chunk.iter().enumerate().filter(|(_, c)| **c != 0) {
                        let class = class(*count);
                        new |= self.seen[at + i] & class == 0;
                        self.seen[at + i] |= class;
                    }
                }
                at += chunk.len();
            }
        }
        new
    }
}

fn class(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        _ => 128,
    }
}
