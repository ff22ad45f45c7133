//! What happens to a fleet: it comes, it lives, it works, its server is killed and comes back. What was promised is
//! compared in the end with what is there.
use crate::{
    Done, During,
    crowd::{self, World},
    figures::{Figures, load, say},
    fleet::Fleet,
    line::{Lines, plain},
    machine::Machine,
    seed,
    server::{Folder, Place, Server, open_files},
    work,
};
use socle_db::Db;
use socle_domain::{Digest, RunId, master::Master, sign::Signed};
use socle_server::{Config, Data, data::Keys};
use socle_trust::KeyPair;
use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// What is told.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who is enrolled.
    pub fleet: Fleet,
    /// How many of them speak.
    pub speaking: u32,
    /// Time passes for them so many times faster.
    pub hurry: f64,
    /// Over how long they come.
    pub ramp: Duration,
    /// For how long they are measured.
    pub steady: Duration,
    /// How many receive a run meanwhile; as many again are at one when the server is killed.
    pub runs: u32,
    /// Everybody has to be back after so long.
    pub back: Duration,
    /// The administrator's program.
    pub program: PathBuf,
    /// Where the data of this run goes.
    pub work: PathBuf,
    /// The database, where it is not SQLite.
    pub database: Option<String>,
    /// The processor of the server.
    pub core: Option<usize>,
    /// Whether the folder stays.
    pub keep: bool,
}

const SEQUENCE: &str = "
title = { fr = 'Simulation', en = 'Simulation' }
[[step]]
id = 'one'
kind = 'check'
[[step]]
id = 'two'
kind = 'check'
[[step]]
id = 'three'
kind = 'check'
[[step]]
id = 'four'
kind = 'check'
[[step]]
id = 'tell'
kind = 'report'
";

/// Tells it. An error is something that was promised and is not so.
pub async fn tell(plan: &Plan, figures: &Figures) -> Done {
    let start = Instant::now();
    figures.add("fleet: load before", load(), "programs");
    open_files(&plan.fleet)?;
    let folder = Folder::new(&plan.work, plan.keep)?;
    let place = Place {
        program: plan.program.clone(),
        folder: folder.path.clone(),
        database: plan.database.clone(),
        core: plan.core,
    };
    place.configure()?;
    let (keys, token) = enrolled(plan, &place, start).await?;
    figures.add("fleet: enrolled", f64::from(plan.fleet.machines), "machines");
    let server = Server::start(&place)?;
    let content = KeyPair::load(&Data::new(&place.data()).during("data")?.content_key()).during("the content key")?;
    let office = Office { console: server.console, token, fleet: plan.fleet };
    let master = office.publish(&content).await?;
    let lines = Lines::new(server.agents, server.pin, plan.speaking)?;
    let world = World::new(plan.fleet, plan.speaking, lines, keys.content, plan.hurry);
    come(plan, &world, figures, start).await?;
    let told = live(plan, &world, &server, &office, master, figures, start).await?;
    let server = survive(plan, &world, server, &place, &office, (master, told), figures, start).await?;
    compare(plan, &world, figures, start).await?;
    world.stop();
    let stopping = Instant::now();
    server.stop()?;
    figures.add("fleet: stopped by SIGTERM in", stopping.elapsed().as_secs_f64(), "s");
    figures.add("fleet: load after", load(), "programs");
    Ok(())
}

/// Makes the keys and the database, before the server's first start.
async fn enrolled(plan: &Plan, place: &Place, start: Instant) -> Done<(Keys, String)> {
    let data = Data::new(&place.data()).during("making the data folder")?;
    let keys = Keys::load_or_create(&data, seed::began()).during("making keys")?;
    let config = Config::read(&place.config()).during("reading the configuration")?;
    let db = match &plan.database {
        Some(url) => Db::url(url, seed::began()).await,
        None => Db::file(&data.database(), seed::began()).await,
    };
    let db = db.during("making the database")?;
    seed::organisation(&plan.fleet, &db).await?;
    seed::machines(&plan.fleet, &db, &keys.server, start).await?;
    db.close().await;
    let token = socle_server::first_start::new_token(&data, &config, "simulated", 1, crate::now()).await;
    Ok((keys, token.during("making a token")?))
}

/// People and programs, at the console's door.
pub struct Office {
    /// Where that is.
    pub console: std::net::SocketAddr,
    /// By what the server knows them.
    pub token: String,
    /// Whose runs are ordered.
    pub fleet: Fleet,
}

impl Office {
    /// Publishes the master that all simulated runs go through.
    pub async fn publish(&self, content: &KeyPair) -> Done<Digest> {
        let master = Master {
            name: "simulation".into(),
            version: "1".into(),
            sequence: SEQUENCE.into(),
            at: crate::now(),
            ..Master::default()
        };
        let signed = Signed::new(&master, content);
        let mut line = plain(self.console).await.during("reaching the console")?;
        let _: serde_json::Value =
            line.post("/api/v1/masters", Some(&self.token), &signed).await.during("publishing a master")?;
        // Every body is offered what is in production at the centre.
        let path = format!("/api/v1/masters/{}/move", signed.digest());
        let wish = serde_json::json!({ "to": "production" });
        let _: serde_json::Value =
            line.post(&path, Some(&self.token), &wish).await.during("moving a master into production")?;
        Ok(signed.digest())
    }

    /// Orders a run on each of these machines.
    pub async fn order(&self, master: Digest, machines: std::ops::Range<u32>) -> Done<Vec<RunId>> {
        let mut line = plain(self.console).await.during("reaching the console")?;
        let mut runs = Vec::new();
        for n in machines {
            let wish = serde_json::json!({ "target": self.fleet.target(n), "master": master });
            let run: serde_json::Value =
                line.post("/api/v1/runs", Some(&self.token), &wish).await.during("ordering a run")?;
            runs.push(run["id"].as_str().unwrap_or_default().parse().during("reading a run's identifier")?);
        }
        Ok(runs)
    }
}

async fn come(plan: &Plan, world: &Arc<World>, figures: &Figures, start: Instant) -> Done {
    say(start, format!("{} simulated machines come, within {:.0} s", plan.speaking, plan.ramp.as_secs_f64()));
    let begin = Instant::now();
    world.measure(true);
    crowd::start(world, plan.ramp);
    let patience = plan.ramp * 3 + Duration::from_secs(60);
    while world.introduced.load(Ordering::Relaxed) < plan.speaking {
        if begin.elapsed() > patience {
            let troubles = world.troubles();
            let there = world.introduced.load(Ordering::Relaxed);
            return Err(format!("only {there} of {} could introduce themselves: {troubles:?}", plan.speaking));
        }
        sleep(Duration::from_millis(200)).await;
    }
    world.measure(false);
    figures.add("fleet: speaking", f64::from(plan.speaking), "machines");
    figures.add("fleet: introduced in", begin.elapsed().as_secs_f64(), "s");
    if let Some(times) = world.times().get("hello") {
        figures.times("fleet: first words", times);
    }
    world.times().clear();
    handshakes(world, figures, "while they came");
    say(start, "all are there");
    Ok(())
}

fn handshakes(world: &World, figures: &Figures, when: &str) {
    let count = |n: &std::sync::atomic::AtomicU64| n.swap(0, Ordering::Relaxed) as f64;
    figures.add(format!("fleet: handshakes in full, {when}"), count(&world.lines.handshakes.full), "handshakes");
    figures.add(format!("fleet: handshakes resumed, {when}"), count(&world.lines.handshakes.resumed), "handshakes");
}

/// The steady time: how many runs were ordered in it.
async fn live(
    plan: &Plan,
    world: &Arc<World>,
    server: &Server,
    office: &Office,
    master: Digest,
    figures: &Figures,
    start: Instant,
) -> Done<Vec<RunId>> {
    say(start, format!("they live for {:.0} s; {} receive a run", plan.steady.as_secs_f64(), plan.runs));
    world.troubles();
    let (begin, cpu, before) = (Instant::now(), server.cpu_seconds(), world.answered.load(Ordering::Relaxed));
    world.measure(true);
    let runs = office.order(master, 0..plan.runs).await?;
    sleep(plan.steady.saturating_sub(begin.elapsed())).await;
    world.measure(false);
    let seconds = begin.elapsed().as_secs_f64();
    let answered = (world.answered.load(Ordering::Relaxed) - before) as f64;
    figures.add("fleet: words answered", answered / seconds, "per second");
    for (what, times) in world.times().iter() {
        figures.add(format!("fleet: {what}"), times.count() as f64 / seconds, "per second");
        figures.times(&format!("fleet: {what}"), times);
    }
    world.times().clear();
    figures.add("fleet: server's processor", (server.cpu_seconds() - cpu) / seconds, "cores");
    figures.add("fleet: server's peak memory", server.peak_bytes() as f64 / f64::from(1 << 20), "MiB");
    figures.add("fleet: load", load(), "programs");
    handshakes(world, figures, "steady");
    let troubles = world.troubles();
    figures.add("fleet: words not answered", troubles.values().sum::<u64>() as f64, "words");
    if !troubles.is_empty() {
        say(start, format!("not answered: {troubles:?}"));
    }
    Ok(runs)
}

/// The server is killed while runs go on, and started again.
#[expect(clippy::too_many_arguments, reason = "the story's last act knows all that came before")]
async fn survive(
    plan: &Plan,
    world: &Arc<World>,
    server: Server,
    place: &Place,
    office: &Office,
    (master, told): (Digest, Vec<RunId>),
    figures: &Figures,
    start: Instant,
) -> Done<Server> {
    let mut runs = told;
    runs.extend(office.order(master, plan.runs..plan.runs * 2).await?);
    // Until the runs are under way: a machine hears of its own at its next heartbeat.
    let under_way = |runs: &[RunId]| runs.iter().filter(|run| world.results().contains_key(run)).count();
    let patience = Instant::now() + Duration::from_secs(120).div_f64(plan.hurry) + Duration::from_secs(20);
    while under_way(&runs) * 10 < runs.len() * 9 && Instant::now() < patience {
        sleep(Duration::from_millis(50)).await;
    }
    let open = world.results().values().filter(|r| !r.over).count();
    say(start, format!("kill -9, with {open} runs under way"));
    let killed = Instant::now();
    server.kill()?;
    let server = Server::start(place)?;
    figures.add("fleet: killed with runs under way", open as f64, "runs");
    figures.add("fleet: answers again after", killed.elapsed().as_secs_f64(), "s");
    while world.heard_since(killed) < plan.speaking {
        if killed.elapsed() > plan.back {
            let back = world.heard_since(killed);
            return Err(format!(
                "only {back} of {} are back after {:?}: {:?}",
                plan.speaking,
                plan.back,
                world.troubles()
            ));
        }
        sleep(Duration::from_millis(200)).await;
    }
    figures.add("fleet: all are back after", killed.elapsed().as_secs_f64(), "s");
    handshakes(world, figures, "after kill -9");
    say(start, "all are back");
    let patience = Instant::now() + Duration::from_secs(180);
    let over = |runs: &[RunId]| {
        let results = world.results();
        runs.iter().filter(|run| results.get(run).is_some_and(|r| r.over)).count()
    };
    while over(&runs) < runs.len() {
        if Instant::now() > patience {
            return Err(format!("{} of {} runs have ended: {:?}", over(&runs), runs.len(), world.troubles()));
        }
        sleep(Duration::from_millis(200)).await;
    }
    let known = world.results().len();
    if known != runs.len() {
        return Err(format!("{} runs were ordered and {known} were begun", runs.len()));
    }
    figures.add("fleet: server's peak memory, after kill -9", server.peak_bytes() as f64 / f64::from(1 << 20), "MiB");
    Ok(server)
}

/// Every entry that a machine wrote is held, once, in its order, and nothing else is.
async fn compare(plan: &Plan, world: &Arc<World>, figures: &Figures, start: Instant) -> Done {
    let results: Vec<_> = world.results().iter().map(|(run, result)| (*run, result.clone())).collect();
    let (mut entries, mut wrong) = (0, Vec::new());
    for (run, result) in &results {
        let mut machine = Machine::new(world, result.machine);
        let held = async {
            machine.introduce(world).await?;
            work::held(world, &machine, *run).await
        };
        match held.await {
            Ok(held) if held == result.written => entries += held.len(),
            Ok(held) => wrong.push(format!("{run}: {} written, {} held", result.written.len(), held.len())),
            Err(trouble) => wrong.push(format!("{run}: {trouble}")),
        }
    }
    figures.add("fleet: runs compared", results.len() as f64, "runs");
    figures.add("fleet: entries lost or doubled", wrong.len() as f64, "journals");
    say(
        start,
        format!("{} journals with {entries} entries are held as they were written", results.len() - wrong.len()),
    );
    match wrong.first() {
        None if results.len() as u32 == plan.runs * 2 => Ok(()),
        None => Err(format!("{} runs were ordered, {} are known", plan.runs * 2, results.len())),
        Some(first) => Err(format!("{} journals differ; the first: {first}", wrong.len())),
    }
}
