//! The API as somebody meets it who has read nothing but its description: schemathesis asks what nobody would think of.
//! No 5xx, no answer that the description does not announce, for whoever asks; and every operation was asked.
use crate::{house::House, people::Organisation};
use serde::Deserialize;
use serde_json::{Value, json};
use socle_domain::role::Role;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Seconds for each caller; the three ask side by side.
const SECONDS: u32 = 45;
/// What nobody asks here, and why.
const NOT_ASKED: &[(&str, &str)] = &[("GET /api/v1/events", "a stream that never ends")];
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance";

fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cache = std::env::var_os("SOCLE_CACHE").map_or_else(|| root.join("target/lab"), |f| root.join(f));
    let program = cache.join("schemathesis/bin/schemathesis");
    assert!(program.exists(), "schemathesis is missing: run `cargo xtask setup --api`, which fetches it");
    program
}

/// Asks with a token, or as nobody.
fn ask(house: &House, who: &str, token: Option<&str>, seed: u32) {
    let folder = tempfile::tempdir().unwrap();
    let description = folder.path().join("openapi.json");
    let mut said: Value = house.get("/api/v1/openapi.json");
    if token.is_some_and(|token| token == house.token) {
        // Of units that nobody knows the others ask often enough.
        forget_unit(&mut said);
    }
    fs::write(&description, said.to_string()).unwrap();
    let operations = operations(&said);
    let mut command = Command::new(program());
    command
        .arg("run")
        .arg(&description)
        .args(["--url", &house.url("console", "")])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", &seed.to_string()])
        .args(["--max-time", &SECONDS.to_string(), "--max-examples", "25", "--workers", "1", "--request-timeout", "20"])
        .args(["--suppress-health-check", "all", "--generation-database", "none", "--no-color", "--warnings", "off"])
        .args(["--output-sanitize", "false", "--continue-on-failure"])
        .args(NOT_ASKED.iter().flat_map(|(operation, _)| ["--exclude-path", operation.split_once(' ').unwrap().1]))
        .args(["--report", "har", "--report-har-path", "asked.har"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*")
        .current_dir(folder.path());
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let whole = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{who}:\n{whole}");
    let (requests, missing) = untried(&folder.path().join("asked.har"), &operations);
    println!("{who}: {requests} requests, {} of {} operations", operations.len() - missing.len(), operations.len());
    assert!(missing.is_empty(), "{who}: never asked: {missing:#?}\n{whole}");
}

/// The operations of a description that are to be asked: method and template.
fn operations(description: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys().filter(|name| METHODS.contains(&name.as_str()));
        all.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    for (operation, why) in NOT_ASKED {
        assert!(all.remove(*operation), "{operation} is not there any more ({why})");
    }
    all
}
const METHODS: &[&str] = &["get", "put", "post", "delete", "patch", "head", "options"];

/// A report in the HTTP archive format, as far as it is read.
#[derive(Deserialize)]
struct Archive {
    log: Log,
}
#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}
#[derive(Deserialize)]
struct Entry {
    request: Asked,
    response: Answered,
}
#[derive(Deserialize)]
struct Asked {
    method: String,
    url: String,
}
#[derive(Deserialize)]
struct Answered {
    status: i64,
}

/// How many requests were answered, and the operations that none of them was of.
fn untried(report: &Path, operations: &BTreeSet<String>) -> (usize, Vec<String>) {
    let archive: Archive = serde_json::from_reader(std::io::BufReader::new(fs::File::open(report).unwrap())).unwrap();
    let answered = archive.log.entries.iter().filter(|entry| (100..600).contains(&entry.response.status));
    let (mut requests, mut tried) = (0, BTreeSet::new());
    for Entry { request, .. } in answered {
        requests += 1;
        let url = reqwest::Url::parse(&request.url).unwrap();
        tried.extend(operation_of(operations, &request.method, url.path()));
    }
    (requests, operations.difference(&tried).cloned().collect())
}

/// The operation that a request is of: where several templates fit, the one with the most words of its own.
fn operation_of(operations: &BTreeSet<String>, method: &str, path: &str) -> Option<String> {
    let said: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        let is_alike = |(part, said): (&&str, &&str)| (part.starts_with('{') && !said.is_empty()) || part == said;
        (parts.len() == said.len() && parts.iter().zip(&said).all(is_alike))
            .then(|| parts.iter().filter(|part| !part.starts_with('{')).count())
    };
    let of_method = operations.iter().filter_map(|one| Some((one, one.strip_prefix(method)?.strip_prefix(' ')?)));
    let fitting = of_method.filter_map(|(one, template)| Some((fits(template)?, one)));
    fitting.max_by_key(|(words, _)| *words).map(|(_, one)| one.clone())
}

#[test]
fn a_request_is_of_the_operation_with_the_most_words() {
    let all = ["GET /a/{id}", "GET /a/b", "PUT /a/{id}", "GET /a/{id}/c"].map(String::from).into();
    let check = |method, path, expect: Option<&str>| assert_eq!(operation_of(&all, method, path).as_deref(), expect);
    check("GET", "/a/b", Some("GET /a/b"));
    check("GET", "/a/x%2Fy", Some("GET /a/{id}"));
    check("PUT", "/a/b", Some("PUT /a/{id}"));
    check("GET", "/a/b/c", Some("GET /a/{id}/c"));
    check("GET", "/a/", None);
    check("DELETE", "/a/b", None);
}

/// The description without the parameter that almost every route takes.
fn forget_unit(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(parameters)) = map.get_mut("parameters") {
                parameters.retain(|p| p["name"] != "unit" || p["required"] == true);
            }
            map.values_mut().for_each(forget_unit);
        }
        Value::Array(list) => list.iter_mut().for_each(forget_unit),
        _ => {}
    }
}

/// A server with something in it, so that what is asked for is sometimes there.
fn peopled() -> House {
    let house = House::new();
    crate::fake::Machine::new(&house.agents(), house.pin, 1).hello().unwrap();
    let known = house.accept("poste-01");
    crate::fake::Machine::new(&house.agents(), house.pin, 2).hello().unwrap();
    house.start(&known, house.master());
    let _: Value = house.post("/api/v1/webhooks", &json!({ "name": "x", "url": "https://example.org/" }));
    house
}

#[test]
fn nothing_unforeseen_is_answered() {
    let house = peopled();
    let organisation = Organisation::new(&house);
    let low = organisation.somebody("pupil", &[(Role::User, organisation.body)]).token;
    std::thread::scope(|threads| {
        let house = &house;
        let callers = [
            threads.spawn(move || ask(house, "an administrator's program", Some(&house.token), 1)),
            threads.spawn(move || ask(house, "a program with few rights", Some(&low), 2)),
            threads.spawn(move || ask(house, "nobody", None, 3)),
        ];
        callers.into_iter().for_each(|caller| caller.join().unwrap());
    });
    // The administrator's token still opens: what was asked was asked as him to the end.
    let _: Value = house.get("/api/v1/status");
}
