//! Following a run, and everything.
use super::{
    client::Client,
    say::{columns, words},
};
use crate::{image::Voice, out};
use socle_domain::{
    RunId,
    run::{Status, StepStatus},
};
use socle_texts::{Fault, Result, next_step, tell};
use socle_wire::api::RunView;
use std::{
    io::{BufRead, BufReader},
    thread::sleep,
    time::{Duration, Instant},
};

/// Follows a run until it is over, fails or waits for a person. Well: it completed.
pub fn run(client: &Client, run: RunId, timeout_seconds: Option<u64>, voice: Voice) -> Result<bool> {
    let begin = Instant::now();
    let mut last = String::new();
    loop {
        let view: RunView = client.get(&format!("/api/v1/runs/{run}"))?;
        let now = match voice.json {
            true => serde_json::to_string(&view).map_err(|e| Fault::new("socle-answer-unreadable").because(e))?,
            false => picture(&view, voice),
        };
        if now != last {
            if !out::line(&now) {
                return Ok(true);
            }
            last = now;
        }
        match view.state.status {
            Status::Completed => return Ok(true),
            Status::Failed { .. } | Status::Cancelled | Status::Waiting { .. } => return Ok(false),
            Status::Ordered | Status::Running => {}
        }
        if timeout_seconds.is_some_and(|limit| begin.elapsed() >= Duration::from_secs(limit)) {
            return Err(Fault::new("socle-watch-over").with("seconds", timeout_seconds.unwrap_or_default()));
        }
        sleep(Duration::from_secs(1));
    }
}

/// A run in a few lines.
pub fn picture(view: &RunView, voice: Voice) -> String {
    let state = words(voice, &format!("socle-run-{}", view.state.status.word()), &[]);
    let mut text = format!("{} · {} · {state}\n", view.target_name, view.master);
    let line = |s: &socle_domain::run::StepState| {
        let word = match s.status {
            StepStatus::Pending => "pending",
            StepStatus::Running => "running",
            StepStatus::Done => "done",
            StepStatus::Skipped => "skipped",
            StepStatus::Tolerated => "tolerated",
            StepStatus::Failed => "failed",
        };
        let live = view.progress.as_ref().filter(|p| p.step == s.id && p.total_bytes > 0);
        let percent = live.map(|p| format!("{} %", p.done_bytes * 100 / p.total_bytes.max(1))).unwrap_or_default();
        vec![format!("  {}", s.id), words(voice, &format!("socle-step-{word}"), &[]), percent]
    };
    text += &columns(&view.state.steps.iter().map(line).collect::<Vec<_>>());
    if let Status::Failed { fault } | Status::Waiting { fault } = &view.state.status {
        text += &format!("\n{}", tell(voice.lang, fault));
        if let Some(next) = next_step(voice.lang, fault) {
            text += &format!("\n{next}");
        }
    }
    if let Some(census) = view.waiting_census {
        text += &format!("\n{}", words(voice, "socle-run-census", &[("census", census.to_string().into())]));
    }
    text
}

/// `socle events`: one JSON line per event, until the server ends.
pub fn events(client: &Client) -> Result<bool> {
    let lines = BufReader::new(client.stream("/api/v1/events")?).lines();
    for line in lines {
        let line = line.map_err(|e| Fault::new("socle-events-cut").because(e))?;
        if line.strip_prefix("data:").is_some_and(|data| !out::line(data.trim_start())) {
            break;
        }
    }
    Ok(true)
}
