//! A10, A13, A14: with all that lies in the server's folder nobody installs what the content key has not signed.
use crate::house::House;
use socle_boot::environment::{FORMAT, FileDigest, Manifest};
use socle_domain::{
    Digest, UnitId,
    keys::{Delegation, EnvironmentRelease, ImageRelease},
    master::Master,
    sign::{Signed, Signer},
};
use socle_trust::KeyPair;
use std::{collections::BTreeMap, fs};

/// A boot environment of two small files, signed by somebody.
pub fn environment(house: &House, initrd: &[u8], signer: &KeyPair) {
    let folder = house.data().join("boot-environment");
    fs::create_dir_all(&folder).unwrap();
    let files = [
        ("vmlinuz", b"a kernel".as_slice()),
        ("initrd.img", initrd),
        ("snponly.efi", b"a network loader".as_slice()),
        ("undionly.kpxe", b"one for BIOS".as_slice()),
    ];
    let digest = |bytes: &[u8]| FileDigest { bytes: bytes.len() as u64, blake3: Digest::of(bytes).to_string() };
    let manifest = Manifest {
        format: FORMAT.into(),
        kernel_version: "6.12".into(),
        files: files.iter().map(|(name, bytes)| (name.to_string(), digest(bytes))).collect(),
        agent: digest(b"agent"),
        programs: BTreeMap::new(),
        modules_always: vec![],
        modules_on_demand: vec![],
        modules_absent: vec![],
        public: BTreeMap::new(),
        initrd_unpacked_bytes: 9,
    };
    files.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    fs::write(folder.join("manifest.json"), manifest.to_bytes()).unwrap();
    let release =
        EnvironmentRelease { manifest: Digest::of(&manifest.to_bytes()), at: house.now(), lowest: Default::default() };
    fs::write(folder.join("release.json"), serde_json::to_vec(&Signed::new(&release, signer)).unwrap()).unwrap();
}

fn fetch(house: &House, name: &str) -> (u16, Vec<u8>) {
    let answer = house.http().get(house.url("boot", &format!("/boot/{name}"))).send().unwrap();
    (answer.status().as_u16(), answer.bytes().unwrap().to_vec())
}

/// A10: a kernel, an initrd or a loader that was changed on the server's disk is not handed out, and machines start their own disk.
#[test]
fn a10_a_tampered_environment_is_not_served() {
    for victim in ["vmlinuz", "initrd.img", "snponly.efi", "undionly.kpxe"] {
        let house = House::new();
        environment(&house, b"an initrd", &house.content());
        assert_eq!(fetch(&house, victim).0, 200);
        let path = house.data().join("boot-environment").join(victim);
        let mut bytes = fs::read(&path).unwrap();
        bytes[2] ^= 1;
        // The same length, and found when the server starts as well as while it runs.
        fs::write(&path, &bytes).unwrap();
        let later = fs::metadata(&path).unwrap().modified().unwrap() + std::time::Duration::from_secs(2);
        fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        let house = [|h: House| h, House::again].into_iter().fold(house, |house, next| {
            let house = next(house);
            let (status, body) = fetch(&house, victim);
            assert!(status >= 400 && body != bytes, "{victim}: {status}");
            assert!(!house.script("52:54:00:00:00:77").contains("vmlinuz"), "{victim}");
            house
        });
        drop(house);
    }
}

/// A14: everything in the folder is the attacker's but the content key, which was taken away: what he signs with the keys
/// that he has is neither served nor ordered.
#[test]
fn a14_the_servers_own_keys_sign_no_content() {
    let house = House::new();
    let content = house.content();
    let good = house.master();
    let house = house.again_after(|data| fs::remove_dir_all(data.join("content-key")).unwrap());
    let server = KeyPair::load(&house.data().join("server.key")).unwrap();
    for forger in [&server, &KeyPair::generate().unwrap()] {
        environment(&house, b"evil", forger);
        assert!(fetch(&house, "initrd.img").0 >= 400);
        let master = Master {
            name: "evil".into(),
            version: "1".into(),
            unit: UnitId::ROOT,
            sequence: "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'x'\nkind = 'check'\n".into(),
            images: BTreeMap::new(),
            options: BTreeMap::new(),
            at: house.now(),
            ..Master::default()
        };
        let mut signed = Signed::new(&master, forger);
        assert_eq!(house.refused("/api/v1/masters", &signed).1, "domain-signature-wrong");
        signed.by = content.public();
        assert_eq!(house.refused("/api/v1/masters", &signed).1, "domain-signature-wrong", "another's name on it");
        let release = ImageRelease { name: "x".into(), image: Digest::of(b"x"), at: house.now(), generation: 0 };
        let release = Signed::new(&release, forger);
        assert_eq!(house.refused("/api/v1/images/releases", &release).1, "domain-signature-wrong");
    }
    // What the content key said of one thing is not what it says of another.
    let delegation = Signed::new(&Delegation { server: server.public(), at: house.now() }, &content);
    assert_eq!(house.refused("/api/v1/masters", &delegation).1, "domain-signature-wrong");
    let masters: Vec<socle_wire::api::MasterView> = house.all("/api/v1/masters");
    assert_eq!(masters.iter().map(|m| m.digest).collect::<Vec<_>>(), [good]);
}

/// A14: a content key of the attacker's in the folder makes another server, whose orders no machine of ours takes.
#[test]
fn a14_another_content_key_makes_another_server() {
    let house = House::new();
    let (believed, data) = (house.content().public(), house.data());
    fs::remove_dir_all(data.join("content-key")).unwrap();
    fs::remove_file(data.join("content.pub")).unwrap();
    let now = house.now();
    let load = || socle_server::data::Keys::load_or_create(&socle_server::Data::new(&data).unwrap(), now);
    assert!(load().is_err(), "a delegation by the key before is found");
    fs::remove_file(data.join("delegation.json")).unwrap();
    let keys = load().unwrap();
    assert_ne!(keys.content, believed);
    assert!(socle_domain::keys::server_key(&believed, &keys.delegation).is_err());
}

/// A13: a master that was published is not replaced under its name by another, even a signed one.
#[test]
fn a13_what_a_name_means_does_not_change() {
    let house = House::new();
    house.master();
    let other = Master {
        name: "trial".into(),
        version: "1".into(),
        unit: UnitId::ROOT,
        sequence: "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'x'\nkind = 'check'\n".into(),
        images: BTreeMap::new(),
        options: BTreeMap::new(),
        at: house.now(),
        ..Master::default()
    };
    let signed = Signed::new(&other, &house.content());
    assert_eq!(house.refused("/api/v1/masters", &signed), (409, "db-master-taken".into()));
}

/// A13, A14: a master changed in the database is found when it is read, and never ordered.
#[test]
fn a14_a_master_changed_in_the_database_is_refused() {
    let house = House::on_sqlite();
    let master = house.master();
    let house = house.again_after(|data| {
        let changed = crate::journal::replace_in_database(data, b"kind = 'check'", b"kind = 'chack'");
        assert!(changed > 0);
    });
    let mut machine = crate::fake::Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let wish = house.wish(&view, master);
    assert_eq!(house.refused("/api/v1/runs", &wish).1, "domain-signature-wrong");
}
