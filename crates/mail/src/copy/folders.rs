//! The target's folders: made, subscribed, renamed like the source's.
use super::{
    delta::SET_BYTES,
    report::{FolderRefused, PassReport},
};
use crate::{
    imap::{Command, Connection, Counts, Kind, Listing, Name, ranges},
    mapping::{Assigned, fallback},
    reading,
    state::{Entry, Store},
};
use socle_texts::Result;
use std::collections::{BTreeMap, BTreeSet};

/// So many messages are compared before a folder is taken for a renamed one.
const RENAME_SAMPLE: usize = 16;

/// Makes the folders that are missing on the target and notes them in the index. A name that the target refuses is tried
/// once more without the characters that servers refuse.
pub(super) async fn make(
    target: &mut Connection,
    there: &Listing,
    assigned: &[Assigned],
    store: &mut Store,
    report: &mut PassReport,
) -> Result<()> {
    let present: BTreeSet<&Name> = there.folders.iter().filter(|f| f.selectable).map(|f| &f.name).collect();
    let (mut wanted, mut subscribed) = (Vec::new(), Vec::new());
    for one in assigned.iter().filter(|a| a.folder.selectable) {
        let Some(name) = &one.target else { continue };
        let at = match store.index.folders.iter().position(|e| e.source == one.folder.name) {
            Some(at) => at,
            None => {
                let at = store.add(one.folder.name.clone(), name.clone());
                if one.folder.subscribed {
                    subscribed.push(at);
                }
                at
            }
        };
        let exists = present.contains(name) || name.is_inbox();
        if !exists && store.index.folders[at].refused.is_none() {
            wanted.push(at);
        }
    }
    // Decided before done: a stop right here leaves folders that the next pass knows.
    store.save()?;
    let refused = create(target, store, &wanted, there).await?;
    let again: Vec<usize> = refused.keys().copied().collect();
    if !again.is_empty() {
        for at in &again {
            let taken: BTreeSet<Name> = store.index.folders.iter().map(|e| e.target.clone()).collect();
            store.index.folders[*at].target = fallback(&store.index.folders[*at].target, there, &taken);
        }
        store.save()?;
        for (at, verbatim) in create(target, store, &again, there).await? {
            store.index.folders[at].refused = Some(verbatim);
        }
    }
    let mut tags = Vec::new();
    for at in subscribed {
        let name = store.index.folders[at].target.clone();
        tags.push(target.send(&Command::new("SUBSCRIBE").name(&name)).await?);
    }
    for tag in tags {
        target.gather(&tag).await?;
    }
    for entry in &store.index.folders {
        if let Some(verbatim) = &entry.refused {
            let folder = entry.source.shown();
            report.folders_refused.push(FolderRefused { folder, verbatim: verbatim.clone() });
        }
    }
    Ok(())
}

/// Creates folders, all in one flight; the answer is the refusals.
async fn create(
    target: &mut Connection,
    store: &mut Store,
    list: &[usize],
    there: &Listing,
) -> Result<BTreeMap<usize, String>> {
    let mut tags = Vec::new();
    for at in list {
        let name = store.index.folders[*at].target.clone();
        let create = target.send(&Command::new("CREATE").name(&name)).await?;
        tags.push((*at, create));
    }
    let mut refused = BTreeMap::new();
    for (at, create) in tags {
        let reply = target.gather(&create).await?;
        let entry = &mut store.index.folders[at];
        let listed = there.folders.iter().any(|f| f.name == entry.target && f.selectable);
        if reply.status.kind == Kind::Ok {
            entry.created = true;
        } else if reply.status.asks_to_wait_seconds().is_some() {
            return Err(reply.status.fault("create"));
        } else if !(reply.status.has("ALREADYEXISTS") && listed) {
            refused.insert(at, reply.status.verbatim);
        }
    }
    Ok(refused)
}

/// What the target's folders hold now, asked in one flight.
pub(super) async fn counts(target: &mut Connection, names: &[Name]) -> Result<Vec<Option<Counts>>> {
    let mut all = Vec::with_capacity(names.len());
    for group in names.chunks(100) {
        let mut tags = Vec::new();
        for name in group {
            tags.push(target.send(&Command::new("STATUS").name(name).words("(MESSAGES UIDNEXT UIDVALIDITY)")).await?);
        }
        for tag in tags {
            all.push(target.gather_status(&tag).await?);
        }
    }
    Ok(all)
}

/// Follows folders that were renamed on the source: same UIDVALIDITY, UIDNEXT and count as a folder that is no more, and
/// the same bytes in a sample. Anything less certain is copied and removed instead, which ends the same.
pub(super) async fn follow_renames(
    source: &mut Connection,
    target: &mut Connection,
    here: &Listing,
    wishes: &[Assigned],
    store: &mut Store,
    report: &mut PassReport,
) -> Result<()> {
    let known: BTreeSet<Name> = store.index.folders.iter().map(|e| e.source.clone()).collect();
    let vanished = |e: &Entry| !here.folders.iter().any(|f| f.name == e.source) && e.seen.is_some() && e.validity != 0;
    let lost: Vec<usize> = (0..store.index.folders.len()).filter(|at| vanished(&store.index.folders[*at])).collect();
    for at in lost {
        let entry = store.index.folders[at].clone();
        let Some(seen) = entry.seen else { continue };
        let same = |a: &&Assigned| {
            let counts = a.folder.counts.unwrap_or_default();
            !known.contains(&a.folder.name)
                && (counts.validity, counts.uid_next, counts.messages) == (entry.validity, seen.uid_next, seen.messages)
        };
        let mut candidates = wishes.iter().filter(same);
        let (Some(one), None) = (candidates.next(), candidates.next()) else { continue };
        let Some(name) = &one.target else { continue };
        if seen.messages == 0 || !same_bytes(source, &one.folder.name, store, entry.id).await? {
            continue;
        }
        let reply = target.ask(&Command::new("RENAME").name(&entry.target).name(name)).await?;
        if reply.status.kind == Kind::Ok {
            for (verb, name) in [("UNSUBSCRIBE", &entry.target), ("SUBSCRIBE", name)] {
                target.ask(&Command::new(verb).name(name)).await?;
            }
            let entry = &mut store.index.folders[at];
            (entry.source, entry.target) = (one.folder.name.clone(), name.clone());
            report.renamed_folders += 1;
            store.save()?;
        }
    }
    Ok(())
}

async fn same_bytes(source: &mut Connection, name: &Name, store: &Store, id: u32) -> Result<bool> {
    let state = store.folder(id)?;
    let step = state.kept.len().div_ceil(RENAME_SAMPLE).max(1);
    let sample: Vec<u32> = state.kept.keys().copied().step_by(step).collect();
    let mut equal = 0;
    source.examine(name).await?;
    for set in ranges(&sample, SET_BYTES) {
        reading::messages(source, &set, false, &mut |message| {
            equal += usize::from(state.kept.get(&message.uid).is_some_and(|k| k.digest == message.print.exact));
        })
        .await?;
    }
    Ok(!sample.is_empty() && equal == sample.len())
}
