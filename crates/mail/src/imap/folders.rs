//! The folders of a mailbox, with what the server says of each, in as few round trips as it allows.
use super::{Command, Connection, Kind, Name, Reply, value::Value};
use socle_texts::Result;
use std::collections::{BTreeMap, BTreeSet};

/// What STATUS says of a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// Messages.
    pub messages: u64,
    /// UIDNEXT.
    pub uid_next: u32,
    /// UIDVALIDITY.
    pub validity: u32,
    /// HIGHESTMODSEQ, where the server has one.
    pub modseq: Option<u64>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// Its name, as the server writes it.
    pub name: Name,
    /// What separates levels in names; none: names are flat.
    pub separator: Option<u8>,
    /// Its special use (RFC 6154), such as `\Sent`.
    pub special: Option<String>,
    /// Whether it can be opened (it may be only a branch).
    pub selectable: bool,
    /// Whether its user sees it.
    pub subscribed: bool,
    /// Counts; none where it can't be opened or the server gave none.
    pub counts: Option<Counts>,
    /// Why it could not be counted, in the server's words.
    pub refusal: Option<String>,
}

/// The personal folders and what surrounds them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The folders, by name.
    pub folders: Vec<Folder>,
    /// What the names of personal folders begin with (`INBOX.` on many Cyrus and Courier servers), except the inbox.
    pub prefix: Vec<u8>,
    /// The separator of personal folders.
    pub separator: Option<u8>,
    /// Folders of other people or shared ones, that appear in this mailbox but do not belong to it: left out, by name.
    pub foreign: Vec<Name>,
}

/// The special use among a folder's attributes.
pub fn special_use(attributes: &[String]) -> Option<String> {
    const USES: [&str; 7] = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash"];
    USES.iter().find(|known| attributes.iter().any(|a| a.eq_ignore_ascii_case(known))).map(|u| (*u).to_string())
}

impl Connection {
    /// Lists the mailbox's own folders with their counts.
    pub async fn list(&mut self) -> Result<Listing> {
        let mut listing = Listing::default();
        let others = self.namespaces(&mut listing).await?;
        let extended = self.can("LIST-EXTENDED");
        let with_status = extended && self.can("LIST-STATUS");
        let wanted = self.wanted_counts();
        let mut found: BTreeMap<Name, Folder> = BTreeMap::new();
        let mut subscribed: BTreeSet<Name> = BTreeSet::new();
        if extended {
            let special = if self.can("SPECIAL-USE") { " SPECIAL-USE" } else { "" };
            let status = if with_status { format!(" STATUS ({wanted})") } else { String::new() };
            let command = format!("LIST \"\" \"*\" RETURN (SUBSCRIBED{special}{status})");
            let reply = self.call("list", &Command::new(command)).await?;
            read_folders(&reply, "LIST", &mut found);
            read_counts(&reply, &mut found);
        } else {
            let list = self.send(&Command::new("LIST \"\" \"*\"")).await?;
            let lsub = self.send(&Command::new("LSUB \"\" \"*\"")).await?;
            let (list, lsub) = (self.gather(&list).await?, self.gather(&lsub).await?);
            // A refused list is no empty mailbox.
            if let Some(refused) = [&list, &lsub].into_iter().find(|r| r.status.kind != Kind::Ok) {
                return Err(refused.status.fault("list"));
            }
            read_folders(&list, "LIST", &mut found);
            let mut seen = BTreeMap::new();
            read_folders(&lsub, "LSUB", &mut seen);
            subscribed.extend(seen.into_keys());
        }
        for (name, folder) in found {
            if others.iter().any(|prefix| !prefix.is_empty() && name.0.starts_with(prefix)) {
                listing.foreign.push(name);
                continue;
            }
            let subscribed = folder.subscribed || subscribed.contains(&name);
            listing.folders.push(Folder { subscribed, ..folder });
        }
        if !with_status || listing.folders.iter().any(|f| f.selectable && f.counts.is_none()) {
            self.count(&mut listing.folders, &wanted).await?;
        }
        if listing.separator.is_none() {
            listing.separator = listing.folders.iter().find_map(|f| f.separator);
        }
        Ok(listing)
    }

    fn wanted_counts(&self) -> String {
        let modseq = if self.can("CONDSTORE") || self.can("QRESYNC") { " HIGHESTMODSEQ" } else { "" };
        format!("MESSAGES UIDNEXT UIDVALIDITY{modseq}")
    }

    /// Learns the personal prefix and separator (RFC 2342); the answer is the prefixes of what belongs to others.
    async fn namespaces(&mut self, listing: &mut Listing) -> Result<Vec<Vec<u8>>> {
        let mut others = Vec::new();
        if !self.can("NAMESPACE") {
            return Ok(others);
        }
        let reply = self.ask(&Command::new("NAMESPACE")).await?;
        for data in reply.data.iter().filter(|d| d.first().is_some_and(|w| w.is("NAMESPACE"))) {
            if let Some([prefix, separator, ..]) = data.get(1).and_then(|l| l.items().first()).map(Value::items) {
                listing.prefix = prefix.bytes().unwrap_or_default().to_vec();
                listing.separator = separator.bytes().and_then(|b| b.first().copied());
            }
            for other in data.iter().skip(2).flat_map(Value::items) {
                others.extend(other.items().first().and_then(Value::bytes).map(<[u8]>::to_vec));
            }
        }
        Ok(others)
    }

    /// Counts what has not been counted, all in one flight.
    async fn count(&mut self, folders: &mut [Folder], wanted: &str) -> Result<()> {
        for group in folders.chunks_mut(100) {
            let mut tags = Vec::new();
            for (at, folder) in group.iter().enumerate().filter(|(_, f)| f.selectable && f.counts.is_none()) {
                let command = Command::new("STATUS").name(&folder.name).words(format!("({wanted})"));
                tags.push((at, self.send(&command).await?));
            }
            for (at, tag) in tags {
                let reply = self.gather(&tag).await?;
                if reply.status.kind == Kind::Ok {
                    group[at].counts = reply.data.iter().find_map(|d| status_of(d)).map(|(_, counts)| counts);
                } else if reply.status.asks_to_wait_seconds().is_some() {
                    return Err(reply.status.fault("status"));
                } else {
                    group[at].refusal = Some(reply.status.verbatim);
                }
            }
        }
        Ok(())
    }
}

fn read_folders(reply: &Reply, word: &str, found: &mut BTreeMap<Name, Folder>) {
    for data in &reply.data {
        let [first, attributes, separator, name, ..] = data.as_slice() else { continue };
        let Some(name) = name.bytes().filter(|_| first.is(word)) else { continue };
        let attributes: Vec<String> = attributes.items().iter().map(Value::text).collect();
        let has = |wanted: &str| attributes.iter().any(|a| a.eq_ignore_ascii_case(wanted));
        let folder = Folder {
            name: Name(name.to_vec()),
            separator: separator.bytes().and_then(|b| b.first().copied()),
            special: special_use(&attributes),
            selectable: !has("\\Noselect") && !has("\\NonExistent"),
            subscribed: has("\\Subscribed"),
            counts: None,
            refusal: None,
        };
        found.insert(folder.name.clone(), folder);
    }
}

fn read_counts(reply: &Reply, found: &mut BTreeMap<Name, Folder>) {
    for (name, counts) in reply.data.iter().filter_map(|d| status_of(d)) {
        if let Some(folder) = found.get_mut(&name) {
            folder.counts = Some(counts);
        }
    }
}

pub(super) fn status_of(data: &[Value]) -> Option<(Name, Counts)> {
    let [word, name, list, ..] = data else { return None };
    if !word.is("STATUS") {
        return None;
    }
    let mut counts = Counts::default();
    for pair in list.items().chunks_exact(2) {
        let number = pair[1].number().unwrap_or(0);
        let small = u32::try_from(number).unwrap_or(0);
        if pair[0].is("MESSAGES") {
            counts.messages = number;
        } else if pair[0].is("UIDNEXT") {
            counts.uid_next = small;
        } else if pair[0].is("UIDVALIDITY") {
            counts.validity = small;
        } else if pair[0].is("HIGHESTMODSEQ") {
            counts.modseq = Some(number);
        }
    }
    Some((Name(name.bytes()?.to_vec()), counts))
}
