//! The organisation, as samples for the tests and for the preview.
use crate::samples::{ago, machines, now};
use socle_console::{DeparturesPage, Form, ImportPage, Organisation, PersonPage, SearchPage, UnitPage};
use socle_domain::{
    DecisionId, PersonId, UnitId,
    person::{Origin, Person},
    unit::{Change, Ended, Part, UnitKind},
};
use socle_texts::{Fault, Lang};
use socle_wire::{
    organisation::{
        DecisionView, DepartureView, Effect, FoundView, Held, ImportReport, LineEffect, LineTrouble, List, UnitView,
    },
    problem::Problem,
};
use std::collections::BTreeMap;

pub fn unit_id(n: u8) -> UnitId {
    if n == 0 { UnitId::ROOT } else { UnitId::new(1_795_336_000_000 + u64::from(n), [n; 10]) }
}
fn person_id(n: u8) -> PersonId {
    PersonId::new(1_795_336_000_000 + u64::from(n), [n; 10])
}

fn unit(n: u8, parent: u8, path: &str, kind: UnitKind, machines: u64) -> UnitView {
    let held = Held { machines, waiting: machines / 100, people: machines / 3 };
    UnitView {
        id: unit_id(n),
        parent: (n > 0).then(|| unit_id(parent)),
        name: path.rsplit(" / ").next().unwrap_or(path).into(),
        path: path.into(),
        kind,
        depth: if n == 0 { 0 } else { path.matches(" / ").count() as u32 + 1 },
        since: (n > 0).then(|| ago(86_400 * 300)),
        ended: None,
        how: None,
        own: held,
        all: held,
    }
}

pub fn units() -> Vec<UnitView> {
    let mut all = vec![
        unit(0, 0, "Centre", UnitKind::Centre, 80_214),
        unit(1, 0, "Caisse de l'Ain", UnitKind::Body, 612),
        unit(2, 1, "Caisse de l'Ain / Bourg", UnitKind::Site, 411),
        unit(3, 2, "Caisse de l'Ain / Bourg / Salle 12", UnitKind::Room, 24),
        unit(4, 0, "Caisse de la Loire", UnitKind::Body, 1_022),
        unit(5, 4, "Caisse de la Loire / Roanne <ancien>", UnitKind::Site, 0),
    ];
    if let Some(last) = all.last_mut() {
        last.ended = Some(ago(86_400 * 20));
        last.how = Some(Ended::Merged { into: unit_id(4) });
    }
    all
}

pub fn organisation() -> Organisation {
    Organisation { units: units(), left_out: 1_204, at: Some("2026-11-22".into()), departures: 3 }
}

fn somebody(n: u8, name: &str, left: bool) -> Person {
    Person {
        id: person_id(n),
        unit: unit_id(2),
        name: name.into(),
        login: Some(format!("p{n}")),
        mail: Some("anne@example.org".into()),
        origin: Origin::Hand,
        since: ago(86_400 * 900),
        until: left.then(|| ago(86_400)),
    }
}

pub fn unit_page(form: Form) -> UnitPage {
    let all = units();
    let decision = |n: u8, what: Change| DecisionView {
        id: DecisionId::new(1, [n; 10]),
        at: ago(86_400 * (90 - i64::from(n) * 20)),
        decided: now(),
        by: "admin".into(),
        what,
    };
    let part = |n: u8, name: &str| Part { unit: unit_id(n), name: name.into(), takes: vec![] };
    let (unit, elsewhere) = (unit_id(2), unit_id(99));
    UnitPage {
        unit: all[2].clone(),
        above: all[..2].to_vec(),
        below: vec![all[3].clone(), all[5].clone()],
        decisions: vec![
            decision(0, Change::Founded { unit, parent: unit_id(1), name: "Bourg".into(), kind: UnitKind::Site }),
            decision(1, Change::Renamed { unit, name: "Bourg-en-Bresse".into() }),
            decision(2, Change::Moved { unit, parent: elsewhere }),
            decision(3, Change::Merged { unit: unit_id(5), into: unit }),
            decision(4, Change::Split { unit: unit_id(5), into: vec![part(7, "Nord"), part(8, "Sud")] }),
            decision(5, Change::Closed { unit: unit_id(3) }),
        ],
        names: all.iter().map(|u| (u.id, u.name.clone())).collect::<BTreeMap<_, _>>(),
        machines: machines().machines,
        people: vec![somebody(1, "Anne Dupré", false), somebody(2, "Paul Durand", true)],
        networks: ["10.2.0.0/16", "fd00:2::/48"].iter().map(|n| n.parse().expect("a network")).collect(),
        places: all[3..5].iter().map(|u| (u.id, u.path.clone())).collect(),
        form,
    }
}

pub fn import(lang: Lang, state: &str) -> ImportPage {
    let fault = Fault::new("server-import-unit-unknown").with("unit", "Nowhere <here>").because("why");
    let problem = Problem::new(422, fault, lang);
    let effect = |line: u64, effect: Effect| LineEffect {
        line,
        effect,
        name: "Anne Dupré".into(),
        detail: "unit: Ain → Ain / Bourg".into(),
    };
    let wrong = u64::from(state == "wrong");
    let report = ImportReport {
        list: List::People,
        done: state == "done",
        lines: 3,
        added: 1,
        changed: 1,
        same: 1,
        effects: vec![effect(2, Effect::Added), effect(4, Effect::Changed)],
        wrong,
        troubles: (0..wrong)
            .map(|_| LineTrouble { line: 3, column: Some("unit".into()), problem: problem.clone() })
            .collect(),
    };
    let typed = BTreeMap::from([("csv".to_string(), "unit,name\nAin,Anne <b>\n".to_string())]);
    let form = match state {
        "refused" => Form::refused(problem, "csv", typed),
        "fresh" | "done" => Form::default(),
        _ => Form { typed, ..Form::default() },
    };
    let told = !matches!(state, "refused" | "fresh");
    ImportPage { list: List::People, report: told.then_some(report), form }
}

pub fn search(found: bool) -> SearchPage {
    let one = |kind: &str, name: &str, detail: &str| FoundView {
        kind: kind.into(),
        id: person_id(3).to_string(),
        name: name.into(),
        detail: detail.into(),
        unit: unit_id(2),
        path: "Centre / Ain / Bourg".into(),
    };
    let all = vec![
        one("machine", "salle-12-poste-06", "5CG0123XYZ · 52:54:00:aa:10:06"),
        one("person", "Anne <Dupré>", "adupre"),
        one("unit", "Bourg", "site"),
    ];
    SearchPage { query: "a \"quoted\" <b>".into(), found: if found { all } else { vec![] } }
}

pub fn person(left: bool) -> PersonPage {
    let link = |name: &str, days: i64, ended: bool| {
        (name.to_string(), Some("/machines/x".to_string()), ago(86_400 * days), ended.then(|| ago(86_400)))
    };
    let links = if left { vec![] } else { vec![link("poste-06", 40, false), link("portable-2", 400, true)] };
    PersonPage { person: somebody(1, "Anne Dupré", left), path: "Centre / Ain / Bourg".into(), links }
}

pub fn departures() -> DeparturesPage {
    let one = DepartureView {
        id: "7f1c".into(),
        directory: "mairie".into(),
        person: person_id(2),
        name: "Paul Durand".into(),
        unit: unit_id(2),
        seen: ago(3_600),
    };
    DeparturesPage { waiting: vec![one] }
}
