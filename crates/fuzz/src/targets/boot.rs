//! What happens on the wire before any of our code runs on a machine.
use socle_agent::network::dhcp::{Exchange, Reply};
use socle_boot::{
    Mac,
    environment::{fuzz_cpio, fuzz_elf, hardware::Tables},
    script::{Argument, Script, Url, autoexec},
};
use std::net::Ipv4Addr;

pub const DHCP_WORDS: &[&[u8]] = &[
    b"\x63\x82\x53\x63",
    b"\x35\x01\x01",
    b"\x35\x01\x03",
    b"\x35\x01\x04",
    b"\x35\x01\x07",
    b"\x35\x01\x08",
    b"\x34\x01\x01",
    b"\x34\x01\x02",
    b"\x34\x01\x03",
    b"\x39\x02\x05\xc0",
    b"\x32\x04\x0a\x00\x00\x64",
    b"\x36\x04\x0a\x00\x00\x01",
    b"\x3c\x20PXEClient:Arch:00007:UNDI:003016",
    b"\x3c\x20PXEClient:Arch:00000:UNDI:002001",
    b"\x3c\x21HTTPClient:Arch:00016:UNDI:003001",
    b"\x4d\x04iPXE",
    b"\x5d\x02\x00\x07",
    b"\x5d\x02\x00\x00",
    b"\x5e\x03\x01\x03\x10",
    b"\x61\x11\x00",
    b"\x2b\x06\x47\x04\x00\x00\x00\x00",
    b"\x52\x06\x01\x04\x01\x02\x03\x04",
    b"\xaf\x06\xb1\x05\x01\x1a\xf4\x10",
    b"\xff",
];

pub const TFTP_WORDS: &[&[u8]] = &[
    b"\x00\x01snponly.efi\x00octet\x00",
    b"blksize\x00",
    b"tsize\x000\x00",
    b"timeout\x001\x00",
    b"windowsize\x0064\x00",
    b"65464\x00",
    b"netascii\x00",
    b"\x00\x04\x00\x00",
    b"\x00\x04\x00\x01",
    b"\x00\x05\x00\x08",
    b"\x04\x00\x04\x00\x01",
    b"\x04\x00\x04\x00\x02",
    b"\x05\x00\x05\x00\x00\x00",
    b"../",
];

pub const SCRIPT_WORDS: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"${",
    b"}",
    b"||",
    b"&&",
    b";",
    b"#",
    b"\\",
    b"\"",
    b"http://",
    b"https://",
    b"[::1]",
    b" ",
    b"\t",
    b"52:54:00:00:00:01",
    b"console=ttyS0",
    b"\xe2\x80\xa8",
];

pub const INITRD_WORDS: &[&[u8]] =
    &[b"070701", b"TRAILER!!!\0", b"FFFFFFFF", b"00000000", b"\x7fELF\x02\x01\x01", b"alias=pci:v*", b"depends=", b"*"];

pub fn dhcp_server(bytes: &[u8]) {
    socle_boot::dhcp::fuzz_dhcp(bytes);
}

/// The first four bytes of an input are the exchange's number, so that an answer can be one to it.
pub fn dhcp_client(bytes: &[u8]) {
    let xid = bytes.get(4..8).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
    let mac = bytes.get(28..34).and_then(|b| b.try_into().ok()).unwrap_or_default();
    let exchange = Exchange { mac, xid };
    let Some(Reply::Offer(lease) | Reply::Ack(lease)) = exchange.read(bytes) else { return };
    assert!(lease.prefix_bits <= 32);
    assert!(lease.address != Ipv4Addr::UNSPECIFIED && !lease.address.is_multicast() && !lease.address.is_loopback());
    // What is taken is asked for in words that a server reads.
    for message in [exchange.request(&lease), exchange.renew(&lease)] {
        let packet = socle_boot::dhcp::Packet::decode(&message).expect("a message of ours");
        assert_eq!((packet.xid, packet.chaddr[..6] == mac), (xid, true));
    }
}

pub fn tftp(bytes: &[u8]) {
    socle_boot::tftp::fuzz_tftp(bytes);
}

/// Whatever is accepted as a word stays one: no line, no command and no value of its own comes of it.
pub fn script(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(mac) = text.parse::<Mac>() {
        assert_eq!(mac.to_string().parse(), Ok(mac));
    }
    let lines = |text: String| text.lines().count();
    let good = |text: &str| Url::new(text).expect("a good address");
    if let Ok(url) = Url::new(text.as_ref()) {
        assert_eq!(lines(autoexec(&url)), lines(autoexec(&good("http://a/b"))));
        let script = Script::Environment { kernel: url.clone(), initrd: url.clone(), arguments: vec![] };
        let plain = Script::Environment { kernel: good("http://a/k"), initrd: good("http://a/i"), arguments: vec![] };
        one_word(&script, &plain, &url.to_string());
        let again = |script| Script::AskAgain { script, seconds: 1 };
        one_word(&again(url.clone()), &again(good("http://a/b")), &url.to_string());
    }
    if let Ok(argument) = Argument::new(text.as_ref()) {
        let word = argument.to_string();
        let with = |argument| {
            let (kernel, initrd) = (good("http://a/k"), good("http://a/i"));
            Script::Environment { kernel, initrd, arguments: vec![argument] }
        };
        one_word(&with(argument), &with(Argument::new("quiet").expect("a good argument")), &word);
    }
}

/// A script with a word in it has as many lines and words as the same with a word that is good.
fn one_word(script: &Script, plain: &Script, word: &str) {
    let (text, plain) = (script.text().expect("short enough"), plain.text().expect("short enough"));
    let shape = |text: &str| text.lines().map(|line| line.split_whitespace().count()).collect::<Vec<_>>();
    assert_eq!(shape(&text), shape(&plain), "{text}");
    assert!(text.is_ascii() && !word.contains(['$', '#', '\\', '"', '\'', '`', ' ']), "{text}");
}

/// The first byte says which.
pub fn initrd(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 3 {
        0 => fuzz_cpio(rest),
        1 => fuzz_elf(rest),
        _ => {
            let text = String::from_utf8_lossy(rest);
            let mut parts = text.splitn(4, '\0');
            let mut part = || parts.next().unwrap_or_default();
            let (always, alias, load, asked) = (part(), part(), part(), part());
            let tables = Tables::read(always, alias, load);
            // Each module once: what is loaded can't be loaded for ever.
            let files = tables.asked_by(asked);
            assert!(files.iter().all(|f| files.iter().filter(|g| g == &f).count() == 1), "{files:?}");
        }
    }
}
