//! A stream to a room: offered where the site allows it, to machines that are about to write this very image.
use crate::{fake::Machine, house::House};
use socle_cast::{
    Assembler, Ear, Keys, Plan, Receiver,
    receive::{Shared, Why},
};
use socle_domain::{Digest, UnitId, keys::ImageRelease, master::Master, sign::Signed};
use socle_image::{
    ChunkId, Guid, ImageId, Manifest, PackBuilder, PackName, PageDigest, Sink, Source,
    frame::Method as FrameMethod,
    manifest::{Disk, FORMAT, Method, Partition},
    page,
};
use socle_server::Config;
use socle_wire::{
    api::{ImageView, MasterView, RunView},
    cast::{Cast, CastHeard, CastReport, Join, Joined},
};
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, mpsc::sync_channel},
    thread,
    time::Duration,
};

const SEQUENCE: &str = "
title = { fr = 'Essai', en = 'Trial' }
[[option]]
name = 'room_megabits'
kind = 'integer'
min = 0
max = 10000
default = 0
label = { fr = 'Salle', en = 'Room' }
help = { fr = 'Salle.', en = 'Room.' }
[[step]]
id = 'look'
kind = 'check'
";
const FRAME_BYTES: usize = 30_000;
const FRAMES: usize = 50;

fn noise(n: usize) -> Vec<u8> {
    (0..FRAME_BYTES).map(|i| (i * 31 + n * 7919 + (i >> 8) * n) as u8).collect()
}

/// An image of frames of noise, in the server's repository, and signed.
fn image(house: &House) -> (ImageId, PackName) {
    let mut builder = PackBuilder::new();
    let mut entries = Vec::new();
    for n in 0..FRAMES {
        let bytes = noise(n);
        builder.push(FrameMethod::Plain, &bytes, &[(ChunkId::of(&bytes), FRAME_BYTES as u32)]);
        let content = page::Content::Chunk { id: ChunkId::of(&bytes), offset_bytes: 0 };
        entries.push(page::Entry { offset_bytes: (n * FRAME_BYTES) as u64, bytes: FRAME_BYTES as u64, content });
    }
    let guid = |n: u8| Guid([n; 16]);
    let page = page::encode(&entries);
    let partition = Partition {
        number: 1,
        type_guid: guid(1),
        unique_guid: guid(2),
        name: "root".into(),
        attributes: 0,
        first_lba: 2048,
        last_lba: 8191,
        method: Method::Whole,
        why: "raw".into(),
        filesystem: None,
        census: None,
        data_bytes: (FRAMES * FRAME_BYTES) as u64,
        zero_bytes: 0,
        pages: vec![PageDigest::of(&page)],
    };
    let disk = Disk {
        size_bytes: 16384 * 512,
        logical_sector_bytes: 512,
        guid: guid(3),
        boot_code: String::new(),
        table_sectors: Vec::new(),
    };
    let manifest = Manifest {
        format: FORMAT,
        name: "system".into(),
        captured_at_unix_seconds: 1_790_000_000,
        disk,
        partitions: vec![partition],
    };
    let (root, manifest) = manifest.to_bytes().unwrap();
    let (pack, bytes) = builder.finish();
    let session = house.server.repository.session().unwrap();
    session.put_pack(&pack, &bytes).unwrap();
    session.put_page(&PageDigest::of(&page), &page).unwrap();
    session.put_manifest(&root, &manifest).unwrap();
    let release = ImageRelease { name: "system".into(), image: Digest(root.0), at: house.now(), generation: 0 };
    let _: ImageView = house.post("/api/v1/images/releases", &Signed::new(&release, &house.content()));
    (root, pack)
}

fn master(house: &House, image: &ImageId, version: &str, megabits: u64) -> Digest {
    let master = Master {
        name: "room".into(),
        version: version.into(),
        unit: UnitId::ROOT,
        sequence: SEQUENCE.into(),
        images: BTreeMap::from([("system".to_string(), Digest(image.0))]),
        options: BTreeMap::from([("room_megabits".to_string(), megabits.into())]),
        at: house.now(),
        ..Master::default()
    };
    let view: MasterView = house.post("/api/v1/masters", &Signed::new(&master, &house.content()));
    view.digest
}

fn house() -> House {
    let mut config = Config::default();
    config.cast.address = Some(Ipv4Addr::LOCALHOST);
    config.cast.group = Ipv4Addr::new(239, 255, 79, 1);
    config.cast.port = 48_300;
    config.cast.gather_seconds = 3;
    House::with(config)
}

fn machines(house: &House, count: u8, master: Digest) -> Vec<(Machine, RunView)> {
    let one = |n: u8| {
        let mut machine = Machine::new(&house.agents(), house.pin, n);
        machine.hello().unwrap();
        let view = house.accept(&format!("poste-{n:02}"));
        machine.known();
        (machine, house.start(&view, master))
    };
    (1..=count).map(one).collect()
}

fn join(machine: &Machine, run: &RunView, image: &ImageId) -> Option<Cast> {
    let joined: Joined = machine.post("/agent/v1/casts", &Join { run: run.id, image: Digest(image.0) }).unwrap();
    joined.cast
}

/// Hears a stream to its end; every frame of it is compared with the repository's.
fn hear(house: &House, machine: &Machine, cast: &Cast) -> (usize, Why) {
    let ear = Ear::open(cast.group, Ipv4Addr::LOCALHOST).unwrap();
    let path = |what: &str| format!("/agent/v1/casts/{}/{what}", cast.session);
    let bytes = machine.bytes(&path("plan")).unwrap();
    assert_eq!(Digest::of(&bytes), cast.plan);
    let plan = Arc::new(Plan::parse(&bytes).unwrap());
    let assembler = Assembler::new(plan.clone(), Keys::new(&cast.secret.0, cast.seals).unwrap());
    let (shared, patience) = (Arc::new(Shared::default()), Duration::from_secs(10));
    let receiver = Receiver { ear, assembler, plan, shared: shared.clone(), patience };
    let (out, frames) = sync_channel(8);
    let receiving = thread::spawn(move || receiver.run(&out));
    let session = house.server.repository.session().unwrap();
    let mut heard = 0;
    for frame in frames {
        let start = u64::from(frame.offset_bytes);
        assert!(session.read(&frame.pack, start..start + frame.stored.len() as u64).unwrap() == frame.stored);
        heard += 1;
        let said = CastReport { through: 1, missing: vec![[0, 1]; 600], expected: 10, came: 10 };
        let _: CastHeard = machine.post(&path("report"), &said).unwrap();
    }
    machine.post_nothing(&path("leave")).unwrap();
    (heard, receiving.join().unwrap())
}

#[test]
fn two_machines_hear_one_stream_and_a_stranger_to_it_hears_of_none() {
    let house = house();
    let (image, _) = image(&house);
    let all = machines(&house, 2, master(&house, &image, "1", 40));
    let mut stranger = Machine::new(&house.agents(), house.pin, 9);
    stranger.hello().unwrap();
    house.accept("poste-09");
    stranger.known();
    let casts: Vec<Cast> = all.iter().map(|(m, r)| join(m, r, &image).expect("a stream")).collect();
    assert_eq!(casts[0], casts[1]);
    // Neither another's run, nor an image that the master does not name, nor a session that one was not let in.
    let foreign: Result<Joined, _> =
        stranger.post("/agent/v1/casts", &Join { run: all[0].1.id, image: Digest(image.0) });
    assert_eq!(foreign.unwrap_err().code(), "server-unknown");
    assert_eq!(join(&all[0].0, &all[0].1, &ImageId([7; 32])), None);
    let plan = format!("/agent/v1/casts/{}/plan", casts[0].session);
    assert_eq!(stranger.bytes(&plan).unwrap_err().code(), "server-unknown");
    thread::scope(|scope| {
        for ((machine, _), cast) in all.iter().zip(&casts) {
            let house = &house;
            scope.spawn(move || assert_eq!(hear(house, machine, cast), (FRAMES, Why::Complete)));
        }
    });
    // It is over: who asks again goes by unicast, at once.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(join(&all[0].0, &all[0].1, &image), None);
}

#[test]
fn no_stream_where_the_site_allows_none_or_one_machine_is_alone() {
    let house = house();
    let (image, _) = image(&house);
    let silent = machines(&house, 2, master(&house, &image, "1", 0));
    assert!(silent.iter().all(|(m, r)| join(m, r, &image).is_none()));
    let alone = master(&house, &image, "2", 40);
    let mut machine = Machine::new(&house.agents(), house.pin, 7);
    machine.hello().unwrap();
    let view = house.accept("poste-07");
    machine.known();
    let run = house.start(&view, alone);
    assert_eq!(join(&machine, &run, &image), None);
}
