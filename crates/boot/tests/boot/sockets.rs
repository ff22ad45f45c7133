//! The real server on real sockets of this machine (loopback, ports above 1024).
use socle_boot::{
    BootEvent, Kind, Why,
    dhcp::Decision,
    server::{Bound, Callers, Config, Ports, decide_with},
    tftp::{Files, Limits},
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::UdpSocket;

fn files() -> Arc<dyn Files> {
    let loader: Arc<[u8]> = (0..300_000u32).map(|i| (i / 7) as u8).collect();
    Arc::new(move |name: &str| (name == "snponly.efi").then(|| loader.clone()))
}

struct Lab {
    server: SocketAddr,
    events: Arc<Mutex<Vec<BootEvent>>>,
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Lab {
    fn start(limits: Limits) -> Lab {
        let events: Arc<Mutex<Vec<BootEvent>>> = Arc::default();
        let told = events.clone();
        let config = Config {
            interface: "lo".into(),
            address: None,
            mode: None,
            files: crate::machine::files(),
            leases: Vec::new(),
            ports: Ports { tftp: 0, ..Ports::default() },
            tftp: limits,
        };
        let callers = Callers {
            files: files(),
            decide: decide_with(|_| async { Decision::Boot }),
            keep: Arc::new(|_| Ok(())),
            events: Arc::new(move |e| told.lock().unwrap().push(e)),
            now: Arc::new(|| crate::machine::NOW),
        };
        let bound = Bound::bind(config, callers).unwrap();
        let server = SocketAddr::from((bound.interface().address, bound.tftp_port().unwrap()));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(bound.run(async {
            let _ = stopped.await;
        }));
        Lab { server, events, stop, task }
    }

    async fn end(self) -> Vec<Kind> {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), self.task).await.expect("it stops").unwrap();
        let events = self.events.lock().unwrap();
        events.iter().map(|e| e.kind.clone()).collect()
    }
}

async fn ask(server: SocketAddr, request: &[u8]) -> (UdpSocket, Vec<u8>, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(request, server).await.unwrap();
    let (answer, from) = hear(&socket).await;
    (socket, answer, from)
}

async fn hear(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = [0; 2000];
    let heard = tokio::time::timeout(Duration::from_secs(5), socket.recv_from(&mut buffer));
    let (n, from) = heard.await.expect("an answer in time").unwrap();
    (buffer[..n].to_vec(), from)
}

#[tokio::test]
async fn a_file_is_served_in_windows() {
    let lab = Lab::start(Limits::default());
    let (socket, answer, peer) =
        ask(lab.server, b"\0\x01snponly.efi\0octet\0blksize\x001468\0windowsize\x008\0tsize\x000\0").await;
    assert_eq!(answer, b"\0\x06blksize\x001468\0tsize\x00300000\0windowsize\x008\0");
    assert_ne!(peer, lab.server, "a transfer has a port of its own");
    socket.send_to(&[0, 4, 0, 0], peer).await.unwrap();
    let mut got = Vec::new();
    let mut block = 0u16;
    loop {
        let (data, _) = hear(&socket).await;
        block += 1;
        assert_eq!(data[..4], [[0, 3], block.to_be_bytes()].concat());
        got.extend_from_slice(&data[4..]);
        let last = data.len() < 1472;
        if last || block.is_multiple_of(8) {
            socket.send_to(&[[0, 4], block.to_be_bytes()].concat(), peer).await.unwrap();
        }
        if last {
            break;
        }
    }
    assert!(got[..] == *files().find("snponly.efi").unwrap());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let kinds = lab.end().await;
    assert!(matches!(&kinds[..], [Kind::FileSent { bytes: 300_000, blocks_again: 0, .. }]), "{kinds:?}");
}

#[tokio::test]
async fn names_reach_no_filesystem_and_nothing_is_written() {
    let lab = Lab::start(Limits::default());
    for name in ["../../etc/passwd", "/etc/passwd", "", "snponly.efi/", "SNPONLY.EFI"] {
        let request = [b"\0\x01", name.as_bytes(), b"\0octet\0"].concat();
        let (_, answer, _) = ask(lab.server, &request).await;
        assert_eq!(answer[..4], [0, 5, 0, 1], "{name}");
    }
    let (_, answer, _) = ask(lab.server, b"\0\x02x\0octet\0").await;
    assert_eq!(answer[..4], [0, 5, 0, 2]);
    let (_, answer, _) = ask(lab.server, b"\0\x01snponly.efi\0netascii\0").await;
    assert_eq!(answer[..4], [0, 5, 0, 4]);
    let kinds = lab.end().await;
    assert_eq!(kinds.iter().filter(|k| matches!(k, Kind::FileMissing { .. })).count(), 5);
    assert!(kinds.contains(&Kind::FileFailed { file: String::new(), why: Why::ReadOnly }));
}

#[tokio::test]
async fn no_more_at_once_than_allowed_and_a_repeated_request_counts_once() {
    let lab = Lab::start(Limits { transfers_per_address: 2, ..Limits::default() });
    let request = b"\0\x01/snponly.efi\0octet\0";
    let (first, ..) = ask(lab.server, request).await;
    first.send_to(request, lab.server).await.unwrap();
    let _second = ask(lab.server, request).await;
    let (_, answer, from) = ask(lab.server, request).await;
    assert_eq!((&answer[..4], from), (&[0, 5, 0, 0][..], lab.server));
    // Told to stop, the server says so to those who wait.
    let (stop, task) = (lab.stop, lab.task);
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), task).await.expect("it stops").unwrap();
    assert_eq!(hear(&first).await.0[..4], [0, 5, 0, 0]);
    let events = lab.events.lock().unwrap();
    let count = |w: Why| events.iter().filter(|e| matches!(&e.kind, Kind::FileFailed { why, .. } if *why == w)).count();
    assert_eq!((count(Why::Busy), count(Why::Stopping)), (1, 2));
}

#[tokio::test]
async fn an_interface_that_is_not_there_is_named_with_those_that_are() {
    let fault = socle_boot::Interface::find("eth99").unwrap_err();
    assert!(fault.is("boot-interface-missing"));
    let text = socle_texts::tell(socle_texts::Lang::En, &fault);
    assert!(text.contains("eth99") && text.contains("lo"), "{text}");
    let lo = socle_boot::Interface::find("lo").unwrap();
    assert_eq!((lo.address.to_string(), lo.prefix_bits), ("127.0.0.1".into(), 8));
    assert_eq!(lo.broadcast().to_string(), "127.255.255.255");
}
