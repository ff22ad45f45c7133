//! The memories on this machine's disks.
use crate::{run::Keep, screen::Screen, steps::choose::socle_partition};
use socle_disk::{devices::Disk, memory::Memory};
use socle_domain::{Timestamp, journal::Entry, sign::PublicKey};
use socle_texts::Result;

/// This machine's own memory: one whose key is another's came in with a disk of another machine, and is not ours to
/// go on with. It counts as content of that disk until a person lets it go.
pub fn ours(disks: &[Disk], key: &PublicKey, screen: &Screen) -> Option<Keep> {
    newest(disks, screen, &|keep| keep.key().is_none_or(|kept| kept.public() == *key))
}

/// The memory that knows most recently: where a disk came from another machine, or an older one was left in the
/// machine, the last word counts. One that can't be read is said and passed over.
pub fn find(disks: &[Disk], screen: &Screen) -> Option<Keep> {
    newest(disks, screen, &|_| true)
}

fn newest(disks: &[Disk], screen: &Screen, wanted: &dyn Fn(&Keep) -> bool) -> Option<Keep> {
    let opened = disks.iter().filter_map(|disk| open(disk, screen));
    let mut found: Vec<(Timestamp, Keep)> = opened.filter(|(_, keep)| wanted(keep)).collect();
    found.sort_by_key(|(at, _)| *at);
    found.pop().map(|(_, keep)| keep)
}

fn open(disk: &Disk, screen: &Screen) -> Option<(Timestamp, Keep)> {
    let place = socle_partition(disk)?;
    let opened = disk.window(place.start_bytes, place.size_bytes).and_then(Memory::open);
    let keep = said(opened, screen)?.map(Keep::new)?;
    let told = said(keep.remembered(), screen)?;
    let last = told.entries.last().and_then(|e| serde_json::from_str::<Entry>(&e.body).ok());
    Some((last.map_or(Timestamp::UNIX_EPOCH, |e| e.at), keep))
}

fn said<T>(answer: Result<T>, screen: &Screen) -> Option<T> {
    answer.inspect_err(|fault| screen.trouble(fault)).ok()
}
