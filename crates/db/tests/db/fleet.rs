//! How long the questions of a page take with 100,000 machines in 150 bodies of 5 sites. Slow to fill, so only when asked:
//! `cargo nextest run -p socle-db --run-ignored only -E 'test(fleet)' --no-capture`.
use crate::{
    isolation::{decision, unit},
    made::{self, later},
};
use socle_db::{Db, Scope, listing, machines, search, units};
use socle_domain::{
    TargetId,
    sign::PublicKey,
    unit::{Change, UnitKind},
};
use std::time::{Duration, Instant};

const BODIES: usize = 150;
const SITES: usize = 5;
const MACHINES: usize = 100_000;

async fn fill(db: &Db) {
    let mut all = Vec::new();
    let mut found = |n: usize, parent: usize, name: String, kind: UnitKind| {
        all.push(decision(n, 0, Change::Founded { unit: unit(n), parent: unit(parent), name, kind }));
    };
    for body in 0..BODIES {
        found(1 + body, 0, format!("Organisme {body}"), UnitKind::Body);
    }
    for site in 0..BODIES * SITES {
        found(1_000 + site, 1 + site / SITES, format!("Site {}", site % SITES), UnitKind::Site);
    }
    let mut tx = db.write().await.unwrap();
    units::decide(&mut tx, Scope::ROOT, &all, later(1)).await.unwrap();
    for n in 0..MACHINES {
        let mut machine = made::machine(1);
        machine.id = TargetId::new(1_790_000_000_000 + n as u64, [7; 10]);
        machine.unit = unit(1_000 + n % (BODIES * SITES));
        let mut key = [7; 32];
        key[..8].copy_from_slice(&(n as u64).to_le_bytes());
        machine.key = PublicKey(key);
        machine.name = Some(format!("s{:03}-poste-{n:06}", n % (BODIES * SITES)));
        machine.state = machines::State::Known;
        machine.hints.macs = vec![format!("52:54:{:02x}:{:02x}:{:02x}:01", n >> 16, (n >> 8) & 255, n & 255)];
        machine.hints.serial = Some(format!("SN{n:07}"));
        machine.hints.uuid = Some(format!("00000000-0000-0000-0000-{n:012x}"));
        machines::add(&mut tx, Scope::ROOT, &machine).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// The middle of nine.
async fn median(mut ask: impl AsyncFnMut()) -> Duration {
    let mut took = Vec::new();
    for _ in 0..9 {
        let begun = Instant::now();
        ask().await;
        took.push(begun.elapsed());
    }
    took.sort();
    took[4]
}

pub async fn measured(db: &Db, database: &str) {
    let begun = Instant::now();
    fill(db).await;
    println!("{database}: {MACHINES} machines filled in {:?}", begun.elapsed());
    let mut conn = db.read().await.unwrap();
    let (body, site) = (Scope::of(unit(7)), Scope::of(unit(1_030)));
    for (who, scope) in [("centre", Scope::ROOT), ("body", body), ("site", site)] {
        for words in ["poste-004530", "SN0004530", "52:54:00:11:b2:01", "poste", "organisme 7", "poste 4530", "zzz"] {
            let took = median(async || drop(search::find(&mut conn, scope, words, None, 50).await.unwrap())).await;
            println!("{database}: {who} searches {words:?}: {took:?}");
            assert!(took < Duration::from_millis(100), "aim: under 100 ms");
        }
        let took = median(async || {
            let page = listing::machines(&mut conn, scope, &Default::default(), None, 101).await.unwrap();
            assert!(page.len() > 100);
        });
        println!("{database}: {who} lists 100 machines: {:?}", took.await);
        let took = median(async || drop(machines::counts(&mut conn, scope).await.unwrap())).await;
        println!("{database}: {who} counts machines: {took:?}");
        let took = median(async || drop(units::held(&mut conn, scope, later(2)).await.unwrap())).await;
        println!("{database}: {who} counts by unit: {took:?}");
    }
    let id = TargetId::new(1_790_000_000_000 + 30, [7; 10]);
    for (who, scope) in [("centre", Scope::ROOT), ("body", body), ("site", site)] {
        let took = median(async || {
            for _ in 0..200 {
                machines::by_id(&mut conn, scope, id).await.unwrap();
            }
        });
        println!("{database}: {who} reads one machine 200 times: {:?}", took.await);
    }
}
