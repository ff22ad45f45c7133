//! A stream to a room, heard by one machine: from strangers, from other members, from a server that is not honest.
use ed25519_dalek::{Signer as _, SigningKey};
use socle_cast::{
    Assembler, Frame, Heard, Keys, Plan,
    packet::{HEADER_BYTES, PACKET_BYTES, SYMBOL_BYTES, Seal, close_seal, parse},
};
use socle_domain::sign::{PublicKey, Signature, Signer, statement};
use socle_image::PackName;
use std::sync::Arc;

pub const WORDS: &[&[u8]] = &[
    b"SCA1",
    b"SOCLECP1",
    &[7, 0, 0, 0, 0, 0, 0, 0],
    &[0, 0, 0, 0, 0, 0, 0, 0],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x90, 1, 0, 0, 2, 0],
];
const SESSION: u64 = 7;

struct Hand(SigningKey);
impl Signer for Hand {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

/// Two small blocks: 300 KB, and 400 bytes.
fn plan() -> Plan {
    let frame = |n: u8, stored_bytes| Frame { pack: PackName([n; 32]), offset_bytes: 8, stored_bytes };
    Plan::new(SESSION, [frame(1, 300_000), frame(2, 400)]).expect("a plan")
}

/// The first byte says which.
pub fn cast(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    if which % 3 == 0 {
        if let Ok(plan) = Plan::parse(rest) {
            // What is believed is written in one way alone, but for the order of the packs.
            assert_eq!(Plan::parse(&plan.to_bytes()).as_ref(), Ok(&plan));
            let held: u64 = (0..plan.blocks()).map(|b| plan.bytes_of(b) as u64).sum();
            assert_eq!(held, plan.bytes());
        }
        return;
    }
    let (plan, hand) = (Arc::new(plan()), Hand(SigningKey::from_bytes(&[9; 32])));
    let keys = || Keys::new(&[4; 32], hand.public());
    let (Some(own), Some(ours)) = (keys(), keys()) else { return };
    let mut assembler = Assembler::new(plan.clone(), ours);
    for (at, packet) in rest.chunks(PACKET_BYTES).enumerate() {
        let mut packet = packet.to_vec();
        if which % 3 == 2 {
            // A server that is not honest: what it says is signed, whatever it is.
            packet.resize(PACKET_BYTES, at as u8);
            packet[4..12].copy_from_slice(&SESSION.to_le_bytes());
            if let Some((header, payload)) = parse(&packet)
                && header.kind != socle_cast::packet::Kind::Symbol
            {
                let mut payload: [u8; SYMBOL_BYTES] = *payload;
                let signature = Keys::sign(&hand, &header, Seal::new(&payload).words());
                close_seal(&mut payload, &signature, |coded| own.code(&header, coded));
                packet[HEADER_BYTES..].copy_from_slice(&payload);
            }
        }
        if let Heard::Block(number, bytes) = assembler.take(&packet, at as u64) {
            assert_eq!(bytes.len(), plan.bytes_of(number));
        }
        let ranges = assembler.missing(3);
        assert!(ranges.len() <= 3 && ranges.iter().all(|r| r[0] < r[1] && r[1] <= plan.blocks()));
    }
}
