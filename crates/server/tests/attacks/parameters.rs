//! A6, A8: nothing in a parameter reaches the file system, a shell, or another's content.
use crate::{fake::Machine, house::House};
use reqwest::{Method, blocking::Client};
use socle_server::routes::{Door, RouteAccess, table};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// What attackers write where a name is expected.
const WORDS: &[&str] = &[
    // A bare `..` would be resolved by the client itself (RFC 3986 section 5.2.4) and ask another page.
    "..%2f..%2fserver.key",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cserver.key",
    "%2fetc%2fpasswd",
    "....%2f%2fserver.key",
    "server.key",
    "tls.key",
    "socle.db",
    "content-key%2fcontent.key",
    "release.json%00.img",
    "vmlinuz%00",
    "%24%28id%29",
    "%60id%60",
    "%27%3b%20DROP%20TABLE%20machines%3b--",
    "%7b%7b7*7%7d%7d",
    "%0d%0aSet-Cookie:%20a=b",
    "%ff%fe",
    "-1",
    "99999999999999999999999",
];

/// A6: every parameter of every route, for whoever may ask it: no secret, no server error, no header of the attacker's.
#[test]
fn a6_no_parameter_leads_out_of_its_place() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    machine.known();
    let tls = Client::builder().tls_backend_preconfigured(socle_trust::tls::pinned_client(house.pin).unwrap());
    let tls = tls.no_proxy().build().unwrap();
    crate::content::environment(&house, b"an initrd", &house.content());
    let secrets = crate::secrets::of(&house, &[]);
    for route in table().iter().filter(|r| r.path.contains('{')) {
        let (door, client, bearer) = match (route.door, route.access) {
            (Door::Agents, _) => ("agents", &tls, machine.session.clone().unwrap()),
            (Door::Boot, _) => ("boot", house.http(), String::new()),
            (Door::Console, RouteAccess::SignedIn) => ("console", house.http(), house.token.clone()),
            (Door::Console, _) => ("console", house.http(), String::new()),
        };
        for word in WORDS {
            house.later(1);
            let parts: Vec<&str> = route.path.split('/').map(|p| if p.starts_with('{') { word } else { p }).collect();
            let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
            let mut request = client.request(method, house.url(door, &parts.join("/"))).header("content-length", "0");
            if !bearer.is_empty() {
                request = request.bearer_auth(&bearer);
            }
            let response = request.send().unwrap();
            let status = response.status().as_u16();
            assert!(
                (400..500).contains(&status) || status == 303,
                "{} {} with {word}: {status}",
                route.method,
                route.path
            );
            assert!(response.headers().get("set-cookie").is_none(), "{} with {word}", route.path);
            crate::secrets::none_in(&secrets, &response.bytes().unwrap(), route.path);
        }
    }
    // As no client of good manners writes it.
    for path in
        ["/boot/../server.key", "/boot//etc/passwd", "/boot/./../tls.key", "/boot/\\..\\server.key", "/../server.key"]
    {
        let mut socket = TcpStream::connect(house.url("boot", "").trim_start_matches("http://")).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 40"), "{path}: {}", String::from_utf8_lossy(&answer));
        crate::secrets::none_in(&secrets, &answer, path);
    }
    assert_eq!(house.machines().len(), 1, "the table is still there");
}

/// A6: what a machine says of itself is shown, never obeyed: not by iPXE, not by a page.
#[test]
fn a6_words_of_a_machine_stay_words() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    let evil = "<script>alert(1)</script>{{7*7}}${reboot}\n#!ipxe\nshell";
    machine.hints.vendor = Some(evil.into());
    machine.hints.serial = Some(evil.into());
    machine.facts.set("product", evil);
    machine.hello().unwrap();
    let id = house.machines()[0].id;
    for path in ["/machines".to_string(), format!("/machines/{id}"), "/".into()] {
        let page = String::from_utf8(house.bytes(&path)).unwrap();
        assert!(!page.contains("<script>alert") && !page.contains(">49"), "{path}");
    }
    let mac = "52:54:00:00:00:01%0Ashell&uuid=%0Aimgfree%0Ashell&serial=%0Ashell";
    let script = house.script(mac);
    assert!(!script.contains("shell") && !script.contains("imgfree"), "{script}");
}

/// A6: a zero byte, which PostgreSQL keeps in no text, is refused at every door before anything is asked of the database.
#[test]
fn a6_a_zero_byte_in_an_address_is_refused_at_the_door() {
    let house = House::new();
    let tls = Client::builder().tls_backend_preconfigured(socle_trust::tls::pinned_client(house.pin).unwrap());
    let tls = tls.no_proxy().build().unwrap();
    let mut tried = 0;
    for route in table() {
        let (door, client) = match route.door {
            Door::Agents => ("agents", &tls),
            Door::Boot => ("boot", house.http()),
            Door::Console => ("console", house.http()),
        };
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        let filled = |word: &str| {
            let parts = route.path.split('/').map(|p| if p.starts_with('{') { word } else { p });
            parts.collect::<Vec<_>>().join("/")
        };
        let mut addresses = vec![format!("{}?name=%00", filled("x")), format!("{}?a=b&code=1%002", filled("x"))];
        if route.path.contains('{') {
            addresses.extend([filled("%00"), filled("a%00b")]);
        }
        for address in addresses {
            let request = client.request(method.clone(), house.url(door, &address)).header("content-length", "0");
            let answer = request.bearer_auth(&house.token).header("accept-language", "en").send().unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().unwrap());
            assert_eq!(status, 422, "{method} {address}: {text}");
            assert!(text.contains("zero byte"), "{method} {address}: {text}");
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}
