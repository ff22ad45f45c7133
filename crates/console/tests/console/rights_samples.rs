//! Roles, the second person and the audit trail, as samples.
use super::samples::{ago, now, run_id, target};
use socle_console::{ApprovalPage, Approvals, AuditPage, Form, MyRightsPage, Roles};
use socle_domain::{
    AccountId, ConsentId, Digest, UnitId,
    audit::Outcome,
    consent::{Deed, State, Why},
    order::LossPolicy,
    role::{Right, Role},
    sign::PublicKey,
};
use socle_texts::Fault;
use socle_wire::rights::{ApprovalView, AuditView, GrantView, ItemView, RightsAt};
use std::time::Duration;

fn account(n: u8) -> AccountId {
    AccountId::new(1, [n; 10])
}
fn unit(n: u8) -> UnitId {
    if n == 0 { UnitId::ROOT } else { UnitId::new(1, [n; 10]) }
}

pub fn my_rights() -> MyRightsPage {
    let at = |n: u8, name: &str, roles: Vec<Role>, rights: Vec<Right>| RightsAt {
        unit: unit(n),
        unit_name: name.into(),
        roles,
        rights,
    };
    MyRightsPage {
        at: vec![
            at(0, "Centre", vec![Role::Auditor], Role::Auditor.rights().to_vec()),
            at(1, "Collège Prévert", Role::ALL.to_vec(), Right::ALL.to_vec()),
            at(2, "Salle <12>", vec![], vec![Right::Own]),
        ],
        place: Some(unit(1)),
    }
}

pub fn roles(form: Form) -> Roles {
    let grant = |n: u8, name: Option<&str>, role| GrantView {
        person: account(n),
        person_name: name.map(str::to_string),
        role,
        unit: unit(n),
        unit_name: "Collège Prévert".into(),
        at: ago(3_600),
    };
    let all = Role::ALL.into_iter().map(|role| grant(1, Some("a.martin"), role));
    Roles {
        grants: all.chain([grant(2, None, Role::Helpdesk)]).collect(),
        units: vec![(unit(0), "Centre".into()), (unit(1), "Collège \"Prévert\"".into())],
        form,
    }
}

fn start(machines: u8, loss: LossPolicy) -> Deed {
    let targets = (0..machines).map(target).collect();
    Deed::StartRuns { targets, master: Digest::of(b"m"), options: Default::default(), loss }
}

fn act(n: u8, state: State, deed: Deed, why: Option<Why>) -> ApprovalView {
    let decided = !matches!(state, State::Waiting | State::Expired);
    ApprovalView {
        id: ConsentId::new(1, [n; 10]),
        unit: unit(1),
        unit_name: "Collège Prévert".into(),
        machines: deed.machines(),
        rights: deed.rights(),
        deed,
        why,
        alone: false,
        asked_by: account(1),
        asked_by_name: Some("a.martin".into()),
        asked: ago(600),
        expires: now() + Duration::from_secs(3_600 * 70),
        state,
        decided_by: decided.then(|| account(2)),
        decided_by_name: Some("b.durand".into()),
        decided: decided.then(|| ago(60)),
        reason: None,
        fault: None,
        items: vec![],
    }
}

fn deeds() -> Vec<(Deed, Option<Why>)> {
    let loss = Deed::AllowLoss { run: run_id(1), census: Digest::of(b"c"), reason: "Salle d'élèves".into() };
    vec![
        (start(30, LossPolicy::NothingOnly), Some(Why::Many { machines: 1_030, above: 20 })),
        (start(1, LossPolicy::Expendable), Some(Why::Loss)),
        (loss, Some(Why::Loss)),
        (Deed::Publish { master: Digest::of(b"m") }, Some(Why::Production)),
        (
            Deed::ReplaceIdentity { target: target(3), stranger: target(7), key: PublicKey([7; 32]) },
            Some(Why::Identity),
        ),
        (Deed::RaiseLimit { above: 500 }, Some(Why::Protection)),
        (start(2, LossPolicy::NothingOnly), None),
    ]
}

pub fn approvals() -> Approvals {
    let waiting = |(n, (deed, why))| act(n, State::Waiting, deed, why);
    let over = |(n, state)| act(n, state, start(2, LossPolicy::NothingOnly), None);
    let mut over: Vec<ApprovalView> = (20..).zip(State::ALL).skip(1).map(over).collect();
    over.push(ApprovalView { alone: true, decided_by: None, asked_by_name: None, ..over[0].clone() });
    Approvals { waiting: (1..).zip(deeds()).map(waiting).collect(), over, above: 20 }
}

/// Each act, for who may say yes, who asked, and who may not; and some that are over.
pub fn approval_pages(form: Form) -> Vec<ApprovalPage> {
    let page = |view: ApprovalView, mine, may| ApprovalPage {
        view,
        names: [(target(0), "salle-12-poste-01".to_string())].into(),
        master: Some("debian 12.4".into()),
        mine,
        may,
        form: Form::default(),
    };
    let mut pages: Vec<ApprovalPage> =
        (1..).zip(deeds()).map(|(n, (deed, why))| page(act(n, State::Waiting, deed, why), false, true)).collect();
    let one = act(9, State::Waiting, start(3, LossPolicy::NothingOnly), Some(Why::Many { machines: 3, above: 2 }));
    pages.push(ApprovalPage { form, ..page(one.clone(), true, false) });
    pages.push(page(one.clone(), false, false));
    let fault = || Fault::new("server-approval-part").with("failed", 1).with("all", 3);
    let item = |n: u8, fault| ItemView { target: target(n), run: (n == 0).then(|| run_id(1)), fault };
    let items = vec![item(0, None), item(1, Some(Fault::new("server-run-open")))];
    let failed = ApprovalView { state: State::Failed, fault: Some(fault()), items, ..one.clone() };
    pages.push(page(failed, false, false));
    let refused =
        ApprovalView { reason: Some("pendant <les> examens".into()), ..act(9, State::Refused, one.deed, None) };
    pages.push(page(refused, false, false));
    let alone = act(9, State::Done, start(1, LossPolicy::Expendable), Some(Why::Loss));
    pages.push(page(ApprovalView { alone: true, decided_by: None, ..alone }, true, false));
    pages
}

pub fn audit() -> AuditPage {
    let entry =
        |number: u64, act: &str, outcome, who: Option<&str>, name: Option<&str>, subject: Option<&str>| AuditView {
            number,
            at: ago(number as i64),
            unit: unit(0),
            act: act.into(),
            outcome,
            who: who.map(str::to_string),
            who_name: name.map(str::to_string),
            subject: subject.map(str::to_string),
        };
    let machine = format!("machine:{}", target(1));
    let mut entries = vec![
        entry(9, "machine-accept", Outcome::Done, Some("x"), Some("a.martin"), Some(&machine)),
        entry(8, "token-make", Outcome::Done, Some("host"), Some(""), None),
        entry(7, "sign-in", Outcome::Done, Some("nobody"), Some(""), None),
        entry(6, "an-act-of-tomorrow", Outcome::Done, None, None, Some("accept-rule:salle <12>")),
    ];
    let outcomes = Outcome::ALL.into_iter().map(|o| entry(5, "run-start", o, Some("server"), Some(""), None));
    entries.extend(outcomes);
    let search = [("who", "martin"), ("act", "run-start"), ("subject", "salle 12")];
    AuditPage {
        entries,
        acts: vec!["machine-accept".into(), "run-start".into()],
        search: search.map(|(n, v)| (n.to_string(), v.to_string())).into(),
        before: Some(5),
    }
}
