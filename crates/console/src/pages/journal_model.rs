//! The journal as sentences in the reader's language.
use super::{RunWithSteps, census_model::census};
use crate::{model::model, speak::Speak};
use minijinja::Value;
use socle_domain::{
    journal::{Entry, Event, Identity, Kept},
    sequence::{ReadBack, RebootInto},
};
use socle_texts::{Arg, Fault, says};

/// One sentence: its tone, its icon, and what hangs below it.
struct Line {
    tone: &'static str,
    icon: &'static str,
    text: String,
    fault: Option<Value>,
    facts: Vec<(String, String)>,
    census: Option<Value>,
}

impl Line {
    fn new(tone: &'static str, icon: &'static str, text: String) -> Self {
        Line { tone, icon, text, fault: None, facts: vec![], census: None }
    }
    fn fault(mut self, speak: &Speak, fault: &Fault) -> Self {
        self.fault = Some(speak.fault(fault));
        self
    }
}

/// The journal as a person reads it, from its beginning. What an entry repeats of the one before is left out: a step that
/// fails for good makes its run fail for the same reason.
pub(crate) fn lines(speak: &Speak, run: &RunWithSteps, entries: &[Entry]) -> Vec<Value> {
    let mut before = None;
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        let fault = fault(&entry.what);
        lines.push(line(speak, run, entry, fault.is_some() && fault == before));
        before = fault;
    }
    lines
}

fn fault(what: &Event) -> Option<&Fault> {
    match what {
        Event::Warning { fault }
        | Event::StepFailed { fault, .. }
        | Event::Waiting { fault }
        | Event::RunFailed { fault } => Some(fault),
        _ => None,
    }
}

fn line(speak: &Speak, run: &RunWithSteps, entry: &Entry, repeats: bool) -> Value {
    let step = entry.step.as_ref().map(|id| run.title_of(speak, id)).unwrap_or_default();
    let line = sentence(speak, &step, &entry.what);
    model! {
        number => entry.number,
        anchor => format!("entry-{}", entry.number),
        at => speak.moment(entry.at),
        tone => line.tone,
        icon => line.icon,
        text => line.text,
        fault => line.fault.filter(|_| !repeats),
        facts => line.facts,
        census => line.census,
    }
}

fn sentence(speak: &Speak, step: &str, what: &Event) -> Line {
    let say = |key: &str, args: &[(&str, Arg)]| speak.say(&format!("console-event-{key}"), args);
    let about = ("step", Arg::from(step));
    match what {
        Event::RunStarted { agent, .. } => {
            Line::new("active", "player-play", say("run-started", &[("agent", agent.into())]))
        }
        Event::RunResumed { times } => Line::new("wait", "refresh", say("run-resumed", &[("n", (*times).into())])),
        Event::MemoryReady { kept: Kept::Partition } => {
            Line::new("quiet", "device-sd-card", say("memory-partition", &[]))
        }
        Event::MemoryReady { kept: Kept::File } => Line::new("quiet", "device-sd-card", say("memory-file", &[])),
        Event::StepStarted { attempt: 1 } => Line::new("active", "chevron-right", say("step-started", &[about])),
        Event::StepStarted { attempt } => {
            Line::new("active", "chevron-right", say("step-again", &[about, ("n", (*attempt).into())]))
        }
        Event::StepCompleted { facts } => {
            let facts =
                facts.iter().map(|(name, value)| (fact_name(speak, name), fact_value(speak, name, value))).collect();
            Line { facts, ..Line::new("good", "check", say("step-completed", &[about])) }
        }
        Event::StepSkipped { when } => {
            Line::new("quiet", "player-skip-forward", say("step-skipped", &[about, ("when", when.into())]))
        }
        Event::Warning { fault } => Line::new("wait", "alert-triangle", say("warning", &[])).fault(speak, fault),
        Event::StepFailed { fault, again } => {
            let key = if *again { "step-failed-again" } else { "step-failed" };
            Line::new("bad", "x", say(key, &[about])).fault(speak, fault)
        }
        // The list stands in the census just before.
        Event::Waiting { fault } if fault.is("agent-loss-unsettled") => {
            Line::new("wait", "hand-stop", say("waiting-loss", &[]))
        }
        Event::Waiting { fault } => Line::new("wait", "hand-stop", say("waiting", &[])).fault(speak, fault),
        Event::CensusBefore { census: c } => Line {
            census: Some(census(speak, c)),
            ..Line::new(
                "quiet",
                "list-search",
                say(
                    if c.holds_nothing() { "census-empty" } else { "census-before" },
                    &counted(speak, c.items(), c.bytes()),
                ),
            )
        },
        Event::CensusAfter { census: c } => Line {
            census: Some(census(speak, c)),
            ..Line::new("quiet", "list-search", say("census-after", &counted(speak, c.items(), c.bytes())))
        },
        Event::LossAllowed { order: Some(number), .. } => {
            Line::new("wait", "circle-check", say("loss-allowed", &[("order", number.to_string().into())]))
        }
        Event::LossAllowed { order: None, .. } => Line::new("quiet", "circle-check", say("loss-by-policy", &[])),
        Event::ImageApplied { .. } | Event::ImageReset { .. } | Event::ImageCaptured { .. } => image(speak, what),
        Event::IdentityRead(identity) => Line {
            facts: identity_facts(speak, identity),
            ..Line::new("good", "id-badge-2", say("identity-read", &[("name", (&identity.hostname).into())]))
        },
        Event::Rebooting { into } => {
            let key = match into {
                RebootInto::Installed => "rebooting-installed",
                RebootInto::Boot => "rebooting-boot",
                RebootInto::Off => "rebooting-off",
            };
            Line::new("quiet", "power", say(key, &[]))
        }
        Event::OrderReceived { number, .. } => {
            Line::new("quiet", "mail-opened", say("order-received", &[("order", number.to_string().into())]))
        }
        Event::RunCancelled {} => Line::new("quiet", "player-stop", say("run-cancelled", &[])),
        Event::RunFailed { fault } => Line::new("bad", "alert-triangle", say("run-failed", &[])).fault(speak, fault),
        Event::RunCompleted {} => Line::new("good", "circle-check", say("run-completed", &[])),
    }
}

fn image(speak: &Speak, what: &Event) -> Line {
    let say = |key: &str, args: &[(&str, Arg)]| speak.say(&format!("console-event-{key}"), args);
    match what {
        Event::ImageApplied { image, written_bytes, chunks, fetched_bytes, policy, read_back_bytes } => {
            let policy = match policy {
                ReadBack::All => say("read-back-all", &[]),
                ReadBack::OneIn(n) => say("read-back-one-in", &[("n", (*n).into())]),
            };
            let facts = vec![
                (say("fact-image", &[]), image.short()),
                (say("fact-chunks", &[]), speak.number(*chunks)),
                (say("fact-fetched", &[]), speak.bytes(*fetched_bytes)),
                (say("fact-read-back", &[]), format!("{} ({policy})", speak.bytes(*read_back_bytes))),
            ];
            let text = say("image-applied", &[("bytes", speak.bytes(*written_bytes).into())]);
            Line { facts, ..Line::new("good", "disc", text) }
        }
        Event::ImageReset {
            image, compared_bytes, in_place_bytes, found_bytes, cache_bytes, fetched_bytes, ..
        } => {
            let Event::ImageReset { written_bytes, read_back_bytes, gone_bytes, .. } = what else {
                return Line::new("quiet", "circle", String::new());
            };
            let mut facts = vec![
                (say("fact-image", &[]), image.short()),
                (say("fact-compared", &[]), speak.bytes(*compared_bytes)),
                (say("fact-in-place", &[]), speak.bytes(*in_place_bytes)),
                (say("fact-found", &[]), speak.bytes(*found_bytes)),
                (say("fact-cache", &[]), speak.bytes(*cache_bytes)),
                (say("fact-fetched", &[]), speak.bytes(*fetched_bytes)),
                (say("fact-read-back", &[]), speak.bytes(*read_back_bytes)),
            ];
            facts.extend(gone_bytes.map(|bytes| (say("fact-gone", &[]), speak.bytes(bytes))));
            let text = say("image-reset", &[("bytes", speak.bytes(*written_bytes).into())]);
            Line { facts, ..Line::new("good", "disc", text) }
        }
        Event::ImageCaptured { image, name, used_bytes, new_bytes, chunks } => {
            let facts = vec![
                (say("fact-image", &[]), image.short()),
                (say("fact-chunks", &[]), speak.number(*chunks)),
                (say("fact-new", &[]), speak.bytes(*new_bytes)),
            ];
            let text = say("image-captured", &[("name", name.into()), ("bytes", speak.bytes(*used_bytes).into())]);
            Line { facts, ..Line::new("good", "camera", text) }
        }
        _ => Line::new("quiet", "circle", String::new()),
    }
}

fn counted(speak: &Speak, items: u64, bytes: u64) -> [(&'static str, Arg); 3] {
    [("items", speak.number(items).into()), ("n", items.into()), ("bytes", speak.bytes(bytes).into())]
}

/// What a fact of a step is called; a word that has no text yet is shown as it is.
fn fact_name(speak: &Speak, name: &str) -> String {
    let key: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    says(speak.lang, &format!("console-step-fact-{key}"), &[]).unwrap_or_else(|| name.replace('_', " "))
}

/// Sizes are written as sizes, where the fact's name says that it is one.
fn fact_value(speak: &Speak, name: &str, value: &str) -> String {
    match (value.parse::<u64>(), name.rsplit(['-', '_']).next()) {
        (Ok(bytes), Some("bytes")) => speak.bytes(bytes),
        (Ok(mib), Some("mib")) => speak.bytes(mib << 20),
        _ => value.to_string(),
    }
}

pub(crate) fn identity_facts(speak: &Speak, identity: &Identity) -> Vec<(String, String)> {
    let say = |key: &str| speak.say(&format!("console-identity-{key}"), &[]);
    let mut facts = vec![
        (say("hostname"), identity.hostname.clone()),
        (say("system"), identity.system.clone()),
        (say("kernel"), identity.kernel.clone()),
        (say("machine-id"), identity.machine_id.short()),
        (say("disk"), identity.disk_guid.clone()),
    ];
    facts.extend(
        identity
            .ssh_host_keys
            .iter()
            .map(|(kind, print)| (speak.say("console-identity-ssh", &[("kind", kind.into())]), print.clone())),
    );
    facts.extend(identity.partition_guids.iter().map(|(number, guid)| {
        (speak.say("console-identity-partition", &[("n", number.to_string().into())]), guid.clone())
    }));
    facts.extend(identity.filesystem_ids.iter().map(|(number, id)| {
        (speak.say("console-identity-filesystem", &[("n", number.to_string().into())]), id.clone())
    }));
    facts
}
