//! A13: an old signed master, with a weakness that somebody knows, is not brought back.
use crate::{fake::Machine, house::House};
use socle_domain::{
    UnitId,
    keys::{EnvironmentRelease, Generations},
    master::Master,
    order::{Act, accept},
    sign::{Signed, Signer},
};
use socle_wire::api::MasterView;
use std::{collections::BTreeMap, fs};

fn signed(house: &House, version: &str, generation: u64) -> Signed<Master> {
    let sequence = "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'x'\nkind = 'check'\n";
    let master = Master {
        name: "trial".into(),
        version: version.into(),
        unit: UnitId::ROOT,
        sequence: sequence.into(),
        at: house.now(),
        generation,
        ..Master::default()
    };
    Signed::new(&master, &house.content())
}

#[test]
fn a13_a_server_that_has_seen_a_newer_generation_refuses_an_older_one() {
    let house = House::new();
    let old = signed(&house, "1", 1);
    house.post::<MasterView>("/api/v1/masters", &signed(&house, "2", 2));
    assert_eq!(house.refused("/api/v1/masters", &old), (422, "domain-generation-old".into()));
    // It has seen it also after a restart.
    let house = house.again();
    assert_eq!(house.refused("/api/v1/masters", &old), (422, "domain-generation-old".into()));
}

/// With the whole data folder in his hands somebody makes the server forget what it has seen, and gives an order for the
/// old master that is right in every signature: a machine whose environment is newer does not carry it out.
#[test]
fn a13_a_machine_with_a_newer_environment_does_not_obey_a_stolen_folder() {
    let house = House::on_sqlite();
    let old = signed(&house, "1", 1);
    house.post::<MasterView>("/api/v1/masters", &signed(&house, "2", 2));
    let house = house.again_after(|data| {
        for name in ["socle.db", "socle.db-wal", "socle.db-shm"] {
            let _ = fs::remove_file(data.join(name));
        }
    });
    let master: MasterView = house.post("/api/v1/masters", &old);
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let known = machine.known();
    house.start(&view, master.digest);
    let order = machine.orders(0, 0).unwrap().orders.remove(0);
    let content = house.content().public();
    let key = machine.key.public();
    let read = accept(&order, &content, &known.delegation, known.target, &key, 0, house.now()).unwrap();
    let Act::Run(spec) = read.act else { panic!("no order to run") };
    let master = spec.master.open(&content).unwrap();
    // What stands in the environment's own file, and what the agent asks before it begins (`World::check_generation`).
    let lowest = Generations(BTreeMap::from([("trial".to_string(), 2)]));
    assert!(lowest.check(&master.name, master.generation).unwrap_err().is("domain-generation-old"));
}

/// A server that still has the newer environment does not even give the order.
#[test]
fn a13_a_server_gives_no_order_that_its_environment_refuses() {
    let house = House::new();
    let master: MasterView = house.post("/api/v1/masters", &signed(&house, "1", 1));
    crate::content::environment(&house, b"an initrd", &house.content());
    let folder = house.data().join("boot-environment");
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    let lowest = Generations(BTreeMap::from([("trial".to_string(), 2)]));
    let release = EnvironmentRelease { manifest: socle_domain::Digest::of(&manifest), at: house.now(), lowest };
    let release = serde_json::to_vec(&Signed::new(&release, &house.content())).unwrap();
    fs::write(folder.join("release.json"), release).unwrap();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let wish = house.wish(&view, master.digest);
    assert_eq!(house.refused("/api/v1/runs", &wish), (422, "domain-generation-old".into()));
}
