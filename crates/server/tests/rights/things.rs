//! One real thing of every kind, at whatever unit, and for each route a request about it that can be meant.
use crate::{
    house::House,
    people::{Organisation, Somebody},
};
use reqwest::Method;
use serde_json::{Value, json};
use socle_db::{Scope, consents, directories, images, machines, runs, stages};
use socle_domain::{
    AccountId, ConsentId, Digest, TargetId, UnitId,
    consent::{Consent, Deed, State},
    keys::ImageRelease,
    master::{Master, Stage},
    recognise::Hints,
    role::Role,
    run::Status,
    sign::{Signed, Signer},
};
use socle_image::{Guid, Manifest, PageDigest, manifest};
use socle_server::routes::Route;
use socle_texts::Fault;
use socle_trust::KeyPair;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fs,
    future::Future,
    time::Duration,
};

const SEQUENCE: &str = "
title = { fr = 'Essai', en = 'Trial' }
[[option]]
name = 'seats'
kind = 'integer'
default = 10
latitude = { range = { min = 1, max = 100 } }
label = { fr = 'Places', en = 'Seats' }
[[step]]
id = 'look'
kind = 'check'
";

/// Every kind of thing that a path may name.
const KINDS: &[&str] = &[
    "machine",
    "machine-set",
    "stranger",
    "run",
    "run-failed",
    "person",
    "link",
    "draft",
    "master",
    "production",
    "image",
    "accept-rule",
    "rule",
    "unit-set",
    "webhook",
    "delivery",
    "directory",
    "departure",
    "grant",
    "approval",
];

/// A request that can be meant.
#[derive(Clone)]
pub struct Meant {
    pub path: String,
    /// Its content type and its text.
    pub body: Option<(&'static str, String)>,
}

/// Makes things.
pub struct Things<'a> {
    house: &'a House,
    org: &'a Organisation<'a>,
    runtime: tokio::runtime::Runtime,
    made: Cell<u32>,
    /// What names a thing of a unit, wherever it stands in a request.
    names: RefCell<BTreeMap<UnitId, Vec<String>>>,
    standing: RefCell<BTreeMap<(&'static str, UnitId), Vec<String>>>,
    /// What machines may be given everywhere.
    pub master: Digest,
    /// To whom roles are given, and who is forgotten.
    pupil: Somebody,
    /// By unit: who asks for a second person.
    askers: BTreeMap<UnitId, AccountId>,
}

impl<'a> Things<'a> {
    /// One thing of every kind at each of these units.
    pub fn new(house: &'a House, org: &'a Organisation<'a>, units: &[UnitId]) -> Self {
        let pupil = org.somebody("pupil", &[]);
        let asker = |unit: &UnitId| (*unit, org.somebody(&format!("asker-{unit}"), &[(Role::Designer, *unit)]).id);
        let mut one = Things {
            house,
            org,
            runtime: tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
            made: Cell::new(0),
            names: RefCell::default(),
            standing: RefCell::default(),
            master: Digest::of(b""),
            pupil,
            askers: units.iter().map(asker).collect(),
        };
        let db = &house.server.db;
        one.runtime.block_on(async {
            // What more than some machines ask is another test's question.
            let mut tx = db.write().await.unwrap();
            consents::set_above(&mut tx, 1_000_000).await.unwrap();
            tx.commit().await.unwrap();
        });
        one.master = one.version(UnitId::ROOT, "offered", "1", true);
        for unit in units {
            one.named(*unit, unit.to_string());
            KINDS.iter().for_each(|kind| drop(one.thing(kind, *unit, false)));
        }
        one
    }

    /// Whether a request names a thing of a unit.
    pub fn names(&self, meant: &Meant, unit: UnitId) -> bool {
        let text = meant.body.as_ref().map_or("", |(_, text)| text.as_str());
        let names = self.names.borrow();
        names.get(&unit).is_some_and(|all| all.iter().any(|name| meant.path.contains(name) || text.contains(name)))
    }

    /// What a text tells of a unit that the request did not name itself.
    pub fn leaked(&self, text: &str, meant: &Meant, unit: UnitId) -> Option<String> {
        let said = meant.body.as_ref().map_or("", |(_, text)| text.as_str());
        let names = self.names.borrow();
        // Identifiers, digests and keys: a shorter name may be a part of another.
        let mut long = names.get(&unit)?.iter().filter(|name| name.len() > 30);
        long.find(|name| text.contains(*name) && !meant.path.contains(*name) && !said.contains(*name)).cloned()
    }

    /// All that is told of the standing things of a unit.
    pub fn portrait(&self, unit: UnitId) -> Vec<(String, String)> {
        let id = |kind| self.thing(kind, unit, false)[0].clone();
        let mut paths = Vec::new();
        for kind in ["machine", "machine-set", "stranger"] {
            paths.push(format!("machines/{}", id(kind)));
            paths.push(format!("machines/{}/facts?ended=true", id(kind)));
        }
        paths.push(format!("machines/{}/options", id("machine-set")));
        paths.extend(["run", "run-failed"].map(|kind| format!("runs/{}", id(kind))));
        paths.extend(["master", "production"].map(|kind| format!("masters/{}", id(kind))));
        // Not the one with a delivery: that is tried again and again meanwhile.
        for kind in ["person", "link", "draft", "rule", "accept-rule", "approval", "webhook"] {
            paths.push(format!("{kind}s/{}", id(kind)));
        }
        paths.push(format!("directories/{}", id("directory")));
        paths.push(format!("masters/{}/pilots", id("master")));
        paths.extend(["", "/networks", "/masters", "/options"].map(|part| format!("units/{unit}{part}")));
        for list in ["units", "machines", "persons", "links", "rules", "grants", "departures", "images", "approvals"] {
            paths.push(format!("{list}?unit={unit}&limit=100"));
        }
        let told = |path: String| {
            let text = self.ask(Method::GET, unit, &path, None).to_string();
            (path, text)
        };
        paths.into_iter().map(told).collect()
    }

    /// What is no longer told as it was.
    pub fn changed(&self, unit: UnitId, before: &[(String, String)]) -> Vec<String> {
        let after = self.portrait(unit);
        let pairs = before.iter().zip(&after).filter(|(before, after)| before != after);
        pairs.map(|((path, was), (_, is))| format!("{path}: {was} is now {is}")).collect()
    }

    /// What the first administrator asks, in a unit; it must be granted.
    fn ask(&self, method: Method, unit: UnitId, path: &str, body: Option<Value>) -> Value {
        let url = self.house.url("console", &format!("/api/v1/{path}"));
        let request = self.house.http().request(method, url).bearer_auth(&self.house.token);
        let request = request.header("socle-unit", unit.to_string());
        let response = body.map_or(request.try_clone().unwrap(), |body| request.json(&body)).send().unwrap();
        let (status, text) = (response.status(), response.text().unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
    fn post(&self, unit: UnitId, path: &str, body: Value) -> Value {
        self.ask(Method::POST, unit, path, Some(body))
    }
    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A number that nothing has yet.
    fn number(&self) -> u32 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }
    fn random(&self) -> [u8; 10] {
        let mut bytes = [7; 10];
        bytes[..4].copy_from_slice(&self.number().to_be_bytes());
        bytes
    }
    fn named(&self, unit: UnitId, name: String) -> String {
        self.names.borrow_mut().entry(unit).or_default().push(name.clone());
        name
    }

    /// What names a thing of a kind: the one that stands there, or a fresh one.
    pub fn thing(&self, kind: &'static str, unit: UnitId, fresh: bool) -> Vec<String> {
        let standing = self.standing.borrow().get(&(kind, unit)).cloned();
        if let Some(ids) = standing.filter(|_| !fresh) {
            return ids;
        }
        let ids = self.make(kind, unit);
        if kind != "grant" {
            ids.iter().for_each(|id| drop(self.named(unit, id.clone())));
        }
        if !fresh {
            self.standing.borrow_mut().insert((kind, unit), ids.clone());
        }
        ids
    }

    fn make(&self, kind: &str, unit: UnitId) -> Vec<String> {
        let text = |value: &Value, field: &str| {
            // Some answers hold the thing and something beside it.
            let inner = ["webhook", "rule"].into_iter().map(|name| &value[name]);
            let found = std::iter::once(value).chain(inner).find_map(|value| value[field].as_str());
            vec![found.unwrap_or_else(|| panic!("no {field} in {value}")).to_string()]
        };
        let n = self.number();
        match kind {
            "stranger" => {
                let (id, key) = self.stranger(unit);
                vec![id.to_string(), key]
            }
            "machine" => {
                let (id, _) = self.stranger(unit);
                let name = format!("poste-{n}");
                self.post(unit, &format!("machines/{id}/accept"), json!({ "name": name, "unit": unit }));
                vec![id.to_string(), name]
            }
            "machine-set" => {
                let ids = self.make("machine", unit);
                let put = |what: &str| {
                    let path = format!("machines/{}/{what}", ids[0]);
                    self.ask(Method::PUT, unit, &path, Some(json!({ "value": 7 })));
                };
                put("options/seats");
                put("facts/note");
                ids
            }
            "unit-set" => {
                let path = format!("units/{unit}/options/seats");
                self.ask(Method::PUT, unit, &path, Some(json!({ "value": 8 })));
                vec![unit.to_string()]
            }
            "run" => {
                let machine = self.make("machine", unit);
                text(&self.post(unit, "runs", json!({ "target": machine[0], "master": self.master })), "id")
            }
            "run-failed" => {
                let run = self.make("run", unit);
                let (scope, id) = (Scope::of(unit), run[0].parse().unwrap());
                self.wait(async {
                    let mut tx = self.house.server.db.write().await.unwrap();
                    let mut row = runs::by_id(&mut tx, scope, id).await.unwrap().unwrap();
                    row.state.status = Status::Failed { fault: Fault::new("disk-too-small") };
                    runs::stands(&mut tx, scope, &row).await.unwrap();
                    tx.commit().await.unwrap();
                });
                run
            }
            "person" => text(&self.post(unit, "persons", json!({ "unit": unit, "name": format!("Zoe {n}") })), "id"),
            "link" => {
                let person = self.make("person", unit);
                let wish = json!({ "unit": unit, "kind": "responsible", "person": person[0] });
                text(&self.post(unit, "links", wish), "id")
            }
            "draft" => text(&self.post(unit, "drafts", self.draft(unit, n)), "id"),
            "master" => vec![self.version(unit, &format!("m{n}"), "1", false).to_string()],
            "production" => {
                let name = format!("m{n}");
                self.version(unit, &name, "1", true);
                vec![self.version(unit, &name, "2", true).to_string()]
            }
            "image" => self.image(unit, n),
            "accept-rule" => {
                let name = format!("accepts-{n}");
                self.post(unit, "accept-rules", accept_rule(&name, unit));
                vec![name]
            }
            "rule" => text(&self.post(unit, "rules", rule(&format!("sets-{n}"), unit)), "id"),
            "webhook" => text(&self.post(unit, "webhooks", webhook(n)), "id"),
            "delivery" => {
                let webhook = self.make("webhook", unit);
                let told = self.post(unit, &format!("webhooks/{}/try", webhook[0]), json!(null));
                [webhook, text(&told, "event")].concat()
            }
            "directory" => {
                let name = format!("directory-{n}");
                let told = self.ask(Method::PUT, unit, &format!("directories/{name}"), Some(directory(unit)));
                [vec![name], text(&told, "id")].concat()
            }
            "departure" => self.departure(unit),
            "grant" => {
                self.post(unit, "grants", json!({ "person": "pupil", "role": "user", "unit": unit }));
                vec![self.pupil.id.to_string()]
            }
            "approval" => self.approval(unit),
            other => panic!("no kind {other}"),
        }
    }

    fn stranger(&self, unit: UnitId) -> (TargetId, String) {
        let (n, now) = (self.number(), self.house.now());
        let mut seed = [9; 32];
        seed[..4].copy_from_slice(&n.to_be_bytes());
        let one = machines::Machine {
            id: TargetId::new(1, self.random()),
            unit,
            key: KeyPair::from_seed(&seed).public(),
            name: None,
            state: machines::State::ToRecognise,
            since: now,
            by: None,
            enrolment: None,
            code: format!("{n:06}"),
            hints: Hints { macs: vec![format!("52:54:01:00:{:02x}:{:02x}", n >> 8, n & 255)], ..Hints::default() },
            facts: Default::default(),
            last_seen: now,
            address: None,
            place: "boot".into(),
        };
        self.wait(async {
            let mut tx = self.house.server.db.write().await.unwrap();
            machines::add(&mut tx, Scope::ROOT, &one).await.unwrap();
            tx.commit().await.unwrap();
        });
        (one.id, one.key.to_string())
    }

    fn draft(&self, unit: UnitId, n: u32) -> Value {
        json!({ "unit": unit, "name": format!("draft-{n}"), "version": "1", "sequence": SEQUENCE })
    }
    fn signed(&self, unit: UnitId, name: &str, version: &str) -> Signed<Master> {
        let master = Master {
            name: name.into(),
            version: version.into(),
            unit,
            sequence: SEQUENCE.into(),
            at: self.house.now(),
            ..Master::default()
        };
        Signed::new(&master, &self.house.content())
    }
    /// A published version: a pilot, or what is in production.
    fn version(&self, unit: UnitId, name: &str, version: &str, produced: bool) -> Digest {
        let signed = self.signed(unit, name, version);
        self.post(unit, "masters", serde_json::to_value(&signed).unwrap());
        let (digest, now) = (signed.digest(), self.house.now());
        if produced {
            self.wait(async {
                let mut tx = self.house.server.db.write().await.unwrap();
                let moved = stages::move_to(&mut tx, Scope::of(unit), digest, Stage::Production, "test", now).await;
                assert!(moved.unwrap().is_some());
                tx.commit().await.unwrap();
            });
        }
        digest
    }

    /// An image of nothing in the repository, known as one of a unit.
    fn image(&self, unit: UnitId, n: u32) -> Vec<String> {
        let name = format!("image-{n}");
        let disk = manifest::Disk {
            size_bytes: 8192 * 512,
            logical_sector_bytes: 512,
            guid: Guid([3; 16]),
            boot_code: String::new(),
            table_sectors: Vec::new(),
        };
        let partition = manifest::Partition {
            number: 1,
            type_guid: Guid([1; 16]),
            unique_guid: Guid([2; 16]),
            name: "root".into(),
            attributes: 0,
            first_lba: 2048,
            last_lba: 4095,
            method: manifest::Method::Whole,
            why: "raw".into(),
            filesystem: None,
            census: None,
            data_bytes: 4096,
            zero_bytes: 0,
            pages: vec![PageDigest::of(b"a page")],
        };
        let one = Manifest {
            format: manifest::FORMAT,
            name: name.clone(),
            captured_at_unix_seconds: 1_790_000_000,
            disk,
            partitions: vec![partition],
        };
        let (root, bytes) = one.to_bytes().unwrap();
        let folder = self.house.server.repository.folder().join("manifests").join(&name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("1.{root}.json")), bytes).unwrap();
        let image = images::Image {
            image: Digest(root.0),
            unit,
            name: name.clone(),
            disk_bytes: 1,
            used_bytes: 1,
            captured: self.house.now(),
            release: None,
        };
        self.wait(async {
            let mut tx = self.house.server.db.write().await.unwrap();
            images::put(&mut tx, Scope::of(unit), &image).await.unwrap();
            tx.commit().await.unwrap();
        });
        vec![image.image.to_string(), name]
    }

    fn departure(&self, unit: UnitId) -> Vec<String> {
        let (directory, person) = (self.make("directory", unit), self.make("person", unit));
        let one = directories::Departure {
            id: format!("departure-{}", self.number()),
            unit,
            directory: directory[1].clone(),
            person: person[0].parse().unwrap(),
            seen: self.house.now(),
            decided: None,
        };
        self.wait(async {
            let mut tx = self.house.server.db.write().await.unwrap();
            assert!(directories::propose(&mut tx, Scope::of(unit), &one).await.unwrap());
            tx.commit().await.unwrap();
        });
        vec![one.id]
    }

    /// Somebody's wish to put a version into production.
    fn approval(&self, unit: UnitId) -> Vec<String> {
        let master = self.version(unit, &format!("m{}", self.number()), "1", false);
        let now = self.house.now();
        let one = Consent {
            id: ConsentId::new(now.as_millisecond() as u64, self.random()),
            unit,
            deed: Deed::Publish { master },
            why: None,
            asked_by: self.askers[&unit],
            asked: now,
            expires: now + Duration::from_secs(200_000),
            state: State::Waiting,
            decided_by: None,
            decided: None,
            reason: None,
            fault: None,
        };
        self.wait(async {
            let mut tx = self.house.server.db.write().await.unwrap();
            consents::add(&mut tx, Scope::of(unit), &one).await.unwrap();
            tx.commit().await.unwrap();
        });
        vec![one.id.to_string()]
    }

    /// A request of a route about things of a unit; about fresh ones where it may end them.
    pub fn meant(&self, route: &Route, unit: UnitId, fresh: bool) -> Meant {
        let kind = subject(route);
        let ids = kind.map(|kind| self.thing(kind, unit, fresh)).unwrap_or_default();
        let id = |n: usize| ids.get(n).map_or("0190aaaa-0000-7000-8000-000000000009", String::as_str);
        let units = route.path.contains("/units/{id}") || route.path.contains("/organisation/{id}");
        let unit_text = unit.to_string();
        // His own affairs are nobody else's: somebody else's token.
        let tokens = route.path.contains("/tokens/{id}");
        let token = socle_trust::secret::digest(&self.pupil.token).to_string()[..32].to_string();
        let first = if units {
            &unit_text
        } else if tokens {
            &token
        } else {
            id(0)
        };
        let mut path = route.path.replace("/facts/{name}", "/facts/note").replace("{option}", "seats");
        for name in ["{id}", "{name}", "{digest}", "{person}"] {
            path = path.replace(name, first);
        }
        let event = id(1).to_string();
        let words = [
            ("{event}", event.as_str()),
            ("{list}", "people"),
            ("{role}", "user"),
            ("{unit}", &unit_text),
            ("{token}", "x"),
        ];
        for (name, value) in words {
            path = path.replace(name, value);
        }
        assert!(!path.contains('{'), "{path}");
        if route.path.ends_with("/{digest}/diff") {
            path = format!("{path}?to={first}");
        }
        if route.path.ends_with("/search") {
            path.push_str("?q=zoe");
        }
        let body = (route.method != "GET").then(|| self.message(route, unit, &ids, fresh)).flatten();
        Meant { path, body }
    }

    /// What is said there: what can be meant, about things of a unit.
    fn message(&self, route: &Route, unit: UnitId, ids: &[String], fresh: bool) -> Option<(&'static str, String)> {
        let n = self.number();
        let first = ids.first().map_or("", String::as_str);
        let network = format!("198.51.{}.0/24", unit.to_string().bytes().last().unwrap());
        let inner = if unit == self.org.body { self.org.site } else { unit };
        let some = |kind| self.thing(kind, unit, fresh);
        let form = |pairs: &[(&str, &str)]| {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{}={}", escaped(k), escaped(v))).collect();
            Some(("application/x-www-form-urlencoded", pairs.join("&")))
        };
        let (master, unit_text) = (self.master.to_string(), unit.to_string());
        let announced = format!("name,mac\nannounced-{n},52:54:02:00:{:02x}:{:02x}\n", n >> 8, n & 255);
        let people = format!("name,login\nPaul {n},paul-{n}\n");
        let census = Digest::of(b"census").to_string();
        let json = match (route.method.as_str(), route.path) {
            ("POST", "/machines/announce") => return form(&[("csv", &announced)]),
            ("POST", "/machines/codes") => return form(&[("unit", &unit_text), ("count", "1"), ("minutes", "5")]),
            ("POST", "/machines/room") => {
                let machine = some("machine");
                let (take, name) = (format!("take.{}", machine[0]), format!("name.{}", machine[0]));
                return form(&[("unit", &unit_text), ("master", &master), (&take, "1"), (&name, &machine[1])]);
            }
            ("POST", "/machines/{id}/accept") => return form(&[("name", &format!("accepted-{n}"))]),
            ("POST", "/machines/{id}/boot-once") => return form(&[("from", "network")]),
            ("POST", "/machines/{id}/replace-identity") => {
                return form(&[("name", &some("machine")[1]), ("key", &ids[1])]);
            }
            ("POST", "/machines/{id}/start") => return form(&[("master", &master), ("option.seats", "5")]),
            ("POST", "/organisation/import") => return form(&[("list", "people"), ("csv", &people), ("act", "do")]),
            ("POST", "/organisation/departures") => {
                return form(&[("id", &some("departure")[0]), ("left", "yes")]);
            }
            ("POST", "/organisation/{id}/decide") => {
                return form(&[("change", "found"), ("name", &format!("Salle {n}")), ("kind", "room")]);
            }
            ("POST", "/organisation/{id}/networks") => return form(&[("networks", &network)]),
            ("POST", "/runs/{id}/allow-loss") => return form(&[("census", &census), ("reason", "old")]),
            ("POST", "/masters/{digest}/move") => return form(&[("to", "production")]),
            ("POST", "/options/{option}" | "/machines/{id}/options/{option}") => {
                return form(&[("act", "set"), ("value", "9")]);
            }
            ("POST", "/rules") => {
                return form(&[
                    ("name", &format!("sets-{n}")),
                    ("when", "true"),
                    ("sets", "seats = 5"),
                    ("act", "keep"),
                ]);
            }
            ("POST", "/roles") => return form(&[("person", "pupil"), ("role", "user"), ("unit", &unit_text)]),
            ("POST", "/roles/take") => {
                return form(&[("person", &some("grant")[0]), ("role", "user"), ("unit", &unit_text)]);
            }
            ("POST", "/approvals/{id}/refuse") => return form(&[("reason", "no")]),
            ("POST", "/api/v1/announced") => return Some(("text/csv", announced)),
            ("POST", "/api/v1/imports/{list}") => return Some(("text/csv", people)),
            ("POST", "/api/v1/machines/{id}/accept") => json!({ "name": format!("accepted-{n}"), "unit": unit }),
            ("POST", "/api/v1/machines/{id}/boot-once") => json!({ "from": "network" }),
            ("POST", "/api/v1/machines/{id}/wake") => json!({ "wait_seconds": 0 }),
            ("POST", "/api/v1/machines/{id}/replace-identity") => {
                let stranger = some("stranger");
                json!({ "stranger": stranger[0], "key": stranger[1] })
            }
            ("POST", "/api/v1/accept-rules") => accept_rule(&format!("accepts-{n}"), unit),
            ("PUT", "/api/v1/accept-rules/{name}") => accept_rule(first, unit),
            ("POST", "/api/v1/masters") => serde_json::to_value(self.signed(unit, &format!("m{n}"), "1")).unwrap(),
            ("POST", "/api/v1/masters/{digest}/move") => json!({ "to": "production" }),
            ("PUT", "/api/v1/masters/{digest}/pilots") => json!({ "units": [unit] }),
            ("POST", "/api/v1/drafts") | ("PUT", "/api/v1/drafts/{id}") => self.draft(unit, n),
            ("PUT", "/api/v1/units/{id}/masters") => json!({ "names": null }),
            ("PUT", "/api/v1/units/{id}/options/{option}" | "/api/v1/machines/{id}/options/{option}") => {
                json!({ "value": 9 })
            }
            ("POST", "/api/v1/rules") | ("PUT", "/api/v1/rules/{id}") => rule(&format!("sets-{n}"), unit),
            ("POST", "/api/v1/rules/try") => rule(&format!("sets-{n}"), unit),
            ("POST", "/api/v1/images/releases") => {
                let image = some("image");
                let (name, at) = (image[1].clone(), self.house.now());
                let release = ImageRelease { name, image: image[0].parse().unwrap(), at, generation: 0 };
                serde_json::to_value(Signed::new(&release, &self.house.content())).unwrap()
            }
            ("POST", "/api/v1/runs") => json!({ "target": some("machine")[0], "master": master }),
            ("POST", "/api/v1/runs/batch") => json!({ "targets": [some("machine")[0]], "master": master }),
            ("POST", "/api/v1/runs/{id}/allow-loss") => json!({ "census": census, "reason": "old" }),
            ("PUT", "/api/v1/units/{id}/networks") => json!({ "networks": [network] }),
            ("POST", "/api/v1/unit-decisions") => {
                let what = json!({ "change": "found", "parent": unit, "name": format!("Salle {n}"), "kind": "room" });
                json!({ "what": what })
            }
            ("POST", "/api/v1/persons") | ("PUT", "/api/v1/persons/{id}") => {
                json!({ "unit": unit, "name": format!("Max {n}") })
            }
            ("POST", "/api/v1/links") => json!({ "unit": unit, "kind": "responsible", "person": some("person")[0] }),
            ("POST", "/api/v1/links/{id}/end") => json!({}),
            ("PUT", "/api/v1/machines/{id}/facts/{name}") => json!({ "value": "x" }),
            ("POST", "/api/v1/machines/{id}/move") => json!({ "unit": inner }),
            ("PUT", "/api/v1/directories/{name}") => directory(unit),
            ("POST", "/api/v1/departures/{id}/decide") => json!({ "left": true }),
            ("POST", "/api/v1/webhooks") => webhook(n),
            ("PUT", "/api/v1/webhooks/{id}") => {
                json!({ "name": format!("tells-{n}"), "url": "https://example.org/", "kinds": [], "is_on": true })
            }
            ("POST", "/api/v1/wizard/codes") => json!({ "unit": unit, "count": 1, "minutes": 5 }),
            ("POST", "/api/v1/wizard/room") => {
                let machine = some("machine");
                let line = json!({ "id": machine[0], "name": machine[1] });
                json!({ "unit": unit, "master": master, "machines": [line] })
            }
            ("POST", "/api/v1/grants") => json!({ "person": "pupil", "role": "user", "unit": unit }),
            ("POST", "/api/v1/approvals/{id}/refuse") => json!({ "reason": "no" }),
            ("PUT", "/api/v1/second-person") => json!({ "above": 20 }),
            ("POST", "/api/v1/audit/forget") => json!({ "person": self.pupil.id }),
            _ => return None,
        };
        Some(("application/json", json.to_string()))
    }
}

/// What kind of thing the path of a route names.
fn subject(route: &Route) -> Option<&'static str> {
    let (path, of_page) = (route.path.strip_prefix("/api/v1"), !route.path.starts_with("/api/"));
    let path = path.unwrap_or(route.path);
    Some(match (route.method.as_str(), path) {
        ("POST", "/machines/{id}/accept" | "/machines/{id}/refuse") => "stranger",
        ("POST", "/machines/{id}/replace-identity") if of_page => "stranger",
        ("DELETE", "/machines/{id}/options/{option}" | "/machines/{id}/facts/{name}") => "machine-set",
        ("DELETE", "/units/{id}/options/{option}") => "unit-set",
        ("POST", "/runs/{id}/retry") => "run-failed",
        ("POST", "/masters/{digest}/rollback") => "production",
        (_, path) => {
            let kinds = [
                ("/machines/{id}", "machine"),
                ("/runs/{id}", "run"),
                ("/masters/{digest}", "master"),
                ("/drafts/{id}", "draft"),
                ("/accept-rules/{name}", "accept-rule"),
                ("/rules/{id}", "rule"),
                ("/persons/{id}", "person"),
                ("/links/{id}", "link"),
                ("/directories/{name}", "directory"),
                ("/departures/{id}", "departure"),
                ("/webhooks/{id}/deliveries/{event}", "delivery"),
                ("/webhooks/{id}", "webhook"),
                ("/approvals/{id}", "approval"),
                ("/grants/{person}", "grant"),
            ];
            kinds.into_iter().find(|(start, _)| path.starts_with(start))?.1
        }
    })
}

fn webhook(n: u32) -> Value {
    json!({ "name": format!("tells-{n}"), "url": "https://example.org/" })
}
pub fn accept_rule(name: &str, unit: UnitId) -> Value {
    json!({ "name": name, "unit": unit, "when": "false", "name_pattern": "p-{nn}" })
}
pub fn rule(name: &str, unit: UnitId) -> Value {
    json!({ "unit": unit, "name": name, "order": 100, "when": "true", "sets": { "seats": 7 } })
}
/// One that nobody answers for: its address is this computer's.
pub fn directory(unit: UnitId) -> Value {
    json!({ "unit": unit, "config": { "url": "ldap://127.0.0.1:1", "base": "dc=example" } })
}
fn escaped(text: &str) -> String {
    let plain =
        |b: u8| if b.is_ascii_alphanumeric() || b == b'-' { (b as char).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(plain).collect()
}
