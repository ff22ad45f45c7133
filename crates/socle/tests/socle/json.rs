//! `--json` on every command, and mistakes told in the reader's language: the whole tree of commands is walked.
use crate::program::{SOCLE, Server};
use clap::{Arg, Command as Clap, error::ContextKind};
use socle_texts::Lang;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// What a required argument may be, tried in this order until the command line reads. The first is a place where nothing
/// can be read and nothing be made.
const VALUES: [&str; 10] = [
    "/dev/null/x",
    "0190aaaa-0000-7000-8000-000000000009",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "1",
    "2026-11-22T12:00:00Z",
    "name=value",
    "https://127.0.0.1:1",
    "x",
    "units",
    "technician",
];

/// The commands that do something, as words.
fn leaves(command: &Clap, words: Vec<String>, found: &mut Vec<Vec<String>>) {
    let below: Vec<&Clap> = command.get_subcommands().collect();
    if below.is_empty() {
        found.push(words.clone());
    }
    for one in below {
        leaves(one, [words.clone(), vec![one.get_name().to_string()]].concat(), found);
    }
}

fn at<'a>(command: &'a Clap, words: &[String]) -> &'a Clap {
    words.iter().fold(command, |c, word| c.find_subcommand(word).unwrap())
}

/// A command line that reads: each required argument with the first value that it takes.
fn line(root: &Clap, words: &[String]) -> Vec<String> {
    let required: Vec<&Arg> = at(root, words).get_arguments().filter(|a| a.is_required_set()).collect();
    let mut chosen: BTreeMap<String, usize> = BTreeMap::new();
    let value = |arg: &Arg, chosen: &BTreeMap<String, usize>| -> String {
        let named: Vec<String> = arg.get_possible_values().iter().map(|v| v.get_name().to_string()).collect();
        let at = chosen.get(arg.get_id().as_str()).copied().unwrap_or(0);
        named.first().cloned().unwrap_or_else(|| VALUES[at].to_string())
    };
    loop {
        let mut args = words.to_vec();
        for arg in &required {
            match (arg.get_long(), arg.get_action().takes_values()) {
                (Some(long), true) => args.extend([format!("--{long}"), value(arg, &chosen)]),
                (Some(long), false) => args.push(format!("--{long}")),
                (None, _) => args.push(value(arg, &chosen)),
            }
        }
        let whole = std::iter::once("socle".to_string()).chain(args.iter().cloned());
        let Err(error) = root.clone().try_get_matches_from(whole) else { return args };
        let about = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
        let wrong = required.iter().find(|arg| about.to_lowercase().contains(&arg.get_id().as_str().replace('_', "-")));
        let wrong = wrong.unwrap_or_else(|| panic!("{words:?}: {error}"));
        let next = chosen.entry(wrong.get_id().to_string()).or_insert(0);
        *next += 1;
        assert!(*next < VALUES.len(), "{words:?}: no value for {}: {error}", wrong.get_id());
    }
}

fn run(args: &[String], lang: &str) -> Output {
    let mut command = Command::new(SOCLE);
    command.args(args).stdin(Stdio::null()).env("SOCLE_LANG", lang).env("SOCLE_SERVER", "http://127.0.0.1:1");
    command.env_remove("SOCLE_TOKEN").output().unwrap()
}

/// Every line of standard output is JSON, and there is one.
fn is_json(args: &[String], output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.trim().is_empty(), "{args:?} says nothing: {}", String::from_utf8_lossy(&output.stderr));
    let whole = serde_json::from_str::<serde_json::Value>(&said).is_ok();
    let lines = said.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    assert!(whole || lines, "{args:?} ignores --json: {said}");
}

#[test]
fn every_command_speaks_json_when_it_fails() {
    let root = socle::shape::command(Lang::En);
    let mut all = Vec::new();
    leaves(&root, Vec::new(), &mut all);
    assert!(all.len() > 40, "the walk has lost its way: {}", all.len());
    for words in all {
        let args = [line(&root, &words), vec!["--json".into()]].concat();
        let output = run(&args, "en");
        is_json(&args, &output);
        assert!(!output.status.success(), "{args:?} did something");
    }
}

/// Commands that list or show without being told which one: they succeed on a fresh server.
#[test]
fn every_list_speaks_json() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (token, url) = (server.token(), format!("http://{}", server.text("console_address")));
    let root = socle::shape::command(Lang::En);
    let mut all = Vec::new();
    leaves(&root, Vec::new(), &mut all);
    let lists = |words: &&Vec<String>| {
        let asks = words.last().is_some_and(|w| w == "list" || w == "status");
        asks && at(&root, words).get_arguments().all(|a| !a.is_required_set())
    };
    let mut count = 0;
    for words in all.iter().filter(lists) {
        let args = [words.clone(), ["--json", "--server", &url].map(String::from).to_vec()].concat();
        let output = Command::new(SOCLE).args(&args).env("SOCLE_TOKEN", &token).output().unwrap();
        is_json(&args, &output);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
        count += 1;
    }
    assert!(count >= 5, "hardly anything was listed: {count}");
}

/// What speaks to people goes through one file, which bears that nobody reads; and those who use it know how to speak to
/// programs.
#[test]
fn nothing_is_printed_past_the_voice() {
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().flatten().map(|e| e.path()) {
            if entry.is_dir() { files(&entry, found) } else { found.push(entry) }
        }
    }
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    for file in all {
        let text = fs::read_to_string(&file).unwrap();
        if file.ends_with("src/out.rs") {
            continue;
        }
        let prints = ["print!(", "println!(", "stdout()"].iter().any(|way| text.contains(way));
        assert!(!prints, "{} prints by itself: `out::line` does", file.display());
        let tells = text.contains("out::line(") || text.contains("out::text(");
        assert!(!tells || text.contains("json"), "{} prints and has never heard of --json", file.display());
    }
}

#[test]
fn mistakes_are_told_in_both_languages() {
    let words = |line: &str| line.split(' ').map(str::to_string).collect::<Vec<_>>();
    for (typed, fr, en) in [
        ("machine lst", "Il n'y a pas de commande « lst »", "There is no command “lst”"),
        ("machine list --stat known", "vouliez-vous dire --state", "did you mean --state"),
        ("machine list --state asleep", "to-recognise, known, refused", "It takes: to-recognise, known, refused"),
        ("machine accept", "Ces arguments manquent", "These arguments are missing"),
        ("run show no-run", "« no-run » n'est pas une valeur", "“no-run” is no value"),
        ("machine list --state", "n'a pas de valeur", "has no value"),
        ("machine show a b", "Il n'y a pas d'argument b", "There is no argument b"),
    ] {
        for (lang, expected) in [("fr", fr), ("en", en)] {
            let output = run(&words(typed), lang);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains(expected), "{typed} in {lang}: {said}");
            assert!(!said.contains("error:") && !said.contains("Usage"), "clap's own words: {said}");
            assert_eq!(output.status.code(), Some(2));
        }
        let output = run(&[words(typed), vec!["--json".into()]].concat(), "fr");
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert!(answer["fault"]["code"].as_str().is_some_and(|c| c.starts_with("socle-words-")), "{typed}: {answer}");
    }
    assert!(
        String::from_utf8_lossy(&run(&words("machine lst --lang en"), "fr").stderr).contains("There is no command")
    );
    assert_eq!(run(&words("--help"), "fr").status.code(), Some(0));
}
