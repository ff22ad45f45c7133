//! Somebody on the network lies.
use crate::kit::{Hand, SESSION, keys, session, stream, truth};
use proptest::prelude::*;
use socle_cast::{
    Assembler, Heard, Keys,
    assemble::{MAX_OPEN, SEALS_PER_SECOND},
    packet::{HEADER_BYTES, Header, Kind, PACKET_BYTES, SYMBOL_BYTES, Seal, close_seal, parse, seal_words},
};

/// A seal by this hand, with the code of this secret.
fn seal(secret: &[u8; 32], hand: &Hand, header: Header, block_bytes: u32, repair: u16) -> Vec<u8> {
    let keys = Keys::new(secret, socle_domain::sign::Signer::public(hand)).expect("keys");
    let mut payload = seal_words(block_bytes, repair, &[[9; 8]; 160]);
    let signature = Keys::sign(hand, &header, Seal::new(&payload).words());
    close_seal(&mut payload, &signature, |coded| keys.code(&header, coded));
    [&header.to_bytes()[..], &payload[..]].concat()
}

fn header(block: u32, index: u16, kind: Kind) -> Header {
    Header { session: SESSION, block, index, kind, pass: 0 }
}

#[test]
fn forged_symbols_in_every_place_spoil_no_block() {
    let (signer, (plan, source)) = (Hand::new(1), session(4));
    let mut assembler = Assembler::new(plan.clone(), keys(&signer));
    let mut blocks = 0;
    for packet in stream(&plan, &source, &signer, 30) {
        // Before each true symbol a false one for its place, by somebody who hears everything.
        if packet[18] == Kind::Symbol as u8 {
            let mut forged = packet.clone();
            forged[HEADER_BYTES + 100] ^= 1;
            assert_eq!(assembler.take(&forged, 0), Heard::Nothing);
        }
        if let Heard::Block(number, bytes) = assembler.take(&packet, 0) {
            assert!(bytes == truth(&plan, &source, number));
            blocks += 1;
        }
    }
    assert_eq!(blocks, plan.blocks());
    assert!(assembler.counts().false_symbols > 1000);
}

#[test]
fn who_has_not_the_secret_costs_no_signature_and_who_has_it_costs_a_bounded_number() {
    let (signer, (plan, _)) = (Hand::new(1), session(4));
    let mut assembler = Assembler::new(plan.clone(), keys(&signer));
    let bytes = plan.bytes_of(0) as u32 + 16;
    let outside = seal(&[1; 32], &Hand::new(2), header(0, 0, Kind::Seal), bytes, 4);
    for now in 0..10_000 {
        assembler.take(&outside, now / 20);
    }
    assert_eq!(assembler.counts().checked, 0);
    // A member knows the secret, and yet not the server's key.
    let inside = seal(&crate::kit::SECRET, &Hand::new(2), header(0, 0, Kind::Seal), bytes, 4);
    for _ in 0..SEALS_PER_SECOND + 500 {
        assembler.take(&inside, 700);
    }
    let counts = assembler.counts();
    assert_eq!((counts.checked, counts.false_seals), (u64::from(SEALS_PER_SECOND), u64::from(SEALS_PER_SECOND)));
    let end = seal(&crate::kit::SECRET, &Hand::new(2), header(u32::MAX, 0, Kind::End), 0, 0);
    assert_eq!(assembler.take(&end, 1_900), Heard::Nothing, "nobody but the server ends a session");
    assert_eq!(assembler.counts().used, 0);
}

#[test]
fn a_seal_of_another_length_or_of_no_block_is_not_even_checked() {
    let (signer, (plan, _)) = (Hand::new(1), session(4));
    let mut assembler = Assembler::new(plan.clone(), keys(&signer));
    let bytes = plan.bytes_of(0) as u32 + 16;
    let words = [
        (0, 0, bytes + 1, 4),
        (0, 0, bytes, 0),
        (0, 0, bytes, 60_000),
        (0, 900, bytes, 4),
        (plan.blocks(), 0, bytes, 4),
    ];
    for (block, part, bytes, repair) in words {
        assembler.take(&seal(&crate::kit::SECRET, &signer, header(block, part, Kind::Seal), bytes, repair), 0);
    }
    assert_eq!(assembler.counts().checked, 0);
}

#[test]
fn a_stream_played_again_takes_no_more_than_its_few_blocks() {
    let (signer, (plan, source)) = (Hand::new(1), session(8));
    let packets = stream(&plan, &source, &signer, 30);
    let mut assembler = Assembler::new(plan.clone(), keys(&signer));
    // Every seal there is, and the first symbol of each block: as much as can be held open.
    for packet in packets.iter().filter(|p| p[18] == Kind::Seal as u8) {
        assembler.take(packet, 0);
    }
    for packet in packets.iter().filter(|p| p[18] == Kind::Symbol as u8) {
        assembler.take(packet, 0);
    }
    // Only the last few seals still spoke for anything.
    let had = plan.blocks() - assembler.missing(100).iter().map(|r| r[1] - r[0]).sum::<u32>();
    assert!(had as usize <= MAX_OPEN, "{had} blocks were open at once");
    // What it hears then, it takes all the same.
    for packet in &packets {
        assembler.take(packet, 0);
    }
    assert!(assembler.is_complete());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_bytes_are_taken_in_peace(bytes in proptest::collection::vec(any::<u8>(), 0..1600), kind in 0_u8..4, block in 0_u32..40) {
        let (signer, (plan, _)) = (Hand::new(1), session(1));
        let mut assembler = Assembler::new(plan, keys(&signer));
        assembler.take(&bytes, 0);
        let mut ours = vec![0; PACKET_BYTES];
        ours[..20].copy_from_slice(&header(block, 3, Kind::Symbol).to_bytes());
        ours[18] = kind;
        for (place, byte) in ours[HEADER_BYTES..].iter_mut().zip(&bytes) {
            *place = *byte;
        }
        prop_assert_eq!(parse(&ours).is_some(), kind < 3);
        prop_assert_eq!(assembler.take(&ours, 0), Heard::Nothing);
        prop_assert_eq!(assembler.counts().used, 0);
        prop_assert_eq!(ours.len() - HEADER_BYTES, SYMBOL_BYTES);
    }
}
