//! One folder's part of a pass.
use super::report::PassReport;
use crate::{
    imap::{Counts, Kind, Name, Opened, Status, appended_uids},
    print::Print,
    state::FolderState,
};
use socle_domain::Digest;
use socle_texts::Result;
use std::collections::{BTreeMap, BTreeSet};

/// A refusal that may pass is tried so often.
const MAX_TRIES: u8 = 3;

/// A message that was sent and waits for its answer.
pub(super) struct Sent {
    pub uid: u32,
    pub flags: Vec<String>,
    pub print: Option<Print>,
}

/// One folder's part of a pass.
pub(super) struct Work {
    /// Its position in the index.
    pub entry: usize,
    pub source: Name,
    pub target: Name,
    pub state: FolderState,
    pub target_counts: Counts,
    /// Modification sequence of the last pass that ended.
    pub since: Option<u64>,
    /// What the source's folder was when this pass read it.
    pub opened: Option<Opened>,
    /// Whether the source has this folder no more.
    pub vanished: bool,
    /// Whether it has to be looked at (again).
    pub again: bool,
    /// Messages that are sent alone, because they were refused in company.
    pub singles: BTreeSet<u32>,
    /// Messages that are sent without keywords, because they were refused with them.
    pub bare: BTreeSet<u32>,
    tries: BTreeMap<u32, u8>,
    /// Messages that were accepted by a target that does not say under which UID.
    pub unplaced: Vec<Sent>,
    /// Messages that the source has no more.
    pub gone: Vec<u32>,
    /// Messages whose flags changed on the source, with what they are now.
    pub reflagged: Vec<(u32, Vec<String>)>,
    /// Digests of what was copied, to tell moves.
    pub copied: Vec<Digest>,
}

impl Work {
    pub fn new(entry: usize, names: (Name, Name), state: FolderState, target_counts: Counts) -> Self {
        Work {
            entry,
            source: names.0,
            target: names.1,
            state,
            target_counts,
            since: None,
            opened: None,
            vanished: false,
            again: false,
            singles: BTreeSet::new(),
            bare: BTreeSet::new(),
            tries: BTreeMap::new(),
            unplaced: Vec::new(),
            gone: Vec::new(),
            reflagged: Vec::new(),
            copied: Vec::new(),
        }
    }

    /// Whether nothing is on the target yet and nothing was ever sent: then nothing has to be compared.
    pub fn is_fresh(&self) -> bool {
        self.state.source_validity == 0 && self.target_counts.messages == 0
    }

    /// The target's folder is the one that is known, or everything begins anew.
    pub fn state_target(&mut self, validity: u32) -> Result<()> {
        if self.state.target_validity != validity {
            let source = self.state.source_validity;
            self.target_counts.validity = validity;
            self.state.begin(source, validity)?;
        }
        Ok(())
    }

    /// The flags to send a message with.
    pub fn sendable(&self, uid: u32, flags: &[String]) -> Vec<String> {
        let bare = self.bare.contains(&uid);
        flags.iter().filter(|f| !bare || is_system(f)).cloned().collect()
    }

    /// Takes the answer for messages that were sent together.
    pub fn settle(&mut self, sent: Vec<Sent>, status: &Status, report: &mut PassReport) -> Result<()> {
        if status.kind == Kind::Ok {
            return self.accepted(sent, status, report);
        }
        if status.asks_to_wait_seconds().is_some() || status.has("OVERQUOTA") || status.kind == Kind::Bye {
            return Err(status.fault("append"));
        }
        self.again = true;
        let [one] = sent.as_slice() else {
            // The whole batch was refused for one of them: each is sent alone.
            self.singles.extend(sent.iter().map(|s| s.uid));
            return Ok(());
        };
        self.singles.insert(one.uid);
        if one.flags.iter().any(|f| !is_system(f)) && self.bare.insert(one.uid) {
            return Ok(());
        }
        let tries = self.tries.entry(one.uid).or_insert(0);
        *tries += 1;
        let passing = status.has("TRYCREATE") || status.fault("append").retry;
        if passing && *tries < MAX_TRIES {
            return Ok(());
        }
        self.state.refuse(one.uid, &status.verbatim, one.print.map(|p| p.exact))
    }

    fn accepted(&mut self, sent: Vec<Sent>, status: &Status, report: &mut PassReport) -> Result<()> {
        let places = appended_uids(status, sent.len()).filter(|(v, _)| *v == self.state.target_validity);
        report.copied += sent.len() as u64;
        for message in &sent {
            report.copied_bytes += message.print.map_or(0, |p| p.size_bytes);
            self.copied.extend(message.print.map(|p| p.exact));
        }
        let Some((_, uids)) = places else {
            self.unplaced.extend(sent);
            self.again = true;
            return Ok(());
        };
        let placed = sent.into_iter().zip(uids).filter_map(|(m, uid)| Some((m.uid, uid, m.print?, m.flags)));
        self.state.keep(placed)
    }
}

/// Whether a flag is one of the five that every server has (RFC 9051 section 2.3.2).
pub(super) fn is_system(flag: &str) -> bool {
    ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"].iter().any(|known| flag.eq_ignore_ascii_case(known))
}
