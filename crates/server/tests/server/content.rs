//! Two roots of trust: what the content key has not signed does not exist, whoever holds the server's folder.
use crate::{fake::Machine, house::House};
use socle_domain::{
    Digest, UnitId,
    keys::{Delegation, EnvironmentRelease, ImageRelease},
    master::Master,
    order::{Act, LossPolicy, Order, RunSpec, accept},
    sign::{Signed, Signer},
    target::{Target, TargetKind},
};
use socle_trust::KeyPair;
use std::{collections::BTreeMap, time::Duration};

fn evil_master(at: socle_domain::Timestamp) -> Master {
    Master {
        name: "trial".into(),
        version: "2".into(),
        unit: UnitId::ROOT,
        sequence: "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'x'\nkind = 'run-script'\nscript = 'steal'\nplace = 'boot'\n"
            .into(),
        images: BTreeMap::new(),
        options: BTreeMap::new(),
        at,
        ..Master::default()
    }
}

#[test]
fn the_server_takes_only_what_the_content_key_has_signed() {
    let house = House::new();
    let other = KeyPair::generate().unwrap();
    let server = KeyPair::load(&house.data().join("server.key")).unwrap();
    for forger in [&other, &server] {
        let master = Signed::new(&evil_master(house.now()), forger);
        assert_eq!(house.refused("/api/v1/masters", &master), (422, "domain-signature-wrong".into()));
        let release = ImageRelease { name: "x".into(), image: Digest::of(b"x"), at: house.now(), generation: 0 };
        let release = Signed::new(&release, forger);
        assert_eq!(house.refused("/api/v1/images/releases", &release), (422, "domain-signature-wrong".into()));
    }
    let release = ImageRelease { name: "x".into(), image: Digest::of(b"x"), at: house.now(), generation: 0 };
    let release = Signed::new(&release, &house.content());
    assert_eq!(house.refused("/api/v1/images/releases", &release), (404, "repository-image-unknown".into()));
    // A body altered after it was signed, in a place that still reads.
    let mut master = Signed::new(&evil_master(house.now()), &house.content());
    master.body = master.body.replace("steal", "staal");
    assert_eq!(house.refused("/api/v1/masters", &master), (422, "domain-signature-wrong".into()));
}

/// With everything that lies in the server's folder once the content key is gone, an attacker gives orders, but only
/// about what the content key has signed.
#[test]
fn with_the_servers_folder_alone_nothing_else_can_be_installed() {
    let house = House::new();
    let content = house.content().public();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    let known = machine.known();
    let good = Signed::new(&evil_master(house.now()), &house.content());
    std::fs::remove_dir_all(house.data().join("content-key")).unwrap();

    // The attacker's own copy of the folder.
    let server = KeyPair::load(&house.data().join("server.key")).unwrap();
    let evil = KeyPair::generate().unwrap();
    let order = |master: Signed<Master>, signer: &KeyPair| {
        let spec = RunSpec {
            run: socle_trust::chance::run_id(house.now()).unwrap(),
            target: Target { id: known.target, kind: TargetKind::Machine, unit: UnitId::ROOT, name: "poste-01".into() },
            unit: UnitId::ROOT,
            master,
            options: BTreeMap::new(),
            loss: LossPolicy::Expendable,
            answers: None,
        };
        let order = Order {
            target: known.target,
            machine: machine.key.public(),
            number: 1_000_000,
            issued: house.now(),
            expires: house.now() + Duration::from_secs(3600),
            act: Act::Run(Box::new(spec)),
        };
        Signed::new(&order, signer)
    };
    let take = |order: &Signed<Order>, delegation: &Signed<Delegation>| {
        accept(order, &content, delegation, known.target, &machine.key.public(), 0, house.now())
    };
    // What was signed may be ordered: this is what the server is for.
    take(&order(good.clone(), &server), &known.delegation).unwrap();
    // A master of his own, signed with any key that he has.
    for forger in [&server, &evil] {
        let master = Signed::new(&evil_master(house.now()), forger);
        assert!(take(&order(master, &server), &known.delegation).unwrap_err().is("domain-signature-wrong"));
    }
    // The signed master with another body, and with another signer's name on it.
    let mut altered = good.clone();
    altered.body = altered.body.replace("steal", "staal");
    assert!(take(&order(altered.clone(), &server), &known.delegation).unwrap_err().is("domain-signature-wrong"));
    altered.by = server.public();
    altered.signature = server.sign("socle-master-v1", altered.body.as_bytes());
    assert!(take(&order(altered, &server), &known.delegation).unwrap_err().is("domain-signature-wrong"));
    // A delegation of his own, and the server's signature taken for a content signature by its context.
    let delegation = Delegation { server: evil.public(), at: house.now() };
    for forger in [&server, &evil] {
        let own = Signed::new(&delegation, forger);
        assert!(take(&order(good.clone(), &evil), &own).unwrap_err().is("domain-signature-wrong"));
    }
    // A boot environment of his own is not served either.
    let release = EnvironmentRelease { manifest: Digest::of(b"evil"), at: house.now(), lowest: Default::default() };
    let folder = house.data().join("boot-environment");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in [("manifest.json", b"evil"), ("vmlinuz", b"evil"), ("initrd.img", b"evil")] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let forged = serde_json::to_vec(&Signed::new(&release, &server)).unwrap();
    std::fs::write(folder.join("release.json"), forged).unwrap();
    let answer = house.http().get(house.url("boot", "/boot/vmlinuz")).send().unwrap();
    assert_eq!(answer.status().as_u16(), 422);
    assert!(!house.script("52:54:00:00:00:99").contains("vmlinuz"));
    // The server itself goes on without the content key.
    let house = house.again();
    let status: serde_json::Value = house.get("/api/v1/status");
    assert_eq!(status["content_key_here"], false);
}

/// A server whose key the content key has not allowed to give orders does not start, and says what to do.
#[test]
fn without_a_delegation_no_server_starts() {
    let folder = tempfile::tempdir().unwrap();
    let data = socle_server::Data::new(&folder.path().join("data")).unwrap();
    let content = KeyPair::create(&folder.path().join("elsewhere.key")).unwrap();
    socle_trust::write_public(&data.content_public(), &content.public()).unwrap();
    let now = "2026-11-22T07:00:00Z".parse().unwrap();
    let load = || socle_server::data::Keys::load_or_create(&data, now).map(drop);
    assert!(load().unwrap_err().is("server-delegation-missing"));
    let write = |delegation: &Delegation, signer: &KeyPair| {
        let signed = serde_json::to_vec(&Signed::new(delegation, signer)).unwrap();
        std::fs::write(data.delegation(), signed).unwrap();
    };
    let server = socle_trust::read_public(&data.server_public()).unwrap();
    write(&Delegation { server: content.public(), at: now }, &content);
    assert!(load().unwrap_err().is("server-delegation-wrong"));
    write(&Delegation { server, at: now }, &KeyPair::generate().unwrap());
    assert!(load().unwrap_err().is("domain-signature-wrong"));
    write(&Delegation { server, at: now }, &content);
    load().unwrap();
}
