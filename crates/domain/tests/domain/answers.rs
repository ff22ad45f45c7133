//! What was typed at a machine is what its run does: the machine refuses an order that says otherwise, and a proof shows
//! the same to whoever has the file alone.
use crate::kit::{Key, World, at, key};
use serde_json::json;
use socle_domain::{
    Digest, UnitId,
    answers::{Answers, is_seat},
    option::secret_reference,
    order::{Act, Order, RunSpec, accept},
    proof::verify,
    sign::{Signed, Signer},
};
use socle_texts::Fault;

const TEXT: &str = "title = { fr = 'x', en = 'x' }\n\
    [[option]]\nname = 'printer'\nkind = 'text'\nlatitude = { asked = 'free' }\nlabel = { fr = 'I', en = 'P' }\n\
    [[option]]\nname = 'wifi'\nkind = 'secret'\nlatitude = { asked = 'free' }\nlabel = { fr = 'W', en = 'W' }\n\
    [[step]]\nid = 'x'\nkind = 'check'\n";

/// A run that was ordered at its machine, changed by whoever holds the server's key.
fn order(world: &World, signer: &Key, change: impl FnOnce(&mut Answers, &mut RunSpec)) -> Signed<Order> {
    let mut master = world.master();
    master.sequence = TEXT.into();
    master.options.clear();
    let started = world.start().open(&world.server.public()).unwrap();
    let Act::Run(mut spec) = started.act else { panic!("no run") };
    spec.master = Signed::new(&master, &world.content);
    spec.options = [("printer".to_string(), json!("hall")), ("wifi".to_string(), secret_reference("r1"))].into();
    let mut answers = Answers {
        session: Digest([1; 32]),
        target: world.target,
        machine: world.machine.public(),
        name: "pc-01".into(),
        unit: UnitId::ROOT,
        seat: Some("4".into()),
        master: spec.master.digest(),
        options: [("printer".to_string(), json!("hall"))].into(),
        secrets: ["wifi".to_string()].into(),
        who: Digest([2; 32]),
        at: at(0),
    };
    change(&mut answers, &mut spec);
    spec.answers = Some(Signed::new(&answers, signer));
    world.order(1, Act::Run(spec))
}

fn accepted(world: &World, order: &Signed<Order>) -> Result<Order, Fault> {
    let (content, machine) = (world.content.public(), world.machine.public());
    accept(order, &content, &world.delegation(), world.target, &machine, 0, at(2))
}

fn check(change: impl FnOnce(&mut Answers, &mut RunSpec), expect: &str) {
    let world = World::default();
    let order = order(&world, &world.machine, change);
    let fault = accepted(&world, &order).expect_err(expect);
    let what = fault.args.iter().find(|(name, _)| name == "what").map(|(_, v)| format!("{v:?}")).unwrap_or_default();
    assert!(fault.is("domain-answers-differ") && what.contains(expect), "{fault}: {what}, not {expect}");
    // The file alone shows it too.
    let proof = world.proof_with(vec![order], vec![]);
    assert!(verify(&proof.to_bytes(), &world.content.public()).unwrap_err().is("domain-answers-differ"));
}

#[test]
fn an_order_that_says_what_was_typed_is_accepted_and_a_proof_shows_it() {
    let world = World::default();
    let order = order(&world, &world.machine, |_, _| {});
    accepted(&world, &order).unwrap();
    let verdict = verify(&world.proof_with(vec![order], vec![]).to_bytes(), &world.content.public()).unwrap();
    let answers = verdict.answers.expect("the answers stand in the verdict");
    assert_eq!((answers.seat.as_deref(), answers.options["printer"].as_str()), (Some("4"), Some("hall")));
    let said = serde_json::to_string(&answers).unwrap();
    assert!(said.contains("wifi") && !said.contains("r1"), "the name of a secret, not even its reference: {said}");
}

#[test]
fn a_server_that_changes_what_was_typed_is_refused() {
    check(|_, spec| drop(spec.options.insert("printer".into(), json!("room"))), "printer");
    check(|_, spec| drop(spec.options.remove("printer")), "printer");
    check(|_, spec| spec.target.name = "pc-02".into(), "name");
    check(|answers, _| answers.unit = UnitId::new(1, [7; 10]), "unit");
    check(|answers, _| answers.master = Digest([9; 32]), "master");
    check(|answers, _| answers.machine = key(9).public(), "machine");
    check(|_, spec| drop(spec.options.remove("wifi")), "wifi");
}

#[test]
fn a_secret_stands_nowhere_in_clear() {
    // A server that puts the value where the reference belongs, and a machine that signed one among its answers.
    let clear = |answers: &mut Answers, spec: &mut RunSpec| {
        spec.options.insert("wifi".into(), json!("s3cret"));
        answers.options.insert("wifi".into(), json!("s3cret"));
    };
    let world = World::default();
    assert!(accepted(&world, &order(&world, &world.machine, clear)).is_err());
}

#[test]
fn answers_that_another_key_signed_are_nobodys() {
    let world = World::default();
    let forged = order(&world, &world.server, |_, _| {});
    assert!(accepted(&world, &forged).unwrap_err().is("domain-signature-wrong"));
}

#[test]
fn seats_fit_on_a_line() {
    for (seat, fits) in [("4", true), ("Rang 2, n° 7", true), ("", false), (" 4", false), ("4\n", false)] {
        assert_eq!(is_seat(seat), fits, "{seat:?}");
    }
    assert!(is_seat(&"x".repeat(40)) && !is_seat(&"x".repeat(41)));
}
