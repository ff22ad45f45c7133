//! What a large organisation costs: a hundred thousand machines in SQLite and in PostgreSQL, and a fleet of simulated
//! agents. The figures are made by `crates/sim`, a program of its own; here it is built, given its room and listened to.
use super::bench::Figure;
use super::bench_postgres::Cluster;
use super::build::cargo;
use crate::command::{command, describe, visible};
use crate::places;
use crate::stop;
use crate::talk::say;
use crate::trouble::{Done, During};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a simulated fleet of the short form is: a tenth of the machines speak ten times as often, so that the server is
/// asked as much in a second as by the whole.
const SHORT: [&str; 12] =
    ["--enrolled", "20000", "--speaking", "10000", "--hurry", "10", "--ramp", "20", "--steady", "20", "--runs", "200"];

/// The short form: about two minutes once it is built.
pub fn centre() -> Done<Vec<Figure>> {
    with_room(|work, socle| {
        let mut figures = organisation(work, socle, None, "300")?;
        let cluster = Cluster::start()?;
        figures.extend(organisation(work, socle, Some(&cluster.database("centre")?), "300")?);
        drop(cluster);
        figures.extend(fleet(work, socle, &SHORT.map(String::from), None)?);
        Ok(figures)
    })
}

/// The long form: `cargo xtask fleet [--postgres] [OPTIONS of socle-sim fleet]`. A hundred thousand identities, each with
/// its own key; a quarter of an hour in which each says each minute that it lives; then `kill -9`.
pub fn fleet_alone(args: &[String]) -> Done<Vec<Figure>> {
    let (postgres, args): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| *arg == "--postgres");
    let args: Vec<String> = args.into_iter().cloned().collect();
    with_room(|work, socle| {
        let cluster = (!postgres.is_empty()).then(Cluster::start).transpose()?;
        let url = cluster.as_ref().map(|cluster| cluster.database("fleet")).transpose()?;
        fleet(work, socle, &args, url.as_deref())
    })
}

fn with_room(measure: impl FnOnce(&Path, &Path) -> Done<Vec<Figure>>) -> Done<Vec<Figure>> {
    say("+", "Building socle and the simulated fleet, optimised.");
    visible(&mut cargo(["build", "--release", "-p", "socle", "-p", "socle-sim"]))?;
    let work = places::folder(places::cache().join(format!("bench-centre-{}", std::process::id())))?;
    let figures = measure(&work, &places::target().join("release/socle"));
    fs::remove_dir_all(&work).during("removing the bench's files")?;
    figures
}

fn organisation(work: &Path, socle: &Path, database: Option<&str>, times: &str) -> Done<Vec<Figure>> {
    let mut simulate = command(program(), ["centre", "--times", times, "--resolved", "20000"]);
    simulate.arg("--program").arg(socle).arg("--work").arg(work);
    if let Some(url) = database {
        simulate.args(["--database", url]);
    }
    figures(&mut simulate)
}

/// The server on one processor, the simulated machines on another, where there are two.
fn fleet(work: &Path, socle: &Path, args: &[String], database: Option<&str>) -> Done<Vec<Figure>> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut simulate = match cores {
        1 => command(program(), ["fleet"]),
        _ => {
            let mut simulate = command("taskset", ["-c", "1"]);
            simulate.arg(program()).args(["fleet", "--core", "0"]);
            simulate
        }
    };
    simulate.arg("--program").arg(socle).arg("--work").arg(work).args(args);
    if let Some(url) = database {
        simulate.args(["--database", url]);
    }
    figures(&mut simulate)
}

fn program() -> PathBuf {
    places::target().join("release/socle-sim")
}

/// Runs it to its end; each line that it prints is a figure.
fn figures(simulate: &mut Command) -> Done<Vec<Figure>> {
    let shown = describe(simulate);
    let mut child = simulate.stdout(Stdio::piped()).spawn().during(format!("starting `{shown}`"))?;
    let mut figures = Vec::new();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            figures.push(figure(&line.during("reading figures")?)?);
        }
    }
    let status = child.wait().during(format!("waiting for `{shown}`"))?;
    match status.success() {
        true => Ok(figures),
        false => stop!("`{shown}` failed ({status}); what it says stands above"),
    }
}

fn figure(line: &str) -> Done<Figure> {
    let read: Value = serde_json::from_str(line).during(format!("reading the figure {line}"))?;
    let unit = match read["unit"].as_str().unwrap_or_default() {
        "ms" => "ms",
        "s" => "s",
        "MiB" => "MiB",
        "%" => "%",
        "per second" => "per second",
        "cores" => "cores",
        "machines" => "machines",
        "programs" => "programs",
        _ => "",
    };
    let (Some(name), Some(value)) = (read["name"].as_str(), read["value"].as_f64()) else {
        stop!("this is no figure: {line}");
    };
    Ok(Figure { name: name.into(), value, unit, peer: None, peer_value: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_fleet_prints_becomes_figures() {
        let read = figure(r#"{"name":"fleet: heartbeat, 99 %","value":12.5,"unit":"ms"}"#).expect("a figure");
        assert_eq!((read.name.as_str(), read.value, read.unit), ("fleet: heartbeat, 99 %", 12.5, "ms"));
        assert!(figure("all are there").is_err());
        let mut failing = command("sh", ["-c", r#"echo '{"name":"x","value":1,"unit":"s"}'; exit 3"#]);
        assert!(figures(&mut failing).is_err(), "figures of something that failed are none");
    }
}
