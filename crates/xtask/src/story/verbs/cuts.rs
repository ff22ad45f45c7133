//! Power cuts at seeded moments, all through runs: before, during and after every step.
use super::run::{start_run, verify_run};
use crate::lab::signals::{patience, pause, wait_for};
use crate::server::view::{RunView, run_view};
use crate::story::chance::Chance;
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::talk::say;
use crate::trouble::Done;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How `power-cuts` is said.
pub const CUTS_USAGE: &str = "power-cuts on MACHINE… times=30 master=NAME [in=STEP] [within=20m]";

/// Which moment comes next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    /// So long after power came: firmware, loader, kernel, agent.
    SincePower(Duration),
    /// So long after this step of the sequence began, by its place.
    SinceStep(usize, Duration),
}

/// One machine in the storm.
struct Victim {
    name: String,
    index: usize,
    /// How many moments were chosen for it: each machine goes round all kinds.
    turn: usize,
    moment: Moment,
    powered: Instant,
    /// Entries of its journal when power came: more of them mean that it has come back to its run.
    entries_at_power: u64,
    step_seen: Option<Instant>,
}

impl Victim {
    /// Whether it has come back to its run since power came.
    fn is_back(&self, view: &RunView) -> bool {
        view.entries > self.entries_at_power
    }
}

/// Pulls plugs until it has been done so often, lets every run end, and verifies each.
pub fn power_cuts(teller: &mut Teller, line: &Line) -> Done<String> {
    let names = line.words.strip_prefix(&["on".to_string()]).ok_or_else(|| line.wrong(CUTS_USAGE))?.to_vec();
    let times = line.count("times", 30)?;
    let master = line.option("master").ok_or_else(|| line.wrong(CUTS_USAGE))?.to_string();
    let limit = line.time("within", Duration::from_secs(1200))?;
    let aim = line.option("in").map(|_| line.count("in", 0)).transpose()?.map(|place| place as usize);
    let mut victims = Vec::new();
    for name in names {
        let index = teller.machine(line, &name)?;
        if !teller.runs.contains_key(&name) {
            start_run(teller, line, &master, &name, &[])?;
        }
        let turn = victims.len() * 5;
        let moment = next_moment(&mut teller.chance, turn, aim);
        let powered = Instant::now();
        victims.push(Victim { name, index, turn, moment, powered, entries_at_power: 0, step_seen: None });
    }
    let (mut done, mut places) = (0, BTreeMap::<String, u32>::new());
    let start = Instant::now();
    while done < times {
        if start.elapsed() > patience(limit) {
            return Err(line.wrong(&format!("only {done} of {times} cuts after {} s", limit.as_secs())));
        }
        for victim in &mut victims {
            if let Some(place) = step(teller, line, victim, &master)? {
                done += 1;
                teller.tally.cuts += 1;
                say(" ", &format!("    cut {done} of {times}: {} {place}", victim.name));
                *places.entry(place).or_default() += 1;
                victim.turn += 1;
                victim.moment = next_moment(&mut teller.chance, victim.turn, aim);
                if done == times {
                    break;
                }
            }
        }
        pause(Duration::from_millis(150))?;
    }
    for victim in &mut victims {
        end_in_peace(teller, line, victim, limit)?;
    }
    let told: Vec<String> = places.iter().map(|(place, count)| format!("{count} {place}")).collect();
    teller.tally.facts.push(format!("Power was cut {times} times: {}.", told.join(", ")));
    Ok(format!("{times} cuts, every run went on by itself and its journal is one chain"))
}

/// Goes round all kinds of moments, so that none is missed, and lets chance choose within each; or stays with one step, by
/// its place from 0, where that is aimed at.
fn next_moment(chance: &mut Chance, turn: usize, aim: Option<usize>) -> Moment {
    let between = |chance: &mut Chance, from: u64, to: u64| {
        chance.between(Duration::from_millis(from), Duration::from_millis(to))
    };
    if let Some(place) = aim {
        return Moment::SinceStep(place, between(chance, 0, 1_200));
    }
    match turn % 10 {
        0 => Moment::SincePower(between(chance, 500, 14_000)),
        1 => Moment::SinceStep(0, between(chance, 0, 800)),
        2 | 3 => Moment::SinceStep(1, between(chance, 0, 2_500)),
        4..=6 => Moment::SinceStep(2, between(chance, 0, 9_000)),
        7 => Moment::SinceStep(3, between(chance, 0, 3_000)),
        8 => Moment::SincePower(between(chance, 14_000, 30_000)),
        _ => Moment::SinceStep(6, between(chance, 0, 15_000)),
    }
}

/// One look at one machine: power on what is off, start a new run where one has ended, cut when the moment has come.
fn step(teller: &mut Teller, line: &Line, victim: &mut Victim, master: &str) -> Done<Option<String>> {
    let view = view_of(teller, line, victim)?;
    if !teller.lab.machines[victim.index].is_on() {
        teller.lab.start(victim.index)?;
        victim.powered = Instant::now();
        victim.entries_at_power = view.entries;
        victim.step_seen = None;
    }
    if view.status.word == "completed" {
        verify_run(teller, line, &victim.name)?;
        say(" ", &format!("    {}: its run is completed and verified; the next one begins", victim.name));
        start_run(teller, line, master, &victim.name, &[("loss", "expendable")])?;
        teller.lab.machines[victim.index].cut_power()?;
        return Ok(None);
    }
    if matches!(view.status.word.as_str(), "failed" | "waiting" | "cancelled") {
        return Err(line.wrong(&format!("the run of {} is {}: {}", victim.name, view.status.word, view.status.told())));
    }
    if !has_come(victim, &view) {
        return Ok(None);
    }
    teller.lab.machines[victim.index].cut_power()?;
    Ok(Some(place_of(&view, victim)))
}

fn has_come(victim: &mut Victim, view: &RunView) -> bool {
    let (place, time) = match victim.moment {
        Moment::SincePower(time) => return victim.powered.elapsed() >= time,
        Moment::SinceStep(place, time) => (place, time),
    };
    if !victim.is_back(view) {
        return false;
    }
    match view.steps.get(place).map_or("done", |s| s.status.as_str()) {
        "running" => victim.step_seen.get_or_insert_with(Instant::now).elapsed() >= time,
        "pending" => false,
        _ => {
            // The step is over: the moment is gone, the time that was chosen counts from now.
            victim.moment = Moment::SincePower(victim.powered.elapsed() + time);
            false
        }
    }
}

/// Where the run was, in words.
fn place_of(view: &RunView, victim: &Victim) -> String {
    if !victim.is_back(view) {
        let reached = view.steps.iter().rev().find(|s| s.status != "pending");
        return reached.map_or("before the first step".into(), |s| format!("while it started again in step {}", s.id));
    }
    match view.steps.iter().find(|s| s.status == "running") {
        Some(step) => format!("in step {}", step.id),
        None => view
            .steps
            .iter()
            .rev()
            .find(|s| s.status == "done")
            .map_or("before the first step".into(), |step| format!("after step {}", step.id)),
    }
}

fn view_of(teller: &Teller, line: &Line, victim: &Victim) -> Done<RunView> {
    let run = teller.runs.get(&victim.name).ok_or_else(|| line.wrong("no run"))?;
    run_view(teller.server(line)?, &teller.lab.network.room, run)
}

/// No more cuts: the run must complete without anybody's help.
fn end_in_peace(teller: &mut Teller, line: &Line, victim: &mut Victim, limit: Duration) -> Done {
    let name = victim.name.clone();
    if !teller.lab.machines[victim.index].is_on() {
        teller.lab.start(victim.index)?;
    }
    let ended = wait_for(limit, || {
        let view = view_of(teller, line, victim)?;
        match view.status.word.as_str() {
            "completed" => Ok(Some(())),
            "failed" | "waiting" | "cancelled" => {
                Err(line.wrong(&format!("the run of {name} is {}: {}", view.status.word, view.status.told())))
            }
            _ => Ok(None),
        }
    })?;
    if ended.is_none() {
        return Err(line.wrong(&format!("the run of {name} did not complete within {} s", limit.as_secs())));
    }
    say(" ", &format!("    {name}: {}", verify_run(teller, line, &name)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_moment_has_its_turn() {
        let mut chance = Chance::new(42);
        let moments: Vec<Moment> = (0..30).map(|turn| next_moment(&mut chance, turn, None)).collect();
        for place in [0, 1, 2, 3, 6] {
            assert!(moments.iter().any(|m| matches!(m, Moment::SinceStep(p, _) if *p == place)), "step {place}");
        }
        assert!(moments.iter().filter(|m| matches!(m, Moment::SincePower(_))).count() >= 3);
        let again: Vec<Moment> = {
            let mut c = Chance::new(42);
            (0..30).map(|t| next_moment(&mut c, t, None)).collect()
        };
        assert_eq!(moments, again);
    }
}
