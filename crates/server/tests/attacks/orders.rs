//! A14, A15: orders are for one machine, once, and for a while; and they carry no content of their own.
use crate::{fake::Machine, house::House};
use socle_domain::{
    TargetId, Timestamp, UnitId,
    master::Master,
    order::{Act, LossPolicy, Order, RunSpec, accept},
    sign::{Signed, Signer},
    target::{Target, TargetKind},
};
use socle_texts::Fault;
use socle_trust::KeyPair;
use socle_wire::agent::Known;
use std::{collections::BTreeMap, time::Duration};

struct Scene {
    house: House,
    machine: Machine,
    known: Known,
    server: KeyPair,
}

fn scene() -> Scene {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    let known = machine.known();
    // The attacker has the server's folder, and with it this key.
    let server = KeyPair::load(&house.data().join("server.key")).unwrap();
    Scene { house, machine, known, server }
}

impl Scene {
    fn master(&self) -> Signed<Master> {
        let sequence = "title = { fr = 'x', en = 'x' }\n[[step]]\nid = 'x'\nkind = 'run-script'\n\
                        script = 'echo {{ options.word }} {{ target.name }}'\n";
        let master = Master {
            name: "trial".into(),
            version: "1".into(),
            unit: UnitId::ROOT,
            sequence: sequence.into(),
            images: BTreeMap::new(),
            options: BTreeMap::from([("word".to_string(), "hello".into())]),
            at: self.house.now(),
            ..Master::default()
        };
        Signed::new(&master, &self.house.content())
    }
    fn order(&self, change: impl FnOnce(&mut Order, &mut RunSpec)) -> Signed<Order> {
        let (now, target) = (self.house.now(), self.known.target);
        let mut spec = RunSpec {
            run: socle_trust::chance::run_id(now).unwrap(),
            target: Target { id: target, kind: TargetKind::Machine, unit: UnitId::ROOT, name: "poste-01".into() },
            unit: UnitId::ROOT,
            master: self.master(),
            options: BTreeMap::from([("word".to_string(), "hello".into())]),
            loss: LossPolicy::NothingOnly,
            answers: None,
        };
        let mut order = Order {
            target,
            machine: self.machine.key.public(),
            number: 7,
            issued: now,
            expires: now + Duration::from_secs(3600),
            act: Act::Retry { run: spec.run },
        };
        change(&mut order, &mut spec);
        order.act = Act::Run(Box::new(spec));
        Signed::new(&order, &self.server)
    }
    fn take(&self, order: &Signed<Order>, last: u64, now: Timestamp) -> Result<Order, Fault> {
        let content = self.house.content().public();
        accept(order, &content, &self.known.delegation, self.known.target, &self.machine.key.public(), last, now)
    }
    fn check(&self, order: &Signed<Order>, expect: &str) {
        let fault = self.take(order, 0, self.house.now()).unwrap_err();
        assert!(fault.is(expect), "{fault} instead of {expect}");
    }
}

#[test]
fn a15_an_order_is_obeyed_once_in_time_and_by_its_machine() {
    let scene = scene();
    let now = scene.house.now();
    let order = scene.order(|_, _| {});
    scene.take(&order, 6, now).unwrap();
    assert!(scene.take(&order, 7, now).unwrap_err().is("domain-order-replayed"));
    assert!(scene.take(&order, 8, now).unwrap_err().is("domain-order-replayed"), "an older one after a newer");
    assert!(scene.take(&order, 0, now + Duration::from_secs(3601)).unwrap_err().is("domain-order-expired"));
    let other = TargetId::new(1, [9; 10]);
    scene.check(&scene.order(|o, _| o.target = other), "domain-order-not-ours");
    scene.check(&scene.order(|o, _| o.machine = scene.server.public()), "domain-order-not-ours");
    scene.check(&scene.order(|_, s| s.target.id = other), "domain-order-not-ours");
    let mut longer = order.clone();
    longer.body = longer.body.replace("\"number\":7", "\"number\":9");
    scene.check(&longer, "domain-signature-wrong");
    let mut forged = order;
    forged.signature = KeyPair::generate().unwrap().sign("socle-order-v1", forged.body.as_bytes());
    scene.check(&forged, "domain-signature-wrong");
}

/// A14: the two things in an order that the content key has not signed reach scripts and files: the server's key alone
/// can't make lines of them, nor options that the master does not have.
#[test]
fn a14_an_order_brings_no_lines_of_its_own_into_a_script() {
    let scene = scene();
    let word = |value: serde_json::Value| scene.order(|_, s| drop(s.options.insert("word".into(), value)));
    scene.take(&word("good day".into()), 0, scene.house.now()).unwrap();
    scene.check(&word("x\nrm -r /".into()), "domain-option-wrong");
    scene.check(&word("x".repeat(10_000).into()), "domain-option-wrong");
    scene.check(&word(serde_json::json!(["x"])), "domain-option-wrong");
    scene.check(&scene.order(|_, s| drop(s.options.insert("more".into(), 1.into()))), "domain-option-wrong");
    for name in ["x; rm -r /", "$(reboot)", "", "a\nb"] {
        scene.check(&scene.order(|_, s| s.target.name = name.into()), "domain-order-not-ours");
    }
}

/// A15: what the server itself hands out twice is the same order, and to nobody else.
#[test]
fn a15_the_server_gives_an_order_to_its_machine_alone() {
    let scene = scene();
    let view = scene.house.machines().remove(0);
    scene.house.start(&view, scene.house.master());
    let order = scene.machine.orders(0, 0).unwrap().orders.remove(0);
    let mut other = Machine::new(&scene.house.agents(), scene.house.pin, 2);
    other.hello().unwrap();
    scene.house.accept("poste-02");
    let known = other.known();
    assert_eq!(other.orders(0, 0).unwrap().orders, []);
    let content = scene.house.content().public();
    let stolen = accept(&order, &content, &known.delegation, known.target, &other.key.public(), 0, scene.house.now());
    assert!(stolen.unwrap_err().is("domain-order-not-ours"));
}
