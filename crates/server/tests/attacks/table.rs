//! The table of docs/attacks says what is shown by which test: a test that it names exists, and both languages name the same.
use std::{collections::BTreeSet, fs, path::Path};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The cells in code quotes that name a test: `room::name`.
fn tests_named(text: &str) -> BTreeSet<(String, String)> {
    let quoted = text.split('`').skip(1).step_by(2);
    let pairs = quoted.filter_map(|q| q.split_once("::"));
    pairs.map(|(room, test)| (room.to_string(), test.to_string())).collect()
}

fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_tests_that_the_table_names_exist_in_both_languages() {
    let read = |name: &str| fs::read_to_string(root().join("docs").join(name)).unwrap();
    let (english, french) = (read("attacks.md"), read("attacks.fr.md"));
    let named = tests_named(&english);
    assert!(named.len() >= 40, "{}", named.len());
    assert_eq!(named, tests_named(&french), "left: English; right: French");
    let rooms: BTreeSet<&str> = named.iter().map(|(room, _)| room.as_str()).collect();
    for room in rooms {
        let mut all = String::new();
        for folder in ["src", "tests"] {
            sources(&root().join("crates").join(room).join(folder), &mut all);
        }
        for (_, test) in named.iter().filter(|(of, _)| of == room) {
            // Those of the readers are written by one macro: `name "target"`.
            let is_there = all.contains(&format!("fn {test}()")) || all.contains(&format!("\n    {test} \""));
            assert!(is_there, "docs/attacks names {room}::{test}, which is not there");
        }
    }
}

/// Each attack that was asked for has its line, and each test that is named after an attack stands in the table.
#[test]
fn every_attack_has_its_line_and_every_test_of_an_attack_its_place() {
    let text = fs::read_to_string(root().join("docs/attacks.md")).unwrap();
    for attack in ["A1", "A2", "A3", "A4", "A5", "A6", "A10", "A11", "A12", "A15", "A26"] {
        assert!(text.lines().any(|l| l.starts_with(&format!("| {attack} "))), "{attack} has no line");
    }
    let named = tests_named(&text);
    let mut missing = Vec::new();
    for room in ["server", "boot"] {
        let mut all = String::new();
        sources(&root().join("crates").join(room).join("tests"), &mut all);
        let tests = all.lines().filter_map(|l| l.trim().strip_prefix("fn ")?.split_once("()").map(|(name, _)| name));
        let of_attack = |name: &&str| {
            let digits = name.strip_prefix('a').map(|rest| rest.split('_').next().unwrap_or_default());
            digits.is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_ascii_digit()))
        };
        missing.extend(
            tests.filter(of_attack).filter(|t| !named.contains(&(room.to_string(), t.to_string()))).map(String::from),
        );
    }
    assert!(missing.is_empty(), "not in docs/attacks.md: {missing:?}");
}
