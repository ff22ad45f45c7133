//! A member that lies: it wants everything again, lost everything, and speaks to the group itself.
use crate::{
    Words,
    line::{Ask, ask},
    seat::join,
};
use ed25519_dalek::{Signer as _, SigningKey};
use socle_cast::{
    Keys, Mouth, Report,
    packet::{Header, Kind, PACKET_BYTES, SEAL_CONTEXT, SYMBOL_BYTES, Seal, close_seal, seal_words},
};
use socle_domain::sign::{PublicKey, Signature, Signer, statement};
use std::{
    net::{Ipv4Addr, SocketAddrV4, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};

struct Hand(SigningKey);
impl Signer for Hand {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        assert_eq!(context, SEAL_CONTEXT);
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

pub fn lie(words: &Words) {
    let mut line = TcpStream::connect(words.text("server")).expect("the server");
    let told = join(&mut line, words.of("id")).expect("a liar is let in");
    let mouth = Mouth::open(words.of::<SocketAddrV4>("group"), words.of::<Ipv4Addr>("address"), 1).expect("a mouth");
    let hand = Hand(SigningKey::from_bytes(&[66; 32]));
    // It knows the session's secret, as every member does, and not the server's key.
    let keys = Keys::new(&told.secret, hand.public()).expect("keys");
    let blocks = told.plan.blocks();
    let packets_per_second: u64 = words.or("packets", 500);
    let (begin, mut told_at, mut sent) = (Instant::now(), Instant::now(), 0_u64);
    let mut burst = Vec::new();
    loop {
        while sent < begin.elapsed().as_millis() as u64 * packets_per_second / 1000 {
            let block = (sent / 8 % u64::from(blocks)) as u32;
            let header = |index, kind| Header { session: told.plan.session(), block, index, kind, pass: 0 };
            burst.clear();
            for index in 0..8 {
                match index {
                    0 => {
                        let header = header(0, Kind::Seal);
                        let mut payload = seal_words(told.plan.bytes_of(block) as u32 + 16, 9, &[[1; 8]; 160]);
                        let signature = Keys::sign(&hand, &header, Seal::new(&payload).words());
                        close_seal(&mut payload, &signature, |coded| keys.code(&header, coded));
                        burst.extend(header.to_bytes());
                        burst.extend(payload);
                    }
                    1 => {
                        let header = Header { block: u32::MAX, ..header(0, Kind::End) };
                        let mut payload = seal_words(0, 0, &[]);
                        close_seal(&mut payload, &[8; 64], |coded| keys.code(&header, coded));
                        burst.extend(header.to_bytes());
                        burst.extend(payload);
                    }
                    _ => {
                        burst.extend(header((sent % 180) as u16 + index, Kind::Symbol).to_bytes());
                        burst.extend([sent as u8; SYMBOL_BYTES]);
                    }
                }
            }
            sent += (burst.len() / PACKET_BYTES) as u64;
            mouth.send(&burst).expect("a network");
        }
        if told_at.elapsed() > Duration::from_millis(100) {
            told_at = Instant::now();
            let report = Report { through: blocks, missing: vec![[0, blocks]; 500], expected: 1000, came: 0 };
            let goes_on = ask(&mut line, &Ask::Report(words.of("id"), report));
            if !goes_on.is_ok_and(|goes_on| goes_on == [1]) {
                return;
            }
        }
        sleep(Duration::from_millis(1));
    }
}
