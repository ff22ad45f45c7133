//! What a designer and a site have before them: units, masters with options, machines that belong to a site.
use crate::{fake::Machine, house::House};
use serde_json::{Value, json};
use socle_db::{Scope, machines, units};
use socle_domain::{
    DecisionId, Digest, UnitId,
    keys::Enrolment,
    master::Master,
    sign::Signed,
    unit::{Change, UnitDecision, UnitKind},
};
use socle_wire::{api::MasterView, problem::Problem};
use std::future::Future;

/// A centre, a body below it, a site below that; one machine in the site.
pub struct Place {
    pub house: House,
    pub body: UnitId,
    pub site: UnitId,
    pub machine: Machine,
    pub id: socle_domain::TargetId,
}

pub const TEXT: &str = "
title = { fr = 'Essai', en = 'Trial' }
[[option]]
name = 'language'
kind = 'choice'
choices = ['fr', 'de', 'en']
default = 'fr'
label = { fr = 'Langue', en = 'Language' }
[[option]]
name = 'seats'
kind = 'integer'
default = 10
latitude = { range = { min = 1, max = 100 } }
label = { fr = 'Places', en = 'Seats' }
[[option]]
name = 'join-password'
kind = 'secret'
label = { fr = 'Mot de passe', en = 'Password' }
[[step]]
id = 'look'
kind = 'check'
[[step]]
id = 'tell'
kind = 'report'
";

pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

impl Place {
    pub fn new() -> Place {
        let house = House::new();
        let (body, site) = (UnitId::new(1, [1; 10]), UnitId::new(2, [2; 10]));
        let now = house.now();
        let found = |n: u8, unit, parent, name: &str| {
            let what = Change::Founded { unit, parent, name: name.into(), kind: UnitKind::Site };
            UnitDecision { id: DecisionId::new(n.into(), [n; 10]), at: now, decided: now, by: "test".into(), what }
        };
        let mut machine = Machine::new(&house.agents(), house.pin, 1);
        machine.facts.set("vendor", "QEMU");
        machine.hello().unwrap();
        let id = house.accept("poste-01").id;
        let server = house.server.clone();
        wait(async {
            let mut tx = server.db.write().await.unwrap();
            let all = [found(1, body, UnitId::ROOT, "Ain"), found(2, site, body, "Bourg")];
            units::decide(&mut tx, Scope::ROOT, &all, now).await.unwrap();
            let known = machines::by_id(&mut tx, Scope::ROOT, id).await.unwrap().unwrap();
            let enrolment = Enrolment { target: id, unit: site, machine: known.key, at: now, by: "person".into() };
            let signed = Signed::new(&enrolment, &server.keys.server);
            machines::move_to(&mut tx, Scope::ROOT, &known, site, Some(&signed), "test", now).await.unwrap();
            tx.commit().await.unwrap();
        });
        machine.known();
        Place { house, body, site, machine, id }
    }

    pub fn signed(&self, version: &str, change: impl FnOnce(&mut Master)) -> Signed<Master> {
        let mut master = Master {
            name: "base".into(),
            version: version.into(),
            sequence: TEXT.into(),
            at: self.house.now(),
            ..Master::default()
        };
        change(&mut master);
        Signed::new(&master, &self.house.content())
    }
    pub fn publish(&self, version: &str, change: impl FnOnce(&mut Master)) -> Digest {
        self.house.post::<MasterView>("/api/v1/masters", &self.signed(version, change)).digest
    }
    /// Published and put into production.
    pub fn produce(&self, version: &str) -> Digest {
        let digest = self.publish(version, |_| {});
        self.house.post::<MasterView>(&format!("/api/v1/masters/{digest}/move"), &json!({ "to": "production" }));
        digest
    }
    pub fn at_unit(&self, unit: UnitId, option: &str) -> String {
        format!("/api/v1/units/{unit}/options/{option}")
    }
    pub fn at_machine(&self, option: &str) -> String {
        format!("/api/v1/machines/{}/options/{option}", self.id)
    }
    pub fn decide(&self, unit: UnitId, option: &str, wish: Value) -> Value {
        self.house.put(&self.at_unit(unit, option), &wish)
    }
    pub fn explained(&self, option: &str) -> Value {
        self.house.get(&self.at_machine(option))
    }
    /// The status and the code with which a change is refused.
    pub fn not_put(&self, path: &str, wish: Value) -> (u16, String) {
        let request = self.house.http().put(self.house.url("console", path)).bearer_auth(&self.house.token).json(&wish);
        let response = request.send().unwrap();
        assert!(!response.status().is_success(), "{path} was not refused");
        let problem: Problem = response.json().unwrap();
        (problem.status, problem.fault.code.to_string())
    }
    pub fn delete(&self, path: &str) -> u16 {
        let request = self.house.http().delete(self.house.url("console", path)).bearer_auth(&self.house.token);
        request.send().unwrap().status().as_u16()
    }
}
