//! What machines show of their security chips, and what a chip answers.
use socle_tpm::{
    command,
    public::{AttestationKey, EndorsementKey},
    quote::{Quote, Registers, read_signature},
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
                let _ = command::pcrs(answer);
            }
        }
    }
}
