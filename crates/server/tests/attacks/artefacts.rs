//! A1, A2, A5: what any computer on the network is given to start from, over every service that gives it, searched for
//! every secret that the server knows. The boot environment is built by the real builder, served by the real services.
use crate::{
    fake::Machine,
    house::House,
    secrets::{Secret, found_in, none_in, of},
};
use nix::sched::{CloneFlags, unshare};
use socle_boot::{
    dhcp::{MessageType, Op, Packet, options::code},
    environment::{Entry, Recipe, Tree, build},
};
use socle_domain::{
    Digest,
    keys::EnvironmentRelease,
    sign::{Signed, Signer},
};
use socle_server::{Config, config::BootMode};
use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, UdpSocket},
    path::PathBuf,
    process::Command,
    time::Duration,
};

/// The smallest program that is linked with nothing: an ELF header (System V ABI, chapter 4).
fn program() -> Vec<u8> {
    let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out.extend([2_u16, 62].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(1_u32.to_le_bytes());
    out.extend([0_u64; 3].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(0_u32.to_le_bytes());
    out.extend([64_u16, 0, 0, 64, 0, 0].iter().flat_map(|n| n.to_le_bytes()));
    out
}

/// A kernel's header as far as the builder looks at it.
fn kernel(version: &str) -> Vec<u8> {
    let mut bytes = vec![0; 0x400];
    bytes[0x202..0x206].copy_from_slice(b"HdrS");
    bytes[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
    bytes[0x300..0x300 + version.len()].copy_from_slice(version.as_bytes());
    bytes
}

/// Builds the boot environment of this server, as `socle bootenv build` does, with these public files besides.
fn environment(house: &House, more: &[(&str, Vec<u8>)]) {
    const VERSION: &str = "6.12.1-test";
    let parts = tempfile::tempdir().unwrap();
    let at = |name: &str| parts.path().join(name);
    fs::create_dir_all(at(VERSION).join("kernel")).unwrap();
    fs::write(at(VERSION).join("modules.builtin"), "kernel/fs/ext4/ext4.ko\n").unwrap();
    fs::write(at("vmlinuz"), kernel(VERSION)).unwrap();
    fs::write(at("agent"), program()).unwrap();
    fs::write(at("loader"), b"a network loader").unwrap();
    let told = serde_json::json!({
        "server": house.agents(), "pin": house.pin, "content_key": house.content().public(), "lang": "fr",
    });
    let mut public = BTreeMap::from([("etc/socle/agent.json".to_string(), serde_json::to_vec(&told).unwrap())]);
    public.extend(more.iter().map(|(name, bytes)| (name.to_string(), bytes.clone())));
    let out = house.data().join("boot-environment");
    let recipe = Recipe {
        kernel: at("vmlinuz"),
        modules: at(VERSION),
        agent: at("agent"),
        tools: Vec::new(),
        library_folders: Vec::new(),
        public,
        loader: Some(at("loader")),
        bios_loader: Some(at("loader")),
        served: BTreeMap::new(),
        uki: None,
        compression_level: 3,
        out: out.clone(),
    };
    let built = build(&recipe).unwrap();
    let manifest = Digest::of(&built.manifest_bytes);
    let release = EnvironmentRelease { manifest, at: house.now(), lowest: Default::default() };
    fs::write(out.join("release.json"), serde_json::to_vec(&Signed::new(&release, &house.content())).unwrap()).unwrap();
}

/// Everything in a file, whatever it is packed in: as it is, and where it is an initrd each of its files. A signed image
/// (PE) holds its initrd as one of its sections: each place where zstd's magic stands is tried.
fn unpacked(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![(name.to_string(), bytes.to_vec())];
    let starts = bytes.windows(4).enumerate().filter(|(_, w)| *w == b"\x28\xb5\x2f\xfd").map(|(at, _)| at);
    for at in starts {
        let mut plain = Vec::new();
        let Ok(decoder) = zstd::stream::read::Decoder::new(&bytes[at..]) else { continue };
        let mut decoder = decoder.single_frame();
        if std::io::Read::read_to_end(&mut decoder, &mut plain).is_err() {
            continue;
        }
        let Some(tree) = Tree::read(&plain) else {
            all.push((format!("{name}@{at}"), plain));
            continue;
        };
        for (path, entry) in tree.entries() {
            if let Entry::File { bytes, .. } = entry {
                all.push((format!("{name}!{path}"), bytes.clone()));
            }
        }
    }
    all
}

/// Does something on a network of its own, where only the loopback is: nobody else's ports are in the way. Needs root.
fn alone(act: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let up = unshare(CloneFlags::CLONE_NEWNET).is_ok()
            && Command::new("ip").args(["link", "set", "lo", "up"]).status().is_ok_and(|s| s.success());
        if !up {
            assert!(std::env::var_os("SOCLE_ALL_TESTS").is_none(), "needs root and network namespaces");
            println!("skipped: needs root and network namespaces");
            return;
        }
        act();
    });
    thread.join().unwrap();
}

/// A server that starts machines on the loopback: DHCP beside another server, TFTP, HTTP.
fn starting() -> House {
    let mut config = Config::default();
    config.boot.mode = BootMode::Proxy;
    config.boot.interface = Some("lo".into());
    House::with(config)
}

/// One file over TFTP, or nothing.
fn tftp(name: &str) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.send_to(&[b"\0\x01", name.as_bytes(), b"\0octet\0"].concat(), "127.0.0.1:69").unwrap();
    let (mut got, mut buffer) = (Vec::new(), [0; 600]);
    loop {
        let (n, peer) = socket.recv_from(&mut buffer).unwrap();
        match buffer[1] {
            3 => {
                got.extend_from_slice(&buffer[4..n]);
                socket.send_to(&[0, 4, buffer[2], buffer[3]], peer).unwrap();
                if n < 516 {
                    return Some(got);
                }
            }
            _ => return None,
        }
    }
}

/// What DHCP answers to a machine.
fn offer(mac: [u8; 6], class: &[u8], arch: u8) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut packet = Packet::new(Op::Request);
    packet.chaddr[..6].copy_from_slice(&mac);
    packet.ciaddr = Ipv4Addr::LOCALHOST;
    packet.options.set(code::MESSAGE_TYPE, [MessageType::Request as u8]);
    packet.options.set(code::VENDOR_CLASS, class);
    packet.options.set(code::ARCHITECTURE, [0, arch]);
    socket.send_to(&packet.encode(), "127.0.0.1:4011").unwrap();
    let mut buffer = [0; 1_500];
    let n = socket.recv(&mut buffer).ok()?;
    Some(buffer[..n].to_vec())
}

/// Names that somebody might guess, beside those that are served.
const GUESSED: &[&str] = &[
    "server.key",
    "tls.key",
    "vault.key",
    "content-key/content.key",
    "socle.db",
    "boot-environment/release.json",
    "../server.key",
    "..\\server.key",
    "/etc/shadow",
    "agent.json",
    "etc/socle/agent.json",
    "pxelinux.cfg/default",
    "Boot/BCD",
    "SMSBoot/x64/wdsnbp.com",
    "variables.dat",
];

/// Every file that is served, every answer of DHCP, everything that the folder holds for machines, unpacked.
fn everything(house: &House, guessed: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let folder = house.data().join("boot-environment");
    let mut names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    for name in &names {
        all.extend(unpacked(&format!("folder {name}"), &fs::read(folder.join(name)).unwrap()));
    }
    names.extend(["autoexec.ipxe".to_string()]);
    names.extend(guessed.iter().map(|n| n.to_string()));
    for name in &names {
        all.extend(tftp(name).into_iter().flat_map(|bytes| unpacked(&format!("TFTP {name}"), &bytes)));
        let answer = house.http().get(house.url("boot", &format!("/boot/{name}"))).send().unwrap();
        all.extend(unpacked(&format!("HTTP {name}"), &answer.bytes().unwrap()));
    }
    for (mac, class, arch) in [
        ([0x52, 0x54, 0, 0, 0, 1], &b"PXEClient:Arch:00007:UNDI:003016"[..], 7),
        ([0x52, 0x54, 0, 0, 0, 2], b"PXEClient:Arch:00000:UNDI:002001", 0),
        ([0x52, 0x54, 0, 0, 0, 3], b"HTTPClient:Arch:00016:UNDI:003001", 16),
    ] {
        all.extend(offer(mac, class, arch).map(|bytes| (format!("DHCP {arch}"), bytes)));
    }
    for asked in ["", "?mac=52:54:00:00:00:01", "?mac=52:54:00:00:00:99", "?uuid=11111111-2222-3333-4444-555555555555"]
    {
        let answer = house.http().get(house.url("boot", &format!("/boot/boot.ipxe{asked}"))).send().unwrap();
        all.push((format!("script {asked}"), answer.bytes().unwrap().to_vec()));
    }
    all
}

/// A machine with a session, a run, and a secret that somebody gave the server.
fn busy(house: &House) -> Vec<(&'static str, String)> {
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hints.serial = Some("SERIAL-OF-SOMEBODY".into());
    machine.hello().unwrap();
    let view = house.accept("poste-de-direction");
    let session = machine.known().session;
    house.start(&view, house.master());
    vec![("a machine's session", session), ("a machine's key", Digest(machine.key.seed()).to_string())]
}

#[test]
fn a1_every_boot_artefact_unpacked_holds_no_secret() {
    alone(|| {
        let house = starting();
        let others = busy(&house);
        environment(&house, &[]);
        let secrets = of(&house, &others.iter().map(|(n, s)| (*n, s.as_str())).collect::<Vec<_>>());
        assert!(secrets.len() >= 7, "the server's keys, its vault, its tokens: {:?}", secrets.iter().map(|s| &s.0));
        let all = everything(&house, GUESSED);
        for (place, bytes) in &all {
            none_in(&secrets, bytes, place);
        }
        // What was searched is what machines start from: each service gave it, and the initrd was opened.
        let is_there = |name: &str| all.iter().any(|(place, bytes)| place == name && !bytes.is_empty());
        for name in [
            "TFTP snponly.efi",
            "TFTP autoexec.ipxe",
            "HTTP vmlinuz",
            "HTTP initrd.img",
            "HTTP initrd.img!init",
            "HTTP initrd.img!etc/socle/agent.json",
            "folder initrd.img!etc/socle/agent.json",
            "DHCP 7",
            "script ?mac=52:54:00:00:00:01",
        ] {
            assert!(is_there(name), "{name} was not searched");
        }
        assert!(!all.iter().any(|(place, _)| place.starts_with("TFTP ") && GUESSED.contains(&&place[5..])), "guessed");
    });
}

/// The search finds what is there: a secret planted in each place and each form is found, and named.
#[test]
fn a1_a_planted_secret_is_found_wherever_it_is() {
    alone(|| {
        let house = starting();
        let others = busy(&house);
        let secrets = of(&house, &others.iter().map(|(n, s)| (*n, s.as_str())).collect::<Vec<_>>());
        let found = |more: &[(&str, Vec<u8>)]| -> Vec<String> {
            environment(&house, more);
            let all = everything(&house, &[]);
            let found = all.iter().filter_map(|(place, bytes)| Some((place, found_in(&secrets, bytes)?)));
            found.map(|(place, name)| format!("{name} in {place}")).collect()
        };
        assert_eq!(found(&[]), [] as [String; 0]);
        let session = others[0].1.clone().into_bytes();
        let server_key = raw(&secrets, "server.key");
        for (name, bytes) in [
            ("a machine's session", [b"token=", &session[..]].concat()),
            ("server.key", server_key.clone()),
            ("server.key", data_encoding::HEXUPPER.encode(&server_key).into_bytes()),
            ("server.key", data_encoding::BASE64.encode(&server_key).into_bytes()),
        ] {
            let found = found(&[("etc/socle/more", bytes)]);
            for place in ["HTTP initrd.img!etc/socle/more", "folder initrd.img!etc/socle/more"] {
                assert!(found.contains(&format!("{name} in {place}")), "{place}: {found:?}");
            }
        }
        // In a file that is not packed, and on the kernel's command line.
        environment(&house, &[]);
        let release = house.data().join("boot-environment/release.json");
        let mut text = fs::read(&release).unwrap();
        text.extend(&session);
        fs::write(&release, text).unwrap();
        let all = everything(&house, &[]);
        assert!(all.iter().any(|(p, b)| p == "folder release.json" && found_in(&secrets, b).is_some()));
    });
}

/// One secret as bytes.
fn raw(secrets: &[Secret], name: &str) -> Vec<u8> {
    let (_, forms) = secrets.iter().find(|(n, _)| n == name).expect("a secret of that name");
    forms.iter().find(|f| f.len() == 32).expect("its bytes").clone()
}

/// A2: there is no password to crack: what starts a machine asks for none and holds nothing that one could be tried on.
/// The same goes for the kernel's command line, which is the same for every machine and is what the configuration says.
#[test]
fn a2_nothing_that_starts_a_machine_asks_for_or_holds_a_password() {
    alone(|| {
        let house = starting();
        busy(&house);
        environment(&house, &[]);
        const WORDS: [&str; 9] =
            ["login", "password", "passwd", "hashcat", "shadow", "username", "credential", "--key", "imgtrust"];
        let mut scripts = 0;
        for (place, bytes) in everything(&house, &[]) {
            if bytes.starts_with(b"#!ipxe") {
                let text = String::from_utf8(bytes).expect("a script is text").to_lowercase();
                assert!(WORDS.iter().all(|w| !text.contains(w)), "{place}: {text}");
                scripts += 1;
            } else if place.contains("initrd.img!etc") {
                let text = String::from_utf8_lossy(&bytes).to_lowercase();
                assert!(WORDS.iter().all(|w| !text.contains(w)), "{place}: {text}");
            }
        }
        assert!(scripts >= 5, "{scripts}");
        let line = |mac: &str| {
            let script = house.script(mac);
            script.lines().find(|l| l.starts_with("kernel ")).map(str::to_string)
        };
        let known = line("52:54:00:00:00:01").expect("one with work starts the environment");
        assert_eq!(Some(known), line("52:54:00:00:00:99"), "the same for one that nobody knows");
    });
}

/// A5: guessing a machine's address, identifier or serial tells nothing of it: no name, no place, no serial, no run, no
/// key; not even another answer to a hello. What can be told is whether it would start its disk or the environment.
#[test]
fn a5_guessing_an_address_or_a_serial_yields_nothing() {
    alone(|| {
        let house = starting();
        let mut owner = Machine::new(&house.agents(), house.pin, 1);
        let uuid = "11111111-2222-3333-4444-555555555555";
        owner.hints.serial = Some("SERIAL-OF-SOMEBODY".into());
        owner.hints.uuid = Some(uuid.into());
        owner.facts.set("owner", "Camille Exemple");
        owner.hello().unwrap();
        let view = house.accept("poste-de-direction");
        owner.known();
        let run = house.start(&view, house.master());
        environment(&house, &[]);
        let own = [
            "SERIAL-OF-SOMEBODY".to_string(),
            "Camille Exemple".into(),
            "poste-de-direction".into(),
            view.id.to_string(),
            run.id.to_string(),
            owner.key.public().to_string(),
        ];
        let own: Vec<Secret> = own.into_iter().map(|text| (text.clone(), vec![text.into_bytes()])).collect();
        let mut asked = everything(&house, GUESSED);
        for query in [
            "mac=52:54:00:00:00:01".to_string(),
            format!("uuid={uuid}"),
            format!("mac=52:54:00:00:00:01&uuid={uuid}&serial=SERIAL-OF-SOMEBODY&asset=poste-de-direction"),
            "serial=SERIAL-OF-SOMEBODY".into(),
        ] {
            let answer = house.http().get(house.url("boot", &format!("/boot/boot.ipxe?{query}"))).send().unwrap();
            let headers = format!("{:?}", answer.headers()).into_bytes();
            asked.push((query.clone(), headers));
            asked.push((query, answer.bytes().unwrap().to_vec()));
        }
        // The same words said in a hello, by another key.
        let mut thief = Machine::new(&house.agents(), house.pin, 2);
        (thief.hints, thief.facts) = (owner.hints.clone(), owner.facts.clone());
        let mut stranger = Machine::new(&house.agents(), house.pin, 3);
        let said = |machine: &mut Machine| {
            let welcome = serde_json::to_value(machine.hello().unwrap()).unwrap();
            let mut welcome = welcome.as_object().unwrap().clone();
            // Six digits of its own key: they differ with the key and with nothing else.
            assert_eq!(welcome.remove("code").unwrap(), socle_trust::secret::code(&machine.key.public()));
            serde_json::Value::Object(welcome)
        };
        let (to_thief, to_stranger) = (said(&mut thief), said(&mut stranger));
        assert_eq!(to_thief, to_stranger, "who guesses right is told what who guesses wrong is told");
        asked.push(("hello".into(), to_thief.to_string().into_bytes()));
        for (place, bytes) in asked {
            none_in(&own, &bytes, &place);
        }
        // The owner's own conversation goes on.
        assert_eq!(owner.orders(0, 0).unwrap().orders.len(), 1);
    });
}

/// The same for the folder of any server, a real one or one of the laboratory: everything below its `boot-environment`,
/// unpacked, against every key and token of it. `SOCLE_DATA=FOLDER cargo test -p socle-server --test attacks a1_a_folder`
#[test]
fn a1_a_folder_that_somebody_names_is_searched_too() {
    let Some(server) = std::env::var_os("SOCLE_DATA").map(PathBuf::from) else {
        println!("skipped: SOCLE_DATA names no folder");
        return;
    };
    let secrets = crate::secrets::of_folder(&server);
    assert!(secrets.len() >= 3, "{}: keys to search for", server.display());
    let (mut searched, mut folders) = (Vec::new(), vec![server.join("boot-environment")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for (place, bytes) in unpacked(&path.display().to_string(), &fs::read(&path).unwrap()) {
                none_in(&secrets, &bytes, &place);
                searched.push((place, bytes.len()));
            }
        }
    }
    assert!(searched.iter().any(|(place, _)| place.ends_with("initrd.img!init")), "its initrd was opened");
    let bytes: usize = searched.iter().map(|(_, bytes)| bytes).sum();
    println!("{} secrets, {} files, {bytes} bytes: no secret in any", secrets.len(), searched.len());
}
