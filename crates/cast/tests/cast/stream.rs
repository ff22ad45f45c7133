//! From packets to blocks, through bad weather.
use crate::kit::{Hand, keys, session, stream, truth};
use socle_cast::{
    Assembler, Heard, Plan,
    impair::{Impairment, Weather},
    packet::PACKET_BYTES,
    plan::BLOCK_BYTES,
};

/// What comes out of a stream that went through this weather: how many blocks came, and the assembler.
fn through(weather: Weather, permille: u16) -> (u32, Assembler, u64) {
    let (signer, (plan, source)) = (Hand::new(1), session(6));
    let mut assembler = Assembler::new(plan.clone(), keys(&signer));
    let mut way = Impairment::new(weather);
    let (mut blocks, mut ended) = (0, false);
    let mut hear = |packet: &[u8], now: u64| match assembler.take(packet, now) {
        Heard::Block(number, bytes) => {
            assert!(bytes == truth(&plan, &source, number), "block {number} is what was sent");
            blocks += 1;
        }
        Heard::End => ended = true,
        Heard::Nothing => {}
    };
    let packets = stream(&plan, &source, &signer, permille);
    for (at, packet) in packets.iter().enumerate() {
        // 100 packets a millisecond: wire speed.
        let now = at as u64 / 100;
        way.take(packet, now);
        while let Some(packet) = way.due(now) {
            hear(&packet, now);
        }
    }
    while let Some(packet) = way.due(u64::MAX) {
        hear(&packet, 1 << 20);
    }
    assert!(ended || weather.lose_permille > 0, "the end is heard");
    assert_eq!(assembler.counts().false_symbols + assembler.counts().false_seals, 0);
    let lost = way.lost().0;
    (blocks, assembler, lost)
}

#[test]
fn a_quiet_network_gives_every_block_and_no_repair() {
    let (blocks, assembler, _) = through(Weather::default(), 30);
    assert!(assembler.is_complete() && blocks > 10, "{blocks} blocks");
    assert_eq!(assembler.counts().repaired, 0);
    assert_eq!(assembler.missing(10), Vec::<[u32; 2]>::new());
}

#[test]
fn two_in_a_hundred_lost_and_much_out_of_order_is_repaired() {
    let seed = 20_261_122;
    println!("seed {seed}");
    let weather = Weather {
        seed,
        lose_permille: 20,
        hole_packets: 1,
        delay_milliseconds: 3,
        late_permille: 100,
        late_milliseconds: 2,
    };
    let (blocks, assembler, lost) = through(weather, 100);
    assert!(lost > 50, "{lost} packets were lost");
    assert!(assembler.is_complete(), "{blocks} blocks, {:?}", assembler.missing(10));
    assert!(assembler.counts().repaired > 5, "{:?}", assembler.counts());
}

#[test]
fn a_hole_that_repair_cannot_fill_is_told_and_takes_nothing_else_with_it() {
    let seed = 5;
    println!("seed {seed}");
    let weather = Weather { seed, lose_permille: 1, hole_packets: 200, ..Weather::default() };
    let (blocks, assembler, _) = through(weather, 30);
    let missing: u32 = assembler.missing(100).iter().map(|r| r[1] - r[0]).sum();
    assert!(missing > 0, "a hole of that length tears a block");
    assert_eq!(blocks + missing, session(6).0.blocks());
    let counts = assembler.counts();
    assert!(counts.came < counts.expected, "{counts:?}");
}

#[test]
fn who_comes_late_hears_the_rest() {
    let (signer, (plan, source)) = (Hand::new(1), session(6));
    let packets = stream(&plan, &source, &signer, 30);
    let mut late = Assembler::new(plan.clone(), keys(&signer));
    for packet in &packets[packets.len() / 2..] {
        late.take(packet, 0);
    }
    let missing = late.missing(10);
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(missing[0][0], 0);
    assert!(missing[0][1] > plan.blocks() / 3 && missing[0][1] < plan.blocks() * 2 / 3, "{missing:?}");
    assert_eq!(late.counts().expected, late.counts().came, "what was before it came is not its loss");
}

#[test]
fn a_plan_reads_back_as_it_was_written_and_nothing_else_reads_as_one() {
    let (plan, _) = session(6);
    let bytes = plan.to_bytes();
    assert_eq!(Plan::parse(&bytes).expect("a plan"), *plan);
    assert_eq!(plan.frames().iter().map(|f| u64::from(f.stored_bytes)).sum::<u64>(), plan.bytes());
    let held: usize = (0..plan.blocks()).map(|b| plan.bytes_of(b)).sum();
    assert_eq!(held as u64, plan.bytes());
    assert!((0..plan.blocks() - 1).all(|b| plan.bytes_of(b) >= BLOCK_BYTES));
    for cut in [0, 7, 23, 24, bytes.len() - 1] {
        assert!(Plan::parse(&bytes[..cut]).is_err(), "{cut}");
    }
    let mut twice = bytes.clone();
    let last = twice[twice.len() - 12..].to_vec();
    twice.extend(&last);
    let count = plan.frames().len() as u32 + 1;
    twice[20..24].copy_from_slice(&count.to_le_bytes());
    assert!(Plan::parse(&twice).is_err(), "a frame that is named twice");
}

#[test]
fn what_is_sent_beside_the_image_stays_small() {
    let (signer, (plan, source)) = (Hand::new(1), session(12));
    let packets = stream(&plan, &source, &signer, 30);
    let share = packets.len() as f64 * PACKET_BYTES as f64 / plan.bytes() as f64;
    println!("{share:.3} bytes sent for each byte of the image");
    assert!(share < 1.09, "{share}");
}
