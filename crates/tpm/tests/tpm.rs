//! The codec without a TPM: what a real one answered (recorded), and bytes that mean harm. Against a real one: the agent's
//! tests (`tpm`), which have both ends.
use proptest::prelude::*;
use socle_tpm::{
    command,
    public::{self, AttestationKey, EndorsementKey},
    quote::{Quote, Registers, read_signature},
};

fn hex(text: &str) -> Vec<u8> {
    let text: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    text.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

fn check(said: &[u8], expect: &str) {
    let said: String = said.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(said, expect.split_whitespace().collect::<String>());
}

#[test]
fn commands_are_marshalled_as_part_3_says() {
    // tag, length, code; then handles, authorisations, parameters.
    check(&command::startup(), "8001 0000000c 00000144 0000");
    check(&command::flush(0x8000_0000), "8001 0000000e 00000165 80000000");
    check(&command::read_public(command::KEPT_EK), "8001 0000000e 00000173 81010001");
    check(
        &command::quote(0x8000_0001, b"ab", &[7, 11]),
        "8002 0000002b 00000158 80000001 00000009 40000009 0000 00 0000 0002 6162 0010 00000001 000b 03 800800",
    );
    check(
        &command::start_policy(&[1; 16]),
        "8001 0000002b 00000176 40000007 40000007 0010 01010101010101010101010101010101 0000 01 0010 000b",
    );
    check(
        &command::policy_secret(0x0300_0000),
        "8002 00000029 00000151 4000000b 03000000 00000009 40000009 0000 00 0000 0000 0000 0000 00000000",
    );
    check(
        &command::activate(0x8000_0001, 0x8000_0000, 0x0300_0000, b"B", b"S"),
        "8002 0000002e 00000147 80000001 80000000 00000012 40000009 0000 00 0000 03000000 0000 01 0000 0001 42 0001 53",
    );
    check(&command::pcr_read(&[7]), "8001 00000014 0000017e 00000001 000b 03 800000");
}

#[test]
fn answers_are_read_and_refusals_named() {
    let answer = hex("8002 00000019 00000000 80000000 00000007 0003 616263 0000 00 0000");
    // A handle, then parameters of so many bytes, then the sessions' part, which nobody here needs.
    let answer = [&answer[..2], &(answer.len() as u32).to_be_bytes(), &answer[6..]].concat();
    let read = command::read(command::CREATE_PRIMARY, &answer, true).unwrap();
    assert_eq!(read.handle, 0x8000_0000);
    assert_eq!(command::public_of(read).unwrap(), b"abc");
    for (code, expect) in [
        ("000009a2", "tpm-locked"),
        ("000001df", "tpm-not-ours"),
        ("0000018b", "tpm-absent"),
        ("00000101", "tpm-refuses"),
    ] {
        let refusal = hex(&format!("8001 0000000a {code}"));
        assert_eq!(command::read(command::LOAD, &refusal, true).unwrap_err().code, expect);
    }
    assert!(command::is_later(&hex("8001 0000000a 00000922")));
    assert!(command::read(command::LOAD, &hex("8001 0000000b 00000000"), false).is_err(), "shorter than it says");
    assert!(command::answer_bytes(&hex("8001 00001001 00000000")).is_err(), "longer than any TPM's buffer");
}

/// What swtpm 0.7.1 answered to [`command::create_primary`] of the attestation key, and to a quote by it over `ab`.
#[test]
fn a_real_chip_s_answers_are_understood() {
    let answer = hex(include_str!("kit/ak.hex"));
    let made = command::read(command::CREATE_PRIMARY, &answer, true).unwrap();
    assert_eq!(made.handle, 0x8000_0000);
    let key = AttestationKey::read(&command::public_of(made).unwrap()).unwrap();
    check(key.name(), "000b c41702b4c3d6bd4da8aa5ac931a365991a844322871e5f9ee186af9bcf806d71");
    let answer = hex(include_str!("kit/quote.hex"));
    let (attest, signature) = command::quoted(command::read(command::QUOTE, &answer, false).unwrap()).unwrap();
    let quote = Quote::read(&attest).unwrap();
    assert_eq!((&quote.extra[..], &quote.selected[..], quote.resets), (&b"ab"[..], &[7, 11][..], 1));
    let zero = Registers::from([(7, [0; 32]), (11, [0; 32])]);
    quote.says(b"ab", &zero).unwrap();
    for (extra, registers) in [
        (&b"ac"[..], zero.clone()),
        (b"ab", Registers::from([(7, [0; 32])])),
        (b"ab", Registers::from([(7, [1; 32]), (11, [0; 32])])),
        (b"ab", Registers::from([(8, [0; 32]), (11, [0; 32])])),
    ] {
        assert!(quote.says(extra, &registers).unwrap_err().is("tpm-quote-wrong"));
    }
    assert_eq!(read_signature(&signature).unwrap()[..2], [0xc2, 0xe2]);
}

#[test]
fn only_keys_that_can_not_leave_their_chip_are_believed() {
    let ek = public::ek_template();
    assert!(EndorsementKey::read(&ek).is_err(), "a template is no key");
    let mut real = ek.clone();
    let at = real.len() - public::RSA_BYTES;
    (real[at], *real.last_mut().unwrap()) = (0xc1, 0x01);
    assert!(EndorsementKey::read(&real).is_ok());
    for bit in 0..at * 8 {
        let mut other = real.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(EndorsementKey::read(&other).is_err(), "bit {bit} of its form");
    }
    let template = public::ak_template();
    let head = template.len() - 2 - 32 - 2;
    let key = [&template[..head], &[0, 32], &[5; 32], &[0, 32], &[6; 32]].concat();
    let read = AttestationKey::read(&key).unwrap();
    assert_eq!((read.point()[0], read.point()[1], read.point()[64]), (4, 5, 6));
    for bit in 0..head * 8 {
        let mut other = key.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(AttestationKey::read(&other).is_err(), "bit {bit} of its form");
    }
}

proptest! {
    #[test]
    fn no_bytes_bring_a_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        let _ = EndorsementKey::read(&bytes);
        let _ = AttestationKey::read(&bytes);
        let _ = read_signature(&bytes);
        let _ = command::answer_bytes(&bytes);
        if let Ok(quote) = Quote::read(&bytes) {
            let _ = quote.says(b"", &Registers::new());
        }
        // With a header that fits, so that what follows is looked at.
        let whole = [&[0x80, 0x02], &(bytes.len() as u32 + 10).to_be_bytes()[..], &[0; 4], &bytes].concat();
        for with_handle in [false, true] {
            if let Ok(answer) = command::read(command::PCR_READ, &whole, with_handle) {
                let _ = command::pcrs(answer.clone());
                let _ = command::sealed(answer.clone());
                let _ = command::quoted(answer.clone());
                let _ = command::unsealed(answer);
            }
        }
        // A quote's beginning, so that its fields are looked at.
        let _ = Quote::read(&[&[0xff, 0x54, 0x43, 0x47, 0x80, 0x18], &bytes[..]].concat());
    }
}
