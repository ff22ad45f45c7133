//! People: `unit,name,login,mail,since,until,id`. Somebody is the one of the identifier, else the one with the login, else
//! the one of that name in the unit who has none. An empty cell changes nothing.
use super::{Ground, Plan, became, moment};
use crate::{
    access::Person as Caller,
    organisation::{csv_text::Line, new_person},
    refusal::Answer,
};
use socle_db::{Conn, persons};
use socle_domain::{
    PersonId, UnitId,
    person::{Origin, Person},
};
use socle_texts::{Fault, Result};
use socle_wire::organisation::Effect;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const COLUMNS: &[&str] = &["unit", "name", "login", "mail", "since", "until", "id"];
const PAGE: u32 = 10_000;

/// Who begins and who changes.
#[derive(Default)]
pub(super) struct Work {
    added: Vec<Person>,
    changed: Vec<Person>,
}

impl Work {
    pub async fn carry_out(self, caller: &Caller, conn: &mut Conn) -> Answer<()> {
        for person in &self.changed {
            persons::change(conn, caller.scope, person).await?;
        }
        Ok(persons::add_many(conn, caller.scope, &self.added).await?)
    }
}

/// Everybody within reach, by what a line may call them.
pub(super) struct Everybody {
    by_id: BTreeMap<PersonId, Person>,
    by_login: BTreeMap<String, Vec<PersonId>>,
    by_name: BTreeMap<(UnitId, String), Vec<PersonId>>,
}

impl Everybody {
    pub async fn of(ground: &Ground<'_>, conn: &mut Conn) -> Result<Everybody> {
        let mut all = Everybody { by_id: BTreeMap::new(), by_login: BTreeMap::new(), by_name: BTreeMap::new() };
        let mut after = persons::After::default();
        loop {
            let page = persons::page(conn, ground.scope(), None, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = persons::After { name: last.name.clone(), id: last.id.to_string() };
            page.into_iter().for_each(|person| all.add(person));
        }
    }
    fn add(&mut self, person: Person) {
        match &person.login {
            Some(login) => self.by_login.entry(login.to_lowercase()).or_default().push(person.id),
            None => self.by_name.entry((person.unit, person.name.to_lowercase())).or_default().push(person.id),
        }
        self.by_id.insert(person.id, person);
    }
    pub fn get(&self, id: PersonId) -> Option<&Person> {
        self.by_id.get(&id)
    }
    /// The one with a login: of the unit first, else the only one.
    pub fn with_login(&self, login: &str, unit: Option<UnitId>) -> Result<Option<&Person>> {
        let found: Vec<&Person> =
            self.by_login.get(&login.to_lowercase()).into_iter().flatten().filter_map(|id| self.get(*id)).collect();
        if let Some(own) = found.iter().find(|p| Some(p.unit) == unit) {
            return Ok(Some(own));
        }
        match found[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Fault::new("server-import-ambiguous").with("name", login)),
        }
    }
}

pub(super) async fn plan(ground: &Ground<'_>, conn: &mut Conn, lines: &[Line], plan: &mut Plan) -> Result<Work> {
    let everybody = Everybody::of(ground, conn).await?;
    let mut logins: BTreeMap<(UnitId, String), PersonId> = BTreeMap::new();
    for person in everybody.by_id.values() {
        if let Some(login) = &person.login {
            logins.insert((person.unit, login.clone()), person.id);
        }
    }
    let (mut work, mut met) = (Work::default(), BTreeSet::new());
    for line in lines {
        match one(ground, &everybody, line) {
            Err((column, fault)) => plan.wrong(line, column, fault),
            Ok((person, old)) => {
                if !met.insert(person.id) {
                    plan.wrong(line, "", Fault::new("server-import-twice").with("name", &person.name));
                    continue;
                }
                if let Some(login) = &person.login {
                    let there = logins.insert((person.unit, login.clone()), person.id);
                    if there.is_some_and(|id| id != person.id) {
                        plan.wrong(line, "login", Fault::new("db-login-taken").with("login", login));
                        continue;
                    }
                }
                match old {
                    None => {
                        plan.did(line, Effect::Added, &person.name, format!("unit: {}", ground.tree.path(person.unit)));
                        work.added.push(person);
                    }
                    Some(old) if *old == person => plan.did(line, Effect::Same, "", ""),
                    Some(old) => {
                        plan.did(line, Effect::Changed, &person.name, differences(ground, old, &person));
                        work.changed.push(person);
                    }
                }
            }
        }
    }
    Ok(work)
}

type Told<T> = std::result::Result<T, (&'static str, Fault)>;

fn one<'e>(ground: &Ground, everybody: &'e Everybody, line: &Line) -> Told<(Person, Option<&'e Person>)> {
    let unit = ground.unit(line).map_err(|fault| ("unit", fault))?;
    let name = line.get("name");
    let old = match (line.get("id"), line.get("login"), name) {
        (Some(id), _, _) => {
            let unknown = || ("id", Fault::new("server-import-person-unknown").with("name", id));
            Some(id.parse().ok().and_then(|id| everybody.get(id)).ok_or_else(unknown)?)
        }
        (None, Some(login), _) => everybody.with_login(login, Some(unit)).map_err(|fault| ("login", fault))?,
        (None, None, Some(name)) => {
            let found = everybody.by_name.get(&(unit, name.to_lowercase())).map(Vec::as_slice).unwrap_or_default();
            match found {
                [] => None,
                [one] => everybody.get(*one),
                _ => return Err(("name", Fault::new("server-import-ambiguous").with("name", name))),
            }
        }
        (None, None, None) => return Err(("name", Fault::new("server-import-missing").with("column", "name"))),
    };
    let since = moment(line, "since").map_err(|fault| ("since", fault))?;
    let until = moment(line, "until").map_err(|fault| ("until", fault))?;
    let text = |column: &str| line.get(column).map(str::to_string);
    let person = match old {
        Some(old) => Person {
            unit: if line.get("unit").is_some() { unit } else { old.unit },
            name: text("name").unwrap_or_else(|| old.name.clone()),
            login: text("login").or_else(|| old.login.clone()),
            mail: text("mail").or_else(|| old.mail.clone()),
            since: since.unwrap_or(old.since),
            until: until.or(old.until),
            ..old.clone()
        },
        None => Person {
            id: new_person(ground.now).map_err(|fault| ("", fault))?,
            unit,
            name: text("name").ok_or_else(|| ("name", Fault::new("server-import-missing").with("column", "name")))?,
            login: text("login"),
            mail: text("mail"),
            origin: Origin::Hand,
            since: since.unwrap_or(ground.now),
            until,
        },
    };
    let column = |fault: &Fault| COLUMNS.iter().find(|c| fault.args.iter().any(|(_, v)| *v == (**c).into())).copied();
    person.check().map_err(|fault| (column(&fault).unwrap_or(""), fault))?;
    Ok((person, old))
}

fn differences(ground: &Ground, old: &Person, new: &Person) -> String {
    let mut told = Vec::new();
    let mut tell = |column: &str, old: String, new: String| {
        if old != new {
            told.push(became(column, &old, &new));
        }
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    tell("unit", ground.tree.path(old.unit), ground.tree.path(new.unit));
    tell("name", old.name.clone(), new.name.clone());
    tell("login", text(&old.login), text(&new.login));
    tell("mail", text(&old.mail), text(&new.mail));
    tell("since", old.since.to_string(), new.since.to_string());
    let until = |person: &Person| person.until.map(|u| u.to_string()).unwrap_or_default();
    tell("until", until(old), until(new));
    told.join(", ")
}
