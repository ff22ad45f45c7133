//! What a person or a program hears of a mailbox.
use super::{one::Done, rows::Row};
use crate::{image::Voice, out};
use serde_json::{Value, json};
use socle_texts::{Arg, Fault, Result, next_step, say, tell as sentence};

/// Says what became of a mailbox. Well: nothing is left for a person to decide.
pub fn tell(row: &Row, done: &std::result::Result<Done, Fault>, voice: Voice) -> Result<bool> {
    let well = is_well(done);
    if voice.json {
        let mut value = value(done);
        value["mailbox"] = json!(row.id);
        value["well"] = json!(well);
        out::line(value);
    } else {
        out::line(words(row, done, voice));
    }
    Ok(well)
}

fn is_well(done: &std::result::Result<Done, Fault>) -> bool {
    match done {
        Ok(Done::Inventory(_)) => true,
        Ok(Done::Copied(report)) => {
            report.refused.is_empty() && report.folders_refused.is_empty() && report.to_confirm == 0
        }
        Ok(Done::Verified(report)) => report.fault().is_none() && report.count("refused") == 0,
        Ok(Done::Proved { report, complete, .. }) => *complete && report.count("refused") == 0,
        Err(_) => false,
    }
}

fn value(done: &std::result::Result<Done, Fault>) -> Value {
    match done {
        Ok(Done::Inventory(inventory)) => json!({ "inventory": inventory }),
        Ok(Done::Copied(report)) => json!({ "copy": report }),
        Ok(Done::Verified(report)) => json!({ "verify": report }),
        Ok(Done::Proved { report, proof, names, complete }) => {
            json!({ "verify": report, "proof": proof, "names": names, "complete": complete })
        }
        Err(fault) => json!({ "fault": fault }),
    }
}

fn words(row: &Row, done: &std::result::Result<Done, Fault>, voice: Voice) -> String {
    let say = |key: &str, args: &[(&str, Arg)]| say(voice.lang, key, args);
    let id = ("id", Arg::from(&row.id));
    match done {
        Ok(Done::Inventory(inventory)) => {
            let (items, bytes) = (inventory.census.items(), inventory.census.bytes());
            let folders = inventory.folders.len();
            let mut text = say(
                "mail-said-counted",
                &[id, ("folders", folders.into()), ("items", items.into()), ("bytes", bytes.into())],
            );
            for folder in &inventory.folders {
                let args = [
                    ("folder", Arg::from(&folder.folder)),
                    ("items", folder.messages.into()),
                    ("bytes", folder.bytes.into()),
                ];
                text += &format!("\n  {}", say("mail-said-folder", &args));
            }
            text
        }
        Ok(Done::Copied(report)) => {
            let args = [
                id,
                ("copied", report.copied.into()),
                ("bytes", report.copied_bytes.into()),
                ("found", report.found_again.into()),
                ("removed", report.removed.into()),
                ("flags", report.flags_changed.into()),
            ];
            let mut text = say("mail-said-copied", &args);
            for folder in &report.folders_refused {
                let args = [("folder", Arg::from(&folder.folder)), ("words", Arg::from(&folder.verbatim))];
                text += &format!("\n  {}", say("mail-said-folder-refused", &args));
            }
            for message in &report.refused {
                let args = [
                    ("folder", Arg::from(&message.folder)),
                    ("uid", message.uid.to_string().into()),
                    ("words", Arg::from(&message.verbatim)),
                ];
                text += &format!("\n  {}", say("mail-said-message-refused", &args));
            }
            if report.to_confirm > 0 {
                text += &format!("\n  {}", say("mail-to-confirm", &[("count", report.to_confirm.into())]));
            }
            text
        }
        Ok(Done::Verified(report)) => verified(id, report, voice),
        Ok(Done::Proved { report, proof, complete, .. }) => {
            let key = if *complete { "mail-said-proved" } else { "mail-said-not-proved" };
            format!("{}\n  {}", verified(id, report, voice), say(key, &[("path", proof.into())]))
        }
        Err(fault) => {
            let mut text = say("mail-said-failed", &[id, ("why", sentence(voice.lang, fault).into())]);
            if let Some(next) = next_step(voice.lang, fault) {
                text += &format!("\n  → {next}");
            }
            text
        }
    }
}

fn verified(id: (&'static str, Arg), report: &socle_mail::verify::Report, voice: Voice) -> String {
    let mut args = vec![id];
    for word in ["identical", "altered", "refused", "excluded", "unexplained"] {
        args.push((word, report.count(word).into()));
    }
    let mut text = say(voice.lang, "mail-said-verified", &args);
    for (way, count) in &report.altered {
        let name = say(voice.lang, &format!("mail-way-{way}"), &[]);
        text +=
            &format!("\n  {}", say(voice.lang, "mail-said-way", &[("way", name.into()), ("count", (*count).into())]));
    }
    text
}
