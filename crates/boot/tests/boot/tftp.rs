//! TFTP without sockets: RFC 1350, 2347, 2348, 2349, 7440.
use proptest::prelude::*;
use socle_boot::{
    Why,
    tftp::{End, Message, Request, Step, Transfer, fuzz_tftp},
};
use std::{collections::VecDeque, sync::Arc};

fn file(bytes: usize) -> Arc<[u8]> {
    (0..bytes).map(|i| (i * 31 + i / 251) as u8).collect()
}

fn read(options: &str) -> Request {
    let mut bytes = b"\0\x01snponly.efi\0octet\0".to_vec();
    options.split_whitespace().for_each(|word| {
        bytes.extend_from_slice(word.as_bytes());
        bytes.push(0);
    });
    match Message::decode(&bytes) {
        Some(Message::Read(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn ack(block: u16) -> Vec<u8> {
    [&[0, 4][..], &block.to_be_bytes()].concat()
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn one_in(&mut self, n: u64) -> bool {
        // SplitMix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n != 0 && (z ^ (z >> 31)).is_multiple_of(n)
    }
}

/// A receiver as RFC 7440 §4 describes it: it acknowledges each full window, the last block, and at once the last
/// good block when one is missing.
#[derive(Default)]
struct Client {
    block_bytes: usize,
    window: u64,
    got: Vec<u8>,
    blocks: u64,
    since_ack: u64,
    done: bool,
    complained: bool,
}

impl Client {
    fn receive(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        match datagram {
            [0, 6, ..] => (self.blocks == 0).then(|| ack(0)),
            [0, 3, high, low, data @ ..] => {
                let block = u16::from_be_bytes([*high, *low]);
                if self.done || block != (self.blocks + 1) as u16 {
                    // One that it has already: its ACK was lost. One too far: the one between was lost.
                    let had = self.done || (self.blocks as u16).wrapping_sub(block) < 64;
                    return (had || !std::mem::replace(&mut self.complained, true)).then(|| ack(self.blocks as u16));
                }
                self.complained = false;
                self.got.extend_from_slice(data);
                self.blocks += 1;
                self.since_ack += 1;
                self.done = data.len() < self.block_bytes;
                if self.done || self.since_ack == self.window {
                    self.since_ack = 0;
                    return Some(ack(self.blocks as u16));
                }
                None
            }
            other => panic!("{other:?}"),
        }
    }
}

struct Road {
    dice: Dice,
    lose: u64,
    twice: u64,
    swap: u64,
}

impl Road {
    fn travel(&mut self, datagrams: impl IntoIterator<Item = Vec<u8>>) -> VecDeque<Vec<u8>> {
        let mut out = VecDeque::new();
        for datagram in datagrams {
            if self.dice.one_in(self.lose) {
                continue;
            }
            if self.dice.one_in(self.twice) {
                out.push_back(datagram.clone());
            }
            out.push_back(datagram);
            let n = out.len();
            if n >= 2 && self.dice.one_in(self.swap) {
                out.swap(n - 1, n - 2);
            }
        }
        out
    }
}

/// Sends a file along a road and returns what arrived, and how it ended for the server.
fn send(bytes: usize, options: &str, road: &mut Road) -> (Vec<u8>, End) {
    let request = read(options);
    let (mut transfer, mut step) = Transfer::start(file(bytes), &request, 0);
    let agreed = transfer.options();
    let mut client = Client { block_bytes: agreed.block_bytes, window: agreed.window_blocks, ..Client::default() };
    let mut now = 0;
    for _round in 0..1_000_000 {
        if let Some(end) = step.end {
            return (client.got, end);
        }
        let answers: Vec<_> =
            road.travel(std::mem::take(&mut step.send)).iter().filter_map(|d| client.receive(d)).collect();
        let mut next = Step::default();
        for answer in road.travel(answers) {
            let one = transfer.receive(&answer, now);
            next.send.extend(one.send);
            next.end = next.end.or(one.end);
        }
        if next.send.is_empty() && next.end.is_none() {
            now = transfer.deadline_milliseconds();
            next = transfer.late(now);
        }
        step = next;
    }
    panic!("it never ends");
}

fn arrives(bytes: usize, options: &str, road: &mut Road) {
    let (got, end) = send(bytes, options, road);
    assert!(got == *file(bytes), "{bytes} bytes with {options:?}: {} arrived, {end:?}", got.len());
    // The client's last word may be lost: then the server can't know, and says so.
    assert!(matches!(end, End::Sent { .. } | End::Failed(Why::NoAnswer)), "{end:?}");
}

fn good_road() -> Road {
    Road { dice: Dice(1), lose: 0, twice: 0, swap: 0 }
}

#[test]
fn files_of_every_length_arrive() {
    for bytes in [0, 1, 511, 512, 513, 1024, 5_000, 100_000] {
        for options in
            ["", "blksize 1468", "blksize 1468 windowsize 4", "blksize 8 windowsize 64", "tsize 0 blksize 1408"]
        {
            let (got, end) = send(bytes, options, &mut good_road());
            assert!(got == *file(bytes), "{bytes} {options}");
            assert_eq!(end, End::Sent { blocks_again: 0 }, "{bytes} {options}");
        }
    }
}

#[test]
fn block_numbers_wrap() {
    // 80 000 blocks of 8 bytes, and 16 bits to number them.
    for options in ["blksize 8", "blksize 8 windowsize 16"] {
        let (got, end) = send(640_000, options, &mut good_road());
        assert!(got == *file(640_000));
        assert_eq!(end, End::Sent { blocks_again: 0 });
    }
    arrives(640_000, "blksize 8 windowsize 16", &mut Road { dice: Dice(5), lose: 300, twice: 300, swap: 300 });
}

#[test]
fn what_is_agreed_is_what_was_asked_or_less() {
    let check = |options: &str, expect: &[u8]| {
        let (_, step) = Transfer::start(file(1000), &read(options), 0);
        assert_eq!(step.send, [expect], "{options}");
    };
    check("blksize 1428", b"\0\x06blksize\x001428\0");
    check("BLKSIZE 65464 tsize 0", b"\0\x06blksize\x001468\0tsize\x001000\0");
    check("tsize 0 timeout 3 windowsize 65535", b"\0\x06tsize\x001000\0timeout\x003\0windowsize\x0064\0");
    let plain = [&[0, 3, 0, 1][..], &file(1000)[..512]].concat();
    for nothing in
        ["", "blksize 7", "blksize 99999", "windowsize 0", "timeout 0", "timeout 200", "multicast x", "blksize"]
    {
        check(nothing, &plain);
    }
}

#[test]
fn uefi_asks_the_size_then_reads() {
    let (mut transfer, step) = Transfer::start(file(1000), &read("tsize 0 blksize 1468"), 0);
    assert_eq!(step.send[0][..2], [0, 6]);
    let step = transfer.receive(b"\0\x05\0\x08User aborted the transfer\0", 5);
    assert_eq!(step, Step { send: vec![], end: Some(End::SizeAsked) });
    let (mut transfer, _) = Transfer::start(file(3000), &read("blksize 1468"), 0);
    transfer.receive(&ack(0), 1);
    transfer.receive(&ack(1), 2);
    let step = transfer.receive(b"\0\x05\0\x03disk full\0", 5);
    let why = Why::GivenUp { error: 3, words: "disk full".into() };
    assert_eq!(step.end, Some(End::Failed(why)));
}

#[test]
fn a_repeated_ack_is_not_answered_twice() {
    // RFC 1123 §4.2.3.1: else every later block would travel twice.
    let (mut transfer, _) = Transfer::start(file(5000), &read(""), 0);
    assert_eq!(transfer.receive(&ack(1), 1).send.len(), 1);
    assert_eq!(transfer.receive(&ack(1), 2), Step::default());
    assert_eq!(transfer.receive(&ack(9), 2), Step::default(), "never sent");
    assert_eq!(transfer.receive(&ack(2), 3).send.len(), 1);
    // In a window a missing first block is asked for by repeating: believed once.
    let (mut transfer, _) = Transfer::start(file(50_000), &read("windowsize 4"), 0);
    assert_eq!(transfer.receive(&ack(0), 1).send.len(), 4);
    assert_eq!(transfer.receive(&ack(0), 2).send.len(), 4);
    assert_eq!(transfer.receive(&ack(0), 3), Step::default());
    assert_eq!(transfer.receive(&ack(2), 4).send[0][..4], [0, 3, 0, 3]);
}

#[test]
fn a_machine_that_is_gone_is_given_up() {
    let (mut transfer, _) = Transfer::start(file(5000), &read("timeout 2"), 0);
    assert_eq!(transfer.late(1_999), Step::default());
    let mut now = 0;
    for _ in 0..7 {
        now = transfer.deadline_milliseconds();
        assert_eq!(transfer.late(now).send.len(), 1);
    }
    assert_eq!(now, 14_000);
    assert_eq!(transfer.late(16_000).end, Some(End::Failed(Why::NoAnswer)));
}

#[test]
fn requests_are_read_or_refused() {
    let check = |bytes: &[u8], expect: Option<Message>| assert_eq!(Message::decode(bytes), expect, "{bytes:?}");
    let named = |file: &str, octet| Some(Message::Read(Request { file: file.into(), octet, ..Request::default() }));
    check(b"\0\x01/boot/x\0OCTET\0", named("boot/x", true));
    check(b"\0\x01x\0netascii\0", named("x", false));
    check(b"\0\x02x\0octet\0", Some(Message::Write));
    check(b"\0\x01x\0octet", None);
    check(b"\0\x01x", None);
    check(b"\0\x01\xff\xfe\0octet\0", None);
    check(b"\0\x04\0", None);
    check(b"\0\x03\0\x01data", None);
    check(b"", None);
    check(&[b"\0\x01".to_vec(), vec![b'a'; 600], b"\0octet\0".to_vec()].concat(), None);
    check(b"\0\x05\0\x00a\x1b[2Jb\0", Some(Message::Error(0, "a[2Jb".into())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_bad_road_changes_no_byte(
        seed in 1u64.., bytes in 0usize..60_000, block in 8usize..1500, window in 1u32..70,
        lose in 8u64..60, twice in 2u64..60, swap in 2u64..60,
    ) {
        let options = format!("blksize {block} windowsize {window}");
        let mut road = Road { dice: Dice(seed), lose, twice, swap };
        let (got, end) = send(bytes, &options, &mut road);
        prop_assert!(file(bytes).starts_with(&got), "a wrong byte arrived");
        match end {
            End::Sent { .. } => prop_assert_eq!(got.len(), bytes),
            // Eight tries in a row may all be lost; then nothing is claimed.
            end => prop_assert_eq!(end, End::Failed(Why::NoAnswer)),
        }
    }

    #[test]
    fn any_datagrams_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        fuzz_tftp(&bytes);
        let request = [&[48, 0, 1, b'x', 0][..], b"octet\0blksize\x00512\0windowsize\x0016\0tsize\x000\0\0\0\0\0\0"].concat();
        fuzz_tftp(&[request, bytes].concat());
    }
}

#[test]
fn losses_of_one_in_ten_still_arrive() {
    for seed in 1..40 {
        arrives(200_000, "blksize 1468 windowsize 16", &mut Road { dice: Dice(seed), lose: 10, twice: 10, swap: 5 });
        arrives(100_000, "blksize 1468", &mut Road { dice: Dice(seed), lose: 10, twice: 10, swap: 5 });
    }
}
