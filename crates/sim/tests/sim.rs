//! The simulated fleet against a real server, in small: what is measured in large must be true in small first.
use socle_db::Db;
use socle_domain::sign::Signer;
use socle_server::{Config, Data, clock::SystemClock, data::Keys, first_start, routes::Door, serve::Server};
use socle_sim::{
    crowd::{self, World},
    fleet::Fleet,
    line::Lines,
    machine::Machine,
    seed,
    story::Office,
    work,
};
use socle_trust::KeyPair;
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

const FLEET: Fleet = Fleet { seed: 1, bodies: 3, sites: 2, rooms: 2, machines: 40 };

#[test]
fn each_simulated_machine_is_another() {
    let fleet = Fleet::national(2_000);
    let all = || 0..fleet.machines;
    let different = |count: usize| assert_eq!(count, fleet.machines as usize);
    different(all().map(|n| fleet.key(n).public()).collect::<BTreeSet<_>>().len());
    different(all().map(|n| fleet.target(n)).collect::<BTreeSet<_>>().len());
    different(all().flat_map(|n| fleet.hints(n).macs).collect::<BTreeSet<_>>().len());
    let sites: BTreeSet<_> = all().map(|n| fleet.address(n)).collect();
    assert_eq!(sites.len(), 750, "each site speaks from an address of its own");
    assert!(sites.iter().all(|address| address.is_loopback()), "nothing leaves this computer");
    let units: BTreeSet<_> = (0..3_000).map(|room| fleet.room(room)).collect();
    assert_eq!(units.len(), 3_000);
    assert_eq!(fleet.key(7).public(), Fleet::national(9).key(7).public(), "the same seed, the same machine");
    assert_ne!(fleet.key(7).public(), Fleet { seed: 6, ..fleet }.key(7).public());
}

#[test]
fn a_small_fleet_comes_lives_and_works() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::new(&folder.path().join("data")).unwrap();
        let keys = Keys::load_or_create(&data, seed::began()).unwrap();
        let db = Db::file(&data.database(), seed::began()).await.unwrap();
        seed::organisation(&FLEET, &db).await.unwrap();
        seed::machines(&FLEET, &db, &keys.server, Instant::now()).await.unwrap();
        db.close().await;
        let mut config = Config::default();
        let any = "127.0.0.1:0".parse().unwrap();
        (config.console.listen, config.agents.listen, config.boot.listen) = (any, any, any);
        let token = first_start::new_token(&data, &config, "simulated", 1, socle_sim::now()).await.unwrap();
        let server = Server::open(data.folder(), config, Arc::new(SystemClock)).await.unwrap();
        let (console, agents) = (server.address(Door::Console).unwrap(), server.address(Door::Agents).unwrap());
        let pin = server.pin().unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async { drop(stopped.await) }));

        let office = Office { console, token, fleet: FLEET };
        let master = office.publish(&KeyPair::load(&data.content_key()).unwrap()).await.unwrap();
        let lines = Lines::new(agents, pin, FLEET.machines).unwrap();
        let world = World::new(FLEET, FLEET.machines, lines, keys.content, 40.0);
        world.measure(true);
        crowd::start(&world, Duration::from_millis(500));
        until("all have introduced themselves", || world.introduced.load(Ordering::Relaxed) == FLEET.machines).await;
        let runs = office.order(master, 0..5).await.unwrap();
        until("their runs are over", || {
            let results = world.results();
            results.len() == runs.len() && results.values().all(|r| r.over)
        })
        .await;
        world.stop();
        let (full, resumed) = (&world.lines.handshakes.full, &world.lines.handshakes.resumed);
        assert!(resumed.load(Ordering::Relaxed) > full.load(Ordering::Relaxed), "tickets are used");
        assert!(world.times().get("heartbeat").is_some_and(|times| times.count() > 40));
        let results: Vec<_> = world.results().iter().map(|(run, result)| (*run, result.clone())).collect();
        for (run, result) in results {
            let mut machine = Machine::new(&world, result.machine);
            machine.introduce(&world).await.unwrap();
            assert_eq!(work::held(&world, &machine, run).await.unwrap(), result.written);
            assert_eq!(result.acknowledged, result.written.len());
        }
        // What a machine did not write is not taken for its own.
        let mut other = Machine::new(&world, 20);
        other.introduce(&world).await.unwrap();
        assert!(work::held(&world, &other, runs[0]).await.is_err());
        drop(stop);
        serving.await.unwrap().unwrap();
    });
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
