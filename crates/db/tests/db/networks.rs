//! The networks of units in the database: who may have which, and which counts.
use crate::{
    isolation::{decision, unit},
    made::{later, now},
};
use socle_db::{Db, Scope, networks, units};
use socle_domain::{
    UnitId,
    network::Network,
    unit::{Change, UnitKind},
};
use socle_texts::Result;
use std::collections::{BTreeMap, BTreeSet};

const ROOT: Scope = Scope::ROOT;

fn some(texts: &[&str]) -> BTreeSet<Network> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A body (1) with a site (2) and a room (3), and another body (4).
async fn organisation(db: &Db) {
    let found = |n: usize, parent: usize| {
        let what = Change::Founded { unit: unit(n), parent: unit(parent), name: format!("u{n}"), kind: UnitKind::Body };
        decision(n, 0, what)
    };
    let mut tx = db.write().await.unwrap();
    let all = [found(1, 0), found(2, 1), found(3, 2), found(4, 0)];
    units::decide(&mut tx, ROOT, &all, later(1)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn set(db: &Db, scope: Scope, wished: &[(UnitId, &[&str])]) -> Result<()> {
    let wished: BTreeMap<_, _> = wished.iter().map(|(unit, texts)| (*unit, some(texts))).collect();
    let mut tx = db.write().await?;
    networks::set(&mut tx, scope, &wished, "anne", now()).await?;
    tx.commit().await
}
async fn at(db: &Db, address: &str) -> Option<UnitId> {
    networks::unit_at(&mut *db.read().await.unwrap(), address.parse().unwrap()).await.unwrap()
}
async fn of(db: &Db, n: usize) -> BTreeSet<Network> {
    networks::of_unit(&mut *db.read().await.unwrap(), ROOT, unit(n)).await.unwrap().into_iter().collect()
}

pub async fn the_narrowest_network_counts(db: &Db) {
    organisation(db).await;
    set(db, ROOT, &[(unit(1), &["10.0.0.0/8", "fd00::/16"]), (unit(2), &["10.2.0.0/16"])]).await.unwrap();
    set(db, Scope::of(unit(1)), &[(unit(3), &["10.2.3.7/24", "fd00:0:3::/48"])]).await.unwrap();
    for (address, wanted) in [
        ("10.9.9.9", Some(unit(1))),
        ("10.2.200.1", Some(unit(2))),
        ("10.2.3.200", Some(unit(3))),
        ("::ffff:10.2.3.200", Some(unit(3))),
        ("fd00:0:3::7", Some(unit(3))),
        ("fd00:0:4::7", Some(unit(1))),
        ("192.0.2.1", None),
        ("2001:db8::1", None),
    ] {
        assert_eq!(at(db, address).await, wanted, "{address}");
    }
    let mut conn = db.read().await.unwrap();
    let told = networks::list(&mut conn, ROOT).await.unwrap();
    assert_eq!(told.len(), 5);
    assert_eq!(
        (told[0].network.to_string(), told[0].unit, told[0].by.as_str()),
        ("10.0.0.0/8".into(), unit(1), "anne")
    );
    drop(conn);
    // What is said anew stands instead of what was said before.
    set(db, ROOT, &[(unit(2), &["10.3.0.0/16"])]).await.unwrap();
    assert_eq!((of(db, 2).await, at(db, "10.2.200.1").await), (some(&["10.3.0.0/16"]), Some(unit(1))));
    set(db, ROOT, &[(unit(2), &[])]).await.unwrap();
    assert!(of(db, 2).await.is_empty());
}

pub async fn nobody_draws_anothers_machines_to_himself(db: &Db) {
    organisation(db).await;
    let (one, four) = (Scope::of(unit(1)), Scope::of(unit(4)));
    set(db, one, &[(unit(1), &["10.1.0.0/16"])]).await.unwrap();
    let refused =
        async |scope, wished: &[(UnitId, &[&str])]| set(db, scope, wished).await.unwrap_err().code.to_string();
    assert_eq!(refused(four, &[(unit(4), &["10.1.0.0/16"])]).await, "db-network-taken");
    assert_eq!(refused(ROOT, &[(unit(4), &["10.1.0.0/16"])]).await, "db-network-taken", "twice, whoever says so");
    assert_eq!(refused(one, &[(unit(2), &["10.1.0.0/16"])]).await, "db-network-taken", "below it, too");
    assert_eq!(refused(four, &[(unit(4), &["10.1.7.0/24"])]).await, "db-network-inside");
    assert_eq!(refused(four, &[(unit(2), &["10.9.0.0/16"])]).await, "db-unit-outside");
    assert_eq!(refused(one, &[(unit(2), &["10.7.0.0/16"]), (unit(3), &["10.7.0.0/16"])]).await, "db-network-taken");
    // A wider one draws nothing of what is known to be another's.
    set(db, four, &[(unit(4), &["10.0.0.0/8"])]).await.unwrap();
    assert_eq!((at(db, "10.1.7.7").await, at(db, "10.4.0.1").await), (Some(unit(1)), Some(unit(4))));
    // Whoever holds both may give a part of one's to the other.
    set(db, ROOT, &[(unit(4), &["10.0.0.0/8", "10.1.7.0/24"])]).await.unwrap();
    assert_eq!(at(db, "10.1.7.7").await, Some(unit(4)));
    // Two may change places at once.
    set(db, one, &[(unit(2), &["10.1.2.0/24"]), (unit(3), &["10.1.3.0/24"])]).await.unwrap();
    set(db, one, &[(unit(2), &["10.1.3.0/24"]), (unit(3), &["10.1.2.0/24"])]).await.unwrap();
    assert_eq!((at(db, "10.1.2.1").await, at(db, "10.1.3.1").await), (Some(unit(3)), Some(unit(2))));
    assert!(networks::list(&mut *db.read().await.unwrap(), four).await.unwrap().iter().all(|n| n.unit == unit(4)));
}

pub async fn a_unit_that_ends_leaves_its_networks_to_its_heir(db: &Db) {
    organisation(db).await;
    set(db, ROOT, &[(unit(4), &["10.4.0.0/16", "10.5.0.0/16"])]).await.unwrap();
    let merged = decision(50, 10, Change::Merged { unit: unit(4), into: unit(2) });
    let mut tx = db.write().await.unwrap();
    units::decide(&mut tx, ROOT, &[merged], later(11)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(at(db, "10.4.0.1").await, Some(unit(2)), "the open unit that came after it");
    let closed = set(db, ROOT, &[(unit(4), &["10.6.0.0/16"])]).await.unwrap_err();
    assert!(closed.is("db-unit-closed"), "{closed}");
    set(db, Scope::of(unit(1)), &[(unit(3), &["10.4.0.0/16"])]).await.unwrap();
    assert_eq!((at(db, "10.4.0.1").await, at(db, "10.5.0.1").await), (Some(unit(3)), Some(unit(2))));
    assert_eq!(of(db, 4).await, some(&["10.5.0.0/16"]));
}
