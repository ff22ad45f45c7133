//! A stream to the whole room, heard by one machine of it: one more place where frames come from.
//!
//! It is never needed. Whatever is wrong with it, the restoration goes on as if it had not been: by unicast.
use crate::http::{Http, Patience};
use socle_cast::{
    Assembler, Ear, Keys, Plan, Receiver,
    plan::MAX_PLAN_BYTES,
    receive::{QUEUE, SILENCE, Shared},
};
use socle_domain::{Digest, RunId};
use socle_image::{Arrival, Arrivals, ImageId};
use socle_wire::cast::{Cast, CastHeard, CastReport, Join, Joined};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{self, RecvTimeoutError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often the server hears from us.
const REPORT_EVERY: Duration = Duration::from_millis(500);
/// What the network may take beyond the server's own patience.
const GRACE: Duration = Duration::from_secs(5);

/// A stream that is being heard.
pub struct Stream<'a> {
    http: &'a Http,
    session: u64,
    shared: Arc<Shared>,
    frames: Mutex<mpsc::Receiver<Arrival>>,
    told: Mutex<Instant>,
    receiver: Option<JoinHandle<socle_cast::receive::Why>>,
}

/// A stream that is offered. It is joined when the first frame is asked for: what is checked before takes its time.
pub struct Offer<'a> {
    http: &'a Http,
    cast: Cast,
    stream: OnceLock<Option<Stream<'a>>>,
}

/// The stream of an image for a run, where one is offered.
pub fn offered<'a>(http: &'a Http, run: RunId, image: &ImageId) -> Option<Offer<'a>> {
    let wish = Join { run, image: Digest(image.0) };
    let joined: Joined = http.post("/agent/v1/casts", &wish, Patience::Once).ok()?;
    joined.cast.map(|cast| Offer { http, cast, stream: OnceLock::new() })
}

impl Arrivals for Offer<'_> {
    fn next(&self) -> Option<Arrival> {
        self.stream.get_or_init(|| open(self.http, &self.cast)).as_ref()?.next()
    }
}

fn open<'a>(http: &'a Http, cast: &Cast) -> Option<Stream<'a>> {
    let interface = own_address(http.server())?;
    // Joined before the plan is fetched: what comes meanwhile waits in the kernel.
    let ear = Ear::open(cast.group, interface).ok()?;
    let path = format!("/agent/v1/casts/{}/plan", cast.session);
    let bytes = http.bytes(&path, MAX_PLAN_BYTES, Patience::Once).ok()?;
    if Digest::of(&bytes) != cast.plan {
        return None;
    }
    let plan = Arc::new(Plan::parse(&bytes).ok().filter(|p| p.session() == cast.session)?);
    let assembler = Assembler::new(plan.clone(), Keys::new(&cast.secret.0, cast.seals)?);
    let (shared, patience) = (Arc::new(Shared::default()), Duration::from_millis(cast.begins_within_milliseconds));
    let patience = patience.min(Duration::from_secs(300)) + SILENCE;
    let receiver = Receiver { ear, assembler, plan, shared: shared.clone(), patience };
    let (out, frames) = sync_channel(QUEUE);
    let receiver = thread::Builder::new().name("cast".into()).spawn(move || receiver.run(&out)).ok()?;
    Some(Stream {
        http,
        session: cast.session,
        shared,
        frames: Mutex::new(frames),
        told: Mutex::new(Instant::now()),
        receiver: Some(receiver),
    })
}

/// The address by which this machine reaches the server: the room's network is there.
fn own_address(server: &str) -> Option<Ipv4Addr> {
    let host = server.strip_prefix("https://")?.trim_end_matches('/');
    let to: SocketAddr = host.parse().or_else(|_| host.parse().map(|ip: IpAddr| SocketAddr::new(ip, 443))).ok()?;
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Nothing is sent: the system only chooses the way.
    socket.connect(to).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

impl Stream<'_> {
    fn report_if_due(&self) {
        let Ok(mut told) = self.told.try_lock() else { return };
        if told.elapsed() < REPORT_EVERY {
            return;
        }
        let report = self.shared.report();
        let said = CastReport {
            through: report.through,
            missing: report.missing,
            expected: report.expected,
            came: report.came,
        };
        let path = format!("/agent/v1/casts/{}/report", self.session);
        let answer: Result<CastHeard, _> = self.http.post_soon(&path, &said, GRACE);
        *told = Instant::now();
        // A server that is silent says nothing about its stream.
        if answer.is_ok_and(|heard| !heard.goes_on) {
            self.shared.stop();
        }
    }
}

impl Arrivals for Stream<'_> {
    fn next(&self) -> Option<Arrival> {
        loop {
            self.report_if_due();
            let frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
            match frames.recv_timeout(REPORT_EVERY / 2) {
                Ok(frame) => return Some(frame),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.shared.stop();
        // The receiver may be waiting for room in the queue.
        let (_, nothing) = sync_channel(0);
        *self.frames.get_mut().unwrap_or_else(PoisonError::into_inner) = nothing;
        if let Some(receiver) = self.receiver.take() {
            let _ = receiver.join();
        }
        let _ = self.http.mention(&format!("/agent/v1/casts/{}/leave", self.session), &());
    }
}
