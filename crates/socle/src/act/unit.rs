//! `socle unit …` and `socle search`.
use super::{
    client::{Client, escaped},
    consents,
    machines::NowOrLater,
    say::{answer, columns, head, words},
};
use crate::{
    image::Voice,
    out,
    shape::{Search, UnitWhat, When},
};
use socle_domain::{Timestamp, UnitId, network::Network};
use socle_texts::{Fault, Result};
use socle_wire::{
    api::MachineView,
    organisation::{
        Decide, DecisionView, FoundView, ImportReport, List, MoveMachine, NetworkView, UnitNetworks, UnitView, Wished,
        WishedPart,
    },
    page::Page,
};
use std::path::Path;

/// Carries out a command about units.
pub fn act(what: &UnitWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        UnitWhat::List { at } => {
            let at = moment(at.as_deref())?.map(|at| format!("?at={}", escaped(&at.to_string()))).unwrap_or_default();
            let all: Vec<UnitView> = client.all(&format!("/api/v1/units{at}"))?;
            answer(&all, voice, |all| table(all, voice))
        }
        UnitWhat::Show { unit } => {
            let unit = find(client, unit)?;
            let decisions: Vec<DecisionView> = client.all(&format!("/api/v1/units/{}/decisions", unit.id))?;
            let told = serde_json::json!({ "unit": unit, "decisions": decisions });
            answer(&told, voice, |told| serde_json::to_string_pretty(told).unwrap_or_default())
        }
        UnitWhat::Found { name, below, kind, when } => {
            let parent = find(client, below)?.id;
            decide(client, voice, when, Wished::Found { parent, name: name.clone(), kind: *kind })
        }
        UnitWhat::Rename { unit, name, when } => {
            let unit = find(client, unit)?.id;
            decide(client, voice, when, Wished::Rename { unit, name: name.clone() })
        }
        UnitWhat::Move { unit, below, when } => {
            let (unit, parent) = (find(client, unit)?.id, find(client, below)?.id);
            decide(client, voice, when, Wished::Move { unit, parent })
        }
        UnitWhat::Merge { unit, into, when } => {
            let (unit, into) = (find(client, unit)?.id, find(client, into)?.id);
            decide(client, voice, when, Wished::Merge { unit, into })
        }
        UnitWhat::Split { unit, part, when } => {
            let unit = find(client, unit)?.id;
            let into = part.iter().map(|text| parts(client, text)).collect::<Result<_>>()?;
            decide(client, voice, when, Wished::Split { unit, into })
        }
        UnitWhat::Close { unit, when } => {
            let unit = find(client, unit)?.id;
            decide(client, voice, when, Wished::Close { unit })
        }
        UnitWhat::Networks { unit: None, .. } => all_networks(client, voice),
        UnitWhat::Networks { unit: Some(unit), add, remove } => networks(client, voice, unit, add, remove),
        UnitWhat::MoveMachine { machine, to } => {
            let (id, unit) = (client.machine(machine)?.id, find(client, to)?);
            let moved = match client.post(&format!("/api/v1/machines/{id}/move"), &MoveMachine { unit: unit.id })? {
                NowOrLater::<MachineView>::Now(moved) => moved,
                NowOrLater::Later(waits) => return consents::told(&waits, voice),
            };
            answer(&moved, voice, |_| {
                words(voice, "socle-machine-moved", &[("name", machine.into()), ("unit", (&unit.path).into())])
            })
        }
        UnitWhat::Import { list, file, dry_run } => import(client, voice, *list, file, *dry_run),
        UnitWhat::Export { list, out } => {
            let bytes = client.bytes(&format!("/api/v1/exports/{}", list.word()))?;
            match out {
                Some(path) => {
                    let unwritable =
                        |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", path).because(e);
                    std::fs::write(path, bytes).map_err(unwritable)?;
                }
                None => {
                    out::text(String::from_utf8_lossy(&bytes));
                }
            }
            Ok(true)
        }
    }
}

/// The unit that somebody means: by identifier, or by its path from the centre. Nothing written is the topmost one.
pub fn find(client: &Client, wish: &str) -> Result<UnitView> {
    if wish.parse::<UnitId>().is_ok() {
        return client.get(&format!("/api/v1/units/{wish}"));
    }
    let plain = |path: &str| path.split('/').map(|n| n.trim().to_lowercase()).collect::<Vec<_>>().join("/");
    let all: Vec<UnitView> = client.all("/api/v1/units")?;
    if wish.trim().is_empty() {
        let topmost = all.into_iter().next();
        return topmost.ok_or_else(|| Fault::new("socle-unit-unknown").with("unit", wish));
    }
    let found = all.into_iter().find(|unit| unit.ended.is_none() && plain(&unit.path) == plain(wish));
    found.ok_or_else(|| Fault::new("socle-unit-unknown").with("unit", wish))
}

/// `NAME` or `NAME=PATH,PATH`: a part, and the units below that it takes.
fn parts(client: &Client, text: &str) -> Result<WishedPart> {
    let (name, takes) = text.split_once('=').unwrap_or((text, ""));
    let takes = takes.split(',').filter(|path| !path.trim().is_empty());
    let takes = takes.map(|path| find(client, path).map(|unit| unit.id)).collect::<Result<_>>()?;
    Ok(WishedPart { name: name.trim().into(), takes })
}

/// A day (its beginning in UTC) or RFC 3339.
pub fn moment(text: Option<&str>) -> Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    let day = format!("{text}T00:00:00Z");
    let read = text.parse::<Timestamp>().or_else(|_| day.parse());
    read.map(Some).map_err(|e| Fault::new("server-import-moment-wrong").with("text", text).because(e))
}

fn decide(client: &Client, voice: Voice, when: &When, what: Wished) -> Result<bool> {
    let wish = Decide { at: moment(when.at.as_deref())?, what };
    let told: DecisionView = client.post("/api/v1/unit-decisions", &wish)?;
    answer(&told, voice, |told| words(voice, "socle-unit-decided", &[("at", told.at.to_string().into())]))
}

/// Every network where one acts.
fn all_networks(client: &Client, voice: Voice) -> Result<bool> {
    let mut all: Vec<NetworkView> = client.all("/api/v1/networks")?;
    all.sort_by_key(|one| one.network);
    answer(&all, voice, |all| {
        let mut lines = vec![head(voice, &["network", "unit", "by", "since"])];
        lines.extend(all.iter().map(|n| vec![n.network.to_string(), n.path.clone(), n.by.clone(), n.at.to_string()]));
        columns(&lines)
    })
}

/// A unit's networks, after what is to be added and removed.
fn networks(client: &Client, voice: Voice, unit: &str, add: &[Network], remove: &[Network]) -> Result<bool> {
    let place = format!("/api/v1/units/{}/networks", find(client, unit)?.id);
    let now: UnitNetworks = match add.is_empty() && remove.is_empty() {
        true => client.get(&place)?,
        false => client.change(&place, |own: &mut UnitNetworks| {
            for network in remove {
                if !own.networks.remove(network) {
                    return Err(Fault::new("socle-network-not-there").with("network", network.to_string()));
                }
            }
            own.networks.extend(add);
            Ok(())
        })?,
    };
    answer(&now, voice, |now| match now.networks.is_empty() {
        true => words(voice, "socle-network-none", &[]),
        false => now.networks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    })
}

fn table(all: &[UnitView], voice: Voice) -> String {
    let mut lines = vec![head(voice, &["unit", "kind", "machines", "people", "id"])];
    lines.extend(all.iter().map(|unit| {
        let path = if unit.path.is_empty() { &unit.name } else { &unit.path };
        let closed = if unit.ended.is_some() { words(voice, "socle-unit-closed", &[]) } else { String::new() };
        vec![
            format!("{path}{closed}"),
            unit.kind.word().into(),
            unit.all.machines.to_string(),
            unit.all.people.to_string(),
            unit.id.to_string(),
        ]
    }));
    columns(&lines)
}

/// First only looked at, so that everything that is wrong is told at once; then, if nothing is, imported.
fn import(client: &Client, voice: Voice, list: List, file: &Path, dry_run: bool) -> Result<bool> {
    let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", file).because(e);
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    let path = format!("/api/v1/imports/{}", list.word());
    let mut report: ImportReport = client.post_text(&format!("{path}?dry_run=true"), text.clone())?;
    if report.wrong == 0 && !dry_run {
        report = client.post_text(&path, text)?;
    }
    answer(&report, voice, |report| told(report, voice))?;
    Ok(report.wrong == 0)
}

fn told(report: &ImportReport, voice: Voice) -> String {
    let mut lines = Vec::new();
    for trouble in &report.troubles {
        let column = trouble.column.as_deref().map(|c| format!(" ({c})")).unwrap_or_default();
        let values =
            [("line", trouble.line.into()), ("column", column.into()), ("why", (&trouble.problem.title).into())];
        lines.push(words(voice, "socle-import-line", &values));
    }
    if !report.done {
        lines.extend(
            report.effects.iter().map(|e| format!("{:>6}  {:<8}  {}  {}", e.line, word(e, voice), e.name, e.detail)),
        );
    }
    let key = if report.done { "socle-import-done" } else { "socle-import-would" };
    let values = [
        ("added", report.added.into()),
        ("changed", report.changed.into()),
        ("same", report.same.into()),
        ("wrong", report.wrong.into()),
    ];
    lines.push(words(voice, key, &values));
    lines.join("\n")
}

fn word(effect: &socle_wire::organisation::LineEffect, voice: Voice) -> String {
    let added = effect.effect == socle_wire::organisation::Effect::Added;
    words(voice, if added { "console-import-added" } else { "console-import-changed" }, &[])
}

/// `socle search WORDS`
pub fn search(asked: &Search, client: &Client, voice: Voice) -> Result<bool> {
    let kind = asked.kind.as_ref().map(|kind| format!("&kind={kind}")).unwrap_or_default();
    let found: Page<FoundView> = client.get(&format!("/api/v1/search?q={}{kind}", escaped(&asked.words.join(" "))))?;
    answer(&found.items, voice, |found| {
        let mut lines = vec![head(voice, &["name", "kind", "signs", "unit", "id"])];
        let kind = |f: &FoundView| words(voice, &format!("console-found-{}", f.kind), &[]);
        lines.extend(
            found.iter().map(|f| vec![f.name.clone(), kind(f), f.detail.clone(), f.path.clone(), f.id.clone()]),
        );
        columns(&lines)
    })
}
