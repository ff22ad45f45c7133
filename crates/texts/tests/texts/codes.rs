//! Every fault that the code can raise has its sentence, and a next step where a person can do something.
use socle_texts::{Lang, keys, says};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The codes in `Fault::new("…")` of every crate's `src/`, with the file where each stands first.
fn raised() -> BTreeMap<String, PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for room in fs::read_dir(crates).unwrap().flatten() {
        sources(&room.path().join("src"), &mut files);
    }
    let mut codes = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for part in text.split("Fault::new(").skip(1) {
            let Some(rest) = part.trim_start().strip_prefix('"') else { continue };
            let Some((code, _)) = rest.split_once('"') else { continue };
            codes.entry(code.to_string()).or_insert_with(|| file.clone());
        }
    }
    codes
}

#[test]
fn every_fault_has_its_sentence_in_both_languages() {
    let codes = raised();
    assert!(codes.len() > 20, "the search has lost its way: {} codes found", codes.len());
    let silent: Vec<_> = codes
        .iter()
        .filter(|(code, _)| [Lang::Fr, Lang::En].iter().any(|lang| says(*lang, code, &[]).is_none()))
        .collect();
    assert!(silent.is_empty(), "faults without a sentence: {silent:#?}");
}

#[test]
fn every_fault_says_what_to_do_next() {
    let all: Vec<String> = keys(Lang::En).into_iter().map(|(key, _)| key).collect();
    let silent: Vec<_> =
        raised().into_keys().filter(|code| !code.contains("-gap-") && !all.contains(&format!("{code}.next"))).collect();
    assert!(silent.is_empty(), "faults without a next step: {silent:#?}");
}
