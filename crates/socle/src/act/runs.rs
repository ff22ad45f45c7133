//! `socle run …`
use super::{
    client::Client,
    consents,
    masters::{options, resolve},
    say::{answer, columns, head, words},
    watch,
};
use crate::{image::Voice, shape::RunWhat};
use socle_server::data::write;
use socle_texts::Result;
use socle_wire::{
    api::{AllowLoss, JournalView, RunView, StartRun},
    rights::ApprovalView,
};

/// Carries out a command about runs.
pub fn act(what: &RunWhat, client: &Client, voice: Voice) -> Result<bool> {
    let told = |key: &'static str, run: &RunView| {
        answer(run, voice, |r| {
            words(voice, key, &[("run", r.id.to_string().into()), ("name", (&r.target_name).into())])
        })
    };
    // Where another person is asked first, what waits is told instead.
    let now_or_later = |key: &'static str, done: NowOrLater| match done {
        NowOrLater::Now(run) => told(key, &run),
        NowOrLater::Later(waits) => consents::told(&waits, voice),
    };
    match what {
        RunWhat::Start { machine, master, option, loss } => {
            let wish = StartRun {
                target: client.machine(machine)?.id,
                master: resolve(client, master)?,
                options: options(option)?,
                loss: *loss,
            };
            now_or_later("socle-run-started", client.post("/api/v1/runs", &wish)?)
        }
        RunWhat::List { machine } => {
            let filter = machine.as_ref().map(|m| Ok(format!("?machine={}", client.machine(m)?.id))).transpose()?;
            let all: Vec<RunView> = client.all(&format!("/api/v1/runs{}", filter.unwrap_or_default()))?;
            answer(&all, voice, |all| table(all, voice))
        }
        RunWhat::Show { run } => {
            let view: RunView = client.get(&format!("/api/v1/runs/{run}"))?;
            answer(&view, voice, |r| watch::picture(r, voice))
        }
        RunWhat::Watch { run, timeout_seconds } => watch::run(client, *run, *timeout_seconds, voice),
        RunWhat::Cancel { run } => {
            now_or_later("socle-run-cancelling", client.post(&format!("/api/v1/runs/{run}/cancel"), &())?)
        }
        RunWhat::Retry { run } => told("socle-run-retried", &client.post(&format!("/api/v1/runs/{run}/retry"), &())?),
        RunWhat::AllowLoss { run, census, reason } => {
            let wish = AllowLoss { census: *census, reason: reason.clone() };
            now_or_later("socle-run-loss-allowed", client.post(&format!("/api/v1/runs/{run}/allow-loss"), &wish)?)
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

/// What was done, or what waits for a second person.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum NowOrLater {
    Now(Box<RunView>),
    Later(Box<ApprovalView>),
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
