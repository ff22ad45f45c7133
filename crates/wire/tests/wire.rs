//! Frozen samples: what an older agent or server says must still be understood, and what we say must not drift.
//!
//! Each message is compared with its file in `samples/`. A new message: run once with `SAMPLES=write`, read the file,
//! commit it. A file that would change is a change of the conversation: give the path a new version instead.
#[path = "wire/wizard.rs"]
mod wizard;

use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Serialize, de::DeserializeOwned};
use socle_domain::{
    Digest, RunId, TargetId, Timestamp, UnitId,
    facts::Facts,
    journal::{Chain, Event, Writer},
    keys::{Delegation, Enrolment, TimeAnswer},
    order::{Act, BootFrom, LossPolicy, Order},
    recognise::Hints,
    sign::{PublicKey, Signature, Signed, Signer, statement},
};
use socle_texts::{Fault, Lang};
use socle_wire::{agent::*, api, boot_once::*, problem::Problem, tpm::*};
use std::{fmt::Debug, fs, path::PathBuf};

struct Key(SigningKey);
impl Signer for Key {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}
fn key(n: u8) -> Key {
    Key(SigningKey::from_bytes(&[n; 32]))
}
fn at() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}
fn target() -> TargetId {
    TargetId::new(1_790_000_000_000, [1; 10])
}
fn run() -> RunId {
    RunId::new(1_790_000_000_000, [2; 10])
}
fn hints() -> Hints {
    Hints {
        macs: vec!["52:54:00:00:00:01".into()],
        serial: Some("SN1".into()),
        uuid: Some("8f0c".into()),
        vendor: Some("QEMU".into()),
        product: None,
    }
}

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: T) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("samples/{name}.json"));
    let said = serde_json::to_string_pretty(&value).unwrap() + "\n";
    if std::env::var("SAMPLES").is_ok_and(|v| v == "write") && !path.exists() {
        fs::write(&path, &said).unwrap();
    }
    let frozen = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(said, frozen, "{name}: what we say has changed");
    assert_eq!(serde_json::from_str::<T>(&frozen).unwrap(), value, "{name}: what was said is not understood");
}

#[test]
fn first_words() {
    let nonce = Digest([9; 32]);
    let (content, server, machine) = (key(1), key(2), key(3));
    check("challenge", Challenge { nonce });
    let mut facts = Facts::default();
    facts.set("memory_bytes", 1u64 << 30);
    let hello = Hello {
        version: VERSION,
        nonce,
        key: machine.public(),
        signature: machine.sign(HELLO_CONTEXT, &hello_bytes(&nonce, &machine.public())),
        hints: hints(),
        facts,
        place: Where::Boot,
        agent: "0.1.0".into(),
        tpm: None,
    };
    assert!(hello.key.verify(HELLO_CONTEXT, &hello_bytes(&hello.nonce, &hello.key), &hello.signature));
    check("hello", hello.clone());
    let bare = Opened { ek: Blob(vec![1, 2]), secret: Digest([5; 32]), certificate: None };
    let registers = [(7, Digest([6; 32]))].into();
    let (ak, attest, signature) = (Blob(vec![3]), Blob(vec![0xff, 0x54]), Blob(vec![]));
    let opened = Some(bare.clone());
    let evidence = Evidence { ak, attest, signature, registers, opened, log: None };
    check("hello-with-tpm", Hello { tpm: Some(evidence.clone()), ..hello.clone() });
    // With what was measured, and what the chip's maker says.
    let opened = Some(Opened { certificate: Some(Long(vec![0x30, 0x82])), ..bare });
    let evidence = Evidence { opened, log: Some(Long(vec![7; 5])), ..evidence };
    check("hello-with-tpm-log", Hello { tpm: Some(evidence), ..hello });
    let long = data_encoding::BASE64.encode(&[0; 7]);
    assert!(serde_json::from_value::<Long<6>>(long.clone().into()).is_err());
    assert_eq!(serde_json::from_value::<Long<7>>(long.into()).unwrap(), Long(vec![0; 7]));
    check("tpm-credential-wish", CredentialWish { ek: Blob(vec![1, 2]), ak: Blob(vec![3]) });
    check("tpm-credential", Credential { blob: Blob(vec![9; 4]), secret: Blob(vec![8; 4]) });
    assert!(serde_json::from_value::<Blob>("0".repeat(2 * MAX_BLOB_BYTES + 2).into()).is_err());
    check("welcome-attest", Welcome::Attest {});
    check("welcome-unknown", Welcome::Unknown { code: "042042".into(), again_seconds: 3 });
    check("welcome-refused", Welcome::Refused {});
    let enrolment =
        Enrolment { target: target(), unit: UnitId::ROOT, machine: machine.public(), at: at(), by: "person".into() };
    let known = Known {
        target: target(),
        name: "pc-01".into(),
        session: "00ff".into(),
        delegation: Signed::new(&Delegation { server: server.public(), at: at() }, &content),
        enrolment: Signed::new(&enrolment, &server),
        time: Signed::new(&TimeAnswer { nonce, now: at() }, &server),
        run: Some(run()),
    };
    check("welcome-known", Welcome::Known(Box::new(known)));
}

#[test]
fn orders_and_journals() {
    let (server, machine) = (key(2), key(3));
    let act = Act::AllowLoss { run: run(), census: Digest([7; 32]), reason: "classroom".into() };
    let order = Order { target: target(), machine: machine.public(), number: 2, issued: at(), expires: at(), act };
    let signed = Signed::new(&order, &server);
    let chain = Chain::new(run(), target(), machine.public(), signed.digest());
    check("orders", Orders { orders: vec![signed], go_local: false });
    let mut writer = Writer::new(chain, &machine);
    let entries = vec![
        writer.write(at(), None, Event::RunStarted { agent: "0.1.0".into(), facts: Digest([8; 32]) }),
        writer.write(at(), Some("fit"), Event::StepFailed { fault: Fault::new("a-b").with("n", 3), again: true }),
    ];
    check("journal-push", JournalPush { entries });
    check("journal-ack", JournalAck { through: 2 });
    let progress = Progress { step: "write".into(), done_bytes: 5, total_bytes: 10, ..Default::default() };
    check("progress", progress);
}

#[test]
fn chunks() {
    check("locate", Locate { chunks: vec![Digest([1; 32])] });
    let place = PlaceOfChunk {
        pack: Digest([2; 32]),
        frame_offset: 16,
        frame_bytes: 100,
        plain_bytes: 300,
        chunk_offset: 0,
        chunk_bytes: 200,
    };
    check("located", Located { places: vec![Some(place), None] });
    check("has", Has { chunks: vec![Digest([1; 32])] });
    check("has-answer", HasAnswer { has: vec![true, false] });
    check("captured", Captured { image: Digest([3; 32]) });
}

#[test]
fn the_api() {
    let start =
        api::StartRun { target: target(), master: Digest([4; 32]), options: [].into(), loss: LossPolicy::Expendable };
    check("start-run", start);
    check("allow-loss", api::AllowLoss { census: Digest([7; 32]), reason: "classroom".into() });
    check("accept", api::Accept { name: "pc-01".into(), unit: None });
    check("live-event", api::LiveEvent::Run { id: run(), state: "running".into() });
    let fault = Fault::new("texts-file-unreadable").with("path", "/x");
    check("problem", Problem::new(404, fault, Lang::En));
}

#[test]
fn the_quiet_conversation() {
    use socle_wire::presence::{CheckIn, Heartbeat, Pace};
    check("heartbeat", Heartbeat {});
    let mut facts = Facts::default();
    facts.set("memory_bytes", 1u64 << 30);
    check("check-in", CheckIn { agent: "0.1.0".into(), hints: hints(), facts });
    check("pace", Pace { heartbeat_seconds: 60, check_in_seconds: 900, work: true, start: false });
    check("pace-start", Pace { heartbeat_seconds: 60, check_in_seconds: 900, work: false, start: true });
    check("boot-once-order", OrderBootOnce { from: BootFrom::Network });
    check("boot-once-armed", BootOnceReport::Armed { entry: 3 });
    check("boot-once-refused", BootOnceReport::Refused { fault: Fault::new("agent-boot-once-no-efi") });
    let (number, state) = (7, "came".to_string());
    let once = |fault| BootOnceView {
        number,
        from: BootFrom::OwnDisk,
        ordered: at(),
        expires: at(),
        state: state.clone(),
        since: at(),
        fault,
    };
    check("boot-once", once(None));
    check("wake", Wake::default());
    let sent_to = vec!["52:54:00:00:00:01".to_string()];
    let (spoke_from, after_seconds) = (Some("boot".to_string()), Some(42));
    check("woken", WakeView { sent_to, interface: "eth0".into(), spoke_from, after_seconds });
}

#[test]
fn a_page_of_a_journal() {
    let page = JournalTail { entries: vec![], orders: vec![], more: true };
    check("journal-tail", page.clone());
    let older: JournalTail = serde_json::from_str(r#"{"entries":[],"orders":[]}"#).unwrap();
    assert_eq!(older, JournalTail { more: false, ..page }, "a server that knows no pages gives all at once");
}

#[test]
fn a_full_journal_can_still_be_ended() {
    let (step, last) = (Event::StepStarted { attempt: 1 }, Event::RunCancelled {});
    assert!(has_room(0, 0, 100, &step));
    assert!(has_room(98_999, 0, 100, &step) && !has_room(99_000, 0, 100, &step));
    assert!(has_room(99_999, 0, 100, &last) && !has_room(100_000, 0, 100, &last));
    let (full, entry) = (MAX_JOURNAL_BYTES, 1000);
    assert!(!has_room(10, full - entry, entry, &step) && has_room(10, full - entry, entry, &last));
    assert!(!has_room(10, full - entry + 1, entry, &last));
}

#[test]
fn a_machine_keeps_the_pace() {
    use socle_wire::presence::{Next, Pace, Rhythm};
    use std::time::Duration;
    let seconds = |rhythm: &Rhythm, share: f64| rhythm.pause(share).as_secs_f64();
    let mut rhythm = Rhythm::default();
    assert_eq!(rhythm.next_word(), Next::CheckIn, "a system that has just started says what it is");
    let pace = Pace { heartbeat_seconds: 100, check_in_seconds: 1000, work: false, start: false };
    rhythm.answered(Next::CheckIn, pace);
    assert_eq!(rhythm.next_word(), Next::Heartbeat);
    assert!((seconds(&rhythm, 0.0) - 90.0).abs() < 0.01 && (seconds(&rhythm, 1.0) - 110.0).abs() < 0.01);
    rhythm.passed(Duration::from_secs(999));
    assert_eq!(rhythm.next_word(), Next::Heartbeat);
    rhythm.passed(Duration::from_secs(1));
    assert_eq!(rhythm.next_word(), Next::CheckIn);
    rhythm.answered(Next::Heartbeat, pace);
    assert_eq!(rhythm.next_word(), Next::CheckIn, "it was not a check-in that was answered");
    // A silent server is asked again soon, then less and less often, and not by all at once.
    let mut last = 0.0;
    for _ in 0..40 {
        rhythm.silent();
        assert!(seconds(&rhythm, 0.0) < seconds(&rhythm, 1.0) / 2.0);
        assert!(seconds(&rhythm, 1.0) >= last);
        last = seconds(&rhythm, 1.0);
    }
    assert!((last - 120.0).abs() < 0.01, "all are back within minutes: {last}");
    // A server that errs neither silences a machine nor makes it shout.
    rhythm.answered(Next::CheckIn, Pace { heartbeat_seconds: 0, check_in_seconds: 0, work: false, start: false });
    assert!(seconds(&rhythm, 0.0) > 4.0);
    rhythm.answered(
        Next::CheckIn,
        Pace { heartbeat_seconds: u32::MAX, check_in_seconds: u32::MAX, work: false, start: false },
    );
    assert!(seconds(&rhythm, 1.0) < 4_000.0);
}
