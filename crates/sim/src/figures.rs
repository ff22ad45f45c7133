//! Counting: how long things took, and what is printed in the end.
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// Parts of each doubling: a figure is right to about three in a hundred.
const PARTS: usize = 32;
const DOUBLINGS: usize = 32;

/// How long many things took, by how many took how long: in microseconds, in steps of 3 %.
#[derive(Debug)]
pub struct Times {
    counts: Vec<u64>,
    all: u64,
    longest: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Times { counts: vec![0; PARTS * DOUBLINGS], all: 0, longest: Duration::ZERO }
    }
}

impl Times {
    fn place(microseconds: u64) -> usize {
        let doubling = (63 - (microseconds | 1).leading_zeros() as usize).min(DOUBLINGS - 1);
        let within = match doubling {
            0..5 => (microseconds as usize) << (5 - doubling),
            _ => (microseconds >> (doubling - 5)) as usize,
        };
        doubling * PARTS + within % PARTS
    }
    fn value(place: usize) -> Duration {
        let (doubling, within) = (place / PARTS, place % PARTS);
        Duration::from_nanos((1000 * (PARTS + within) as u64) << doubling >> 5)
    }
    /// One thing took so long.
    pub fn add(&mut self, time: Duration) {
        self.counts[Self::place(time.as_micros().min(u128::from(u32::MAX)) as u64)] += 1;
        self.all += 1;
        self.longest = self.longest.max(time);
    }
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.all
    }
    /// The time that so many of a thousand did not exceed.
    pub fn of_thousand(&self, share: u64) -> Duration {
        let wanted = (self.all * share).div_ceil(1000).max(1);
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                // The end of the step: never better than it was.
                return Self::value(place + 1).min(self.longest);
            }
        }
        self.longest
    }
    /// The longest.
    pub fn longest(&self) -> Duration {
        self.longest
    }
}

/// One figure, as `xtask bench` reads it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// What was measured, printed line by line as it is known.
#[derive(Debug, Default)]
pub struct Figures(Mutex<Vec<Figure>>);

impl Figures {
    /// Adds one, and prints it.
    pub fn add(&self, name: impl Into<String>, value: f64, unit: &str) {
        let figure = Figure { name: name.into(), value, unit: unit.into() };
        if let Ok(line) = serde_json::to_string(&figure) {
            println!("{line}");
        }
        if let Ok(mut all) = self.0.lock() {
            all.push(figure);
        }
    }
    /// The usual ones of many times.
    pub fn times(&self, name: &str, times: &Times) {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        self.add(format!("{name}, half"), ms(times.of_thousand(500)), "ms");
        self.add(format!("{name}, 99 %"), ms(times.of_thousand(990)), "ms");
        self.add(format!("{name}, longest"), ms(times.longest()), "ms");
    }
    /// Those added so far.
    pub fn all(&self) -> Vec<Figure> {
        self.0.lock().map(|all| all.clone()).unwrap_or_default()
    }
    /// The value of one.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.all().iter().find(|f| f.name == name).map(|f| f.value)
    }
}

/// How many programs wanted a processor over the last minute (proc_loadavg(5)): what every figure is to be read against.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// Says on standard error what goes on.
pub fn say(start: Instant, text: impl std::fmt::Display) {
    eprintln!("{:7.1}s {text}", start.elapsed().as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_right_to_a_few_in_a_hundred() {
        for exact in [1_u64, 7, 31, 32, 33, 100, 999, 12_345, 1_000_000, 60_000_000] {
            let mut times = Times::default();
            times.add(Duration::from_micros(exact));
            times.add(Duration::from_secs(100));
            let said = times.of_thousand(500).as_micros() as f64;
            let right = exact as f64..=(exact as f64 * 1.04 + 1.0);
            assert!(right.contains(&said), "{exact} µs was told as {said}");
        }
    }

    #[test]
    fn shares_are_counted() {
        let mut times = Times::default();
        (1..=1000).for_each(|ms| times.add(Duration::from_millis(ms)));
        let ms = |share| times.of_thousand(share).as_millis();
        assert!((500..=520).contains(&ms(500)), "{}", ms(500));
        assert!((990..=1000).contains(&ms(990)), "{}", ms(990));
        assert_eq!(times.longest(), Duration::from_secs(1));
        assert_eq!(times.count(), 1000);
    }
}
