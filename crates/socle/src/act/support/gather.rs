//! What goes into a bundle: chosen piece by piece, and each scrubbed on its way.
use super::{config, log, pack::Part, scrub::Scrub};
use crate::{
    act::doctor::{examine, text, told},
    image::Voice,
};
use serde_json::{Value, json};
use socle_db::{
    Scope, boot_events,
    dump::{Named, Snapshot, steps_to_take},
};
use socle_domain::recognise::Hints;
use socle_server::{
    Data,
    doctor::{Ground, Wish, heard_before, view},
};
use socle_texts::Result;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Files listed of the data folder.
const MAX_LISTED: usize = 500;

/// Gathers everything. What can't be had is left out, and the doctor's findings say why.
pub async fn all(
    ground: &Ground,
    wish: &Wish,
    hours: u32,
    logs: &[PathBuf],
    voice: Voice,
    scrub: &mut Scrub,
) -> Result<Vec<Part>> {
    let mut database = view(ground).await;
    if let Ok(view) = &mut database {
        learn(view, scrub).await?;
    }
    config::secrets(&ground.config).iter().for_each(|secret| scrub.forbid(secret));
    if let Some(name) = own_name() {
        scrub.learn("server", &name, false);
    }
    let found = examine(ground, wish).await;
    let mut parts = vec![
        tree("about.json", "socle-support-about", scrub, &about(ground)),
        plain("config.toml", "socle-support-config", scrub.text(&config::text(&ground.config))),
        tree("doctor.json", "socle-support-doctor", scrub, &told(&found, voice)),
        plain("doctor.txt", "socle-support-doctor-text", scrub.text(&text(&found, voice, false, false))),
        tree("files.json", "socle-support-files", scrub, &files(&ground.data)),
    ];
    match database {
        Ok(mut view) => {
            parts.push(tree("database.json", "socle-support-database", scrub, &tables(&mut view).await));
            parts.push(lines("boot-events.jsonl", "socle-support-events", scrub, events(&mut view).await));
            let _ = view.end().await;
        }
        Err(fault) => parts.push(tree("database.json", "socle-support-database", scrub, &json!({ "fault": fault }))),
    }
    parts.push(lines("heard.jsonl", "socle-support-heard", scrub, heard_before(&Data::at(&ground.data).heard())));
    let log = scrub.lines(&log::lines(logs, hours, ground.now));
    parts.push(plain("log.jsonl", "socle-support-log", log));
    Ok(parts)
}

/// Learns every name that the database knows.
async fn learn(view: &mut Snapshot, scrub: &mut Scrub) -> Result<()> {
    for (named, name) in view.names().await? {
        match named {
            Named::Person => scrub.learn("person", &name, true),
            Named::Machine => scrub.learn("machine", &name, false),
            Named::Serial => scrub.learn("serial", &name, false),
            Named::Hints => {
                let hints: Hints = serde_json::from_str(&name).unwrap_or_default();
                hints.serial.iter().chain(&hints.uuid).for_each(|text| scrub.learn("serial", text, false));
            }
        }
    }
    Ok(())
}

fn plain(name: &'static str, about: &'static str, text: String) -> Part {
    Part { name, about, bytes: text.into_bytes() }
}

fn tree(name: &'static str, about: &'static str, scrub: &Scrub, value: &Value) -> Part {
    let bytes = serde_json::to_vec_pretty(&scrub.json(value)).unwrap_or_default();
    Part { name, about, bytes }
}

fn lines(name: &'static str, about: &'static str, scrub: &Scrub, values: Vec<Value>) -> Part {
    plain(name, about, values.iter().map(|value| scrub.json(value).to_string() + "\n").collect())
}

/// The version, and what the server runs on; never its name.
fn about(ground: &Ground) -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_string();
    let release = read("/etc/os-release");
    let field = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.map(|value| value.trim_matches('"').to_string())
    };
    let memory = read("/proc/meminfo").lines().next().unwrap_or("").to_string();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "made": ground.now,
        "system": field("PRETTY_NAME"),
        "kernel": read("/proc/sys/kernel/osrelease"),
        "architecture": std::env::consts::ARCH,
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": memory,
        "up_seconds": read("/proc/uptime").split('.').next().unwrap_or(""),
    })
}

/// What this computer is called, if that says anything.
fn own_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_string();
    (!name.is_empty() && name != "localhost" && name != "(none)").then_some(name)
}

/// The files of the data folder with their sizes and rights; images are counted.
fn files(data: &Path) -> Value {
    let mut listed = Vec::new();
    let (mut images, mut image_bytes) = (0u64, 0u64);
    let mut folders = vec![data.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let path = entry.path();
            let relative = path.strip_prefix(data).unwrap_or(&path).display().to_string();
            if meta.is_dir() {
                folders.push(path);
            } else if relative.starts_with("repository/") {
                (images, image_bytes) = (images + 1, image_bytes + meta.len());
            } else if listed.len() < MAX_LISTED {
                let mode = format!("{:o}", meta.mode() & 0o7777);
                listed.push(json!({ "path": relative, "bytes": meta.len(), "mode": mode, "owner": meta.uid() }));
            }
        }
    }
    listed.sort_by_key(|one| one["path"].to_string());
    json!({ "files": listed, "repository": { "files": images, "bytes": image_bytes } })
}

async fn tables(view: &mut Snapshot) -> Value {
    let steps = view.steps().await.unwrap_or_default();
    let left = steps_to_take(&steps);
    let names: Vec<&str> = steps.iter().map(|s| s.name.as_str()).collect();
    json!({
        "steps_taken": names,
        "steps_to_take": left.as_ref().ok(),
        "fault": left.err(),
        "rows": view.counts().await.unwrap_or_default(),
    })
}

async fn events(view: &mut Snapshot) -> Vec<Value> {
    let all = boot_events::newest(view.conn(), Scope::ROOT, boot_events::KEPT as u32).await.unwrap_or_default();
    let one = |event: boot_events::BootEvent| {
        let what: Value = serde_json::from_str(&event.what).unwrap_or(Value::String(event.what));
        json!({ "at": event.at, "who": event.who, "service": event.service, "what": what })
    };
    all.into_iter().map(one).collect()
}
