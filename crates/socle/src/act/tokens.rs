//! `socle token …`: on the server's own computer, with its data folder.
use super::{
    now,
    say::{answer, words},
};
use crate::{image::Voice, shape::TokenWhat};
use socle_server::{Config, Data, first_start};
use socle_texts::{Fault, Result};
use std::path::Path;

/// Carries out a command about access.
pub fn act(what: &TokenWhat, voice: Voice) -> Result<bool> {
    let (TokenWhat::Create { data, config, .. } | TokenWhat::Link { data, config }) = what;
    let (data, config) = (folder(data)?, read(config.as_deref())?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Fault::new("server-broken").because(e))?;
    match what {
        TokenWhat::Create { name, .. } => {
            let token = runtime.block_on(first_start::new_token(&data, &config, name, now()))?;
            let said = serde_json::json!({ "name": name, "token": token });
            answer(&said, voice, |_| words(voice, "socle-token-created", &[("token", (&token).into())]))
        }
        TokenWhat::Link { .. } => {
            let link = runtime.block_on(first_start::new_link(&data, &config, now()))?;
            let said = serde_json::json!({ "link": link });
            let hours = first_start::LINK_HOURS;
            let values = [("link", (&link).into()), ("hours", hours.into())];
            answer(&said, voice, |_| words(voice, "socle-first-link", &values))
        }
    }
}

/// A data folder that is there: a wrong path must not make a new one.
fn folder(path: &Path) -> Result<Data> {
    match path.join("content.pub").exists() {
        true => Data::new(path),
        false => Err(Fault::new("socle-data-missing").with("path", path)),
    }
}

/// The configuration, or what holds without one.
pub fn read(path: Option<&Path>) -> Result<Config> {
    Ok(path.map(Config::read).transpose()?.unwrap_or_default())
}
