//! The API as somebody meets it who has read nothing but its description: schemathesis asks what nobody would think of.
//! No 5xx, no answer that the description does not announce, for whoever asks.
use crate::{house::House, people::Organisation};
use serde_json::{Value, json};
use socle_domain::role::Role;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Seconds for each caller; the three ask side by side.
const SECONDS: u32 = 45;
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
    std::fs::write(&description, said.to_string()).unwrap();
    let mut command = Command::new(program());
    command
        .arg("run")
        .arg(&description)
        .args(["--url", &house.url("console", "")])
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", &seed.to_string()])
        .args(["--max-time", &SECONDS.to_string(), "--max-examples", "25", "--workers", "1", "--request-timeout", "20"])
        .args(["--suppress-health-check", "all", "--generation-database", "none", "--no-color", "--warnings", "off"])
        .args(["--output-sanitize", "false", "--continue-on-failure"])
        // A stream that never ends.
        .args(["--exclude-path", "/api/v1/events"])
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
    assert!(whole.contains("passed") || whole.contains("No issues found"), "{who}: nothing was tried:\n{whole}");
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
