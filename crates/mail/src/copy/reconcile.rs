//! Before anything is sent to a folder of the target, every message in it is known: ours, or not ours.
//!
//! After a stop some messages may be there whose acknowledgement was lost; with the state lost, all of them. They are
//! read and matched by their bytes. So a message is never sent twice, whatever was lost.
use super::{
    delta::{Present, SET_BYTES},
    matching::matched,
    report::PassReport,
    touch::expunge,
    work::{Sent, Work},
};
use crate::{
    imap::{Answer, Command, Connection, Item, Kind, ranges, uids},
    print::Print,
    reading::{self, Read},
};
use socle_texts::Result;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// Matches what is on the target with `wanted`, takes what is found out of it, and notes what is not ours.
pub(super) async fn target(
    source: &mut Connection,
    target: &mut Connection,
    work: &mut Work,
    present: &Present,
    wanted: &mut Vec<u32>,
    suspects: &BTreeSet<u32>,
    report: &RefCell<PassReport>,
) -> Result<()> {
    let opened = target.examine(&work.target).await?;
    work.state_target(opened.validity)?;
    let unknown = unknown_targets(target, work, opened.exists).await?;
    if unknown.is_empty() {
        return Ok(());
    }
    let mut there = read(target, &unknown).await?;
    remove_doubles(target, work, &mut there, suspects, report).await?;
    place(work, &mut there)?;
    wanted.retain(|uid| !work.state.knows(*uid));
    // What was under way first: with the state intact nothing else can be there.
    let (sending, others): (Vec<u32>, Vec<u32>) = wanted.iter().copied().partition(|u| work.state.sending.contains(u));
    for group in [sending, others] {
        if !there.is_empty() && !group.is_empty() {
            adopt(source, work, present, &group, &mut there, report).await?;
        }
    }
    work.state.others(there.iter().map(|message| message.uid))?;
    wanted.retain(|uid| !work.state.knows(*uid));
    Ok(())
}

async fn unknown_targets(target: &mut Connection, work: &Work, exists: u64) -> Result<Vec<u32>> {
    if exists == 0 {
        return Ok(Vec::new());
    }
    let known = work.state.known_targets();
    let all = all_uids(target).await?;
    Ok(all.into_iter().filter(|uid| !known.contains(uid)).collect())
}

/// All UIDs of the folder that is open, in the shortest way that the server offers.
async fn all_uids(target: &mut Connection) -> Result<Vec<u32>> {
    if target.can("ESEARCH") {
        let reply = target.call("search", &Command::new("UID SEARCH RETURN (ALL) ALL")).await?;
        let esearch = reply.data.iter().find(|d| d.first().is_some_and(|w| w.is("ESEARCH")));
        let set = esearch.and_then(|d| d.iter().position(|v| v.is("ALL")).and_then(|at| d.get(at + 1)));
        return Ok(set.map(|set| uids(&set.text(), 100_000_000)).unwrap_or_default());
    }
    let tag = target.send(&Command::new("UID FETCH 1:* (UID)")).await?;
    let mut all = Vec::new();
    loop {
        match target.input.next().await? {
            Answer::Data(data) => all.extend(Item::of(&data).and_then(|item| item.uid)),
            Answer::Status(status) if status.tag.as_deref() == Some(&tag) => {
                return if status.kind == Kind::Ok { Ok(all) } else { Err(status.fault("fetch")) };
            }
            Answer::Status(status) if status.kind == Kind::Bye => return Err(status.fault("fetch").may_retry()),
            _ => {}
        }
    }
}

async fn read(connection: &mut Connection, list: &[u32]) -> Result<Vec<Read>> {
    let mut all = Vec::with_capacity(list.len());
    for set in ranges(list, SET_BYTES) {
        reading::messages(connection, &set, false, &mut |message| all.push(message)).await?;
    }
    Ok(all)
}

/// Messages that the target accepted without saying where: they are where their bytes are.
fn place(work: &mut Work, there: &mut Vec<Read>) -> Result<()> {
    let unplaced: Vec<Sent> = std::mem::take(&mut work.unplaced);
    let prints: Vec<Print> = unplaced.iter().filter_map(|s| s.print).collect();
    if prints.len() != unplaced.len() || prints.is_empty() {
        return Ok(());
    }
    let found = matched(&prints, &there.iter().map(|m| m.print).collect::<Vec<_>>());
    let mut used = BTreeSet::new();
    let mut kept = Vec::new();
    for (s, t) in &found.pairs {
        used.insert(there[*t].uid);
        kept.push((unplaced[*s].uid, there[*t].uid, prints[*s], unplaced[*s].flags.clone()));
    }
    work.state.keep(kept)?;
    for s in found.ambiguous {
        work.state.park(unplaced[s].uid)?;
    }
    there.retain(|message| !used.contains(&message.uid));
    Ok(())
}

/// Reads `group` on the source and matches it with what is there.
async fn adopt(
    source: &mut Connection,
    work: &mut Work,
    present: &Present,
    group: &[u32],
    there: &mut Vec<Read>,
    report: &RefCell<PassReport>,
) -> Result<()> {
    let ours = read(source, group).await?;
    let prints: Vec<Print> = ours.iter().map(|m| m.print).collect();
    let found = matched(&prints, &there.iter().map(|m| m.print).collect::<Vec<_>>());
    let mut used = BTreeSet::new();
    let mut kept = Vec::new();
    for (s, t) in &found.pairs {
        used.insert(there[*t].uid);
        // The flags that are there now: where they are not the source's, they are brought to it like any change.
        kept.push((ours[*s].uid, there[*t].uid, prints[*s], there[*t].flags.clone()));
    }
    report.borrow_mut().found_again += kept.len() as u64;
    for (uid, ..) in &kept {
        debug_assert!(present.contains_key(uid));
    }
    work.state.keep(kept)?;
    for s in found.ambiguous {
        work.state.park(ours[s].uid)?;
    }
    there.retain(|message| !used.contains(&message.uid));
    Ok(())
}

/// A stopped process' messages that arrived after they had been looked for, and were sent again: the late ones go.
///
/// Only messages that equal one which was under way at the stop and which is on the target elsewhere are removed: so
/// they are ours, and they are doubles.
async fn remove_doubles(
    target: &mut Connection,
    work: &mut Work,
    there: &mut Vec<Read>,
    suspects: &BTreeSet<u32>,
    report: &RefCell<PassReport>,
) -> Result<()> {
    let mut settled: BTreeMap<_, usize> = BTreeMap::new();
    for kept in suspects.iter().filter_map(|uid| work.state.kept.get(uid)) {
        *settled.entry(kept.digest).or_default() += 1;
    }
    let mut doubles = Vec::new();
    for message in there.iter() {
        if let Some(count) = settled.get_mut(&message.print.exact).filter(|c| **c > 0) {
            *count -= 1;
            doubles.push(message.uid);
        }
    }
    if doubles.is_empty() || !target.can("UIDPLUS") {
        return Ok(());
    }
    target.select(&work.target).await?;
    expunge(target, &doubles).await?;
    report.borrow_mut().doubles_removed += doubles.len() as u64;
    there.retain(|message| !doubles.contains(&message.uid));
    Ok(())
}
