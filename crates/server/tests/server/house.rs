//! A server for one test: its own folder, its own ports, a clock moved by hand.
//!
//! Its database is SQLite's, or PostgreSQL's where `SOCLE_TEST_DATABASE` says so: `postgresql` starts one for the test, the
//! folder of a running one's socket makes a database there. `cargo xtask test-postgresql` runs the server's tests so.
#[path = "../../../db/tests/db/postgresql.rs"]
mod cluster;

use reqwest::blocking::{Client, Response};
use serde::{Serialize, de::DeserializeOwned};
use socle_domain::{Clock, Digest, Timestamp, UnitId, master::Master, sign::Signed};
use socle_server::{Config, Data, first_start, routes::Door, serve::Server};
use socle_trust::KeyPair;
use socle_wire::{
    api::{MachineView, MasterView, RunView, StartRun},
    problem::Problem,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::oneshot;

/// A clock moved by hand.
pub struct HandClock(Mutex<Timestamp>);
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub struct House {
    pub clock: Arc<HandClock>,
    config: Config,
    pub folder: tempfile::TempDir,
    pub pin: Digest,
    pub token: String,
    pub link: String,
    pub server: Arc<socle_server::House>,
    addresses: BTreeMap<&'static str, SocketAddr>,
    http: Client,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    // The last: it ends after the server.
    cluster: Option<Arc<cluster::Cluster>>,
}

/// The PostgreSQL in which these tests make their databases, if they do.
fn cluster_of_the_tests() -> Option<Arc<cluster::Cluster>> {
    static STARTED: Mutex<Weak<cluster::Cluster>> = Mutex::new(Weak::new());
    let wish = std::env::var("SOCLE_TEST_DATABASE").ok()?;
    if wish != "postgresql" {
        return Some(Arc::new(cluster::Cluster::running(wish.as_ref())));
    }
    let mut started = STARTED.lock().unwrap();
    let cluster = started.upgrade().unwrap_or_else(|| Arc::new(cluster::Cluster::start()));
    *started = Arc::downgrade(&cluster);
    Some(cluster)
}

const SEQUENCE: &str = "
title = { fr = 'Essai', en = 'Trial' }
[[step]]
id = 'look'
kind = 'check'
[[step]]
id = 'restart'
kind = 'reboot'
[[step]]
id = 'tell'
kind = 'report'
";

impl House {
    pub fn new() -> House {
        Self::with(Config::default())
    }
    pub fn with(mut config: Config) -> House {
        let cluster = if config.database.url.is_none() { cluster_of_the_tests() } else { None };
        if let Some(cluster) = &cluster {
            static HOUSES: AtomicU32 = AtomicU32::new(0);
            let name = format!("house_{}_{}", std::process::id(), HOUSES.fetch_add(1, Ordering::Relaxed));
            config.database.url = Some(cluster.database(&name));
        }
        Self::on(cluster, config)
    }
    /// One on SQLite whatever is wished: its test looks into the file itself.
    #[allow(dead_code)] // not every program that shares this file
    pub fn on_sqlite() -> House {
        Self::on_sqlite_with(Config::default())
    }
    #[allow(dead_code)] // as above
    pub fn on_sqlite_with(config: Config) -> House {
        Self::on(None, config)
    }
    fn on(cluster: Option<Arc<cluster::Cluster>>, config: Config) -> House {
        let folder = tempfile::tempdir().unwrap();
        Self::at(folder, cluster, config, Arc::new(HandClock(Mutex::new("2026-11-22T07:00:00Z".parse().unwrap()))))
    }
    /// The server's own database, opened once more.
    #[allow(dead_code)] // not every program that shares this file
    pub async fn database(&self) -> socle_db::Db {
        match &self.config.database.url {
            Some(url) => socle_db::Db::url(url, self.now()).await.unwrap(),
            None => socle_db::Db::file(&self.data().join("socle.db"), self.now()).await.unwrap(),
        }
    }
    /// One whose console listens on a port that its people know.
    #[allow(dead_code)] // the tests of signing in share this file
    pub fn with_console(mut config: Config, port: u16) -> House {
        config.console.listen.set_port(port);
        Self::with(config)
    }
    fn at(
        folder: tempfile::TempDir,
        cluster: Option<Arc<cluster::Cluster>>,
        mut config: Config,
        clock: Arc<HandClock>,
    ) -> House {
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        // The usual port is nobody's wish.
        let wished = config.console.listen.port();
        let console = if wished == 8080 { any } else { SocketAddr::from(([127, 0, 0, 1], wished)) };
        (config.console.listen, config.agents.listen, config.boot.listen) = (console, any, any);
        let kept = config.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let (data, time) = (folder.path().join("data"), clock.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let server = Server::open(&data, config.clone(), time.clone()).await.unwrap();
                let at = |door| server.address(door).unwrap();
                let addresses = BTreeMap::from([
                    ("console", at(Door::Console)),
                    ("agents", at(Door::Agents)),
                    ("boot", at(Door::Boot)),
                ]);
                let token =
                    first_start::new_token(&Data::new(&data).unwrap(), &config, "test", 400, time.now()).await.unwrap();
                let told = (
                    addresses,
                    server.pin().unwrap(),
                    server.link().unwrap_or_default(),
                    token,
                    server.house().clone(),
                );
                tell.send(told).unwrap();
                server.run(async { drop(stopped.await) }).await.unwrap();
            });
        });
        let (addresses, pin, link, token, server) = told.recv_timeout(Duration::from_secs(30)).unwrap();
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        House {
            clock,
            config: kept,
            folder,
            pin,
            token,
            link,
            server,
            addresses,
            http,
            stop: Some(stop),
            thread: Some(thread),
            cluster,
        }
    }

    /// Stops the server and starts it again on the same folder.
    pub fn again(self) -> House {
        self.again_after(|_| {})
    }
    /// Stops the server and starts it again on what somebody has made of its folder meanwhile.
    pub fn again_after(mut self, change: impl FnOnce(&std::path::Path)) -> House {
        self.end();
        change(&self.data());
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::at(folder, self.cluster.clone(), self.config.clone(), self.clock.clone())
    }
    pub fn end(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the server ended badly");
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub fn later(&self, seconds: u64) {
        let mut now = self.clock.0.lock().unwrap();
        *now += Duration::from_secs(seconds);
    }
    pub fn agents(&self) -> String {
        format!("https://{}", self.addresses["agents"])
    }
    pub fn url(&self, door: &str, path: &str) -> String {
        let scheme = if door == "agents" { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.addresses[door])
    }
    pub fn http(&self) -> &Client {
        &self.http
    }
    pub fn content(&self) -> KeyPair {
        KeyPair::load(&self.data().join("content-key/content.key")).unwrap()
    }

    pub fn get<A: DeserializeOwned>(&self, path: &str) -> A {
        let response = self.http.get(self.url("console", path)).bearer_auth(&self.token).send().unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().unwrap());
        response.json().unwrap()
    }
    /// The first page of a list.
    pub fn all<A: DeserializeOwned>(&self, path: &str) -> Vec<A> {
        self.get::<socle_wire::page::Page<A>>(path).items
    }
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let response = self.http.get(self.url("console", path)).bearer_auth(&self.token).send().unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.bytes().unwrap().to_vec()
    }
    fn send(&self, path: &str, message: &impl Serialize) -> Response {
        self.http.post(self.url("console", path)).bearer_auth(&self.token).json(message).send().unwrap()
    }
    pub fn post<A: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> A {
        let response = self.send(path, message);
        assert!(response.status().is_success(), "{path}: {}", response.text().unwrap());
        response.json().unwrap()
    }
    pub fn put<A: DeserializeOwned>(&self, path: &str, message: &impl Serialize) -> A {
        let request = self.http.put(self.url("console", path)).bearer_auth(&self.token).json(message);
        let response = request.send().unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().unwrap());
        response.json().unwrap()
    }
    /// The code with which it is refused.
    pub fn refused(&self, path: &str, message: &impl Serialize) -> (u16, String) {
        let response = self.send(path, message);
        assert!(!response.status().is_success(), "{path} was not refused");
        let problem: Problem = response.json().unwrap();
        (problem.status, problem.fault.code.to_string())
    }
    pub fn post_csv(&self, csv: &str) -> Result<u64, Box<Problem>> {
        let url = self.url("console", "/api/v1/announced");
        let response = self.http.post(url).bearer_auth(&self.token).body(csv.to_string()).send().unwrap();
        match response.status().is_success() {
            true => Ok(response.json::<serde_json::Value>().unwrap()["announced"].as_u64().unwrap()),
            false => Err(Box::new(response.json().unwrap())),
        }
    }
    /// The boot script of a machine.
    pub fn script(&self, mac: &str) -> String {
        let response = self.http.get(self.url("boot", &format!("/boot/boot.ipxe?mac={mac}"))).send().unwrap();
        assert!(response.status().is_success());
        response.text().unwrap()
    }

    /// A published master of a text, by its digest.
    pub fn master_of(&self, sequence: &str, version: &str) -> Digest {
        let master = Master {
            name: "trial".into(),
            version: version.into(),
            unit: UnitId::ROOT,
            sequence: sequence.into(),
            images: BTreeMap::new(),
            options: BTreeMap::from([("size".to_string(), 1.into())]),
            at: self.now(),
            ..Master::default()
        };
        let view: MasterView = self.post("/api/v1/masters", &Signed::new(&master, &self.content()));
        view.digest
    }
    pub fn master(&self) -> Digest {
        self.master_of(SEQUENCE, "1")
    }
    pub fn machines(&self) -> Vec<MachineView> {
        self.all("/api/v1/machines")
    }
    /// Recognises the only machine that waits.
    pub fn accept(&self, name: &str) -> MachineView {
        let waiting: Vec<_> = self.machines().into_iter().filter(|m| m.state == "to-recognise").collect();
        assert_eq!(waiting.len(), 1);
        self.post(&format!("/api/v1/machines/{}/accept", waiting[0].id), &serde_json::json!({ "name": name }))
    }
    pub fn wish(&self, machine: &MachineView, master: Digest) -> StartRun {
        StartRun { target: machine.id, master, options: BTreeMap::new(), loss: Default::default() }
    }
    pub fn start(&self, machine: &MachineView, master: Digest) -> RunView {
        self.post("/api/v1/runs", &self.wish(machine, master))
    }
    pub fn run(&self, run: &RunView) -> RunView {
        self.get(&format!("/api/v1/runs/{}", run.id))
    }
    pub fn state(&self, run: &RunView) -> &'static str {
        self.run(run).state.status.word()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.end();
    }
}
