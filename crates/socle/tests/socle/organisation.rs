//! The organisation from the command line, with a real server.
use crate::program::{SOCLE, Server};
use std::process::{Command, Output};

#[test]
fn units_people_lists_and_the_search_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.token();
    let ask = |args: &[&str]| server.ask(&token, args);
    let told = |args: &[&str], lang: &str| -> Output {
        let url = format!("http://{}", server.text("console_address"));
        let mut command = Command::new(SOCLE);
        command.args(args).args(["--server", &url]).env("SOCLE_TOKEN", &token).env("SOCLE_LANG", lang);
        command.output().unwrap()
    };
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    ask(&["unit", "found", "Ain", "--kind", "body"]);
    ask(&["unit", "found", "Bourg", "--below", "Ain"]);
    ask(&["unit", "found", "Loire", "--kind", "body"]);
    let twice = told(&["unit", "found", "AIN"], "fr");
    assert_eq!(twice.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&twice.stderr).contains("s'appelle déjà"), "{twice:?}");
    let paths = |args: &[&str]| -> Vec<String> {
        ask(args).as_array().unwrap().iter().map(|u| u["path"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(paths(&["unit", "list"]), ["Centre", "Ain", "Ain / Bourg", "Loire"]);
    assert_eq!(paths(&["unit", "list", "--at", "2020-01-01"]), ["Centre"]);

    let nets = ask(&["unit", "networks", "Ain / Bourg", "--add", "10.2.0.7/16", "--add", "fd00:2::/48"]);
    assert_eq!(nets["networks"], serde_json::json!(["10.2.0.0/16", "fd00:2::/48"]));
    let nets = ask(&["unit", "networks", "Ain / Bourg", "--remove", "fd00:2::/48", "--add", "10.3.0.0/16"]);
    assert_eq!(nets["networks"], serde_json::json!(["10.2.0.0/16", "10.3.0.0/16"]));
    let taken = told(&["unit", "networks", "Loire", "--add", "10.2.0.0/16"], "fr");
    assert!(String::from_utf8_lossy(&taken.stderr).contains("déjà celui d'une autre unité"), "{taken:?}");
    let missing = told(&["unit", "networks", "Loire", "--remove", "10.2.0.0/16"], "en");
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    let shown = told(&["unit", "networks"], "en");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("10.3.0.0/16  Ain / Bourg"), "{shown:?}");

    let wrong = file("wrong.csv", "unit;name;login\nAin / Bourg;Anne Dupré;adupre\nNowhere;Paul;paul\n");
    let refused = told(&["unit", "import", "people", &wrong], "en");
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(said.contains("Line 3 (unit)") && said.contains("Nothing was imported"), "{said}");
    assert_eq!(ask(&["person", "list"]).as_array().unwrap().len(), 0);
    let right = file("right.csv", "unit;name;login\nAin / Bourg;Anne Dupré;adupre\nLoire;Paul;paul\n");
    assert_eq!(ask(&["unit", "import", "people", &right, "--dry-run"])["done"], false);
    assert_eq!(ask(&["unit", "import", "people", &right])["added"], 2);
    let found = ask(&["search", "dupre"]);
    assert_eq!((&found[0]["kind"], &found[0]["path"]), (&"person".into(), &"Centre / Ain / Bourg".into()));
    let shown = told(&["search", "dupre"], "fr");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("personne"), "{shown:?}");
    assert_eq!(ask(&["person", "show", "anne"])["person"]["login"], "adupre");
    ask(&["person", "add", "Zoé", "--unit", "Loire", "--login", "zoe"]);
    let out = folder.path().join("people.csv").to_str().unwrap().to_string();
    ask(&["unit", "export", "people", "--out", &out]);
    assert_eq!(ask(&["unit", "import", "people", &out])["same"], 3, "what was exported changes nothing");

    ask(&["unit", "split", "Ain", "--part", "Ain nord", "--part", "Ain sud=Ain / Bourg"]);
    assert!(paths(&["unit", "list"]).contains(&"Ain sud / Bourg".to_string()));
    ask(&["unit", "merge", "Loire", "--into", "Ain nord"]);
    ask(&["unit", "move", "Ain sud", "--below", "Ain nord"]);
    ask(&["unit", "rename", "Ain nord", "Ain"]);
    ask(&["unit", "close", "Ain / Ain sud / Bourg"]);
    let history = ask(&["unit", "show", "Ain"]);
    let words: Vec<&str> =
        history["decisions"].as_array().unwrap().iter().map(|d| d["what"]["change"].as_str().unwrap()).collect();
    assert_eq!(words, ["split", "merged", "moved", "renamed"]);
    let gone = told(&["unit", "show", "Loire"], "en");
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("No open unit has the path"), "{gone:?}");
    let settings = file("directory.json", r#"{ "config": { "url": "ldaps://localhost:1", "base": "dc=x" } }"#);
    ask(&["person", "directory", "mairie", &settings]);
    let silent = told(&["person", "read", "mairie"], "en");
    assert_eq!(silent.status.code(), Some(1), "{silent:?}");
    assert_eq!(ask(&["person", "directories"])[0]["name"], "mairie");
    assert_eq!(ask(&["person", "departures"]).as_array().unwrap().len(), 0);
}
