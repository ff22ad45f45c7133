//! The organisation through the API: decisions, people, links, moves, lists, search; and its pages.
use crate::{fake::Machine, house::House};
use serde_json::{Value, json};
use socle_domain::{UnitId, person::Person};
use socle_wire::{
    api::MachineView,
    organisation::{DecisionView, Effect, FoundView, ImportReport, UnitView},
    page::Page,
    problem::Problem,
};
use std::time::Instant;

fn import(house: &House, list: &str, csv: &str, dry_run: bool) -> Result<ImportReport, Box<Problem>> {
    let url = house.url("console", &format!("/api/v1/imports/{list}?dry_run={dry_run}"));
    let response = house.http().post(url).bearer_auth(&house.token).body(csv.to_string()).send().unwrap();
    match response.status().is_success() {
        true => Ok(response.json().unwrap()),
        false => Err(Box::new(response.json().unwrap())),
    }
}
fn units(house: &House) -> Vec<UnitView> {
    house.all("/api/v1/units?limit=1000")
}
fn unit(house: &House, path: &str) -> UnitView {
    units(house).into_iter().find(|u| u.path == path).unwrap_or_else(|| panic!("no unit {path}"))
}
const TREE: &str =
    "path;kind\nAin;body\nAin / Bourg;site\nAin / Bourg / Salle 12;room\nLoire;body\nLoire / Roanne;site\n";

fn with_tree() -> House {
    let house = House::new();
    assert_eq!(import(&house, "units", TREE, false).unwrap().added, 5);
    house
}
fn counts(report: &ImportReport) -> (u64, u64, u64, u64) {
    (report.added, report.changed, report.same, report.wrong)
}

#[test]
fn decisions_make_the_tree_and_keep_its_past() {
    let house = with_tree();
    let (ain, loire) = (unit(&house, "Ain"), unit(&house, "Loire"));
    let before = house.now();
    house.later(3600);
    let merge = json!({ "what": { "change": "merge", "unit": loire.id, "into": ain.id } });
    let told: DecisionView = house.post("/api/v1/unit-decisions", &merge);
    assert_eq!((told.at, told.by.as_str()), (house.now(), "test"));
    let paths: Vec<String> = units(&house).into_iter().filter(|u| u.ended.is_none()).map(|u| u.path).collect();
    assert_eq!(paths, ["Centre", "Ain", "Ain / Bourg", "Ain / Bourg / Salle 12", "Ain / Roanne"]);
    let past: Vec<UnitView> = house.all(&format!("/api/v1/units?at={before}"));
    assert!(past.iter().any(|u| u.path == "Loire / Roanne"), "{past:?}");
    let history: Vec<DecisionView> = house.all(&format!("/api/v1/units/{}/decisions", loire.id));
    assert_eq!(history.iter().map(|d| d.what.word()).collect::<Vec<_>>(), ["founded", "founded", "merged"]);
    let into_closed = json!({ "what": { "change": "found", "parent": loire.id, "name": "Late", "kind": "site" } });
    assert_eq!(house.refused("/api/v1/unit-decisions", &into_closed), (422, "domain-unit-closed".into()));
    let cycle = json!({ "what": { "change": "move", "unit": ain.id, "parent": unit(&house, "Ain / Bourg").id } });
    assert_eq!(house.refused("/api/v1/unit-decisions", &cycle), (422, "domain-unit-cycle".into()));
}

#[test]
fn a_machine_is_recognised_where_it_was_announced_and_moves_with_its_identity() {
    let house = with_tree();
    let room = unit(&house, "Ain / Bourg / Salle 12");
    let list = "unit,name,mac\nAin / Bourg / Salle 12,poste-07,52:54:00:00:00:07\n";
    assert_eq!(counts(&import(&house, "machines", list, false).unwrap()), (1, 0, 0, 0));
    let mut machine = Machine::new(&house.agents(), house.pin, 7);
    let known = machine.known();
    let view: MachineView = house.get(&format!("/api/v1/machines/{}", known.target));
    assert_eq!((view.unit, view.name.as_deref()), (room.id, Some("poste-07")));
    assert_eq!(unit(&house, "Ain").all.machines, 1, "counted for the body");
    let server =
        socle_domain::keys::server_key(&socle_domain::sign::Signer::public(&house.content()), &known.delegation);
    let server = server.unwrap();
    assert_eq!(known.enrolment.open(&server).unwrap().unit, room.id);

    let there = unit(&house, "Loire / Roanne");
    let moved: MachineView =
        house.post(&format!("/api/v1/machines/{}/move", known.target), &json!({ "unit": there.id }));
    assert_eq!(moved.unit, there.id);
    assert_eq!(machine.orders(0, 0).unwrap_err().code(), "server-unauthenticated", "its session was of the old unit");
    assert_eq!(machine.known().enrolment.open(&server).unwrap().unit, there.id, "it is signed anew");
    let stays: Vec<Value> = house.all(&format!("/api/v1/machines/{}/stays", known.target));
    assert_eq!(stays.len(), 3, "the queue, the room, the site: {stays:?}");
    let closed = json!({ "unit": UnitId(uuid::Uuid::from_u128(5)) });
    let path = format!("/api/v1/machines/{}/move", known.target);
    assert_eq!(house.refused(&path, &closed), (404, "server-unknown".into()));
}

#[test]
fn a_machine_with_a_run_stays_until_it_is_over() {
    let house = with_tree();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    machine.known();
    house.start(&view, house.master());
    let there = unit(&house, "Loire");
    let path = format!("/api/v1/machines/{}/move", view.id);
    assert_eq!(house.refused(&path, &json!({ "unit": there.id })), (409, "server-run-open".into()));
}

#[test]
fn a_list_is_tried_first_and_is_imported_whole_or_not_at_all() {
    let house = with_tree();
    let people = "unit;name;login;mail\nAin / Bourg;Anne Dupré;adupre;anne@example.org\nLoire;Zoé;zoe;\n";
    let tried = import(&house, "people", people, true).unwrap();
    assert_eq!((counts(&tried), tried.done), ((2, 0, 0, 0), false));
    assert_eq!(house.all::<Person>("/api/v1/persons").len(), 0, "it was only looked at");
    let wrong =
        "unit;name;login;mail\nAin;Ok;ok;\nNowhere;Who;who;\nAin;Bad;b b;\nAin;Mail;m;no address\nAin\nAin;Twice;ok;\n";
    let told = import(&house, "people", wrong, true).unwrap();
    let lines: Vec<(u64, Option<&str>)> = told.troubles.iter().map(|t| (t.line, t.column.as_deref())).collect();
    assert_eq!(
        lines,
        [(3, Some("unit")), (4, Some("login")), (5, Some("mail")), (6, None), (7, Some("login"))],
        "all at once: {:?}",
        told.troubles
    );
    let refused = import(&house, "people", wrong, false).unwrap_err();
    assert_eq!((refused.status, refused.fault.code.as_ref()), (422, "server-import-refused"));
    assert_eq!(house.all::<Person>("/api/v1/persons").len(), 0, "nothing was imported");
    assert!(import(&house, "people", people, false).unwrap().done);
    assert_eq!(counts(&import(&house, "people", people, false).unwrap()), (0, 0, 2, 0), "again: nothing changes");
    let changed = "login,unit,mail\nzoe,Loire / Roanne,zoe@example.org\n";
    let told = import(&house, "people", changed, false).unwrap();
    assert_eq!((told.changed, told.effects[0].effect), (1, Effect::Changed));
    assert!(told.effects[0].detail.contains("Loire → Loire / Roanne"), "{:?}", told.effects);
    assert_eq!(unit(&house, "Loire / Roanne").own.people, 1);
}

#[test]
fn what_is_exported_can_be_imported_and_changes_nothing() {
    let house = with_tree();
    import(&house, "people", "unit,name,login\nAin,=HYPERLINK(1),evil\nLoire,Zoé,zoe\n", false).unwrap();
    import(&house, "machines", "unit,name,mac,serial\nAin,neuf-01,52:54:00:00:00:09,SN9\n", false).unwrap();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    let links = "kind,person,machine,from\nuses,zoe,poste-01,2026-01-05\nresponsible,evil,,\n";
    assert_eq!(counts(&import(&house, "links", links, false).unwrap()), (2, 0, 0, 0));
    for (list, lines) in [("units", 6), ("people", 2), ("machines", 2), ("links", 2)] {
        let text = String::from_utf8(house.bytes(&format!("/api/v1/exports/{list}"))).unwrap();
        let report = import(&house, list, &text, false).unwrap_or_else(|p| panic!("{list}: {p:?}\n{text}"));
        assert_eq!(counts(&report), (0, 0, lines, 0), "{list}: {:?}\n{text}", report.effects);
        assert!(list != "people" || text.contains("'=HYPERLINK"), "a spreadsheet would compute this: {text}");
    }
    let renamed = format!("path,id\nAin et Jura,{}\n", unit(&house, "Ain").id);
    assert_eq!(counts(&import(&house, "units", &renamed, false).unwrap()), (0, 1, 0, 0));
    assert_eq!(unit(&house, "Ain et Jura / Bourg").kind.word(), "site");
    let ended = "person,machine,until\nzoe,poste-01,2026-12-31\n";
    assert_eq!(counts(&import(&house, "links", ended, false).unwrap()), (0, 1, 0, 0));
}

#[test]
fn ten_thousand_rows_come_in_at_once() {
    let house = House::new();
    let mut tree = String::from("path,kind\n");
    for body in 0..100 {
        tree.push_str(&format!("Organisme {body},body\n"));
        (0..9).for_each(|site| tree.push_str(&format!("Organisme {body} / Site {site},site\n")));
    }
    let begun = Instant::now();
    assert_eq!(import(&house, "units", &tree, false).unwrap().added, 1_000);
    println!("1,000 units: {:?}", begun.elapsed());
    let place = |n: usize| format!("Organisme {} / Site {}", n % 100, n % 9);
    let (mut people, mut machines) = (String::from("unit,name,login\n"), String::from("unit;name;mac;serial\n"));
    for n in 0..10_000 {
        people.push_str(&format!("{},Personne {n},login{n}\n", place(n)));
        let mac = format!("52:54:01:00:{:02x}:{:02x}", n >> 8, n & 255);
        machines.push_str(&format!("{};poste-{n:05};{mac};SN{n}\n", place(n)));
    }
    for (list, text) in [("people", &people), ("machines", &machines)] {
        let begun = Instant::now();
        let tried = import(&house, list, text, true).unwrap();
        println!("10,000 {list}, looked at: {:?}", begun.elapsed());
        assert_eq!(counts(&tried), (10_000, 0, 0, 0));
        assert_eq!(tried.effects.len(), 1_000, "the first thousand are told");
        let begun = Instant::now();
        assert_eq!(counts(&import(&house, list, text, false).unwrap()), (10_000, 0, 0, 0));
        println!("10,000 {list}, imported: {:?}", begun.elapsed());
    }
    let found: Page<FoundView> = house.get("/api/v1/search?q=personne%204321&kind=person");
    assert_eq!(found.items.len(), 1);
    assert_eq!(found.items[0].path, "Centre / Organisme 21 / Site 1");
    let one_wrong = people.replacen("Organisme 7 / Site 7,Personne 7,", "Nowhere,Personne 7,", 1);
    let told = import(&house, "people", &one_wrong, true).unwrap();
    assert_eq!((told.wrong, told.troubles[0].line, told.same), (1, 9, 9_999));
}

#[test]
fn people_links_and_facts_are_dated() {
    let house = with_tree();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let machine = house.accept("poste-01");
    let ain = unit(&house, "Ain").id;
    let anne: Person = house.post("/api/v1/persons", &json!({ "name": "Anne", "unit": ain, "login": "anne" }));
    let paul: Person = house.post("/api/v1/persons", &json!({ "name": "Paul", "unit": ain }));
    let twin = json!({ "name": "Anna", "unit": ain, "login": "anne" });
    assert_eq!(house.refused("/api/v1/persons", &twin), (409, "db-login-taken".into()));
    let mut made = Vec::new();
    for person in [&anne, &paul] {
        let wish = json!({ "kind": "uses", "person": person.id, "machine": machine.id });
        made.push(house.post::<Value>("/api/v1/links", &wish));
    }
    house.later(60);
    let end = format!("/api/v1/links/{}/end", made[0]["id"].as_str().unwrap());
    assert!(house.post::<Value>(&end, &json!({}))["until"].is_string());
    let shared: Vec<Value> = house.all(&format!("/api/v1/links?machine={}", machine.id));
    assert_eq!(shared.len(), 2, "a link ends and is not removed");
    let nobody = json!({ "kind": "uses", "machine": machine.id });
    assert_eq!(house.refused("/api/v1/links", &nobody), (422, "domain-link-wrong".into()));
    let left = json!({ "name": "Paul", "until": house.now() });
    house.put::<Person>(&format!("/api/v1/persons/{}", paul.id), &left);
    assert_eq!(house.all::<Person>("/api/v1/persons").len(), 1);
    assert_eq!(house.all::<Person>("/api/v1/persons?left=true").len(), 2);
    let url = house.url("console", &format!("/api/v1/machines/{}/facts/wall_socket", machine.id));
    let said = house.http().put(url).bearer_auth(&house.token).json(&json!({ "value": "B12" })).send().unwrap();
    assert_eq!(said.status(), 204);
    let facts: Vec<Value> = house.all(&format!("/api/v1/machines/{}/facts", machine.id));
    let socket = facts.iter().find(|f| f["name"] == "wall_socket").unwrap();
    assert_eq!((&socket["value"], &socket["who"]), (&json!("B12"), &json!("test")));
    assert!(facts.iter().any(|f| f["who"] == "machine"), "what it says of itself: {facts:?}");
}
