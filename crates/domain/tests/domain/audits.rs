//! An export of the audit trail shows what was done, and nothing in it can be altered, removed, added or moved.
use crate::kit::{at, key};
use proptest::prelude::*;
use socle_domain::{
    Digest, UnitId,
    audit::{AuditFile, AuditHead, Chain, Line, Outcome, Said, Subject, is_one, salted, verify},
    keys::Delegation,
    sign::{Signed, Signer},
};
use std::sync::LazyLock;

fn said(n: u8) -> Said {
    let salt = [n; 16];
    Said {
        at: at(n.into()),
        unit: UnitId::ROOT,
        who: salted(&salt, "person", "0190aaaa-0000-7000-8000-000000000009"),
        act: if n.is_multiple_of(2) { "machine-accept" } else { "rule-remove" }.into(),
        subject: Subject::salted("rule", "salle-12", &salt),
        outcome: Outcome::Done,
    }
}

fn head(chain: Chain) -> Signed<AuditHead> {
    Signed::new(&AuditHead { number: chain.number, head: chain.head, at: at(99) }, &key(2))
}

/// Twelve entries after a first head of three; the fifth is hidden; the server signed the eighth and the last.
fn file() -> AuditFile {
    let delegation = Signed::new(&Delegation { server: key(2).public(), at: at(0) }, &key(1));
    let mut chain = Chain::START;
    (1..=3).for_each(|n| drop(chain.add(&said(n)).unwrap()));
    let since = head(chain);
    let mut heads = Vec::new();
    let mut lines = Vec::new();
    for n in 4..=12 {
        chain.add(&said(n)).unwrap();
        lines.push(match n {
            5 => Line::Hidden(Digest::of(said(n).text().unwrap().as_bytes())),
            _ => Line::Said(said(n)),
        });
        if n == 8 || n == 12 {
            heads.push(head(chain));
        }
    }
    AuditFile::new(delegation, Some(since), lines, heads)
}

static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| file().to_bytes());

/// The code with which a changed file is refused.
fn refused(change: impl FnOnce(&mut AuditFile)) -> String {
    let mut file = file();
    change(&mut file);
    verify(&file.to_bytes(), &key(1).public()).unwrap_err().code.to_string()
}

#[test]
fn a_right_export_is_believed() {
    let verdict = verify(&BYTES, &key(1).public()).unwrap();
    assert_eq!((verdict.first, verdict.last, verdict.hidden, verdict.heads), (4, 12, 1, 2));
    assert_eq!(verdict.acts.get("machine-accept"), Some(&5));
    assert!(is_one(&BYTES) && !is_one(b"{\"socle_proof\":1}") && !is_one(b""));
    assert!(verify(&BYTES, &key(7).public()).unwrap_err().is("domain-signature-wrong"));
}

#[test]
fn an_entry_removed_moved_or_added_is_found() {
    let broken = "domain-audit-broken";
    for n in 0..9 {
        assert_eq!(refused(|f| drop(f.entries.remove(n))), broken, "entry {n} removed");
        assert_eq!(refused(|f| f.entries.insert(n, f.entries[n].clone())), broken, "entry {n} doubled");
        if n != 8 {
            assert_eq!(refused(|f| f.entries.swap(n, n + 1)), broken, "entry {n} moved");
        }
    }
    assert_eq!(refused(|f| f.entries.truncate(5)), broken);
    assert_eq!(refused(|f| drop(f.heads.remove(1))), broken, "the signed end is no end any more");
    assert_eq!(refused(|f| f.heads.clear()), "domain-audit-unreadable");
    assert_eq!(refused(|f| f.since = None), broken);
    assert_eq!(refused(|f| f.heads.swap(0, 1)), broken);
    let another = Signed::new(&AuditHead { number: 12, head: Digest::of(b"x"), at: at(99) }, &key(3));
    assert_eq!(refused(|f| f.heads[1] = another), "domain-signature-wrong");
}

#[test]
fn what_an_entry_says_can_not_be_altered() {
    let altered = |change: &dyn Fn(&mut Said)| {
        refused(|f| {
            if let Line::Said(said) = &mut f.entries[2] {
                change(said);
            }
        })
    };
    let broken = "domain-audit-broken";
    assert_eq!(altered(&|s| s.at = at(50)), broken);
    assert_eq!(altered(&|s| s.who = Digest::of(b"somebody else")), broken);
    assert_eq!(altered(&|s| s.act = "machine-refuse".into()), broken);
    assert_eq!(altered(&|s| s.subject = None), broken);
    assert_eq!(altered(&|s| s.outcome = Outcome::Refused), broken);
    assert_eq!(altered(&|s| s.unit = UnitId::new(1, [1; 10])), broken);
    assert_eq!(refused(|f| f.entries[1] = Line::Hidden(Digest::of(b"x"))), broken);
}

#[test]
fn no_name_can_stand_in_an_entry() {
    for (kind, id) in [("person", "Jeanne Durand"), ("machine", "poste-01"), ("Machine", &"0".repeat(64)), ("rule", "")]
    {
        assert_eq!(Subject::new(kind, id), None, "{kind}:{id}");
        assert!(format!("{kind}:{id}").parse::<Subject>().is_err());
    }
    assert!(Subject::new("machine", "0190aaaa-0000-7000-8000-000000000009").is_some());
    let text = said(1).text().unwrap();
    assert!(!text.contains("salle-12") && !text.contains("0190aaaa"), "{text}");
    let mut named = said(1);
    named.act = "Jeanne Durand".into();
    assert!(named.text().unwrap_err().is("domain-audit-unreadable"));
    assert!(Said::read(&text.replace("rule-remove", "Jeanne Durand")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn any_altered_byte_of_an_export_is_found(at in 0..BYTES.len(), to in any::<u8>()) {
        let mut bytes = BYTES.clone();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(verify(&bytes, &key(1).public()).is_err(), "byte {at} could become {to}");
    }
    #[test]
    fn entries_in_any_other_order_are_refused(order in Just((0..9_usize).collect::<Vec<_>>()).prop_shuffle()) {
        prop_assume!(order.iter().enumerate().any(|(n, i)| n != *i));
        let mut file = file();
        file.entries = order.iter().map(|n| file.entries[*n].clone()).collect();
        prop_assert!(verify(&file.to_bytes(), &key(1).public()).unwrap_err().is("domain-audit-broken"));
    }
    #[test]
    fn any_entries_left_out_are_missed(kept in proptest::collection::vec(any::<bool>(), 9)) {
        prop_assume!(kept.contains(&false));
        let mut file = file();
        let mut keep = kept.iter();
        file.entries.retain(|_| *keep.next().unwrap());
        prop_assert!(verify(&file.to_bytes(), &key(1).public()).unwrap_err().is("domain-audit-broken"));
    }
}
