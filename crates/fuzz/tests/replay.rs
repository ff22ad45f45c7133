//! The corpus, and some thousands of mutations of it that are always the same, on every `cargo test`.
use socle_fuzz::{
    Target, corpus,
    memory::{Counting, peak_bytes},
    mutate::{Dice, mutate},
    targets,
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Mutations for each target: about a second, unoptimised.
const MUTATIONS: usize = 3_000;

fn one(target: &Target, name: &str, input: &[u8]) {
    // A stack that overflows ends the program: then what was running stands here.
    let running = std::env::temp_dir().join(format!("socle-replay-{}", target.name));
    std::fs::write(&running, input).expect("a file of a test");
    let peak = peak_bytes(|| (target.run)(input));
    let allowed = target.allowed_bytes(input);
    assert!(peak <= allowed, "{}/{name} takes {peak} bytes of memory where {allowed} are allowed", target.name);
}

fn replay(name: &str) {
    let target = targets::find(name).expect("a target");
    let seeds = corpus::read(name).expect("its corpus");
    assert!(seeds.len() >= 3, "{name} has {} seeds", seeds.len());
    for (file, seed) in &seeds {
        assert!(seed.len() <= corpus::MAX_SEED_BYTES, "{name}/{file} is too large to be read by a person");
        one(target, file, seed);
    }
    let mut dice = Dice(0x50c1e);
    for n in 0..MUTATIONS {
        let mut input = seeds[dice.below(seeds.len())].1.clone();
        let other = &seeds[dice.below(seeds.len())].1;
        mutate(&mut dice, &mut input, other, target.words, target.max_bytes);
        // Shown where it panics: the input that did.
        let shown = Shown(name, n, &input);
        one(target, "a mutation", shown.2);
        std::mem::forget(shown);
    }
}

/// Tells which input was running when something panicked.
struct Shown<'a>(&'a str, usize, &'a [u8]);
impl Drop for Shown<'_> {
    fn drop(&mut self) {
        eprintln!("{}: mutation {}: {:?}", self.0, self.1, String::from_utf8_lossy(self.2));
        eprintln!("bytes: {:?}", self.2);
    }
}

macro_rules! replayed {
    ($($test:ident $name:literal)*) => {
        $(#[test]
        fn $test() {
            replay($name);
        })*
        const REPLAYED: &[&str] = &[$($name),*];
    };
}
replayed! {
    dhcp_server "dhcp-server"
    dhcp_client "dhcp-client"
    tftp "tftp"
    boot_script "boot-script"
    initrd "initrd"
    chip "chip"
    boot_log "boot-log"
    machine_words "machine-words"
    server_words "server-words"
    person_words "person-words"
    signed "signed"
    master "master"
    image "image"
    cast "cast"
}

#[test]
fn every_target_is_replayed_and_every_corpus_has_its_target() {
    let targets: Vec<&str> = targets::ALL.iter().map(|t| t.name).collect();
    assert_eq!(targets, REPLAYED);
    let mut folders: Vec<String> = std::fs::read_dir(corpus::folder(""))
        .expect("the corpora")
        .map(|e| e.expect("a folder").file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let mut sorted = targets;
    sorted.sort();
    assert_eq!(folders, sorted);
}

/// The count is a count: an input that takes more than it may is found.
#[test]
fn memory_is_measured() {
    let kept = peak_bytes(|| drop(std::hint::black_box(vec![1_u8; 1 << 20])));
    assert!((1 << 20..2 << 20).contains(&kept), "{kept}");
    assert!(peak_bytes(|| ()) < 1_024);
}

/// Seeds are real: each target reads at least one of its own to the end, so that its mutations are near something true.
#[test]
fn seeds_are_messages_and_not_noise() {
    use socle_boot::dhcp::Packet;
    let of = |name: &str| corpus::read(name).expect("its corpus").into_iter().map(|(_, bytes)| bytes);
    assert!(of("dhcp-server").filter(|b| Packet::decode(b).is_ok()).count() >= 5);
    assert!(of("tftp").filter(|b| b.len() > 3 && b[1..3] == [0, 1]).count() >= 2);
    let json = |name: &str| of(name).filter(|b| serde_json::from_slice::<serde_json::Value>(&b[1..]).is_ok()).count();
    assert!(
        json("machine-words") >= 8 && json("server-words") >= 8 && json("person-words") >= 8 && json("signed") >= 4
    );
    assert!(of("image").any(|b| b[0] % 5 == 0 && socle_image::Manifest::parse(&b[1..]).is_ok()));
    assert!(of("image").any(|b| b[0] % 5 == 1 && socle_image::page::decode(&b[1..], 1 << 40).is_some()));
    assert!(of("image").any(|b| b[0] % 5 == 3 && socle_image::pack::Footer::of_pack(&b[1..]).is_some()));
}
