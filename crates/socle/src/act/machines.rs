//! `socle machine …` and `socle status`.
use super::{
    client::Client,
    consents,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::MachineWhat};
use socle_domain::order::BootFrom;
use socle_texts::{Fault, Result};
use socle_wire::{
    api::{Accept, AnnouncedResult, MachineView, ReplaceIdentity, ServerStatus},
    boot_once::{BootOnceView, OrderBootOnce, Wake, WakeView},
    rights::ApprovalView,
};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// Between two looks at what came of an order.
const LOOK: Duration = Duration::from_secs(2);

/// Carries out a command about machines.
pub fn act(what: &MachineWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        MachineWhat::List { state, trust } => {
            let asked = [("state", state), ("trust", trust)];
            let asked: Vec<String> =
                asked.iter().filter_map(|(name, word)| Some(format!("{name}={}", word.as_ref()?))).collect();
            let filter = if asked.is_empty() { String::new() } else { format!("?{}", asked.join("&")) };
            let mut all: Vec<MachineView> = client.all(&format!("/api/v1/machines{filter}"))?;
            // Those that wait first, then by name.
            all.sort_by(|a, b| {
                (a.state != "to-recognise", &a.name, a.id).cmp(&(b.state != "to-recognise", &b.name, b.id))
            });
            answer(&all, voice, |all| table(all, voice))
        }
        MachineWhat::Show { machine } => {
            answer(&client.machine(machine)?, voice, |m| serde_json::to_string_pretty(m).unwrap_or_default())
        }
        MachineWhat::Accept { machine, name } => {
            let id = client.machine(machine)?.id;
            let wish = Accept { name: name.clone(), unit: None };
            let view: MachineView = client.post(&format!("/api/v1/machines/{id}/accept"), &wish)?;
            answer(&view, voice, |_| words(voice, "socle-machine-accepted", &[("name", name.into())]))
        }
        MachineWhat::Refuse { machine } => {
            let id = client.machine(machine)?.id;
            let view: MachineView = client.post(&format!("/api/v1/machines/{id}/refuse"), &())?;
            answer(&view, voice, |_| words(voice, "socle-machine-refused-now", &[]))
        }
        MachineWhat::BootOnce { machine, from, timeout_seconds } => {
            let machine = client.machine(machine)?;
            let from = from.parse().unwrap_or_default();
            boot_once(&machine, from, Duration::from_secs(*timeout_seconds), client, voice)
        }
        MachineWhat::Wake { machine, timeout_seconds } => {
            let machine = client.machine(machine)?;
            let wish = Wake { wait_seconds: *timeout_seconds };
            let view: WakeView = client.post(&format!("/api/v1/machines/{}/wake", machine.id), &wish)?;
            answer(&view, voice, |view| {
                let name = machine.name.clone().unwrap_or_default();
                let values = [
                    ("name", name.into()),
                    ("interface", (&view.interface).into()),
                    ("cards", view.sent_to.join(", ").into()),
                    ("seconds", view.after_seconds.unwrap_or_default().into()),
                ];
                let came = view.spoke_from.as_ref();
                words(voice, &format!("socle-wake-{}", came.map_or("silent", String::as_str)), &values)
            })?;
            Ok(view.spoke_from.is_some() || *timeout_seconds == 0)
        }
        MachineWhat::Again { machine, name } => {
            let (stranger, known) = (client.machine(machine)?, client.machine(name)?);
            let wish = ReplaceIdentity { stranger: stranger.id, key: stranger.key };
            let path = format!("/api/v1/machines/{}/replace-identity", known.id);
            match client.post(&path, &wish)? {
                NowOrLater::<MachineView>::Now(view) => {
                    let name = view.name.clone().unwrap_or_default();
                    answer(&view, voice, |_| words(voice, "socle-machine-again", &[("name", name.into())]))
                }
                NowOrLater::Later(waits) => consents::told(&waits, voice),
            }
        }
        MachineWhat::Announce { file } => {
            let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", file).because(e);
            let csv = std::fs::read_to_string(file).map_err(unreadable)?;
            let result: AnnouncedResult = client.post_text("/api/v1/announced", csv)?;
            answer(&result, voice, |r| words(voice, "socle-machines-announced", &[("n", r.announced.into())]))
        }
    }
}

/// Orders it, and waits for what comes of it where that is wished.
fn boot_once(machine: &MachineView, from: BootFrom, limit: Duration, client: &Client, voice: Voice) -> Result<bool> {
    let path = format!("/api/v1/machines/{}/boot-once", machine.id);
    let mut view = match client.post(&path, &OrderBootOnce { from })? {
        NowOrLater::<BootOnceView>::Now(view) => *view,
        NowOrLater::Later(waits) => return consents::told(&waits, voice),
    };
    let begin = Instant::now();
    while matches!(view.state.as_str(), "ordered" | "armed") && begin.elapsed() < limit {
        sleep(LOOK);
        let all: Vec<BootOnceView> = client.all(&path)?;
        view = all.into_iter().find(|one| one.number == view.number).unwrap_or(view);
    }
    answer(&view, voice, |view| {
        let name = machine.name.clone().unwrap_or_default();
        let said = words(voice, &format!("socle-boot-once-{}", view.state), &[("name", name.into())]);
        match &view.fault {
            Some(fault) => format!("{said}\n{}", socle_texts::tell(voice.lang, fault)),
            None => said,
        }
    })?;
    Ok(view.state == "came" || limit.is_zero())
}

/// What was done, or what waits for a second person.
#[derive(serde::Deserialize)]
#[serde(untagged)]
pub(super) enum NowOrLater<T> {
    Now(Box<T>),
    Later(Box<ApprovalView>),
}

fn table(all: &[MachineView], voice: Voice) -> String {
    let mut lines = vec![head(voice, &["name", "state", "code", "mac", "product", "id"])];
    lines.extend(all.iter().map(|m| {
        vec![
            m.name.clone().unwrap_or_else(|| "–".into()),
            words(voice, &format!("socle-machine-{}", m.state), &[]),
            m.code.clone(),
            m.hints.macs.first().cloned().unwrap_or_default(),
            m.hints.product.clone().unwrap_or_default(),
            m.id.to_string(),
        ]
    }));
    columns(&lines)
}

/// `socle status`
pub fn status(client: &Client, voice: Voice) -> Result<bool> {
    let status: ServerStatus = client.get("/api/v1/status")?;
    answer(&status, voice, |s| {
        let counts = |map: &std::collections::BTreeMap<String, u64>, kind: &str| {
            let one =
                |(state, n): (&String, &u64)| format!("{} {n}", words(voice, &format!("socle-{kind}-{state}"), &[]));
            match map.is_empty() {
                true => words(voice, "socle-none", &[]),
                false => map.iter().map(one).collect::<Vec<_>>().join(", "),
            }
        };
        let values = [
            ("version", s.version.clone().into()),
            // To the second: nobody reads billionths.
            ("since", s.since.strftime("%Y-%m-%d %H:%M:%S UTC").to_string().into()),
            ("machines", counts(&s.machines, "machine").into()),
            ("runs", counts(&s.runs, "run").into()),
            ("memory", (s.memory_bytes >> 20).into()),
        ];
        words(voice, "socle-status", &values)
    })
}
