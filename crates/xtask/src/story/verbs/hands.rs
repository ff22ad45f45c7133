//! Verbs of a person who sits at a machine: he presses keys, types, and reads the screen.
use crate::lab::keyboard::{self, Chord, HOLD, PAUSE};
use crate::lab::signals::{pause, wait_for};
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::Done;
use std::time::Duration;

/// How long a machine may take to show what is expected: emulated, and not alone on its processors.
const PATIENCE: Duration = Duration::from_secs(60);

fn press_all(teller: &mut Teller, line: &Line, chords: &[Chord]) -> Done {
    let index = teller.machine(line, line.word(0)?)?;
    for chord in chords {
        teller.lab.machines[index].press(chord, HOLD)?;
        pause(PAUSE)?;
    }
    Ok(())
}

/// Presses keys by their names.
pub fn press(teller: &mut Teller, line: &Line) -> Done<String> {
    let chords = line.words[1..].iter().map(|name| keyboard::named(name)).collect::<Done<Vec<Chord>>>();
    press_all(teller, line, &chords.map_err(|trouble| line.wrong(&trouble.to_string()))?)?;
    Ok(String::new())
}

/// Types a text on a keyboard of a country.
pub fn type_text(teller: &mut Teller, line: &Line) -> Done<String> {
    let layout = line.option("keyboard").unwrap_or("us");
    let chords = line.word(1)?.chars().map(|c| keyboard::chord(layout, c)).collect::<Done<Vec<Chord>>>();
    press_all(teller, line, &chords.map_err(|trouble| line.wrong(&trouble.to_string()))?)?;
    Ok(String::new())
}

/// Types a code that the console has just made for the administrator.
pub fn type_code(teller: &mut Teller, line: &Line) -> Done<String> {
    let answer = teller.server(line)?.socle(&teller.lab.network.room, &["wizard", "code"])?;
    let Some(code) = answer["codes"][0].as_str().map(str::to_string) else {
        return Err(line.wrong(&format!("the console made no code: {answer}")));
    };
    let layout = line.option("keyboard").unwrap_or("us");
    let chords = code.chars().map(|c| keyboard::chord(layout, c)).collect::<Done<Vec<Chord>>>()?;
    press_all(teller, line, &chords)?;
    Ok(format!("the code {code}, made for one machine and half an hour"))
}

/// Waits until the machine says something on its serial line, after what was seen there before.
pub fn see(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let (wanted, limit) = (line.word(1)?.to_string(), line.time("within", PATIENCE)?);
    let machine = &mut teller.lab.machines[index];
    let seen = wait_for(limit, || Ok(machine.see(&wanted).then_some(())))?;
    match seen {
        Some(()) => Ok(String::new()),
        None => Err(line.wrong(&format!("{} did not say `{wanted}` within {} s", machine.plan.name, limit.as_secs()))),
    }
}

/// The last run of a machine is the one that was ordered at it: from now on the story may wait for it.
pub fn take_up(teller: &mut Teller, line: &Line) -> Done<String> {
    let name = line.word(0)?.to_string();
    let id = super::run::id_of(teller, line, &name)?;
    let room = &teller.lab.network.room;
    let server = teller.server(line)?;
    let machine = wait_for(PATIENCE, || {
        let view = server.get(room, &format!("/api/v1/machines/{id}"))?;
        Ok(view["run"].as_str().map(str::to_string))
    })?;
    let Some(run) = machine else { return Err(line.wrong(&format!("no run was ordered at {name}"))) };
    teller.runs.insert(name, run.clone());
    Ok(format!("run {run}"))
}

/// The proof of a machine's last run says what was answered at it.
pub fn answered(teller: &mut Teller, line: &Line) -> Done<String> {
    let (name, what) = (line.word(0)?.to_string(), line.word(1)?.to_string());
    let wanted = line.option("says").unwrap_or_default().to_string();
    let verdict = super::run::verdict(teller, line, &name)?;
    let answers = &verdict["answers"];
    let found = match what.as_str() {
        "name" | "seat" => &answers[what.as_str()],
        option => &answers["options"][option],
    };
    let found = found.as_str().map_or_else(|| found.to_string(), str::to_string);
    match found == wanted {
        true => Ok(format!("{what} = {found}")),
        false => Err(line.wrong(&format!("the proof says {what} = {found}; all of it: {answers}"))),
    }
}
