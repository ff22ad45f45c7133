//! A long journal comes from the server page by page; one that lies about it is not followed for ever.
use crate::kit::at;
use socle_agent::session::whole_tail;
use socle_domain::{
    Digest, RunId, TargetId,
    journal::{Chain, Event, SignedEntry, Writer},
    sign::Signer,
};
use socle_texts::{Fault, Result};
use socle_trust::KeyPair;
use socle_wire::agent::{JournalTail, MAX_JOURNAL_ENTRIES};
use std::cell::RefCell;

fn entries(count: usize) -> Vec<SignedEntry> {
    let key = KeyPair::from_seed(&[1; 32]);
    let chain = Chain::new(RunId::new(1, [1; 10]), TargetId::new(1, [1; 10]), key.public(), Digest::of(b"order"));
    let mut writer = Writer::new(chain, &key);
    (0..count).map(|_| writer.write(at(0), None, Event::RunCompleted {})).collect()
}

fn tail(pages: impl Fn(usize) -> Result<JournalTail>) -> Result<JournalTail> {
    whole_tail(RunId::new(1, [1; 10]), pages)
}

#[test]
fn a_journal_is_gathered_from_its_pages() {
    let all = entries(25);
    let asked = RefCell::new(Vec::new());
    let page = |after: usize| {
        asked.borrow_mut().push(after);
        let some = all.iter().skip(after).take(10).cloned().collect::<Vec<_>>();
        Ok(JournalTail { more: after + some.len() < all.len(), entries: some, orders: vec![] })
    };
    let whole = tail(page).unwrap();
    assert_eq!(whole, JournalTail { entries: all.clone(), orders: vec![], more: false });
    assert_eq!(*asked.borrow(), [0, 10, 20]);
}

#[test]
fn a_page_that_does_not_come_is_a_fault() {
    let some = entries(5);
    let cut = |after: usize| match after {
        0 => Ok(JournalTail { entries: some.clone(), orders: vec![], more: true }),
        _ => Err(Fault::new("agent-server-silent").may_retry()),
    };
    assert!(tail(cut).unwrap_err().is("agent-server-silent"));
    let promises = |after: usize| {
        let entries = if after == 0 { some.clone() } else { vec![] };
        Ok(JournalTail { entries, orders: vec![], more: true })
    };
    assert!(tail(promises).unwrap_err().is("agent-answer-unreadable"), "more is promised, and nothing comes");
}

#[test]
fn a_server_that_never_ends_is_not_followed() {
    let some = entries(1_000);
    let endless = |_| Ok(JournalTail { entries: some.clone(), orders: vec![], more: true });
    let fault = tail(endless).unwrap_err();
    assert!(fault.is("agent-journal-too-long"), "{fault}");
    assert!(MAX_JOURNAL_ENTRIES < 200_000);
}
