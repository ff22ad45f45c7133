//! Streams of images to rooms: which there are, who hears them, and the threads that send them.
//!
//! A stream is offered where the site's option `room_megabits` allows one and several machines are about to write the same
//! image. No machine needs it: whatever goes wrong here, the image comes from the repository as ever.
use crate::{House, house::blocking};
use socle_boot::Interface;
use socle_cast::{
    Keys, Mouth, Plan, Report, Room,
    encode::Encoder,
    plan::Frame,
    room::{MAX_RANGES, Terms},
    send::Sender,
};
use socle_domain::{Digest, RunId, sign::Signer};
use socle_image::{ChunkId, ImageId, Manifest, Source, page};
use socle_repository::Session;
use socle_texts::{Fault, Result};
use socle_trust::{KeyPair, chance};
use socle_wire::cast::{Cast, CastReport};
use std::{
    collections::{HashMap, HashSet},
    net::{Ipv4Addr, SocketAddrV4},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

/// The most that an option can ask for: 10 Gb/s.
const MAX_MEGABITS: u64 = 10_000;

/// Runs that are remembered as served.
const MAX_REMEMBERED: usize = 100_000;

/// A stream.
pub(crate) struct Stream {
    image: ImageId,
    session: u64,
    plan_bytes: Vec<u8>,
    group: SocketAddrV4,
    secret: [u8; 32],
    seals: socle_domain::sign::PublicKey,
    room: Mutex<Room>,
    since: Instant,
    stop: AtomicBool,
    /// The runs whose machines were let in: nobody else hears of it.
    members: Mutex<HashSet<RunId>>,
    gather_milliseconds: u64,
}

/// All streams that go on.
#[derive(Default)]
pub(crate) struct Casts {
    streams: Mutex<Vec<Arc<Stream>>>,
    /// Runs that had their stream: they are not waited for again.
    served: Mutex<HashSet<RunId>>,
    making: tokio::sync::Mutex<()>,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A member of a room, by its run.
fn member(run: RunId) -> u64 {
    let bytes = Digest::of(run.to_string().as_bytes()).0;
    u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
}

impl Stream {
    fn now(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }
    fn room(&self) -> MutexGuard<'_, Room> {
        held(&self.room)
    }
    /// Lets a run in: its machine may come when it is ready.
    fn admit(&self, run: RunId) -> bool {
        let goes_on = !self.room().is_over();
        if goes_on {
            held(&self.members).insert(run);
        }
        goes_on
    }
    /// A machine is ready to hear: its plan; none when it came after the end.
    pub fn enter(&self, run: RunId) -> Option<Vec<u8>> {
        self.room().join(member(run), self.now()).then(|| self.plan_bytes.clone())
    }
    /// What a member is told.
    fn told(&self) -> Cast {
        Cast {
            session: self.session,
            group: self.group,
            secret: Digest(self.secret),
            seals: self.seals,
            plan: Digest::of(&self.plan_bytes),
            begins_within_milliseconds: self.gather_milliseconds,
        }
    }
    /// Hears a member. Whether more will come.
    pub fn report(&self, run: RunId, said: CastReport) -> bool {
        let missing = said.missing.into_iter().take(MAX_RANGES).collect();
        let report = Report { through: said.through, missing, expected: said.expected, came: said.came };
        self.room().report(member(run), &report, self.now())
    }
    /// A member goes.
    pub fn leave(&self, run: RunId) {
        self.room().leave(member(run));
    }
}

impl Casts {
    /// The stream of this session, for a run that was let in.
    pub fn of(&self, session: u64, run: impl Fn(&RunId) -> bool) -> Option<(Arc<Stream>, RunId)> {
        let streams = held(&self.streams);
        let stream = streams.iter().find(|s| s.session == session)?;
        let run = held(&stream.members).iter().copied().find(run)?;
        Some((stream.clone(), run))
    }
    /// Whether a run had its stream already.
    pub fn was_served(&self, run: &RunId) -> bool {
        held(&self.served).contains(run)
    }
    /// Ends all.
    pub fn stop(&self) {
        held(&self.streams).iter().for_each(|s| s.stop.store(true, Ordering::Relaxed));
    }
    fn join(&self, image: &ImageId, run: RunId) -> Option<Cast> {
        let stream = held(&self.streams).iter().find(|s| s.image == *image && s.admit(run)).cloned()?;
        let mut served = held(&self.served);
        if served.len() >= MAX_REMEMBERED {
            served.clear();
        }
        served.insert(run);
        Some(stream.told())
    }
}

/// A wish of a run that may have a stream.
pub(crate) struct Wish {
    /// The run.
    pub run: RunId,
    /// Its image.
    pub image: ImageId,
    /// How fast its site allows.
    pub megabits: u64,
    /// How many machines there are about to write it.
    pub expected: usize,
}

/// Joins the stream of an image, or begins one; none where there is none to be had.
pub(crate) async fn join(house: &Arc<House>, wish: Wish) -> Option<Cast> {
    // A run that was started again after its stream goes on by unicast: it may not make another one wait for it.
    let _turn = house.casts.making.lock().await;
    if let Some(cast) = house.casts.join(&wish.image, wish.run) {
        return Some(cast);
    }
    if wish.expected < 2 || wish.megabits == 0 || house.casts.was_served(&wish.run) {
        return None;
    }
    let maker = house.clone();
    match blocking(move || begin(&maker, &wish).map(|begun| (begun, wish))).await {
        Ok((Some(()), wish)) => house.casts.join(&wish.image, wish.run),
        Ok((None, _)) => None,
        Err(fault) => {
            tracing::warn!(%fault, "no stream to the room");
            None
        }
    }
}

/// The address through which streams go.
fn address(house: &House) -> Result<Option<Ipv4Addr>> {
    let (cast, boot) = (&house.config.cast, &house.config.boot);
    match (cast.address, boot.address, &boot.interface) {
        (Some(address), ..) | (None, Some(address), _) => Ok(Some(address)),
        (None, None, Some(name)) => Ok(Some(Interface::find(name)?.address)),
        (None, None, None) => Ok(None),
    }
}

/// Begins a stream. None where the server has no network for it, or all its groups are taken.
fn begin(house: &Arc<House>, wish: &Wish) -> Result<Option<()>> {
    let Some(address) = address(house)? else { return Ok(None) };
    let config = &house.config.cast;
    let taken: Vec<Ipv4Addr> = held(&house.casts.streams).iter().map(|s| *s.group.ip()).collect();
    let groups = (0..u32::from(config.streams)).map(|n| Ipv4Addr::from(u32::from(config.group) + n));
    let Some(group) = groups.filter(|g| !taken.contains(g)).map(|g| SocketAddrV4::new(g, config.port)).next() else {
        return Ok(None);
    };
    let mouth = Mouth::open(group, address, config.hops)?;
    let session = house.repository.session()?;
    let plan = Arc::new(plan_of(&session, &wish.image)?);
    let (secret, hand) = (chance::bytes::<32>()?, KeyPair::generate()?);
    let gather_milliseconds = u64::from(config.gather_seconds) * 1000;
    let terms = Terms {
        blocks: plan.blocks(),
        image_bytes: plan.bytes(),
        ceiling_bytes_per_second: wish.megabits.min(MAX_MEGABITS) * 125_000,
        expected: wish.expected,
        gather_milliseconds,
    };
    let stream = Arc::new(Stream {
        image: wish.image,
        session: plan.session(),
        plan_bytes: plan.to_bytes(),
        group,
        secret,
        seals: hand.public(),
        room: Mutex::new(Room::new(terms)),
        since: Instant::now(),
        stop: AtomicBool::new(false),
        members: Mutex::default(),
        gather_milliseconds,
    });
    held(&house.casts.streams).push(stream.clone());
    let house = house.clone();
    let send = move || {
        send(&stream, &plan, &mouth, &session, &hand);
        held(&house.casts.streams).retain(|s| s.session != stream.session);
    };
    std::thread::Builder::new().name("cast".into()).spawn(send).map_err(|e| Fault::new("server-broken").because(e))?;
    Ok(Some(()))
}

fn send(stream: &Stream, plan: &Plan, mouth: &Mouth, source: &Session, hand: &KeyPair) {
    let Some(keys) = Keys::new(&stream.secret, stream.seals) else { return };
    let sender = Sender { room: &stream.room, mouth, source, since: stream.since, stop: &stream.stop };
    let session = format!("{:016x}", stream.session);
    tracing::info!(session, group = %stream.group, blocks = plan.blocks(), bytes = plan.bytes(), "stream to a room opened");
    match sender.run(Encoder::new(plan, &keys, hand)) {
        Ok(sent) => {
            let members = held(&stream.members).len();
            let slowest = stream.room().slowest();
            let (image, bytes, again) = (plan.bytes(), sent.bytes, sent.again);
            tracing::info!(session, members, image, bytes, again, slowest, "stream to a room over");
        }
        Err(fault) => tracing::warn!(session, %fault, "stream to a room broken"),
    }
}

/// Every frame that an image needs, in the order of the disk.
fn plan_of(source: &Session, image: &ImageId) -> Result<Plan> {
    let manifest = Manifest::open(image, &source.manifest(image)?)?;
    let mut frames = Vec::new();
    let mut seen: HashMap<(socle_image::PackName, u32), ()> = HashMap::new();
    for partition in &manifest.partitions {
        let size_bytes = partition.size_bytes(manifest.disk.logical_sector_bytes);
        for digest in &partition.pages {
            let damaged = || Fault::new("repository-page-damaged").with("page", digest.to_string());
            let entries = page::decode(&source.page(digest)?, size_bytes).ok_or_else(damaged)?;
            let ids: Vec<ChunkId> = entries
                .iter()
                .filter_map(|e| match e.content {
                    page::Content::Chunk { id, .. } => Some(id),
                    page::Content::Zero => None,
                })
                .collect();
            for place in source.locate(&ids)?.into_iter().flatten() {
                if seen.insert((place.pack, place.offset_bytes), ()).is_none() {
                    let (offset_bytes, stored_bytes) = (place.offset_bytes, place.stored_bytes);
                    frames.push(Frame { pack: place.pack, offset_bytes, stored_bytes });
                }
            }
        }
    }
    // Together with what chance gives: no machine takes one stream for another.
    Plan::new(u64::from_le_bytes(chance::bytes()?), frames)
}
