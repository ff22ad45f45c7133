//! A proof shows what was done, and nothing in it can be changed.
use crate::kit::{World, inhabited, key};
use proptest::prelude::*;
use socle_domain::{
    Digest,
    journal::Event,
    order::{Act, LossPolicy},
    proof::verify,
    sign::Signer,
};
use std::sync::LazyLock;

static PROOF: LazyLock<Vec<u8>> = LazyLock::new(|| World::default().proof(World::default().happy()).to_bytes());

#[test]
fn a_right_proof_is_complete() {
    let world = World::default();
    let verdict = verify(&PROOF, &world.content.public()).unwrap();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
    assert_eq!((verdict.images, verdict.entries), (vec![world.image], 19));
    assert!(verify(&PROOF, &key(7).public()).unwrap_err().is("domain-signature-wrong"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn any_altered_byte_is_found(at in 0..PROOF.len(), to in any::<u8>()) {
        let mut bytes = PROOF.clone();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(verify(&bytes, &World::default().content.public()).is_err(), "byte {at} could become {to}");
    }
    #[test]
    fn a_byte_added_or_taken_is_found(at in 0..PROOF.len(), to in proptest::option::of(any::<u8>())) {
        let mut bytes = PROOF.clone();
        match to {
            Some(byte) => bytes.insert(at, byte),
            None => { bytes.remove(at); }
        }
        prop_assume!(bytes != *PROOF);
        prop_assert!(verify(&bytes, &World::default().content.public()).is_err());
    }
    #[test]
    fn garbage_never_makes_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(verify(&bytes, &World::default().content.public()).is_err());
    }
}

/// The fault's code, or the first gap's, that a proof of these events gives; nothing where it is complete.
fn check(world: &World, orders: Option<Act>, events: Vec<(Option<&str>, Event)>, expect: Option<&str>) {
    let mut all = vec![world.start()];
    all.extend(orders.map(|act| world.order(2, act)));
    let bytes = world.proof_with(all, events).to_bytes();
    let found = match verify(&bytes, &world.content.public()) {
        Ok(verdict) => verdict.gaps.first().map(|g| g.code.to_string()),
        Err(fault) => Some(fault.code.to_string()),
    };
    assert_eq!(found.as_deref(), expect);
}

#[test]
fn what_is_missing_is_a_gap_and_what_contradicts_is_a_fault() {
    let world = World::default();
    let happy = world.happy();
    check(&world, None, happy[..happy.len() - 1].to_vec(), Some("domain-gap-not-completed"));
    check(&world, None, vec![], Some("domain-gap-no-entry"));
    check(&world, None, happy[1..].to_vec(), Some("domain-proof-wrong"));
    let replace = |n: usize, with: Event| {
        let mut events = happy.clone();
        events[n].1 = with;
        events
    };
    check(&world, None, replace(9, world.applied(Digest::of(b"another image"))), Some("domain-proof-wrong"));
    let without = |n: usize| {
        let mut events = happy.clone();
        events.remove(n);
        events
    };
    check(&world, None, without(5), Some("domain-proof-wrong"));
    check(&world, None, without(4), Some("domain-proof-wrong"));
    let mut after_the_end = happy.clone();
    after_the_end.push((None, Event::RunResumed { times: 1 }));
    check(&world, None, after_the_end, Some("domain-proof-wrong"));
}

#[test]
fn a_loss_is_allowed_by_emptiness_policy_or_order_and_by_nothing_else() {
    let with_loss = |world: &World, order: Option<u64>| {
        let mut events = world.happy();
        events[4].1 = Event::CensusBefore { census: inhabited() };
        events[5].1 = Event::LossAllowed { census: inhabited().digest(), order };
        events
    };
    let strict = World::default();
    let expendable = World { loss: LossPolicy::Expendable, ..World::default() };
    let allow = |census: Digest| Act::AllowLoss { run: strict.run, census, reason: "pupil's machine".into() };
    check(&strict, None, with_loss(&strict, None), Some("domain-proof-wrong"));
    check(&expendable, None, with_loss(&expendable, None), None);
    check(&strict, Some(allow(inhabited().digest())), with_loss(&strict, Some(2)), None);
    check(&strict, Some(allow(Digest::of(b"another census"))), with_loss(&strict, Some(2)), Some("domain-proof-wrong"));
    check(&strict, None, with_loss(&strict, Some(2)), Some("domain-proof-wrong"));
    // The order that the machine acknowledged is the one in the file: the server can't exchange it for another later.
    let acknowledged = |order: Digest| {
        let mut events = with_loss(&strict, Some(2));
        events.insert(5, (None, Event::OrderReceived { number: 2, order }));
        events
    };
    let given = allow(inhabited().digest());
    check(&strict, Some(given.clone()), acknowledged(strict.order(2, given.clone()).digest()), None);
    check(&strict, Some(given), acknowledged(Digest::of(b"another order")), Some("domain-proof-wrong"));
}

#[test]
fn who_says_completed_has_settled_every_step() {
    let world = World::default();
    let happy = world.happy();
    let events = vec![happy[0].clone(), happy[happy.len() - 1].clone()];
    check(&world, None, events, Some("domain-gap-step-not-done"));
}
