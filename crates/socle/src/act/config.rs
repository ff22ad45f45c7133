//! `socle config check`.
use super::say::answer;
use crate::image::Voice;
use socle_server::Config;
use socle_texts::Result;
use std::path::Path;

/// Reads the file and says what holds, defaults included.
pub fn check(file: &Path, voice: Voice) -> Result<bool> {
    let config = Config::read(file)?;
    answer(&config, voice, |config| toml::to_string_pretty(config).unwrap_or_default().trim_end().to_string())
}
