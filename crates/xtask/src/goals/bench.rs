//! Benchmarks: measured here and now, beside the best-known tool for the same work, as tables and as `target/bench.json`.
use crate::lab::smoke;
use crate::places;
use crate::setup::{self, Wish};
use crate::stop;
use crate::talk::{bold, show};
use crate::trouble::{Done, During};
use serde_json::{Value, json};

/// One figure.
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Who else did the same work, if anybody.
    pub peer: Option<String>,
    /// The other's figure.
    pub peer_value: Option<f64>,
}

/// A benchmark and how it is asked for.
struct Bench {
    name: &'static str,
    wish: Wish,
    run: fn() -> Done<Vec<Figure>>,
}

const NOTHING: Wish = Wish {
    lab: false,
    browser: false,
    postgres: false,
    bench: false,
    mail: false,
    directory: false,
    api: false,
    tpm: false,
};
const BENCHES: &[Bench] = &[
    Bench { name: "image", wish: Wish { lab: true, bench: true, ..NOTHING }, run: super::bench_image::image },
    Bench { name: "reset", wish: Wish { lab: true, bench: true, ..NOTHING }, run: super::bench_reset::reset },
    Bench { name: "mail", wish: Wish { mail: true, bench: true, ..NOTHING }, run: super::bench_mail::mail },
    Bench { name: "centre", wish: Wish { postgres: true, ..NOTHING }, run: super::bench_centre::centre },
    Bench { name: "cast", wish: NOTHING, run: super::bench_cast::cast },
    Bench { name: "lab", wish: Wish { lab: true, ..NOTHING }, run: lab },
];

/// Runs all benchmarks, or the one of `--only NAME`.
pub fn bench(args: &[String]) -> Done {
    let only = match args {
        [] => None,
        [option, name] if option == "--only" => Some(name.as_str()),
        _ => stop!("bench knows one option only: --only NAME"),
    };
    let chosen: Vec<&Bench> = BENCHES.iter().filter(|b| only.is_none_or(|name| name == b.name)).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = BENCHES.iter().map(|b| b.name).collect();
        stop!("there is no benchmark {}; there are: {}", only.unwrap_or_default(), known.join(", "));
    }
    let mut figures = Vec::new();
    for bench in chosen {
        setup::setup(bench.wish)?;
        figures.extend((bench.run)()?);
    }
    write(&figures)
}

/// The long measurement of a simulated fleet: `cargo xtask fleet`.
pub fn fleet(args: &[String]) -> Done {
    setup::setup(Wish { postgres: args.iter().any(|arg| arg == "--postgres"), ..NOTHING })?;
    write(&super::bench_centre::fleet_alone(args)?)
}

/// Shows figures, and writes them down.
fn write(figures: &[Figure]) -> Done {
    show(&table(figures));
    let file = places::folder(places::target())?.join("bench.json");
    let list: Vec<Value> = figures.iter().map(json_of).collect();
    let text = serde_json::to_string_pretty(&list).during("writing figures")?;
    places::write(&file, &(text + "\n"))?;
    show(&format!("\nWritten to {}", file.display()));
    Ok(())
}

fn json_of(f: &Figure) -> Value {
    json!({"name": f.name, "value": f.value, "unit": f.unit, "peer": f.peer, "peer_value": f.peer_value})
}

fn table(figures: &[Figure]) -> String {
    let mut text = bold(&format!("{:44} {:>12}  {:10} {:>12}  {}\n", "what", "Socle", "unit", "peer", "which peer"));
    for figure in figures {
        let peer_value = figure.peer_value.map_or(String::from("-"), |value| format!("{value:.2}"));
        let peer = figure.peer.as_deref().unwrap_or("");
        text += &format!("{:44} {:12.2}  {:10} {peer_value:>12}  {peer}\n", figure.name, figure.value, figure.unit);
    }
    text
}

/// How fast this computer's emulated machines are: what all figures of the lab are to be read against.
fn lab() -> Done<Vec<Figure>> {
    let measured = smoke::measure()?;
    let figure = |name: &str, value| Figure { name: name.into(), value, unit: "s", peer: None, peer_value: None };
    Ok(vec![
        figure("lab: network boot to a first word", measured.network_boot_seconds),
        figure("lab: network boot, processor", measured.network_boot_cpu_seconds),
        figure("lab: reference system from disk to SSH", measured.disk_boot_seconds),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_promised() {
        let figure = Figure {
            name: "image: capture".into(),
            value: 3.5,
            unit: "s",
            peer: Some("partclone | zstd".into()),
            peer_value: Some(4.25),
        };
        let expect = json!({"name": "image: capture", "value": 3.5, "unit": "s", "peer": "partclone | zstd", "peer_value": 4.25});
        assert_eq!(json_of(&figure), expect);
        assert!(table(&[figure]).contains("4.25"));
        let alone = Figure { name: "x".into(), value: 1.0, unit: "s", peer: None, peer_value: None };
        assert_eq!(json_of(&alone)["peer_value"], Value::Null);
    }
}
