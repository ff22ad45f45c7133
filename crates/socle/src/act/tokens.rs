//! `socle token …`: on the server's own computer, with its data folder.
use super::{
    now,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::TokenWhat};
use socle_server::{Config, Data, first_start, host};
use socle_texts::{Fault, Result};
use std::{future::Future, path::Path};

/// Carries out a command about access.
pub fn act(what: &TokenWhat, database: Option<&str>, voice: Voice) -> Result<bool> {
    let (TokenWhat::Create { data, config, .. }
    | TokenWhat::List { data, config }
    | TokenWhat::Revoke { data, config, .. }
    | TokenWhat::Link { data, config }) = what;
    let (data, config) = (folder(data)?, read(config.as_deref(), database)?);
    match what {
        TokenWhat::Create { name, days, .. } => {
            let token = wait(first_start::new_token(&data, &config, name, *days, now()))?;
            let said = serde_json::json!({ "name": name, "token": token });
            answer(&said, voice, |_| words(voice, "socle-token-created", &[("token", (&token).into())]))
        }
        TokenWhat::List { .. } => {
            let all = wait(host::tokens(&data, &config, now()))?;
            let said: Vec<_> = all.iter().map(told).collect();
            answer(&said, voice, |_| {
                let moment = |at: Option<socle_domain::Timestamp>| {
                    at.map_or_else(|| "–".to_string(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
                };
                let line = |t: &host::Token| {
                    vec![t.id[..8.min(t.id.len())].to_string(), t.name.clone(), moment(t.expires), moment(t.used)]
                };
                let mut lines = vec![head(voice, &["token", "name", "until", "used"])];
                lines.extend(all.iter().map(line));
                columns(&lines)
            })
        }
        TokenWhat::Revoke { token, .. } => {
            let revoked = wait(host::revoke_token(&data, &config, token, now()))?;
            answer(&told(&revoked), voice, |_| words(voice, "socle-token-revoked", &[("name", (&revoked.name).into())]))
        }
        TokenWhat::Link { .. } => {
            let link = wait(first_start::new_link(&data, &config, now()))?;
            let said = serde_json::json!({ "link": link });
            let hours = first_start::LINK_HOURS;
            let values = [("link", (&link).into()), ("hours", hours.into())];
            answer(&said, voice, |_| words(voice, "socle-first-link", &values))
        }
    }
}

/// What is known of a token; never its secret, which nobody holds any more.
fn told(token: &host::Token) -> serde_json::Value {
    serde_json::json!({
        "id": token.id, "name": token.name, "unit": token.unit, "account": token.person, "since": token.created,
        "expires": token.expires, "used": token.used, "address": token.address,
    })
}

/// Waits for something that is done with the server's database.
pub(super) fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Fault::new("server-broken").because(e))?.block_on(work)
}

/// A data folder that is there: a wrong path must not make a new one.
pub(super) fn folder(path: &Path) -> Result<Data> {
    match path.join("content.pub").exists() {
        true => Data::new(path),
        false => Err(Fault::new("socle-data-missing").with("path", path)),
    }
}

/// The configuration, or what holds without one; the database that was named on the command line goes before its own.
pub fn read(path: Option<&Path>, database: Option<&str>) -> Result<Config> {
    let mut config = path.map(Config::read).transpose()?.unwrap_or_default();
    if let Some(url) = database {
        config.database.url = Some(url.to_string());
        config.check()?;
    }
    Ok(config)
}
