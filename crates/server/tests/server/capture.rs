//! Captures come in only from the machine whose run captures, and only whole.
use crate::{
    fake::{Journal, Machine},
    house::House,
};
use socle_domain::{
    Digest,
    journal::Event,
    keys::ImageRelease,
    sign::{Signed, Signer},
};
use socle_image::{
    ChunkId, Guid, ImageId, Manifest, PackBuilder, PageDigest,
    frame::Method as FrameMethod,
    manifest::{Disk, FORMAT, Method, Partition},
    page,
};
use socle_wire::{
    agent::{Captured, HasAnswer, Located},
    api::ImageView,
};

const SEQUENCE: &str = "
title = { fr = 'Capture', en = 'Capture' }
[[step]]
id = 'look'
kind = 'check'
[[step]]
id = 'take'
kind = 'capture-image'
name = 'ref-{{ target.name }}'
";
const CHUNK: &[u8] = &[7; 4096];

fn pack() -> (Digest, Vec<u8>) {
    let mut builder = PackBuilder::new();
    builder.push(FrameMethod::Plain, CHUNK, &[(ChunkId::of(CHUNK), CHUNK.len() as u32)]);
    let (name, bytes) = builder.finish();
    (Digest(name.0), bytes)
}

fn page_bytes() -> Vec<u8> {
    let content = page::Content::Chunk { id: ChunkId::of(CHUNK), offset_bytes: 0 };
    page::encode(&[page::Entry { offset_bytes: 0, bytes: CHUNK.len() as u64, content }])
}

fn manifest(name: &str) -> Vec<u8> {
    let guid = |n: u8| Guid([n; 16]);
    let partition = Partition {
        number: 1,
        type_guid: guid(1),
        unique_guid: guid(2),
        name: "root".into(),
        attributes: 0,
        first_lba: 2048,
        last_lba: 4095,
        method: Method::Whole,
        why: "raw".into(),
        filesystem: None,
        census: None,
        data_bytes: CHUNK.len() as u64,
        zero_bytes: 0,
        pages: vec![PageDigest::of(&page_bytes())],
    };
    let disk = Disk {
        size_bytes: 8192 * 512,
        logical_sector_bytes: 512,
        guid: guid(3),
        boot_code: String::new(),
        table_sectors: Vec::new(),
    };
    let manifest = Manifest {
        format: FORMAT,
        name: name.into(),
        captured_at_unix_seconds: 1_790_000_000,
        disk,
        partitions: vec![partition],
    };
    manifest.to_bytes().unwrap().1
}

#[test]
fn a_capture_comes_in_during_its_step_and_only_whole() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let known = machine.known();
    let run = house.start(&view, house.master_of(SEQUENCE, "1"));
    let path = |what: &str| format!("/agent/v1/capture/{}/{what}", run.id);
    let (name, bytes) = pack();
    let put_pack =
        |machine: &Machine, name: Digest, bytes: &[u8]| machine.put(&path(&format!("packs/{name}")), bytes.to_vec());
    let early = put_pack(&machine, name, &bytes).unwrap_err().code();
    assert_eq!(early, "server-not-capturing", "the run has not begun");

    let order = machine.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &machine.key, &house.content().public(), house.now());
    journal.step(house.now(), "look");
    machine.push(run.id, &journal.entries).unwrap();
    assert_eq!(put_pack(&machine, name, &bytes).unwrap_err().code(), "server-not-capturing", "not this step yet");
    journal.write(house.now(), Some("take"), Event::StepStarted { attempt: 1 });
    machine.push(run.id, journal.from(4)).unwrap();

    let mut other = Machine::new(&house.agents(), house.pin, 2);
    other.hello().unwrap();
    house.accept("poste-02");
    other.known();
    assert_eq!(put_pack(&other, name, &bytes).unwrap_err().code(), "server-unknown", "another machine");

    // Nothing is kept that is not what it says.
    let mut spoiled = bytes.clone();
    spoiled[20] ^= 1;
    assert_eq!(put_pack(&machine, name, &spoiled).unwrap_err().code(), "repository-pack-refused");
    let mut liar = PackBuilder::new();
    liar.push(FrameMethod::Plain, &[8; 4096], &[(ChunkId::of(CHUNK), 4096)]);
    let (liar_name, liar_bytes) = liar.finish();
    let refused = put_pack(&machine, Digest(liar_name.0), &liar_bytes).unwrap_err().code();
    assert_eq!(refused, "repository-pack-refused", "a false chunk under a true name");
    let page = page_bytes();
    let wrong_page = machine.put(&path(&format!("pages/{}", Digest::of(b"x"))), page.clone()).unwrap_err();
    assert_eq!(wrong_page.code(), "server-page-refused");
    let too_early = machine.put(&path("manifest"), manifest("ref-poste-01"));
    assert!(too_early.is_err(), "its pages and chunks are not there");

    put_pack(&machine, name, &bytes).unwrap();
    put_pack(&machine, name, &bytes).unwrap();
    let ask = serde_json::json!({ "chunks": [Digest::of(CHUNK), Digest::of(b"none")] });
    let has: HasAnswer = machine.post(&path("has"), &ask).unwrap();
    assert_eq!(has.has, [true, false]);
    machine.put(&path(&format!("pages/{}", Digest::of(&page))), page.clone()).unwrap();
    assert_eq!(machine.put(&path("manifest"), manifest("another-name")).unwrap_err().code(), "server-capture-name");
    let answer = machine.put(&path("manifest"), manifest("ref-poste-01")).unwrap();
    let captured: Captured = serde_json::from_slice(&answer).unwrap();
    assert_eq!(captured.image.0, ImageId::of(&manifest("ref-poste-01")).0);

    let images: Vec<ImageView> = house.all("/api/v1/images");
    assert_eq!((images.len(), images[0].signed, images[0].name.as_str()), (1, false, "ref-poste-01"));
    let release = |name: &str| {
        let release = ImageRelease { name: name.into(), image: captured.image, at: house.now(), generation: 0 };
        Signed::new(&release, &house.content())
    };
    assert_eq!(house.refused("/api/v1/images/releases", &release("other")).1, "server-release-name");
    let view: ImageView = house.post("/api/v1/images/releases", &release("ref-poste-01"));
    assert!(view.signed);
    let beside = socle_repository::Local::open(&house.data().join("repository")).unwrap();
    assert!(beside.find("ref-poste-01").unwrap().signed, "the signature lies beside the image too");

    // What is there is read by any known machine, by range.
    let located: Located = other.post("/agent/v1/locate", &ask).unwrap();
    let place = located.places[0].as_ref().unwrap();
    assert!(located.places[1].is_none());
    assert_eq!(place.pack, name);
    let first = place.frame_offset;
    let range = format!("bytes={first}-{}", first + u64::from(place.frame_bytes) - 1);
    let (status, frame) = other.range(&format!("/agent/v1/packs/{name}"), &range).unwrap();
    assert_eq!((status, frame.as_slice()), (206, CHUNK));
    for wrong in ["bytes=5-2", "bytes=0-", "bytes=-5", "bytes=0-99999999", "lines=1-2", "bytes=0-1,4-5"] {
        let refused = other.range(&format!("/agent/v1/packs/{name}"), wrong).unwrap_err();
        assert_eq!(refused.code(), "server-range-wrong", "{wrong}");
    }
}
