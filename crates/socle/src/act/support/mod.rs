//! `socle support-bundle`: what somebody needs who helps from afar, and nothing that is a secret or about a person.
//!
//! Two nets, one behind the other. What goes in is *chosen*: versions, counts, findings, events, a log; never a table, a key
//! or a configuration as it is. And everything that goes in is *scrubbed* ([`scrub`]): names that the database knows,
//! mail addresses, hardware addresses, long strings that may be keys. The list of what is in it stands first in the
//! archive, and is shown, so that a person can look before sending.
mod config;
mod gather;
mod log;
mod pack;
mod scrub;

use super::{
    doctor::{ground, wish},
    now,
    say::{answer, words},
    tokens::wait,
};
use crate::{image::Voice, shape::doctor::SupportBundle};
use pack::Pack;
use serde_json::json;
use socle_texts::{Fault, Result};
use std::path::PathBuf;

/// Makes one.
pub fn bundle(args: &SupportBundle, database: Option<&str>, voice: Voice) -> Result<bool> {
    let ground = ground(&args.place, database, voice)?;
    let stamp = now().strftime("%Y%m%d-%H%M%S").to_string();
    let to = args.to.clone().unwrap_or_else(|| PathBuf::from(format!("socle-support-{stamp}.tar.zst")));
    if to.exists() {
        return Err(Fault::new("socle-support-there").with("path", &to));
    }
    // The place is tried before the work is done.
    let pack = Pack::new(&to, ground.now)?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|e| Fault::new("trust-no-chance").because(e))?;
    let mut scrub = scrub::Scrub::new(salt);
    let (wish, hours) = (wish(&args.place), args.hours);
    let parts = wait(gather::all(&ground, &wish, hours, &args.log, voice, &mut scrub))?;
    let listing = pack.write(&parts, voice)?;
    let said = json!({ "file": to, "bytes": listing.bytes, "holds": listing.parts });
    answer(&said, voice, |_| {
        let line = |p: &pack::Listed| format!("  {:<20} {:>9}  {}", p.name, p.bytes, p.about);
        let parts: Vec<String> = listing.parts.iter().map(line).collect();
        let values = [("path", (&to).into()), ("kib", listing.bytes.div_ceil(1024).into())];
        format!("{}\n{}", words(voice, "socle-support-made", &values), parts.join("\n"))
    })
}
