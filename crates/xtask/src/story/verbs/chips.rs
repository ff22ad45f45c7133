//! Verbs about disks that wander and chips that stay.
use crate::command::quiet;
use crate::server::view::machine_view;
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::{Done, During};
use ed25519_dalek::SigningKey;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What is looked through at once.
const PAGE: usize = 4096;
const SEED: usize = 32;

/// A machine's disk is copied into another one; both are off.
pub fn clone_disk(teller: &mut Teller, line: &Line) -> Done<String> {
    let (from, to) = (teller.machine(line, line.word(0)?)?, teller.machine(line, line.word(2)?)?);
    for index in [from, to] {
        if teller.lab.machines[index].is_on() {
            return Err(line.wrong(&format!("{} is on", teller.lab.machines[index].plan.name)));
        }
    }
    let (source, target) = (teller.lab.machines[from].disk_file(0), teller.lab.machines[to].disk_file(0));
    quiet("cp", [Path::new("--sparse=always"), &source, &target])?;
    Ok(String::new())
}

/// Looks for a machine's private key at every byte of its disk that is not nothing.
pub fn no_key(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let mac = teller.lab.machines[index].mac();
    let disk = teller.lab.machines[index].disk_file(0);
    let server = teller.server(line)?;
    let view = machine_view(server, &teller.lab.network.room, &mac)?;
    let key = view.ok_or_else(|| line.wrong("the server does not know it"))?.key;
    let range = super::disks::partition(&disk, "socle")?.ok_or_else(|| line.wrong("it has no partition socle"))?;
    let mut bytes = Vec::new();
    let act = || format!("reading {}", disk.display());
    let mut file = File::open(&disk).during(act())?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(range.start)).during(act())?;
    file.take(range.end - range.start).read_to_end(&mut bytes).during(act())?;
    let looked = written(&bytes);
    match find_seed(&bytes, &key) {
        Some(at) => {
            Err(line.wrong(&format!("the private key lies open on its disk, at byte {}", range.start + at as u64)))
        }
        None => Ok(format!("none of {looked} bytes written there begins its private key")),
    }
}

/// Whether no chance could have made this: thirty-two bytes of text, or half of them nothing (less than once in 10^13).
fn is_no_seed(bytes: &[u8]) -> bool {
    let nothing = bytes.iter().filter(|b| **b == 0).count();
    nothing > SEED / 2 || bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
}

fn is_empty(page: &[u8]) -> bool {
    page.iter().all(|b| *b == 0)
}

fn written(bytes: &[u8]) -> usize {
    bytes.chunks(PAGE).filter(|page| !is_empty(page)).map(<[u8]>::len).sum()
}

/// Where the seed of a public key begins, if it does anywhere.
fn find_seed(bytes: &[u8], public: &str) -> Option<usize> {
    let is_it = |seed: &[u8]| {
        let Ok(seed) = <[u8; SEED]>::try_from(seed) else { return false };
        let key = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let text: String = key.iter().map(|b| format!("{b:02x}")).collect();
        public.ends_with(&text)
    };
    (0..bytes.len().saturating_sub(SEED - 1)).find(|at| {
        let page = at / PAGE * PAGE;
        // A seed that begins in an empty page and is not nothing itself begins in its last bytes.
        let end = (page + PAGE + SEED).min(bytes.len());
        !is_empty(&bytes[page..end]) && !is_no_seed(&bytes[*at..at + SEED]) && is_it(&bytes[*at..at + SEED])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_lies_open_is_found_wherever_it_lies() {
        let seed = [0xa5; SEED];
        let public: String =
            SigningKey::from_bytes(&seed).verifying_key().to_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let public = format!("socle-key:{public}");
        for at in [0, 1, PAGE - 5, 3 * PAGE - SEED] {
            let mut bytes = vec![0; 3 * PAGE];
            bytes[at..at + SEED].copy_from_slice(&seed);
            assert_eq!(find_seed(&bytes, &public), Some(at));
            bytes[at] ^= 1;
            assert_eq!(find_seed(&bytes, &public), None);
        }
        assert_eq!((find_seed(&[], &public), find_seed(&[0; 40], &public)), (None, None));
    }
}
