//! A26: connections that say nothing, and a server that is told to stop while they come in.
use crate::{fake::Machine, house::House};
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

fn place(house: &House, door: &str) -> String {
    house.url(door, "").split("//").nth(1).unwrap().to_string()
}

/// Whether somebody has ended the connection.
fn is_over(socket: &mut TcpStream) -> bool {
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    // What was answered before its end is not read here.
    match socket.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(e) => !matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

/// Silent connections, half a handshake, half a head, a wait for orders, a stream of events, and new ones all the time:
/// none of them has anything under way that would be lost, and none holds the server back.
#[test]
fn a26_a_server_stops_at_once_whoever_is_connected() {
    let mut house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    machine.known();
    let mut open: Vec<TcpStream> = Vec::new();
    for door in ["console", "agents", "boot"] {
        let at = place(&house, door);
        for begun in [&b""[..], b"\x16\x03\x01\x02\x00\x01\x00", b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-"] {
            for _ in 0..5 {
                let mut socket = TcpStream::connect(&at).unwrap();
                socket.write_all(begun).unwrap();
                open.push(socket);
            }
        }
    }
    // One that has asked before and says nothing now, and one that listens to events.
    let mut kept = TcpStream::connect(place(&house, "console")).unwrap();
    kept.write_all(b"GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(kept.read(&mut [0; 16]).unwrap() > 0);
    open.push(kept);
    let mut events = TcpStream::connect(place(&house, "console")).unwrap();
    write!(events, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n", house.token).unwrap();
    let mut head = [0; 16];
    events.read_exact(&mut head).unwrap();
    assert_eq!(&head[..15], b"HTTP/1.1 200 OK");
    open.push(events);
    let waits = thread::spawn(move || machine.orders(0, 30).map(|o| o.orders.len()).map_err(|t| t.code()));
    let (stop, addresses) = (Arc::new(AtomicBool::new(false)), ["console", "agents", "boot"].map(|d| place(&house, d)));
    let coming = {
        let stop = stop.clone();
        thread::spawn(move || {
            let mut all = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                all.extend(addresses.iter().filter_map(|at| TcpStream::connect(at).ok()));
                thread::sleep(Duration::from_millis(2));
            }
            all.len()
        })
    };
    thread::sleep(Duration::from_millis(500));
    let begin = Instant::now();
    house.end();
    let took = begin.elapsed();
    stop.store(true, Ordering::Relaxed);
    assert!(coming.join().unwrap() > 50, "connections came in");
    assert!(took < Duration::from_secs(3), "it took {took:?}");
    assert_eq!(waits.join().unwrap(), Ok(0), "who waited for orders was answered");
    open.iter_mut().for_each(|socket| assert!(is_over(socket)));
}

/// What is under way ends well: a request that was begun before the server was told to stop is answered.
#[test]
fn a26_what_is_under_way_is_answered_before_the_server_stops() {
    let mut house = House::new();
    let mut socket = TcpStream::connect(place(&house, "console")).unwrap();
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\
                Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    socket.write_all(head.as_bytes()).unwrap();
    socket.write_all(b"name=nobody&").unwrap();
    thread::sleep(Duration::from_millis(300));
    let ends = thread::spawn(move || {
        thread::sleep(Duration::from_millis(700));
        socket.write_all(b"password=123456789").unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_string()
    });
    let begin = Instant::now();
    house.end();
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert_eq!(ends.join().unwrap(), "HTTP/1.1 422 Unprocessable Entity");
}

/// Whoever opens connections without end fills one door, and not the others.
#[test]
fn a26_a_door_that_is_full_is_the_only_one() {
    let house = House::new();
    // An eighth of what this process may open is this door's, and one end of each connection is the server's.
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(65_536).min(65_536);
    let places = files as usize / 8;
    let at = place(&house, "boot");
    let mut open: Vec<TcpStream> = (0..places + 50).filter_map(|_| TcpStream::connect(&at).ok()).collect();
    let status: serde_json::Value = house.get("/api/v1/status");
    assert!(status.is_object(), "the console answers");
    Machine::new(&house.agents(), house.pin, 1).hello().unwrap();
    thread::sleep(Duration::from_millis(300));
    let ended = open.iter_mut().filter(|socket| is_over_now(socket)).count();
    assert!((50..80).contains(&ended), "{ended} of {} connections have no place", open.len());
    drop(open);
    let begin = Instant::now();
    while house.http().get(house.url("boot", "/boot/boot.ipxe?mac=52:54:00:00:00:01")).send().is_err() {
        assert!(begin.elapsed() < Duration::from_secs(5), "the door is open again");
        thread::sleep(Duration::from_millis(50));
    }
}

fn is_over_now(socket: &TcpStream) -> bool {
    socket.set_nonblocking(true).unwrap();
    let mut socket = socket;
    match socket.read(&mut [0; 1]) {
        Ok(n) => n == 0,
        Err(e) => e.kind() != std::io::ErrorKind::WouldBlock,
    }
}
