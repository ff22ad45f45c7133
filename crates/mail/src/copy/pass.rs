//! A pass over a whole mailbox, and trying again when a line is cut or a server asks for patience.
use super::{
    delta, folders, fresh,
    report::{MessageRefused, PassReport},
    touch,
    work::Work,
};
use crate::{
    endpoint::Endpoint,
    imap::{Command, Connection, Counts, Kind, Listing, Name},
    mapping::{Rules, assign},
    state::{Seen, Store},
};
use socle_domain::Digest;
use socle_texts::{Fault, Result};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

/// A line that is cut is made again so often before the mailbox is given back.
const MAX_CUTS: u32 = 6;
/// A server that may still be storing what a stopped process sent is done when nothing changed for so long.
const QUIET: Duration = Duration::from_millis(1500);
const POLL: Duration = Duration::from_millis(250);
/// Nobody waits longer for that quiet: a target in use never becomes quiet.
const MAX_POLLS: u32 = 120;

/// A mailbox to move: from where, to where, what is known of it.
pub struct Move<'a> {
    /// Where it is.
    pub source: &'a Endpoint,
    /// Where it goes.
    pub target: &'a Endpoint,
    /// The folder of its state.
    pub state: &'a Path,
    /// What a person decided.
    pub rules: &'a Rules,
    /// How long this mailbox may wait for servers that ask for patience before it is parked.
    pub patience: Duration,
}

/// Why a pass did not end.
#[derive(Debug)]
pub enum Stop {
    /// It is to be taken up again, not before so many seconds: its place is free for another mailbox.
    Parked {
        /// After how long.
        seconds: u64,
        /// What the server said.
        fault: Fault,
    },
    /// A person has to look at it.
    Failed(Fault),
}

impl Move<'_> {
    /// One pass, to its end.
    ///
    /// # Errors
    /// [`Stop`]. Whatever was done stands, and the next pass goes on from there.
    pub fn pass(&self) -> std::result::Result<PassReport, Stop> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Stop::Failed(Fault::new("mail-not-started").because(e)))?;
        runtime.block_on(self.persist())
    }

    async fn persist(&self) -> std::result::Result<PassReport, Stop> {
        let mut store = Store::open(self.state).map_err(Stop::Failed)?;
        let mut waited = Duration::ZERO;
        let mut cuts = 0;
        let mut report = PassReport::default();
        loop {
            let fault = match self.attempt(&mut store, &mut report).await {
                Ok(()) => return Ok(report),
                Err(fault) => fault,
            };
            tracing::info!(%fault, "the pass was interrupted");
            let pause = match fault.args.iter().find(|(name, _)| name == "seconds") {
                Some((_, socle_texts::Arg::Number(seconds))) if fault.is("mail-throttled") => {
                    Duration::from_secs(*seconds as u64)
                }
                _ if fault.retry && cuts < MAX_CUTS => {
                    cuts += 1;
                    Duration::from_millis(100 << cuts)
                }
                _ => return Err(Stop::Failed(fault)),
            };
            if waited + pause > self.patience {
                return Err(Stop::Parked { seconds: pause.as_secs().max(1), fault });
            }
            waited += pause;
            tokio::time::sleep(pause).await;
            // Figures of what is looked at again begin anew; figures of what was done add up.
            report.refused.clear();
            report.folders_refused.clear();
            report.excluded_folders.clear();
        }
    }

    async fn attempt(&self, store: &mut Store, report: &mut PassReport) -> Result<()> {
        let (source, target) =
            tokio::join!(Connection::open_endpoint(self.source), Connection::open_endpoint(self.target));
        let (mut source, mut target) = (source?, target?);
        if source.can("QRESYNC") && source.can("ENABLE") {
            source.call("enable", &Command::new("ENABLE QRESYNC")).await?;
        } else {
            source.capabilities.remove("QRESYNC");
        }
        pass(&mut source, &mut target, store, self.rules, report).await?;
        tokio::join!(source.bye(), target.bye());
        Ok(())
    }
}

async fn pass(
    source: &mut Connection,
    target: &mut Connection,
    store: &mut Store,
    rules: &Rules,
    report: &mut PassReport,
) -> Result<()> {
    let (here, there) = tokio::join!(source.list(), target.list());
    let (here, mut there) = (here?, there?);
    // Every mailbox has an inbox: a list without any folder is a server's slip, not an empty mailbox.
    if here.folders.is_empty() {
        return Err(Fault::new("mail-no-folders").may_retry());
    }
    report.folders = here.folders.iter().filter(|f| f.selectable).count() as u64;
    report.excluded_folders.extend(here.foreign.iter().map(Name::shown));
    let stateless = store.index.folders.is_empty();
    let wishes = assign(&here, &there, rules, &decided(store));
    folders::follow_renames(source, target, &here, &wishes, store, report).await?;
    if report.renamed_folders > 0 {
        there = target.list().await?;
    }
    let assigned = assign(&here, &there, rules, &decided(store));
    report.excluded_folders.extend(assigned.iter().filter(|a| a.target.is_none()).map(|a| a.folder.name.shown()));
    folders::make(target, &there, &assigned, store, report).await?;
    let mut works = works(target, store, &here, &there).await?;
    works.extend(vanished(store, &here, &there)?);
    let interrupted = works.iter().any(|w| !w.state.sending.is_empty());
    if interrupted || (stateless && there.folders.iter().any(|f| f.counts.is_some_and(|c| c.messages > 0))) {
        quiet(target, &mut works).await?;
    }
    report.changed_folders = works.len() as u64;
    let works = RefCell::new(works);
    let shared = RefCell::new(std::mem::take(report));
    let done = copy_all(source, target, &works, &shared, store).await;
    *report = shared.into_inner();
    done?;
    let mut works = works.into_inner();
    count_moves(&works, report);
    let mut ended = Vec::new();
    for work in &mut works {
        touch::apply(target, work, report).await?;
        if work.vanished {
            ended.push(store.index.folders[work.entry].id);
            drop_folder(target, work, store).await?;
        } else {
            finish(work, store)?;
        }
    }
    ended.into_iter().for_each(|id| store.remove(id));
    store.save()?;
    tell_refused(store, report)
}

fn decided(store: &Store) -> BTreeMap<Name, Name> {
    store.index.folders.iter().map(|e| (e.source.clone(), e.target.clone())).collect()
}

/// The folders in which something may have to be done.
async fn works(target: &mut Connection, store: &Store, here: &Listing, there: &Listing) -> Result<Vec<Work>> {
    let mut open = Vec::new();
    for folder in here.folders.iter().filter(|f| f.selectable) {
        let Some(at) = store.index.folders.iter().position(|e| e.source == folder.name) else { continue };
        if store.index.folders[at].refused.is_none() {
            open.push((at, folder.counts.unwrap_or_default()));
        }
    }
    let listed: BTreeMap<&Name, Counts> = there.folders.iter().filter_map(|f| Some((&f.name, f.counts?))).collect();
    let missing: Vec<Name> = open
        .iter()
        .map(|(at, _)| &store.index.folders[*at].target)
        .filter(|name| !listed.contains_key(name))
        .cloned()
        .collect();
    let asked = folders::counts(target, &missing).await?;
    let asked: BTreeMap<Name, Option<Counts>> = missing.into_iter().zip(asked).collect();
    let mut works = Vec::new();
    for (at, counts) in open {
        let entry = &store.index.folders[at];
        let theirs = listed.get(&entry.target).copied().or_else(|| asked.get(&entry.target).copied().flatten());
        let theirs = theirs.unwrap_or_default();
        let seen = Seen { uid_next: counts.uid_next, messages: counts.messages, modseq: counts.modseq };
        let same = entry.seen == Some(seen)
            && counts.modseq.is_some()
            && (entry.validity, entry.target_validity) == (counts.validity, theirs.validity);
        if same {
            continue;
        }
        let names = (entry.source.clone(), entry.target.clone());
        let mut work = Work::new(at, names, store.folder(entry.id)?, theirs);
        work.since = entry.seen.and_then(|s| s.modseq);
        works.push(work);
    }
    Ok(works)
}

/// Folders that the source has no more: everything we put there goes.
fn vanished(store: &Store, here: &Listing, there: &Listing) -> Result<Vec<Work>> {
    let mut works = Vec::new();
    for (at, entry) in store.index.folders.iter().enumerate() {
        if here.folders.iter().any(|f| f.name == entry.source) {
            continue;
        }
        let theirs = there.folders.iter().find(|f| f.name == entry.target).and_then(|f| f.counts);
        let names = (entry.source.clone(), entry.target.clone());
        let mut work = Work::new(at, names, store.folder(entry.id)?, theirs.unwrap_or_default());
        work.vanished = true;
        if theirs.is_some_and(|t| t.validity == work.state.target_validity) {
            work.gone = work.state.kept.keys().copied().collect();
        }
        works.push(work);
    }
    Ok(works)
}

/// Waits until a server that may still be storing what a stopped process had sent has become quiet.
async fn quiet(target: &mut Connection, works: &mut [Work]) -> Result<()> {
    let names: Vec<Name> = works.iter().map(|w| w.target.clone()).collect();
    let (mut last, mut same) = (Vec::new(), Duration::ZERO);
    for _ in 0..MAX_POLLS {
        let now = folders::counts(target, &names).await?;
        same = if now == last { same + POLL } else { Duration::ZERO };
        last = now;
        if same >= QUIET {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    for (work, counts) in works.iter_mut().zip(last) {
        work.target_counts = counts.unwrap_or(work.target_counts);
    }
    Ok(())
}

async fn copy_all(
    source: &mut Connection,
    target: &mut Connection,
    works: &RefCell<Vec<Work>>,
    report: &RefCell<PassReport>,
    store: &Store,
) -> Result<()> {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for (at, work) in works.borrow().iter().enumerate() {
        if work.vanished || store.index.folders[work.entry].refused.is_some() {
            continue;
        }
        if work.is_fresh() { first.push(at) } else { rest.push(at) }
    }
    if !first.is_empty() {
        fresh::copy(source, target, works, report, &first).await?;
        rest.extend(first.into_iter().filter(|at| works.borrow()[*at].again));
    }
    for at in rest {
        delta::copy(source, target, works, report, at).await?;
    }
    Ok(())
}

/// The same bytes gone in one folder and new in another were moved.
fn count_moves(works: &[Work], report: &mut PassReport) {
    let mut new: BTreeMap<Digest, u64> = BTreeMap::new();
    works.iter().flat_map(|w| &w.copied).for_each(|digest| *new.entry(*digest).or_default() += 1);
    for work in works {
        for kept in work.gone.iter().filter_map(|uid| work.state.kept.get(uid)) {
            if let Some(count) = new.get_mut(&kept.digest).filter(|c| **c > 0) {
                *count -= 1;
                report.moved += 1;
            }
        }
    }
}

/// Makes a folder's part durable and notes what was seen.
fn finish(work: &mut Work, store: &mut Store) -> Result<()> {
    work.state.sync()?;
    let entry = &mut store.index.folders[work.entry];
    if let Some(opened) = work.opened {
        entry.validity = opened.validity;
        entry.target_validity = work.state.target_validity;
        entry.seen = Some(Seen { uid_next: opened.uid_next, messages: opened.exists, modseq: opened.modseq });
    }
    Ok(())
}

/// The source's folder is no more: ours goes too, if we made it and nothing is left in it.
async fn drop_folder(target: &mut Connection, work: &Work, store: &Store) -> Result<()> {
    let entry = &store.index.folders[work.entry];
    let left = folders::counts(target, std::slice::from_ref(&entry.target)).await?;
    if entry.created && left.first().copied().flatten().is_some_and(|c| c.messages == 0) {
        let reply = target.ask(&Command::new("DELETE").name(&entry.target)).await?;
        if reply.status.kind == Kind::Ok {
            target.ask(&Command::new("UNSUBSCRIBE").name(&entry.target)).await?;
        }
    }
    Ok(())
}

/// Everything that is refused or undecided, of all folders.
fn tell_refused(store: &Store, report: &mut PassReport) -> Result<()> {
    let mut told: BTreeSet<u32> = BTreeSet::new();
    for entry in store.index.folders.iter().filter(|e| told.insert(e.id)) {
        let state = store.folder(entry.id)?;
        report.to_confirm += state.parked.len() as u64;
        report.refused.extend(state.refused.iter().map(|(uid, (verbatim, _))| MessageRefused {
            folder: entry.source.shown(),
            uid: *uid,
            verbatim: verbatim.clone(),
        }));
    }
    Ok(())
}
