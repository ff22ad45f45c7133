//! `socle master …`
use super::{
    client::{Client, escaped},
    now,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::MasterWhat};
use serde_json::Value;
use socle_domain::{
    Digest, UnitId,
    master::{Change, DiffLine, Master, MasterDiff, Side, Stage},
    sign::Signed,
};
use socle_server::data::{read_json, to_json, write};
use socle_texts::{Fault, Result};
use socle_trust::KeyPair;
use socle_wire::{
    api::{ImageView, MasterView},
    options::{DraftView, MoveMaster, Pilots, TakenMasters, TakenMastersView, WriteDraft},
};
use std::{collections::BTreeMap, path::Path};

/// Lines around a difference that are shown with it.
const AROUND: usize = 2;

/// Carries out a command about masters.
pub fn act(what: &MasterWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        MasterWhat::Sign { file, name, version, image, option, unit, generation, key, out } => {
            if file.extension().is_some_and(|e| e == "json") {
                return sign_draft(file, key, out, voice);
            }
            let named = |value: &Option<String>, what| {
                value.clone().ok_or_else(|| Fault::new("socle-master-unnamed").with("what", what))
            };
            let master = Master {
                name: named(name, "--name")?,
                version: named(version, "--version")?,
                unit: unit.unwrap_or(UnitId::ROOT),
                sequence: text(file)?,
                images: images(client, image)?,
                options: options(option)?,
                at: now(),
                generation: generation.unwrap_or(0),
                ..Master::default()
            };
            sign(&master, key, out, voice)
        }
        MasterWhat::Draft { file, name, version, image, option, unit, generation, out } => {
            let wish = WriteDraft {
                unit: Some(unit.unwrap_or(UnitId::ROOT)),
                name: name.clone(),
                version: version.clone(),
                sequence: text(file)?,
                images: images(client, image)?,
                options: options(option)?,
                packages: BTreeMap::new(),
                drivers: BTreeMap::new(),
                generation: *generation,
            };
            let all: Vec<DraftView> = client.all("/api/v1/drafts")?;
            let same = |d: &&DraftView| {
                d.master.name == wish.name && d.master.version == wish.version && Some(d.master.unit) == wish.unit
            };
            let view: DraftView = match all.iter().find(same) {
                Some(before) => client.put(&format!("/api/v1/drafts/{}", before.id), &wish)?,
                None => client.post("/api/v1/drafts", &wish)?,
            };
            if let Some(out) = out {
                write(out, &to_json(&view)?)?;
            }
            answer(&view, voice, |v| {
                let values = [("name", name.into()), ("version", version.into()), ("draft", v.id.to_string().into())];
                words(voice, "socle-master-drafted", &values)
            })
        }
        MasterWhat::Drafts => {
            let all: Vec<DraftView> = client.all("/api/v1/drafts")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["name", "version", "by", "ordered", "id"])];
                lines.extend(all.iter().map(|d| {
                    let Master { name, version, .. } = &d.master;
                    vec![name.clone(), version.clone(), d.by.clone(), d.at.to_string(), d.id.to_string()]
                }));
                columns(&lines)
            })
        }
        MasterWhat::Publish { file } => {
            let signed: Signed<Master> = read_json(file)?;
            let view: MasterView = client.post("/api/v1/masters", &signed)?;
            answer(&view, voice, |v| {
                words(voice, "socle-master-published", &[("name", (&v.name).into()), ("version", (&v.version).into())])
            })
        }
        MasterWhat::Promote { master, to } => {
            let digest = resolve(client, master)?;
            moved(client.post(&format!("/api/v1/masters/{digest}/move"), &MoveMaster { to: *to })?, voice)
        }
        MasterWhat::Rollback { name } => {
            let all: Vec<MasterView> = client.all("/api/v1/masters")?;
            let now = all.iter().find(|m| m.name == *name && m.stage == Stage::Production);
            let now = now.ok_or_else(|| Fault::new("socle-master-unknown").with("master", name))?;
            moved(client.post(&format!("/api/v1/masters/{}/rollback", now.digest), &())?, voice)
        }
        MasterWhat::Diff { before, after } => {
            let from = resolve(client, before)?;
            let to = resolve(client, after).map(|d| d.to_string()).or_else(|fault| match after.parse::<UnitId>() {
                // A draft's identifier has the same form.
                Ok(draft) => Ok(draft.to_string()),
                Err(_) => Err(fault),
            })?;
            let diff: MasterDiff = client.get(&format!("/api/v1/masters/{from}/diff?to={}", escaped(&to)))?;
            answer(&diff, voice, |d| side_by_side(d, voice))
        }
        MasterWhat::Pilots { master, unit } => {
            let digest = resolve(client, master)?;
            let wish = Pilots { units: unit.clone() };
            let told: Pilots = client.put(&format!("/api/v1/masters/{digest}/pilots"), &wish)?;
            answer(&told, voice, |t| words(voice, "socle-master-pilots", &[("n", t.units.len().into())]))
        }
        MasterWhat::Offer { unit, name, all } => {
            let wish = TakenMasters { names: (!all).then(|| name.clone()) };
            let told: TakenMastersView = client.put(&format!("/api/v1/units/{unit}/masters"), &wish)?;
            answer(&told, voice, |t| {
                let offered = t.offered.iter().map(|m| format!("{} {}", m.name, m.version)).collect::<Vec<_>>();
                let offered = if offered.is_empty() { "–".to_string() } else { offered.join(", ") };
                words(voice, "socle-master-offered", &[("masters", offered.into())])
            })
        }
        MasterWhat::List => {
            let all: Vec<MasterView> = client.all("/api/v1/masters")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["name", "version", "stage", "steps", "digest"])];
                let line = |m: &MasterView| {
                    let stage = words(voice, &format!("socle-stage-{}", m.stage.word()), &[]);
                    vec![m.name.clone(), m.version.clone(), stage, m.steps.to_string(), m.digest.to_string()]
                };
                lines.extend(all.iter().map(line));
                columns(&lines)
            })
        }
    }
}

/// A move that was made, or that waits for a second person.
fn moved(told: Value, voice: Voice) -> Result<bool> {
    answer(&told, voice, |told| match told["name"].as_str() {
        Some(name) => {
            let stage = words(voice, &format!("socle-stage-{}", told["stage"].as_str().unwrap_or_default()), &[]);
            let version = told["version"].as_str().unwrap_or_default();
            words(
                voice,
                "socle-master-moved",
                &[("name", name.into()), ("version", version.into()), ("stage", stage.into())],
            )
        }
        None => words(voice, "socle-master-waits", &[("id", told["id"].as_str().unwrap_or_default().into())]),
    })
}

/// Signs a draft as the server gave it: it may have been carried to a computer without any network.
pub fn sign_draft(file: &Path, key: &Path, out: &Path, voice: Voice) -> Result<bool> {
    let value: Value = read_json(file)?;
    // The whole answer about a draft, or the master alone.
    let master = value.get("master").cloned().unwrap_or(value);
    let unreadable = |e: serde_json::Error| Fault::new("texts-file-unreadable").with("path", file).because(e);
    let master: Master = serde_json::from_value(master).map_err(unreadable)?;
    sign(&Master { at: now(), ..master }, key, out, voice)
}

fn sign(master: &Master, key: &Path, out: &Path, voice: Voice) -> Result<bool> {
    // Errors of the text are met here, by line, before anything is signed.
    master.check()?;
    let signed = Signed::new(master, &KeyPair::load(key)?);
    write(out, &to_json(&signed)?)?;
    let said = serde_json::json!({
        "file": out, "digest": signed.digest(), "name": master.name, "version": master.version,
        "generation": master.generation,
    });
    answer(&said, voice, |_| words(voice, "socle-master-signed", &[("path", out.into())]))
}

fn text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|e| Fault::new("texts-file-unreadable").with("path", file).because(e))
}

/// Images by the names that the sequence gives them: `NAME=DIGEST`, `NAME=IMAGE`, `NAME`.
fn images(client: &Client, wishes: &[String]) -> Result<BTreeMap<String, Digest>> {
    let mut images = BTreeMap::new();
    for wish in wishes {
        let (name, image) = wish.split_once('=').unwrap_or((wish, wish));
        let digest = match image.parse() {
            Ok(digest) => digest,
            Err(_) => newest(client, image)?.image,
        };
        images.insert(name.to_string(), digest);
    }
    Ok(images)
}

/// The newest image of a name on the server.
pub fn newest(client: &Client, name: &str) -> Result<ImageView> {
    let all: Vec<ImageView> = client.all("/api/v1/images")?;
    let named = all.into_iter().filter(|i| i.name == name);
    named.max_by_key(|i| i.at).ok_or_else(|| Fault::new("socle-image-unknown").with("image", name))
}

/// `NAME=VALUE`: a JSON value, else a text.
pub fn options(wishes: &[String]) -> Result<BTreeMap<String, Value>> {
    let one = |wish: &String| {
        let (name, value) =
            wish.split_once('=').ok_or_else(|| Fault::new("socle-option-wrong").with("option", wish))?;
        Ok((name.to_string(), serde_json::from_str(value).unwrap_or_else(|_| Value::from(value))))
    };
    wishes.iter().map(one).collect()
}

/// The master that somebody means: by digest, `NAME:VERSION`, or `NAME` for the newest.
pub fn resolve(client: &Client, wish: &str) -> Result<Digest> {
    if let Ok(digest) = wish.parse() {
        return Ok(digest);
    }
    let (name, version) = wish.split_once(':').map_or((wish, None), |(n, v)| (n, Some(v)));
    let all: Vec<MasterView> = client.all("/api/v1/masters")?;
    // The list has the last published first.
    let found = all.iter().find(|m| m.name == name && version.is_none_or(|v| m.version == v));
    found.map(|m| m.digest).ok_or_else(|| Fault::new("socle-master-unknown").with("master", wish))
}

/// Two versions beside each other, where they differ.
fn side_by_side(diff: &MasterDiff, voice: Voice) -> String {
    if diff.is_empty() {
        return words(voice, "socle-master-same", &[]);
    }
    let mut parts = Vec::new();
    let differs = |l: &DiffLine| l.side != Side::Same;
    let near = |index: usize| {
        let around = index.saturating_sub(AROUND)..(index + AROUND + 1).min(diff.sequence.len());
        diff.sequence[around].iter().any(differs)
    };
    let shown: Vec<Vec<String>> = (0..diff.sequence.len())
        .filter(|index| near(*index))
        .map(|index| {
            let line = &diff.sequence[index];
            let cell = |side: &Option<(u32, String)>| {
                side.as_ref().map_or(String::new(), |(n, text)| format!("{n:>4} {text}"))
            };
            vec![cell(&line.before), mark(line.side).to_string(), cell(&line.after)]
        })
        .collect();
    if !shown.is_empty() {
        parts.push(columns(&shown));
    }
    for (what, changes) in [
        ("socle-diff-images", &diff.images),
        ("socle-diff-packages", &diff.packages),
        ("socle-diff-drivers", &diff.drivers),
        ("socle-diff-options", &diff.options),
    ] {
        if !changes.is_empty() {
            let lines: Vec<Vec<String>> = changes.iter().map(change).collect();
            parts.push(format!("{}\n{}", words(voice, what, &[]), columns(&lines)));
        }
    }
    if diff.generation.0 != diff.generation.1 {
        let values = [("before", diff.generation.0.into()), ("after", diff.generation.1.into())];
        parts.push(words(voice, "socle-diff-generation", &values));
    }
    parts.join("\n\n")
}

fn mark(side: Side) -> char {
    match side {
        Side::Same => ' ',
        Side::Added => '+',
        Side::Removed => '-',
        Side::Changed => '~',
    }
}

fn change(change: &Change) -> Vec<String> {
    let said = |value: &Option<Value>| {
        value.as_ref().map_or_else(|| "–".into(), |v| v.as_str().map_or_else(|| v.to_string(), str::to_string))
    };
    vec![mark(change.side).to_string(), change.name.clone(), said(&change.before), "→".into(), said(&change.after)]
}
