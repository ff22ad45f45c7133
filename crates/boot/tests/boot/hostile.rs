//! Who lies, shouts or stands elsewhere on the network: real sockets in namespaces of their own. Needs root.
use crate::{
    machine::{self, MAC, SERVER},
    namespaces::{EVERYBODY, FOREIGN, Net, Server, ask, firmware, loader, must, on, wait_for},
};
use socle_boot::{
    Kind, Mac, Why,
    dhcp::{MessageType, Mode, Op, Packet, options::code},
};
use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const SHORT: Duration = Duration::from_millis(300);

fn mac(n: u32) -> Mac {
    let [a, b, c, d] = n.to_be_bytes();
    Mac([0x52, 0x54, a, b, c, d])
}

/// What a rogue server says to a request: an address of its own, itself as the boot server, its own loader.
fn lie(request: &Packet, kind: MessageType, named: Ipv4Addr) -> Packet {
    let mut packet = Packet::new(Op::Reply);
    packet.xid = request.xid;
    packet.chaddr = request.chaddr;
    packet.yiaddr = Ipv4Addr::new(10, 77, 0, 66);
    packet.siaddr = FOREIGN;
    packet.file = b"evil.efi".to_vec();
    packet.options.set(code::MESSAGE_TYPE, [kind as u8]);
    packet.options.set(code::SERVER_ID, named.octets());
    packet.options.set(code::VENDOR_CLASS, &b"PXEClient"[..]);
    packet
}

/// A10: a rogue DHCP server answers everything at once, also in our name, and talks to us as if we were a machine. What we
/// answer, give and keep is what it was without it.
#[test]
fn a10_a_rogue_dhcp_server_changes_nothing_of_ours() {
    let Some(net) = Net::new("rogue") else { return };
    let server = Server::start(&net, Mode::Full(machine::range()));
    let (stop, lies) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let rogue = {
        let (stop, lies) = (stop.clone(), lies.clone());
        net.within("f", move || {
            let socket = on("eth0", 67);
            socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let mut buffer = [0; 2_000];
            while !stop.load(Ordering::Relaxed) {
                let Ok((n, _)) = socket.recv_from(&mut buffer) else { continue };
                let Ok(request) = Packet::decode(&buffer[..n]) else { continue };
                if request.op != Op::Request {
                    continue;
                }
                for kind in [MessageType::Offer, MessageType::Ack, MessageType::Nak] {
                    for named in [FOREIGN, SERVER] {
                        let bytes = lie(&request, kind, named).encode();
                        for to in [(Ipv4Addr::BROADCAST, 68), (Ipv4Addr::BROADCAST, 67), (SERVER, 67), (SERVER, 4011)] {
                            socket.send_to(&bytes, to).unwrap();
                            lies.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            }
        })
    };
    // The machine hears both; what comes from us is told by where it comes from.
    let ours = |kind: MessageType, wished: Option<Ipv4Addr>| -> Vec<Packet> {
        let asked = net.within("m", move || {
            let mut packet = machine::pxe(MAC, kind);
            if let Some(address) = wished {
                packet.options.set(code::REQUESTED_ADDRESS, address.octets());
                packet.options.set(code::SERVER_ID, SERVER.octets());
            }
            ask("eth0", &packet, EVERYBODY, 20, SHORT)
        });
        asked.join().unwrap().into_iter().filter(|(_, from)| *from.ip() == SERVER).map(|(p, _)| p).collect()
    };
    let offers = ours(MessageType::Discover, None);
    let [offer] = &offers[..] else { panic!("{offers:?}") };
    let given = offer.yiaddr;
    assert_eq!((&offer.file[..], offer.siaddr), (&b"snponly.efi"[..], SERVER));
    let acks = ours(MessageType::Request, Some(given));
    let [ack] = &acks[..] else { panic!("{acks:?}") };
    assert_eq!((ack.message_type(), ack.yiaddr, ack.siaddr), (Some(MessageType::Ack), given, SERVER));
    // Again, after all that was said in between: the same address still.
    assert_eq!(ours(MessageType::Discover, None)[0].yiaddr, given);
    stop.store(true, Ordering::Relaxed);
    rogue.join().unwrap();
    assert!(lies.load(Ordering::Relaxed) >= 24, "the rogue server was there");
    let kinds = server.kinds();
    let of_machine = |k: &Kind| matches!(k, Kind::AddressOffered { given: g, .. } | Kind::AddressGiven { given: g, .. } if *g == given);
    assert!(kinds.iter().all(of_machine), "nothing was done for the rogue server: {kinds:?}");
}

/// A10: somebody else on the network answers in a transfer, with every word that could end or change it.
#[test]
fn a10_a_lying_tftp_peer_changes_no_transfer() {
    let Some(net) = Net::new("liar") else { return };
    let server = Server::start(&net, Mode::Proxy);
    must(&format!("-n {} addr add 10.77.0.150/24 dev eth0", net.of("m")));
    let (tell, told) = std::sync::mpsc::channel::<SocketAddr>();
    let liar = net.within("f", move || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        let transfer = told.recv().unwrap();
        for block in 0..600_u16 {
            let ack = [[0, 4], block.to_be_bytes()].concat();
            for lie in [&ack[..], b"\0\x05\0\0stop\0", b"\0\x01other\0octet\0", b"\0\x03\0\x01evil", b"", b"\xff\xff"] {
                // The port is closed to it: the kernel may say so.
                let _ = socket.send_to(lie, transfer);
            }
        }
    });
    let got = net.within("m", move || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket.send_to(b"\0\x01snponly.efi\0octet\0blksize\x001024\0", (SERVER, 69)).unwrap();
        let mut buffer = [0; 2_000];
        let (_, peer) = socket.recv_from(&mut buffer).unwrap();
        tell.send(peer).unwrap();
        socket.send_to(&[0, 4, 0, 0], peer).unwrap();
        let mut got = Vec::new();
        loop {
            let (n, from) = socket.recv_from(&mut buffer).unwrap();
            assert_eq!(from, peer, "nobody else speaks in our name");
            assert_eq!(buffer[..2], [0, 3]);
            let block = u16::from_be_bytes([buffer[2], buffer[3]]);
            if usize::from(block) == got.len() / 1_024 + 1 {
                got.extend_from_slice(&buffer[4..n]);
            }
            socket.send_to(&[[0, 4], block.to_be_bytes()].concat(), peer).unwrap();
            if n < 4 + 1_024 {
                return got;
            }
        }
    });
    assert!(got.join().unwrap()[..] == *loader());
    liar.join().unwrap();
    wait_for("the end of the transfer", || server.kinds().iter().any(|k| matches!(k, Kind::FileSent { .. })));
    assert!(!server.kinds().iter().any(|k| matches!(k, Kind::FileFailed { .. })), "{:?}", server.kinds());
}

/// A machine that asks without end is heard a few times in each window; the others as if it were not there.
#[test]
fn a26_a_machine_gone_mad_is_heard_seldom_and_the_others_as_before() {
    let Some(net) = Net::new("mad") else { return };
    let server = Server::start(&net, Mode::Proxy);
    let begin = Instant::now();
    let flood = net.within("m", || {
        let socket = firmware("eth0");
        let bytes = machine::pxe(MAC, MessageType::Discover).encode();
        for n in 0..20_000 {
            // A full queue of the interface is no failure of the test.
            let _ = socket.send_to(&bytes, EVERYBODY);
            if n % 500 == 0 {
                thread::sleep(Duration::from_millis(2));
            }
        }
    });
    const OTHER: u32 = 0x77;
    let answered = (0..20).find(|_| {
        let asked = net.within("f", || {
            ask("eth0", &machine::pxe(mac(OTHER), MessageType::Discover), EVERYBODY, 1, Duration::from_millis(250))
        });
        asked.join().unwrap().iter().any(|(p, _)| p.mac() == Some(mac(OTHER)))
    });
    flood.join().unwrap();
    assert!(answered.is_some(), "another machine is answered meanwhile");
    thread::sleep(SHORT);
    let windows = begin.elapsed().as_secs() / socle_boot::rates::WINDOW_SECONDS + 2;
    let events = server.events.lock().unwrap();
    let of_mad = events.iter().filter(|e| e.mac == Some(MAC)).count() as u64;
    assert!(of_mad <= 41 * windows, "{of_mad} answers and words for one machine");
    let too_often = |e: &&socle_boot::BootEvent| e.kind == Kind::Silent { why: Why::TooOften };
    let said = events.iter().filter(too_often).count() as u64;
    assert!((1..=windows).contains(&said), "said once in each window: {said}");
}

/// What somebody writes into a message as his address is not where our answer goes, unless it came from there.
#[test]
fn a26_an_answer_is_sent_to_no_address_that_a_message_makes_up() {
    let Some(net) = Net::new("reflect") else { return };
    let _server = Server::start(&net, Mode::Proxy);
    must(&format!("-n {} route add default via {FOREIGN}", net.of("s")));
    let asked = net.within("m", || {
        let mut packet = machine::pxe(MAC, MessageType::Discover);
        packet.ciaddr = Ipv4Addr::new(198, 51, 100, 7);
        ask("eth0", &packet, EVERYBODY, 1, Duration::from_secs(2))
    });
    let answers = asked.join().unwrap();
    assert_eq!(answers.len(), 1, "it stays on its network, where everybody hears it");
}

/// Nothing is answered through another interface, even to who knows our address and sends to it.
#[test]
fn nobody_is_answered_through_another_interface() {
    let Some(net) = Net::new("other") else { return };
    let server = Server::start(&net, Mode::Full(machine::range()));
    let m = net.of("m");
    must(&format!("-n {m} addr add 10.78.0.2/24 dev eth1"));
    must(&format!("-n {m} route add {SERVER} via 10.78.0.1"));
    let answers = net.within("m", || {
        let socket = UdpSocket::bind("10.78.0.2:0").unwrap();
        socket.set_read_timeout(Some(SHORT)).unwrap();
        let mut packet = machine::pxe(mac(9), MessageType::Request);
        packet.ciaddr = Ipv4Addr::new(10, 78, 0, 2);
        let dhcp = packet.encode();
        let asked: [(&[u8], u16); 3] = [(&dhcp, 67), (&dhcp, 4011), (b"\0\x01snponly.efi\0octet\0", 69)];
        let mut buffer = [0; 2_000];
        asked
            .into_iter()
            .filter(|(bytes, port)| {
                let _ = socket.send_to(bytes, SocketAddrV4::new(SERVER, *port));
                socket.recv_from(&mut buffer).is_ok()
            })
            .map(|(_, port)| port)
            .collect::<Vec<_>>()
    });
    assert_eq!(answers.join().unwrap(), [] as [u16; 0]);
    assert!(server.events.lock().unwrap().is_empty(), "not even heard");
}

/// A11: flaws of a firmware's IPv6 stack are met by nothing of ours: no service of ours listens there.
#[test]
fn a11_nothing_of_the_boot_services_listens_on_ipv6() {
    let Some(net) = Net::new("six") else { return };
    let _server = Server::start(&net, Mode::Full(machine::range()));
    let read = |file: &'static str| {
        let within = net.within("s", move || std::fs::read_to_string(format!("/proc/thread-self/net/{file}")).unwrap());
        within.join().unwrap().lines().skip(1).count()
    };
    assert!(read("udp") >= 3, "DHCP, the boot server and TFTP, over IPv4");
    assert_eq!((read("udp6"), read("tcp6")), (0, 0));
}

/// TFTP has its own measures: requests and bytes of one address within ten seconds.
#[test]
fn a26_tftp_gives_one_address_only_so_much() {
    let Some(net) = Net::new("tftp") else { return };
    let server = Server::start(&net, Mode::Proxy);
    must(&format!("-n {} addr add 10.77.0.150/24 dev eth0", net.of("m")));
    let answered = net.within("m", || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_read_timeout(Some(SHORT)).unwrap();
        let mut buffer = [0; 2_000];
        let mut answered = 0;
        for _ in 0..300 {
            socket.send_to(b"\0\x01no-such-file\0octet\0", (SERVER, 69)).unwrap();
            match socket.recv_from(&mut buffer) {
                Ok(_) => answered += 1,
                Err(_) => break,
            }
        }
        answered
    });
    let answered = answered.join().unwrap();
    // Two windows at most, where the test began at the end of one.
    assert!((100..=200).contains(&answered), "{answered}");
    let why = |k: &Kind| matches!(k, Kind::FileFailed { why: Why::TooOften, .. });
    assert!((1..=2).contains(&server.kinds().iter().filter(|k| why(k)).count()), "said once");
}

/// A flood of datagrams at the server's port and at the very port of a transfer: the honest machine acknowledges block after
/// block and has its file, no block is sent more often than it asks for, and the flood is answered as often as one sender is.
#[test]
fn a26_an_honest_transfer_goes_on_while_somebody_floods() {
    let Some(net) = Net::new("flood") else { return };
    let server = Server::start(&net, Mode::Proxy);
    must(&format!("-n {} addr add 10.77.0.150/24 dev eth0", net.of("m")));
    let begin = Instant::now();
    let (tell, told) = std::sync::mpsc::channel::<SocketAddr>();
    let done = Arc::new(AtomicBool::new(false));
    let flood = {
        let done = done.clone();
        net.within("f", move || {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            socket.set_nonblocking(true).unwrap();
            let transfer = told.recv().unwrap();
            let (mut sent, mut answers, mut buffer) = (0_u32, 0_u32, [0; 2_000]);
            // Until the honest machine is done, and at least so much that the limits are met.
            while !done.load(Ordering::Relaxed) || sent < 20_000 {
                for lie in [&b"\0\x01no-such-file\0octet\0"[..], &[0, 4, 0, 9], b"\0\x05\0\0stop\0"] {
                    // A full queue of the interface is no failure of the test, nor the kernel's word that a port is closed.
                    for to in [(SERVER, 69).into(), transfer] {
                        let _ = socket.send_to(lie, to);
                    }
                    sent += 2;
                }
                while socket.recv_from(&mut buffer).is_ok() {
                    answers += 1;
                }
                if sent % 600 == 0 {
                    thread::sleep(Duration::from_millis(1));
                }
            }
            thread::sleep(SHORT);
            while socket.recv_from(&mut buffer).is_ok() {
                answers += 1;
            }
            (sent, answers)
        })
    };
    let honest = net.within("m", move || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.set_read_timeout(Some(SHORT)).unwrap();
        let mut buffer = [0; 2_000];
        // What is lost on a full line is asked for again, as firmware does.
        let mut hear = |word: &[u8], to: SocketAddr, again: &mut u32| {
            (0..200).find_map(|n| {
                if n > 0 || !word.is_empty() {
                    socket.send_to(word, to).unwrap();
                }
                *again += u32::from(n > 0);
                let (n, from) = socket.recv_from(&mut buffer).ok()?;
                Some((buffer[..n].to_vec(), from))
            })
        };
        let mut again = 0;
        let asked = b"\0\x01snponly.efi\0octet\0blksize\x001024\0";
        let (_, peer) = hear(asked, (SERVER, 69).into(), &mut again).expect("an answer");
        tell.send(peer).unwrap();
        let (mut got, mut block, mut datagrams) = (Vec::new(), 0_u16, 0_u32);
        loop {
            let ack = [[0, 4], block.to_be_bytes()].concat();
            let (said, from) = hear(&ack, peer, &mut again).expect("the next block");
            assert_eq!((from, &said[..2]), (peer, &[0, 3][..]), "nobody else speaks in our name");
            datagrams += 1;
            if said[2..4] == (block + 1).to_be_bytes() {
                block += 1;
                got.extend_from_slice(&said[4..]);
                if said.len() < 4 + 1_024 {
                    socket.send_to(&[[0, 4], block.to_be_bytes()].concat(), peer).unwrap();
                    return (got, u32::from(block), datagrams, again);
                }
            }
        }
    });
    let (got, blocks, datagrams, again) = honest.join().unwrap();
    done.store(true, Ordering::Relaxed);
    let (sent, answers) = flood.join().unwrap();
    assert!(got[..] == *loader());
    // One datagram for each block, one more for each that the machine asked for again; the server's own patience (a second)
    // may add as many once more.
    assert!(datagrams <= blocks + 2 * again, "{datagrams} datagrams for {blocks} blocks, {again} asked for again");
    let windows = begin.elapsed().as_secs() / socle_boot::rates::WINDOW_SECONDS + 2;
    let most = u64::from(socle_boot::tftp::Limits::default().requests_per_address as u32) * windows;
    assert!(u64::from(answers) <= most, "{answers} answers to {sent} datagrams");
    wait_for("the end of the transfer", || server.kinds().iter().any(|k| matches!(k, Kind::FileSent { .. })));
    let mine = |k: &&Kind| matches!(k, Kind::FileFailed { file, .. } if file == "snponly.efi");
    assert_eq!(server.kinds().iter().filter(mine).count(), 0, "{:?}", server.kinds());
}
