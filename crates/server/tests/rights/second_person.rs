//! The second person: what waits, who may say yes, and what the server then does, whatever happens to it in between.
use crate::{
    fake::{Journal, Machine},
    house::House,
    people::{Organisation, Somebody, offered_master, told},
};
use serde_json::json;
use socle_db::{Db, Scope, consents};
use socle_domain::{
    ConsentId, Digest, UnitId,
    consent::{State, Why},
    order::{Act, accept},
    role::Role,
    sign::Signer,
};
use socle_wire::{
    api::{MachineView, MasterView, RunView},
    page::Page,
    rights::{ApprovalView, AuditView, SecondPerson},
    wizard::{RoomStarted, StartMachine, StartRoom},
};
use std::time::{Duration, Instant};

fn machines(house: &House, count: u8, unit: UnitId) -> Vec<MachineView> {
    (1..=count)
        .map(|n| {
            let mut machine = Machine::new(&house.agents(), house.pin, n);
            machine.hello().unwrap();
            let waiting = house.machines().into_iter().find(|m| m.state == "to-recognise").unwrap();
            let place = format!("/api/v1/machines/{}/accept", waiting.id);
            house.post(&place, &json!({ "name": format!("poste-{n:02}"), "unit": unit }))
        })
        .collect()
}

/// A body with two deployers, who may act on two machines each.
struct Scene<'a> {
    house: &'a House,
    org: Organisation<'a>,
    anne: Somebody,
    bruno: Somebody,
    machines: Vec<MachineView>,
    master: Digest,
}

impl<'a> Scene<'a> {
    fn new(house: &'a House) -> Self {
        let org = Organisation::new(house);
        let anne = org.somebody("anne", &[(Role::Deployer, org.body)]);
        let bruno = org.somebody("bruno", &[(Role::Deployer, org.body)]);
        let machines = machines(house, 3, org.body);
        let put = house.http().put(house.url("console", "/api/v1/second-person")).bearer_auth(&house.token);
        let set: SecondPerson = put.json(&SecondPerson { above: 2 }).send().unwrap().json().unwrap();
        assert_eq!(set.above, 2);
        let master = offered_master(house);
        Scene { house, org, anne, bruno, machines, master }
    }
    /// Anne starts runs on all machines.
    fn start_all(&self) -> ApprovalView {
        let targets: Vec<_> = self.machines.iter().map(|m| m.id).collect();
        let wish = json!({ "targets": targets, "master": self.master });
        let response = self.org.post(&self.anne, "/api/v1/runs/batch", &wish);
        assert_eq!(response.status().as_u16(), 202);
        let place = response.headers()["location"].to_str().unwrap().to_string();
        let told: ApprovalView = response.json().unwrap();
        assert_eq!(place, format!("/api/v1/approvals/{}", told.id));
        told
    }
    /// Machine `n` begins what it was ordered to do.
    fn begins(&self, n: u8) -> Machine {
        let mut machine = Machine::new(&self.house.agents(), self.house.pin, n);
        let known = machine.known();
        let order = machine.orders(0, 0).unwrap().orders.remove(0);
        let journal = Journal::begin(&order, &known, &machine.key, &self.house.content().public(), self.house.now());
        machine.push(journal.chain.run, &journal.entries).unwrap();
        machine
    }
    fn approve(&self, who: &Somebody, id: ConsentId) -> (u16, String) {
        told(self.org.post(who, &format!("/api/v1/approvals/{id}/approve"), &()))
    }
    fn show(&self, id: ConsentId) -> ApprovalView {
        self.house.get(&format!("/api/v1/approvals/{id}"))
    }
    /// Until the server has carried it out.
    fn over(&self, id: ConsentId) -> ApprovalView {
        let begin = Instant::now();
        loop {
            let one = self.show(id);
            if !matches!(one.state, State::Approved) {
                return one;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "it is not carried out: {one:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    fn runs(&self) -> Vec<RunView> {
        self.house.all("/api/v1/runs")
    }
}

#[test]
fn what_reaches_many_machines_waits_for_another_person() {
    let house = House::new();
    let scene = Scene::new(&house);
    let one = scene.start_all();
    assert_eq!((one.state, one.why, one.machines), (State::Waiting, Some(Why::Many { machines: 3, above: 2 }), 3));
    assert_eq!(one.asked_by_name.as_deref(), Some("anne"));
    assert_eq!(scene.runs().len(), 0, "nothing is done before somebody says yes");
    let page = scene.org.get(&scene.bruno, "/approvals").text().unwrap();
    assert!(page.contains(&format!("/approvals/{}", one.id)) && page.contains("anne"), "{page}");
    let page = scene.org.get(&scene.bruno, &format!("/approvals/{}", one.id)).text().unwrap();
    assert!(page.contains("poste-03") && page.contains("/approve"), "who, what, how many, until when");

    assert_eq!(scene.approve(&scene.anne, one.id), (403, "domain-consent-own".into()));
    let carl = scene.org.somebody("carl", &[(Role::Helpdesk, scene.org.body)]);
    assert_eq!(scene.approve(&carl, one.id), (403, "server-not-allowed".into()));
    let dora = scene.org.somebody("dora", &[(Role::Deployer, scene.org.other)]);
    assert_eq!(scene.approve(&dora, one.id), (404, "server-unknown".into()));

    assert_eq!(scene.approve(&scene.bruno, one.id).0, 200);
    let done = scene.over(one.id);
    assert_eq!((done.state, done.decided_by_name.as_deref(), done.alone), (State::Done, Some("bruno"), false));
    assert!(done.items.len() == 3 && done.items.iter().all(|i| i.run.is_some()), "{:?}", done.items);
    assert_eq!(scene.runs().len(), 3);
    assert_eq!(scene.approve(&scene.bruno, one.id), (409, "domain-consent-over".into()));
}

#[test]
fn one_by_one_is_as_many_as_at_once() {
    let house = House::new();
    let scene = Scene::new(&house);
    let start = |n: usize| {
        let wish = json!({ "target": scene.machines[n].id, "master": scene.master });
        scene.org.post(&scene.anne, "/api/v1/runs", &wish).status().as_u16()
    };
    assert_eq!((start(0), start(1)), (200, 200));
    assert_eq!(start(2), 202, "the third within the hour");
    house.later(3_601);
    assert_eq!(start(2), 200);
}

/// Whatever is done to a machine counts, not runs alone; and what was approved is done as it was asked for.
#[test]
fn every_act_on_machines_counts() {
    let house = House::new();
    let scene = Scene::new(&house);
    let (org, of) = (&scene.org, |n: usize| scene.machines[n].id);
    let asked = |who: &Somebody, path: String, message: serde_json::Value| -> ApprovalView {
        let response = org.post(who, &format!("/api/v1/{path}"), &message);
        assert_eq!(response.status().as_u16(), 202, "{path}");
        response.json().unwrap()
    };
    let done = |who: &Somebody, one: &ApprovalView| {
        assert_eq!(one.why, Some(Why::Many { machines: 3, above: 2 }), "{:?}", one.deed);
        assert_eq!(scene.approve(who, one.id).0, 200, "{:?}", one.deed);
        scene.over(one.id)
    };
    // Moving: another right, other people.
    let head = |name| org.somebody(name, &[(Role::SiteAdministrator, org.body)]);
    let (carl, dora) = (head("carl"), head("dora"));
    let path = format!("machines/{}/move", of(2));
    for unit in [org.site, org.body] {
        assert_eq!(org.post(&carl, &format!("/api/v1/{path}"), &json!({ "unit": unit })).status().as_u16(), 200);
    }
    let one = asked(&carl, path, json!({ "unit": org.site }));
    assert_eq!(house.get::<MachineView>(&format!("/api/v1/machines/{}", of(2))).unit, org.body, "it waits");
    assert_eq!(done(&dora, &one).state, State::Done);
    assert_eq!(house.get::<MachineView>(&format!("/api/v1/machines/{}", of(2))).unit, org.site);
    // Anne has started two runs: whatever she does now is the third.
    let start = |n: usize| -> RunView {
        let wish = json!({ "target": of(n), "master": scene.master });
        org.post(&scene.anne, "/api/v1/runs", &wish).json().unwrap()
    };
    let runs = [start(0), start(1)];
    let one = asked(&scene.anne, format!("machines/{}/boot-once", of(2)), json!({ "from": "network" }));
    let over = done(&scene.bruno, &one);
    assert_eq!(over.fault.map(|f| f.code.to_string()).as_deref(), Some("server-boot-once-no-agent"));
    let one = asked(&scene.anne, format!("machines/{}/refuse", of(2)), json!(null));
    assert_eq!(done(&scene.bruno, &one).state, State::Done);
    assert_eq!(house.get::<MachineView>(&format!("/api/v1/machines/{}", of(2))).state, "refused");
    // What a machine has begun is stopped by two; an order that none has taken up is taken back at once.
    let machine = scene.begins(1);
    let one = asked(&scene.anne, format!("runs/{}/cancel", runs[0].id), json!(null));
    assert_eq!(house.run(&runs[0]).state.status.word(), "running", "it waits");
    let page = org.get(&scene.bruno, &format!("/approvals/{}", one.id)).text().unwrap();
    assert!(page.contains(&format!("/runs/{}", runs[0].id)), "{page}");
    assert_eq!(machine.orders(1, 0).unwrap().orders.len(), 0, "it waits");
    assert_eq!(done(&scene.bruno, &one).state, State::Done);
    assert_eq!(machine.orders(1, 0).unwrap().orders.len(), 1, "the machine is told");
    let taken_back = org.post(&scene.anne, &format!("/api/v1/runs/{}/cancel", runs[1].id), &json!(null));
    assert_eq!(taken_back.status().as_u16(), 200);
    assert_eq!(house.run(&runs[1]).state.status.word(), "cancelled");
    let entries: Page<AuditView> = house.get("/api/v1/audit");
    for act in ["move-machine", "refuse-machine", "cancel-run"] {
        assert!(entries.items.iter().any(|e| e.act == act && e.outcome.word() == "approved"), "{act}");
    }
}

#[test]
fn a_no_and_a_change_of_mind_end_it() {
    let house = House::new();
    let scene = Scene::new(&house);
    let refuse = |who: &Somebody, id: ConsentId| {
        let said = json!({ "reason": "pendant les examens" });
        told(scene.org.post(who, &format!("/api/v1/approvals/{id}/refuse"), &said))
    };
    let one = scene.start_all();
    assert_eq!(refuse(&scene.bruno, one.id).0, 200);
    let over = scene.show(one.id);
    assert_eq!((over.state, over.reason.as_deref()), (State::Refused, Some("pendant les examens")));
    let two = scene.start_all();
    assert_eq!(refuse(&scene.anne, two.id).0, 200, "who asked takes it back");
    assert_eq!(scene.approve(&scene.bruno, two.id), (409, "domain-consent-over".into()));
    assert_eq!(scene.runs().len(), 0);
}

#[test]
fn a_yes_that_comes_too_late_is_none() {
    let house = House::new();
    let scene = Scene::new(&house);
    let one = scene.start_all();
    house.later(72 * 3600);
    assert_eq!(scene.approve(&scene.bruno, one.id), (409, "domain-consent-expired".into()));
    assert_eq!(scene.runs().len(), 0);
}

#[test]
fn rights_are_looked_at_when_the_yes_is_said() {
    let house = House::new();
    let scene = Scene::new(&house);
    let one = scene.start_all();
    scene.org.dismiss(&scene.anne);
    assert_eq!(scene.approve(&scene.bruno, one.id), (409, "server-asker-lost-right".into()));
    scene.org.dismiss(&scene.bruno);
    assert_eq!(scene.approve(&scene.bruno, one.id).0, 403);
    assert_eq!(scene.show(one.id).state, State::Waiting);
    assert_eq!(scene.runs().len(), 0);
}

#[test]
fn where_nobody_else_could_say_yes_it_goes_on_and_says_so() {
    let house = House::new();
    let scene = Scene::new(&house);
    scene.org.dismiss(&scene.bruno);
    let one = scene.start_all();
    let done = scene.over(one.id);
    // The first administrator has no password yet: he could not say yes.
    assert_eq!((done.state, done.alone, done.decided_by), (State::Done, true, None));
    assert_eq!(scene.runs().len(), 3);
    let entries: Page<AuditView> = house.get("/api/v1/audit?act=run-start-many");
    assert_eq!(entries.items.len(), 1);
    assert_eq!(entries.items[0].outcome.word(), "alone");
    let page = scene.org.get(&scene.anne, &format!("/approvals/{}", one.id)).text().unwrap();
    assert!(page.contains("tone-wait"), "the page says that it was done alone");
}

#[test]
fn losing_data_takes_the_right_and_another_person() {
    let house = House::new();
    let scene = Scene::new(&house);
    let tom = scene.org.somebody("tom", &[(Role::Technician, scene.org.body)]);
    let start = |who: &Somebody| {
        let wish = json!({ "target": scene.machines[0].id, "master": scene.master, "loss": "expendable" });
        scene.org.post(who, "/api/v1/runs", &wish)
    };
    assert_eq!(told(start(&tom)), (403, "server-not-allowed".into()));
    let response = start(&scene.anne);
    assert_eq!(response.status().as_u16(), 202);
    let one: ApprovalView = response.json().unwrap();
    assert_eq!(one.why, Some(Why::Loss));
    assert_eq!(scene.approve(&scene.bruno, one.id).0, 200);
    assert_eq!(scene.over(one.id).state, State::Done);
    assert_eq!(scene.runs().len(), 1);
}

#[test]
fn machines_that_can_not_be_taken_are_named() {
    let house = House::new();
    let scene = Scene::new(&house);
    house.start(&scene.machines[1], scene.master);
    let one = scene.start_all();
    assert_eq!(scene.approve(&scene.bruno, one.id).0, 200);
    let over = scene.over(one.id);
    assert_eq!(over.state, State::Failed);
    assert!(over.fault.unwrap().is("server-approval-part"));
    let codes: Vec<_> = over.items.iter().map(|i| i.fault.as_ref().map(|f| f.code.to_string())).collect();
    assert_eq!(codes.iter().flatten().collect::<Vec<_>>(), ["server-run-open"]);
    assert_eq!(scene.runs().len(), 3);
}

#[test]
fn weakening_the_protection_asks_for_another_person_too() {
    let house = House::new();
    let scene = Scene::new(&house);
    let chief = scene.org.somebody("chief", &[(Role::SiteAdministrator, UnitId::ROOT)]);
    let deputy = scene.org.somebody("deputy", &[(Role::SiteAdministrator, UnitId::ROOT)]);
    let put = |above: u32| {
        let request = scene.org.request(Some(&chief), reqwest::Method::PUT, "/api/v1/second-person");
        request.json(&SecondPerson { above }).send().unwrap()
    };
    assert_eq!(put(1).status().as_u16(), 200, "fewer is no weakening");
    let response = put(1_000);
    assert_eq!(response.status().as_u16(), 202);
    let one: ApprovalView = response.json().unwrap();
    assert_eq!(house.get::<SecondPerson>("/api/v1/second-person").above, 1);
    assert_eq!(scene.approve(&scene.bruno, one.id).0, 404, "it is the centre's");
    assert_eq!(scene.approve(&deputy, one.id).0, 200);
    scene.over(one.id);
    assert_eq!(house.get::<SecondPerson>("/api/v1/second-person").above, 1_000);
}

#[test]
fn a_version_goes_into_production_when_another_person_has_said_yes() {
    let house = House::new();
    let org = Organisation::new(&house);
    let (dora, emil) = (
        org.somebody("dora", &[(Role::Designer, UnitId::ROOT)]),
        org.somebody("emil", &[(Role::Designer, UnitId::ROOT)]),
    );
    let anne = org.somebody("anne", &[(Role::Deployer, org.body)]);
    let master = house.master();
    let stage = || house.get::<serde_json::Value>(&format!("/api/v1/masters/{master}"))["view"]["stage"].clone();
    let promote = || org.post(&dora, &format!("/api/v1/masters/{master}/move"), &json!({ "to": "production" }));
    let response = promote();
    assert_eq!(response.status().as_u16(), 202);
    let place = response.headers()["location"].to_str().unwrap().to_string();
    let one: ApprovalView = response.json().unwrap();
    assert_eq!(
        (one.state, one.why, place),
        (State::Waiting, Some(Why::Production), format!("/api/v1/approvals/{}", one.id))
    );
    assert_eq!(stage(), "pilot", "nothing has moved yet");
    let approve = |who: &Somebody| told(org.post(who, &format!("/api/v1/approvals/{}/approve", one.id), &()));
    assert_eq!(approve(&dora), (403, "domain-consent-own".into()));
    assert_eq!(approve(&anne), (404, "server-unknown".into()), "it is the centre's");
    assert_eq!(approve(&emil).0, 200);
    let begin = Instant::now();
    let over = loop {
        let now: ApprovalView = house.get(&format!("/api/v1/approvals/{}", one.id));
        if now.state != State::Approved {
            break now;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "it is not carried out: {now:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((over.state, over.decided_by_name.as_deref(), over.alone), (State::Done, Some("emil"), false));
    assert_eq!(stage(), "production");
    // A bodies' machines are offered it from now on, and the trail names both.
    let offered: Page<MasterView> = org.get(&anne, "/api/v1/masters").json().unwrap();
    assert!(offered.items.iter().any(|m| m.digest == master));
    let entries: Page<AuditView> = house.get("/api/v1/audit");
    let told: Vec<(&str, &str)> = entries.items.iter().map(|e| (e.act.as_str(), e.outcome.word())).collect();
    for wanted in [("master-move", "asked"), ("approval-approve", "approved"), ("publish", "approved")] {
        assert!(told.contains(&wanted), "{wanted:?} in {told:?}");
    }
}

/// What was approved is done, also where the database fails just then: it is tried again.
#[test]
fn a_passing_fault_loses_no_publication() {
    let house = House::on_sqlite();
    let org = Organisation::new(&house);
    let (dora, emil) = (
        org.somebody("dora", &[(Role::Designer, UnitId::ROOT)]),
        org.somebody("emil", &[(Role::Designer, UnitId::ROOT)]),
    );
    let sql = |text: &'static str| {
        org.within(async |db: Db| {
            let mut tx = db.write().await.unwrap();
            sqlx::query(text).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
        });
    };
    let master = house.master();
    let response = org.post(&dora, &format!("/api/v1/masters/{master}/move"), &json!({ "to": "production" }));
    let one: ApprovalView = response.json().unwrap();
    sql("CREATE TRIGGER stop BEFORE UPDATE ON masters BEGIN SELECT RAISE(ABORT, 'stopped'); END");
    assert_eq!(told(org.post(&emil, &format!("/api/v1/approvals/{}/approve", one.id), &())).0, 200);
    std::thread::sleep(Duration::from_secs(3));
    let state = |house: &House| house.get::<ApprovalView>(&format!("/api/v1/approvals/{}", one.id)).state;
    assert_eq!(state(&house), State::Approved, "given up for a fault that passes");
    sql("DROP TRIGGER stop");
    drop(org);
    let house = house.again();
    let begin = Instant::now();
    while state(&house) == State::Approved {
        assert!(begin.elapsed() < Duration::from_secs(20), "it is not tried again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(state(&house), State::Done);
    assert_eq!(house.get::<serde_json::Value>(&format!("/api/v1/masters/{master}"))["view"]["stage"], "production");
}

/// What is asked of each machine, as the wizard's form asks it for a whole room.
const ASKS: &str = "
title = { fr = 'Essai', en = 'Trial' }
[[option]]
name = 'places'
label = { fr = 'Places', en = 'Seats' }
kind = 'integer'
default = 1
latitude = { asked = { range = { min = 1, max = 40 } } }
[[step]]
id = 'look'
kind = 'check'
";

#[test]
fn a_room_waits_for_another_person_and_starts_with_its_answers() {
    let house = House::new();
    let scene = Scene::new(&house);
    let master = house.master_of(ASKS, "2");
    let _: serde_json::Value = house.post(&format!("/api/v1/masters/{master}/move"), &json!({ "to": "production" }));
    let line = |(n, machine): (usize, &MachineView)| StartMachine {
        id: machine.id,
        name: machine.name.clone().unwrap(),
        seat: Some(format!("{n}")),
        options: [("places".to_string(), json!(10 + n))].into(),
        secrets: Default::default(),
    };
    let wish = StartRoom {
        unit: scene.org.body,
        master,
        machines: scene.machines.iter().enumerate().map(line).collect(),
        loss: Default::default(),
    };
    let told: RoomStarted = scene.org.post(&scene.anne, "/api/v1/wizard/room", &wish).json().unwrap();
    let RoomStarted::Waits { approval } = told else { panic!("{told:?}") };
    assert_eq!(scene.runs().len(), 0, "nothing starts before somebody says yes");
    let id: ConsentId = approval.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!((scene.show(id).state, scene.show(id).machines), (State::Waiting, 3));
    assert!(scene.org.get(&scene.bruno, &approval).text().unwrap().contains("poste-03"));
    assert_eq!(scene.approve(&scene.anne, id), (403, "domain-consent-own".into()));
    assert_eq!(scene.approve(&scene.bruno, id).0, 200);
    assert_eq!(scene.over(id).state, State::Done);
    assert_eq!(scene.runs().len(), 3);
    // Each machine's order says what was answered for it, though it was given after the yes of another.
    for (n, view) in scene.machines.iter().enumerate() {
        let mut machine = Machine::new(&house.agents(), house.pin, n as u8 + 1);
        let known = machine.known();
        let order = machine.orders(0, 0).unwrap().orders.remove(0);
        let (content, key) = (house.content().public(), machine.key.public());
        let read = accept(&order, &content, &known.delegation, known.target, &key, 0, house.now()).unwrap();
        let Act::Run(spec) = read.act else { panic!("no run") };
        assert_eq!((known.target, &spec.options["places"]), (view.id, &json!(10 + n)));
    }
}

/// The server is gone after the yes was written and before anything, or everything, was done.
#[test]
fn a_server_that_stops_after_the_yes_goes_on_afterwards_and_does_nothing_twice() {
    let house = House::on_sqlite();
    let (id, machines, bruno) = {
        let scene = Scene::new(&house);
        let one = scene.start_all();
        (one.id, scene.machines.iter().map(|m| m.id).collect::<Vec<_>>(), scene.bruno.id)
    };
    let now = house.now();
    let yes = move |folder: &std::path::Path| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = Db::file(&folder.join("socle.db"), now).await.unwrap();
            let mut tx = db.write().await.unwrap();
            let mut one = consents::by_id(&mut tx, Scope::ROOT, id).await.unwrap().unwrap();
            one.state = State::Approved;
            (one.decided_by, one.decided) = (Some(bruno), Some(now));
            consents::stands(&mut tx, Scope::ROOT, &one).await.unwrap();
            tx.commit().await.unwrap();
            db.close().await;
        });
    };
    let over = |house: &House| {
        let begin = Instant::now();
        loop {
            let one: ApprovalView = house.get(&format!("/api/v1/approvals/{id}"));
            if one.state != State::Approved {
                return one;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "it is not carried out: {one:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let house = house.again_after(yes);
    assert_eq!(over(&house).state, State::Done);
    let runs: Vec<RunView> = house.all("/api/v1/runs");
    assert_eq!(runs.len(), machines.len());
    // Stopped once more just before it would have written that all is done.
    let house = house.again_after(yes);
    assert_eq!(over(&house).state, State::Done);
    assert_eq!(house.all::<RunView>("/api/v1/runs").len(), runs.len(), "no machine was started twice");
}

#[test]
fn a_machine_goes_on_under_another_key_when_another_person_has_said_yes() {
    let house = House::new();
    let org = Organisation::new(&house);
    let at_centre = [(Role::Deployer, UnitId::ROOT)];
    let (anne, bruno) = (org.somebody("anne", &at_centre), org.somebody("bruno", &at_centre));
    let known = machines(&house, 1, org.body).remove(0);
    let mut stranger = Machine::new(&house.agents(), house.pin, 9);
    stranger.hello().unwrap();
    let waiting = house.machines().into_iter().find(|m| m.state == "to-recognise").unwrap();
    let wish = json!({ "stranger": waiting.id, "key": waiting.key });
    let response = org.post(&anne, &format!("/api/v1/machines/{}/replace-identity", known.id), &wish);
    assert_eq!(response.status().as_u16(), 202);
    let one: ApprovalView = response.json().unwrap();
    assert_eq!((one.state, one.why), (State::Waiting, Some(Why::Identity)));
    let page = org.get(&bruno, &format!("/approvals/{}", one.id)).text().unwrap();
    assert!(page.contains("poste-01"), "whose identity it is");

    let approve = |who| told(org.post(who, &format!("/api/v1/approvals/{}/approve", one.id), &()));
    assert_eq!(approve(&anne), (403, "domain-consent-own".into()));
    assert_eq!(approve(&bruno).0, 200);
    let begin = Instant::now();
    let done = loop {
        let now: ApprovalView = house.get(&format!("/api/v1/approvals/{}", one.id));
        if now.state != State::Approved {
            break now;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "it is not carried out: {now:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!((done.state, done.decided_by_name.as_deref()), (State::Done, Some("bruno")));
    let now: MachineView = house.get(&format!("/api/v1/machines/{}", known.id));
    assert_eq!((now.key, now.name.as_deref()), (waiting.key, Some("poste-01")));
    assert_eq!(stranger.known().target, known.id, "the same record under the new key");
    // The key before is a stranger's now.
    let mut before = Machine::new(&house.agents(), house.pin, 1);
    assert!(matches!(before.hello().unwrap(), socle_wire::agent::Welcome::Unknown { .. }));
    let trail: Page<AuditView> = house.get("/api/v1/audit");
    assert!(trail.items.iter().any(|entry| entry.act == "replace-identity"), "{trail:?}");
}
