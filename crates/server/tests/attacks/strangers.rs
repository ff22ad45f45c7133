//! A4, A5, A7, A10: who is nobody stays nobody.
use crate::{
    fake::{Machine, Trouble},
    house::House,
};
use reqwest::blocking::Client;
use socle_domain::{UnitId, sign::Signer};
use socle_server::routes::{RouteAccess, table};
use socle_trust::tls;
use socle_wire::agent::Welcome;

/// A4: without a rule or a list nobody is let in, however he describes himself and however often he asks.
#[test]
fn a4_an_unknown_key_waits_for_a_person() {
    let house = House::new();
    for n in 1..=3 {
        let mut machine = Machine::new(&house.agents(), house.pin, n);
        machine.hints.serial = Some("OK-SERIAL".into());
        machine.facts.set("recognised", true);
        machine.facts.set("state", "known");
        for _ in 0..3 {
            assert!(matches!(machine.hello().unwrap(), Welcome::Unknown { .. }));
        }
    }
    let states: Vec<String> = house.machines().into_iter().map(|m| m.state).collect();
    assert_eq!(states, ["to-recognise"; 3]);
}

/// A4: a line of the list serves once, and where two lines fit nobody guesses, not even a rule that takes everybody.
#[test]
fn a4_a_list_that_does_not_decide_leaves_it_to_a_person() {
    let house = House::new();
    let rule = serde_json::json!({ "name": "all", "unit": UnitId::ROOT, "when": "true", "name_pattern": "any-{n}" });
    let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule);
    house.post_csv("name,mac,serial\none,52:54:00:00:00:01,\ntwo,,S1\n").unwrap();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hints.serial = Some("S1".into());
    assert!(matches!(machine.hello().unwrap(), Welcome::Unknown { .. }), "two lines name it");
}

/// A5: all that a known machine says of itself, said by another key, is worth what a stranger's words are worth.
#[test]
fn a5_borrowed_hints_make_a_stranger() {
    let house = House::new();
    let mut owner = Machine::new(&house.agents(), house.pin, 1);
    owner.hints.serial = Some("S-1".into());
    owner.hints.uuid = Some("11111111-2222-3333-4444-555555555555".into());
    owner.hello().unwrap();
    let view = house.accept("poste-01");
    owner.known();
    house.start(&view, house.master());
    let mut thief = Machine::new(&house.agents(), house.pin, 2);
    thief.hints = owner.hints.clone();
    let mut nobody = Machine::new(&house.agents(), house.pin, 3);
    let shape = |machine: &mut Machine| match machine.hello().unwrap() {
        Welcome::Unknown { code, again_seconds } => {
            assert_eq!(code, socle_trust::secret::code(&machine.key.public()));
            again_seconds
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(shape(&mut thief), shape(&mut nobody), "the answer tells nothing of the one who was imitated");
    assert_eq!(thief.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
    assert_eq!(owner.orders(0, 0).unwrap().orders.len(), 1, "the owner's session lives on");
    // The owner's key, shown without the means to use it.
    let mut hello = thief.hello_message().unwrap();
    hello.key = owner.key.public();
    assert_eq!(thief.post::<Welcome>("/agent/v1/hello", &hello).unwrap_err().code(), "server-hello-wrong");
}

/// A5: whoever borrows a machine's address, or says nothing at all, can't keep that machine from its own disk.
#[test]
fn a5_borrowed_hints_do_not_change_how_their_owner_starts() {
    let house = House::new();
    let mut owner = Machine::new(&house.agents(), house.pin, 1);
    owner.hello().unwrap();
    house.accept("poste-01");
    let mut thief = Machine::new(&house.agents(), house.pin, 2);
    thief.hints = owner.hints.clone();
    thief.hello().unwrap();
    // Events are gathered for a moment before they are written.
    let last_of = |count: usize| -> serde_json::Value {
        let all = (0..100).map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            house.all::<serde_json::Value>("/api/v1/boot-events")
        });
        let all = all.into_iter().find(|all| all.len() == count).expect("an event for each script");
        all[0]["what"].clone()
    };
    house.script("52:54:00:00:00:01");
    let known = last_of(1);
    house.script("52:54:00:00:00:99");
    let unknown = last_of(2);
    assert_ne!(known, unknown, "the owner has no work and starts its disk");
    // A stranger whose identifier is empty is not everybody who has none.
    let mut silent = Machine::new(&house.agents(), house.pin, 4);
    (silent.hints.uuid, silent.hints.macs) = (Some(String::new()), vec![String::new()]);
    silent.hello().unwrap();
    house.script("52:54:00:00:00:98");
    assert_eq!(last_of(3), unknown, "a stranger is still a stranger");
}

/// A7: what is answered to anybody is this, and nothing else; a new route is closed until somebody adds it here.
#[test]
fn a7_the_routes_open_to_anybody_are_these() {
    let open: Vec<String> = table()
        .iter()
        .filter(|r| r.access == RouteAccess::Anonymous)
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    let expect = [
        "POST /agent/v1/challenge",
        "POST /agent/v1/hello",
        "POST /agent/v1/tpm/credential",
        "POST /agent/v1/wizard/sign-in",
        "GET /boot/boot.ipxe",
        "GET /boot/{file}",
        "GET /boot/{folder}/{file}",
        "GET /grub/{file}",
        "GET /grub/{folder}/{file}",
        "GET /sign-in",
        "POST /sign-in",
        "GET /sign-in/second",
        "POST /sign-in/second",
        "GET /sign-in/enrol",
        "POST /sign-in/enrol",
        "POST /sign-in/passkey/question",
        "POST /sign-in/passkey",
        "GET /sign-in/service",
        "GET /sign-in/service/back",
        "GET /sign-in/service/out",
        "GET /welcome/{token}",
        "POST /welcome/{token}",
        "POST /preferences",
        "GET /assets/{name}",
    ];
    assert_eq!(open, expect);
}

/// A7: a session of one kind opens no door of another, and one that was made up opens none.
#[test]
fn a7_a_bearer_is_good_for_its_own_door_only() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    machine.known();
    let session = machine.session.clone().unwrap();
    let console = |name: &str, value: String| {
        let request = house.http().get(house.url("console", "/api/v1/status")).header(name, value);
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(console("authorization", format!("Bearer {}", house.token)), 200);
    let digest = socle_trust::secret::digest(&house.token);
    for made_up in [session.clone(), digest.to_string(), String::new(), house.token[..63].to_string()] {
        assert_eq!(console("authorization", format!("Bearer {made_up}")), 401);
        assert_eq!(console("cookie", format!("socle-session={made_up}")), 401);
    }
    assert_eq!(console("cookie", format!("socle-session={}", house.token)), 401, "a token is no cookie");
    machine.session = Some(house.token.clone());
    assert_eq!(machine.orders(0, 0).unwrap_err().code(), "server-unauthenticated");
}

/// A10: a server that shows another TLS key hears nothing, whatever it promises and whatever it has copied.
#[test]
fn a10_a_machine_does_not_speak_to_another_key() {
    let house = House::new();
    let elsewhere = tempfile::tempdir().unwrap();
    // The attacker has the server's certificate, which is public, and a key of his own.
    std::fs::copy(house.data().join("tls.pem"), elsewhere.path().join("tls.pem")).unwrap();
    let copied = tls::Identity::load_or_create(elsewhere.path()).unwrap();
    assert!(copied.pin().unwrap() == house.pin, "the certificate alone is what it was");
    assert!(copied.server_config().is_err() || !speaks(copied, house.pin), "its key is not there");
    let other = tempfile::tempdir().unwrap();
    assert!(!speaks(tls::Identity::load_or_create(other.path()).unwrap(), house.pin));
    let machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello_message().unwrap();
    let stranger = Machine::new(&house.agents(), socle_domain::Digest::of(b"another key"), 1);
    assert!(matches!(stranger.hello_message(), Err(Trouble::Silent(_))));
}

/// Whether a client that expects `pin` says anything to a server with this identity.
fn speaks(identity: tls::Identity, pin: socle_domain::Digest) -> bool {
    use std::io::Read;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = std::sync::Arc::new(identity.server_config().unwrap());
    let server = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut line = rustls::StreamOwned::new(rustls::ServerConnection::new(config).unwrap(), socket);
        line.read(&mut [0; 1]).is_ok_and(|n| n > 0)
    });
    let client = Client::builder().tls_backend_preconfigured(tls::pinned_client(pin).unwrap()).no_proxy().build();
    let _ = client.unwrap().get(format!("https://{address}/")).send();
    server.join().unwrap()
}
