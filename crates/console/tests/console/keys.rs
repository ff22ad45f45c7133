//! No text that nobody says: a key of the console stands in a template or in its code, whole or by its beginning.
use socle_texts::{Lang, keys};
use std::{fs, path::Path};

/// Keys whose end is only known when a page is drawn.
const BEGINNINGS: &[&str] = &[
    "month",
    "long-month",
    "weekday",
    "theme",
    "notice",
    "counter",
    "guide",
    "machines",
    "machine-state",
    "run-state",
    "step",
    "step-state",
    "step-fact",
    "phase",
    "part",
    "kind",
    "level",
    "event",
    "identity",
    "firmware",
    "power",
    "place",
    "fact",
    "factor",
    "how",
    "role",
];

fn read_all(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_text_is_said_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    read_all(&root.join("src"), &mut text);
    read_all(&root.join("../../web/templates"), &mut text);
    let said = |key: &str| {
        let short = key.strip_prefix("console-").unwrap_or(key);
        let short = short.strip_suffix(".next").unwrap_or(short);
        let whole = [format!("\"{short}\""), format!("console-{short}")];
        whole.iter().any(|w| text.contains(w.as_str()))
            || BEGINNINGS.iter().any(|b| short.strip_prefix(b).is_some_and(|rest| rest.starts_with('-')))
    };
    let unsaid: Vec<String> = keys(Lang::Fr)
        .into_iter()
        .filter(|(_, room)| *room == "console")
        .map(|(key, _)| key)
        .filter(|k| !said(k))
        .collect();
    assert!(unsaid.is_empty(), "said nowhere: {unsaid:?}");
}
