//! `fuzz TARGET --seconds N [--seed N] --out FOLDER`: mutates the corpus for so long. Called by `cargo xtask fuzz`.
//!
//! An input that panics, takes too much memory or too much time is written to FOLDER/found before anything else; one
//! that ends the whole program (a stack that overflows) stands in FOLDER/running.
mod coverage;

use coverage::Coverage;
use socle_fuzz::{
    Target, corpus,
    memory::{Counting, peak_bytes},
    mutate::{Dice, mutate},
    targets,
};
use std::{
    collections::HashMap,
    fs,
    os::unix::fs::FileExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// One input may take this long.
const PATIENCE: Duration = Duration::from_secs(5);
/// Inputs kept at most: later ones replace a random one.
const MAX_KEPT: usize = 20_000;
/// Different faults reported at most, for one run.
const MAX_FOUND: usize = 20;
/// The threads of the server have this much stack; what overflows there must overflow here.
const STACK_BYTES: usize = 2 << 20;

struct Wish {
    target: &'static Target,
    seconds: u64,
    seed: u64,
    out: PathBuf,
}

fn wish() -> Result<Wish, String> {
    let mut args = std::env::args().skip(1);
    let name = args.next().ok_or("which target?")?;
    let target = targets::find(&name).ok_or_else(|| format!("there is no target {name}"))?;
    let mut wish = Wish { target, seconds: 60, seed: 1, out: PathBuf::from("target/fuzz").join(&name) };
    while let (Some(option), Some(value)) = (args.next(), args.next()) {
        let number = || value.parse::<u64>().map_err(|_| format!("{option} {value}: a number is expected"));
        match option.as_str() {
            "--seconds" => wish.seconds = number()?,
            "--seed" => wish.seed = number()?,
            "--out" => wish.out = value.into(),
            _ => return Err(format!("there is no {option}")),
        }
    }
    Ok(wish)
}

fn main() -> ExitCode {
    let wish = match wish() {
        Ok(wish) => wish,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    // On a thread with the stack of a server's thread.
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || run(&wish));
    match thread.map(|t| t.join()) {
        Ok(Ok(Ok(0))) => ExitCode::SUCCESS,
        Ok(Ok(Ok(_))) => ExitCode::FAILURE,
        other => {
            eprintln!("{other:?}");
            ExitCode::FAILURE
        }
    }
}

/// What the last panic said, by place: the same place is the same fault.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// Tries one input; what it broke.
fn attempt(target: &Target, input: &[u8]) -> Option<String> {
    let mut panicked = false;
    let run = || panicked = catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err();
    let peak = peak_bytes(run);
    if panicked {
        return Some(SAID.lock().ok().and_then(|mut s| s.take()).unwrap_or_else(|| "a panic".into()));
    }
    let allowed = target.allowed_bytes(input);
    (peak > allowed).then(|| format!("memory: {peak} bytes where {allowed} are allowed"))
}

/// The place of a fault, without what differs from input to input.
fn place(fault: &str) -> String {
    fault.split(['\n', '|']).next().unwrap_or_default().chars().filter(|c| !c.is_ascii_digit()).take(120).collect()
}

fn run(wish: &Wish) -> std::io::Result<usize> {
    std::panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        let what = info.payload_as_str().unwrap_or_default();
        if let Ok(mut said) = SAID.lock() {
            *said = Some(format!("panic at {at} | {what}"));
        }
    }));
    let Wish { target, out, .. } = wish;
    let found = out.join("found");
    fs::create_dir_all(&found)?;
    let running = fs::File::create(out.join("running"))?;
    let done = Arc::new(AtomicU64::new(0));
    watch(done.clone(), out.join("running"));

    let mut coverage = Coverage::new();
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut faults: HashMap<String, PathBuf> = HashMap::new();
    let mut try_one = |input: &[u8], coverage: &mut Coverage| -> std::io::Result<bool> {
        running.write_all_at(&(input.len() as u64).to_le_bytes(), 0)?;
        running.write_all_at(input, 8)?;
        coverage.clear();
        let fault = attempt(target, input);
        done.fetch_add(1, Ordering::Relaxed);
        let new = coverage.is_new();
        if let Some(fault) = fault {
            report(target, input, &fault, &found, &mut faults)?;
            return Ok(false);
        }
        Ok(new)
    };
    for (_, seed) in corpus::read(target.name)? {
        try_one(&seed, &mut coverage)?;
        kept.push(seed);
    }
    if kept.is_empty() {
        kept.push(Vec::new());
    }
    let seeds = kept.len();
    let (begin, mut dice, mut told) = (Instant::now(), Dice(wish.seed), 0);
    while begin.elapsed().as_secs() < wish.seconds {
        for _ in 0..200 {
            // The newest are the least known.
            let from = if dice.below(2) == 0 { kept.len().saturating_sub(64) } else { 0 };
            let mut input = kept[from + dice.below(kept.len() - from)].clone();
            let other = kept[dice.below(kept.len())].clone();
            mutate(&mut dice, &mut input, &other, target.words, target.max_bytes);
            if try_one(&input, &mut coverage)? {
                match kept.len() < MAX_KEPT {
                    true => kept.push(input),
                    false => {
                        let at = seeds + dice.below(MAX_KEPT - seeds);
                        kept[at] = input;
                    }
                }
            }
        }
        if begin.elapsed().as_secs() / 30 > told {
            told = begin.elapsed().as_secs() / 30;
            eprintln!("  {} {}", target.name, line(&done, begin, &coverage, kept.len()));
        }
    }
    let faults = faults.len();
    println!("{}: {}, {faults} faults", target.name, line(&done, begin, &coverage, kept.len()));
    let _ = fs::remove_file(out.join("running"));
    Ok(faults)
}

fn line(done: &AtomicU64, begin: Instant, coverage: &Coverage, kept: usize) -> String {
    let (done, seconds) = (done.load(Ordering::Relaxed), begin.elapsed().as_secs().max(1));
    let reached = match coverage.edges() {
        0 => "without coverage".to_string(),
        edges => format!("{} of {edges} edges, {kept} inputs kept", coverage.reached()),
    };
    format!("{done} inputs in {seconds} s ({} a second), {reached}", done / seconds)
}

/// Ends the program where one input takes too long: it stands in `running`.
fn watch(done: Arc<AtomicU64>, running: PathBuf) {
    std::thread::spawn(move || {
        loop {
            let before = done.load(Ordering::Relaxed);
            std::thread::sleep(PATIENCE);
            if done.load(Ordering::Relaxed) == before && before > 0 {
                eprintln!("an input takes longer than {} s: {}", PATIENCE.as_secs(), running.display());
                std::process::abort();
            }
        }
    });
}

/// Writes an input that broke something, shortened as long as it breaks the same.
fn report(
    target: &Target,
    input: &[u8],
    fault: &str,
    folder: &Path,
    faults: &mut HashMap<String, PathBuf>,
) -> std::io::Result<()> {
    let place_of = place(fault);
    if faults.contains_key(&place_of) || faults.len() >= MAX_FOUND {
        return Ok(());
    }
    let breaks = |bytes: &[u8]| attempt(target, bytes).is_some_and(|f| place(&f) == place_of);
    let mut short = input.to_vec();
    let mut piece = short.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < short.len() {
            let mut less = short.clone();
            less.drain(at..(at + piece).min(less.len()));
            if breaks(&less) { short = less } else { at += piece }
        }
        piece /= 2;
    }
    let path = folder.join(format!("found-{}", faults.len() + 1));
    fs::write(&path, &short)?;
    eprintln!("FOUND {} in {} bytes: {}\n{fault}", target.name, short.len(), path.display());
    faults.insert(place_of, path);
    Ok(())
}
