//! `socle run …`
use super::{
    client::Client,
    masters::options,
    say::{answer, columns, head, words},
    watch,
};
use crate::{image::Voice, shape::RunWhat};
use socle_domain::Digest;
use socle_server::data::write;
use socle_texts::{Fault, Result};
use socle_wire::api::{AllowLoss, JournalView, MasterView, RunView, StartRun};

/// Carries out a command about runs.
pub fn act(what: &RunWhat, client: &Client, voice: Voice) -> Result<bool> {
    let told = |key: &'static str, run: &RunView| {
        answer(run, voice, |r| {
            words(voice, key, &[("run", r.id.to_string().into()), ("name", (&r.target_name).into())])
        })
    };
    match what {
        RunWhat::Start { machine, master, option, loss } => {
            let wish = StartRun {
                target: client.machine(machine)?.id,
                master: resolve(client, master)?,
                options: options(option)?,
                loss: *loss,
            };
            told("socle-run-started", &client.post("/api/v1/runs", &wish)?)
        }
        RunWhat::List { machine } => {
            let filter = machine.as_ref().map(|m| Ok(format!("?machine={}", client.machine(m)?.id))).transpose()?;
            let all: Vec<RunView> = client.get(&format!("/api/v1/runs{}", filter.unwrap_or_default()))?;
            answer(&all, voice, |all| table(all, voice))
        }
        RunWhat::Show { run } => {
            let view: RunView = client.get(&format!("/api/v1/runs/{run}"))?;
            answer(&view, voice, |r| watch::picture(r, voice))
        }
        RunWhat::Watch { run, timeout_seconds } => watch::run(client, *run, *timeout_seconds, voice),
        RunWhat::Cancel { run } => {
            told("socle-run-cancelling", &client.post(&format!("/api/v1/runs/{run}/cancel"), &())?)
        }
        RunWhat::Retry { run } => told("socle-run-retried", &client.post(&format!("/api/v1/runs/{run}/retry"), &())?),
        RunWhat::AllowLoss { run, census, reason } => {
            let wish = AllowLoss { census: *census, reason: reason.clone() };
            told("socle-run-loss-allowed", &client.post(&format!("/api/v1/runs/{run}/allow-loss"), &wish)?)
        }
        RunWhat::Journal { run } => {
            let journal: JournalView = client.get(&format!("/api/v1/runs/{run}/journal"))?;
            answer(&journal, voice, |journal| {
                let line = |e: &socle_domain::journal::Entry| {
                    let what = serde_json::to_value(&e.what).unwrap_or_default();
                    let event = what["event"].as_str().unwrap_or_default().to_string();
                    vec![e.number.to_string(), e.at.to_string(), e.step.clone().unwrap_or_default(), event]
                };
                columns(&journal.entries.iter().map(line).collect::<Vec<_>>())
            })
        }
        RunWhat::Proof { run, out } => {
            let bytes = client.bytes(&format!("/api/v1/runs/{run}/proof"))?;
            write(out, &bytes)?;
            let said = serde_json::json!({ "file": out, "bytes": bytes.len() });
            answer(&said, voice, |_| words(voice, "socle-proof-written", &[("path", out.into())]))
        }
    }
}

fn table(all: &[RunView], voice: Voice) -> String {
    let mut lines = vec![head(voice, &["name", "master", "state", "steps", "ordered", "run"])];
    lines.extend(all.iter().map(|r| {
        let (done, of) = r.state.settled();
        vec![
            r.target_name.clone(),
            r.master.clone(),
            words(voice, &format!("socle-run-{}", r.state.status.word()), &[]),
            format!("{done}/{of}"),
            r.ordered.to_string(),
            r.id.to_string(),
        ]
    }));
    columns(&lines)
}

/// The master that somebody means: by digest, `NAME:VERSION`, or `NAME` for the newest.
fn resolve(client: &Client, wish: &str) -> Result<Digest> {
    if let Ok(digest) = wish.parse() {
        return Ok(digest);
    }
    let (name, version) = wish.split_once(':').map_or((wish, None), |(n, v)| (n, Some(v)));
    let all: Vec<MasterView> = client.get("/api/v1/masters")?;
    // The list has the last published first.
    let found = all.iter().find(|m| m.name == name && version.is_none_or(|v| m.version == v));
    found.map(|m| m.digest).ok_or_else(|| Fault::new("socle-master-unknown").with("master", wish))
}
