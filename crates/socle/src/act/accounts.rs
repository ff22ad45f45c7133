//! `socle account …`: on the server's own computer, with its data folder.
use super::{
    now,
    say::{answer, words},
    tokens::{folder, read, wait},
};
use crate::{image::Voice, shape::AccountWhat};
use socle_server::{first_start, host};
use socle_texts::Result;

/// Carries out a command about an account, or about all their secrets.
pub fn act(what: &AccountWhat, database: Option<&str>, voice: Voice) -> Result<bool> {
    match what {
        AccountWhat::Recover { name, remove_second_factors, data, config } => {
            let (data, config) = (folder(data)?, read(config.as_deref(), database)?);
            let done = wait(host::recover(&data, &config, name, *remove_second_factors, now()))?;
            let said = serde_json::json!({
                "link": done.link, "second_factors_removed": done.factors_removed,
                "second_factors_left": done.factors_left,
            });
            answer(&said, voice, |_| {
                let values = [("link", (&done.link).into()), ("hours", first_start::LINK_HOURS.into())];
                let link = words(voice, "socle-account-link", &values);
                let factors = match (done.factors_removed, done.factors_left) {
                    (0, 0) => words(voice, "socle-account-no-factor", &[]),
                    (0, left) => words(voice, "socle-account-factors-left", &[("n", left.into())]),
                    (removed, _) => words(voice, "socle-account-factors-removed", &[("n", removed.into())]),
                };
                format!("{link}\n{factors}")
            })
        }
        AccountWhat::ChangeKey { data, config } => {
            let (data, config) = (folder(data)?, read(config.as_deref(), database)?);
            let count = wait(host::change_vault_key(&data, &config, now()))?;
            let said = serde_json::json!({ "sealed_again": count });
            answer(&said, voice, |_| words(voice, "socle-key-changed", &[("n", count.into())]))
        }
    }
}
