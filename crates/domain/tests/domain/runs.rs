//! A run is what its journal says.
use crate::kit::{World, at, inhabited};
use socle_domain::{
    Digest,
    journal::{Chain, Event},
    order::{self, Act},
    run::{Run, Status, StepStatus},
    sequence::parse,
    sign::Signer,
};
use socle_texts::Fault;

/// The run after the first `n` events of `events`.
fn after(world: &World, events: Vec<(Option<&str>, Event)>) -> Run {
    let sequence = parse(&world.master().sequence).unwrap();
    let mut chain = Chain::new(world.run, world.target, world.machine.public(), world.start().digest());
    let entries: Vec<_> = world.journal(events).iter().map(|e| chain.take(e).unwrap()).collect();
    Run::folded(&sequence, &entries)
}

#[test]
fn a_run_goes_on_where_its_journal_ends() {
    let world = World::default();
    let happy = world.happy();
    let positions: Vec<_> = (0..=happy.len()).map(|n| after(&world, happy[..n].to_vec()).next_step()).collect();
    assert!(positions.windows(2).all(|w| w[1].unwrap_or(99) >= w[0].unwrap_or(99)), "{positions:?}");
    assert_eq!(after(&world, happy[..3].to_vec()).next_step(), Some(1));
    assert_eq!(after(&world, happy[..4].to_vec()).steps[1].status, StepStatus::Running);
    let done = after(&world, happy);
    assert_eq!((done.status.clone(), done.next_step()), (Status::Completed, None));
    assert!(done.has_memory && done.identity.is_some());
}

#[test]
fn waiting_failing_and_trying_again() {
    let world = World::default();
    let fault = || Fault::new("agent-loss-not-allowed");
    let mut events = world.happy()[..4].to_vec();
    events.push((Some("layout"), Event::CensusBefore { census: inhabited() }));
    events.push((Some("layout"), Event::Waiting { fault: fault() }));
    assert_eq!(after(&world, events.clone()).status.word(), "waiting");
    events.push((Some("layout"), Event::LossAllowed { census: inhabited().digest(), order: Some(2) }));
    assert_eq!(after(&world, events.clone()).status, Status::Running);
    events.push((Some("layout"), Event::StepFailed { fault: fault(), again: false }));
    events.push((None, Event::RunFailed { fault: fault() }));
    let failed = after(&world, events.clone());
    assert_eq!((failed.status.word(), failed.next_step()), ("failed", Some(1)));
    events.push((None, Event::RunResumed { times: 1 }));
    assert_eq!(after(&world, events).status, Status::Running);
}

#[test]
fn a_chain_takes_the_next_entry_and_no_other() {
    let world = World::default();
    let entries = world.journal(world.happy());
    let fresh = || Chain::new(world.run, world.target, world.machine.public(), world.start().digest());
    let mut chain = fresh();
    assert!(chain.take(&entries[1]).unwrap_err().is("domain-journal-broken"));
    chain.take(&entries[0]).unwrap();
    assert!(chain.take(&entries[0]).unwrap_err().is("domain-journal-broken"));
    let before = chain;
    let mut forged = entries[1].clone();
    forged.body = forged.body.replace("\"attempt\":1", "\"attempt\":2");
    assert!(chain.take(&forged).unwrap_err().is("domain-signature-wrong"));
    assert_eq!(chain, before, "a refused entry moved the chain");
    let mut elsewhere = Chain::new(world.run, world.target, world.machine.public(), Digest::of(b"other order"));
    assert!(elsewhere.take(&entries[0]).is_err(), "a journal was attached to another order");
}

#[test]
fn an_agent_refuses_orders_that_are_not_for_it() {
    let world = World::default();
    let other = World { machine: crate::kit::key(9), ..World::default() };
    let check = |order, last, now, expect: Result<u64, &str>| {
        let me = world.machine.public();
        let answer = order::accept(&order, &world.content.public(), &world.delegation(), world.target, &me, last, now);
        match (answer, expect) {
            (Ok(order), Ok(number)) => assert_eq!(order.number, number),
            (Err(fault), Err(code)) => assert!(fault.is(code), "{fault} instead of {code}"),
            (answer, expect) => panic!("{answer:?} instead of {expect:?}"),
        }
    };
    check(world.start(), 0, at(2), Ok(1));
    check(world.start(), 1, at(2), Err("domain-order-replayed"));
    check(world.start(), 0, at(90_000), Err("domain-order-expired"));
    check(other.start(), 0, at(2), Err("domain-order-not-ours"));
    let thief = World { server: crate::kit::key(8), ..World::default() };
    check(thief.start(), 0, at(2), Err("domain-signature-wrong"));
    // With the server's key alone nobody can make other content: the master inside is not signed by the content key.
    let forger = World { content: crate::kit::key(2), ..World::default() };
    check(forger.start(), 0, at(2), Err("domain-signature-wrong"));
    check(world.order(5, Act::Cancel { run: world.run }), 1, at(2), Ok(5));
}
