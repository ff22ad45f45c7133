//! What the API asks of a database: keys that serve once, checks inside a transaction, webhooks and their queue.
use crate::made::{later, now};
use socle_db::{
    Db, Scope,
    demand::{Demand, Key},
    idempotency::{self, Kept},
    listing, machines, units,
    webhooks::{self, Happening, State, Webhook},
};
use socle_domain::{
    Digest, EventId, UnitId, WebhookId,
    id::DecisionId,
    unit::{Change, UnitDecision, UnitKind},
};
use socle_texts::Fault;

const ROOT: Scope = Scope::ROOT;

fn key(n: u8, at: i64) -> Key {
    Key { key: Digest([n; 32]), request: Digest([n + 100; 32]), unit: UnitId::ROOT, at: later(at) }
}

fn kept(text: &str) -> Kept {
    Kept { status: 201, sealed: text.into() }
}

pub async fn a_key_and_its_effect_stand_together(db: &Db) {
    let found = async |n: u8, at: i64| {
        idempotency::find(&mut db.read().await.unwrap(), Digest([n; 32]), later(at)).await.unwrap()
    };
    // Without a commit neither is there.
    let demand = Demand::new(None, Some(key(1, 0)));
    demand.around(async { drop(db.write().await.unwrap()) }).await;
    assert_eq!(found(1, 0).await, None);
    // The answer that is known before the commit is there with it; of two transactions the first notes the key.
    let told = async {
        Demand::here().unwrap().will_answer(kept("sealed"));
        for _ in 0..2 {
            db.write().await.unwrap().commit().await.unwrap();
        }
    };
    Demand::new(None, Some(key(1, 0))).around(told).await;
    let done = found(1, 1).await.unwrap();
    assert_eq!((done.request, done.answer), (key(1, 0).request, Some(kept("sealed"))));
    // Without it the answer follows, and is kept once.
    Demand::new(None, Some(key(2, 0))).around(async { db.write().await.unwrap().commit().await.unwrap() }).await;
    assert_eq!(found(2, 1).await.unwrap().answer, None);
    for text in ["first", "second"] {
        let mut tx = db.write().await.unwrap();
        idempotency::answered(&mut tx, &key(2, 0), &kept(text)).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(found(2, 1).await.unwrap().answer, Some(kept("first")));
    // The same key again: whoever comes second has no effect.
    let second = async { db.write().await.unwrap().commit().await };
    assert!(Demand::new(None, Some(key(1, 5))).around(second).await.unwrap_err().is("db-key-taken"));
    // After a day it is a new key, also where nobody has swept.
    let day = 24 * 3600;
    assert_eq!(found(1, day).await, None);
    let next_day = async { db.write().await.unwrap().commit().await.unwrap() };
    Demand::new(None, Some(key(1, day))).around(next_day).await;
    assert_eq!(found(1, day).await.unwrap().answer, None);
    let mut tx = db.write().await.unwrap();
    idempotency::sweep(&mut tx, later(day)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(found(2, 1).await.is_none() && found(1, day).await.is_some());
}

pub async fn a_check_is_made_inside_the_transaction(db: &Db) {
    let check = |fine: bool, db: Db| -> socle_db::demand::Check {
        Box::new(move || {
            Box::pin(async move {
                // Others read meanwhile; nobody else can write.
                assert!(
                    listing::machines(&mut *db.read().await?, ROOT, &Default::default(), None, 5).await?.is_empty()
                );
                if fine { Ok(()) } else { Err(Fault::new("server-changed-meanwhile")) }
            })
        })
    };
    let add = async {
        let mut tx = db.write().await?;
        machines::add(&mut tx, ROOT, &crate::made::machine(1)).await?;
        tx.commit().await
    };
    let refused = Demand::new(Some(check(false, db.clone())), None).around(add).await;
    assert!(refused.unwrap_err().is("server-changed-meanwhile"));
    let add = async {
        let mut tx = db.write().await?;
        machines::add(&mut tx, ROOT, &crate::made::machine(1)).await?;
        tx.commit().await
    };
    Demand::new(Some(check(true, db.clone())), None).around(add).await.unwrap();
    let mut conn = db.read().await.unwrap();
    assert_eq!(listing::machines(&mut conn, ROOT, &Default::default(), None, 5).await.unwrap().len(), 1);
}

/// A body below the centre.
async fn unit_below(db: &Db, n: u8) -> UnitId {
    let unit = UnitId::new(1, [n; 10]);
    let decision = UnitDecision {
        id: DecisionId::new(1, [n; 10]),
        at: now(),
        decided: now(),
        by: "test".into(),
        what: Change::Founded { unit, parent: UnitId::ROOT, name: format!("body {n}"), kind: UnitKind::Body },
    };
    let mut tx = db.write().await.unwrap();
    units::decide(&mut tx, ROOT, &[decision], now()).await.unwrap();
    tx.commit().await.unwrap();
    unit
}

fn webhook(n: u8, unit: UnitId, kinds: &[&str]) -> Webhook {
    Webhook {
        id: WebhookId::new(1_790_000_000_000, [n; 10]),
        unit,
        name: format!("été {n}"),
        url: "https://example.org/".into(),
        kinds: kinds.iter().map(|k| k.to_string()).collect(),
        secret: "sealed".into(),
        old_secret: None,
        is_on: true,
        off: None,
        failures: 0,
        created: now(),
    }
}

fn happening(n: u8, unit: UnitId, kind: &'static str) -> Happening {
    Happening {
        event: EventId::new(1_790_000_000_000 + u64::from(n), [n; 10]),
        unit,
        kind,
        at: now(),
        body: "{}".into(),
    }
}

pub async fn a_webhook_hears_of_its_unit_and_those_below(db: &Db) {
    let (body, other) = (unit_below(db, 1).await, unit_below(db, 2).await);
    let hooks = [
        webhook(1, UnitId::ROOT, &[]),
        webhook(2, body, &["run.failed"]),
        webhook(3, other, &[]),
        webhook(4, body, &["run.fail"]),
    ];
    let mut tx = db.write().await.unwrap();
    for hook in &hooks {
        webhooks::add(&mut tx, ROOT, hook).await.unwrap();
    }
    assert_eq!(webhooks::happened(&mut tx, &happening(1, body, "run.failed")).await.unwrap(), 2);
    assert_eq!(webhooks::happened(&mut tx, &happening(2, body, "run.completed")).await.unwrap(), 1);
    assert_eq!(webhooks::happened(&mut tx, &happening(3, UnitId::ROOT, "run.failed")).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    let mine = webhooks::list(&mut conn, Scope::of(body), None, 10).await.unwrap();
    assert_eq!(mine, [hooks[1].clone(), hooks[3].clone()]);
    assert_eq!(webhooks::count(&mut conn, Scope::of(other)).await.unwrap(), 1);
    assert_eq!(webhooks::by_id(&mut conn, Scope::of(other), hooks[1].id).await.unwrap(), None);
    assert_eq!(webhooks::list(&mut conn, ROOT, Some(&hooks[1].id.to_string()), 1).await.unwrap(), [hooks[2].clone()]);
    drop(conn);
    let mut tx = db.write().await.unwrap();
    assert!(!webhooks::remove(&mut tx, Scope::of(other), hooks[1].id).await.unwrap());
    assert!(webhooks::add(&mut tx, Scope::of(other), &webhook(9, body, &[])).await.unwrap_err().is("db-unit-outside"));
    drop(tx);
    let mut tx = db.write().await.unwrap();
    assert!(webhooks::remove(&mut tx, ROOT, hooks[1].id).await.unwrap());
    assert_eq!(webhooks::delivery(&mut tx, hooks[1].id, happening(1, body, "").event).await.unwrap(), None);
    let again = Webhook { name: hooks[0].name.clone(), ..webhook(8, UnitId::ROOT, &[]) };
    assert!(webhooks::add(&mut tx, ROOT, &again).await.unwrap_err().is("db-webhook-taken"));
}

/// One webhook with a long queue, or a broken one, takes nobody else's turn.
pub async fn every_webhook_has_its_turn(db: &Db) {
    let mut hooks = [1, 2, 3].map(|n| webhook(n, UnitId::ROOT, &[]));
    let mut tx = db.write().await.unwrap();
    webhooks::add(&mut tx, ROOT, &hooks[0]).await.unwrap();
    for n in 1..=20 {
        webhooks::happened(&mut tx, &happening(n, UnitId::ROOT, "run.ordered")).await.unwrap();
    }
    for hook in &hooks[1..] {
        webhooks::add(&mut tx, ROOT, hook).await.unwrap();
    }
    for n in 21..=23 {
        webhooks::happened(&mut tx, &happening(n, UnitId::ROOT, "run.ordered")).await.unwrap();
    }
    async fn turns(conn: &mut socle_db::Conn, each: u32, limit: u32) -> Vec<(WebhookId, EventId)> {
        let due = webhooks::due(conn, now(), each, limit).await.unwrap();
        due.into_iter().map(|d| (d.webhook, d.event)).collect()
    }
    let of = |hook: usize, n: u8| (webhook(hook as u8, UnitId::ROOT, &[]).id, happening(n, UnitId::ROOT, "").event);
    let fair = [of(1, 1), of(2, 21), of(3, 21), of(1, 2), of(2, 22), of(3, 22)];
    assert_eq!(turns(&mut tx, 2, 9).await, fair);
    assert_eq!(turns(&mut tx, 2, 3).await, fair[..3]);
    // One whose last attempt failed has one turn; one that is off has none, but for trials.
    hooks[0].failures = 1;
    webhooks::keep(&mut tx, ROOT, &hooks[0]).await.unwrap();
    assert_eq!(turns(&mut tx, 2, 9).await, [of(1, 1), of(2, 21), of(3, 21), of(2, 22), of(3, 22)]);
    let waits = webhooks::delivery(&mut tx, hooks[1].id, of(2, 21).1).await.unwrap().unwrap();
    hooks[1].is_on = false;
    webhooks::keep(&mut tx, ROOT, &hooks[1]).await.unwrap();
    webhooks::settled(&mut tx, &waits).await.unwrap();
    assert_eq!(turns(&mut tx, 1, 9).await, [of(1, 1), of(3, 21)]);
    webhooks::queue(&mut tx, hooks[1].id, &happening(24, UnitId::ROOT, webhooks::TRIAL)).await.unwrap();
    assert_eq!(turns(&mut tx, 1, 9).await, [of(1, 1), of(3, 21), of(2, 24)]);
}

pub async fn deliveries_wait_until_they_are_settled(db: &Db) {
    let mut hook = webhook(1, UnitId::ROOT, &[]);
    let mut tx = db.write().await.unwrap();
    webhooks::add(&mut tx, ROOT, &hook).await.unwrap();
    for n in 1..=3 {
        webhooks::happened(&mut tx, &happening(n, UnitId::ROOT, "run.ordered")).await.unwrap();
    }
    let due = webhooks::due(&mut tx, now(), 9, 2).await.unwrap();
    assert_eq!(due.iter().map(|d| d.event).collect::<Vec<_>>(), [1, 2].map(|n| happening(n, UnitId::ROOT, "").event));
    let mut first = due[0].clone();
    (first.attempts, first.next, first.status) = (1, later(30), Some(500));
    first.fault = Some(Fault::new("server-webhook-said-no").with("status", 500));
    webhooks::settled(&mut tx, &first).await.unwrap();
    assert_eq!(webhooks::delivery(&mut tx, hook.id, first.event).await.unwrap(), Some(first.clone()));
    assert_eq!(webhooks::due(&mut tx, later(29), 9, 9).await.unwrap().len(), 2);
    assert_eq!(webhooks::due(&mut tx, later(30), 9, 9).await.unwrap().len(), 3);
    let page = webhooks::deliveries(&mut tx, hook.id, None, 2).await.unwrap();
    let rest = webhooks::deliveries(&mut tx, hook.id, Some(&page[1].event.to_string()), 2).await.unwrap();
    assert_eq!((page[0].event, rest.len(), rest[0].event), (happening(3, UnitId::ROOT, "").event, 1, first.event));
    // Switched off, it hears nothing any more, also of what waits.
    (hook.is_on, hook.failures, hook.off) = (false, 3, Some(Fault::new("server-webhook-off").with("count", 3)));
    hook.old_secret = Some(("old".into(), later(9)));
    webhooks::keep(&mut tx, ROOT, &hook).await.unwrap();
    assert_eq!(webhooks::by_id(&mut tx, ROOT, hook.id).await.unwrap(), Some(hook.clone()));
    assert_eq!(webhooks::due(&mut tx, later(99), 9, 9).await.unwrap(), []);
    assert_eq!(webhooks::happened(&mut tx, &happening(4, UnitId::ROOT, "run.ordered")).await.unwrap(), 0);
    let all = webhooks::deliveries(&mut tx, hook.id, None, 9).await.unwrap();
    assert!(all.len() == 3 && all.iter().all(|d| d.state == State::GivenUp));
    webhooks::sweep(&mut tx, now()).await.unwrap();
    assert_eq!(webhooks::deliveries(&mut tx, hook.id, None, 9).await.unwrap(), []);
}
