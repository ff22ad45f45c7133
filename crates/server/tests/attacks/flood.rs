//! A26: too much, too long, too slow, too many: each has its limit, and the server goes on for everybody else.
use crate::{fake::Machine, house::House};
use socle_domain::{Digest, facts::Facts, sign::Signer};
use socle_image::{ChunkId, PackBuilder, frame::Method};
use socle_trust::KeyPair;
use socle_wire::agent::Welcome;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1024
}

/// Another key from the same place.
fn stranger(machine: &mut Machine, n: u32) -> Result<Welcome, String> {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&n.to_le_bytes());
    machine.key = KeyPair::from_seed(&seed);
    machine.hello().map_err(|t| t.code())
}

#[test]
fn a26_strangers_from_one_place_do_not_fill_the_queue() {
    let house = House::new();
    let mut known = Machine::new(&house.agents(), house.pin, 1);
    known.hello().unwrap();
    house.accept("poste-01");
    let mut liar = Machine::new(&house.agents(), house.pin, 2);
    let mut let_in = 0;
    for n in 0..520 {
        if n % 100 == 0 {
            house.later(61);
        }
        match stranger(&mut liar, 1_000 + n) {
            Ok(_) => let_in += 1,
            Err(code) => assert_eq!(code, "server-queue-full"),
        }
    }
    assert_eq!(let_in, 500, "as many as may come from one address");
    assert!(matches!(stranger(&mut liar, 1_000), Ok(Welcome::Unknown { .. })), "who waits already still waits");
    known.known();
    let machines: serde_json::Value = house.get("/api/v1/machines?state=to-recognise&limit=1000");
    assert_eq!(machines["items"].as_array().unwrap().len(), 500);
}

#[test]
fn a26_one_address_is_answered_so_often_and_no_more() {
    let house = House::new();
    let machine = Machine::new(&house.agents(), house.pin, 1);
    let ask = || machine.post::<serde_json::Value>("/agent/v1/challenge", &()).map_err(|t| t.code());
    let refused = (0..1_300).find_map(|n| ask().err().map(|code| (n, code)));
    assert_eq!(refused, Some((1_200, "server-too-many".to_string())));
    house.later(61);
    ask().unwrap();
}

#[test]
fn a26_long_messages_end_where_their_limit_is() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let before = memory_mib();
    let limits = [
        ("/agent/v1/hello", 600 << 10, false),
        ("/agent/v1/locate", 5 << 20, true),
        ("/agent/v1/runs/0190aaaa-0000-7000-8000-000000000009/journal", 5 << 20, true),
    ];
    house.accept("poste-01");
    machine.known();
    for (path, bytes, known) in limits {
        let session = machine.session.clone();
        if !known {
            machine.session = None;
        }
        for _ in 0..5 {
            let said = machine.post::<serde_json::Value>(path, &"x".repeat(bytes));
            // The rest of what is too long is not read: who goes on sending finds the line cut.
            let code = said.unwrap_err().code();
            assert!(code == "server-message-too-long" || code.starts_with("silent"), "{path}: {code}");
        }
        machine.session = session;
    }
    // Deep rather than long.
    let deep = serde_json::from_str::<serde_json::Value>(&format!("{}{}", "[".repeat(100), "]".repeat(100))).unwrap();
    let mut other = Machine::new(&house.agents(), house.pin, 2);
    other.facts.set("deep", deep);
    assert!(other.hello().is_ok() || house.machines().len() == 1);
    assert!(memory_mib() < before + 200, "{} then {}", before, memory_mib());
    Machine::new(&house.agents(), house.pin, 1).known();
}

#[test]
fn a26_a_strangers_story_is_short() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.facts = Facts::default();
    machine.facts.set("story", "x".repeat(40 << 10));
    assert_eq!(machine.hello().unwrap_err().code(), "server-hello-wrong");
    assert_eq!(house.machines().len(), 0, "nothing of it was kept");
    machine.facts.set("story", "x".repeat(20 << 10));
    machine.hello().unwrap();
    house.accept("poste-01");
    machine.facts.set("story", "x".repeat(40 << 10));
    machine.known();
}

/// A pack whose frames claim more than they may unpack to, or unpack to more than they claim.
#[test]
fn a26_a_pack_does_not_unpack_to_more_than_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let repository = socle_repository::Local::create(&folder.path().join("r")).unwrap();
    let session = repository.session().unwrap();
    let chunk = vec![0; 4096];
    let bomb = zstd_of(1 << 30);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let before = memory_mib();
    let mut builder = PackBuilder::new();
    builder.push(Method::Zstd, &bomb, &[(ChunkId::of(&chunk), 4096)]);
    let (name, bytes) = builder.finish();
    let begin = Instant::now();
    assert!(session.receive_pack(&name, &bytes).unwrap_err().is("repository-pack-refused"));
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(memory_mib() < before + 100, "{before} then {}", memory_mib());
    assert_eq!(session_has(&session, &chunk), [false]);
}

fn session_has(session: &socle_repository::Session, chunk: &[u8]) -> Vec<bool> {
    use socle_image::Sink;
    session.has(&[ChunkId::of(chunk)]).unwrap()
}

/// Zeros, packed by zstd one block after another (RFC 8878): an RLE block of 128 KiB takes four bytes.
fn zstd_of(bytes: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    let block = 128 << 10;
    for n in 0..bytes / block {
        let last = u32::from(n + 1 == bytes / block);
        let header = last | 1 << 1 | (block as u32) << 3;
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

/// A body that never comes is waited for only so long, and keeps nobody else waiting.
#[test]
fn a26_slow_posts_are_ended() {
    let house = House::new();
    let address = house.url("console", "").trim_start_matches("http://").to_string();
    let slow = |head: &str| {
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        socket
    };
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\nname=";
    let mut sockets: Vec<TcpStream> = (0..15).map(|_| slow(head)).collect();
    let status: serde_json::Value = house.get("/api/v1/status");
    assert!(status.is_object());
    let begin = Instant::now();
    for socket in &mut sockets {
        socket.set_read_timeout(Some(Duration::from_secs(45))).unwrap();
        let mut answer = [0; 64];
        let n = socket.read(&mut answer).unwrap();
        assert!(answer[..n].starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer[..n]));
    }
    assert!((20..45).contains(&begin.elapsed().as_secs()), "{:?}", begin.elapsed());
}

/// Challenges that nobody answers are forgotten and serve once.
#[test]
fn a26_challenges_are_forgotten() {
    let house = House::new();
    let machine = Machine::new(&house.agents(), house.pin, 1);
    let hello = machine.hello_message().unwrap();
    house.later(61);
    assert_eq!(machine.post::<Welcome>("/agent/v1/hello", &hello).unwrap_err().code(), "server-challenge-over");
    let mut made_up = machine.hello_message().unwrap();
    made_up.nonce = Digest::of(b"a nonce of my own");
    made_up.signature = machine
        .key
        .sign(socle_wire::agent::HELLO_CONTEXT, &socle_wire::agent::hello_bytes(&made_up.nonce, &machine.key.public()));
    assert_eq!(machine.post::<Welcome>("/agent/v1/hello", &made_up).unwrap_err().code(), "server-challenge-over");
}
