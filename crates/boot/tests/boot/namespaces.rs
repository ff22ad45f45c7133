//! Real bytes between real programs, in network namespaces of their own: `busybox udhcpc` and `curl` as machines,
//! `dnsmasq` as the DHCP server that we do not control. Needs root; says in one line what it lacks.
use crate::machine::{self, MAC};
use nix::sched::{CloneFlags, setns};
use socket2::{Domain, Protocol, Socket, Type};
use socle_boot::{
    BootEvent, Interface, Kind, Mac,
    dhcp::{Decision, Lease, MessageType, Mode, Packet, options::code},
    server::{Bound, Callers, Config, Ports, decide_with},
    tftp::Limits,
};
use std::{
    fs::{self, File},
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddrV4, UdpSocket},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

pub const FOREIGN: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

fn run(program: &str, words: &str) -> Option<String> {
    let output = Command::new(program).args(words.split_whitespace()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

pub fn must(words: &str) {
    assert!(run("ip", words).is_some(), "ip {words}");
}

/// A server's network on `br0` with a machine's `eth0` and another DHCP server on it, and the machine's `eth1` on
/// another interface of the server.
pub struct Net {
    name: String,
}

impl Net {
    pub fn new(test: &str) -> Option<Net> {
        let root = run("id", "-u").is_some_and(|id| id.trim() == "0");
        let net = Net { name: format!("socle-{test}-{}", std::process::id()) };
        if !root || run("ip", &format!("netns add {}", net.of("s"))).is_none() {
            assert!(std::env::var_os("SOCLE_ALL_TESTS").is_none(), "needs root and network namespaces");
            println!("skipped: needs root and network namespaces");
            return None;
        }
        let (s, m, f) = (net.of("s"), net.of("m"), net.of("f"));
        [&m, &f].iter().for_each(|n| must(&format!("netns add {n}")));
        [&s, &m, &f].iter().for_each(|n| must(&format!("-n {n} link set lo up")));
        must(&format!("-n {s} link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0"));
        must(&format!("-n {s} addr add 10.77.0.1/24 dev br0"));
        must(&format!("-n {s} link set br0 up"));
        for (port, far, name) in [("p1", &m, "eth0"), ("p2", &f, "eth0"), ("other0", &m, "eth1")] {
            must(&format!("-n {s} link add {port} type veth peer name {name} netns {far}"));
            must(&format!("-n {s} link set {port} up"));
            must(&format!("-n {far} link set {name} up"));
        }
        ["p1", "p2"].iter().for_each(|p| must(&format!("-n {s} link set {p} master br0")));
        must(&format!("-n {s} addr add 10.78.0.1/24 dev other0"));
        must(&format!("-n {f} addr add {FOREIGN}/24 dev eth0"));
        must(&format!("-n {m} link set eth0 address {MAC}"));
        Some(net)
    }

    pub fn of(&self, who: &str) -> String {
        format!("{}-{who}", self.name)
    }

    /// Does something in a namespace, on a thread of its own.
    pub fn within<T: Send + 'static>(
        &self,
        who: &str,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let file = File::open(format!("/run/netns/{}", self.of(who))).unwrap();
        thread::spawn(move || {
            setns(file, CloneFlags::CLONE_NEWNET).unwrap();
            act()
        })
    }

    pub fn exec(&self, who: &str, program: &str, words: &str) -> Option<String> {
        run("ip", &format!("netns exec {} {program} {words}", self.of(who)))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for who in ["s", "m", "f"] {
            run("ip", &format!("netns del {}", self.of(who)));
        }
    }
}

fn on_br0(mode: Mode) -> Config {
    Config {
        interface: "br0".into(),
        address: None,
        mode: Some(mode),
        files: machine::files(),
        leases: Vec::new(),
        ports: Ports::default(),
        tftp: Limits::default(),
    }
}

fn callers() -> Callers {
    Callers {
        files: Arc::new(|name: &str| (name == "snponly.efi").then(loader)),
        decide: decide_with(|_| async { Decision::Boot }),
        keep: Arc::new(|_| Ok(())),
        events: Arc::new(|_| ()),
        now: Arc::new(|| machine::NOW),
    }
}

pub struct Server {
    pub events: Arc<Mutex<Vec<BootEvent>>>,
    leases: Arc<Mutex<Vec<Lease>>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    pub fn start(net: &Net, mode: Mode) -> Server {
        let (events, leases): (Arc<Mutex<Vec<_>>>, Arc<Mutex<Vec<_>>>) = Default::default();
        let (told, kept) = (events.clone(), leases.clone());
        let config = on_br0(mode);
        let mut callers = callers();
        callers.keep = Arc::new(move |lease| {
            kept.lock().unwrap().push(lease.clone());
            Ok(())
        });
        callers.events = Arc::new(move |e| told.lock().unwrap().push(e));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let thread = net.within("s", move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let bound = Bound::bind(config, callers).unwrap();
                ready.send(()).unwrap();
                bound.run(async { drop(stopped.await) }).await;
            });
        });
        is_ready.recv().expect("the server has its ports");
        Server { events, leases, stop: Some(stop), thread: Some(thread) }
    }

    pub fn kinds(&self) -> Vec<Kind> {
        self.events.lock().unwrap().iter().map(|e| e.kind.clone()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        let ended = self.thread.take().map(|t| t.join());
        assert!(thread::panicking() || ended.is_some_and(|e| e.is_ok()));
    }
}

pub fn loader() -> Arc<[u8]> {
    (0..400_001u32).map(|i| (i / 3) as u8).collect()
}

/// A socket as firmware has it: port 68 of one interface, no address needed.
pub fn firmware(interface: &str) -> UdpSocket {
    on(interface, 68)
}

/// A socket on a port of one interface, that may speak to everybody there.
pub fn on(interface: &str, port: u16) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.set_broadcast(true).unwrap();
    socket.bind_device(Some(interface.as_bytes())).unwrap();
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into()).unwrap();
    socket.into()
}

/// Sends a message and collects what comes back, until `enough` answers or the time is over.
pub fn ask(
    interface: &str,
    packet: &Packet,
    to: SocketAddrV4,
    enough: usize,
    wait: Duration,
) -> Vec<(Packet, SocketAddrV4)> {
    let socket = firmware(interface);
    socket.send_to(&packet.encode(), to).unwrap();
    let (mut answers, end, mut buffer) = (Vec::new(), Instant::now() + wait, [0; 2000]);
    while answers.len() < enough {
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(left)).unwrap();
        match socket.recv_from(&mut buffer) {
            Ok((n, std::net::SocketAddr::V4(from))) => answers.push((Packet::decode(&buffer[..n]).unwrap(), from)),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            other => panic!("{other:?}"),
        }
    }
    answers
}

pub const EVERYBODY: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::BROADCAST, 67);

pub fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(5);
    while !is_there() {
        assert!(Instant::now() < end, "{what} does not come");
        thread::sleep(Duration::from_millis(20));
    }
}

struct Killed(Child);
impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn beside_a_foreign_dhcp_server() {
    let Some(net) = Net::new("proxy") else { return };
    let server = Server::start(&net, Mode::Proxy);
    let folder = tempfile::tempdir().unwrap();
    let leases = folder.path().join("leases");
    let foreign = Command::new("ip")
        .args(["netns", "exec", &net.of("f"), "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"])
        .args(["--pid-file=", "--interface=eth0", "--bind-interfaces", "--no-ping", "--log-facility=-", "--user=root"])
        .arg("--dhcp-range=10.77.0.100,10.77.0.200,255.255.255.0,1h")
        .arg(format!("--dhcp-leasefile={}", leases.display()))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let installed = run("dnsmasq", "--version").is_some();
    let _foreign = installed.then(|| Killed(foreign.unwrap()));
    if !installed {
        println!("without a foreign DHCP server: the program dnsmasq is not installed");
    }
    let wanted = if installed { 2 } else { 1 };
    let mut offers = Vec::new();
    for _try in 0..20 {
        let seconds = Duration::from_millis(500);
        offers = net
            .within("m", move || ask("eth0", &machine::pxe(MAC, MessageType::Discover), EVERYBODY, wanted, seconds))
            .join()
            .unwrap();
        if offers.len() == wanted {
            break; // dnsmasq takes a moment to start
        }
    }
    assert_eq!(offers.len(), wanted, "{offers:?}");
    let ours = offers.iter().find(|(p, _)| p.options.address(code::SERVER_ID) == Some(machine::SERVER));
    let (ours, from) = ours.expect("our offer");
    assert_eq!(*from, SocketAddrV4::new(machine::SERVER, 67));
    assert_eq!(
        (ours.yiaddr, ours.siaddr, &ours.file[..]),
        (Ipv4Addr::UNSPECIFIED, machine::SERVER, &b"snponly.efi"[..])
    );
    if installed {
        let theirs = offers.iter().find(|(_, from)| *from.ip() == FOREIGN).expect("the other server's offer");
        assert_eq!(theirs.0.yiaddr.octets()[..3], [10, 77, 0]);
    }

    must(&format!("-n {} addr add 10.77.0.150/24 dev eth0", net.of("m")));
    let again = net.within("m", || {
        let mut packet = machine::pxe(MAC, MessageType::Request);
        packet.ciaddr = Ipv4Addr::new(10, 77, 0, 150);
        ask("eth0", &packet, SocketAddrV4::new(machine::SERVER, 4011), 1, Duration::from_secs(3))
    });
    let (ack, from) = again.join().unwrap().pop().expect("an answer on 4011");
    assert_eq!(from, SocketAddrV4::new(machine::SERVER, 4011));
    assert_eq!((ack.message_type(), &ack.file[..]), (Some(MessageType::Ack), &b"snponly.efi"[..]));

    // The machine's other card is on another interface of the server: nobody answers there.
    const ELSEWHERE: Mac = Mac([0x52, 0x54, 0, 0, 0, 9]);
    let elsewhere = net.within("m", || {
        let packet = machine::pxe(ELSEWHERE, MessageType::Discover);
        ask("eth1", &packet, EVERYBODY, 1, Duration::from_millis(400))
    });
    assert_eq!(elsewhere.join().unwrap(), []);
    assert!(server.events.lock().unwrap().iter().all(|e| e.mac != Some(ELSEWHERE)), "not even heard");
}

#[test]
fn the_only_dhcp_server_of_a_lab() {
    let Some(net) = Net::new("full") else { return };
    let server = Server::start(&net, Mode::Full(machine::range()));
    let folder = tempfile::tempdir().unwrap();
    let (script, got) = (folder.path().join("script"), folder.path().join("got"));
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = bound ] && ip addr replace $ip/$mask dev eth0 && echo \"$ip $mask $router $siaddr $boot_file $lease\" >> {}\nexit 0\n",
        got.display()
    );
    fs::write(&script, text).unwrap();
    run("chmod", &format!("755 {}", script.display())).unwrap();
    let udhcpc = |more: &str| {
        let words = format!("udhcpc -i eth0 -f -n -q -t 5 -T 1 -s {} {more}", script.display());
        net.exec("m", "busybox", &words)
    };
    if run("busybox", "udhcpc --help").is_none() && run("busybox", "true").is_none() {
        println!("without udhcpc: the program busybox is not installed");
    } else {
        udhcpc("").expect("udhcpc gets an address");
        udhcpc("-V PXEClient:Arch:00007:UNDI:003016 -x 0x5d:0007").expect("udhcpc gets it again");
        let lines: Vec<_> = fs::read_to_string(&got).unwrap().lines().map(String::from).collect();
        let address = lines[0].split(' ').next().unwrap();
        assert_eq!(lines[0], format!("{address} 24 10.77.0.1   3600"));
        assert_eq!(
            lines[1],
            format!("{address} 24 10.77.0.1 10.77.0.1 snponly.efi 3600"),
            "the same address, and a file"
        );
        let leases = server.leases.lock().unwrap().clone();
        assert!(leases.iter().all(|l| l.mac == MAC && l.address.to_string() == address), "{leases:?}");
        assert!(leases.len() >= 2, "kept before it is given");
        // Told to stop, it gives its address back.
        let child = Command::new("ip")
            .args(["netns", "exec", &net.of("m"), "busybox", "udhcpc", "-i", "eth0", "-f", "-n", "-R", "-s"])
            .arg(&script)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let child = Killed(child.unwrap());
        wait_for("a third lease", || fs::read_to_string(&got).unwrap().lines().count() == 3);
        run("kill", &format!("-TERM {}", child.0.id())).unwrap();
        wait_for("its release", || server.kinds().iter().any(|k| matches!(k, Kind::AddressReleased { .. })));
    }

    must(&format!("-n {} addr flush dev eth0", net.of("m")));
    must(&format!("-n {} addr add 10.77.0.150/24 dev eth0", net.of("m")));
    let file = folder.path().join("file");
    let fetch = |program: &str, words: &[&str]| {
        if run(program, "--version").is_none() && run(program, "-V").is_none() {
            println!("without {program}: it is not installed");
            return;
        }
        let _ = fs::remove_file(&file);
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &net.of("m"), program]).args(words).arg(&file);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{program} {words:?}: {output:?}");
        assert!(fs::read(&file).unwrap()[..] == *loader(), "{program} {words:?}");
    };
    let url = "tftp://10.77.0.1/snponly.efi";
    fetch("curl", &["-sS", "--fail", "--max-time", "20", url, "-o"]);
    fetch("curl", &["-sS", "--fail", "--max-time", "20", "--tftp-no-options", url, "-o"]);
    fetch(
        "atftp",
        &["--option", "windowsize 8", "--option", "blksize 1468", "-g", "-r", "snponly.efi", "10.77.0.1", "-l"],
    );
    assert!(!server.kinds().iter().any(|k| matches!(k, Kind::FileFailed { .. })), "{:?}", server.kinds());

    // A second server finds the ports taken, and says which.
    let second = net.within("s", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _inside = runtime.enter();
        let busy = |port: u16| {
            let taken = Ports { dhcp: 1067, boot_server: 1411, tftp: 1069, ..Ports::default() };
            let ports = match port {
                67 => Ports { dhcp: 67, ..taken },
                69 => Ports { tftp: 69, ..taken },
                _ => Ports { boot_server: 4011, ..taken },
            };
            let fault = Bound::bind(Config { ports, ..on_br0(Mode::Proxy) }, callers()).err().expect("busy");
            assert!(fault.is("boot-port-busy") && fault.to_string().contains(&port.to_string()), "{fault}");
        };
        [67, 69, 4011].into_iter().for_each(busy);
    });
    second.join().unwrap();

    // A magic packet reaches whoever sleeps on that network.
    let (ready, is_ready) = mpsc::channel();
    let sleeper = net.within("m", move || {
        let socket = UdpSocket::bind("0.0.0.0:9").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        ready.send(()).unwrap();
        let mut buffer = [0; 200];
        let n = socket.recv(&mut buffer).unwrap();
        buffer[..n].to_vec()
    });
    is_ready.recv().unwrap();
    let sent = net.within("s", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { socle_boot::wake::wake(&Interface::find("br0").unwrap(), MAC, None).await })
    });
    sent.join().unwrap().unwrap();
    assert_eq!(sleeper.join().unwrap(), socle_boot::wake::magic_packet(MAC, None));
}
