//! Reading people from a directory (LDAP, RFC 4511): what has changed since the last time, and who is there at all.
//!
//! Two searches. The first asks for entries changed since the last one that was seen, with all that is wanted of them; the
//! second for every entry's lasting identifier and nothing else: only the difference of whole sets shows who has gone.
//!
//! INVARIANT: an answer that is not whole is an error. Half a list never says that somebody has gone.
use crate::ldap::{PATIENCE, Settings as Access, connect, refused, silent};
use ldap3::{
    Ldap, LdapResult, Scope, SearchEntry,
    adapters::{Adapter, EntriesOnly, PagedResults},
};
use socle_texts::{Fault, Result};
use std::{collections::BTreeSet, time::Duration};

/// Entries of one page (RFC 2696).
const PAGE: i32 = 500;
/// People of one directory, at most.
pub const MAX_ENTRIES: usize = 500_000;
/// Time for the whole.
const ALL: Duration = Duration::from_secs(900);

/// Which attributes mean what.
#[derive(Debug, Clone)]
pub struct Attributes {
    /// What stays for ever: `entryUUID`, `objectGUID`.
    pub identity: String,
    /// The name as people write it.
    pub name: String,
    /// The login.
    pub login: String,
    /// The address.
    pub mail: String,
    /// Where the person works, if an attribute says so.
    pub unit: Option<String>,
    /// When the entry was last changed: a GeneralizedTime (RFC 4517 section 3.3.13), which sorts as text.
    pub changed: String,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What stays for ever.
    pub identity: String,
    /// Its place.
    pub dn: String,
    /// The name.
    pub name: Option<String>,
    /// The login.
    pub login: Option<String>,
    /// The address.
    pub mail: Option<String>,
    /// Where the person works.
    pub unit: Option<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Entries that changed; all of them at the first time.
    pub entries: Vec<Entry>,
    /// Who is there.
    pub present: BTreeSet<String>,
    /// The last change that was seen: what to say as `after` the next time.
    pub newest: Option<String>,
}

/// Reads a directory: what changed at `after` or since (the same second may have changed more), and who is there.
///
/// # Errors
/// `trust-directory-silent`, `trust-directory-refused`, `trust-directory-address`, `trust-directory-identity`,
/// `trust-directory-too-large`.
pub async fn read(access: &Access, attributes: &Attributes, after: Option<&str>) -> Result<Reading> {
    let (access, attributes, after) = (access.clone(), attributes.clone(), after.map(str::to_string));
    // The library may give up in the middle of an answer that is none; that ends this task alone.
    let asked = tokio::spawn(async move { asked(&access, &attributes, after.as_deref()).await });
    tokio::time::timeout(ALL, asked).await.map_err(silent)?.map_err(silent)?
}

async fn asked(access: &Access, attributes: &Attributes, after: Option<&str>) -> Result<Reading> {
    let mut ldap = connect(access).await?;
    if let Some((dn, secret)) = &access.bind {
        let answer = ldap.with_timeout(PATIENCE).simple_bind(dn, secret.text()?.trim_end_matches(['\r', '\n'])).await;
        answer.and_then(LdapResult::success).map_err(refused)?;
    }
    let Attributes { identity, name, login, mail, unit, changed } = attributes;
    let mut wanted: Vec<&str> = vec![identity, name, login, mail, changed];
    wanted.extend(unit.as_deref());
    let filter = match after.filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b".#+-:".contains(&b))) {
        None => access.filter.clone(),
        Some(after) => format!("(&{}({changed}>={after}))", access.filter),
    };
    let mut reading = Reading { newest: after.map(str::to_string), ..Reading::default() };
    for entry in search(&mut ldap, access, &filter, &wanted).await? {
        let changed = value(&entry, changed);
        if changed.is_some() && changed > reading.newest {
            reading.newest = changed;
        }
        reading.entries.push(Entry {
            identity: identity_of(&entry, identity)?,
            name: value(&entry, name),
            login: value(&entry, login),
            mail: value(&entry, mail),
            unit: unit.as_deref().and_then(|unit| value(&entry, unit)),
            dn: entry.dn,
        });
    }
    for entry in search(&mut ldap, access, &access.filter, &[identity]).await? {
        reading.present.insert(identity_of(&entry, identity)?);
    }
    let _ = ldap.unbind().await;
    Ok(reading)
}

async fn search(ldap: &mut Ldap, access: &Access, filter: &str, wanted: &[&str]) -> Result<Vec<SearchEntry>> {
    let adapters: Vec<Box<dyn Adapter<'_, String, Vec<String>>>> =
        vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
    let wanted: Vec<String> = wanted.iter().map(|name| name.to_string()).collect();
    let stream = ldap.streaming_search_with(adapters, &access.base, Scope::Subtree, filter, wanted).await;
    let mut stream = stream.map_err(silent)?;
    let mut found = Vec::new();
    while let Some(entry) = stream.next().await.map_err(silent)? {
        found.push(SearchEntry::construct(entry));
        if found.len() > MAX_ENTRIES {
            return Err(Fault::new("trust-directory-too-large").with("limit", MAX_ENTRIES));
        }
    }
    stream.finish().await.success().map_err(refused)?;
    Ok(found)
}

/// The first value of an attribute, whatever its capitals; an empty one is none.
fn value(entry: &SearchEntry, name: &str) -> Option<String> {
    let values = entry.attrs.iter().find(|(attribute, _)| attribute.eq_ignore_ascii_case(name)).map(|(_, v)| v)?;
    values.first().map(|text| text.trim().to_string()).filter(|text| !text.is_empty())
}

fn identity_of(entry: &SearchEntry, name: &str) -> Result<String> {
    let bytes = || {
        let values =
            entry.bin_attrs.iter().find(|(attribute, _)| attribute.eq_ignore_ascii_case(name)).map(|(_, v)| v)?;
        values.first().map(|bytes| data_encoding::HEXLOWER.encode(bytes))
    };
    let found = value(entry, name).or_else(bytes);
    found.ok_or_else(|| Fault::new("trust-directory-identity").with("attribute", name))
}
