//! A folder of which something is known or something is there: what is new, gone and reflagged, and only that.
use super::{
    fresh::{stream, whole},
    pump::{Feeder, Flow, Message, halves},
    reconcile,
    report::PassReport,
    work::Work,
};
use crate::imap::{Answer, Command, Connection, Item, Kind, Name, Opened, ranges, uids};
use socle_texts::{Fault, Result};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// A set in one command is at most so long.
pub(super) const SET_BYTES: usize = 4000;
/// A folder is looked at so often in one pass: each time something more is decided, or the pass gives up.
const MAX_ROUNDS: usize = 12;

/// Flags and internal date of messages, by the source's UID.
pub(super) type Present = BTreeMap<u32, (Vec<String>, String)>;

/// Brings one folder's messages to the target; what is gone or reflagged is noted in the work for later.
pub(super) async fn copy(
    source: &mut Connection,
    target: &mut Connection,
    works: &RefCell<Vec<Work>>,
    report: &RefCell<PassReport>,
    work: usize,
) -> Result<()> {
    let mut suspects = BTreeSet::new();
    for round in 0..MAX_ROUNDS {
        // What is borrowed here is borrowed by nobody else: the pump is not running.
        let (name, target_name) = {
            let mut works = works.borrow_mut();
            works[work].again = false;
            (works[work].source.clone(), works[work].target.clone())
        };
        let opened = source.examine(&name).await?;
        begin(&mut works.borrow_mut()[work], &opened)?;
        let since = if round == 0 { works.borrow()[work].since } else { None };
        let mut taken = take_out(works, work);
        let scanned = scan(source, &mut taken, &opened, since).await;
        put_back(works, work, taken);
        let present = scanned?;
        if round == 0 {
            suspects = works.borrow()[work].state.sending.clone();
        }
        let mut wanted: Vec<u32> = {
            let works = works.borrow();
            present.keys().copied().filter(|uid| !works[work].state.knows(*uid)).collect()
        };
        let look = !wanted.is_empty() || !suspects.is_empty();
        if look {
            let mut taken = take_out(works, work);
            let done = reconcile::target(source, target, &mut taken, &present, &mut wanted, &suspects, report).await;
            put_back(works, work, taken);
            done?;
        }
        {
            let mut works = works.borrow_mut();
            works[work].opened = Some(opened);
            works[work].reflagged = present
                .iter()
                .filter_map(|(uid, (flags, _))| {
                    let kept = works[work].state.kept.get(uid)?;
                    (works[work].state.flags_of(kept) != flags.as_slice()).then(|| (*uid, flags.clone()))
                })
                .collect();
        }
        if wanted.is_empty() {
            return Ok(());
        }
        pump(source, target, works, report, work, &target_name, &present, &wanted).await?;
        let done = {
            let works = works.borrow();
            !works[work].again && wanted.iter().all(|uid| works[work].state.knows(*uid)) && suspects.is_empty()
        };
        if done {
            return Ok(());
        }
    }
    Err(Fault::new("mail-folder-unsettled").with("rounds", MAX_ROUNDS).may_retry())
}

/// Takes one work out of the list, so that it can be used across waits.
fn take_out(works: &RefCell<Vec<Work>>, work: usize) -> Box<Work> {
    Box::new(works.borrow_mut().swap_remove(work))
}

fn put_back(works: &RefCell<Vec<Work>>, work: usize, taken: Box<Work>) {
    let mut works = works.borrow_mut();
    works.push(*taken);
    let last = works.len() - 1;
    works.swap(work, last);
}

/// A folder that was made anew on either side has nothing to do with what was known.
fn begin(work: &mut Work, opened: &Opened) -> Result<()> {
    let target = work.target_counts.validity;
    if (work.state.source_validity, work.state.target_validity) != (opened.validity, target) {
        work.since = None;
        work.state.begin(opened.validity, target)?;
    }
    Ok(())
}

/// What is there now: of everything, or, where the server keeps modification sequences, of what changed since.
async fn scan(source: &mut Connection, work: &mut Work, opened: &Opened, since: Option<u64>) -> Result<Present> {
    work.gone.clear();
    if let (Some(since), Some(_)) = (since, opened.modseq) {
        let vanished = source.can("QRESYNC");
        let modifier = format!("(CHANGEDSINCE {since}{})", if vanished { " VANISHED" } else { "" });
        let (present, gone) = fetch(source, &modifier).await?;
        work.gone = gone.into_iter().filter(|uid| work.state.knows(*uid)).collect();
        let known = work.state.kept.len() + work.state.refused.len() + work.state.parked.len();
        let new = present.keys().filter(|uid| !work.state.knows(**uid)).count();
        // The counts must agree, else something went unsaid and everything is looked at.
        if (known + new).saturating_sub(work.gone.len()) as u64 == opened.exists {
            return Ok(present);
        }
    }
    let present = if opened.exists == 0 { Present::new() } else { fetch(source, "").await?.0 };
    if (present.len() as u64) < opened.exists {
        // Fewer than the server said at first: true if somebody is deleting, and checked so that nothing is taken for
        // gone that is only missing from an answer.
        let again = source.examine(&work.source.clone()).await?;
        if again.exists > present.len() as u64 {
            return Err(Fault::new("mail-answer-incomplete")
                .with("expected", again.exists)
                .with("received", present.len())
                .may_retry());
        }
    }
    let state = &work.state;
    let known = state.kept.keys().chain(state.refused.keys()).chain(&state.parked);
    work.gone = known.copied().filter(|uid| !present.contains_key(uid)).collect();
    Ok(present)
}

async fn fetch(source: &mut Connection, modifier: &str) -> Result<(Present, Vec<u32>)> {
    let mut command = Command::new("UID FETCH 1:* (UID FLAGS INTERNALDATE)");
    if !modifier.is_empty() {
        command = command.words(modifier);
    }
    let tag = source.send(&command).await?;
    let (mut present, mut gone) = (Present::new(), Vec::new());
    loop {
        match source.input.next().await? {
            Answer::Data(data) if data.first().is_some_and(|w| w.is("VANISHED")) => {
                let set = data.last().map(|v| v.text()).unwrap_or_default();
                gone.extend(uids(&set, 10_000_000));
            }
            Answer::Data(data) => {
                let Some(item) = Item::of(&data) else { continue };
                if let (Some(uid), Some(flags), Some(date)) = (item.uid, item.flags, item.date) {
                    present.insert(uid, (flags, date));
                }
            }
            Answer::Status(status) if status.tag.as_deref() == Some(&tag) => {
                return if status.kind == Kind::Ok { Ok((present, gone)) } else { Err(status.fault("fetch")) };
            }
            Answer::Status(status) if status.kind == Kind::Bye => return Err(status.fault("fetch").may_retry()),
            Answer::Body { length_bytes, .. } => {
                source.input.skip(length_bytes).await?;
                source.input.after_body().await?;
            }
            _ => {}
        }
    }
}

/// Streams `wanted` from the source's folder, which is open, to the target's.
#[allow(clippy::too_many_arguments)] // both sides, both books, and what to move
async fn pump(
    source: &mut Connection,
    target: &mut Connection,
    works: &RefCell<Vec<Work>>,
    report: &RefCell<PassReport>,
    work: usize,
    name: &Name,
    present: &Present,
    wanted: &[u32],
) -> Result<()> {
    let flow = Flow::new(works, report);
    let (mut feeder, input) = halves(&flow, target);
    let feed = async {
        let mut skipped = Vec::new();
        for set in ranges(wanted, SET_BYTES) {
            read(source, &mut feeder, (work, name), present, &set, &mut skipped).await?;
        }
        // Servers that tell the UID after the bytes are asked for one message at a time.
        for uid in skipped {
            read(source, &mut feeder, (work, name), present, &uid.to_string(), &mut Vec::new()).await?;
        }
        feeder.finish().await
    };
    tokio::try_join!(feed, flow.answers(input)).map(drop)
}

async fn read(
    source: &mut Connection,
    feeder: &mut Feeder<'_>,
    to: (usize, &Name),
    present: &Present,
    set: &str,
    skipped: &mut Vec<u32>,
) -> Result<()> {
    let only: Option<u32> = set.parse().ok();
    let tag = source.send(&Command::new("UID FETCH").words(set).words("(UID BODY.PEEK[])")).await?;
    loop {
        match source.input.next().await? {
            Answer::Body { attributes, length_bytes } => {
                let mut item = Item::default();
                item.take(&attributes);
                let known = item.uid.or(only).and_then(|uid| Some((uid, present.get(&uid)?)));
                let Some((uid, (flags, date))) = known else {
                    source.input.skip(length_bytes).await?;
                    item.take(&source.input.after_body().await?);
                    skipped.extend(item.uid.filter(|uid| present.contains_key(uid)));
                    continue;
                };
                let message = Message { work: to.0, target: to.1, uid, flags, date, size_bytes: length_bytes };
                stream(&mut source.input, feeder, &message).await?;
                source.input.after_body().await?;
            }
            Answer::Data(data) => {
                let Some(Item { uid: Some(uid), body: Some(body), .. }) = Item::of(&data) else { continue };
                let Some((flags, date)) = present.get(&uid) else { continue };
                let size_bytes = body.len() as u64;
                whole(feeder, &Message { work: to.0, target: to.1, uid, flags, date, size_bytes }, &body).await?;
            }
            Answer::Status(status) if status.tag.as_deref() == Some(&tag) => {
                return if status.kind == Kind::Ok { Ok(()) } else { Err(status.fault("fetch")) };
            }
            Answer::Status(status) if status.kind == Kind::Bye => return Err(status.fault("fetch").may_retry()),
            _ => {}
        }
    }
}
