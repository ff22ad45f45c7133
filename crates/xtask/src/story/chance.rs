//! Seeded chance: the same seed tells the same story.
use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to choose moments.
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A time between two.
    pub fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let share = (self.number() >> 11) as f64 / (1u64 << 53) as f64;
        from + (to.saturating_sub(from)).mul_f64(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_moments_within_bounds() {
        let (from, to) = (Duration::from_secs(5), Duration::from_secs(40));
        let draw =
            |seed| (0..100).map(|_| ()).scan(Chance::new(seed), |c, ()| Some(c.between(from, to))).collect::<Vec<_>>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(3).iter().all(|t| (from..=to).contains(t)));
    }
}
