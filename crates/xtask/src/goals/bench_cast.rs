//! A room at once: one stream to eight seats, with and without faulty ones, beside udpcast.
use super::bench::Figure;
use super::build::cargo;
use super::measure::cost;
use crate::command::{command, quiet, visible};
use crate::lab::process::Process;
use crate::lab::seats::{Manner, Room, SEATS, Told};
use crate::places;
use crate::setup::udpcast;
use crate::stop;
use crate::talk::{say, show};
use crate::trouble::Done;
use std::path::PathBuf;
use std::time::Duration;

const SEED: u64 = 20_261_122;
/// What no stream may exceed, and no healthy seat.
const MOST_SHARE: f64 = 1.3;
const MOST_TIME: f64 = 1.2;

/// Healthy seats, two of them in bad weather.
const HEALTHY: [Manner; 4] = [Manner::Well, Manner::Wet, Manner::Wet, Manner::Well];

/// The workshop's seats, optimised or as the tests are.
fn program(release: bool) -> Done<PathBuf> {
    say("+", "Building the seats of the room.");
    let mut build = cargo(["build", "-p", "socle-cast", "--example", "room"]);
    visible(if release { build.arg("--release") } else { &mut build })?;
    Ok(places::target().join(if release { "release" } else { "debug" }).join("examples/room"))
}

/// `cargo xtask lab room-at-once`: what must hold, without the peer.
pub fn lab() -> Done {
    let room = Room::open(&program(false)?, 64)?;
    let figures = with_and_without(&room, 100)?;
    for figure in figures {
        show(&format!("  {:44} {:10.3} {}", figure.name, figure.value, figure.unit));
    }
    say("✓", "A room at once: every healthy seat verified, within the limits.");
    Ok(())
}

/// `make bench ONLY=cast`.
pub fn cast() -> Done<Vec<Figure>> {
    udpcast::provide()?;
    let room = Room::open(&program(true)?, 128)?;
    let mut figures = with_and_without(&room, 200)?;
    figures.extend(beside_udpcast(&room)?);
    Ok(figures)
}

fn alone(name: &str, unit: &'static str, value: f64) -> Figure {
    Figure { name: format!("cast: {name}"), value, unit, peer: None, peer_value: None }
}

/// Four healthy seats alone, then with one late, one slow, one that dies and one that lies.
fn with_and_without(room: &Room, megabits: u64) -> Done<Vec<Figure>> {
    say("+", &format!("Four healthy seats, two of them in bad weather, seed {SEED}."));
    let without = shown(room.tell(&HEALTHY, megabits, SEED)?)?;
    let seconds = without.sender["image"].as_f64().unwrap_or(0.0) / (megabits as f64 * 125_000.0);
    let at = |share: f64| (seconds * share * 1000.0) as u64;
    let faulty = [Manner::Late(at(0.3)), Manner::Slow(megabits / 5), Manner::Dies(at(0.4)), Manner::Lies];
    say("+", "The same, and one late, one slow, one that dies, one that lies.");
    let with = shown(room.tell(&[&HEALTHY[..], &faulty].concat(), megabits, SEED)?)?;
    let mut worst: f64 = 0.0;
    for seat in 0..HEALTHY.len() {
        let (before, after) = (without.seats[seat].number("seconds"), with.seats[seat].number("seconds"));
        worst = worst.max(after / before.max(0.001));
    }
    let share = without.share().max(with.share());
    if share > MOST_SHARE || worst > MOST_TIME {
        stop!(
            "{share:.3} bytes for each of the image (limit {MOST_SHARE}), healthy seats {worst:.2} times slower (limit {MOST_TIME})"
        );
    }
    let verified = [&without, &with].iter().flat_map(|t| &t.seats).filter(|s| s.said["verified"] == true).count();
    let healthy = with.seats.iter().take(HEALTHY.len());
    let unicast: f64 = healthy.map(|s| s.number("unicast")).sum();
    Ok(vec![
        alone("multicast bytes / image, healthy room", "", without.share()),
        alone("multicast bytes / image, with faulty ones", "", with.share()),
        alone("seats verified byte for byte (of 10)", "", verified as f64),
        alone("healthy seat's time with faulty ones, worst", "×", worst),
        alone(
            "healthy seats' unicast / image, all together",
            "",
            unicast / with.sender["image"].as_f64().unwrap_or(1.0),
        ),
        alone(
            "sender, processor",
            "s/GB",
            with.sender["cpu"].as_f64().unwrap_or(0.0) * 1e9 / with.sender["multicast"].as_f64().unwrap_or(1.0),
        ),
    ])
}

/// Shows what became of a room; fails where a seat that lived did not get the image.
fn shown(told: Told) -> Done<Told> {
    show(&format!("    sender {}", told.sender));
    for sat in &told.seats {
        show(&format!("    seat {} {:?} {}", sat.seat, sat.manner, sat.said));
        if !matches!(sat.manner, Manner::Dies(_)) && sat.said["verified"] != true {
            stop!("seat {} has not the image: {}", sat.seat, sat.said);
        }
    }
    Ok(told)
}

/// Eight healthy seats, as fast as both can; every byte compared.
fn beside_udpcast(room: &Room) -> Done<Vec<Figure>> {
    let megabits = 800;
    say("+", "Eight healthy seats, and udpcast with its repair and without, to the same eight.");
    let ours = shown(room.tell(&[Manner::Well; SEATS], megabits, SEED)?)?;
    let image = ours.sender["image"].as_f64().unwrap_or(1.0);
    let slowest = ours.seats.iter().map(|s| s.number("seconds")).fold(0.0, f64::max);
    let mut figures = Vec::new();
    for (peer, fec) in [("udpcast", None), ("udpcast --fec 8x8/128", Some("8x8/128"))] {
        let theirs = udpcast(room, fec)?;
        let mut add = |what: &str, unit, value: f64, peer_value: f64| {
            let name = format!("cast: {what}");
            figures.push(Figure { name, value, unit, peer: Some(peer.to_string()), peer_value: Some(peer_value) });
        };
        add("eight seats, wall", "s", slowest, theirs.0);
        add(
            "eight seats, sender's processor",
            "s/GB",
            ours.sender["cpu"].as_f64().unwrap_or(0.0) * 1e9 / image,
            theirs.1 * 1e9 / image,
        );
    }
    Ok(figures)
}

/// Wall and sender's processor of udpcast, to eight receivers.
fn udpcast(room: &Room, fec: Option<&str>) -> Done<(f64, f64)> {
    let mut receivers = Vec::new();
    for (index, seat) in room.seats.iter().enumerate() {
        let mut receive = command(udpcast::program("udp-receiver"), ["--nokbd", "--interface", "eth0", "--file"]);
        receive.arg(room.out(index + 1));
        seat.put_inside(&mut receive);
        receivers.push(Process::start("udp-receiver", &mut receive, &room.folder.join("udpcast.log"))?);
    }
    std::thread::sleep(Duration::from_millis(500));
    // It waits for ever for receivers that it does not hear.
    let mut send = command("timeout", ["120"]);
    send.arg(udpcast::program("udp-sender")).args(["--nokbd", "--interface", "br0", "--full-duplex"]);
    send.args(["--min-receivers", &SEATS.to_string(), "--max-wait", "10", "--file", &room.image()]);
    if let Some(fec) = fec {
        send.args(["--fec", fec]);
    }
    room.bridge.put_inside(&mut send);
    let sent = cost(&mut send)?;
    for receiver in &mut receivers {
        receiver.stop()?;
    }
    for number in 1..=SEATS {
        quiet("cmp", [room.image(), room.out(number)])?;
        let _ = std::fs::remove_file(room.out(number));
    }
    Ok((sent.wall_seconds, sent.cpu_seconds))
}
