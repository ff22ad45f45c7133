//! People from a directory (LDAP): whoever is new or changed is taken over; whoever has gone is proposed, and a person
//! decides ([`super::departures`]).
use super::new_person;
use crate::{
    House,
    access::Person as Caller,
    refusal::{Answer, Refusal},
    webhooks::Guard,
};
use axum::http::StatusCode;
use socle_db::{
    Conn, Scope, directories,
    directories::{Departure, Directory},
    persons, sealed, units,
};
use socle_domain::{
    Timestamp, UnitId,
    person::{Origin, Person},
    unit::Tree,
};
use socle_texts::{Fault, Result};
use socle_trust::{
    chance,
    directory::{Attributes, Entry, read},
    ldap,
    vault::Place,
};
use socle_wire::organisation::{DirectoryConfig, DirectoryReport, DirectoryView, WriteDirectory};
use std::collections::BTreeMap;

const KIND: &str = "people-directory";
const FIELD: &str = "password";
/// Entries that are told one by one where they can't be used.
const SKIPPED_TOLD: usize = 100;

/// A directory as it is told: never its password.
pub(crate) async fn view(conn: &mut Conn, one: Directory) -> Result<DirectoryView> {
    let has_password = sealed::get(conn, KIND, &one.id, FIELD).await?.is_some();
    Ok(DirectoryView {
        config: config(&one)?,
        id: one.id,
        name: one.name,
        unit: one.unit,
        has_password,
        read: one.read,
        seen_until: one.cursor,
    })
}

fn config(one: &Directory) -> Result<DirectoryConfig> {
    serde_json::from_value(one.config.clone()).map_err(|e| Fault::new("server-broken").because(e))
}

/// The directory of the scope that is called so: that of the unit asked about, else the only one below it.
///
/// # Errors
/// `server-directory-several` where it is not the only one.
pub(crate) async fn called(conn: &mut Conn, scope: Scope, name: &str) -> Answer<Option<Directory>> {
    let mut all = directories::by_name(conn, scope, name).await?;
    if let Some(own) = all.iter().position(|one| one.unit == scope.unit()) {
        return Ok(Some(all.swap_remove(own)));
    }
    match all.len() {
        0 | 1 => Ok(all.pop()),
        several => Err(Refusal::conflict(
            Fault::new("server-directory-several").with("directory", name).with("count", several as u64),
        )),
    }
}

/// A new directory's identifier: its name for people who look, and chance, so that no two units need to know of each other.
fn new_id(name: &str) -> Result<String> {
    Ok(format!("{name}~{}", data_encoding::HEXLOWER.encode(&chance::bytes::<8>()?)))
}

/// Adds a directory to a unit, or changes the one that the unit has under this name.
pub(crate) async fn put(house: &House, caller: &Caller, name: &str, wish: WriteDirectory) -> Answer<DirectoryView> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(Refusal::wrong(Fault::new("server-directory-wrong").with("field", "name")));
    }
    check(&wish.config, &Guard::of_directories(&house.config))?;
    let now = house.now();
    let mut tx = house.db.write().await?;
    let old = match wish.unit {
        Some(unit) => directories::by_name(&mut tx, caller.scope, name).await?.into_iter().find(|one| one.unit == unit),
        None => called(&mut tx, caller.scope, name).await?,
    };
    let unit = wish.unit.or(old.as_ref().map(|o| o.unit)).unwrap_or(caller.scope.unit());
    let id = old.as_ref().map_or_else(|| new_id(name), |old| Ok(old.id.clone()))?;
    let value = serde_json::to_value(&wish.config).map_err(|e| Fault::new("server-broken").because(e))?;
    let one =
        Directory { id, unit, name: name.into(), config: value, cursor: None, read: old.as_ref().and_then(|o| o.read) };
    directories::put(&mut tx, caller.scope, &one).await?;
    // A password that was meant for one address is not sent to another.
    let moved = match &old {
        Some(old) => config(old).map(|c| (c.url, c.bind) != (wish.config.url.clone(), wish.config.bind.clone()))?,
        None => true,
    };
    match wish.password.filter(|p| !p.is_empty()) {
        Some(password) => {
            let place = Place { kind: KIND, owner: &one.id, field: FIELD };
            let value = house.vault.seal(place, password.as_bytes())?;
            let kept = sealed::Sealed { kind: KIND.into(), owner: one.id.clone(), field: FIELD.into(), value };
            sealed::put(&mut tx, &kept, now).await?;
        }
        None if moved => {
            sealed::forget(&mut tx, KIND, &one.id).await?;
        }
        None => {}
    }
    let view = view(&mut tx, one).await?;
    tx.commit().await?;
    Ok(view)
}

fn check(config: &DirectoryConfig, guard: &Guard) -> Answer<()> {
    let wrong = |field: &str| Err(Refusal::wrong(Fault::new("server-directory-wrong").with("field", field)));
    let attribute = |text: &str| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.;".contains(&b))
    };
    let DirectoryConfig { url, base, filter, bind, identity, name, login, mail, unit, changed } = config;
    let long = [url, base, filter].into_iter().chain(bind).any(|t| t.len() > 1_000 || t.chars().any(char::is_control));
    match () {
        // A socket of this computer is nothing that a unit's people may name.
        _ if long || ldap::place(url).is_none() => wrong("url"),
        _ if !is_allowed(url, guard) => Err(Refusal::wrong(Fault::new("trust-directory-forbidden").with("url", url))),
        _ if !filter.starts_with('(') || !filter.ends_with(')') => wrong("filter"),
        _ if ![identity, name, login, mail, changed].into_iter().chain(unit).all(|a| attribute(a)) => {
            wrong("attributes")
        }
        _ => Ok(()),
    }
}

/// Whether an address may be asked, as far as it can be seen without looking its name up: names are judged when they are
/// used.
fn is_allowed(url: &str, guard: &Guard) -> bool {
    let ip = ldap::place(url).and_then(|(host, _)| host.parse().ok());
    ip.is_none_or(|ip| guard.allows(ip))
}

/// Reads a directory; with `dry_run` it only says what would be done.
pub(crate) async fn take(house: &House, caller: &Caller, name: &str, dry_run: bool) -> Answer<DirectoryReport> {
    let (directory, password) = {
        let mut conn = house.db.read().await?;
        let found = called(&mut conn, caller.scope, name).await?.ok_or_else(|| Refusal::unknown("directory"))?;
        let password = sealed::get(&mut conn, KIND, &found.id, FIELD).await?;
        (found, password)
    };
    let config = config(&directory)?;
    let secret = password.map(|kept| house.vault.open(Place { kind: KIND, owner: &directory.id, field: FIELD }, &kept));
    let bind = config.bind.clone().zip(secret.transpose()?);
    let guard = Guard::of_directories(&house.config);
    let access = ldap::Settings {
        url: config.url.clone(),
        base: config.base.clone(),
        filter: config.filter.clone(),
        bind,
        identity: config.identity.clone(),
        member_of: None,
        groups: None,
        // The centre's own authorities, where its configuration names some for directories.
        authorities: house.config.sign_in.directory.as_ref().and_then(|d| d.authorities.clone()),
        only: Some(ldap::Only::new(move |ip| guard.allows(ip))),
    };
    let attributes = Attributes {
        identity: config.identity.clone(),
        name: config.name.clone(),
        login: config.login.clone(),
        mail: config.mail.clone(),
        unit: config.unit.clone(),
        changed: config.changed.clone(),
    };
    // It is the directory that fails, not this server.
    let failed = |fault| Refusal::new(StatusCode::FAILED_DEPENDENCY, fault);
    let reading = read(&access, &attributes, directory.cursor.as_deref()).await.map_err(failed)?;
    let now = house.now();
    let mut tx = house.db.write().await?;
    let mut work = Work::begin(&mut tx, caller.scope, &directory, now).await?;
    for entry in &reading.entries {
        work.take(&mut tx, entry).await?;
    }
    work.departures(&mut tx, &reading.present).await?;
    let report = DirectoryReport { done: !dry_run, read: reading.entries.len() as u64, ..work.report };
    if !dry_run {
        directories::was_read(&mut tx, caller.scope, &directory.id, reading.newest.as_deref(), now).await?;
        crate::idempotency::will_answer(house, StatusCode::OK, &report)?;
        tx.commit().await?;
    }
    Ok(report)
}

/// The taking over of one reading. It is tried in a transaction even where it is only to be looked at: what the database
/// would refuse, the report shows.
struct Work<'a> {
    scope: Scope,
    directory: &'a Directory,
    now: Timestamp,
    tree: Tree,
    known: BTreeMap<String, Person>,
    report: DirectoryReport,
}

impl<'a> Work<'a> {
    async fn begin(conn: &mut Conn, scope: Scope, directory: &'a Directory, now: Timestamp) -> Result<Work<'a>> {
        let tree = units::tree(conn, scope, now).await?;
        let mut known = BTreeMap::new();
        for person in persons::of_directory(conn, scope, &directory.id).await? {
            if let Origin::Directory { entry, .. } = &person.origin {
                known.insert(entry.clone(), person);
            }
        }
        Ok(Work { scope, directory, now, tree, known, report: DirectoryReport::default() })
    }

    /// The unit of an entry: the one that its attribute names, as far as it is below the directory's own.
    fn unit(&self, entry: &Entry) -> Option<UnitId> {
        let named = entry.unit.as_deref().and_then(|path| self.tree.by_path(path))?;
        self.tree.is_within(named.id, self.directory.unit).then_some(named.id)
    }

    async fn take(&mut self, conn: &mut Conn, entry: &Entry) -> Result<()> {
        let name = entry.name.clone().or_else(|| entry.login.clone()).unwrap_or_default();
        match self.known.get(&entry.identity) {
            Some(old) => {
                let new = Person {
                    unit: self.unit(entry).unwrap_or(old.unit),
                    name,
                    login: entry.login.clone(),
                    mail: entry.mail.clone(),
                    // Whoever is there again is there again.
                    until: None,
                    ..old.clone()
                };
                if new == *old {
                    return Ok(());
                }
                if new.check().is_err() || self.is_taken(conn, &new).await? {
                    return self.skip(entry);
                }
                persons::change(conn, self.scope, &new).await?;
                self.report.changed += 1;
                self.known.insert(entry.identity.clone(), new);
            }
            None => {
                let new = Person {
                    id: new_person(self.now)?,
                    unit: self.unit(entry).unwrap_or(self.directory.unit),
                    name,
                    login: entry.login.clone(),
                    mail: entry.mail.clone(),
                    origin: Origin::Directory { source: self.directory.id.clone(), entry: entry.identity.clone() },
                    since: self.now,
                    until: None,
                };
                if new.check().is_err() || self.is_taken(conn, &new).await? {
                    return self.skip(entry);
                }
                persons::add(conn, self.scope, &new).await?;
                self.report.added += 1;
                self.known.insert(entry.identity.clone(), new);
            }
        }
        Ok(())
    }

    /// A login that somebody else of the unit has is asked for, not tried: a refused statement would end the transaction.
    async fn is_taken(&self, conn: &mut Conn, person: &Person) -> Result<bool> {
        let Some(login) = &person.login else { return Ok(false) };
        let there = persons::with_login(conn, self.scope, person.unit, login).await?;
        Ok(there.is_some_and(|other| other != person.id))
    }

    fn skip(&mut self, entry: &Entry) -> Result<()> {
        if self.report.skipped.len() < SKIPPED_TOLD {
            self.report.skipped.push(entry.dn.clone());
        }
        Ok(())
    }

    async fn departures(&mut self, conn: &mut Conn, present: &std::collections::BTreeSet<String>) -> Result<()> {
        for (entry, person) in &self.known {
            if present.contains(entry) {
                if directories::withdraw(conn, self.scope, person.id).await? {
                    self.report.returned += 1;
                }
                continue;
            }
            if person.until.is_some() {
                continue;
            }
            let id = uuid::Builder::from_random_bytes(chance::bytes()?).into_uuid().to_string();
            let one = Departure {
                id,
                unit: person.unit,
                directory: self.directory.id.clone(),
                person: person.id,
                seen: self.now,
                decided: None,
            };
            if directories::propose(conn, self.scope, &one).await? {
                self.report.departures += 1;
            }
        }
        Ok(())
    }
}
