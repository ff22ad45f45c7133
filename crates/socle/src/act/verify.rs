//! `socle verify FILE --key K`: the file and a public key, nothing else.
use super::say::{answer, words};
use crate::{image::Voice, shape::Verify};
use serde_json::json;
use socle_domain::proof;
use socle_texts::{Fault, Result, tell};
use socle_trust::read_public;

/// Checks a proof. Well: it holds and is complete.
pub fn verify(args: &Verify, voice: Voice) -> Result<bool> {
    let key = read_public(&args.key)?;
    let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", &args.file).because(e);
    let verdict = proof::verify(&std::fs::read(&args.file).map_err(unreadable)?, &key)?;
    let mut said = serde_json::to_value(&verdict).unwrap_or_default();
    said["complete"] = json!(verdict.is_complete());
    said["target"] = json!(verdict.spec.target);
    answer(&said, voice, |_| {
        let values = [
            ("name", (&verdict.spec.target.name).into()),
            ("master", (&verdict.master).into()),
            ("entries", verdict.entries.into()),
            ("images", verdict.images.len().into()),
        ];
        let mut text = words(voice, "socle-proof-holds", &values);
        let counted = |census: &Option<socle_domain::census::Census>, key: &str| {
            let census = census.as_ref()?;
            let values = [("items", census.items().into()), ("bytes", census.bytes().into())];
            Some(words(voice, key, &values))
        };
        let lines = [
            counted(&verdict.before, "socle-proof-before"),
            counted(&verdict.after, "socle-proof-after"),
            Some(match verdict.is_complete() {
                true => words(voice, "socle-proof-complete", &[]),
                false => words(voice, "socle-proof-gaps", &[]),
            }),
        ];
        lines.into_iter().flatten().for_each(|line| text += &format!("\n{line}"));
        verdict.gaps.iter().for_each(|gap| text += &format!("\n– {}", tell(voice.lang, gap)));
        text
    })?;
    Ok(verdict.is_complete())
}
