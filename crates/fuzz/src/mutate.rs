//! Small damage, the same for the same seed: what networks, liars and old firmware do to a message.

/// Numbers that look random and are the same each time (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.number() % end as u64) as usize }
    }
    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// Numbers at which readers stumble.
const NUMBERS: [u64; 14] =
    [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// Some changes of one input, with pieces of another one and of the target's own words.
pub fn mutate(dice: &mut Dice, bytes: &mut Vec<u8>, other: &[u8], words: &[&[u8]], max_bytes: usize) {
    for _ in 0..1 + dice.below(4) {
        one(dice, bytes, other, words);
        bytes.truncate(max_bytes);
    }
}

fn one(dice: &mut Dice, bytes: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
    let at = dice.below(bytes.len());
    let end = at + dice.below(bytes.len().saturating_sub(at).min(64) + 1);
    match dice.below(12) {
        0 => change(bytes, at, |b| b ^ (1 << (at % 8))),
        1 => {
            let new = dice.number() as u8;
            change(bytes, at, |_| new);
        }
        2 => {
            let step = 1 + dice.below(8) as u8;
            change(bytes, at, |b| if step.is_multiple_of(2) { b.wrapping_add(step) } else { b.wrapping_sub(step) });
        }
        // A number in either order, or as digits.
        3 => {
            let number = dice.of(&NUMBERS).copied().unwrap_or(0);
            let width = [1, 2, 4, 8][dice.below(4)];
            let big = number.to_be_bytes();
            let little = number.to_le_bytes();
            let new = if dice.below(2) == 0 { &big[8 - width..] } else { &little[..width] };
            for (i, byte) in new.iter().enumerate() {
                change(bytes, at + i, |_| *byte);
            }
        }
        4 => {
            let number = dice.of(&NUMBERS).copied().unwrap_or(0);
            let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
            bytes.splice(at..at + digits, number.to_string().into_bytes());
        }
        5 => drop(bytes.drain(at..end)),
        6 => {
            let piece = bytes[at..end].to_vec();
            let times = 1 + dice.below(if piece.len() < 4 { 400 } else { 4 });
            bytes.splice(at..at, piece.repeat(times));
        }
        7 | 8 => {
            let word = dice.of(words).copied().unwrap_or(b"\0");
            let upto = if dice.below(2) == 0 { at } else { (at + word.len()).min(bytes.len()) };
            bytes.splice(at..upto, word.iter().copied());
        }
        // The beginning of one and the end of another.
        9 => {
            let from = dice.below(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        10 => {
            let from = dice.below(other.len());
            let upto = (from + 1 + dice.below(32)).min(other.len());
            bytes.splice(at..end, other[from..upto].iter().copied());
        }
        _ => bytes.truncate(at),
    }
}

fn change(bytes: &mut [u8], at: usize, new: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = new(*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_does_the_same_damage_and_no_input_is_too_short() {
        let run = |seed: u64| -> Vec<Vec<u8>> {
            let mut dice = Dice(seed);
            let mut bytes = Vec::new();
            (0..5_000)
                .map(|_| {
                    mutate(&mut dice, &mut bytes, b"other 123", &[b"word"], 100);
                    assert!(bytes.len() <= 100);
                    bytes.clone()
                })
                .collect()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert!(run(7).iter().any(|b| b.len() == 100) && run(7).iter().any(|b| b.windows(4).any(|w| w == b"word")));
    }
}
