//! Somebody installs machines where they stand, or a whole room from the console.
use crate::{
    fake::Machine,
    house::House,
    wizard_kit::{ASKS, Desk, codes},
};
use serde_json::{Value, json};
use socle_domain::{
    Digest, UnitId,
    answers::Answers,
    order::{Act, accept},
    sign::Signer,
};
use socle_trust::secret;
use socle_wire::{
    api::MachineView,
    wizard::{
        AskPlace, AskQuestions, Finished, Place, Proof, Question, Questions, Room, RoomStarted, StartMachine, StartRoom,
    },
};
use std::collections::BTreeMap;

/// Signed in, and at a room with a master that asks.
fn scene() -> (House, Desk, UnitId, Digest) {
    scene_in(House::new())
}

fn scene_in(house: House) -> (House, Desk, UnitId, Digest) {
    let master = house.master_of(ASKS, "1");
    let code = codes(&house, 1).remove(0);
    let mut desk = Desk::new(&house, 1);
    let signed = desk.try_code(&code).unwrap();
    assert_eq!(signed.rooms.iter().map(|r| r.unit).collect::<Vec<_>>(), [UnitId::ROOT]);
    (house, desk, UnitId::ROOT, master)
}

fn wrong(finished: Result<Finished, String>) -> Vec<(String, String)> {
    match finished.unwrap() {
        Finished::Wrong { fields } => fields.into_iter().map(|(f, fault)| (f, fault.code.to_string())).collect(),
        done => panic!("{done:?}"),
    }
}

#[test]
fn somebody_installs_a_machine_where_it_stands() {
    let (house, mut desk, unit, master) = scene();
    let place: Place = desk.ask("place", &AskPlace { unit }).unwrap();
    assert_eq!(place.masters.iter().map(|m| m.master).collect::<Vec<_>>(), [master]);
    assert_eq!(place.seat.as_deref(), Some("1"));
    let ask = AskQuestions { unit, master, name: "salle-01".into(), seat: Some("1".into()) };
    let Questions::Asked { questions } = desk.ask("questions", &ask).unwrap() else { panic!("nothing is asked") };
    let names: Vec<&str> = questions.iter().map(|q: &Question| q.name.as_str()).collect();
    assert_eq!(names, ["printer", "places", "wifi"], "what is fixed is not asked");
    assert_eq!(questions[0].default, Some(json!("hall")));
    let finish = desk.finish(unit, master, |_| {});
    let Finished::Done { name, run } = desk.ask("finish", &finish).unwrap() else { panic!("wrong") };
    assert_eq!((name.as_str(), run.is_some()), ("salle-01", true));
    // The answer to it was lost on the way: it is given again, and nothing is done twice.
    assert_eq!(desk.ask::<Finished>("finish", &finish).unwrap(), Finished::Done { name, run });
    assert_eq!(house.all::<Value>("/api/v1/runs").len(), 1);
    // Other answers are too late.
    let other = desk.finish(unit, master, |a| a.name = "other".into());
    assert_eq!(desk.ask::<Finished>("finish", &other).unwrap_err(), "server-answers-wrong");

    // The machine is known now, and its order says what was typed: it accepts it, and would accept nothing else.
    let known = desk.machine.known();
    assert_eq!(known.name, "salle-01");
    let orders = desk.machine.orders(0, 0).unwrap();
    let (content, key) = (house.content().public(), desk.machine.key.public());
    let order = accept(&orders.orders[0], &content, &known.delegation, known.target, &key, 0, house.now()).unwrap();
    let Act::Run(spec) = order.act else { panic!("no run") };
    assert_eq!((&spec.options["printer"], &spec.options["places"]), (&json!("room"), &json!(24)));
    assert!(spec.options["wifi"]["secret"].is_string(), "{:?}", spec.options);
    assert!(spec.answers.is_some());
    assert!(!serde_json::to_string(&orders).unwrap().contains("s3cret"), "no secret in an order");
    // What an auditor reads.
    let trail: Value = house.get("/api/v1/audit");
    let acts: Vec<&str> = trail["items"].as_array().unwrap().iter().filter_map(|e| e["act"].as_str()).collect();
    for act in ["wizard-codes-make", "wizard-sign-in", "wizard-finish"] {
        assert!(acts.contains(&act), "{act} is not in {acts:?}");
    }
}

/// What is started at machines counts as what is started from the console.
#[test]
fn beyond_what_one_person_may_the_machine_says_so() {
    let house = House::new();
    let master = house.master_of(ASKS, "1");
    let org = crate::people::Organisation::new(&house);
    org.somebody("tom", &[(socle_domain::role::Role::Technician, UnitId::ROOT)]);
    let _: Value = house.put("/api/v1/second-person", &json!({ "above": 1 }));
    let mut desks = codes(&house, 2).into_iter().zip(1..).map(|(code, n)| {
        let mut desk = Desk::new(&house, n);
        desk.try_code(&code).unwrap();
        desk
    });
    let (first, second) = (desks.next().unwrap(), desks.next().unwrap());
    let finish = first.finish(UnitId::ROOT, master, |_| {});
    assert!(matches!(first.ask::<Finished>("finish", &finish).unwrap(), Finished::Done { .. }));
    let finish = second.finish(UnitId::ROOT, master, |a| (a.name, a.seat) = ("salle-02".into(), Some("2".into())));
    let refused = |desk: &Desk| desk.ask::<Finished>("finish", &finish).unwrap_err();
    assert_eq!(refused(&second), "server-second-person-needed");
    assert_eq!(refused(&second), "server-second-person-needed", "asked again it is no other");
    assert_eq!(house.all::<Value>("/api/v1/runs").len(), 1);
    assert!(house.machines().iter().any(|m| m.state == "to-recognise"), "the machine waits as before");
}

fn sql(house: &House, text: &'static str) {
    let work = async {
        let db = socle_db::Db::file(&house.data().join("socle.db"), house.now()).await.unwrap();
        let mut tx = db.write().await.unwrap();
        sqlx::query(text).execute(&mut *tx).await.unwrap();
        socle_db::audit::unnoticed(tx.commit()).await.unwrap();
        db.close().await;
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

/// A server that is stopped between any two of its transactions leaves no run that its technician can't find again.
#[test]
fn whoever_hands_in_again_finds_his_run() {
    let (house, mut desk, unit, master) = scene_in(House::on_sqlite());
    let finish = desk.finish(unit, master, |_| {});
    let stop =
        "CREATE TRIGGER stop BEFORE UPDATE OF finished ON wizard_sessions BEGIN SELECT RAISE(ABORT, 'stopped'); END";
    sql(&house, stop);
    assert_eq!(desk.ask::<Finished>("finish", &finish).unwrap_err(), "db-failed");
    assert_eq!(house.all::<Value>("/api/v1/runs").len(), 0, "a run stands that nobody was told of");
    sql(&house, "DROP TRIGGER stop");
    let done = desk.ask::<Finished>("finish", &finish).unwrap();
    assert!(matches!(&done, Finished::Done { run: Some(_), .. }), "{done:?}");
    let house = house.again();
    desk.machine.base = house.agents();
    assert_eq!(desk.ask::<Finished>("finish", &finish).unwrap(), done, "after a restart too");
    assert_eq!(house.all::<Value>("/api/v1/runs").len(), 1);
}

#[test]
fn what_is_wrong_is_said_by_field_and_changes_nothing() {
    let (house, desk, unit, master) = scene();
    let mut other = Machine::new(&house.agents(), house.pin, 2);
    other.hello().unwrap();
    let id = house.machines().iter().find(|m| m.code == secret::code(&other.key.public())).unwrap().id;
    let _: MachineView = house.post(&format!("/api/v1/machines/{id}/accept"), &json!({ "name": "taken" }));
    let check = |change: fn(&mut Answers), expect: &[(&str, &str)]| {
        let found = wrong(desk.ask("finish", &desk.finish(unit, master, change)));
        let found: Vec<(&str, &str)> = found.iter().map(|(f, c)| (f.as_str(), c.as_str())).collect();
        assert_eq!(found, expect);
    };
    check(|a| a.name = "taken".into(), &[("name", "db-name-taken")]);
    check(|a| a.name = "No Host".into(), &[("name", "server-name-wrong")]);
    check(|a| a.seat = Some(" 4".into()), &[("seat", "server-seat-wrong")]);
    check(|a| a.master = Digest([9; 32]), &[("master", "server-master-not-offered")]);
    check(|a| drop(a.options.insert("places".into(), json!(41))), &[("option.places", "wire-answer-range")]);
    check(|a| drop(a.options.insert("places".into(), json!("24"))), &[("option.places", "wire-answer-kind")]);
    check(
        |a| drop(a.options.insert("printer".into(), json!("cellar"))),
        &[("option.printer", "wire-answer-no-choice")],
    );
    check(|a| drop(a.options.remove("printer")), &[("option.printer", "wire-answer-missing")]);
    check(
        |a| drop(a.options.insert("organisation".into(), json!("Mine"))),
        &[("option.organisation", "server-option-not-asked")],
    );
    check(|a| drop(a.options.insert("wifi".into(), json!("in clear"))), &[("option.wifi", "wire-answer-kind")]);
    let ask = AskQuestions { unit, master, name: "taken".into(), seat: None };
    let Questions::Wrong { fields } = desk.ask("questions", &ask).unwrap() else { panic!("asked") };
    assert!(fields["name"].is("db-name-taken"));
    assert_eq!(house.all::<Value>("/api/v1/runs").len(), 0);
    assert!(house.machines().iter().any(|m| m.state == "to-recognise"), "the machine waits as before");
}

#[test]
fn a_conversation_ends() {
    let (house, desk, unit, _) = scene();
    house.later(1_801);
    assert_eq!(desk.ask::<Place>("place", &AskPlace { unit }).unwrap_err(), "server-unauthenticated");
    let (_house, mut desk, unit, _) = scene();
    desk.machine.post::<Value>("/agent/v1/wizard/leave", &()).unwrap_err();
    assert_eq!(desk.ask::<Place>("place", &AskPlace { unit }).unwrap_err(), "server-unauthenticated");
    desk.machine.session = None;
}

fn room_of(house: &House, master: Digest) -> Room {
    house.get(&format!("/api/v1/wizard/room?unit={}&master={master}", UnitId::ROOT))
}

fn line(house: &House, n: u8, name: &str, seat: &str) -> StartMachine {
    let mut machine = Machine::new(&house.agents(), house.pin, n);
    machine.hello().unwrap();
    let code = secret::code(&machine.key.public());
    let id = house.machines().iter().find(|m| m.code == code).unwrap().id;
    let options: BTreeMap<String, Value> =
        [("printer".to_string(), json!("room")), ("places".to_string(), json!(12))].into();
    let secrets = [("wifi".to_string(), "s3cret".to_string())].into();
    StartMachine { id, name: name.into(), seat: Some(seat.into()), options, secrets }
}

#[test]
fn a_room_is_started_as_a_whole_or_not_at_all() {
    let house = House::new();
    let master = house.master_of(ASKS, "1");
    let mut lines =
        vec![line(&house, 1, "salle-01", "1"), line(&house, 2, "salle-02", "2"), line(&house, 3, "salle-02", "2")];
    let room = room_of(&house, master);
    assert_eq!(room.machines.len(), 3);
    assert_eq!(room.questions.iter().map(|q| q.name.as_str()).collect::<Vec<_>>(), ["printer", "places", "wifi"]);
    let proposed: Vec<(&str, Option<&str>)> =
        room.machines.iter().map(|m| (m.name.as_str(), m.seat.as_deref())).collect();
    assert!(proposed.windows(2).all(|w| w[0] != w[1]), "names and seats are proposed one by one: {proposed:?}");
    let wish = |lines: &[StartMachine]| StartRoom {
        unit: UnitId::ROOT,
        master,
        machines: lines.to_vec(),
        loss: Default::default(),
    };
    // The same name and seat twice in one form, and a value outside: nothing of it is done.
    lines[0].options.insert("places".into(), json!(0));
    let answer: RoomStarted = house.post("/api/v1/wizard/room", &wish(&lines));
    let RoomStarted::Wrong { machines } = answer else { panic!("{answer:?}") };
    let said = |n: usize| {
        let fields = &machines[&lines[n].id];
        fields.iter().map(|(f, fault)| format!("{f}: {}", fault.code)).collect::<Vec<_>>()
    };
    assert_eq!(said(0), ["option.places: wire-answer-range"]);
    assert_eq!(said(2), ["name: db-name-taken", "seat: db-seat-taken"]);
    assert!(!machines.contains_key(&lines[1].id));
    assert!(house.machines().iter().all(|m| m.state == "to-recognise"));
    assert_eq!(house.all::<Value>("/api/v1/runs").len(), 0);
    // Put right, all of them start.
    lines[0].options.insert("places".into(), json!(12));
    (lines[2].name, lines[2].seat) = ("salle-03".into(), Some("3".into()));
    let answer: RoomStarted = house.post("/api/v1/wizard/room", &wish(&lines));
    let RoomStarted::Started { runs } = answer else { panic!("{answer:?}") };
    assert_eq!(runs.len(), 3);
    assert_eq!(house.machines().iter().filter(|m| m.state == "known").count(), 3);
    // They are at work: another form is refused for each of them.
    let RoomStarted::Wrong { machines } = house.post("/api/v1/wizard/room", &wish(&lines)) else { panic!("again") };
    assert!(machines.values().all(|f| f["name"].is("server-run-open")), "{machines:?}");
    // What was answered is what holds for the machine from now on, and names who said so.
    let view: Value = house.get(&format!("/api/v1/machines/{}/options/places?master={master}", lines[0].id));
    assert_eq!(view["resolved"]["value"], json!(12), "{view}");
    assert_eq!(view["resolved"]["decided"]["source"], json!("machine"), "{view}");
}

/// Gives the first administrator a second factor, as the console's own pages do; his name.
fn with_second_factor(house: &House, secret: &[u8]) -> String {
    use socle_db::{Db, Scope, factors, people, sealed};
    use socle_trust::vault::{Place as At, Vault};
    let data = socle_server::Data::new(&house.data()).unwrap();
    let vault = Vault::load(&data.vault()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Db::file(&data.database(), house.now()).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let account = people::first(&mut tx, Scope::ROOT).await.unwrap().unwrap();
        let id = uuid::Uuid::from_u128(7);
        let factor = factors::Factor {
            id,
            account: account.id,
            kind: factors::Kind::Totp,
            name: "telephone".into(),
            credential: None,
            state: String::new(),
            created: house.now(),
            used: None,
        };
        factors::add(&mut tx, &factor).await.unwrap();
        let owner = id.to_string();
        let place = At { kind: factors::SEALED, owner: &owner, field: "secret" };
        let value = vault.seal(place, secret).unwrap();
        let one = sealed::Sealed { kind: factors::SEALED.into(), owner, field: "secret".into(), value };
        sealed::put(&mut tx, &one, house.now()).await.unwrap();
        tx.commit().await.unwrap();
        account.name
    })
}

#[test]
fn a_second_factor_signs_in_too_and_each_moment_serves_once() {
    let house = House::on_sqlite();
    let secret = b"12345678901234567890";
    let name = with_second_factor(&house, secret);
    let code = || socle_trust::totp::code(secret, house.now()).unwrap();
    let proof = |name: &str, code: &str| Proof::SecondFactor { name: name.into(), code: code.into() };
    let nothing = "server-wizard-code-wrong";
    let (mut one, mut two) = (Desk::new(&house, 1), Desk::new(&house, 2));
    assert_eq!(one.show(proof("nobody", &code())).unwrap_err(), nothing);
    let wrong = if code() == "000000" { "000001" } else { "000000" };
    assert_eq!(one.show(proof(&name, wrong)).unwrap_err(), nothing);
    let signed = one.show(proof(&name, &code())).unwrap();
    assert_eq!(signed.rooms.len(), 1);
    assert_eq!(two.show(proof(&name, &code())).unwrap_err(), nothing, "these digits have served");
    house.later(60);
    two.show(proof(&name, &code())).unwrap();
    // Guessing at one person's six digits ends, whichever machine it is tried at.
    for n in 10..13u8 {
        assert_eq!(Desk::new(&house, n).show(proof(&name, wrong)).unwrap_err(), nothing);
    }
    house.later(60);
    assert_eq!(Desk::new(&house, 20).show(proof(&name, &code())).unwrap_err(), "server-wizard-tries");
    house.later(901);
    Desk::new(&house, 21).show(proof(&name, &code())).unwrap();
}
