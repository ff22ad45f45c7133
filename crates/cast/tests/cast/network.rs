//! A whole room over real sockets: multicast on the loopback, eight seats.
use crate::kit::{Hand, Noise, SECRET, SESSION, keys, session};
use socle_cast::{
    Assembler, Ear, Keys, Mouth, Plan, Receiver, Report, Room,
    encode::Encoder,
    impair::{Impairment, Weather},
    packet::{Header, Kind, SYMBOL_BYTES, Seal, close_seal, seal_words},
    receive::{QUEUE, Shared, Status, Why},
    room::{MAX_SHARE, Terms},
    send::{Sender, Sent},
};
use socle_domain::sign::Signer;
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddrV4},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::sync_channel,
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// An image of 6 MB in a second and a half.
const MEGABYTES: usize = 6;
const BYTES_PER_SECOND: u64 = 4_000_000;

fn group(last: u8, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(239, 255, 77, last), port)
}

/// A room on the loopback.
struct Place {
    signer: Hand,
    plan: Arc<Plan>,
    source: Noise,
    room: Mutex<Room>,
    since: Instant,
    over: AtomicBool,
    dry: SocketAddrV4,
    wet: SocketAddrV4,
}

/// How a seat behaves.
#[derive(Clone, Copy, Default)]
struct Manner {
    late: Duration,
    slow: Duration,
    dies_after: Option<Duration>,
    wet: bool,
}

/// What became of a seat.
struct Seat {
    why: Why,
    seconds: f64,
    streamed: usize,
    unicast: usize,
    status: Status,
}

impl Place {
    fn new(number: u8, expected: usize) -> Place {
        let (plan, source) = session(MEGABYTES);
        let room = Mutex::new(Room::new(Terms {
            blocks: plan.blocks(),
            image_bytes: plan.bytes(),
            ceiling_bytes_per_second: BYTES_PER_SECOND,
            expected,
            gather_milliseconds: 5_000,
        }));
        let port = 48_200 + u16::from(number) * 2;
        let (dry, wet) = (group(number, port), group(number + 100, port + 1));
        let (since, over) = (Instant::now(), AtomicBool::new(false));
        Place { signer: Hand::new(1), plan, source, room, since, over, dry, wet }
    }
    fn now(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }
    fn room(&self) -> std::sync::MutexGuard<'_, Room> {
        self.room.lock().expect("the room")
    }

    fn send(&self) -> Sent {
        let (mouth, stop) = (Mouth::open(self.dry, HERE, 1).expect("a mouth"), AtomicBool::new(false));
        let keys = keys(&self.signer);
        let sender = Sender { room: &self.room, mouth: &mouth, source: &self.source, since: self.since, stop: &stop };
        sender.run(Encoder::new(&self.plan, &keys, &self.signer)).expect("sent")
    }

    /// A seat from beginning to end: stream, then unicast; its disk is compared byte for byte.
    fn sit(&self, id: u64, manner: Manner) -> Option<Seat> {
        sleep(manner.late);
        let begin = Instant::now();
        let ear = Ear::open(if manner.wet { self.wet } else { self.dry }, HERE).expect("an ear");
        assert!(self.room().join(id, self.now()), "seat {id} comes in");
        let keys = Keys::new(&SECRET, self.signer.public()).expect("keys");
        let (out, frames) = sync_channel(QUEUE);
        let (shared, plan) = (Arc::new(Shared::default()), self.plan.clone());
        let assembler = Assembler::new(plan.clone(), keys);
        let receiver = Receiver { ear, assembler, plan, shared: shared.clone(), patience: Duration::from_secs(8) };
        let receiving = thread::spawn(move || receiver.run(&out));
        let (mut disk, mut told) = (HashMap::new(), Instant::now());
        loop {
            match frames.recv_timeout(Duration::from_millis(50)) {
                Ok(frame) => {
                    disk.insert((frame.pack, frame.offset_bytes), frame.stored);
                    sleep(manner.slow);
                }
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(_) => {}
            }
            if manner.dies_after.is_some_and(|d| begin.elapsed() > d) {
                shared.stop();
                return None;
            }
            if told.elapsed() > Duration::from_millis(100) {
                told = Instant::now();
                let report = shared.report();
                if !self.room().report(id, &report, self.now()) {
                    shared.stop();
                }
            }
        }
        self.room().leave(id);
        let (why, streamed) = (receiving.join().expect("a receiver"), disk.len());
        for frame in self.plan.frames() {
            let truth = &self.source.0[&frame.pack][frame.offset_bytes as usize..][..frame.stored_bytes as usize];
            let here = disk.entry((frame.pack, frame.offset_bytes)).or_insert_with(|| truth.to_vec());
            assert!(here == truth, "seat {id}: the frame at {} is true", frame.offset_bytes);
        }
        let unicast = self.plan.frames().len() - streamed;
        Some(Seat { why, seconds: begin.elapsed().as_secs_f64(), streamed, unicast, status: shared.status() })
    }

    /// A member that lies to the server, and to the others in the group.
    fn lie(&self, id: u64) {
        let (mouth, hand) = (Mouth::open(self.dry, HERE, 1).expect("a mouth"), Hand::new(66));
        assert!(self.room().join(id, self.now()));
        let keys = Keys::new(&SECRET, hand.public()).expect("keys");
        let blocks = self.plan.blocks();
        let mut turn = 0_u32;
        while !self.over.load(Ordering::Relaxed) {
            let lies = Report { through: blocks, missing: vec![[0, blocks]; 500], expected: 1_000, came: 0 };
            self.room().report(id, &lies, self.now());
            let header = Header { session: SESSION, block: turn % blocks, index: 0, kind: Kind::Seal, pass: 0 };
            let mut payload = seal_words(self.plan.bytes_of(turn % blocks) as u32 + 16, 9, &[[1; 8]; 160]);
            let signature = Keys::sign(&hand, &header, Seal::new(&payload).words());
            close_seal(&mut payload, &signature, |coded| keys.code(&header, coded));
            let mut burst = [&header.to_bytes()[..], &payload[..]].concat();
            let end = Header { block: u32::MAX, kind: Kind::End, ..header };
            burst.extend([&end.to_bytes()[..], &payload[..]].concat());
            for index in 0..6 {
                burst.extend(Header { index: (turn % 30) as u16 * 6 + index, kind: Kind::Symbol, ..header }.to_bytes());
                burst.extend([turn as u8; SYMBOL_BYTES]);
            }
            mouth.send(&burst).expect("a network");
            turn += 1;
            sleep(Duration::from_millis(3));
        }
    }

    /// Carries what is sent to the seats that stand in the rain.
    fn rain(&self, weather: Weather) -> (u64, u64) {
        let (mut ear, mouth) =
            (Ear::open(self.dry, HERE).expect("an ear"), Mouth::open(self.wet, HERE, 1).expect("a mouth"));
        let mut way = Impairment::new(weather);
        way.carry(&mut ear, &mouth, &self.over).expect("a network");
        way.lost()
    }
}

#[test]
fn eight_seats_one_late_one_slow_one_that_dies_one_that_lies() {
    let place = Place::new(1, 7);
    let weather = Weather {
        seed: 20_261_122,
        lose_permille: 8,
        hole_packets: 2,
        delay_milliseconds: 5,
        late_permille: 50,
        late_milliseconds: 4,
    };
    println!("{weather:?}");
    let seats = Mutex::new(HashMap::new());
    let sit = |id: u64, manner: Manner| {
        let seat = place.sit(id, manner);
        seats.lock().expect("seats").insert(id, seat);
    };
    let sent = thread::scope(|scope| {
        scope.spawn(|| {
            let (lost, count) = place.rain(weather);
            println!("lost {lost} of {count}");
            assert!(lost > 20);
        });
        scope.spawn(|| place.lie(8));
        for id in 1..=3 {
            scope.spawn(move || sit(id, Manner::default()));
        }
        scope.spawn(|| sit(4, Manner { wet: true, ..Manner::default() }));
        scope.spawn(|| sit(5, Manner { late: Duration::from_millis(600), ..Manner::default() }));
        scope.spawn(|| sit(6, Manner { slow: Duration::from_millis(80), ..Manner::default() }));
        scope.spawn(|| sit(7, Manner { dies_after: Some(Duration::from_millis(700)), ..Manner::default() }));
        let sent = scope.spawn(|| place.send()).join().expect("a sender");
        place.over.store(true, Ordering::Relaxed);
        sent
    });
    let share = sent.bytes as f64 / place.plan.bytes() as f64;
    println!("{share:.3} bytes sent for each byte of the image, {sent:?}");
    assert!(share * 100.0 <= MAX_SHARE as f64 + 1.0);
    let seats = seats.into_inner().expect("seats");
    let pace = place.plan.bytes() as f64 / BYTES_PER_SECOND as f64;
    for id in 1..=6_u64 {
        let seat = seats[&id].as_ref().expect("it lived");
        let Seat { why, seconds, streamed, unicast, status } = seat;
        println!("seat {id}: {why:?} {seconds:.2} s, {streamed} + {unicast} frames, {:?}", status.counts);
    }
    assert!(seats[&7].is_none());
    let healthy = |id: u64| seats[&id].as_ref().expect("it lived");
    for id in 1..=3 {
        let seat = healthy(id);
        assert_eq!((seat.why, seat.unicast), (Why::Complete, 0), "seat {id}");
        // Two seconds: the computer that tests has other things to do.
        assert!(
            seat.seconds < pace * 1.2 + 2.0,
            "seat {id} took {:.2} s where the stream takes {pace:.2}",
            seat.seconds
        );
        assert!(seat.status.counts.false_seals + seat.status.counts.false_symbols > 0, "the liar was heard");
    }
    assert!(healthy(4).streamed * 2 > place.plan.frames().len() && healthy(4).status.counts.repaired > 0);
    let late = healthy(5);
    assert!(late.streamed > 0 && late.why != Why::Silence, "who comes late hears the rest");
}

#[test]
fn a_stream_that_never_begins_is_left_soon() {
    let place = Place::new(2, 1);
    let (out, _frames) = sync_channel(4);
    let assembler = Assembler::new(place.plan.clone(), keys(&place.signer));
    let ear = Ear::open(place.dry, HERE).expect("an ear");
    let begin = Instant::now();
    let (plan, patience) = (place.plan.clone(), Duration::from_millis(300));
    let receiver = Receiver { ear, assembler, plan, shared: Arc::default(), patience };
    assert_eq!(receiver.run(&out), Why::Silence);
    assert!(begin.elapsed() < Duration::from_secs(3));
}
