//! A room of seats: a bridge with a sender, and eight seats behind cables of their own, each in a network world of its own.
//!
//! What is between a seat and the bridge is made bad by what this kernel has: a rate by `tbf`, loss, delay and disorder by
//! the seeded process of `crates/cast` (the seed is printed).
use super::leftovers;
use super::namespace::Namespace;
use super::process::Process;
use super::signals::{self, wait_for};
use crate::command::{command, quiet};
use crate::places;
use crate::stop;
use crate::trouble::{Done, During};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many seats there are.
pub const SEATS: usize = 8;
const SERVER: &str = "10.78.0.1";
const LINE: &str = "10.78.0.1:7078";
const GROUP: &str = "239.255.78.1:7077";
const WET: &str = "239.255.78.2:7079";

/// How a seat behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    /// As it should.
    Well,
    /// As it should, behind bad weather.
    Wet,
    /// It comes when so many milliseconds have passed.
    Late(u64),
    /// Behind a cable of so many megabits.
    Slow(u64),
    /// It dies after so many milliseconds.
    Dies(u64),
    /// It lies to the server and to the others.
    Lies,
}

/// What became of a seat.
#[derive(Debug, Clone)]
pub struct Sat {
    /// Which seat.
    pub seat: usize,
    /// How it behaved.
    pub manner: Manner,
    /// What it said; null where it had no end.
    pub said: Value,
}

impl Sat {
    /// A figure that it said.
    pub fn number(&self, name: &str) -> f64 {
        self.said[name].as_f64().unwrap_or(0.0)
    }
}

/// What became of a room.
#[derive(Debug, Clone)]
pub struct Told {
    /// The seats.
    pub seats: Vec<Sat>,
    /// What the sender said.
    pub sender: Value,
}

impl Told {
    /// Bytes sent to the group for each byte of the image.
    pub fn share(&self) -> f64 {
        self.sender["multicast"].as_f64().unwrap_or(f64::MAX) / self.sender["image"].as_f64().unwrap_or(1.0)
    }
}

/// The room, without anybody in it.
pub struct Room {
    /// Where the sender is.
    pub bridge: Namespace,
    /// Where the seats are.
    pub seats: Vec<Namespace>,
    /// Where the files are.
    pub folder: PathBuf,
    program: PathBuf,
}

impl Room {
    /// Makes the room and an image of so many mebibytes. `program`: the workshop's seats, built.
    pub fn open(program: &Path, mebibytes: usize) -> Done<Room> {
        signals::listen();
        leftovers::sweep()?;
        let folder = places::folder(leftovers::runs().join(format!("{}-seats", std::process::id())))?;
        let bridge = Namespace::create("bridge")?;
        let words = ["link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0"];
        bridge.ip(&[&words[..], &["mcast_snooping", "0"]].concat())?;
        bridge.ip(&["addr", "add", &format!("{SERVER}/24"), "broadcast", "+", "dev", "br0"])?;
        bridge.ip(&["link", "set", "br0", "up"])?;
        let mut seats = Vec::new();
        for number in 1..=SEATS {
            let seat = Namespace::create(&format!("seat{number}"))?;
            let end = format!("v{number}");
            bridge.ip(&["link", "add", &end, "type", "veth", "peer", "name", "eth0", "netns", seat.name()])?;
            bridge.ip(&["link", "set", &end, "master", "br0", "up"])?;
            seat.ip(&["addr", "add", &format!("{}/24", address(number)), "broadcast", "+", "dev", "eth0"])?;
            seat.ip(&["link", "set", "eth0", "up"])?;
            seats.push(seat);
        }
        noise(&folder.join("image"), mebibytes)?;
        Ok(Room { bridge, seats, folder, program: program.to_path_buf() })
    }

    /// Lets the room hear one stream of at most so many megabits a second; `lose` in thousandths is the weather of wet seats.
    pub fn tell(&self, manners: &[Manner], megabits: u64, seed: u64) -> Done<Told> {
        let log = |name: &str| -> Done<PathBuf> {
            let path = self.folder.join(name);
            let _ = fs::remove_file(&path);
            Ok(path)
        };
        let expected = manners.iter().filter(|m| !matches!(m, Manner::Late(_))).count();
        let mut serve = command(&self.program, ["serve", "--listen", LINE, "--group", GROUP, "--address", SERVER]);
        serve.args(["--file", &self.image(), "--megabits", &megabits.to_string(), "--expected", &expected.to_string()]);
        serve.args(["--gather", "20000"]);
        self.bridge.put_inside(&mut serve);
        let server_log = log("sender.log")?;
        let mut server = Process::start("the sender", &mut serve, &server_log)?;
        let ready = wait_for(Duration::from_secs(60), || {
            server.must_run()?;
            Ok(fs::read_to_string(&server_log).is_ok_and(|t| t.contains("ready")).then_some(()))
        })?;
        if ready.is_none() {
            stop!("the sender was not ready in time");
        }
        let (mut seats, mut others) = (Vec::new(), Vec::new());
        for (index, manner) in manners.iter().enumerate() {
            let number = index + 1;
            if let Manner::Slow(megabits) = manner {
                let rate = format!("{megabits}mbit");
                let words = ["qdisc", "replace", "dev", &format!("v{number}"), "root", "tbf", "rate"];
                let words = [&words[..], &[&rate, "burst", "64kb", "latency", "50ms"]].concat();
                quiet("tc", ["-n", self.bridge.name()].iter().copied().chain(words))?;
            }
            let here = address(number);
            let (mut group, mut own) = (GROUP, here.as_str());
            if *manner == Manner::Wet {
                let seed = (seed + number as u64).to_string();
                let mut impair = command(&self.program, ["impair", "--from", GROUP, "--to", WET, "--address", &here]);
                impair.args([
                    "--seed",
                    &seed,
                    "--lose",
                    "5",
                    "--hole",
                    "3",
                    "--delay",
                    "2",
                    "--late",
                    "20",
                    "--late-ms",
                    "3",
                ]);
                self.seats[index].put_inside(&mut impair);
                let log = log(&format!("weather{number}.log"))?;
                others.push(Process::start("the weather", &mut impair, &log)?);
                (group, own) = (WET, "127.0.0.1");
            }
            let what = if *manner == Manner::Lies { "lie" } else { "seat" };
            let mut sit = command(&self.program, [what, "--server", LINE, "--group", group, "--address", own]);
            sit.args(["--id", &number.to_string(), "--out", &self.out(number)]);
            match manner {
                Manner::Late(milliseconds) => drop(sit.args(["--late", &milliseconds.to_string()])),
                Manner::Dies(milliseconds) => drop(sit.args(["--die-after", &milliseconds.to_string()])),
                _ => {}
            }
            self.seats[index].put_inside(&mut sit);
            let log = log(&format!("seat{number}.log"))?;
            let process = Process::start(&format!("seat {number}"), &mut sit, &log)?;
            if *manner == Manner::Lies { others.push(process) } else { seats.push((number, *manner, process, log)) }
        }
        let mut told = Vec::new();
        let all = wait_for(Duration::from_secs(300), || {
            server.must_run()?;
            Ok(seats.iter_mut().all(|s| s.2.ended().is_some()).then_some(()))
        })?;
        if all.is_none() {
            stop!("not every seat came to an end");
        }
        for (seat, manner, process, log) in &seats {
            let said = last_json(log).unwrap_or_default();
            if said.is_null() && !matches!(manner, Manner::Dies(_)) {
                stop!("seat {seat} failed:\n{}", process.last_words(15));
            }
            told.push(Sat { seat: *seat, manner: *manner, said });
        }
        for (number, manner, ..) in &seats {
            if matches!(manner, Manner::Slow(_)) {
                quiet("tc", ["-n", self.bridge.name(), "qdisc", "del", "dev", &format!("v{number}"), "root"])?;
            }
            let _ = fs::remove_file(self.out(*number));
        }
        server.kill()?;
        let text = fs::read_to_string(&server_log).during("reading what the sender said")?;
        let said =
            text.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()).find(|v| !v["multicast"].is_null());
        let Some(sender) = said else { stop!("the sender said nothing of what it sent:\n{text}") };
        Ok(Told { seats: told, sender })
    }

    /// The image.
    pub fn image(&self) -> String {
        self.folder.join("image").display().to_string()
    }
    /// Where a seat writes it.
    pub fn out(&self, number: usize) -> String {
        self.folder.join(format!("out{number}")).display().to_string()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.image());
        (1..=SEATS).for_each(|n| drop(fs::remove_file(self.out(n))));
    }
}

fn address(number: usize) -> String {
    format!("10.78.0.{}", 10 + number)
}

fn last_json(log: &Path) -> Option<Value> {
    fs::read_to_string(log).ok()?.lines().rev().find_map(|l| serde_json::from_str(l).ok())
}

/// A file that nothing compresses, always the same.
fn noise(path: &Path, mebibytes: usize) -> Done {
    let file = fs::File::create(path).during("making an image of noise")?;
    let mut out = std::io::BufWriter::new(file);
    let mut state = 0x50c1e_u64;
    for _ in 0..mebibytes << 17 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.write_all(&(state ^ (state >> 29)).to_le_bytes()).during("writing an image of noise")?;
    }
    out.flush().during("writing an image of noise")
}
