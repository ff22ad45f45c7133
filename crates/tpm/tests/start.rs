//! What a firmware's log proves, and all that it does not.
#[path = "kit/boot_log.rs"]
#[allow(dead_code)]
mod boot_log;

use boot_log::*;
use proptest::prelude::*;
use socle_tpm::{
    log,
    quote::Registers,
    start::{Known, Proved, Why, proves},
};

const OURS: [u8; 32] = [0xa1; 32];
const KERNEL: [u8; 32] = [0xa2; 32];
const SHIM: [u8; 32] = [0xa3; 32];
const AGENT_OF_A_MAKER: [u8; 32] = [0xa4; 32];
const OTHER: [u8; 32] = [0xee; 32];
const MICROSOFT: &[u8] = b"the certificate of Microsoft";

fn known() -> Known {
    let (image, kernel, shim) = (Some(OURS), Some(KERNEL), Some(SHIM));
    Known { certificate: CERTIFICATE.to_vec(), image, kernel, shim, firmware: vec![AGENT_OF_A_MAKER] }
}

/// A start with Secure Boot on, then these.
fn started(then: &[Measured]) -> Vec<Measured> {
    [before(1), then.to_vec()].concat()
}

fn judge_with(measured: &[Measured], registers: &Registers) -> Result<Proved, Why> {
    let bytes = bytes(measured);
    let short = log::only(&bytes, &[4, 7]).expect("a log");
    let judged = proves(&log::read(&bytes).expect("a log"), registers, &known());
    assert_eq!(judged, proves(&log::read(&short).expect("a shorter log"), registers, &known()));
    judged
}

fn check(measured: &[Measured], expect: Result<Proved, Why>) {
    assert_eq!(judge_with(measured, &registers(measured)), expect);
}

#[test]
fn our_certificate_alone_or_our_images_alone_prove_a_start() {
    // The certificate in db: whichever of our images it was.
    check(&started(&[authority(CERTIFICATE), image(OURS), image(KERNEL)]), Ok(Proved::ByKey));
    check(&started(&[authority(CERTIFICATE), image([7; 32])]), Ok(Proved::ByKey));
    // shim, let in by Microsoft's key; a card's driver, let in by the same.
    check(&started(&[authority(MICROSOFT), image(SHIM), image(OURS), image(KERNEL)]), Ok(Proved::ByImage));
    check(&started(&[authority(MICROSOFT), authority(CERTIFICATE), image(OURS)]), Ok(Proved::ByImage));
    // shim that failed once, what a maker's firmware starts first and the centre knows.
    check(
        &started(&[image(AGENT_OF_A_MAKER), authority(MICROSOFT), image(SHIM), image(SHIM), image(OURS)]),
        Ok(Proved::ByImage),
    );
    // What is measured elsewhere is no affair of ours.
    check(&started(&[of_data(5, 7, b"a partition table"), authority(CERTIFICATE), image(OURS)]), Ok(Proved::ByKey));
}

#[test]
fn whatever_else_was_started_is_found() {
    let other = Err(Why::OtherImage(OTHER));
    check(&started(&[authority(MICROSOFT), image(OTHER)]), other);
    // Before, between, after.
    check(&started(&[authority(MICROSOFT), authority(CERTIFICATE), image(OTHER), image(OURS)]), other);
    check(&started(&[authority(MICROSOFT), image(SHIM), image(OTHER), image(OURS)]), other);
    check(&started(&[authority(MICROSOFT), image(SHIM), image(OURS), image(OTHER)]), other);
    // The kernel takes any words: alone, after shim, or with something after it, it is no start of ours.
    let kernel = Err(Why::OtherImage(KERNEL));
    check(&started(&[authority(MICROSOFT), image(SHIM), image(KERNEL)]), kernel);
    check(&started(&[authority(MICROSOFT), image(KERNEL)]), kernel);
    check(&started(&[authority(MICROSOFT), image(OURS), image(SHIM), image(KERNEL)]), kernel);
    check(&started(&[authority(MICROSOFT), image(OURS), image(KERNEL), image(SHIM)]), Err(Why::OtherImage(SHIM)));
    check(&started(&[authority(MICROSOFT), image(SHIM)]), Err(Why::NotOurs));
    check(&started(&[authority(MICROSOFT)]), Err(Why::NotOurs));
    check(&started(&[]), Err(Why::NotOurs));
    // Started before the firmware was ready to start anything.
    let mut early = before(1);
    early.insert(6, image(OURS));
    check(&[early, vec![authority(MICROSOFT)]].concat(), Err(Why::OtherImage(OURS)));
}

#[test]
fn secure_boot_must_have_been_on() {
    let then = [authority(CERTIFICATE), image(OURS)];
    check(&[before(0), then.to_vec()].concat(), Err(Why::Off));
    let mut unsaid = started(&then);
    unsaid.remove(0);
    check(&unsaid, Err(Why::Off));
    // Off, and then somebody says that it was on: before the separator only the firmware speaks; twice is once too often.
    let mut twice = [before(0), then.to_vec()].concat();
    twice.insert(1, setting("SecureBoot", &[1]));
    check(&twice, Err(Why::Off));
    let mut late = [before(0), then.to_vec()].concat();
    late.push(setting("SecureBoot", &[1]));
    check(&late, Err(Why::Off));
    let mut endless = started(&then);
    endless.remove(5);
    check(&endless, Err(Why::Unknown(then[0].2)));
    let mut debug = started(&then);
    let word = of_data(7, ACTION, b"UEFI Debug Mode");
    debug.insert(2, word.clone());
    check(&debug, Err(Why::Unknown(word.2)));
    // A separator that tells of an error.
    let mut failed = started(&then);
    failed[5] = of_data(7, SEPARATOR, &[1, 0, 0, 0]);
    check(&failed, Err(Why::Unknown(failed[5].2)));
}

#[test]
fn what_happened_is_called_by_no_other_name() {
    let really = started(&[authority(MICROSOFT), image(OTHER)]);
    let registers = registers(&really);
    let told = |change: &dyn Fn(&mut Vec<Measured>)| {
        let mut told = really.clone();
        change(&mut told);
        judge_with(&told, &registers)
    };
    let (authority_at, image_at) = (8, 9);
    // The same digests under other kinds and with other data.
    let named = |kind: u32, data: &[u8]| told(&|t| (t[image_at].1, t[image_at].3) = (kind, data.to_vec()));
    assert_eq!(named(ACTION, b"Calling EFI Application from Boot Option"), Err(Why::Unknown(OTHER)));
    assert_eq!(named(SEPARATOR, &[0; 4]), Err(Why::Unknown(OTHER)));
    assert_eq!(named(CONFIG, &[]), Err(Why::Unknown(OTHER)));
    assert_eq!(named(3, b"nothing was extended"), Err(Why::OtherLog));
    let ours = authority(CERTIFICATE);
    assert_eq!(told(&|t| t[authority_at].3.clone_from(&ours.3)), Err(Why::OtherImage(OTHER)));
    assert_eq!(told(&|t| t[authority_at] = ours.clone()), Err(Why::OtherLog));
    // Left out, or in another order.
    assert_eq!(told(&|t| drop(t.remove(image_at))), Err(Why::OtherLog));
    assert_eq!(told(&|t| t.swap(0, 1)), Err(Why::OtherLog));
    // What is measured afterwards by whoever runs then takes nothing back.
    let later = [really.clone(), vec![authority(CERTIFICATE), image(OURS)]].concat();
    check(&later, Err(Why::OtherImage(OTHER)));
    // A long preimage of an image's digest is no action of the firmware.
    let program = vec![0x90; 4_000];
    let as_action = started(&[authority(MICROSOFT), image(OURS), of_data(4, ACTION, &program)]);
    check(&as_action, Err(Why::Unknown(as_action[10].2)));
}

#[test]
fn registers_that_were_not_quoted_prove_nothing() {
    let measured = started(&[authority(CERTIFICATE), image(OURS)]);
    let mut without = registers(&measured);
    without.remove(&4);
    assert_eq!(judge_with(&measured, &without), Err(Why::OtherLog));
    assert_eq!(judge_with(&measured, &Registers::new()), Err(Why::OtherLog));
    // A centre without a signed image believes no start.
    let bytes = bytes(&measured);
    let nothing = Known::default();
    let judged = proves(&log::read(&bytes).expect("a log"), &registers(&measured), &nothing);
    assert_eq!(judged, Err(Why::OtherImage(OURS)));
}

#[test]
fn logs_are_read_whole_or_not_at_all() {
    let whole = bytes(&started(&[authority(CERTIFICATE), image(OURS)]));
    assert_eq!(log::read(&whole).expect("a log").len(), 10);
    for end in 0..whole.len() {
        // Cut between two events it is a shorter log, which leads to other registers.
        if let Ok(events) = log::read(&whole[..end]) {
            assert!(events.len() < 10, "{end}");
        }
    }
    assert!(log::read(&vec![0; log::MAX_LOG_BYTES + 1]).is_err());
    let many: Vec<Measured> = (0..4_097).map(|_| (0, 4, [0; 32], vec![])).collect();
    assert!(log::read(&bytes(&many)).is_err() || bytes(&many).len() > log::MAX_LOG_BYTES);
    // Other banks than the first event promised.
    let mut odd = whole.clone();
    let first_event = 32 + 16 + 4 + 4 + 4 + 8 + 1;
    odd[first_event + 8] = 1;
    assert!(log::read(&odd).is_err());
    odd[first_event + 8] = 2;
    odd[first_event + 12] = 0x0b;
    assert!(log::read(&odd).is_err(), "the same bank twice");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(mut tail in prop::collection::vec(any::<u8>(), 0..400), at in 0..200_usize, with in any::<u8>()) {
        let mut log = bytes(&before(1));
        if let Some(byte) = log.get_mut(at) {
            *byte = with;
        }
        log.append(&mut tail);
        if let Ok(events) = log::read(&log) {
            let again = log::only(&log, &[4, 7]).expect("what was read");
            prop_assert!(again.len() <= log.len());
            let kept = log::read(&again).expect("a part of it");
            prop_assert!(events.iter().filter(|e| [4, 7].contains(&e.register)).eq(kept.iter()));
        }
    }
}
