//! What asks for a second person, and who may be that.
use crate::kit::at;
use proptest::prelude::*;
use socle_domain::{
    AccountId, ConsentId, Digest, RunId, TargetId, UnitId,
    consent::{Consent, DEFAULT_ABOVE, Deed, State, WAITS, Why},
    order::LossPolicy,
    role::Right,
};

fn person(n: u8) -> AccountId {
    AccountId::new(1, [n; 10])
}
fn start(machines: usize, loss: LossPolicy) -> Deed {
    let targets = (0..machines).map(|n| TargetId::new(n as u64, [1; 10])).collect();
    Deed::StartRuns { targets, master: Digest::of(b"m"), options: Default::default(), loss }
}
fn waiting(deed: Deed) -> Consent {
    Consent {
        id: ConsentId::new(1, [1; 10]),
        unit: UnitId::ROOT,
        why: Some(Why::Loss),
        deed,
        asked_by: person(1),
        asked: at(0),
        expires: at(0) + WAITS,
        state: State::Waiting,
        decided_by: None,
        decided: None,
        reason: None,
        fault: None,
    }
}

#[test]
fn what_asks_for_a_second_person() {
    let check = |deed: Deed, recent, expect| assert_eq!(deed.asks(recent, DEFAULT_ABOVE), expect, "{deed:?}");
    let many = |machines| Some(Why::Many { machines, above: 20 });
    check(start(20, LossPolicy::NothingOnly), 0, None);
    check(start(21, LossPolicy::NothingOnly), 0, many(21));
    check(start(1, LossPolicy::NothingOnly), 19, None);
    check(start(1, LossPolicy::NothingOnly), 20, many(21));
    check(start(1, LossPolicy::NothingOnly), u64::MAX, many(u64::MAX));
    check(start(1, LossPolicy::Expendable), 0, Some(Why::Loss));
    let loss = Deed::AllowLoss { run: RunId::new(1, [1; 10]), census: Digest::of(b"c"), reason: "old".into() };
    check(loss, 0, Some(Why::Loss));
    check(Deed::Publish { master: Digest::of(b"m") }, 0, Some(Why::Production));
    check(Deed::RaiseLimit { above: 21 }, 0, Some(Why::Protection));
    check(Deed::RaiseLimit { above: 5 }, 0, None);
}

#[test]
fn a_run_that_may_lose_needs_the_right_to_lose() {
    assert_eq!(start(1, LossPolicy::NothingOnly).rights(), [Right::Operate]);
    assert_eq!(start(1, LossPolicy::Expendable).rights(), [Right::Operate, Right::AllowLoss]);
}

#[test]
fn nobody_is_his_own_second_person() {
    let mut one = waiting(start(30, LossPolicy::NothingOnly));
    assert!(one.decide(person(1), true, "", at(5)).unwrap_err().is("domain-consent-own"));
    assert_eq!(one.state, State::Waiting);
    one.decide(person(1), false, "changed my mind", at(5)).unwrap();
    assert_eq!((one.state, one.reason.as_deref()), (State::Refused, Some("changed my mind")));
    assert!(one.decide(person(2), true, "", at(6)).unwrap_err().is("domain-consent-over"));
}

#[test]
fn a_yes_comes_in_time_and_once() {
    let expires = at(0) + WAITS;
    let mut one = waiting(start(30, LossPolicy::NothingOnly));
    assert!(one.clone().decide(person(2), true, "", expires).unwrap_err().is("domain-consent-expired"));
    let long = "x".repeat(501);
    assert!(one.clone().decide(person(2), false, &long, at(1)).unwrap_err().is("domain-consent-reason"));
    assert!(!one.is_alone());
    assert!(Consent { state: State::Done, ..one.clone() }.is_alone());
    one.decide(person(2), true, "  ", at(1)).unwrap();
    assert!(!one.is_alone());
    assert_eq!((one.state, one.decided_by, one.reason.clone()), (State::Approved, Some(person(2)), None));
    assert!(one.decide(person(3), true, "", at(2)).unwrap_err().is("domain-consent-over"));
}

proptest! {
    /// Small acts, one after another, never reach more machines alone than one act might.
    #[test]
    fn many_small_acts_are_as_many_as_one(sizes in proptest::collection::vec(1..15_usize, 1..40), above in 0..40_u32) {
        let mut alone = 0;
        for size in sizes {
            if start(size, LossPolicy::NothingOnly).asks(alone, above).is_none() {
                alone += size as u64;
            }
        }
        prop_assert!(alone <= u64::from(above));
    }
}
