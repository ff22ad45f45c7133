//! Both languages say the same things, and every fault has its words.
mod codes;

use socle_texts::{Fault, Lang, keys, next_step, say, tell};
use std::collections::BTreeSet;

#[test]
fn both_languages_are_complete() {
    let (fr, en): (Vec<_>, Vec<_>) = (keys(Lang::Fr), keys(Lang::En));
    for keys in [&fr, &en] {
        let unique: BTreeSet<_> = keys.iter().map(|k| &k.0).collect();
        assert_eq!(unique.len(), keys.len(), "a key stands twice: {:?}", duplicates(keys));
    }
    let (fr, en): (BTreeSet<_>, BTreeSet<_>) = (fr.into_iter().collect(), en.into_iter().collect());
    let missing: Vec<_> = fr.symmetric_difference(&en).collect();
    assert!(missing.is_empty(), "in one language only (or in another file): {missing:?}");
}

fn duplicates(keys: &[(String, &str)]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    keys.iter().filter(|k| !seen.insert(&k.0)).map(|k| k.0.clone()).collect()
}

#[test]
fn every_text_can_be_said() {
    for lang in [Lang::Fr, Lang::En] {
        for (key, room) in keys(lang) {
            let text = say(lang, &key, &[]);
            assert!(!text.starts_with('⟨'), "{room}.ftl: {key} has no text of its own in {lang:?}");
        }
    }
}

#[test]
fn a_fault_says_what_happened_and_what_to_do() {
    let fault = Fault::new("texts-file-unreadable").with("path", "/etc/socle.toml").because("Permission denied");
    assert_eq!(tell(Lang::En, &fault), "The file /etc/socle.toml can't be read. [Permission denied]");
    assert_eq!(tell(Lang::Fr, &fault), "Le fichier /etc/socle.toml est illisible. [Permission denied]");
    assert!(next_step(Lang::Fr, &fault).is_some());
}

#[test]
fn an_unknown_code_stays_visible() {
    assert_eq!(say(Lang::Fr, "no-such-key", &[]), "⟨no-such-key⟩");
}

#[test]
fn numbers_are_written_as_people_do() {
    let said = |lang, bytes: f64| say(lang, "socle-proof-before", &[("items", 1_u64.into()), ("bytes", bytes.into())]);
    let fr = said(Lang::Fr, 128_023_650_304.0);
    assert!(fr.contains("128\u{a0}023\u{a0}650\u{a0}304 octets"), "{fr}");
    assert!(said(Lang::En, 128_023_650_304.0).contains("128,023,650,304 bytes"));
    assert!(said(Lang::En, 999.0).contains(" 999 bytes") && said(Lang::En, 1_000.0).contains(" 1,000 bytes"));
    assert!(said(Lang::Fr, -1_234.5).contains("\u{2212}1\u{a0}234,5 octets"));
    // What is counted off stays in one piece.
    let fault = Fault::new("server-config-unreadable").with("path", "x").with("line", 12_345);
    assert!(tell(Lang::En, &fault).contains("line 12345"), "{}", tell(Lang::En, &fault));
}
