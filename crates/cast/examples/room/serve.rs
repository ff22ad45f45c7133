//! The server: sends the stream, answers the line.
use crate::{
    Words,
    line::{Ask, answer},
};
use ed25519_dalek::{Signer as _, SigningKey};
use rustix::time::{ClockId, clock_gettime};
use socle_cast::{Frame, Keys, Mouth, Plan, Room, encode::Encoder, room::Terms, send::Sender};
use socle_domain::sign::{PublicKey, Signature, Signer, statement};
use socle_image::{ChunkId, FrameLocation, ImageId, PackName, PageDigest, Source};
use socle_texts::{Fault, Result};
use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream},
    ops::Range,
    os::unix::fs::FileExt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The file's packs: so many bytes each.
pub const PACK_BYTES: u64 = 64 << 20;
/// Frames as an image has them: a mebibyte of plain bytes, compressed.
const FRAME_BYTES: u64 = 420_000;

struct Hand(SigningKey);
impl Signer for Hand {
    fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }
    fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(&statement(context, bytes)).to_bytes())
    }
}

/// A pack's name: its number.
pub fn pack(number: u64) -> PackName {
    let mut name = [0; 32];
    name[..8].copy_from_slice(&number.to_le_bytes());
    PackName(name)
}

/// Where a frame is in the file.
pub fn place(frame: &Frame) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&frame.pack.0[..8]);
    u64::from_le_bytes(number) * PACK_BYTES + u64::from(frame.offset_bytes)
}

/// The image, and how much of it went out by unicast.
struct Image {
    file: File,
    unicast_bytes: AtomicU64,
}

impl Image {
    fn range(&self, at: u64, bytes: u64) -> std::io::Result<Vec<u8>> {
        let mut out = vec![0; bytes as usize];
        self.file.read_exact_at(&mut out, at)?;
        Ok(out)
    }
}

impl Source for Image {
    fn manifest(&self, _: &ImageId) -> Result<Vec<u8>> {
        Err(Fault::new("cast-plan-unreadable"))
    }
    fn page(&self, _: &PageDigest) -> Result<Vec<u8>> {
        Err(Fault::new("cast-plan-unreadable"))
    }
    fn locate(&self, chunks: &[ChunkId]) -> Result<Vec<Option<FrameLocation>>> {
        Ok(vec![None; chunks.len()])
    }
    fn read(&self, pack: &PackName, range: Range<u64>) -> Result<Vec<u8>> {
        let at = place(&Frame { pack: *pack, offset_bytes: range.start as u32, stored_bytes: 1 });
        self.range(at, range.end - range.start).map_err(|e| Fault::new("cast-block-unmade").because(e))
    }
    fn check_packs(&self, _: &[PackName]) -> Result<()> {
        Ok(())
    }
}

/// A plan of a file.
fn plan(bytes: u64) -> Plan {
    let mut frames = Vec::new();
    for number in 0..bytes.div_ceil(PACK_BYTES) {
        let length = PACK_BYTES.min(bytes - number * PACK_BYTES);
        for at in (0..length).step_by(FRAME_BYTES as usize) {
            let stored_bytes = FRAME_BYTES.min(length - at) as u32;
            frames.push(Frame { pack: pack(number), offset_bytes: at as u32, stored_bytes });
        }
    }
    Plan::new(std::process::id().into(), frames).expect("a plan")
}

/// Seconds of processor that this thread took.
fn thread_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

pub fn serve(words: &Words) {
    let file = File::open(words.text("file")).expect("the image");
    let bytes = file.metadata().expect("the image").len();
    let image = Arc::new(Image { file, unicast_bytes: AtomicU64::new(0) });
    let plan = Arc::new(plan(bytes));
    let hand = Hand(SigningKey::from_bytes(&[3; 32]));
    let secret = [5; 32];
    let room = Arc::new(Mutex::new(Room::new(Terms {
        blocks: plan.blocks(),
        image_bytes: plan.bytes(),
        ceiling_bytes_per_second: words.of::<u64>("megabits") * 125_000,
        expected: words.of("expected"),
        gather_milliseconds: words.or("gather", 10_000),
    })));
    let since = Instant::now();
    let mut first = plan.to_bytes();
    let digest = |f: &Frame| *blake3::hash(&image.range(place(f), f.stored_bytes.into()).expect("a frame")).as_bytes();
    let digests: Vec<u8> = plan.frames().iter().flat_map(digest).collect();
    first.splice(0..0, [&secret[..], &hand.public().0, &(digests.len() as u64).to_le_bytes(), &digests].concat());
    let listener = TcpListener::bind(words.text("listen")).expect("a line");
    let first = Arc::new(first);
    {
        let (room, image) = (room.clone(), image.clone());
        thread::spawn(move || {
            for line in listener.incoming().flatten() {
                let (room, image, first) = (room.clone(), image.clone(), first.clone());
                thread::spawn(move || one(line, &room, &image, &first, since));
            }
        });
    }
    println!("ready");
    let group: SocketAddrV4 = words.of("group");
    let mouth = Mouth::open(group, words.of::<Ipv4Addr>("address"), 1).expect("a network");
    let keys = Keys::new(&secret, hand.public()).expect("keys");
    let stop = AtomicBool::new(false);
    let sender = Sender { room: &room, mouth: &mouth, source: image.as_ref(), since, stop: &stop };
    let before = thread_seconds();
    let sent = sender.run(Encoder::new(&plan, &keys, &hand)).expect("sent");
    let cpu = thread_seconds() - before;
    let slowest = room.lock().expect("room").slowest() / 125_000;
    println!(
        "{{\"image\":{},\"multicast\":{},\"again\":{},\"blocks\":{},\"cpu\":{cpu:.3},\"seconds\":{:.3},\"slowest_megabits\":{slowest}}}",
        plan.bytes(),
        sent.bytes,
        sent.again,
        sent.blocks,
        since.elapsed().as_secs_f64(),
    );
    // Who lacks something fetches it; the workshop ends us.
    loop {
        thread::sleep(Duration::from_secs(1));
        println!("{{\"unicast\":{}}}", image.unicast_bytes.load(Ordering::Relaxed));
    }
}

fn one(mut line: TcpStream, room: &Mutex<Room>, image: &Image, first: &[u8], since: Instant) {
    let now = || since.elapsed().as_millis() as u64;
    let _ = line.set_nodelay(true);
    while let Ok(asked) = Ask::read(&mut line) {
        let done = match asked {
            Ask::Join(id) => {
                let joined = room.lock().expect("room").join(id, now());
                answer(&mut line, if joined { first } else { &first[..0] })
            }
            Ask::Report(id, report) => {
                let goes_on = room.lock().expect("room").report(id, &report, now());
                answer(&mut line, &[u8::from(goes_on)])
            }
            Ask::Leave(id) => {
                room.lock().expect("room").leave(id);
                answer(&mut line, &[])
            }
            Ask::Read(frame) => {
                let bytes = image.range(place(&frame), frame.stored_bytes.into()).unwrap_or_default();
                image.unicast_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                answer(&mut line, &bytes)
            }
        };
        if done.is_err() {
            return;
        }
    }
}
