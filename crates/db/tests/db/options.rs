//! Settings, rules, drafts and stages in the database.
use crate::{
    isolation::{decision, unit},
    made::{self, later, now, target},
};
use serde_json::json;
use socle_db::{
    Db, Offered, Scope, drafts, drafts::Draft, machines, masters, option_rules, sealed, sealed::Sealed, settings,
    stages, units,
};
use socle_domain::{
    DraftId, RuleId, UnitId,
    latitude::Latitude,
    master::{Master, Stage, Version},
    resolve::{Setting, Source},
    rule::Rule,
    sign::Signed,
    unit::{Change, UnitKind},
};

const ROOT: Scope = Scope::ROOT;

/// A centre, two bodies (1 and 2), a site of each (11 and 21).
async fn tree(db: &Db) {
    let founded = |n: usize, parent: usize| {
        let what = Change::Founded { unit: unit(n), parent: unit(parent), name: format!("u{n}"), kind: UnitKind::Site };
        decision(n, 0, what)
    };
    let mut tx = db.write().await.unwrap();
    units::decide(&mut tx, ROOT, &[founded(1, 0), founded(2, 0), founded(11, 1), founded(21, 2)], later(1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
fn setting(unit: UnitId, option: &str, value: i64) -> Setting {
    Setting {
        source: Source::Unit { unit },
        option: option.into(),
        value: Some(value.into()),
        narrows: Some(Latitude::OneOf(vec![json!(1), json!(2)])),
        by: "claire".into(),
        at: now(),
    }
}

pub async fn settings_come_down_and_never_across(db: &Db) {
    tree(db).await;
    let mut tx = db.write().await.unwrap();
    for n in [0, 1, 2, 11, 21] {
        settings::put(&mut tx, ROOT, unit(n), &setting(unit(n), "o", n as i64)).await.unwrap();
    }
    let body = Scope::of(unit(1));
    let outside = settings::put(&mut tx, body, unit(2), &setting(unit(2), "o", 9)).await.unwrap_err();
    assert!(outside.is("db-unit-outside"), "{outside}");
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    let to = Offered::to(unit(11));
    assert_eq!(settings::way(&mut conn, to).await.unwrap(), [unit(0), unit(1), unit(11)]);
    let down = settings::on_the_way(&mut conn, to).await.unwrap();
    let mut values: Vec<i64> = down.iter().map(|s| s.value.as_ref().unwrap().as_i64().unwrap()).collect();
    values.sort();
    assert_eq!(values, [0, 1, 11]);
    assert_eq!(down.iter().find(|s| s.source == Source::Unit { unit: unit(1) }), Some(&setting(unit(1), "o", 1)));
    assert_eq!(settings::below(&mut conn, body).await.unwrap().len(), 2);
    assert_eq!(settings::names_on_the_way(&mut conn, to).await.unwrap()[&unit(11)], "u11");
    drop(conn);
    let mut tx = db.write().await.unwrap();
    assert!(!settings::remove(&mut tx, body, unit(2), "o").await.unwrap(), "another body's");
    assert!(settings::remove(&mut tx, body, unit(11), "o").await.unwrap());
    assert_eq!(settings::below(&mut tx, body).await.unwrap().len(), 1);
}

pub async fn a_machines_settings_go_where_it_goes(db: &Db) {
    tree(db).await;
    let mut tx = db.write().await.unwrap();
    machines::add(&mut tx, ROOT, &made::machine(1)).await.unwrap();
    let own = Setting { source: Source::Machine { machine: target(1) }, narrows: None, ..setting(unit(0), "o", 5) };
    settings::put_for_machine(&mut tx, Scope::of(unit(1)), target(1), &own).await.unwrap();
    assert_eq!(settings::of_machine(&mut tx, ROOT, target(1)).await.unwrap(), [], "another unit's machine");
    settings::put_for_machine(&mut tx, ROOT, target(1), &own).await.unwrap();
    assert_eq!(settings::of_machine(&mut tx, ROOT, target(1)).await.unwrap(), [own.clone()]);
    assert_eq!(settings::of_machines_below(&mut tx, ROOT).await.unwrap(), [own]);
    assert_eq!(settings::of_machine(&mut tx, Scope::of(unit(1)), target(1)).await.unwrap(), []);
    assert!(!settings::remove_for_machine(&mut tx, Scope::of(unit(1)), target(1), "o").await.unwrap());
    assert!(settings::remove_for_machine(&mut tx, ROOT, target(1), "o").await.unwrap());
}

pub async fn a_secret_that_nothing_names_is_forgotten(db: &Db) {
    tree(db).await;
    let mut tx = db.write().await.unwrap();
    machines::add(&mut tx, ROOT, &made::machine(1)).await.unwrap();
    let named = |owner: &str| Some(json!({ "secret": owner }));
    for owner in ["unit", "machine", "rule", "nothing"] {
        let one = Sealed { kind: "option".into(), owner: owner.into(), field: "value".into(), value: "sealed".into() };
        sealed::put(&mut tx, &one, now()).await.unwrap();
    }
    let of_unit = Setting { value: named("unit"), ..setting(unit(1), "o", 0) };
    settings::put(&mut tx, ROOT, unit(1), &of_unit).await.unwrap();
    let source = Source::Machine { machine: target(1) };
    settings::put_for_machine(
        &mut tx,
        ROOT,
        target(1),
        &Setting { source, value: named("machine"), ..of_unit.clone() },
    )
    .await
    .unwrap();
    let rule = Rule {
        id: RuleId::new(1, [1; 10]),
        unit: unit(1),
        name: "r".into(),
        order: 1,
        when: "true".into(),
        sets: [("a".to_string(), json!(1)), ("o".to_string(), named("rule").unwrap())].into(),
        by: "claire".into(),
        at: now(),
    };
    option_rules::put(&mut tx, ROOT, &rule).await.unwrap();
    assert_eq!(settings::sweep_secrets(&mut tx, now()).await.unwrap(), 0, "too young");
    assert_eq!(settings::sweep_secrets(&mut tx, later(1)).await.unwrap(), 1);
    assert!(sealed::get(&mut tx, "option", "nothing", "value").await.unwrap().is_none());
    for owner in ["unit", "machine", "rule"] {
        assert!(sealed::get(&mut tx, "option", owner, "value").await.unwrap().is_some(), "{owner}");
    }
}

pub async fn a_rule_speaks_of_those_below(db: &Db) {
    tree(db).await;
    let rule = |n: usize, name: &str, order: u32| Rule {
        id: RuleId::new(n as u64, [order as u8; 10]),
        unit: unit(n),
        name: name.into(),
        order,
        when: "true".into(),
        sets: [("o".to_string(), json!(n))].into(),
        by: "claire".into(),
        at: now(),
    };
    let mut tx = db.write().await.unwrap();
    for one in [rule(0, "a", 2), rule(0, "b", 1), rule(1, "c", 1), rule(2, "d", 1)] {
        option_rules::put(&mut tx, ROOT, &one).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    assert!(option_rules::put(&mut tx, ROOT, &rule(0, "a", 9)).await.unwrap_err().is("db-name-taken"));
    drop(tx);
    let mut conn = db.read().await.unwrap();
    let names = |rules: Vec<Rule>| rules.into_iter().map(|r| r.name).collect::<Vec<_>>();
    let mut down = names(option_rules::on_the_way(&mut conn, Offered::to(unit(11))).await.unwrap());
    down.sort();
    assert_eq!(down, ["a", "b", "c"]);
    let of_centre: Vec<Rule> = option_rules::on_the_way(&mut conn, Offered::to(unit(0))).await.unwrap();
    assert_eq!(names(of_centre), ["b", "a"], "by their order");
    drop(conn);
    let mut tx = db.write().await.unwrap();
    let body = Scope::of(unit(1));
    assert_eq!(option_rules::by_id(&mut tx, body, rule(2, "d", 1).id).await.unwrap(), None);
    assert!(!option_rules::remove(&mut tx, body, rule(0, "a", 2).id).await.unwrap(), "the centre's");
    assert!(option_rules::remove(&mut tx, body, rule(1, "c", 1).id).await.unwrap());
    assert!(option_rules::put(&mut tx, body, &rule(2, "x", 7)).await.unwrap_err().is("db-unit-outside"));
}

fn version(n: u8, generation: u64) -> (Signed<Master>, Master) {
    let (_, master) = made::master(&n.to_string());
    let master = Master { generation, ..master };
    (Signed::new(&master, &made::Key::new(200)), master)
}
async fn publish(db: &Db, n: u8, generation: u64) -> Result<(Signed<Master>, Master), socle_texts::Fault> {
    let (signed, master) = version(n, generation);
    let mut tx = db.write().await.unwrap();
    stages::take_generation(&mut tx, master.unit, stages::Kind::Master, &master.name, generation).await?;
    masters::add(&mut tx, ROOT, &signed, &master, later(n.into())).await?;
    let begins = Version { unit: master.unit, name: master.name.clone(), stage: Stage::Pilot };
    stages::begin(&mut tx, &begins, signed.digest(), "claire", later(n.into())).await?;
    tx.commit().await?;
    Ok((signed, master))
}

pub async fn a_version_goes_its_way(db: &Db) {
    tree(db).await;
    let (one, master) = publish(db, 1, 1).await.unwrap();
    let (two, _) = publish(db, 2, 2).await.unwrap();
    assert!(publish(db, 3, 1).await.unwrap_err().is("domain-generation-old"), "older than was seen");
    publish(db, 4, 2).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let name = master.name.as_str();
    stages::move_to(&mut tx, ROOT, one.digest(), Stage::Production, "ana", later(10)).await.unwrap().unwrap();
    let kept =
        stages::move_to(&mut tx, ROOT, two.digest(), Stage::Production, "ana", later(11)).await.unwrap().unwrap();
    assert_eq!((kept.version.stage, kept.by.as_str(), kept.since), (Stage::Production, "ana", later(11)));
    let first = stages::by_digest(&mut tx, ROOT, one.digest()).await.unwrap().unwrap();
    assert_eq!(first.version.stage, Stage::Retired, "one version is in production");
    assert_eq!(stages::production(&mut tx, unit(0), name).await.unwrap(), Some(two.digest()));
    assert_eq!(stages::before_production(&mut tx, unit(0), name).await.unwrap(), Some(one.digest()));
    let wrong = stages::move_to(&mut tx, ROOT, two.digest(), Stage::Pilot, "ana", now()).await.unwrap_err();
    assert!(wrong.is("db-stage-wrong"), "{wrong}");
    let moves = stages::moves(&mut tx, ROOT, one.digest()).await.unwrap();
    assert_eq!(moves.iter().map(|m| m.0).collect::<Vec<_>>(), [Stage::Pilot, Stage::Production, Stage::Retired]);
    let from_below = Scope::of(unit(1));
    assert!(stages::by_digest(&mut tx, from_below, two.digest()).await.unwrap().is_some(), "offered from above");
    let none = stages::move_to(&mut tx, from_below, two.digest(), Stage::Retired, "x", now()).await.unwrap();
    assert!(none.is_none(), "and not a body's to move");
    stages::set_pilots(&mut tx, ROOT, unit(0), name, &[unit(1), unit(1)]).await.unwrap();
    assert_eq!(stages::pilots(&mut tx, unit(0), name).await.unwrap(), [unit(1)]);
    let names = ["debian".to_string()];
    stages::allow(&mut tx, ROOT, unit(1), Some(&names), "ana", now()).await.unwrap();
    assert_eq!(stages::allowed(&mut tx, Offered::to(unit(11))).await.unwrap()[&unit(1)], names);
    assert!(stages::allowed(&mut tx, Offered::to(unit(21))).await.unwrap().is_empty());
    assert!(stages::allow(&mut tx, from_below, unit(2), None, "x", now()).await.unwrap_err().is("db-unit-outside"));
    stages::allow(&mut tx, ROOT, unit(1), None, "ana", now()).await.unwrap();
    assert!(stages::allowed(&mut tx, Offered::to(unit(11))).await.unwrap().is_empty());
}

pub async fn a_draft_is_written_until_it_is_published(db: &Db) {
    tree(db).await;
    let (_, master) = version(1, 1);
    let draft = |n: u64, version: &str| Draft {
        id: DraftId::new(n, [1; 10]),
        master: Master { version: version.into(), ..master.clone() },
        by: "claire".into(),
        at: now(),
    };
    let mut tx = db.write().await.unwrap();
    drafts::put(&mut tx, ROOT, &draft(1, "1")).await.unwrap();
    drafts::put(&mut tx, ROOT, &draft(1, "2")).await.unwrap();
    assert_eq!(drafts::list(&mut tx, ROOT).await.unwrap(), [draft(1, "2")]);
    assert_eq!(
        drafts::by_id(&mut tx, Scope::of(unit(1)), draft(1, "2").id).await.unwrap(),
        None,
        "nobody is offered it"
    );
    drafts::put(&mut tx, ROOT, &draft(2, "3")).await.unwrap();
    drafts::published(&mut tx, ROOT, &draft(1, "2").master).await.unwrap();
    assert_eq!(drafts::list(&mut tx, ROOT).await.unwrap(), [draft(2, "3")]);
    assert!(!drafts::remove(&mut tx, Scope::of(unit(1)), draft(2, "3").id).await.unwrap());
    assert!(drafts::remove(&mut tx, ROOT, draft(2, "3").id).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    drafts::put(&mut tx, ROOT, &draft(5, "5")).await.unwrap();
    assert!(drafts::put(&mut tx, ROOT, &draft(6, "5")).await.unwrap_err().is("db-master-taken"));
}
