//! What needs no server.
use proptest::prelude::*;
use socle_mail::{
    copy::matched,
    imap::{self, decode, encode, instant, ranges, uids, value::read},
    print::{Print, Printer},
};

#[test]
fn names_travel_there_and_back() {
    for (text, wire) in [
        ("Envoyés", "Envoy&AOk-s"),
        ("a & b", "a &- b"),
        ("日本語", "&ZeVnLIqe-"),
        ("😀", "&2D3eAA-"),
        ("plain", "plain"),
    ] {
        assert_eq!(String::from_utf8(encode(text)).unwrap(), wire);
        assert_eq!(decode(wire.as_bytes()).as_deref(), Some(text));
    }
    for wrong in [&b"&"[..], b"&!-", b"&AA-", b"caf\xe9", b"&ACY-"] {
        assert_eq!(decode(wrong), None, "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn any_name_travels(text in ".{0,40}") {
        prop_assert_eq!(decode(&encode(&text)), Some(text));
    }
    #[test]
    fn no_answer_makes_the_reader_fall(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        read(&line);
    }
    #[test]
    fn sets_hold_what_they_were_given(mut list in proptest::collection::btree_set(1u32..2000, 0..300)) {
        let list: Vec<u32> = std::mem::take(&mut list).into_iter().collect();
        let sets = ranges(&list, 100);
        prop_assert!(sets.iter().all(|s| s.len() <= 100));
        prop_assert_eq!(uids(&sets.join(","), 10_000), list);
    }
    #[test]
    fn a_print_does_not_depend_on_the_cuts(body in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..300) {
        let print = |parts: &[&[u8]]| { let mut p = Printer::new(); parts.iter().for_each(|b| p.take(b)); p.finish() };
        let at = cut.min(body.len());
        prop_assert_eq!(print(&[&body]), print(&[&body[..at], &body[at..]]));
    }
}

#[test]
fn answers_are_read_as_they_come() {
    let values = read(b"3 FETCH (UID 7 FLAGS (\\Seen $X) BODY[HEADER.FIELDS (SUBJECT)] {3}\r\na)b X \"q\\\"\" Y NIL)");
    let list = values[2].items();
    assert_eq!((list[1].number(), list[3].items().len()), (Some(7), 2));
    assert_eq!(list[5].bytes(), Some(&b"a)b"[..]));
    assert_eq!(list[7].bytes(), Some(&b"q\""[..]));
    assert_eq!(list[9], imap::value::Value::Nil);
}

#[test]
fn dates_are_instants() {
    let check = |text: &str, expect: Option<i64>| assert_eq!(instant(text), expect, "{text}");
    check("01-Jan-1970 00:00:00 +0000", Some(0));
    check(" 1-Jan-1970 02:00:00 +0200", Some(0));
    check("17-Jul-1996 02:44:25 -0700", Some(837_596_665));
    check("31-Feb-1996 02:44:25 -0700", None);
    check("", None);
}

fn print(body: &[u8]) -> Print {
    let mut printer = Printer::new();
    printer.take(body);
    printer.finish()
}

#[test]
fn matching_counts_and_never_guesses() {
    let check = |source: &[&[u8]], target: &[&[u8]], pairs: usize, ambiguous: usize| {
        let [source, target] = [source, target].map(|side| side.iter().map(|b| print(b)).collect::<Vec<_>>());
        let found = matched(&source, &target);
        assert_eq!((found.pairs.len(), found.ambiguous.len()), (pairs, ambiguous));
    };
    check(&[b"a", b"a", b"a"], &[b"a", b"a"], 2, 0);
    check(&[b"a"], &[b"b"], 0, 0);
    // Masked by the target: as many as there were.
    check(&[b"S: \xe9\r\n\r\nx", b"S: \xe8\r\n\r\nx"], &[b"S: X\r\n\r\nx", b"S: X\r\n\r\nx"], 2, 0);
    // Fewer than there were: which one is missing?
    check(&[b"S: \xe9\r\n\r\nx", b"S: \xe8\r\n\r\nx"], &[b"S: X\r\n\r\nx"], 0, 2);
    check(&[b"S: \xe9\r\n\r\nx", b"S: \xe9\r\n\r\nx"], &[b"S: X\r\n\r\nx"], 1, 0);
}
