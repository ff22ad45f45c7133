//! A seat: hears the stream, verifies and writes each frame, fetches the rest.
use crate::{
    Words,
    line::{Ask, ask},
    serve::place,
};
use socle_cast::{
    Assembler, Ear, Keys, Mouth, Plan, Receiver,
    impair::{Impairment, Weather},
    receive::{QUEUE, Shared},
};
use socle_domain::sign::PublicKey;
use std::{
    collections::HashMap,
    fs::OpenOptions,
    net::{Ipv4Addr, SocketAddrV4, TcpStream},
    os::unix::fs::FileExt,
    sync::{Arc, atomic::AtomicBool, mpsc::sync_channel},
    thread,
    time::{Duration, Instant},
};

/// What a member was told.
pub struct Told {
    pub secret: [u8; 32],
    pub seals: PublicKey,
    pub digests: Vec<[u8; 32]>,
    pub plan: Arc<Plan>,
}

/// Joins.
pub fn join(line: &mut TcpStream, id: u64) -> Option<Told> {
    let bytes = ask(line, &Ask::Join(id)).ok()?;
    let (secret, rest) = bytes.split_first_chunk::<32>()?;
    let (seals, rest) = rest.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (digests, plan) = rest.split_at_checked(u64::from_le_bytes(*length) as usize)?;
    Some(Told {
        secret: *secret,
        seals: PublicKey(*seals),
        digests: digests.chunks_exact(32).filter_map(|d| d.try_into().ok()).collect(),
        plan: Arc::new(Plan::parse(plan).ok()?),
    })
}

pub fn seat(words: &Words) {
    let id: u64 = words.of("id");
    thread::sleep(Duration::from_millis(words.or("late", 0)));
    let begin = Instant::now();
    let mut line = TcpStream::connect(words.text("server")).expect("the server");
    let _ = line.set_nodelay(true);
    let ear = Ear::open(words.of::<SocketAddrV4>("group"), words.of::<Ipv4Addr>("address")).expect("an ear");
    let told = join(&mut line, id);
    let Some(told) = told else { panic!("seat {id} was not let in: it came after the end") };
    let plan = told.plan.clone();
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(true).open(words.text("out")).expect("out");
    file.set_len(plan.bytes()).expect("out");
    let numbers: HashMap<_, _> = plan.frames().iter().enumerate().map(|(n, f)| ((f.pack, f.offset_bytes), n)).collect();
    let mut lacking = vec![true; plan.frames().len()];
    let keys = Keys::new(&told.secret, told.seals).expect("keys");
    let (shared, (out, frames)) = (Arc::new(Shared::default()), sync_channel(QUEUE));
    let assembler = Assembler::new(plan.clone(), keys);
    let receiver =
        Receiver { ear, assembler, plan: plan.clone(), shared: shared.clone(), patience: Duration::from_secs(20) };
    let receiving = thread::spawn(move || receiver.run(&out));
    let (die_after, slow): (u64, u64) = (words.or("die-after", u64::MAX), words.or("slow-frame-ms", 0));
    let (mut told_at, mut streamed, mut wrong) = (Instant::now(), 0_u64, 0_u64);
    let why = loop {
        match frames.recv_timeout(Duration::from_millis(100)) {
            Ok(frame) => {
                let number = numbers[&(frame.pack, frame.offset_bytes)];
                // Here a frame is verified before a byte of it is written.
                if *blake3::hash(&frame.stored).as_bytes() == told.digests[number] {
                    file.write_all_at(&frame.stored, place(&plan.frames()[number])).expect("out");
                    lacking[number] = false;
                    streamed += frame.stored.len() as u64;
                } else {
                    wrong += 1;
                }
                thread::sleep(Duration::from_millis(slow));
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break receiving.join().expect("a receiver"),
            Err(_) => {}
        }
        if begin.elapsed().as_millis() as u64 > die_after {
            std::process::exit(0);
        }
        if told_at.elapsed() > Duration::from_millis(500) {
            told_at = Instant::now();
            let goes_on = ask(&mut line, &Ask::Report(id, shared.report()));
            if goes_on.is_ok_and(|g| g == [0]) {
                shared.stop();
            }
        }
    };
    let heard = begin.elapsed();
    let _ = ask(&mut line, &Ask::Leave(id));
    let mut unicast = 0;
    for (number, frame) in plan.frames().iter().enumerate().filter(|(n, _)| lacking[*n]) {
        let bytes = ask(&mut line, &Ask::Read(*frame)).expect("a frame");
        assert!(*blake3::hash(&bytes).as_bytes() == told.digests[number], "the repository's frame is true");
        file.write_all_at(&bytes, place(frame)).expect("out");
        unicast += bytes.len() as u64;
    }
    let seconds = begin.elapsed().as_secs_f64();
    // Byte for byte: read back and compared with what the server said at the beginning.
    let true_frames = plan.frames().iter().zip(&told.digests).filter(|(f, d)| {
        let mut bytes = vec![0; f.stored_bytes as usize];
        file.read_exact_at(&mut bytes, place(f)).is_ok() && blake3::hash(&bytes).as_bytes() == *d
    });
    let verified = true_frames.count() == plan.frames().len();
    let counts = shared.status().counts;
    println!(
        "{{\"id\":{id},\"seconds\":{seconds:.3},\"heard\":{:.3},\"verified\":{verified},\"streamed\":{streamed},\"unicast\":{unicast},\
         \"wrong\":{wrong},\"why\":\"{why:?}\",\"repaired\":{},\"expected\":{},\"came\":{},\"false_symbols\":{},\"false_seals\":{},\"checked\":{}}}",
        heard.as_secs_f64(),
        counts.repaired,
        counts.expected,
        counts.came,
        counts.false_symbols,
        counts.false_seals,
        counts.checked,
    );
}

/// The weather of one seat: from the room's group to another one on its loopback.
pub fn impair(words: &Words) {
    let weather = Weather {
        seed: words.of("seed"),
        lose_permille: words.or("lose", 0),
        hole_packets: words.or("hole", 1),
        delay_milliseconds: words.or("delay", 0),
        late_permille: words.or("late", 0),
        late_milliseconds: words.or("late-ms", 0),
    };
    println!("seed {} {weather:?}", weather.seed);
    let mut ear = Ear::open(words.of::<SocketAddrV4>("from"), words.of::<Ipv4Addr>("address")).expect("an ear");
    let mouth = Mouth::open(words.of::<SocketAddrV4>("to"), Ipv4Addr::LOCALHOST, 1).expect("a mouth");
    let stop = AtomicBool::new(false);
    Impairment::new(weather).carry(&mut ear, &mouth, &stop).expect("a network");
}
