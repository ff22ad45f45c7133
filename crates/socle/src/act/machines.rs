//! `socle machine …` and `socle status`.
use super::{
    client::Client,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::MachineWhat};
use socle_texts::{Fault, Result};
use socle_wire::api::{Accept, AnnouncedResult, MachineView, ServerStatus};

/// Carries out a command about machines.
pub fn act(what: &MachineWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        MachineWhat::List { state } => {
            let filter = state.as_ref().map(|s| format!("?state={s}")).unwrap_or_default();
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
        MachineWhat::Announce { file } => {
            let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", file).because(e);
            let csv = std::fs::read_to_string(file).map_err(unreadable)?;
            let result: AnnouncedResult = client.post_text("/api/v1/announced", csv)?;
            answer(&result, voice, |r| words(voice, "socle-machines-announced", &[("n", r.announced.into())]))
        }
    }
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
