//! What a machine's start is worth: who gets orders, content and secrets, and what the loaders of each chain find.
use crate::{boot::environment_of, fake::Machine, house::House};
use socle_domain::start::Start;
use socle_server::config::Config;
use socle_wire::{
    agent::{Locate, Located, Where},
    api::MachineView,
};

const SECURE: Start = Start { secure_boot: true, chain: "uki", via: "http", enrolled: "db", trusted: true };
const DEBIAN: Start = Start { chain: "debian", via: "pxe", enrolled: "none", trusted: false, ..SECURE };
const OFF: Start = Start { secure_boot: false, chain: "ipxe", via: "pxe", enrolled: "none", trusted: false };

fn of(house: &House, start: &Start) -> Machine {
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    start.tell(&mut machine.facts);
    machine
}

/// What a machine that is known and started so may do: be ordered something, ask for content.
fn may(house: &House, start: &Start, place: Where) -> (bool, bool) {
    let mut machine = of(house, start);
    machine.place = place;
    if matches!(machine.hello().unwrap(), socle_wire::agent::Welcome::Unknown { .. }) {
        house.accept("poste-01");
        machine.known();
    }
    let located = machine.post::<Located>("/agent/v1/locate", &Locate { chunks: vec![] });
    let content = match located {
        Ok(_) => true,
        Err(trouble) => {
            assert_eq!(trouble.code(), "server-start-untrusted");
            false
        }
    };
    assert!(machine.orders(0, 0).is_ok(), "it may always ask");
    let view: Vec<MachineView> = house.machines();
    let wish = house.wish(&view[0], house.master());
    let url = house.url("console", "/api/v1/runs");
    let answer = house.http().post(url).bearer_auth(&house.token).json(&wish).send().unwrap();
    let ordered = answer.status().is_success();
    if ordered {
        let run: socle_wire::api::RunView = answer.json().unwrap();
        let orders = machine.orders(0, 0).unwrap();
        assert_eq!(!orders.orders.is_empty(), content, "an order is given where content is");
        let _: serde_json::Value = house.post(&format!("/api/v1/runs/{}/cancel", run.id), &());
    } else {
        let problem: serde_json::Value = answer.json().unwrap();
        assert!(problem.to_string().contains("server-start-untrusted"), "{problem}");
    }
    (ordered, content)
}

#[test]
fn with_secure_boot_on_only_a_trusted_start_is_given_anything() {
    let house = House::new();
    assert_eq!(may(&house, &SECURE, Where::Boot), (true, true));
    assert_eq!(may(&house, &DEBIAN, Where::Boot), (false, false));
    // It knows the certificate: the order waits for a start by the image.
    assert_eq!(may(&house, &Start { enrolled: "db", ..DEBIAN }, Where::Boot), (true, false));
    assert_eq!(may(&house, &OFF, Where::Boot), (true, true));
    // The installed system starts by its firmware's own rules; a machine without certificate would only wait.
    assert_eq!(may(&house, &Start { chain: "disk", ..DEBIAN }, Where::Installed), (false, true));
    assert_eq!(may(&house, &Start { chain: "disk", trusted: false, ..SECURE }, Where::Installed), (true, true));
}

#[test]
fn a_centre_may_require_a_trusted_start_of_everybody() {
    let mut config = Config::default();
    config.boot.require_trusted_start = true;
    let house = House::with(config);
    assert_eq!(may(&house, &OFF, Where::Boot), (false, false));
    assert_eq!(may(&house, &SECURE, Where::Boot), (true, true));
}

#[test]
fn a_fleet_is_filtered_by_what_its_starts_are_worth() {
    let house = House::new();
    for (n, start) in [(1, &SECURE), (2, &DEBIAN), (3, &OFF)] {
        let mut machine = Machine::new(&house.agents(), house.pin, n);
        start.tell(&mut machine.facts);
        machine.hello().unwrap();
    }
    let count = |trust: &str| house.all::<MachineView>(&format!("/api/v1/machines?trust={trust}")).len();
    assert_eq!(["trusted", "unenrolled", "off", "enrolled"].map(count), [1, 1, 1, 0]);
    let again = of(&house, &Start { enrolled: "mok", ..DEBIAN }).hello();
    assert!(again.is_ok());
    assert_eq!(["trusted", "unenrolled", "off", "enrolled"].map(count), [0, 1, 1, 1], "the present counts");
    let url = house.url("console", "/api/v1/machines?trust=perhaps");
    assert_eq!(house.http().get(url).bearer_auth(&house.token).send().unwrap().status().as_u16(), 422);
}

#[test]
fn each_loader_of_a_chain_finds_its_next_and_nobody_else_s_files() {
    let house = House::new();
    let fetch = |path: &str| {
        let answer = house.http().get(house.url("boot", path)).send().unwrap();
        answer.status().is_success().then(|| answer.bytes().unwrap().to_vec())
    };
    assert_eq!(fetch("/boot/mok/grubx64.efi"), None, "there is no environment yet");
    let files: [(&str, &[u8]); 7] = [
        ("vmlinuz", b"a kernel"),
        ("initrd.img", b"an initrd"),
        ("socle.efi", b"the image"),
        ("shimx64.efi", b"shim"),
        ("grubx64.efi", b"grub"),
        ("mmx64.efi", b"manager"),
        ("socle-boot.der", b"certificate"),
    ];
    environment_of(&house, &files);
    let check = |path: &str, expect: Option<&[u8]>| assert_eq!(fetch(path).as_deref(), expect, "{path}");
    check("/boot/socle.efi", Some(b"the image"));
    check("/boot/socle-boot.der", Some(b"certificate"));
    check("/boot/mok/shimx64.efi", Some(b"shim"));
    check("/boot/mok/grubx64.efi", Some(b"the image"));
    check("/boot/mok/mmx64.efi", Some(b"manager"));
    check("/boot/debian/grubx64.efi", Some(b"grub"));
    check("/boot/own-disk", None);
    check("/boot/debian/vmlinuz", None);
    check("/grub/grub.cfg-01", None);
    let script = String::from_utf8(fetch("/grub/x86_64-efi/grub.cfg").unwrap()).unwrap();
    assert!(script.contains("/boot/vmlinuz' 'quiet' 'socle.chain=debian'"), "{script}");
    assert_eq!(fetch("/grub/grub.cfg").unwrap(), script.as_bytes());
    // Firmware asks for the length first.
    let head = house.http().head(house.url("boot", "/boot/socle.efi")).send().unwrap();
    assert_eq!(head.headers()["content-length"], "9");
    // What is not what was signed is served to nobody.
    std::fs::write(house.data().join("boot-environment/shimx64.efi"), b"another shim").unwrap();
    check("/boot/mok/shimx64.efi", None);
}
