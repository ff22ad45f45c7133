//! `socle person …`: people, their machines, and the directories that they are read from.
use super::{
    client::{Client, escaped},
    say::{answer, columns, head, words},
    unit::{find, moment},
};
use crate::{image::Voice, shape::PersonWhat};
use socle_domain::{
    PersonId,
    link::{Link, LinkKind},
    person::Person,
};
use socle_texts::{Fault, Result};
use socle_wire::{
    organisation::{
        DecideDeparture, DepartureView, DirectoryReport, DirectoryView, FoundView, WriteDirectory, WriteLink,
        WritePerson,
    },
    page::Page,
};

/// Carries out a command about people.
pub fn act(what: &PersonWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        PersonWhat::List { left } => {
            let all: Vec<Person> = client.all(&format!("/api/v1/persons?left={left}"))?;
            answer(&all, voice, |all| {
                let text = |value: &Option<String>| value.clone().unwrap_or_default();
                let mut lines = vec![head(voice, &["name", "login", "mail", "id"])];
                let line = |p: &Person| vec![p.name.clone(), text(&p.login), text(&p.mail), p.id.to_string()];
                lines.extend(all.iter().map(line));
                columns(&lines)
            })
        }
        PersonWhat::Show { person } => {
            let person = one(client, person)?;
            let links: Vec<Link> = client.all(&format!("/api/v1/links?person={}", person.id))?;
            let told = serde_json::json!({ "person": person, "links": links });
            answer(&told, voice, |told| serde_json::to_string_pretty(told).unwrap_or_default())
        }
        PersonWhat::Add { name, unit, login, mail } => {
            let wish = WritePerson {
                unit: Some(find(client, unit)?.id),
                name: name.clone(),
                login: login.clone(),
                mail: mail.clone(),
                since: None,
                until: None,
            };
            let person: Person = client.post("/api/v1/persons", &wish)?;
            answer(&person, voice, |_| words(voice, "socle-person-added", &[("name", name.into())]))
        }
        PersonWhat::Link { person, machine, at } => {
            let (person, machine) = (one(client, person)?, client.machine(machine)?);
            let wish = WriteLink {
                unit: Some(machine.unit),
                kind: LinkKind::Uses,
                person: Some(person.id),
                machine: Some(machine.id),
                from: moment(at.as_deref())?,
                until: None,
            };
            let link: Link = client.post("/api/v1/links", &wish)?;
            let names = [("name", (&person.name).into()), ("machine", machine.name.unwrap_or_default().into())];
            answer(&link, voice, |_| words(voice, "socle-person-linked", &names))
        }
        PersonWhat::Directories => {
            let all: Vec<DirectoryView> = client.all("/api/v1/directories")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["name", "address", "seen"])];
                let read = |d: &DirectoryView| d.read.map(|at| at.to_string()).unwrap_or_default();
                lines.extend(all.iter().map(|d| vec![d.name.clone(), d.config.url.clone(), read(d)]));
                columns(&lines)
            })
        }
        PersonWhat::Directory { name, file } => {
            let unreadable =
                |e: &dyn std::fmt::Display| Fault::new("texts-file-unreadable").with("path", file).because(e);
            let text = std::fs::read_to_string(file).map_err(|e| unreadable(&e))?;
            let wish: WriteDirectory = serde_json::from_str(&text).map_err(|e| unreadable(&e))?;
            let told: DirectoryView = client.put(&format!("/api/v1/directories/{}", escaped(name)), &wish)?;
            answer(&told, voice, |_| words(voice, "socle-directory-kept", &[("name", name.into())]))
        }
        PersonWhat::Read { name, unit, dry_run } => {
            let asked = unit.map(|unit| format!("&unit={unit}")).unwrap_or_default();
            let path = format!("/api/v1/directories/{}/read?dry_run={dry_run}{asked}", escaped(name));
            let report: DirectoryReport = client.post(&path, &serde_json::json!({}))?;
            answer(&report, voice, |r| {
                let values = [
                    ("read", r.read.into()),
                    ("added", r.added.into()),
                    ("changed", r.changed.into()),
                    ("departures", r.departures.into()),
                    ("skipped", r.skipped.len().into()),
                ];
                words(voice, if r.done { "socle-directory-read" } else { "socle-directory-would" }, &values)
            })
        }
        PersonWhat::Departures => {
            let all: Vec<DepartureView> = client.all("/api/v1/departures")?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["name", "since", "id"])];
                lines.extend(all.iter().map(|d| vec![d.name.clone(), d.seen.to_string(), d.id.clone()]));
                columns(&lines)
            })
        }
        PersonWhat::Depart { departure, stays } => {
            let said = DecideDeparture { left: !stays };
            client.post_nothing(&format!("/api/v1/departures/{}/decide", escaped(departure)), &said)?;
            let key = if *stays { "socle-departure-stays" } else { "socle-departure-left" };
            answer(&said, voice, |_| words(voice, key, &[]))
        }
    }
}

/// The person that somebody means: by identifier, or by words that find one only.
fn one(client: &Client, wish: &str) -> Result<Person> {
    let mut id = wish.parse::<PersonId>().ok();
    if id.is_none() {
        let found: Page<FoundView> = client.get(&format!("/api/v1/search?kind=person&q={}", escaped(wish)))?;
        id = match &found.items[..] {
            [] => return Err(Fault::new("socle-person-unknown").with("person", wish)),
            [one] => one.id.parse().ok(),
            _ => return Err(Fault::new("socle-person-ambiguous").with("person", wish)),
        };
    }
    let id = id.ok_or_else(|| Fault::new("socle-person-unknown").with("person", wish))?;
    client.get(&format!("/api/v1/persons/{id}"))
}
