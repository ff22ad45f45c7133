//! `socle doctor` in network namespaces with real DHCP servers: none, one, a rogue beside it, only a proxy, our own; a
//! firewall that is shut; a machine that is refused. Needs root, `ip` and `dnsmasq`; says in one line what it lacks.
use crate::program::{SOCLE, Server};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Namespaces: the server's, two DHCP servers', a machine's.
const WHO: [&str; 4] = ["s", "a", "b", "m"];
const MAC: &str = "52:54:00:00:00:0b";

fn run(program: &str, words: &str) -> bool {
    let output = Command::new(program).args(words.split_whitespace()).output();
    output.is_ok_and(|o| o.status.success())
}

struct Net(String);

impl Net {
    /// `br0` of the server with three ports: 10.77.0.1 on it, 10.77.0.2 behind the first, 192.168.1.1 behind the second.
    fn new() -> Option<Net> {
        let net = Net(format!("socle-doctor-{}", std::process::id()));
        let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
        if !root || !run("dnsmasq", "--version") || !run("ip", &format!("netns add {}", net.of("s"))) {
            assert!(std::env::var_os("SOCLE_ALL_TESTS").is_none(), "needs root, network namespaces and dnsmasq");
            println!("skipped: needs root, network namespaces and dnsmasq");
            return None;
        }
        let must = |words: String| assert!(run("ip", &words), "ip {words}");
        let s = net.of("s");
        WHO[1..].iter().for_each(|who| must(format!("netns add {}", net.of(who))));
        WHO.iter().for_each(|who| must(format!("-n {} link set lo up", net.of(who))));
        must(format!("-n {s} link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0"));
        must(format!("-n {s} addr add 10.77.0.1/24 dev br0"));
        must(format!("-n {s} link set br0 up"));
        for (port, who) in [("p1", "a"), ("p2", "b"), ("p3", "m")] {
            must(format!("-n {s} link add {port} type veth peer name eth0 netns {}", net.of(who)));
            must(format!("-n {s} link set {port} master br0 up"));
            must(format!("-n {} link set eth0 up", net.of(who)));
        }
        must(format!("-n {} addr add 10.77.0.2/24 dev eth0", net.of("a")));
        must(format!("-n {} addr add 192.168.1.1/24 dev eth0", net.of("b")));
        must(format!("-n {} link set eth0 address {MAC}", net.of("m")));
        Some(net)
    }
    fn of(&self, who: &str) -> String {
        format!("{}-{who}", self.0)
    }
    fn within(&self, who: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.of(who), program]);
        command
    }
    /// A DHCP server that someone else runs.
    fn dnsmasq(&self, who: &str, folder: &Path, more: &[&str]) -> Killed {
        let mut command = self.within(who, "dnsmasq");
        command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file=", "--interface=eth0"]);
        command.args(["--bind-interfaces", "--no-ping", "--log-facility=-", "--user=root", "--dhcp-authoritative"]);
        command.arg(format!("--dhcp-leasefile={}", folder.join(format!("leases-{who}")).display())).args(more);
        let child = Killed(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        // It listens when its port stands in the kernel's table: 0x43 is 67.
        let end = Instant::now() + Duration::from_secs(10);
        while !self.within(who, "cat").arg("/proc/net/udp").output().is_ok_and(|o| has_port(&o.stdout)) {
            assert!(Instant::now() < end, "dnsmasq does not start");
            thread::sleep(Duration::from_millis(20));
        }
        child
    }
}

fn has_port(table: &[u8]) -> bool {
    String::from_utf8_lossy(table).contains(":0043 ")
}

impl Drop for Net {
    fn drop(&mut self) {
        for who in WHO {
            run("ip", &format!("netns del {}", self.of(who)));
        }
    }
}

struct Killed(Child);
impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A data folder that a server has used, and a configuration for `br0`.
fn house(folder: &Path, mode: &str) -> (PathBuf, PathBuf) {
    let data = folder.join("data");
    if !data.exists() {
        drop(Server::start(folder));
    }
    let config = folder.join(format!("{mode}.toml"));
    std::fs::write(&config, format!("[boot]\nmode = '{mode}'\ninterface = 'br0'\n")).unwrap();
    (data, config)
}

/// What the doctor says, and with what he ends.
fn doctor(net: &Net, (data, config): &(PathBuf, PathBuf), more: &[&str]) -> (Value, i32) {
    let mut command = net.within("s", SOCLE);
    command.args(["doctor", "--json", "--seconds", "2", "--data"]).arg(data).arg("--config").arg(config).args(more);
    let output = command.env("SOCLE_LANG", "en").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let found = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}{complaint}"));
    (found, output.status.code().unwrap())
}

fn codes(found: &Value, part: &str) -> Vec<(String, String)> {
    let all = found["findings"].as_array().unwrap().iter().filter(|f| f["part"] == part);
    // In the order of their names: which comes first is the page's affair.
    let text = |v: &Value| v.as_str().unwrap_or("").trim_start_matches("doctor-").to_string();
    let mut all: Vec<_> = all.map(|f| (text(&f["code"]), text(&f["state"]))).collect();
    all.sort();
    all
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(code, state)| (code.to_string(), state.to_string())).collect()
}

#[test]
fn who_answers_machines_is_heard_and_judged() {
    let Some(net) = Net::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let house_of = |mode| house(folder.path(), mode);
    let proxy = house_of("proxy");
    let school = ["--dhcp-range=10.77.0.100,10.77.0.200,255.255.255.0,1h", "--dhcp-option=3,10.77.0.2"];
    let rogue = ["--dhcp-range=192.168.1.50,192.168.1.60,255.255.255.0,1h"];

    // Nobody. The server does not run: the rest is looked at all the same.
    let (found, ended) = doctor(&net, &proxy, &[]);
    assert_eq!((codes(&found, "dhcp"), ended), (pairs(&[("dhcp-none", "wrong")]), 2), "{found}");
    assert_eq!(codes(&found, "ports"), pairs(&[("ports-nobody-serves", "wrong")]));
    assert_eq!(codes(&found, "database"), pairs(&[("database-good", "good")]));
    assert_eq!(codes(&found, "interface"), pairs(&[("interface-good", "good")]));
    for finding in found["findings"].as_array().unwrap() {
        assert!(finding["what"].as_str().is_some_and(|w| !w.contains('⟨')), "{finding}");
        assert!(finding["state"] == "good" || finding["next"].is_string(), "{finding}");
        assert!(finding["why"].is_string(), "{finding}");
    }

    // The school's.
    let one = net.dnsmasq("a", folder.path(), &school);
    let (found, _) = doctor(&net, &proxy, &[]);
    assert_eq!(codes(&found, "dhcp"), pairs(&[("dhcp-one", "good")]), "{found}");
    let answers = found["wire"]["answers"].as_array().unwrap();
    let said: Vec<_> = answers.iter().map(|a| a["asked_as"].as_str().unwrap()).collect();
    assert!(["bios", "uefi", "uefi-http"].iter().all(|kind| said.contains(kind)), "{answers:?}");
    assert_eq!((&answers[0]["server"], &answers[0]["options"]["3"]), (&"10.77.0.2".into(), &"10.77.0.2".into()));
    assert!(answers[0]["offered"].as_str().unwrap().starts_with("10.77.0."));
    // Asking takes no address away.
    let leases = std::fs::read_to_string(folder.path().join("leases-a")).unwrap_or_default();
    assert_eq!(leases.trim(), "", "no lease is taken");

    // With TFTP only, its options have to lead here, and the recipe is at hand.
    let (found, ended) = doctor(&net, &house_of("tftp"), &[]);
    assert_eq!(codes(&found, "dhcp"), pairs(&[("dhcp-leads-nowhere", "wrong"), ("dhcp-one", "good")]));
    assert_eq!(ended, 2);
    let recipe = found["recipes"].as_array().unwrap().iter().find(|r| r["server"] == "dnsmasq").unwrap();
    assert!(recipe["text"].as_str().unwrap().contains("10.77.0.1"), "{recipe}");
    // The recipe, obeyed, is what was missing.
    drop(one);
    let written = folder.path().join("recipe.conf");
    std::fs::write(&written, recipe["text"].as_str().unwrap()).unwrap();
    let written = format!("--conf-file={}", written.display());
    let one = net.dnsmasq("a", folder.path(), &[school[0], school[1], &written]);
    let (found, _) = doctor(&net, &house_of("tftp"), &[]);
    assert_eq!(codes(&found, "dhcp"), pairs(&[("dhcp-leads-here", "good"), ("dhcp-one", "good")]), "{found}");
    let file = |kind: &str| {
        let answers = found["wire"]["answers"].as_array().unwrap();
        let answer = answers.iter().find(|a| a["asked_as"] == kind).unwrap();
        (
            answer["file"].as_str().or(answer["options"]["67"].as_str()).unwrap_or("").to_string(),
            answer["next_server"].clone(),
        )
    };
    assert_eq!(file("bios"), ("undionly.kpxe".into(), "10.77.0.1".into()));
    assert_eq!(file("uefi"), ("snponly.efi".into(), "10.77.0.1".into()));
    drop(one);

    // A box from home beside the school's.
    let _one = net.dnsmasq("a", folder.path(), &school);
    let box_at_home = net.dnsmasq("b", folder.path(), &rogue);
    let (found, ended) = doctor(&net, &proxy, &[]);
    assert_eq!((codes(&found, "dhcp"), ended), (pairs(&[("dhcp-rogue", "wrong")]), 2), "{found}");
    let finding = found["findings"].as_array().unwrap().iter().find(|f| f["code"] == "doctor-dhcp-rogue").unwrap();
    assert!(finding["what"].as_str().unwrap().contains("192.168.1.1"), "{finding}");
    drop(box_at_home);
}

#[test]
fn a_lonely_proxy_and_our_own_answers_are_told_apart() {
    let Some(net) = Net::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let proxy = house(folder.path(), "proxy");
    let lonely = [
        "--dhcp-range=10.77.0.0,proxy,255.255.255.0",
        "--pxe-service=x86-64_EFI,school,other.efi",
        "--pxe-service=x86PC,school,other.kpxe",
    ];
    let other = net.dnsmasq("a", folder.path(), &lonely);
    let (found, ended) = doctor(&net, &proxy, &[]);
    let wanted = pairs(&[("dhcp-only-proxy", "wrong"), ("dhcp-other-proxy", "wrong")]);
    assert_eq!((codes(&found, "dhcp"), ended), (wanted, 2), "{found}");
    let kinds: Vec<_> = found["wire"]["answers"].as_array().unwrap().iter().map(|a| a["kind"].clone()).collect();
    assert!(kinds.contains(&"proxy".into()) && kinds.contains(&"boot-server".into()), "{kinds:?}");
    drop(other);

    // Our own server beside the school's.
    let school = ["--dhcp-range=10.77.0.100,10.77.0.200,255.255.255.0,1h"];
    let _one = net.dnsmasq("a", folder.path(), &school);
    let log = std::fs::File::create(folder.path().join("own-log")).unwrap();
    let mut command = net.within("s", SOCLE);
    command.args(["serve", "--json", "--data"]).arg(&proxy.0).arg("--config").arg(&proxy.1);
    let server = Killed(command.stdout(Stdio::piped()).stderr(log).spawn().unwrap());
    let end = Instant::now() + Duration::from_secs(20);
    while !net.within("s", "cat").arg("/proc/net/udp").output().is_ok_and(|o| has_port(&o.stdout)) {
        assert!(Instant::now() < end, "{}", std::fs::read_to_string(folder.path().join("own-log")).unwrap());
        thread::sleep(Duration::from_millis(50));
    }
    let (found, _) = doctor(&net, &proxy, &[]);
    assert_eq!(codes(&found, "dhcp"), pairs(&[("dhcp-one", "good"), ("dhcp-we-answer", "good")]), "{found}");
    let ports = codes(&found, "ports");
    assert!(ports.len() >= 6 && ports.iter().all(|(code, _)| code == "ports-ours"), "{ports:?}");

    // A machine that is not started is told why, by its address.
    if run("busybox", "true") {
        let words = "udhcpc -i eth0 -f -n -q -t 2 -T 1 -s /bin/true -V PXEClient:Arch:00011:UNDI:003016 -x 0x5d:000b";
        let _ = net.within("m", "busybox").args(words.split(' ')).output();
        let _ = net.within("m", "busybox").args("udhcpc -i eth0 -f -n -q -t 1 -T 1 -s /bin/true".split(' ')).output();
        let end = Instant::now() + Duration::from_secs(30);
        let trail = loop {
            let (found, _) = doctor(&net, &proxy, &["--mac", MAC, "--without-network"]);
            let trail = found["trails"][0].clone();
            // What is usual is written down every ten seconds.
            let usual = trail["asked"].to_string().contains("did not ask to start");
            if usual || Instant::now() > end {
                break trail;
            }
            thread::sleep(Duration::from_millis(500));
        };
        let said = trail["asked"].to_string();
        assert!(said.contains("(11)") && said.contains("did not ask to start from the network"), "{trail}");
        assert_eq!(trail["verdict"]["code"], "doctor-way-silent", "{trail}");
        let reached: Vec<_> = trail["stages"].as_array().unwrap().iter().map(|s| s["reach"].clone()).collect();
        assert_eq!(reached, ["passed", "stopped", "beyond", "beyond", "beyond"]);
    }

    // The firewall shuts DHCP's port: what is configured is told beside what is heard.
    if run("nft", "--version") {
        let table = "add table inet x; add chain inet x in { type filter hook input priority 0; }; add rule inet x in udp dport 67 drop";
        assert!(net.within("s", "nft").arg(table).status().unwrap().success());
        let (found, ended) = doctor(&net, &proxy, &[]);
        assert_eq!((codes(&found, "firewall"), ended), (pairs(&[("firewall-closed", "wrong")]), 2), "{found}");
        assert!(codes(&found, "dhcp").contains(&("dhcp-we-are-silent".into(), "wrong".into())), "{found}");
    } else {
        assert!(std::env::var_os("SOCLE_ALL_TESTS").is_none(), "the program nft is not installed");
        println!("without the firewall: the program nft is not installed");
    }
    drop(server);
}

/// Without the rights to ask the network, all the rest is looked at and what is missing is said.
#[test]
fn without_rights_all_the_rest_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = house(folder.path(), "off");
    let arguments = ["doctor", "--seconds", "1", "--data", data.to_str().unwrap(), "--interface", "lo"];
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    let mut command = match root {
        true => {
            // The same account without capabilities: files stay readable, sockets do not.
            let mut command = Command::new("setpriv");
            command.args([
                "--bounding-set=-net_raw,-net_bind_service",
                "--inh-caps=-all",
                "--ambient-caps=-all",
                SOCLE,
            ]);
            command
        }
        false => Command::new(SOCLE),
    };
    let output = command.args(arguments).env("SOCLE_LANG", "fr").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("CAP_NET_RAW") && said.contains("Lancez socle doctor en root"), "{said}");
    assert!(said.contains("Base de données") && said.contains("Espace disque"), "{said}");
    assert!(said.contains("[·] DHCP") || said.contains("[!] DHCP"), "the way is drawn: {said}");
}
