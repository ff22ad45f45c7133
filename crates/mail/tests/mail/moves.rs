//! Mailboxes moved between real servers.
use crate::lines::{Line, throttling};
use crate::{
    corpus::{ordinary, plain, traps},
    kit::*,
    peers::{Format, cyrus, dovecot},
};
use socle_mail::{
    Side,
    copy::Stop,
    imap::{Command, Name},
    mapping::Rules,
};
use std::time::Duration;

#[test]
fn every_trap_arrives_between_two_dovecots() {
    let (source, target) = (dovecot(Format::Maildir, ""), dovecot(Format::Sdbox, ""));
    let refused = put(&source, "alice", &traps('/'));
    assert!(refused.is_empty(), "the source itself refuses {refused:?}");
    let before = content(&source, "alice");
    let state = tempfile::tempdir().unwrap();
    let report = pass(&source, &target, "alice", state.path()).unwrap();
    assert_eq!((report.refused.len(), report.folders_refused.len(), report.to_confirm), (0, 0, 0), "{report:?}");
    assert_eq!(report.copied as usize, count(&before));
    assert_eq!(leveled(content(&target, "alice")), leveled(before.clone()));
    assert_eq!(content(&source, "alice"), before, "the source was changed");
    let again = pass(&source, &target, "alice", state.path()).unwrap();
    assert_eq!((again.copied, again.found_again, again.changed_folders), (0, 0, 0), "{again:?}");
}

#[test]
fn with_the_state_lost_nothing_is_doubled() {
    let (source, target) = (dovecot(Format::Maildir, ""), dovecot(Format::Sdbox, ""));
    put(&source, "alice", &traps('/'));
    let before = content(&source, "alice");
    for expected in [0, count(&before) as u64] {
        let state = tempfile::tempdir().unwrap();
        let report = pass(&source, &target, "alice", state.path()).unwrap();
        assert_eq!(report.found_again, expected, "{report:?}");
    }
    assert_eq!(leveled(content(&target, "alice")), leveled(before));
}

#[test]
fn the_delta_is_exact() {
    let (source, target) = (dovecot(Format::Sdbox, ""), dovecot(Format::Maildir, ""));
    put(&source, "bob", &ordinary(&["INBOX", "Projets", "Projets.2020", "Vieux"], 12));
    let state = tempfile::tempdir().unwrap();
    pass(&source, &target, "bob", state.path()).unwrap();
    let words = |w: &str| Command::new(w);
    say(
        &source,
        "bob",
        &[
            words("SELECT INBOX"),
            words("UID STORE 1:4 +FLAGS (\\Seen \\Flagged)"),
            words("UID STORE 5 FLAGS ($Important)"),
            words("UID STORE 6:7 +FLAGS (\\Deleted)"),
            words("EXPUNGE"),
            words("UID MOVE 8:9 Projets"),
            words("RENAME Vieux Archives2020"),
            words("CREATE Neuf"),
        ],
    );
    put(&source, "bob", &[plain("INBOX", 77_777, 900), plain("Neuf", 88_888, 900)]);
    let report = pass(&source, &target, "bob", state.path()).unwrap();
    assert_eq!(leveled(content(&target, "bob")), leveled(content(&source, "bob")), "{report:?}");
    assert_eq!((report.copied, report.removed, report.moved, report.renamed_folders), (4, 4, 2, 1), "{report:?}");
    assert_eq!(report.flags_changed, 5);
}

#[test]
fn what_its_owner_touched_on_the_target_stays() {
    let (source, target) = (dovecot(Format::Maildir, ""), dovecot(Format::Maildir, ""));
    put(&source, "eve", &ordinary(&["INBOX"], 6));
    let state = tempfile::tempdir().unwrap();
    pass(&source, &target, "eve", state.path()).unwrap();
    put(&target, "eve", &[plain("INBOX", 999, 700)]);
    let words = |w: &str| Command::new(w);
    say(&target, "eve", &[words("SELECT INBOX"), words("UID STORE 1 +FLAGS (\\Answered)")]);
    say(&source, "eve", &[words("SELECT INBOX"), words("UID STORE 1:2 +FLAGS (\\Deleted)"), words("EXPUNGE")]);
    let report = pass(&source, &target, "eve", state.path()).unwrap();
    assert_eq!((report.removed, report.left_touched), (1, 1), "{report:?}");
    assert_eq!(count(&content(&target, "eve")), 6, "five that both had, and its owner's new one");
}

#[test]
fn cyrus_takes_what_it_can_and_says_the_rest() {
    let (source, target) = (dovecot(Format::Maildir, ""), cyrus(&["alice"]));
    say(&target, "admin", &[Command::new("CREATE").name(&Name::of("user.alice"))]);
    put(&source, "alice", &traps('/'));
    let state = tempfile::tempdir().unwrap();
    let report = pass(&source, &target, "alice", state.path()).unwrap();
    let there = count(&content(&target, "alice"));
    let all = count(&content(&source, "alice"));
    assert_eq!(there + report.refused.len(), all, "{report:#?}");
    assert!(report.folders_refused.is_empty(), "{report:#?}");
    assert!(report.refused.iter().all(|r| !r.verbatim.is_empty()));
    let lost = tempfile::tempdir().unwrap();
    let again = pass(&source, &target, "alice", lost.path()).unwrap();
    assert_eq!((again.copied, again.to_confirm), (0, 0), "{again:#?}");
    assert_eq!(count(&content(&target, "alice")), there);
}

#[test]
fn from_cyrus_to_dovecot() {
    let (source, target) = (cyrus(&["alice"]), dovecot(Format::Maildir, ""));
    say(&source, "admin", &[Command::new("CREATE").name(&Name::of("user.alice"))]);
    put(&source, "alice", &ordinary(&["INBOX", "INBOX.Projets", "INBOX.Projets.été"], 15));
    let state = tempfile::tempdir().unwrap();
    let report = pass(&source, &target, "alice", state.path()).unwrap();
    assert_eq!(report.copied, 45);
    assert_eq!(leveled(content(&target, "alice")), leveled(content(&source, "alice")));
}

#[test]
fn the_second_reading_gives_every_message_its_verdict() {
    let (source, target) = (dovecot(Format::Maildir, ""), cyrus(&["alice"]));
    say(&target, "admin", &[Command::new("CREATE").name(&Name::of("user.alice"))]);
    put(&source, "alice", &traps('/'));
    let state = tempfile::tempdir().unwrap();
    let report = pass(&source, &target, "alice", state.path()).unwrap();
    let verdict = verified(&source, &target, "alice", state.path());
    assert_eq!(verdict.count("unexplained"), 0, "{verdict:#?}");
    assert_eq!(verdict.count("refused") as usize, report.refused.len());
    assert_eq!(verdict.count("altered"), 3, "{verdict:#?}");
    let ways: Vec<_> = verdict.altered.iter().map(|(word, n)| (*word, *n)).collect();
    assert_eq!(ways, [("date-changed", 1), ("header-masked", 2)]);
    assert_eq!(verdict.leaves as usize, count(&content(&source, "alice")));
    // What is removed behind our back is found, although the state says that it is there.
    say(
        &target,
        "alice",
        &[Command::new("SELECT INBOX"), Command::new("STORE 1 +FLAGS (\\Deleted)"), Command::new("EXPUNGE")],
    );
    let verdict = verified(&source, &target, "alice", state.path());
    assert!(verdict.count("unexplained") >= 1 && verdict.fault().is_some());
}

#[test]
fn a_line_that_is_cut_again_and_again_costs_nothing() {
    let (source, target) = (dovecot(Format::Maildir, ""), dovecot(Format::Sdbox, ""));
    let mut messages = traps('/');
    messages.extend(ordinary(&["Un", "Deux", "Trois"], 80));
    put(&source, "alice", &messages);
    let before = content(&source, "alice");
    for (n, after) in [3_000, 90_000, 400_000].into_iter().enumerate() {
        let line = Line::to(target.port, after, 2, Duration::ZERO);
        let user = format!("alice{n}");
        put(&source, &user, &messages);
        let (from, mut to) = (endpoint(&source, Side::Source, &user), endpoint(&target, Side::Target, &user));
        to.port = line.port;
        let state = tempfile::tempdir().unwrap();
        pass_with(&from, &to, state.path(), &Rules::default()).unwrap();
        assert!(line.cuts() >= 1, "the line was never cut at {after}");
        assert_eq!(leveled(content(&target, &user)), leveled(before.clone()), "cut after {after}");
    }
}

#[test]
fn a_slow_line_is_filled() {
    let (source, target) = (dovecot(Format::Maildir, ""), dovecot(Format::Sdbox, ""));
    put(&source, "alice", &ordinary(&["INBOX", "Un", "Deux", "Trois", "Quatre", "Cinq"], 50));
    let delay = Duration::from_millis(10);
    let lines = [&source, &target].map(|peer| Line::to(peer.port, 0, 0, delay));
    let (mut from, mut to) = (endpoint(&source, Side::Source, "alice"), endpoint(&target, Side::Target, "alice"));
    (from.port, to.port) = (lines[0].port, lines[1].port);
    let state = tempfile::tempdir().unwrap();
    let began = std::time::Instant::now();
    pass_with(&from, &to, state.path(), &Rules::default()).unwrap();
    let took = began.elapsed();
    assert_eq!(leveled(content(&target, "alice")), leveled(content(&source, "alice")));
    // Each message waited for alone would take 300 round trips of 20 ms on each side: 12 s.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_server_that_asks_for_patience_parks_the_mailbox() {
    let source = dovecot(Format::Maildir, "");
    let check = |words: &'static str, expect: u64| {
        let mut to = endpoint(&source, Side::Target, "alice");
        to.port = throttling(words);
        let state = tempfile::tempdir().unwrap();
        let from = endpoint(&source, Side::Source, "alice");
        match pass_with(&from, &to, state.path(), &Rules::default()) {
            Err(Stop::Parked { seconds, fault }) => assert_eq!((seconds, fault.is("mail-throttled")), (expect, true)),
            other => panic!("{words}: {other:?}"),
        }
    };
    check("NO Request is throttled. Suggested Backoff Time: 299961 milliseconds", 300);
    check("BAD Request is throttled. Suggested Backoff Time: 1,200,000 ms", 1200);
    check("NO [UNAVAILABLE] Retry-After: 90", 90);
}

#[test]
fn folders_and_subscriptions_follow_even_where_they_are_empty() {
    let (source, target) = (dovecot(Format::Maildir, ""), dovecot(Format::Maildir, ""));
    let words = |w: &str| Command::new(w);
    let made = ["CREATE Vide", "CREATE Abonné", "SUBSCRIBE Abonné", "CREATE Plein", "CREATE Plein/Sous"];
    let made = made.map(|line| match line.split_once(' ') {
        Some((verb, name)) => words(verb).name(&Name::of(name)),
        None => words(line),
    });
    say(&source, "alice", &made);
    put(&source, "alice", &[plain("Plein", 1, 500), plain("Plein/Sous", 2, 500)]);
    say(&source, "alice", &[words("UNSUBSCRIBE Plein"), words("UNSUBSCRIBE Plein/Sous")]);
    let state = tempfile::tempdir().unwrap();
    pass(&source, &target, "alice", state.path()).unwrap();
    let expected = folders(&source, "alice");
    assert!(expected.iter().any(|f| f.1) && expected.iter().any(|f| !f.1), "{expected:?}");
    assert_eq!(folders(&target, "alice"), expected);
    say(&source, "alice", &[words("DELETE Vide"), words("DELETE Plein/Sous")]);
    put(&target, "alice", &[plain("Plein", 3, 500)]);
    let report = pass(&source, &target, "alice", state.path()).unwrap();
    assert_eq!(report.removed, 1, "{report:?}");
    let names = |peer| folders(peer, "alice").into_iter().map(|f| f.0).collect::<Vec<_>>();
    assert_eq!(names(&target), names(&source));
    assert_eq!(count(&content(&target, "alice")), 2, "its owner's message stays");
    let again = pass(&source, &target, "alice", state.path()).unwrap();
    assert_eq!((again.changed_folders, again.copied), (0, 0), "{again:?}");
}
