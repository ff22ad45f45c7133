//! An organisation with people in it, made beside the server in its own database.
use crate::house::House;
use reqwest::{
    Method,
    blocking::{RequestBuilder, Response},
};
use socle_db::{Db, Scope, grants, people, tokens, units};
use socle_domain::{
    AccountId, UnitId,
    id::DecisionId,
    role::{Grant, Role},
    unit::{Change, UnitDecision, UnitKind},
};
use socle_trust::secret;
use socle_wire::problem::Problem;
use std::future::Future;

/// Two bodies, one of them with a site.
pub struct Organisation<'a> {
    house: &'a House,
    runtime: tokio::runtime::Runtime,
    pub body: UnitId,
    pub site: UnitId,
    pub other: UnitId,
}

/// Somebody, with a token that acts with all that he holds.
#[derive(Clone)]
pub struct Somebody {
    pub id: AccountId,
    pub token: String,
}

impl<'a> Organisation<'a> {
    pub fn new(house: &'a House) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let unit = |n: u8| UnitId::new(1, [n; 10]);
        let one = Organisation { house, runtime, body: unit(1), site: unit(2), other: unit(3) };
        let now = house.now();
        let found = |n: u8, unit, parent, name: &str, kind| UnitDecision {
            id: DecisionId::new(1, [n; 10]),
            at: now,
            decided: now,
            by: "test".into(),
            what: Change::Founded { unit, parent, name: name.into(), kind },
        };
        let decisions = [
            found(1, one.body, UnitId::ROOT, "Collège Prévert", UnitKind::Body),
            found(2, one.site, one.body, "Site nord", UnitKind::Site),
            found(3, one.other, UnitId::ROOT, "Lycée Curie", UnitKind::Body),
        ];
        one.within(async |db: Db| {
            let mut tx = db.write().await.unwrap();
            units::decide(&mut tx, Scope::ROOT, &decisions, now).await.unwrap();
            tx.commit().await.unwrap();
        });
        one
    }
    /// Does something with the server's own database.
    pub fn within<F: Future<Output = T>, T>(&self, work: impl FnOnce(Db) -> F) -> T {
        self.runtime.block_on(async {
            let db = self.house.database().await;
            let done = work(db.clone()).await;
            db.close().await;
            done
        })
    }
    /// An account that can sign in, with these roles.
    pub fn somebody(&self, name: &str, roles: &[(Role, UnitId)]) -> Somebody {
        let id = uuid::Uuid::from_u128(0x1000 + u128::from(socle_domain::Digest::of(name.as_bytes()).0[0]));
        let one = Somebody { id: AccountId(id), token: secret::new_token().unwrap() };
        // The first administrator was there before.
        let now = self.house.now() + std::time::Duration::from_secs(1);
        let (bearer, roles) = (secret::digest(&one.token), roles.to_vec());
        self.within(async |db: Db| {
            let mut tx = db.write().await.unwrap();
            let account = people::Administrator {
                id,
                unit: roles.first().map_or(UnitId::ROOT, |(_, unit)| *unit),
                name: name.into(),
                password: Some("kept".into()),
            };
            people::add(&mut tx, Scope::ROOT, &account, now).await.unwrap();
            for (role, unit) in &roles {
                let grant = Grant { person: AccountId(id), role: *role, unit: *unit };
                grants::add(&mut tx, Scope::ROOT, &grant, None, now).await.unwrap();
            }
            let token = tokens::Token {
                id: bearer.to_string()[..32].to_string(),
                unit: UnitId::ROOT,
                name: format!("token of {name}"),
                person: Some(AccountId(id)),
                grants: Vec::new(),
                created: now,
                expires: None,
                used: None,
                address: String::new(),
            };
            tokens::make(&mut tx, bearer, &token).await.unwrap();
            tx.commit().await.unwrap();
        });
        one
    }
    /// Takes everything away from somebody.
    pub fn dismiss(&self, one: &Somebody) {
        self.within(async |db: Db| {
            let mut tx = db.write().await.unwrap();
            for placed in grants::of(&mut tx, one.id).await.unwrap() {
                grants::remove(&mut tx, Scope::ROOT, &placed.grant).await.unwrap();
            }
            tx.commit().await.unwrap();
        });
    }
    pub fn request(&self, one: Option<&Somebody>, method: Method, path: &str) -> RequestBuilder {
        let request = self.house.http().request(method, self.house.url("console", path));
        match one {
            Some(one) => request.bearer_auth(&one.token),
            None => request,
        }
    }
    pub fn get(&self, one: &Somebody, path: &str) -> Response {
        self.request(Some(one), Method::GET, path).send().unwrap()
    }
    pub fn post(&self, one: &Somebody, path: &str, message: &impl serde::Serialize) -> Response {
        self.request(Some(one), Method::POST, path).json(message).send().unwrap()
    }
}

/// A master that is offered to everybody.
pub fn offered_master(house: &House) -> socle_domain::Digest {
    let master = house.master();
    let _: serde_json::Value =
        house.post(&format!("/api/v1/masters/{master}/move"), &serde_json::json!({ "to": "production" }));
    master
}

/// The status of an answer, and its code where it is a problem.
pub fn told(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let code = response.json::<Problem>().map(|p| p.fault.code.to_string()).unwrap_or_default();
    (status, code)
}
