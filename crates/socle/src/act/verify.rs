//! `socle verify FILE --key K`: the file and a public key, nothing else.
use super::say::{answer, words};
use crate::{image::Voice, shape::Verify};
use serde_json::json;
use socle_domain::{audit, proof, sign::PublicKey};
use socle_texts::{Fault, Result, tell};
use socle_trust::read_public;

/// Checks a proof. Well: it holds and is complete.
pub fn verify(args: &Verify, voice: Voice) -> Result<bool> {
    let key = read_public(&args.key)?;
    let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", &args.file).because(e);
    let bytes = std::fs::read(&args.file).map_err(unreadable)?;
    if audit::is_one(&bytes) {
        return audit_trail(&bytes, &key, voice);
    }
    let verdict = proof::verify(&bytes, &key)?;
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
        if let Some(answers) = &verdict.answers {
            let said = answers.options.iter().map(|(name, value)| format!("{name} = {value}"));
            let hidden = answers.secrets.iter().map(|name| format!("{name} = ********"));
            let answered = said.chain(hidden).collect::<Vec<_>>().join(", ");
            let values = [
                ("name", (&answers.name).into()),
                ("seat", answers.seat.as_deref().unwrap_or("-").into()),
                ("at", answers.at.to_string().into()),
                ("answers", if answered.is_empty() { "-".into() } else { answered.into() }),
            ];
            text += &format!("\n{}", words(voice, "socle-proof-answered", &values));
        }
        lines.into_iter().flatten().for_each(|line| text += &format!("\n{line}"));
        verdict.gaps.iter().for_each(|gap| text += &format!("\n– {}", tell(voice.lang, gap)));
        text
    })?;
    Ok(verdict.is_complete())
}

/// Checks an export of the audit trail.
fn audit_trail(bytes: &[u8], key: &PublicKey, voice: Voice) -> Result<bool> {
    let verdict = audit::verify(bytes, key)?;
    answer(&verdict, voice, |v| {
        let values = [
            ("first", v.first.into()),
            ("last", v.last.into()),
            ("hidden", v.hidden.into()),
            ("heads", v.heads.into()),
            ("at", v.at.to_string().into()),
        ];
        words(voice, "socle-audit-holds", &values)
    })
}
