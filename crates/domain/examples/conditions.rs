//! What conditions cost over a fleet: `cargo run --release -p socle-domain --example conditions`.
use serde_json::{Value, json};
use socle_domain::sequence::Condition;
use std::{hint::black_box, time::Instant};

const MACHINES: u32 = 100_000;
const RULE: &str = "facts.firmware == 'uefi' && facts.memory_bytes >= 4000000000 && facts.chassis == 'laptop'";

fn main() {
    let facts: Value = json!({ "firmware": "uefi", "memory_bytes": 8_000_000_000_u64, "chassis": "desktop" });
    let time = |what: &str, count: u32, act: &dyn Fn(u32) -> bool| {
        let start = Instant::now();
        let held = (0..count).filter(|n| black_box(act(*n))).count();
        let each = start.elapsed().as_secs_f64() / f64::from(count);
        println!(
            "{what}: {:.1} µs each, {:.1} s for {MACHINES} machines ({held} hold)",
            each * 1e6,
            each * f64::from(MACHINES)
        );
    };
    let asked = |text: &str| Condition::new(text).is_ok_and(|c| c.holds(&[("facts", &facts)]).unwrap_or(false));
    // A remark at its end makes each another text: none was read before.
    time("read and asked, each time anew", 2_000, &|n| asked(&format!("{RULE} // {n}")));
    time("asked, by its text", MACHINES, &|_| asked(RULE));
}
