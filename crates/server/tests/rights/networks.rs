//! An unknown machine waits in the unit from whose network it speaks: that unit's technician sees it and recognises it.
use crate::{
    fake::Machine,
    house::House,
    people::{Organisation, Somebody, told},
};
use reqwest::Method;
use serde_json::json;
use socle_domain::{UnitId, role::Role};
use socle_wire::{
    agent::Welcome,
    api::MachineView,
    organisation::{ImportReport, NetworkView, UnitNetworks},
    page::Page,
};

fn machine(house: &House, n: u8, address: &str) -> Machine {
    Machine::from(&house.agents(), house.pin, n, Some(address.parse().unwrap()))
}
fn set(org: &Organisation, who: &Somebody, unit: UnitId, networks: &[&str]) -> (u16, String) {
    let path = format!("/api/v1/units/{unit}/networks");
    told(org.request(Some(who), Method::PUT, &path).json(&json!({ "networks": networks })).send().unwrap())
}
fn waiting(org: &Organisation, who: &Somebody) -> Vec<MachineView> {
    org.get(who, "/api/v1/machines?state=to-recognise").json::<Page<MachineView>>().unwrap().items
}

#[test]
fn an_unknown_machine_waits_where_it_speaks_from() {
    let house = House::new();
    let org = Organisation::new(&house);
    let head = org.somebody("head", &[(Role::SiteAdministrator, org.body)]);
    let anne = org.somebody("anne", &[(Role::Technician, org.body)]);
    let zoe = org.somebody("zoe", &[(Role::Technician, org.other)]);
    assert_eq!(set(&org, &head, org.body, &["127.1.0.0/16"]).0, 200);
    assert_eq!(set(&org, &head, org.site, &["127.1.2.0/24"]).0, 200);

    let mut at_site = machine(&house, 1, "127.1.2.7");
    let mut at_body = machine(&house, 2, "127.1.9.9");
    let mut nowhere = machine(&house, 3, "127.0.0.9");
    for one in [&mut at_site, &mut at_body, &mut nowhere] {
        assert!(matches!(one.hello().unwrap(), Welcome::Unknown { .. }));
    }
    let seen: Vec<(UnitId, Option<String>)> = waiting(&org, &anne).into_iter().map(|m| (m.unit, m.address)).collect();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(
        seen.contains(&(org.site, Some("127.1.2.7".into()))) && seen.contains(&(org.body, Some("127.1.9.9".into())))
    );
    assert!(waiting(&org, &zoe).is_empty(), "another body's technician sees none of them");
    let all = house.machines();
    assert_eq!(all.iter().filter(|m| m.unit == UnitId::ROOT).count(), 1, "from no known network: at the centre");

    let there = waiting(&org, &anne).into_iter().find(|m| m.unit == org.site).unwrap();
    let accept = |who: &Somebody| {
        told(org.post(who, &format!("/api/v1/machines/{}/accept", there.id), &json!({ "name": "poste-01" })))
    };
    assert_eq!(accept(&zoe), (404, "server-unknown".into()));
    assert_eq!(accept(&anne).0, 200);
    let known = at_site.known();
    assert_eq!(house.get::<MachineView>(&format!("/api/v1/machines/{}", known.target)).unit, org.site);
}

#[test]
fn a_machine_that_waits_goes_where_its_network_is_entered_or_where_it_is_carried() {
    let house = House::new();
    let org = Organisation::new(&house);
    let (head, anne) = (
        org.somebody("head", &[(Role::SiteAdministrator, org.body)]),
        org.somebody("anne", &[(Role::Technician, org.body)]),
    );
    let mut one = machine(&house, 1, "127.1.2.7");
    one.hello().unwrap();
    assert!(waiting(&org, &anne).is_empty());
    assert_eq!(set(&org, &head, org.site, &["127.1.2.0/24"]).0, 200);
    house.later(3);
    one.hello().unwrap();
    assert_eq!(waiting(&org, &anne)[0].unit, org.site, "the next time that it asks");
    let stays: Page<serde_json::Value> = house.get(&format!("/api/v1/machines/{}/stays", waiting(&org, &anne)[0].id));
    assert_eq!(stays.items.last().unwrap()["by"], "network");
    // The same machine, carried elsewhere.
    let mut carried = machine(&house, 1, "127.7.7.7");
    carried.hello().unwrap();
    assert!(waiting(&org, &anne).is_empty());
    assert_eq!(house.machines()[0].unit, UnitId::ROOT);
    // Known machines stay where they were recognised, wherever they speak from.
    house.accept("poste-01");
    one.known();
    assert_eq!(house.machines()[0].unit, UnitId::ROOT);
}

#[test]
fn a_list_of_announced_machines_comes_before_the_network() {
    let house = House::new();
    let org = Organisation::new(&house);
    let head = org.somebody("head", &[(Role::SiteAdministrator, org.body)]);
    assert_eq!(set(&org, &head, org.body, &["127.1.0.0/16"]).0, 200);
    house.post_csv("name,mac\nposte-77,52:54:00:00:00:05\n").unwrap();
    let known = machine(&house, 5, "127.1.2.7").known();
    assert_eq!(known.name, "poste-77");
    assert_eq!(house.get::<MachineView>(&format!("/api/v1/machines/{}", known.target)).unit, UnitId::ROOT);
}

#[test]
fn networks_are_set_by_who_organises_the_unit_and_in_lists() {
    let house = House::new();
    let org = Organisation::new(&house);
    let head = org.somebody("head", &[(Role::SiteAdministrator, org.body)]);
    let zoe = org.somebody("zoe", &[(Role::SiteAdministrator, org.other)]);
    let anne = org.somebody("anne", &[(Role::Technician, org.body)]);
    assert_eq!(set(&org, &anne, org.body, &["10.1.0.0/16"]).0, 403);
    assert_eq!(set(&org, &head, org.other, &["10.1.0.0/16"]), (404, "db-unit-outside".into()));
    assert_eq!(set(&org, &head, org.body, &["10.1.0.0/16", "fd00:1::/48"]).0, 200);
    assert_eq!(set(&org, &zoe, org.other, &["10.1.0.0/16"]), (409, "db-network-taken".into()));
    assert_eq!(set(&org, &zoe, org.other, &["10.1.3.0/24"]), (409, "db-network-inside".into()));
    assert_eq!(set(&org, &head, org.body, &["10.1.0.0/99"]).0, 400);
    let own: UnitNetworks = org.get(&anne, &format!("/api/v1/units/{}/networks", org.body)).json().unwrap();
    assert_eq!(own.networks.len(), 2);
    assert_eq!(org.get(&zoe, &format!("/api/v1/units/{}/networks", org.body)).status().as_u16(), 404);
    let seen = |who: &Somebody| org.get(who, "/api/v1/networks").json::<Page<NetworkView>>().unwrap().items;
    assert_eq!((seen(&anne).len(), seen(&zoe).len()), (2, 0));
    assert_eq!((seen(&anne)[0].path.as_str(), seen(&anne)[0].by.as_str()), ("Collège Prévert", "token of head"));

    // What somebody else has changed meanwhile is not written over.
    let path = format!("/api/v1/units/{}/networks", org.body);
    let put = |version: &str| {
        let request = org.request(Some(&head), Method::PUT, &path).header("if-match", version);
        told(request.json(&json!({ "networks": ["10.1.0.0/16"] })).send().unwrap()).0
    };
    assert_eq!(put("\"other\""), 412);
    let version = org.get(&head, &path).headers()["etag"].to_str().unwrap().to_string();
    assert_eq!(put(&version), 200);

    let import = |csv: &str, dry_run: bool| {
        let path = format!("/api/v1/imports/units?dry_run={dry_run}");
        org.request(Some(&head), Method::POST, &path).body(csv.to_string()).send().unwrap()
    };
    let wrong = "path,networks\nCollège Prévert,10.1.0.0/16\nCollège Prévert / Site nord,10.300.0.0/16\n";
    let report: ImportReport = import(wrong, true).json().unwrap();
    assert_eq!((report.wrong, report.same), (1, 1), "{report:?}");
    assert_eq!((report.troubles[0].line, report.troubles[0].column.as_deref()), (3, Some("networks")));
    assert_eq!(told(import(wrong, false)), (422, "server-import-refused".into()));
    let right = "path;networks\nCollège Prévert / Site nord;10.1.2.0/24 fd00:1:2::/64\n\
                 Collège Prévert / Site sud;10.1.3.0/24\nCollège Prévert;-\n";
    let tried: ImportReport = import(right, true).json().unwrap();
    assert_eq!((tried.added, tried.changed, tried.wrong), (1, 2, 0), "{tried:?}");
    assert_eq!(seen(&head).len(), 1, "it was only looked at");
    let done: ImportReport = import(right, false).json().unwrap();
    assert!(
        done.done && done.effects.iter().any(|e| e.detail == "networks: – → 10.1.2.0/24 fd00:1:2::/64"),
        "{done:?}"
    );
    assert_eq!(seen(&head).len(), 3);
    let text = org.get(&head, "/api/v1/exports/units").text().unwrap();
    assert!(text.contains("10.1.2.0/24 fd00:1:2::/64"), "{text}");
    let again: ImportReport = import(&text, false).json().unwrap();
    assert_eq!((again.added, again.changed, again.wrong), (0, 0, 0), "{again:?}");

    // The page of the unit, in the words of the reader.
    let form = |text: &str| {
        let request = org.request(Some(&head), Method::POST, &format!("/organisation/{}/networks", org.body));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("networks={text}")).header("accept-language", "en").send().unwrap()
    };
    let refused = form("10.1.0.0%2F16%0Anonsense");
    assert_eq!(refused.status().as_u16(), 422);
    let page = refused.text().unwrap();
    assert!(page.contains("“nonsense” is no network") && page.contains("10.1.0.0/16"), "{page}");
    assert_eq!(form("10.1.0.0%2F16%0D%0A").status().as_u16(), 303);
    assert!(org.get(&head, &format!("/organisation/{}", org.body)).text().unwrap().contains("10.1.0.0/16"));
}
