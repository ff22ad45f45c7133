//! `socle master …`
use super::{
    client::Client,
    now,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::MasterWhat};
use serde_json::Value;
use socle_domain::{Digest, UnitId, master::Master, sign::Signed};
use socle_server::data::{read_json, to_json, write};
use socle_texts::{Fault, Result};
use socle_trust::KeyPair;
use socle_wire::api::{ImageView, MasterView};
use std::collections::BTreeMap;

/// Carries out a command about masters.
pub fn act(what: &MasterWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        MasterWhat::Sign { file, name, version, image, option, key, out } => {
            let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", file).because(e);
            let sequence = std::fs::read_to_string(file).map_err(unreadable)?;
            let master = Master {
                name: name.clone(),
                version: version.clone(),
                unit: UnitId::ROOT,
                sequence,
                images: images(client, image)?,
                options: options(option)?,
                at: now(),
            };
            // Errors of the sequence are met here, by line, before anything is signed.
            master.sequence()?;
            let signed = Signed::new(&master, &KeyPair::load(key)?);
            write(out, &to_json(&signed)?)?;
            let said = serde_json::json!({ "file": out, "digest": signed.digest(), "name": name, "version": version });
            answer(&said, voice, |_| words(voice, "socle-master-signed", &[("path", out.into())]))
        }
        MasterWhat::Publish { file } => {
            let signed: Signed<Master> = read_json(file)?;
            let view: MasterView = client.post("/api/v1/masters", &signed)?;
            answer(&view, voice, |v| {
                words(voice, "socle-master-published", &[("name", (&v.name).into()), ("version", (&v.version).into())])
            })
        }
        MasterWhat::List => {
            let all: Vec<MasterView> = client.get("/api/v1/masters")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["name", "version", "steps", "digest"])];
                let line =
                    |m: &MasterView| vec![m.name.clone(), m.version.clone(), m.steps.to_string(), m.digest.to_string()];
                lines.extend(all.iter().map(line));
                columns(&lines)
            })
        }
    }
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
    let all: Vec<ImageView> = client.get("/api/v1/images")?;
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
