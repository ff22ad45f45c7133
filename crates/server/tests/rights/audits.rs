//! What people do stands in the audit trail, in the transaction that did it, without a name in the chain.
use crate::{
    house::House,
    people::{Organisation, told},
};
use serde_json::json;
use socle_db::{Db, audit};
use socle_domain::{
    Timestamp, UnitId,
    audit::{Outcome, verify},
    role::Role,
    sign::Signer,
};
use socle_wire::{page::Page, rights::AuditView};

fn trail(house: &House, query: &str) -> Vec<AuditView> {
    house.get::<Page<AuditView>>(&format!("/api/v1/audit{query}")).items
}

fn rule(name: &str) -> serde_json::Value {
    json!({ "name": name, "unit": UnitId::ROOT, "when": "true", "name_pattern": "p-{nn}" })
}

#[test]
fn an_act_leaves_an_entry_and_a_refused_one_leaves_none() {
    let house = House::new();
    let before = trail(&house, "").len();
    let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule("salle-12"));
    let entries = trail(&house, "");
    assert_eq!(entries.len(), before + 1);
    let entry = &entries[0];
    assert_eq!((entry.act.as_str(), entry.outcome, entry.unit), ("accept-rule-set", Outcome::Done, UnitId::ROOT));
    assert_eq!((entry.who_name.as_deref(), entry.at), (Some("test"), house.now()), "the token's name");
    assert_eq!(house.refused("/api/v1/accept-rules", &json!({ "name": "" })).0, 400);
    assert_eq!(trail(&house, "").len(), before + 1);
    let delete = || {
        let request = house.http().delete(house.url("console", "/api/v1/accept-rules/salle-12"));
        request.bearer_auth(&house.token).send().unwrap().status().as_u16()
    };
    assert_eq!(delete(), 204);
    let entry = trail(&house, "").remove(0);
    assert_eq!((entry.act.as_str(), entry.subject.as_deref()), ("accept-rule-remove", Some("accept-rule:salle-12")));
    assert_eq!(trail(&house, "?act=accept-rule-set").len(), 1);
    assert_eq!(trail(&house, "?subject=SALLE-1").len(), 1);
    assert_eq!(trail(&house, "?who=nobody-of-this-name").len(), 0);
    // Page by page, the newest first, and nothing twice.
    let mut numbers = Vec::new();
    let mut after = String::new();
    loop {
        let page: Page<AuditView> = house.get(&format!("/api/v1/audit?limit=1{after}"));
        numbers.extend(page.items.iter().map(|e| e.number));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert!(numbers.is_sorted_by(|a, b| a > b) && numbers.len() == trail(&house, "").len(), "{numbers:?}");
}

#[test]
fn a_refused_attempt_leaves_an_entry_and_nobody_fills_the_trail() {
    let house = House::new();
    let org = Organisation::new(&house);
    let anne = org.somebody("anne", &[(Role::Technician, org.body)]);
    let bruno = org.somebody("bruno", &[(Role::Helpdesk, org.body)]);
    let before = trail(&house, "").len();
    let denied = || trail(&house, "?outcome=denied&limit=1000");
    // Refused at the door, and refused by what the handler asks.
    assert_eq!(org.post(&anne, "/api/v1/accept-rules", &rule("salle-12")).status().as_u16(), 403);
    let wish = json!({ "what": { "change": "close", "unit": org.site } });
    assert_eq!(org.post(&bruno, "/api/v1/unit-decisions", &wish).status().as_u16(), 403);
    let entries = denied();
    assert_eq!((entries.len(), trail(&house, "").len()), (2, before + 2));
    assert_eq!((entries[1].act.as_str(), entries[1].who_name.as_deref()), ("accept-rule-set", Some("token of anne")));
    assert_eq!((entries[0].act.as_str(), entries[0].unit), ("unit-decide", UnitId::ROOT));
    // What was only looked at, what is nobody's and what could not be meant leaves none.
    assert_eq!(org.get(&anne, "/api/v1/audit").status().as_u16(), 403);
    assert_eq!(org.request(None, reqwest::Method::POST, "/api/v1/accept-rules").send().unwrap().status().as_u16(), 401);
    assert_eq!(denied().len(), 2);
    for _ in 0..60 {
        assert_eq!(org.post(&anne, "/api/v1/accept-rules", &rule("salle-12")).status().as_u16(), 403);
    }
    assert_eq!(denied().len(), 21, "twenty of one person within an hour");
    assert_eq!(org.post(&bruno, "/api/v1/unit-decisions", &wish).status().as_u16(), 403);
    assert_eq!(denied().len(), 22, "another's attempts are still written");

    // A sign-in that fails, with a name that is an account's and with one that is nobody's.
    let sign_in = |name: &str| {
        let request = house.http().post(house.url("console", "/sign-in")).header("origin", house.url("console", ""));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(format!("name={name}&password=a wrong one")).send().unwrap().status().as_u16()
    };
    assert_eq!((sign_in("anne"), sign_in("my-secret-in-the-wrong-field")), (422, 422));
    let tried = trail(&house, "?outcome=denied&act=sign-in");
    assert_eq!(tried.len(), 2);
    assert_eq!(
        (tried[0].subject.as_deref(), tried[1].subject.as_deref()),
        (None, Some(format!("person:{}", anne.id).as_str()))
    );
    for n in 0..20 {
        sign_in(&format!("guess-{n}"));
    }
    assert_eq!(trail(&house, "?outcome=denied&act=sign-in").len(), 20, "twenty of one address within an hour");
    let verdict = verify(&house.bytes("/api/v1/audit/export"), &house.content().public()).unwrap();
    assert_eq!((verdict.acts.get("sign-in"), verdict.hidden), (Some(&20), 0), "the chain holds with them");
}

#[test]
fn a_passkey_that_was_refused_leaves_an_entry() {
    let mut config = socle_server::Config::default();
    config.console.url = Some("http://localhost:8080".into());
    let house = House::with(config);
    let request =
        house.http().post(house.url("console", "/sign-in/passkey")).header("origin", house.url("console", ""));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request.body("credential=nothing+of+the+kind").send().unwrap().status().as_u16(), 422);
    let tried = trail(&house, "?outcome=denied");
    assert_eq!(tried.len(), 1, "{tried:?}");
    assert_eq!((tried[0].act.as_str(), tried[0].subject.as_deref()), ("sign-in-passkey", None));
}

#[test]
fn the_host_s_own_commands_stand_in_it() {
    let house = House::new();
    assert!(trail(&house, "?act=token-make").iter().any(|e| e.who.as_deref() == Some("host")));
}

#[test]
fn an_export_is_verified_with_the_content_key_alone_and_holds_no_name() {
    let house = House::new();
    let org = Organisation::new(&house);
    let anne = org.somebody("jeanne-durand", &[(Role::SiteAdministrator, org.body), (Role::Designer, org.body)]);
    let paul = org.somebody("paul-martin", &[]);
    for role in ["user", "technician"] {
        let wish = json!({ "person": "paul-martin", "role": role, "unit": org.body });
        assert_eq!(org.post(&anne, "/api/v1/grants", &wish).status().as_u16(), 201);
    }
    let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule("salle-12"));
    let bytes = house.bytes("/api/v1/audit/export");
    let verdict = verify(&bytes, &house.content().public()).unwrap();
    assert_eq!((verdict.first, verdict.hidden), (1, 0));
    assert_eq!(verdict.acts.get("role-give"), Some(&2));
    let text = String::from_utf8(bytes.clone()).unwrap();
    for name in ["jeanne", "paul", "salle-12", &anne.id.to_string(), &paul.id.to_string(), "test"] {
        assert!(!text.contains(name), "{name} stands in the chain");
    }
    // The next export goes on where this one ended.
    let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule("salle-13"));
    let next = house.bytes(&format!("/api/v1/audit/export?after={}", verdict.last));
    let next = verify(&next, &house.content().public()).unwrap();
    assert_eq!((next.first, next.last), (verdict.last + 1, verdict.last + 1));
    let asked = house.http().get(house.url("console", "/api/v1/audit/export?after=2")).bearer_auth(&house.token);
    assert_eq!(told(asked.send().unwrap()), (422, "server-audit-no-head".into()));
}

#[test]
fn names_are_deleted_and_the_chain_stays_whole() {
    let house = House::new();
    let org = Organisation::new(&house);
    let anne = org.somebody("anne", &[(Role::SiteAdministrator, org.body)]);
    org.somebody("paul", &[]);
    let wish = json!({ "person": "paul", "role": "user", "unit": org.body });
    assert_eq!(org.post(&anne, "/api/v1/grants", &wish).status().as_u16(), 201);
    assert_eq!(trail(&house, "?who=anne").len(), 1);
    let gone: serde_json::Value = house.post("/api/v1/audit/forget", &json!({ "person": anne.id }));
    assert_eq!(gone["entries"], 1);
    assert_eq!(trail(&house, "?who=anne").len(), 0);
    let entry = trail(&house, "?act=role-give").remove(0);
    assert_eq!((entry.who, entry.who_name, entry.subject), (None, None, None));
    verify(&house.bytes("/api/v1/audit/export"), &house.content().public()).unwrap();
    let body_auditor = org.somebody("body-auditor", &[(Role::Auditor, org.body)]);
    let forget = org.post(&body_auditor, "/api/v1/audit/forget", &json!({ "person": anne.id }));
    assert_eq!(forget.status().as_u16(), 404, "names are the centre's to delete");
}

#[test]
fn an_auditor_reads_his_unit_and_his_export_hides_the_rest_without_a_gap() {
    let house = House::new();
    let org = Organisation::new(&house);
    let head = org.somebody("head", &[(Role::SiteAdministrator, org.body)]);
    let other_head = org.somebody("other-head", &[(Role::SiteAdministrator, org.other)]);
    org.somebody("paul", &[]);
    for (who, unit) in [(&head, org.site), (&other_head, org.other), (&head, org.body)] {
        let wish = json!({ "person": "paul", "role": "user", "unit": unit });
        assert_eq!(org.post(who, "/api/v1/grants", &wish).status().as_u16(), 201);
    }
    let auditor = org.somebody("auditor", &[(Role::Auditor, org.body)]);
    let read: Page<AuditView> = org.get(&auditor, "/api/v1/audit").json().unwrap();
    assert_eq!(read.items.iter().map(|e| e.unit).collect::<Vec<_>>(), [org.body, org.site]);
    let bytes = org.get(&auditor, "/api/v1/audit/export").bytes().unwrap();
    let verdict = verify(&bytes, &house.content().public()).unwrap();
    assert_eq!((verdict.acts.get("role-give"), verdict.last - verdict.hidden), (Some(&2), 2));
    assert!(!String::from_utf8_lossy(&bytes).contains(&org.other.to_string()));
    let page = org.get(&auditor, "/audit").text().unwrap();
    assert!(page.contains("head") && !page.contains("other-head"), "{page}");
}

#[test]
fn who_rewrites_the_database_is_found_out() {
    let house = House::on_sqlite();
    for n in 0..3 {
        let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule(&format!("salle-{n}")));
    }
    house.bytes("/api/v1/audit/export");
    let export = |house: &House| {
        let asked = house.http().get(house.url("console", "/api/v1/audit/export")).bearer_auth(&house.token);
        told(asked.send().unwrap())
    };
    let change = |sql: &'static str| {
        move |folder: &std::path::Path| {
            let done = std::process::Command::new("sqlite3").arg(folder.join("socle.db")).arg(sql).status();
            assert!(done.is_ok_and(|s| s.success()), "sqlite3 is missing on this machine");
        }
    };
    let house =
        house.again_after(change("UPDATE audit SET said = replace(said, 'rule-set', 'rule-add') WHERE number = 2"));
    // What was signed stays signed; what follows is checked from there on.
    assert_eq!(export(&house).0, 200, "the file is given with the altered line in it");
    assert!(
        verify(&house.bytes("/api/v1/audit/export"), &house.content().public()).unwrap_err().is("domain-audit-broken")
    );
    let house = house.again_after(change("DELETE FROM audit WHERE number = (SELECT MAX(number) FROM audit)"));
    assert_eq!(export(&house), (422, "domain-audit-broken".into()), "the end that was signed is gone");
}

#[test]
fn an_effect_and_its_entry_stand_or_fall_together() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let now: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        let db = Db::file(&folder.path().join("a.db"), now).await.unwrap();
        let trail =
            audit::Trail::new(now, [7; 16], "0190aaaa-0000-7000-8000-000000000009", "anne", UnitId::ROOT, "trial");
        let count = async || audit::end(&mut db.read().await.unwrap()).await.unwrap().number;
        trail.around(async { drop(db.write().await.unwrap()) }).await;
        assert_eq!(count().await, 0, "what was not committed never was");
        trail.around(async { db.write().await.unwrap().commit().await.unwrap() }).await;
        assert_eq!((count().await, trail.entries()), (1, 1));
        trail.around(audit::unnoticed(async { db.write().await.unwrap().commit().await.unwrap() })).await;
        db.write().await.unwrap().commit().await.unwrap();
        assert_eq!(count().await, 1, "what is no act of a person leaves none");
        let bad = audit::Trail::new(now, [7; 16], "x", "x", UnitId::ROOT, "No Word");
        let done = bad.around(async { db.write().await.unwrap().commit().await }).await;
        assert!(done.is_err(), "without its entry the effect is not committed either");
        assert_eq!(count().await, 1);
        db.close().await;
    });
}

/// Who asks to remove what is not there has done nothing: no entry says that he did.
#[test]
fn what_was_not_there_to_be_removed_leaves_no_entry() {
    let house = House::new();
    let number = || trail(&house, "").first().map_or(0, |entry| entry.number);
    let before = number();
    let nothing = UnitId::new(9, [9; 10]);
    let paths = [
        format!("webhooks/{nothing}"),
        format!("drafts/{nothing}"),
        "accept-rules/none".into(),
        format!("units/{}/options/none", UnitId::ROOT),
    ];
    for path in paths {
        let url = house.url("console", &format!("/api/v1/{path}"));
        let answer = house.http().delete(url).bearer_auth(&house.token).send().unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        assert_eq!(number(), before, "{path}");
    }
}
