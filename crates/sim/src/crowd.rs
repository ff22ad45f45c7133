//! All simulated machines at once: each speaks when its time has come, and nobody waits for another.
use crate::{
    figures::Times,
    fleet::Fleet,
    line::{Lines, Trouble},
    machine::{Machine, Word},
    work::{self, Outcome},
};
use socle_domain::{RunId, facts::Facts, sign::PublicKey};
use socle_wire::presence::Next;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::{sleep, sleep_until};

/// A run goes on by one step so often: a real step takes longer.
const STEP: Duration = Duration::from_millis(700);
/// A machine that was told to introduce itself again does so within this.
const AGAIN: Duration = Duration::from_secs(2);

/// What all simulated machines share.
pub struct World {
    /// Who there is.
    pub fleet: Fleet,
    /// How many of them speak.
    pub speaking: u32,
    /// How they reach the server.
    pub lines: Lines,
    /// The key that signs all content: the only one that a machine believes from the start.
    pub content: PublicKey,
    /// Time passes for them so many times faster: their pauses are divided by it.
    pub hurry: f64,
    /// Of a thousand check-ins, so many say something new.
    pub changed_of_thousand: u32,
    delegation: OnceLock<Word>,
    times: Mutex<BTreeMap<&'static str, Times>>,
    measuring: AtomicBool,
    results: Mutex<BTreeMap<RunId, Outcome>>,
    troubles: Mutex<BTreeMap<String, u64>>,
    /// How many have a session.
    pub introduced: AtomicU32,
    /// Words said and answered.
    pub answered: AtomicU64,
    heard: Vec<AtomicU64>,
    start: Instant,
    stopping: AtomicBool,
}

impl World {
    /// A world before anybody has spoken.
    pub fn new(fleet: Fleet, speaking: u32, lines: Lines, content: PublicKey, hurry: f64) -> Arc<World> {
        Arc::new(World {
            heard: (0..speaking).map(|_| AtomicU64::new(0)).collect(),
            fleet,
            speaking,
            lines,
            content,
            hurry,
            changed_of_thousand: 20,
            delegation: OnceLock::new(),
            times: Mutex::default(),
            measuring: AtomicBool::new(false),
            results: Mutex::default(),
            troubles: Mutex::default(),
            introduced: AtomicU32::new(0),
            answered: AtomicU64::new(0),
            start: Instant::now(),
            stopping: AtomicBool::new(false),
        })
    }

    /// Keeps the content key's word for the server's: every machine was told the same, and has checked it.
    pub fn learn(&self, word: &Word) {
        let _ = self.delegation.set(word.clone());
    }
    /// That word.
    pub fn delegation(&self) -> Option<Word> {
        self.delegation.get().cloned()
    }
    /// What a machine says of itself at a check-in: mostly the same as before.
    pub fn facts_of(&self, n: u32) -> Facts {
        let mut facts = self.fleet.facts(n);
        let word = self.answered.load(Ordering::Relaxed);
        if (word.wrapping_mul(2_654_435_761) >> 16) % 1000 < u64::from(self.changed_of_thousand) {
            facts.set("packages", word);
        }
        facts
    }

    /// From now on what takes how long is counted, or no more.
    pub fn measure(&self, yes: bool) {
        self.measuring.store(yes, Ordering::Relaxed);
    }
    /// Something took so long.
    pub fn took(&self, what: &'static str, time: Duration) {
        if self.measuring.load(Ordering::Relaxed) {
            self.times().entry(what).or_default().add(time);
        }
    }
    /// What was counted.
    pub fn times(&self) -> MutexGuard<'_, BTreeMap<&'static str, Times>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// What became of each run.
    pub fn results(&self) -> MutexGuard<'_, BTreeMap<RunId, Outcome>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn trouble(&self, trouble: &Trouble) {
        let mut held = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = trouble.to_string();
        text.truncate(text.floor_char_boundary(80));
        *held.entry(text).or_default() += 1;
    }
    /// What went wrong, and how often; forgotten by this.
    pub fn troubles(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *self.troubles.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn heard(&self, n: u32) {
        let passed = self.start.elapsed().as_millis() as u64 + 1;
        self.heard[n as usize].store(passed, Ordering::Relaxed);
        self.answered.fetch_add(1, Ordering::Relaxed);
    }
    /// How many were answered since a moment.
    pub fn heard_since(&self, moment: Instant) -> u32 {
        let then = moment.duration_since(self.start).as_millis() as u64;
        self.heard.iter().filter(|at| at.load(Ordering::Relaxed) > then).count() as u32
    }
    /// Everybody falls silent.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// Chance between 0 and 1, the same for the same: from the machine's number and how often it asked.
struct Chance(u64);
impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 24)
    }
}

/// Starts them, spread over the ramp.
pub fn start(world: &Arc<World>, ramp: Duration) {
    for n in 0..world.speaking {
        let (world, offset) = (world.clone(), ramp.mul_f64(f64::from(n) / f64::from(world.speaking)));
        tokio::spawn(async move {
            sleep(offset).await;
            live(&world, n).await;
        });
    }
}

async fn live(world: &World, n: u32) {
    let mut machine = Machine::new(world, n);
    let mut chance = Chance(u64::from(n) ^ world.fleet.seed << 32);
    let mut due = Instant::now();
    while !world.stopping.load(Ordering::Relaxed) {
        let begin = Instant::now();
        world.took("late", begin.duration_since(due));
        let busy = Box::pin(turn(world, &mut machine)).await;
        let pause = match (busy, &machine.work) {
            (true, Some(_)) => STEP.mul_f64(0.5 + chance.next()),
            _ => machine.rhythm.pause(chance.next()).div_f64(world.hurry),
        };
        // In its own time, whatever the answer took.
        due = begin + pause;
        sleep_until(due.into()).await;
        machine.rhythm.passed(begin.elapsed().mul_f64(world.hurry));
    }
}

/// What a machine does when its time has come; whether its run went on.
async fn turn(world: &World, machine: &mut Machine) -> bool {
    let begin = Instant::now();
    if machine.session.is_none() {
        match machine.introduce(world).await {
            Ok(_) => {
                world.took("hello", begin.elapsed());
                world.introduced.fetch_add(1, Ordering::Relaxed);
            }
            Err(trouble) => return troubled(world, machine, &trouble).await,
        }
    }
    if machine.work.is_some() {
        return match work::go_on(world, machine).await {
            Ok(()) => {
                world.heard(machine.n);
                true
            }
            Err(trouble) => troubled(world, machine, &trouble).await,
        };
    }
    let begin = Instant::now();
    let what = machine.rhythm.next_word();
    match machine.say(world, what).await {
        Ok(pace) => {
            world.took(if what == Next::CheckIn { "check-in" } else { "heartbeat" }, begin.elapsed());
            world.heard(machine.n);
            machine.rhythm.answered(what, pace);
            if !pace.work {
                return false;
            }
            match work::go_on(world, machine).await {
                Ok(()) => machine.work.is_some(),
                Err(trouble) => troubled(world, machine, &trouble).await,
            }
        }
        Err(trouble) => troubled(world, machine, &trouble).await,
    }
}

async fn troubled(world: &World, machine: &mut Machine, trouble: &Trouble) -> bool {
    world.trouble(trouble);
    match trouble {
        Trouble::Refused(401, _) => {
            if machine.session.take().is_some() {
                world.introduced.fetch_sub(1, Ordering::Relaxed);
            }
            sleep(AGAIN.div_f64(world.hurry)).await;
        }
        _ => machine.rhythm.silent(),
    }
    false
}
