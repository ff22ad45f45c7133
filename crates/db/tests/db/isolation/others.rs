//! The same of what came with rights, options, stages, webhooks, the wizard, chips and orders to start once.
use super::*;
use socle_db::{
    Offered,
    audit::{self, Search, Trail},
    boot_once, consents, drafts, grants, option_rules, settings, stages, tpms, webhooks, wizard,
};
use socle_domain::{
    ConsentId, DraftId, EventId, RuleId, WebhookId,
    consent::{Consent, Deed, State},
    order::{Act, BootFrom, Order},
    resolve::{Setting, Source},
    role::{Grant, Right, Role},
    rule::Rule,
};

fn id<T>(make: impl Fn(Uuid) -> T, kind: u128, n: usize) -> T {
    make(Uuid::from_u128((kind << 32) + n as u128))
}
fn webhook_id(n: usize) -> WebhookId {
    id(WebhookId, 1, n)
}
fn consent_id(n: usize) -> ConsentId {
    id(ConsentId, 2, n)
}
fn rule_id(n: usize) -> RuleId {
    id(RuleId, 3, n)
}
fn draft_id(n: usize) -> DraftId {
    id(DraftId, 4, n)
}
fn digest(kind: &str, n: usize) -> Digest {
    Digest::of(format!("{kind}-{n}").as_bytes())
}
fn setting(source: Source, n: usize) -> Setting {
    Setting { source, option: "o".into(), value: Some(n.into()), narrows: None, by: "zoé".into(), at: now() }
}
fn rule(n: usize, of: usize) -> Rule {
    Rule {
        id: rule_id(n),
        unit: unit(of),
        name: format!("règle {n}"),
        order: 1,
        when: "true".into(),
        sets: BTreeMap::from([("o".to_string(), n.into())]),
        by: "zoé".into(),
        at: now(),
    }
}
fn draft(n: usize, of: usize) -> drafts::Draft {
    let (_, mut master) = sequence_master(n);
    (master.unit, master.name) = (unit(of), format!("brouillon-{n}"));
    drafts::Draft { id: draft_id(n), master, by: "zoé".into(), at: now() }
}
fn webhook(n: usize, of: usize) -> webhooks::Webhook {
    webhooks::Webhook {
        id: webhook_id(n),
        unit: unit(of),
        name: format!("crochet {n}"),
        url: "https://example.org/".into(),
        kinds: Vec::new(),
        secret: "sealed".into(),
        old_secret: None,
        is_on: true,
        off: None,
        failures: 0,
        created: now(),
    }
}
fn consent(n: usize, of: usize) -> Consent {
    Consent {
        id: consent_id(n),
        unit: unit(of),
        deed: Deed::StartRuns {
            targets: vec![target(n)],
            master: Digest::of(b"m"),
            options: BTreeMap::new(),
            loss: Default::default(),
        },
        why: None,
        asked_by: socle_domain::AccountId(account(n)),
        asked: now(),
        expires: later(60),
        state: State::Waiting,
        decided_by: None,
        decided: None,
        reason: None,
        fault: None,
    }
}
fn grant(n: usize) -> Grant {
    Grant { person: socle_domain::AccountId(account(n)), role: Role::Technician, unit: unit(n) }
}
fn happening(n: usize) -> webhooks::Happening {
    let event = EventId(Uuid::from_u128(0x7_0000 + n as u128));
    webhooks::Happening { event, unit: unit(n), kind: "run-started", at: now(), body: "{}".into() }
}

/// One of everything, of the unit `n`.
pub(super) async fn fill(db: &Db, n: usize) {
    let (own, root) = (unit(n), Scope::ROOT);
    let trail = Trail::new(now(), [n as u8; 16], "zoé", "Zoé", own, &format!("act-{n}"));
    trail.around(async { db.write().await.unwrap().commit().await.unwrap() }).await;
    let mut tx = db.write().await.unwrap();
    settings::put(&mut tx, root, own, &setting(Source::Unit { unit: own }, n)).await.unwrap();
    let of_machine = setting(Source::Machine { machine: target(n) }, n);
    settings::put_for_machine(&mut tx, root, target(n), &of_machine).await.unwrap();
    option_rules::put(&mut tx, root, &rule(n, n)).await.unwrap();
    drafts::put(&mut tx, root, &draft(n, n)).await.unwrap();
    webhooks::add(&mut tx, root, &webhook(n, n)).await.unwrap();
    consents::add(&mut tx, root, &consent(n, n)).await.unwrap();
    assert!(grants::add(&mut tx, root, &grant(n), None, now()).await.unwrap());
    let names = [format!("base-{n}")];
    stages::allow(&mut tx, root, own, Some(&names), "zoé", now()).await.unwrap();
    stages::move_to(&mut tx, root, sequence_master(n).0.digest(), socle_domain::master::Stage::Production, "z", now())
        .await
        .unwrap();
    wizard::take_seat(&mut tx, root, own, target(n), Some("1")).await.unwrap();
    let person = socle_domain::AccountId(account(n));
    let code = wizard::Code { unit: own, person, made: now(), expires: later(60) };
    assert!(wizard::add_code(&mut tx, root, digest("code", n), &code).await.unwrap());
    tpms::bind(&mut tx, target(n), &tpms::Tpm { ek: digest("ek", n), ak: "00".into(), since: now() }).await.unwrap();
    let order = Order {
        target: target(n),
        machine: Key::new(n as u8).public(),
        number: 7,
        issued: now(),
        expires: later(60),
        act: Act::BootOnce { from: BootFrom::Network },
    };
    let order = boot_once::Ordered {
        machine: target(n),
        number: 7,
        unit: own,
        from: BootFrom::Network,
        signed: Signed::new(&order, &Key::new(201)),
        ordered: now(),
        expires: later(60),
        state: boot_once::State::Ordered,
        since: now(),
        fault: None,
    };
    boot_once::give(&mut tx, &order).await.unwrap();
    tx.commit().await.unwrap();
}

/// Everything that one scope can read of it.
pub(super) async fn everything(conn: &mut Conn, scope: Scope, count: usize, read: &mut Read) {
    let value = |s: &Setting| s.value.as_ref().and_then(|v| v.as_u64()).unwrap() as usize;
    read.took("settings::below", settings::below(conn, scope).await.unwrap().iter().map(value));
    let all = settings::of_machines_below(conn, scope).await.unwrap();
    read.took("settings::of_machines_below", all.iter().map(value));
    let all = drafts::list(conn, scope).await.unwrap();
    read.took("drafts::list", all.iter().map(|d| number(d.master.unit)));
    let all = webhooks::list(conn, scope, None, 1_000).await.unwrap();
    read.took("webhooks::list", all.iter().map(|w| number(w.unit)));
    assert_eq!(webhooks::count(conn, scope).await.unwrap() as usize, all.len());
    let all = consents::list(conn, scope, None, 1_000).await.unwrap();
    read.took("consents::list", all.iter().map(|c| number(c.unit)));
    let all = grants::list(conn, scope, 1_000).await.unwrap();
    read.took("grants::list", all.iter().map(|g| number(g.grant.unit)));
    read.took("grants::open_units", grants::open_units(conn, scope).await.unwrap().iter().map(|u| number(u.0)));
    let acts = |word: &str| word.strip_prefix("act-").and_then(|n| n.parse().ok());
    let all = audit::list(conn, scope, &Search::default(), 1_000).await.unwrap();
    read.took("audit::list", all.iter().filter_map(|e| acts(&e.said.act)));
    let all = audit::acts(conn, scope).await.unwrap();
    read.took("audit::acts", all.iter().filter_map(|act| acts(act)));
    for line in audit::lines(conn, scope, 0, 10_000).await.unwrap() {
        if let socle_domain::audit::Line::Said(said) = line {
            read.took("audit::lines", acts(&said.act));
        }
    }
    for n in 1..=count {
        let of_machine = settings::of_machine(conn, scope, target(n)).await.unwrap();
        read.took("settings::of_machine", of_machine.iter().map(value));
        read.one("drafts::by_id", n, drafts::by_id(conn, scope, draft_id(n)).await.unwrap().is_some());
        read.one("webhooks::by_id", n, webhooks::by_id(conn, scope, webhook_id(n)).await.unwrap().is_some());
        read.one("consents::by_id", n, consents::by_id(conn, scope, consent_id(n)).await.unwrap().is_some());
        let seats = wizard::seats(conn, scope, unit(n)).await.unwrap();
        read.took("wizard::seats", seats.keys().map(|t| of_target(*t)));
        let orders = boot_once::of_machine(conn, scope, target(n), 10).await.unwrap();
        read.took("boot_once::of_machine", orders.iter().map(|o| of_target(o.machine)));
    }
}

/// What is offered to whoever stands below.
pub(super) async fn offers(conn: &mut Conn, scope: Scope, count: usize, read: &mut Read) {
    let all = option_rules::list(conn, scope).await.unwrap();
    read.took("option_rules::list", all.iter().map(|r| number(r.unit)));
    read.took("stages::list", stages::list(conn, scope).await.unwrap().iter().map(|k| number(k.version.unit)));
    for n in 1..=count {
        let digest = sequence_master(n).0.digest();
        read.one("option_rules::by_id", n, option_rules::by_id(conn, scope, rule_id(n)).await.unwrap().is_some());
        read.one("stages::by_digest", n, stages::by_digest(conn, scope, digest).await.unwrap().is_some());
        read.one("stages::moves", n, !stages::moves(conn, scope, digest).await.unwrap().is_empty());
    }
}

/// What comes down to a unit: `line` are its own and those above that were filled.
pub(super) async fn comes_down(db: &Db, n: usize, line: &BTreeSet<usize>) {
    let (to, mut tx) = (Offered::to(unit(n)), db.write().await.unwrap());
    let tx = &mut *tx;
    let check = |name: &str, found: BTreeSet<usize>| {
        let found: BTreeSet<usize> = found.into_iter().filter(|n| *n > 0 && *n < 500).collect();
        assert_eq!(&found, line, "{name} of unit {n}");
    };
    let all = settings::on_the_way(tx, to).await.unwrap();
    check("settings::on_the_way", all.iter().map(|s| s.value.as_ref().unwrap().as_u64().unwrap() as usize).collect());
    check("settings::way", settings::way(tx, to).await.unwrap().iter().map(|u| number(*u)).collect());
    let names = settings::names_on_the_way(tx, to).await.unwrap();
    check("settings::names_on_the_way", names.keys().map(|u| number(*u)).collect());
    let all = option_rules::on_the_way(tx, to).await.unwrap();
    check("option_rules::on_the_way", all.iter().map(|r| number(r.unit)).collect());
    let all = stages::on_the_way(tx, to).await.unwrap();
    check("stages::on_the_way", all.iter().map(|k| number(k.version.unit)).collect());
    check("stages::allowed", stages::allowed(tx, to).await.unwrap().keys().map(|u| number(*u)).collect());
    check("grants::path", grants::path(tx, unit(n)).await.unwrap().iter().map(|u| number(*u)).collect());
    // Without a scope, but never of others: who may act here, and who is told of what happens here.
    let holders = grants::holders(tx, Right::Operate, unit(n)).await.unwrap();
    check("grants::holders", holders.iter().map(|p| (p.0.as_u128() - 0xe000) as usize).collect());
    let told = webhooks::happened(tx, &happening(n)).await.unwrap();
    assert_eq!(told as usize, line.len(), "webhooks::happened at unit {n}");
    let mut heard = BTreeSet::new();
    for hook in line {
        let all = webhooks::deliveries(tx, webhook_id(*hook), None, 10).await.unwrap();
        heard.extend(all.iter().filter(|d| d.unit == unit(n)).map(|_| *hook));
    }
    check("webhooks::deliveries", heard);
}

/// Whoever holds one unit writes nothing for another.
pub(super) async fn nothing_is_written_outside(db: &Db, scope: Scope, other: usize) {
    let own = number(scope.unit());
    let mut tx = db.write().await.unwrap();
    let tx = &mut *tx;
    let outside = |done: socle_texts::Result<()>, name: &str| {
        let fault = done.expect_err(name);
        assert!(fault.is("db-unit-outside") || fault.is("db-machine-unknown"), "{name}: {fault}");
    };
    let theirs = setting(Source::Unit { unit: unit(other) }, 999);
    outside(settings::put(tx, scope, unit(other), &theirs).await, "settings::put");
    let stolen = setting(Source::Machine { machine: target(other) }, 999);
    let _ = settings::put_for_machine(tx, scope, target(other), &stolen).await;
    assert!(!settings::remove(tx, scope, unit(other), "o").await.unwrap());
    assert!(!settings::remove_for_machine(tx, scope, target(other), "o").await.unwrap());
    outside(option_rules::put(tx, scope, &rule(other, other)).await, "option_rules::put");
    outside(option_rules::put(tx, scope, &Rule { name: "stolen".into(), ..rule(other, own) }).await, "as one's own");
    assert!(!option_rules::remove(tx, scope, rule_id(other)).await.unwrap());
    outside(drafts::put(tx, scope, &draft(other, other)).await, "drafts::put");
    outside(drafts::put(tx, scope, &draft(other, own)).await, "drafts::put as one's own");
    assert!(!drafts::remove(tx, scope, draft_id(other)).await.unwrap());
    drafts::published(tx, scope, &draft(other, other).master).await.unwrap();
    let new = webhooks::Webhook { id: webhook_id(900), ..webhook(900, other) };
    outside(webhooks::add(tx, scope, &new).await, "webhooks::add");
    let _ = webhooks::keep(tx, scope, &webhooks::Webhook { name: "stolen".into(), ..webhook(other, other) }).await;
    assert!(!webhooks::remove(tx, scope, webhook_id(other)).await.unwrap());
    outside(consents::add(tx, scope, &consent(900, other)).await, "consents::add");
    consents::stands(tx, scope, &Consent { state: State::Done, ..consent(other, other) }).await.unwrap();
    let given = Grant { role: Role::Designer, ..grant(other) };
    outside(grants::add(tx, scope, &given, None, now()).await.map(drop), "grants::add");
    assert!(!grants::remove(tx, scope, &grant(other)).await.unwrap());
    let digest = sequence_master(other).0.digest();
    let moved = stages::move_to(tx, scope, digest, socle_domain::master::Stage::Retired, "me", now()).await;
    assert!(moved.is_err() || stages::moves(tx, Scope::ROOT, digest).await.unwrap().len() == 1, "stages::move_to");
    outside(stages::set_pilots(tx, scope, unit(other), "base", &[]).await, "stages::set_pilots");
    outside(stages::allow(tx, scope, unit(other), None, "me", now()).await, "stages::allow");
    let person = socle_domain::AccountId(account(own.max(1)));
    let code = wizard::Code { unit: unit(other), person, made: now(), expires: later(60) };
    outside(wizard::add_code(tx, scope, Digest::of(b"new"), &code).await.map(drop), "wizard::add_code");
    let session = wizard::Session {
        unit: unit(other),
        machine: target(other),
        person,
        who: Digest::of(b"me"),
        how: "code".into(),
        began: now(),
        expires: later(60),
        finished: None,
    };
    outside(wizard::open(tx, scope, Digest::of(b"bearer"), &session).await, "wizard::open");
    outside(wizard::take_seat(tx, scope, unit(other), target(other), None).await, "wizard::take_seat there");
    outside(wizard::take_seat(tx, scope, unit(own), target(other), None).await, "wizard::take_seat here");
    // Nothing of theirs is another than it was.
    let root = Scope::ROOT;
    assert_eq!(settings::of_machine(tx, root, target(other)).await.unwrap()[0].value, Some(other.into()));
    let there = option_rules::by_id(tx, root, rule_id(other)).await.unwrap();
    assert_eq!(there, Some(rule(other, other)));
    assert_eq!(drafts::by_id(tx, root, draft_id(other)).await.unwrap(), Some(draft(other, other)));
    assert_eq!(webhooks::by_id(tx, root, webhook_id(other)).await.unwrap(), Some(webhook(other, other)));
    assert_eq!(consents::by_id(tx, root, consent_id(other)).await.unwrap().unwrap().state, State::Waiting);
    assert_eq!(grants::of(tx, grant(other).person).await.unwrap().len(), 1);
    let room = machine_unit(tx, other).await;
    assert!(wizard::seats(tx, root, room).await.unwrap().contains_key(&target(other)));
}

async fn machine_unit(conn: &mut Conn, n: usize) -> UnitId {
    machines::by_id(conn, Scope::ROOT, target(n)).await.unwrap().unwrap().unit
}
