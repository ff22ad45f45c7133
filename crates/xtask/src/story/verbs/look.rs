//! Verbs that look at machines, from inside and from outside.
use crate::goals::package::for_the_lab;
use crate::lab::signals::wait_for;
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::Done;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How long an installed machine may take until its SSH server answers.
const ANSWER: Duration = Duration::from_secs(180);

/// How many characters of what was read are shown.
const SHOWN: usize = 72;

/// Where an installed machine answers, waiting for it.
pub fn address(teller: &Teller, line: &Line, name: &str, limit: Duration) -> Done<Ipv4Addr> {
    let index = teller.machine(line, name)?;
    wait_for(limit, || teller.lab.address(index))?.ok_or_else(|| {
        line.wrong(&format!("{name}'s installed system did not answer by SSH within {} s", limit.as_secs()))
    })
}

/// Reads something from installed machines and keeps it.
pub fn read(teller: &mut Teller, line: &Line) -> Done<String> {
    let (name, machines) = line.words.split_last().ok_or_else(|| line.wrong("read what?"))?;
    let script = line.option("as").ok_or_else(|| line.wrong("read by which command? as=\"…\""))?;
    let mut told = Vec::new();
    for machine in machines {
        let address = address(teller, line, machine, ANSWER)?;
        let text = teller.lab.on_machine(address, script)?.trim().to_string();
        if text.is_empty() {
            return Err(line.wrong(&format!("{machine} answered nothing")));
        }
        let shown: String = text.lines().collect::<Vec<_>>().join(" / ").chars().take(SHOWN).collect();
        told.push(format!("{machine}: {shown}{}", if shown.len() < text.len() { "…" } else { "" }));
        teller.kept.insert((machine.clone(), name.clone()), text);
    }
    Ok(told.join("; "))
}

/// A command on an installed machine prints what is expected.
pub fn expect(teller: &mut Teller, line: &Line) -> Done<String> {
    let address = address(teller, line, line.word(0)?, ANSWER)?;
    let text = teller.lab.on_machine(address, line.word(1)?)?;
    match line.option("says") {
        Some(wanted) if !text.contains(wanted) => {
            Err(line.wrong(&format!("expected `{wanted}`, got:\n{}", text.trim())))
        }
        _ => Ok(text.trim().lines().next().unwrap_or_default().to_string()),
    }
}

/// Puts the Debian package on an installed machine.
pub fn give_package(teller: &mut Teller, line: &Line) -> Done<String> {
    let to = line.option("as").ok_or_else(|| line.wrong("put it where? as=\"/root/socle.deb\""))?;
    let package = for_the_lab()?;
    let address = address(teller, line, line.word(0)?, ANSWER)?;
    teller.lab.give(address, &package, to)?;
    let bytes = std::fs::metadata(&package).map(|m| m.len()).unwrap_or_default();
    Ok(format!("{} MiB", bytes >> 20))
}

fn kept<'a>(teller: &'a Teller, line: &'a Line) -> Done<Vec<(&'a str, &'a str)>> {
    let name = line.word(0)?;
    if line.word(1)? != "between" {
        return Err(line.wrong("say it so: differ hostname between alpha beta"));
    }
    let machines = line.words[2..].iter();
    machines
        .map(|machine| match teller.kept.get(&(machine.clone(), name.to_string())) {
            Some(value) => Ok((machine.as_str(), value.as_str())),
            None => Err(line.wrong(&format!("{name} was not read from {machine}"))),
        })
        .collect()
}

/// What was read differs between every two machines, line by line.
pub fn differ(teller: &mut Teller, line: &Line) -> Done<String> {
    let kept = kept(teller, line)?;
    for (index, (one, value)) in kept.iter().enumerate() {
        for (other, same) in &kept[..index] {
            if let Some(common) = value.lines().find(|l| same.lines().any(|o| o == *l)) {
                return Err(line.wrong(&format!("{one} and {other} both have {common}")));
            }
        }
    }
    Ok("no two are the same".into())
}

/// What was read is the same on all.
pub fn agree(teller: &mut Teller, line: &Line) -> Done<String> {
    let kept = kept(teller, line)?;
    match kept.windows(2).find(|pair| pair[0].1 != pair[1].1) {
        Some(pair) => Err(line.wrong(&format!("{} has {}, {} has {}", pair[0].0, pair[0].1, pair[1].0, pair[1].1))),
        None => Ok("all the same".into()),
    }
}

/// A picture of a machine's screen, kept beside the logs.
pub fn picture(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    Ok(teller.lab.machines[index].screenshot()?.display().to_string())
}
