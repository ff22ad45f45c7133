//! Messages of `socle-wire`: what was understood is said again in the same words.
use serde::{Serialize, de::DeserializeOwned};
use socle_wire::{account, agent, api, options, organisation, presence, problem, rights, webhook, wizard};
use std::fmt::Debug;

pub const JSON_WORDS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"null",
    b"true",
    b"false",
    b"1e308",
    b"1e-320",
    b"-0.0",
    b"-1",
    b"0.1",
    b"18446744073709551616",
    b"\\u0000",
    b"\\ud800",
    b"\\uffff",
    b"\xff",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"2026-11-22T07:00:00Z",
    b"-009999-01-01T00:00:00Z",
    b"9999-12-31T23:59:60Z",
    b"1970-01-01T00:00:00+14:00",
    b"0190aaaa-0000-7000-8000-000000000009",
    b"ed25519:",
    b"\"kind\":",
    b"\"body\":",
    b"\"signature\":",
    b"\"facts\":{",
];

/// Whether every number is one that any reader of JSON reads exactly (RFC 8259 section 6: integers, and decimals of so
/// few digits that a double holds them). Ours reads the others to within one unit of the last of seventeen digits.
pub(super) fn is_exact(bytes: &[u8]) -> bool {
    let numbers = bytes.split(|b| !b.is_ascii_digit() && !b".eE+-".contains(b));
    numbers.filter(|n| n.iter().any(u8::is_ascii_digit)).all(|n| {
        let digits = n.iter().filter(|b| b.is_ascii_digit()).count();
        digits <= 15 && (!n.iter().any(|b| b"eE".contains(b)) || digits <= 3)
    })
}

/// Reads a message; what was read is written, and read again unchanged.
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    let said = serde_json::to_vec(&read).expect("what was read can be said");
    let again: T = serde_json::from_slice(&said).expect("what was said can be read");
    assert!(!is_exact(bytes) || again == read, "{read:?} is said as {}", String::from_utf8_lossy(&said));
}

type Reader = fn(&[u8]);

/// The first byte says which message it is.
fn one_of(readers: &[Reader], bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    readers[usize::from(*which) % readers.len()](rest);
}

pub fn of_machines(bytes: &[u8]) {
    const READERS: &[Reader] = &[
        same::<agent::Hello>,
        same::<agent::JournalPush>,
        same::<agent::Progress>,
        same::<agent::Locate>,
        same::<agent::CheckPacks>,
        same::<agent::Has>,
        same::<presence::Heartbeat>,
        same::<presence::CheckIn>,
        same::<wizard::SignIn>,
        same::<wizard::AskPlace>,
        same::<wizard::AskQuestions>,
        same::<wizard::Finish>,
    ];
    one_of(READERS, bytes);
}

pub fn of_servers(bytes: &[u8]) {
    const READERS: &[Reader] = &[
        same::<agent::Challenge>,
        same::<agent::Welcome>,
        same::<agent::Orders>,
        same::<agent::JournalTail>,
        same::<agent::JournalAck>,
        same::<agent::Located>,
        same::<agent::HasAnswer>,
        same::<agent::Captured>,
        same::<agent::Secrets>,
        same::<presence::Pace>,
        same::<problem::Problem>,
        same::<wizard::SignedIn>,
        same::<wizard::Place>,
        same::<wizard::Questions>,
        same::<wizard::Finished>,
        pace,
    ];
    one_of(READERS, bytes);
}

/// Whatever pace a server asks for, a machine neither falls silent nor shouts.
fn pace(bytes: &[u8]) {
    let Ok(pace) = serde_json::from_slice::<presence::Pace>(bytes) else { return };
    let mut rhythm = presence::Rhythm::default();
    for said in [presence::Next::CheckIn, presence::Next::Heartbeat] {
        rhythm.answered(said, pace);
        for share in [0.0, 0.5, 1.0] {
            assert!((4..=4_000).contains(&rhythm.pause(share).as_secs()), "{pace:?}");
        }
    }
}

pub fn of_people(bytes: &[u8]) {
    const READERS: &[Reader] = &[
        same::<api::StartRun>,
        same::<api::Accept>,
        same::<api::AllowLoss>,
        same::<options::DecideOption>,
        same::<options::WriteRule>,
        same::<options::TryRule>,
        same::<options::MoveMaster>,
        same::<options::Pilots>,
        same::<options::TakenMasters>,
        same::<options::WriteDraft>,
        same::<organisation::Decide>,
        same::<organisation::WritePerson>,
        same::<organisation::WriteLink>,
        same::<organisation::EndLink>,
        same::<organisation::SayFact>,
        same::<organisation::MoveMachine>,
        same::<organisation::WriteDirectory>,
        same::<organisation::DecideDeparture>,
        same::<rights::GiveRole>,
        same::<rights::StartRuns>,
        same::<rights::Refuse>,
        same::<rights::SecondPerson>,
        same::<rights::Forget>,
        same::<webhook::NewWebhook>,
        same::<webhook::ChangeWebhook>,
        same::<wizard::MakeCodes>,
        same::<wizard::StartRoom>,
        same::<account::NewToken>,
    ];
    one_of(READERS, bytes);
}
