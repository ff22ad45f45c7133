//! The census of a mailbox: what it holds, as counts, bytes and salted digests; names go another way.
use crate::{
    endpoint::Endpoint,
    imap::{Connection, Name, instant},
    print::Print,
    reading::{self, Read},
};
use serde::Serialize;
use socle_domain::{
    Digest,
    census::{Census, Level, Part},
    merkle,
};
use socle_texts::{Fault, Result};
use std::collections::BTreeSet;

/// 32 random bytes of the caller. Without them nobody can find out by trying whether a known message is in a census.
pub type Salt = [u8; 32];

/// A message as the census counts it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// Its print.
    pub print: Print,
    /// Its flags.
    pub flags: Vec<String>,
    /// Its internal date as an instant, in seconds since 1970; none where it can't be read.
    pub at: Option<i64>,
    /// Its UID.
    pub uid: u32,
}

impl Counted {
    /// What was read.
    pub fn of(read: &Read) -> Self {
        Counted { print: read.print, flags: read.flags.clone(), at: instant(&read.date), uid: read.uid }
    }
    /// Its leaf: salted, so that it says nothing to who does not have the message and the salt.
    pub fn leaf(&self, salt: &Salt) -> Digest {
        let flags = self.flags.join(" ");
        let text = format!("{} {} {:?} {flags}", self.print.exact, self.print.size_bytes, self.at);
        merkle::leaf(blake3::keyed_hash(salt, text.as_bytes()).as_bytes())
    }
}

/// The part of one folder. `number` stands for its name.
pub fn part(number: usize, messages: &[Counted], salt: &Salt) -> Part {
    let mut leaves: Vec<Digest> = messages.iter().map(|m| m.leaf(salt)).collect();
    leaves.sort_unstable();
    Part {
        part: format!("folder {number}"),
        kind: "mail-folder".into(),
        level: Level::Full,
        items: messages.len() as u64,
        bytes: messages.iter().map(|m| m.print.size_bytes).sum(),
        digest: Some(merkle::root(&leaves)),
    }
}

/// What a person wants to know of a folder before it moves. With its name: for him alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FolderCount {
    /// Its name.
    pub folder: String,
    /// Messages.
    pub messages: u64,
    /// Bytes.
    pub bytes: u64,
    /// The largest message.
    pub largest_bytes: u64,
    /// Messages that are there more than once, beyond the first.
    pub duplicates: u64,
    /// Empty messages: most targets refuse them.
    pub empty: u64,
    /// Messages whose header holds bytes that some targets replace.
    pub unusual_headers: u64,
    /// Messages whose stated size is not their size.
    pub wrong_sizes: u64,
    /// Messages marked as deleted and not removed.
    pub marked_deleted: u64,
}

/// A whole inventory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inventory {
    /// The folders, with names.
    pub folders: Vec<FolderCount>,
    /// Keywords in use.
    pub keywords: BTreeSet<String>,
    /// Folders that appear in the mailbox and belong to others.
    pub foreign: Vec<String>,
    /// The same without names, as it may enter a chain.
    pub census: Census,
}

/// Reads a whole mailbox. Nothing in it changes.
///
/// # Errors
/// Those of the connection; `mail-folder-unreadable` where a folder can't be opened: a census is whole or none.
pub fn inventory(endpoint: &Endpoint, salt: &Salt) -> Result<Inventory> {
    crate::wait_for(async {
        let mut connection = Connection::open_endpoint(endpoint).await?;
        let listing = connection.list().await?;
        let mut inventory = Inventory {
            folders: Vec::new(),
            keywords: BTreeSet::new(),
            foreign: listing.foreign.iter().map(Name::shown).collect(),
            census: Census { parts: Vec::new() },
        };
        for (number, folder) in listing.folders.iter().filter(|f| f.selectable).enumerate() {
            let mut count = FolderCount { folder: folder.name.shown(), ..FolderCount::default() };
            let mut messages = Vec::new();
            reading::folder(&mut connection, &folder.name, "1:*", false, &mut |read| {
                count.take(&read);
                let keywords = read.flags.iter().filter(|f| !f.starts_with('\\'));
                inventory.keywords.extend(keywords.cloned());
                messages.push(Counted::of(&read));
            })
            .await
            .map_err(|fault| unreadable(fault, number + 1))?;
            let different: BTreeSet<Digest> = messages.iter().map(|m| m.print.exact).collect();
            count.duplicates = (messages.len() - different.len()) as u64;
            inventory.census.parts.push(part(number + 1, &messages, salt));
            inventory.folders.push(count);
        }
        connection.bye().await;
        Ok(inventory)
    })
}

pub(crate) fn unreadable(fault: Fault, number: usize) -> Fault {
    if fault.is("mail-refused") {
        return Fault::new("mail-folder-unreadable").with("number", number).because(fault);
    }
    fault
}

impl FolderCount {
    fn take(&mut self, read: &Read) {
        let size = read.print.size_bytes;
        self.messages += 1;
        self.bytes += size;
        self.largest_bytes = self.largest_bytes.max(size);
        self.empty += u64::from(size == 0);
        self.unusual_headers += u64::from(read.print.exact != read.print.masked);
        self.wrong_sizes += u64::from(read.stated_size_bytes.is_some_and(|stated| stated != size));
        self.marked_deleted += u64::from(read.flags.iter().any(|f| f.eq_ignore_ascii_case("\\Deleted")));
    }
}
