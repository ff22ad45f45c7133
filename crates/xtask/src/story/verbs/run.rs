//! Verbs about what Socle does with machines: recognise them, start runs, follow them, prove them.
use super::look::address;
use crate::lab::signals::wait_for;
use crate::server::view::{RunView, Status, machine_view, moved, run_view};
use crate::story::line::Line;
use crate::story::tally::Phase;
use crate::story::teller::Teller;
use crate::story::watch::Watch;
use crate::trouble::Done;
use std::time::Duration;

/// How `wait` is said.
pub const WAIT_USAGE: &str = "wait MACHINE… to-recognise|known|refused|ordered|running|waiting|failed|cancelled|completed|\
                              answers|off [within=90s] [fault=CODE]";
pub use super::cuts::{CUTS_USAGE, power_cuts};

const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for machines to reach a state, showing what their runs do meanwhile.
pub fn wait(teller: &mut Teller, line: &Line) -> Done<String> {
    let (state, names) = line.words.split_last().ok_or_else(|| line.wrong(WAIT_USAGE))?;
    let limit = line.time("within", PATIENCE)?;
    if ["ordered", "running", "waiting", "failed", "cancelled", "completed"].contains(&state.as_str()) {
        return wait_runs(teller, line, names, state, limit);
    }
    let mut told = Vec::new();
    for name in names {
        let what = match state.as_str() {
            "answers" => format!("answers at {}", address(teller, line, name, limit)?),
            "off" => wait_off(teller, line, name, limit)?,
            "to-recognise" | "known" | "refused" => wait_machine(teller, line, name, state, limit)?,
            _ => return Err(line.wrong(&format!("say it so: {WAIT_USAGE}"))),
        };
        told.push(if names.len() > 1 { format!("{name} {what}") } else { what });
    }
    Ok(told.join("; "))
}

fn wait_off(teller: &mut Teller, line: &Line, name: &str, limit: Duration) -> Done<String> {
    let index = teller.machine(line, name)?;
    match teller.lab.machines[index].wait_off(limit)? {
        true => Ok("off".into()),
        false => Err(line.wrong(&format!("{name} is still on after {} s", limit.as_secs()))),
    }
}

/// Follows the runs of several machines at once.
fn wait_runs(teller: &mut Teller, line: &Line, names: &[String], state: &str, limit: Duration) -> Done<String> {
    let mut watched = Vec::new();
    for name in names {
        watched.push((name.clone(), run_of(teller, line, name)?, Watch::new(name), None::<RunView>));
    }
    let (server, room) = (teller.server(line)?, &teller.lab.network.room);
    let reached = wait_for(limit, || {
        for (name, run, watch, reached) in watched.iter_mut().filter(|w| w.3.is_none()) {
            let view = run_view(server, room, run)?;
            watch.show(&view);
            if view.status.word == state {
                fault_expected(line, &view.status)?;
                *reached = Some(view);
            } else if leads_elsewhere(&view.status.word, state) {
                let (word, why) = (&view.status.word, view.status.told());
                return Err(line.wrong(&format!("the run of {name} is {word} instead: {why}")));
            }
        }
        Ok(watched.iter().all(|w| w.3.is_some()).then_some(()))
    })?;
    if reached.is_none() {
        let late = watched.iter().filter(|w| w.3.is_none()).map(|w| format!("{} ({})", w.0, w.2.last()));
        let late: Vec<String> = late.collect();
        return Err(line.wrong(&format!("not {state} after {} s: {}", limit.as_secs(), late.join(", "))));
    }
    let mut told = Vec::new();
    for (name, run, watch, view) in watched {
        let Some(view) = view else { continue };
        if state == "completed" {
            count(teller, line, &name, &run, &view, watch.agent_memory_bytes)?;
        }
        if !view.status.fault.is_empty() {
            told.push(view.status.told());
        }
    }
    Ok(format!("{state}{}", if told.is_empty() { String::new() } else { format!(": {}", told.join("; ")) }))
}

/// Whether a run that is in one state does not come to another by itself.
fn leads_elsewhere(is: &str, wanted: &str) -> bool {
    match is {
        "completed" | "cancelled" => true,
        "failed" | "waiting" => wanted != "cancelled",
        _ => false,
    }
}

/// Notes what a completed run did, for the summary.
fn count(teller: &mut Teller, line: &Line, name: &str, run: &str, view: &RunView, memory_bytes: u64) -> Done {
    for what in moved(teller.server(line)?, &teller.lab.network.room, run)? {
        teller.tally.facts.push(format!("{name} {what}."));
    }
    let done = view.steps.iter().filter(|s| s.status == "done");
    let title = |id: &String| teller.titles.get(id).cloned().unwrap_or_else(|| id.clone());
    let phases = done.map(|s| Phase { machine: name.to_string(), what: title(&s.id), seconds: s.seconds });
    teller.tally.phases.extend(phases);
    teller.tally.agent_memory_bytes = teller.tally.agent_memory_bytes.max(memory_bytes);
    Ok(())
}

/// A state that comes with a reason comes with the expected one.
fn fault_expected(line: &Line, status: &Status) -> Done {
    match line.option("fault") {
        Some(code) if code != status.fault => Err(line.wrong(&format!("the reason is {}, not {code}", status.told()))),
        _ => Ok(()),
    }
}

fn wait_machine(teller: &mut Teller, line: &Line, name: &str, state: &str, limit: Duration) -> Done<String> {
    let mac = teller.lab.machines[teller.machine(line, name)?].mac();
    let server = teller.server(line)?;
    let found = wait_for(limit, || {
        let view = machine_view(server, &teller.lab.network.room, &mac)?;
        Ok(view.filter(|view| view.state == state))
    })?;
    match found {
        Some(view) => Ok(format!("{state}; six digits {}", view.code)),
        None => Err(line.wrong(&format!("the server does not say that {name} is {state} after {} s", limit.as_secs()))),
    }
}

/// The identifier of a machine on the server.
pub fn id_of(teller: &Teller, line: &Line, name: &str) -> Done<String> {
    let mac = teller.lab.machines[teller.machine(line, name)?].mac();
    let view = machine_view(teller.server(line)?, &teller.lab.network.room, &mac)?;
    view.map(|view| view.id).ok_or_else(|| line.wrong(&format!("the server does not know {name}")))
}

fn run_of(teller: &Teller, line: &Line, name: &str) -> Done<String> {
    teller.runs.get(name).cloned().ok_or_else(|| line.wrong(&format!("no run was started on {name}")))
}

/// A person recognises a machine.
pub fn accept(teller: &mut Teller, line: &Line) -> Done<String> {
    if line.word(1)? != "as" {
        return Err(line.wrong("say it so: accept alpha as pc-1"));
    }
    let id = id_of(teller, line, line.word(0)?)?;
    teller.server(line)?.socle(&teller.lab.network.room, &["machine", "accept", &id, "--name", line.word(2)?])?;
    Ok(String::new())
}

/// A person refuses a machine.
pub fn refuse(teller: &mut Teller, line: &Line) -> Done<String> {
    let id = id_of(teller, line, line.word(0)?)?;
    teller.server(line)?.socle(&teller.lab.network.room, &["machine", "refuse", &id])?;
    Ok(String::new())
}

/// A run is ordered.
pub fn start(teller: &mut Teller, line: &Line) -> Done<String> {
    let (master, name) = (line.word(0)?, line.word(2)?);
    if line.word(1)? != "on" {
        return Err(line.wrong("say it so: start debian on alpha"));
    }
    let options: Vec<(&str, &str)> = line.options.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let run = start_run(teller, line, master, name, &options)?;
    Ok(format!("run {run}"))
}

/// Orders a run; `loss` is not an option of the master but of the order.
pub fn start_run(teller: &mut Teller, line: &Line, master: &str, name: &str, options: &[(&str, &str)]) -> Done<String> {
    let id = id_of(teller, line, name)?;
    let mut args: Vec<String> = ["run", "start", "--machine", &id, "--master", master].map(str::to_string).to_vec();
    for (key, value) in options {
        match *key {
            "loss" => args.extend(["--loss".to_string(), value.to_string()]),
            _ => args.extend(["--option".to_string(), format!("{key}={value}")]),
        }
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = teller.server(line)?.socle(&teller.lab.network.room, &args)?;
    let Some(run) = answer["id"].as_str() else { return Err(line.wrong(&format!("the order has no run: {answer}"))) };
    teller.runs.insert(name.to_string(), run.to_string());
    Ok(run.to_string())
}

/// A person has read what would be lost, and allows it.
pub fn allow_loss(teller: &mut Teller, line: &Line) -> Done<String> {
    let run = run_of(teller, line, line.word(0)?)?;
    let view = run_view(teller.server(line)?, &teller.lab.network.room, &run)?;
    let Some(census) = view.waiting_census else { return Err(line.wrong("the run waits for no census")) };
    tell_run(teller, line, &run, &["allow-loss", &run, "--census", &census, "--reason", line.word(1)?])
}

/// A run is stopped at its next safe place.
pub fn cancel(teller: &mut Teller, line: &Line) -> Done<String> {
    let run = run_of(teller, line, line.word(0)?)?;
    tell_run(teller, line, &run, &["cancel", &run])
}

/// A failed run tries again.
pub fn retry(teller: &mut Teller, line: &Line) -> Done<String> {
    let run = run_of(teller, line, line.word(0)?)?;
    tell_run(teller, line, &run, &["retry", &run])
}

/// Gives an order about a run, and waits until its journal shows that the machine heeded it: a run is what its journal
/// says, and an order that has arrived does not move it yet.
fn tell_run(teller: &Teller, line: &Line, run: &str, order: &[&str]) -> Done<String> {
    let (server, room) = (teller.server(line)?, &teller.lab.network.room);
    let before = run_view(server, room, run)?;
    let words: Vec<&str> = std::iter::once("run").chain(order.iter().copied()).collect();
    server.socle(room, &words)?;
    let heeded = wait_for(PATIENCE, || {
        let now = run_view(server, room, run)?;
        // The order, what it changes, and a new beginning are three entries: it may have come back to the same state.
        let moved = now.status.word != before.status.word || now.entries >= before.entries + 3;
        Ok(moved.then_some(now.status.word))
    })?;
    heeded
        .map(|word| format!("heeded: {word}"))
        .ok_or_else(|| line.wrong(&format!("the machine has not heeded it after {} s", PATIENCE.as_secs())))
}

/// The proof of each machine's last run is complete, and stops being one when any byte changes.
pub fn verify(teller: &mut Teller, line: &Line) -> Done<String> {
    let mut told = Vec::new();
    for name in &line.words {
        told.push(format!("{name}: {}", verify_run(teller, line, name)?));
    }
    Ok(told.join("; "))
}

/// What the proof of a machine's last run shows.
pub fn verdict(teller: &Teller, line: &Line, name: &str) -> Done<serde_json::Value> {
    let run = run_of(teller, line, name)?;
    let file = teller.lab.folder.join(format!("{name}-{run}.proof"));
    let server = teller.server(line)?;
    server.socle(&teller.lab.network.room, &["run", "proof", &run, "--out", &file.to_string_lossy()])?;
    server.verify(&file)
}

/// Verifies the last run of one machine.
pub fn verify_run(teller: &mut Teller, line: &Line, name: &str) -> Done<String> {
    let run = run_of(teller, line, name)?;
    let file = teller.lab.folder.join(format!("{name}-{run}.proof"));
    let moment = teller.chance.number();
    let server = teller.server(line)?;
    server.socle(&teller.lab.network.room, &["run", "proof", &run, "--out", &file.to_string_lossy()])?;
    let verdict = server.verify(&file)?;
    server.verify_refuses_altered(&file, moment)?;
    teller.tally.proofs += 1;
    let entries = verdict["entries"].as_u64().unwrap_or(0);
    let resumed = verdict["state"]["resumed"].as_u64().unwrap_or(0);
    Ok(format!("{entries} entries in one unbroken chain, resumed {resumed} times, any altered byte is noticed"))
}

#[cfg(test)]
mod tests {
    use super::leads_elsewhere;

    #[test]
    fn a_wait_ends_when_it_can_only_be_in_vain() {
        assert!(leads_elsewhere("failed", "completed") && leads_elsewhere("waiting", "completed"));
        assert!(leads_elsewhere("completed", "failed") && leads_elsewhere("cancelled", "completed"));
        assert!(!leads_elsewhere("failed", "cancelled") && !leads_elsewhere("running", "completed"));
        assert!(!leads_elsewhere("ordered", "waiting"));
    }
}
