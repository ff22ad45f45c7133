//! Lists come in pages, and what comes in or goes meanwhile moves nothing.
use crate::{fake::Machine, house::House};
use serde_json::{Value, json};

fn rule(house: &House, name: &str) {
    let rule = json!({ "name": name, "unit": socle_domain::UnitId::ROOT, "when": "false", "name_pattern": "x-{nn}" });
    house.post::<Value>("/api/v1/accept-rules", &rule);
}

/// All names of a list, read in pages of `limit`; `between` is done after each page.
fn read(house: &House, list: &str, limit: usize, field: &str, mut between: impl FnMut(usize)) -> Vec<String> {
    let (mut all, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page: Value = house.get(&format!("{list}?limit={limit}{after}"));
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.iter().map(|i| i[field].as_str().unwrap().to_string()));
        pages += 1;
        between(pages);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
        assert!(pages < 100, "it never ends");
    }
}

#[test]
fn every_thing_is_on_one_page() {
    let house = House::new();
    let names: Vec<String> = (0..7).map(|n| format!("rule-{n}")).collect();
    names.iter().for_each(|name| rule(&house, name));
    for limit in [1, 2, 3, 6, 7, 8] {
        assert_eq!(read(&house, "/api/v1/accept-rules", limit, "name", |_| {}), names, "limit {limit}");
    }
    for n in 1..=5 {
        Machine::new(&house.agents(), house.pin, n).hello().unwrap();
    }
    let once = read(&house, "/api/v1/machines", 1_000, "id", |_| {});
    assert_eq!(once.len(), 5);
    assert_eq!(read(&house, "/api/v1/machines", 2, "id", |_| {}), once);
}

#[test]
fn what_changes_between_two_pages_moves_nothing() {
    let house = House::new();
    (0..6).for_each(|n| rule(&house, &format!("rule-{n}")));
    let seen = read(&house, "/api/v1/accept-rules", 2, "name", |page| {
        if page == 1 {
            // One that was read goes, one comes in before, one behind.
            house
                .http()
                .delete(house.url("console", "/api/v1/accept-rules/rule-0"))
                .bearer_auth(&house.token)
                .send()
                .unwrap();
            rule(&house, "a-first");
            rule(&house, "rule-9");
        }
    });
    assert_eq!(seen, ["rule-0", "rule-1", "rule-2", "rule-3", "rule-4", "rule-5", "rule-9"]);
}

#[test]
fn machines_are_found_by_name_code_and_state() {
    let house = House::new();
    Machine::new(&house.agents(), house.pin, 1).hello().unwrap();
    house.accept("poste-01");
    Machine::new(&house.agents(), house.pin, 2).hello().unwrap();
    let count = |filter: &str| house.all::<Value>(&format!("/api/v1/machines?{filter}")).len();
    let code = house.all::<Value>("/api/v1/machines?state=to-recognise")[0]["code"].as_str().unwrap().to_string();
    assert_eq!((count("name=poste-01"), count("name=poste-02"), count(&format!("code={code}"))), (1, 0, 1));
    assert_eq!((count("state=known"), count("state=known&name=poste-01"), count("state=refused")), (1, 1, 0));
}
