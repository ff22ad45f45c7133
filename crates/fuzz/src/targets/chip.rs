//! What machines show of their security chips, and what a chip answers.
use socle_tpm::{
    command, log,
    public::{AttestationKey, EndorsementKey},
    quote::{Quote, Registers, read_signature},
    start::{self, Known},
};

pub const WORDS: &[&[u8]] = &[
    b"\xff\x54\x43\x47\x80\x18",
    b"\x80\x01",
    b"\x80\x02",
    b"\x00\x0b",
    b"\x00\x18\x00\x0b\x00\x20",
    b"\x00\x00\x00\x01\x00\x0b\x03\x80\x08\x00",
    b"\x00\x23\x00\x0b\x00\x05\x04\x72",
];

pub const LOG_WORDS: &[&[u8]] = &[
    b"Spec ID Event03\0",
    b"\x04\0\x14\0\x0b\0\x20\0",
    b"\x01\0\0\x80",
    b"\x03\0\0\x80",
    b"\x07\0\0\x80",
    b"\xe0\0\0\x80",
    b"\x07\0\0\0\x04\0\0\0",
    b"S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0",
    b"Calling EFI Application from Boot Option",
];

/// A firmware's log, and what it proves. Its registers are made to fit, so that every judgement is reached.
pub fn boot_log(bytes: &[u8]) {
    let Ok(events) = log::read(bytes) else { return };
    let short = log::only(bytes, start::REGISTERS).expect("what was read is read again");
    let kept = log::read(&short).expect("a part of a log is a log");
    let registers: Registers = start::REGISTERS.iter().map(|r| (*r, log::replay(&events, *r))).collect();
    let known = Known {
        certificate: b"a certificate".to_vec(),
        image: Some([0xa1; 32]),
        kernel: Some([0xa2; 32]),
        shim: Some([0xa3; 32]),
        firmware: vec![[0xa4; 32]],
    };
    let judged = start::proves(&events, &registers, &known);
    assert_eq!(judged, start::proves(&kept, &registers, &known));
    if judged.is_ok() {
        // Whoever runs later takes nothing back: one more image that nobody knows, and it is proved by key alone or not.
        let other = log::Event { register: 4, kind: 0x8000_0003, digest: [0xee; 32], data: b"" };
        let more: Vec<_> = events.iter().copied().chain([other]).collect();
        let registers = start::REGISTERS.iter().map(|r| (*r, log::replay(&more, *r))).collect();
        assert_ne!(start::proves(&more, &registers, &known), Ok(start::Proved::ByImage));
    }
    let wrong = start::REGISTERS.iter().map(|r| (*r, [7; 32])).collect();
    assert_eq!(start::proves(&events, &wrong, &known), Err(start::Why::OtherLog));
}

/// The first byte says which.
pub fn chip(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 5 {
        0 => {
            if let Ok(quote) = Quote::read(rest) {
                let _ = quote.says(&quote.extra, &Registers::new());
            }
        }
        1 => drop(read_signature(rest)),
        2 => {
            if let Ok(key) = AttestationKey::read(rest) {
                // What is believed is marshalled in one way alone: its name is that of these very bytes.
                assert_eq!(key.name(), socle_tpm::public::name(rest));
            }
        }
        3 => {
            if let Ok(key) = EndorsementKey::read(rest) {
                assert_eq!(key.digest(), socle_tpm::public::sha256(&[rest]));
            }
        }
        _ => {
            let _ = (command::answer_bytes(rest), command::is_later(rest));
            for with_handle in [false, true] {
                let Ok(answer) = command::read(command::QUOTE, rest, with_handle) else { continue };
                let _ = command::public_of(answer.clone());
                let _ = command::sealed(answer.clone());
                let _ = command::quoted(answer.clone());
                let _ = command::pcrs(answer.clone());
                let _ = command::nv_bytes(answer);
            }
        }
    }
}
