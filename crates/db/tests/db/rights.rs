//! Roles, the second person, the audit trail: the same on every database.
use crate::made::{later, now, run_id, target};
use socle_db::{
    Db, Scope,
    audit::{self, Search, Trail},
    consents, grants, people, units,
};
use socle_domain::{
    AccountId, ConsentId, Digest, UnitId,
    audit::{AuditFile, AuditHead, Chain, Outcome},
    consent::{Consent, Deed, State, Why},
    id::DecisionId,
    keys::Delegation,
    role::{Grant, Right, Role},
    sign::{Signed, Signer},
    unit::{Change, UnitDecision, UnitKind},
};
use socle_texts::Fault;
use uuid::Uuid;

const ROOT: Scope = Scope::ROOT;

fn account(n: u8) -> AccountId {
    AccountId(Uuid::from_bytes([n; 16]))
}
fn unit(n: u8) -> UnitId {
    UnitId::new(1, [n; 10])
}

/// A body with a site, and another body.
async fn organisation(db: &Db) -> (UnitId, UnitId, UnitId) {
    let (body, site, other) = (unit(1), unit(2), unit(3));
    let found = |n: u8, unit, parent, name: &str| UnitDecision {
        id: DecisionId::new(1, [n; 10]),
        at: now(),
        decided: now(),
        by: "test".into(),
        what: Change::Founded { unit, parent, name: name.into(), kind: UnitKind::Body },
    };
    let all = [found(1, body, UnitId::ROOT, "A"), found(2, site, body, "A1"), found(3, other, UnitId::ROOT, "B")];
    let mut tx = db.write().await.unwrap();
    units::decide(&mut tx, ROOT, &all, now()).await.unwrap();
    tx.commit().await.unwrap();
    (body, site, other)
}

pub async fn a_role_holds_below_its_unit(db: &Db) {
    let (body, site, other) = organisation(db).await;
    let mut tx = db.write().await.unwrap();
    let give = Grant { person: account(1), role: Role::Technician, unit: body };
    assert!(grants::add(&mut tx, ROOT, &give, None, now()).await.unwrap());
    assert!(!grants::add(&mut tx, ROOT, &give, None, now()).await.unwrap(), "twice is once");
    let outside = grants::add(&mut tx, Scope::of(site), &give, None, now()).await.unwrap_err();
    assert!(outside.is("db-unit-outside"), "{outside}");
    let above = Grant { person: account(2), role: Role::Helpdesk, unit: UnitId::ROOT };
    grants::add(&mut tx, ROOT, &above, Some(account(1)), later(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    let held = grants::of(&mut conn, account(1)).await.unwrap();
    assert_eq!(held.iter().map(|p| (p.grant, p.depth)).collect::<Vec<_>>(), [(give, 1)]);
    assert_eq!(grants::path(&mut conn, site).await.unwrap(), [site, body, UnitId::ROOT]);
    assert_eq!(grants::path(&mut conn, unit(9)).await.unwrap(), []);
    assert_eq!(grants::holders(&mut conn, Right::See, site).await.unwrap(), [account(1), account(2)]);
    assert_eq!(grants::holders(&mut conn, Right::Operate, site).await.unwrap(), [account(1)]);
    assert_eq!(grants::holders(&mut conn, Right::Operate, other).await.unwrap(), []);
    let names = |all: Vec<grants::Given>| all.into_iter().map(|g| g.unit_name).collect::<Vec<_>>();
    assert_eq!(names(grants::list(&mut conn, Scope::of(body), 10).await.unwrap()), ["A"]);
    assert_eq!(grants::list(&mut conn, ROOT, 10).await.unwrap().len(), 2);
    assert_eq!(grants::list(&mut conn, Scope::of(other), 10).await.unwrap().len(), 0);
    drop(conn);
    let mut tx = db.write().await.unwrap();
    assert!(!grants::remove(&mut tx, Scope::of(other), &give).await.unwrap(), "nobody takes away elsewhere");
    assert!(grants::remove(&mut tx, Scope::of(body), &give).await.unwrap());
    assert_eq!(grants::count(&mut tx).await.unwrap(), 1);
}

pub async fn an_approved_act_is_done_once(db: &Db) {
    let (body, _, other) = organisation(db).await;
    let mut one = Consent {
        id: ConsentId::new(1, [1; 10]),
        unit: body,
        deed: Deed::StartRuns {
            targets: vec![target(1), target(2)],
            master: Digest::of(b"m"),
            options: [("lang".to_string(), "fr".into())].into(),
            loss: Default::default(),
        },
        why: Some(Why::Many { machines: 30, above: 20 }),
        asked_by: account(1),
        asked: now(),
        expires: later(60),
        state: State::Waiting,
        decided_by: None,
        decided: None,
        reason: None,
        fault: None,
    };
    let mut tx = db.write().await.unwrap();
    consents::add(&mut tx, ROOT, &one).await.unwrap();
    assert!(consents::add(&mut tx, Scope::of(other), &one).await.unwrap_err().is("db-unit-outside"));
    assert_eq!(consents::by_id(&mut tx, Scope::of(body), one.id).await.unwrap().as_ref(), Some(&one));
    assert_eq!(consents::by_id(&mut tx, Scope::of(other), one.id).await.unwrap(), None);
    one.decide(account(2), true, "", later(1)).unwrap();
    consents::stands(&mut tx, ROOT, &one).await.unwrap();
    one.fault = Some(Fault::new("server-run-open"));
    consents::stands(&mut tx, Scope::of(other), &one).await.unwrap();
    assert_eq!(consents::by_id(&mut tx, ROOT, one.id).await.unwrap().unwrap().fault, None, "not from elsewhere");
    consents::did(&mut tx, one.id, target(1), &consents::Item::Started(run_id(1))).await.unwrap();
    consents::did(&mut tx, one.id, target(2), &consents::Item::Failed(Fault::new("server-run-open"))).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    let again = consents::did(&mut tx, one.id, target(1), &consents::Item::Started(run_id(2))).await;
    assert!(again.is_err(), "no machine is taken twice");
    drop(tx);
    let mut tx = db.write().await.unwrap();
    let items = consents::items(&mut tx, one.id).await.unwrap();
    assert_eq!(items.get(&target(1)), Some(&consents::Item::Started(run_id(1))));
    assert_eq!(consents::list(&mut tx, ROOT, Some(State::Approved), 9).await.unwrap().len(), 1);
    assert_eq!(consents::list(&mut tx, ROOT, Some(State::Waiting), 9).await.unwrap().len(), 0);
    let late = Consent { id: ConsentId::new(1, [2; 10]), state: State::Waiting, ..one.clone() };
    consents::add(&mut tx, ROOT, &late).await.unwrap();
    assert_eq!(consents::expire(&mut tx, later(59)).await.unwrap(), []);
    assert_eq!(consents::expire(&mut tx, later(60)).await.unwrap(), [late.id]);
    assert_eq!(consents::above(&mut tx).await.unwrap(), 20);
    consents::set_above(&mut tx, 7).await.unwrap();
    assert_eq!(consents::above(&mut tx).await.unwrap(), 7);
    for n in [3, 4] {
        consents::acted(&mut tx, account(1), n, later(n as i64)).await.unwrap();
    }
    assert_eq!(consents::acted_since(&mut tx, account(1), now()).await.unwrap(), 7);
    assert_eq!(consents::acted_since(&mut tx, account(1), later(3)).await.unwrap(), 4);
    assert_eq!(consents::acted_since(&mut tx, account(2), now()).await.unwrap(), 0);
}

pub async fn the_audit_trail_goes_on_and_shows_what_was_changed(db: &Db) {
    let (body, site, other) = organisation(db).await;
    let act = async |n: u8, unit, word: &str, about: &str| {
        let trail = Trail::new(later(n.into()), [n; 16], &account(n).to_string(), &format!("Zoé {n}"), unit, word);
        let work = async {
            let mut tx = db.write().await.unwrap();
            people::sweep_links(&mut tx, now()).await.unwrap();
            audit::about("rule", about, unit);
            tx.commit().await.unwrap();
        };
        trail.around(work).await;
        assert_eq!(trail.entries(), 1);
    };
    act(1, body, "rule-set", "salle 100%").await;
    act(2, site, "rule-remove", "salle-2").await;
    act(3, other, "rule-set", "salle-3").await;
    let mut conn = db.read().await.unwrap();
    let numbers = async |conn: &mut socle_db::Conn, unit, search: Search| -> Vec<u64> {
        let found = audit::list(conn, Scope::of(unit), &search, 10).await.unwrap();
        found.iter().map(|e| e.number).collect()
    };
    assert_eq!(numbers(&mut conn, UnitId::ROOT, Search::default()).await, [3, 2, 1]);
    assert_eq!(numbers(&mut conn, body, Search::default()).await, [2, 1]);
    let search = |change: &dyn Fn(&mut Search)| {
        let mut search = Search::default();
        change(&mut search);
        search
    };
    let root = UnitId::ROOT;
    assert_eq!(numbers(&mut conn, root, search(&|s| s.act = Some("rule-set".into()))).await, [3, 1]);
    assert_eq!(numbers(&mut conn, root, search(&|s| s.who = Some("ZO".into()))).await, [3, 2, 1]);
    assert_eq!(numbers(&mut conn, root, search(&|s| s.who = Some(account(2).to_string()))).await, [2]);
    assert_eq!(numbers(&mut conn, root, search(&|s| s.subject = Some("100%".into()))).await, [1]);
    assert_eq!(numbers(&mut conn, root, search(&|s| s.subject = Some("1_0".into()))).await, [0; 0]);
    assert_eq!(numbers(&mut conn, root, search(&|s| (s.since, s.until) = (Some(later(2)), Some(later(3))))).await, [2]);
    assert_eq!(numbers(&mut conn, root, search(&|s| s.before = Some(3))).await, [2, 1]);
    assert_eq!(numbers(&mut conn, root, search(&|s| s.outcome = Some("alone".into()))).await, [0; 0]);
    assert_eq!(audit::acts(&mut conn, Scope::of(body)).await.unwrap(), ["rule-remove", "rule-set"]);
    let end = audit::check(&mut conn, Chain::START).await.unwrap();
    assert_eq!(end, audit::end(&mut conn).await.unwrap());
    // An export of it, for a part of the organisation.
    let (content, server) = (crate::made::Key::new(200), crate::made::Key::new(201));
    let head = Signed::new(&AuditHead { number: end.number, head: end.head, at: later(9) }, &server);
    let delegation = Signed::new(&Delegation { server: server.public(), at: now() }, &content);
    let lines = audit::lines(&mut conn, Scope::of(body), 0, 10).await.unwrap();
    let file = AuditFile::new(delegation, None, lines, vec![head.clone()]);
    let verdict = socle_domain::audit::verify(&file.to_bytes(), &content.public()).unwrap();
    assert_eq!((verdict.last, verdict.hidden), (3, 1));
    drop(conn);
    let mut tx = db.write().await.unwrap();
    audit::keep_head(&mut tx, end.number, &head).await.unwrap();
    assert_eq!(audit::head_at(&mut tx, 99).await.unwrap().as_ref(), Some(&head));
    assert_eq!(audit::head_at(&mut tx, 2).await.unwrap(), None);
    assert_eq!(audit::heads(&mut tx, 0, 3, 9).await.unwrap(), [head]);
    assert_eq!(audit::forget_person(&mut tx, &account(1).to_string()).await.unwrap(), 1);
    assert_eq!(audit::check(&mut tx, Chain::START).await.unwrap(), end, "the names are gone, the chain is whole");
    let first =
        audit::list(&mut tx, ROOT, &Search { before: Some(2), ..Search::default() }, 1).await.unwrap().remove(0);
    assert_eq!((first.who, first.subject, first.said.outcome), (None, None, Outcome::Done));
    tx.commit().await.unwrap();
    for wrong in [
        "UPDATE audit SET said = REPLACE(said, 'rule-remove', 'rule-set') WHERE number = 2",
        "UPDATE audit SET number = 9 WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
    ] {
        let mut tx = db.write().await.unwrap();
        sqlx::query(wrong).execute(&mut *tx).await.unwrap();
        let fault = audit::check(&mut tx, Chain::START).await.unwrap_err();
        assert!(fault.is("domain-audit-broken"), "{wrong}: {fault}");
    }
    let mut tx = db.write().await.unwrap();
    sqlx::query("DELETE FROM audit WHERE number = 3").execute(&mut *tx).await.unwrap();
    assert!(audit::check(&mut tx, end).await.unwrap_err().is("domain-audit-broken"), "the end was signed");
}
