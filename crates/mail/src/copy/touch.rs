//! Changes on the target to what is there: flags, and messages that the source has no more.
//!
//! Only what we put there, and only while nobody else has changed its flags: after cut-over the target is its owner's.
use super::{
    delta::SET_BYTES,
    report::PassReport,
    work::{Work, is_system},
};
use crate::imap::{Answer, Command, Connection, Item, Kind, flag_list, ranges};
use socle_texts::Result;
use std::collections::{BTreeMap, BTreeSet};

/// Carries out what the pass noted for this folder.
pub(super) async fn apply(target: &mut Connection, work: &mut Work, report: &mut PassReport) -> Result<()> {
    let gone: Vec<(u32, u32)> =
        work.gone.iter().filter_map(|uid| Some((*uid, work.state.kept.get(uid)?.target))).collect();
    let reflagged: Vec<(u32, u32, Vec<String>)> = work
        .reflagged
        .iter()
        .filter_map(|(uid, flags)| Some((*uid, work.state.kept.get(uid)?.target, flags.clone())))
        .collect();
    if !gone.is_empty() || !reflagged.is_empty() {
        target.select(&work.target).await?;
        let mut looked: Vec<u32> = gone.iter().map(|g| g.1).chain(reflagged.iter().map(|r| r.1)).collect();
        looked.sort_unstable();
        looked.dedup();
        let now = flags_of(target, &looked).await?;
        reflag(target, work, &reflagged, &now, report).await?;
        remove(target, work, &gone, &now, report).await?;
    }
    for uid in std::mem::take(&mut work.gone) {
        work.state.gone(uid)?;
    }
    work.reflagged.clear();
    Ok(())
}

/// Removes messages from the folder that is open, these and no others.
pub(super) async fn expunge(target: &mut Connection, list: &[u32]) -> Result<()> {
    for set in ranges(list, SET_BYTES) {
        target.call("flags", &Command::new("UID STORE").words(&set).words("+FLAGS.SILENT (\\Deleted)")).await?;
        target.call("expunge", &Command::new("UID EXPUNGE").words(&set)).await?;
    }
    Ok(())
}

async fn flags_of(target: &mut Connection, list: &[u32]) -> Result<BTreeMap<u32, Vec<String>>> {
    let mut all = BTreeMap::new();
    for set in ranges(list, SET_BYTES) {
        let tag = target.send(&Command::new("UID FETCH").words(&set).words("(UID FLAGS)")).await?;
        loop {
            match target.input.next().await? {
                Answer::Data(data) => {
                    if let Some(Item { uid: Some(uid), flags: Some(flags), .. }) = Item::of(&data) {
                        all.insert(uid, flags);
                    }
                }
                Answer::Status(status) if status.tag.as_deref() == Some(&tag) => {
                    if status.kind != Kind::Ok {
                        return Err(status.fault("fetch"));
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    Ok(all)
}

/// Whether nobody changed the message since we did. Keywords don't count: targets drop and add some by themselves.
fn untouched(ours: &[String], now: &[String]) -> bool {
    let system = |flags: &[String]| -> BTreeSet<String> {
        flags.iter().filter(|f| is_system(f)).map(|f| f.to_ascii_lowercase()).collect()
    };
    system(ours) == system(now)
}

type Change = (Vec<String>, Vec<String>);

async fn reflag(
    target: &mut Connection,
    work: &mut Work,
    reflagged: &[(u32, u32, Vec<String>)],
    now: &BTreeMap<u32, Vec<String>>,
    report: &mut PassReport,
) -> Result<()> {
    let mut changes: BTreeMap<Change, Vec<u32>> = BTreeMap::new();
    for (uid, there, flags) in reflagged {
        let Some(kept) = work.state.kept.get(uid).copied() else { continue };
        let old = work.state.flags_of(&kept).to_vec();
        // No longer there: its owner removed it.
        let Some(current) = now.get(there) else { continue };
        if untouched(&old, current) {
            let added = flags.iter().filter(|f| !old.contains(f)).cloned().collect();
            let removed = old.iter().filter(|f| !flags.contains(f)).cloned().collect();
            changes.entry((added, removed)).or_default().push(*there);
            report.flags_changed += 1;
        } else if !untouched(flags, current) {
            report.left_touched += 1;
        }
    }
    for ((added, removed), mut list) in changes {
        list.sort_unstable();
        for set in ranges(&list, SET_BYTES) {
            for (sign, flags) in [("+", &added), ("-", &removed)].into_iter().filter(|(_, f)| !f.is_empty()) {
                let command = Command::new("UID STORE").words(&set).words(format!("{sign}FLAGS.SILENT"));
                let reply = target.ask(&command.clone().words(flag_list(flags))).await?;
                let system: Vec<String> = flags.iter().filter(|f| is_system(f)).cloned().collect();
                if reply.status.kind != Kind::Ok && !system.is_empty() {
                    // A keyword that is not permitted: the verification names it; the rest is set.
                    target.call("flags", &command.words(flag_list(&system))).await?;
                }
            }
        }
    }
    for (uid, _, flags) in reflagged {
        work.state.flagged(*uid, flags.clone())?;
    }
    Ok(())
}

async fn remove(
    target: &mut Connection,
    work: &mut Work,
    gone: &[(u32, u32)],
    now: &BTreeMap<u32, Vec<String>>,
    report: &mut PassReport,
) -> Result<()> {
    let mut list = Vec::new();
    for (uid, there) in gone {
        let Some(kept) = work.state.kept.get(uid) else { continue };
        match now.get(there) {
            Some(current) if untouched(work.state.flags_of(kept), current) => list.push(*there),
            Some(_) => report.left_touched += 1,
            None => {}
        }
    }
    list.sort_unstable();
    if list.is_empty() {
        return Ok(());
    }
    if target.can("UIDPLUS") {
        expunge(target, &list).await?;
        report.removed += list.len() as u64;
    } else {
        // A plain EXPUNGE would remove what its owner marked as well.
        for set in ranges(&list, SET_BYTES) {
            target.call("flags", &Command::new("UID STORE").words(&set).words("+FLAGS.SILENT (\\Deleted)")).await?;
        }
        report.marked_only += list.len() as u64;
    }
    // What was left because its owner touched it is his from now on.
    Ok(())
}
