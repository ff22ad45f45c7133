//! The server's answers, as far as stories look into them.
use super::Server;
use crate::lab::namespace::Namespace;
use crate::talk::size;
use crate::trouble::Done;
use serde_json::Value;

/// A machine on the server.
pub struct MachineView {
    /// Its identifier.
    pub id: String,
    /// `to-recognise`, `known` or `refused`.
    pub state: String,
    /// The six digits on its screen.
    pub code: String,
    /// Its public key.
    pub key: String,
}

/// A run on the server.
pub struct RunView {
    /// What it is doing.
    pub status: Status,
    /// Its steps.
    pub steps: Vec<StepView>,
    /// How far the current step is.
    pub progress: Option<Progress>,
    /// How many journal entries the server holds.
    pub entries: u64,
    /// The census that waits for a person.
    pub waiting_census: Option<String>,
}

/// What a run is doing, and why it does not go on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// `running`, `failed`…
    pub word: String,
    /// The reason's code, if there is one.
    pub fault: String,
    details: String,
}

impl Status {
    fn read(value: &Value) -> Status {
        let fault = &value["fault"];
        let args = fault["args"].as_array().cloned().unwrap_or_default();
        let mut details: Vec<String> = args.iter().map(|a| format!("{}={}", text(&a[0]), a[1])).collect();
        details.extend(fault["cause"].as_str().map(str::to_string));
        Status { word: text(&value["state"]), fault: text(&fault["code"]), details: details.join(", ") }
    }

    /// The reason with its details.
    pub fn told(&self) -> String {
        if self.details.is_empty() { self.fault.clone() } else { format!("{} ({})", self.fault, self.details) }
    }
}

/// One step of a run.
pub struct StepView {
    /// Its id.
    pub id: String,
    /// `pending`, `running`, `done`, `skipped`, `tolerated` or `failed`.
    pub status: String,
    /// How long it took, or has taken so far as the server knows.
    pub seconds: f64,
}

/// How far a step is.
pub struct Progress {
    /// The step.
    pub step: String,
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Speed.
    pub bytes_per_second: u64,
    /// The most memory that the agent ever had.
    pub memory_bytes: u64,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

/// The machine with this card, the one that spoke last if there are several.
pub fn machine_view(server: &Server, room: &Namespace, mac: &str) -> Done<Option<MachineView>> {
    let list = server.get(room, "/api/v1/machines?limit=1000")?;
    let mine = list["items"].as_array().into_iter().flatten().filter(|machine| {
        machine["hints"]["macs"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|m| m.as_str().is_some_and(|m| m.eq_ignore_ascii_case(mac)))
    });
    let newest = mine.max_by_key(|machine| text(&machine["last_seen"]));
    Ok(newest.map(|m| MachineView {
        id: text(&m["id"]),
        state: text(&m["state"]),
        code: text(&m["code"]),
        key: text(&m["key"]),
    }))
}

/// A run.
pub fn run_view(server: &Server, room: &Namespace, run: &str) -> Done<RunView> {
    Ok(read_run(&server.get(room, &format!("/api/v1/runs/{run}"))?))
}

/// What a run moved, in words, from its journal.
pub fn moved(server: &Server, room: &Namespace, run: &str) -> Done<Vec<String>> {
    let journal = server.get(room, &format!("/api/v1/runs/{run}/journal"))?;
    let entries = journal["entries"].as_array().cloned().unwrap_or_default();
    Ok(entries.iter().filter_map(|entry| moved_by(&entry["what"])).collect())
}

fn moved_by(event: &Value) -> Option<String> {
    let bytes = |key: &str| size(event[key].as_u64().unwrap_or(0));
    match event["event"].as_str()? {
        "image-captured" => Some(format!(
            "captured {}, of which the repository did not have {}",
            bytes("used_bytes"),
            bytes("new_bytes")
        )),
        "image-applied" => Some(format!(
            "received {} over the network, wrote {}, read {} back",
            bytes("fetched_bytes"),
            bytes("written_bytes"),
            bytes("read_back_bytes")
        )),
        "image-reset" => Some(format!(
            "compared {}, moved {}, took {} from the cache and {} over the network, wrote {}, read {} back",
            bytes("compared_bytes"),
            bytes("found_bytes"),
            bytes("cache_bytes"),
            bytes("fetched_bytes"),
            bytes("written_bytes"),
            bytes("read_back_bytes")
        )),
        _ => None,
    }
}

fn read_run(value: &Value) -> RunView {
    let steps = value["state"]["steps"].as_array().into_iter().flatten().map(|step| StepView {
        id: text(&step["id"]),
        status: text(&step["status"]),
        seconds: match (seconds(&text(&step["began"])), seconds(&text(&step["since"]))) {
            (Some(began), Some(since)) => (since - began).max(0.0),
            _ => 0.0,
        },
    });
    let number = |key: &str| value["progress"][key].as_u64().unwrap_or(0);
    let progress = value["progress"].is_object().then(|| Progress {
        step: text(&value["progress"]["step"]),
        done_bytes: number("done_bytes"),
        total_bytes: number("total_bytes"),
        bytes_per_second: number("bytes_per_second"),
        memory_bytes: number("memory_bytes"),
    });
    RunView {
        status: Status::read(&value["state"]["status"]),
        steps: steps.collect(),
        progress,
        entries: value["entries"].as_u64().unwrap_or(0),
        waiting_census: value["waiting_census"].as_str().map(str::to_string),
    }
}

/// Seconds of `2026-11-22T07:05:00.25Z` since 1970-01-01 (RFC 3339, UTC only, as our API writes it).
fn seconds(moment: &str) -> Option<f64> {
    let (date, time) = moment.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let of_day = time.next()?? * 3600.0 + time.next()?? * 60.0 + time.next()??;
    // Days before the month, in a year that begins in March, so that the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day - 1;
    Some((days - 719_468) as f64 * 86_400.0 + of_day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_are_read() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(seconds("2000-03-01T00:00:00Z"), Some(951_868_800.0));
        assert_eq!(seconds("2026-11-22T07:05:00.25Z"), Some(1_795_331_100.25));
        assert_eq!(seconds("2026-11-22 07:05"), None);
    }

    #[test]
    fn what_was_moved_is_told() {
        let event = json!({"event": "image-captured", "used_bytes": 2048, "new_bytes": 1024});
        assert_eq!(moved_by(&event).as_deref(), Some("captured 2.0 KiB, of which the repository did not have 1.0 KiB"));
        assert_eq!(moved_by(&json!({"event": "run-completed"})), None);
    }

    #[test]
    fn a_run_is_read() {
        let view = read_run(&json!({
            "state": {
                "status": {"state": "failed", "fault": {"code": "disk-too-small", "args": [["disk", "nvme0n1"]], "cause": "x"}},
                "steps": [{"id": "fit", "status": "done", "began": "2026-11-22T07:05:00Z", "since": "2026-11-22T07:05:01.5Z"}]
            },
            "progress": null,
            "waiting_census": null
        }));
        assert_eq!(view.status.word, "failed");
        assert_eq!(view.status.told(), "disk-too-small (disk=\"nvme0n1\", x)");
        assert_eq!((view.steps[0].id.as_str(), view.steps[0].seconds), ("fit", 1.5));
        assert!(view.progress.is_none() && view.waiting_census.is_none());
    }
}
