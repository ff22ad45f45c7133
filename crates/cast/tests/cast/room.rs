//! What a session does with what its members say.
use proptest::prelude::*;
use socle_cast::{
    Report, Room,
    room::{MAX_SHARE, Next, Terms},
};

const CEILING: u64 = 10_000_000;
const BLOCK: u64 = 280_000;

fn terms(blocks: u32) -> Terms {
    Terms {
        blocks,
        image_bytes: u64::from(blocks) * 262_144,
        ceiling_bytes_per_second: CEILING,
        expected: 8,
        gather_milliseconds: 20_000,
    }
}

fn all_is_well(through: u32) -> Report {
    Report { through, missing: vec![], expected: 1000, came: 1000 }
}

fn loses(through: u32, permille: u64) -> Report {
    Report { expected: 1000, came: 1000 - permille, ..all_is_well(through) }
}

/// A session of eight; each second every member says what `say` gives. Answers how it ended: blocks sent, seconds.
fn play(blocks: u32, mut say: impl FnMut(u64, u32, u64) -> Option<Report>) -> (Room, Vec<u32>, u64) {
    let mut room = Room::new(terms(blocks));
    let mut sent = Vec::new();
    (0..8).for_each(|id| assert!(room.join(id, 0)));
    let mut now = 0;
    for second in 0..600 {
        let mut left = room.bytes_per_second();
        while left > BLOCK {
            match room.next(now) {
                Next::Block { number, .. } => {
                    sent.push(number);
                    room.sent(BLOCK);
                    left -= BLOCK;
                }
                Next::Wait => break,
                Next::Over => return (room, sent, second),
            }
        }
        now += 1_000;
        let through = sent.iter().max().map_or(0, |m| m + 1);
        for id in 0..8 {
            if let Some(report) = say(id, through, second) {
                room.report(id, &report, now);
            }
        }
    }
    panic!("a session ends");
}

#[test]
fn a_quiet_room_hears_everything_once_at_full_speed() {
    let (room, sent, seconds) = play(400, |_, through, _| Some(all_is_well(through)));
    assert_eq!(sent, (0..400).collect::<Vec<_>>());
    assert_eq!(room.slowest(), CEILING);
    assert!(seconds <= 400 * BLOCK / CEILING + 4, "{seconds} s");
}

#[test]
fn three_of_eight_that_lose_lie_or_die_slow_nobody_down() {
    let (room, sent, seconds) = play(400, |id, through, second| match id {
        // Slow: loses half. Liar: lost everything and wants it again. The third dies after two seconds.
        0 => Some(Report { missing: vec![[0, through]], ..loses(through, 500) }),
        1 => Some(Report { missing: vec![[0, through]], ..loses(through, 1000) }),
        2 if second > 2 => None,
        _ => Some(all_is_well(through)),
    });
    assert_eq!(room.slowest(), CEILING, "more than half are well");
    assert!(seconds <= 400 * BLOCK / CEILING + 6, "{seconds} s");
    let share = room.sent_bytes() * 100 / terms(400).image_bytes;
    assert!(share <= MAX_SHARE, "{share} % of the image");
    assert!(sent.len() > 400, "what two lack is sent again, as far as the limit goes");
}

#[test]
fn what_one_alone_lacks_is_not_sent_again() {
    let (_, sent, _) = play(100, |id, through, _| {
        let missing = if id == 3 { vec![[0, through / 2]] } else { vec![] };
        Some(Report { missing, ..all_is_well(through) })
    });
    assert_eq!(sent.len(), 100);
}

#[test]
fn what_two_lack_is_sent_again_once() {
    let (_, sent, _) = play(100, |id, through, second| {
        // They have it after the second time.
        let missing = if id < 2 && second < 3 && through > 12 { vec![[10, 12]] } else { vec![] };
        Some(Report { missing, ..all_is_well(through) })
    });
    assert_eq!(sent[100..], [10, 11]);
}

#[test]
fn a_room_that_loses_makes_it_slower_down_to_the_floor_and_then_ends_it() {
    let (room, _, _) = play(4_000, |_, through, _| Some(loses(through, 300)));
    assert_eq!(room.slowest(), CEILING / 8);
    let (room, _, _) = play(400, |_, through, second| Some(loses(through, if second < 5 { 100 } else { 0 })));
    assert!(room.slowest() >= CEILING / 8 && room.slowest() < CEILING / 2);
    assert!(room.bytes_per_second() > room.slowest(), "it recovers");
}

#[test]
fn it_begins_when_all_are_here_or_the_time_is_up_and_not_for_one_alone() {
    let mut room = Room::new(terms(10));
    (0..7).for_each(|id| assert!(room.join(id, 0)));
    assert_eq!(room.next(5_000), Next::Wait);
    assert!(room.join(7, 5_000));
    assert_eq!(room.next(5_001), Next::Block { number: 0, pass: 0 });
    assert!(room.join(8, 5_002), "there is no window to miss");

    let mut room = Room::new(terms(10));
    room.join(1, 0);
    assert_eq!(room.next(19_999), Next::Wait);
    room.report(1, &Report::default(), 19_999);
    assert_eq!(room.next(20_000), Next::Over, "one alone takes it by unicast");
    assert!(!room.join(2, 20_001));
}

#[test]
fn a_room_that_has_died_is_not_spoken_to() {
    let (_, sent, seconds) = play(4_000, |_, through, second| (second < 3).then(|| all_is_well(through)));
    assert!(seconds < 12, "{seconds} s");
    assert!(sent.len() < 500, "{} blocks", sent.len());
}

proptest! {
    /// Whatever anybody says, speed and sum keep their limits, and every block goes out at least once where the room lives.
    #[test]
    fn no_report_lifts_a_limit(
        lies in proptest::collection::vec((0_u64..2000, 0_u64..2000, 0_u32..500, 0_u32..500, 0_u32..500), 1..40)
    ) {
        let (room, sent, _) = play(200, |id, through, second| {
            let (expected, came, through_said, from, to) = lies[((id * 7 + second) as usize) % lies.len()];
            let lie = Report { through: through_said, missing: vec![[from, to]; 700], expected, came };
            Some(if id < 4 { lie } else { all_is_well(through) })
        });
        prop_assert!(room.bytes_per_second() <= CEILING && room.slowest() >= CEILING / 9);
        prop_assert!(room.sent_bytes() <= terms(200).image_bytes * MAX_SHARE / 100);
        prop_assert!((0..200).all(|b| sent.contains(&b)));
    }
}
