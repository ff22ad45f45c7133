//! Links: `kind,unit,person,machine,from,until,id`. A person is his login or his identifier, a machine its name or its
//! identifier. A link that is there changes nothing, unless its end is written.
use super::{Ground, Plan, became, machines::Everything, moment, people::Everybody};
use crate::{
    access::Person as Caller,
    organisation::{csv_text::Line, new_link},
    refusal::Answer,
};
use socle_db::{Conn, links};
use socle_domain::{
    LinkId, PersonId, TargetId, Timestamp, UnitId,
    link::{Link, LinkKind},
};
use socle_texts::{Fault, Result};
use socle_wire::organisation::Effect;
use std::collections::BTreeMap;

pub(super) const COLUMNS: &[&str] = &["kind", "unit", "person", "machine", "from", "until", "id"];
const PAGE: u32 = 10_000;

/// Which begin and which end.
#[derive(Default)]
pub(super) struct Work {
    added: Vec<Link>,
    ended: Vec<(LinkId, Timestamp)>,
}

impl Work {
    pub async fn carry_out(self, caller: &Caller, conn: &mut Conn) -> Answer<()> {
        for (link, at) in self.ended {
            links::end(conn, caller.scope, link, at).await?;
        }
        Ok(links::add_many(conn, caller.scope, &self.added).await?)
    }
}

type Ends = (LinkKind, Option<PersonId>, Option<TargetId>, UnitId);

pub(super) async fn plan(ground: &Ground<'_>, conn: &mut Conn, lines: &[Line], plan: &mut Plan) -> Result<Work> {
    let (people, machines) = (Everybody::of(ground, conn).await?, Everything::of(ground, conn).await?);
    let (mut there, mut by_id): (BTreeMap<Ends, Link>, BTreeMap<LinkId, Link>) = Default::default();
    let mut after = String::new();
    loop {
        let page = links::page(conn, ground.scope(), &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.to_string();
        for link in page {
            if link.until.is_none_or(|until| until > ground.now) {
                there.insert((link.kind, link.person, link.machine, link.unit), link.clone());
            }
            by_id.insert(link.id, link);
        }
    }
    let mut work = Work::default();
    for line in lines {
        match one(ground, &people, &machines, line) {
            Err((column, fault)) => plan.wrong(line, column, fault),
            Ok(link) => {
                let ends = (link.kind, link.person, link.machine, link.unit);
                let same = line.get("id").and_then(|id| id.parse().ok()).and_then(|id| by_id.get(&id));
                match same.or_else(|| there.get(&ends)) {
                    None => {
                        plan.did(line, Effect::Added, names(&people, &machines, &link), link.kind.word());
                        there.insert(ends, link.clone());
                        work.added.push(link);
                    }
                    Some(old) => match link.until.filter(|until| old.until != Some(*until)) {
                        None => plan.did(line, Effect::Same, "", ""),
                        Some(until) => {
                            let was = old.until.map(|u| u.to_string()).unwrap_or_default();
                            let told = became("until", &was, &until.to_string());
                            plan.did(line, Effect::Changed, names(&people, &machines, old), told);
                            work.ended.push((old.id, until));
                        }
                    },
                }
            }
        }
    }
    Ok(work)
}

fn names(people: &Everybody, machines: &Everything, link: &Link) -> String {
    let person = link.person.and_then(|id| people.get(id)).map(|p| p.name.clone());
    let machine = link.machine.and_then(|id| machines.get(id)).and_then(|m| m.name.clone());
    [person, machine].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn one(
    ground: &Ground,
    people: &Everybody,
    machines: &Everything,
    line: &Line,
) -> std::result::Result<Link, (&'static str, Fault)> {
    let named = match line.get("unit") {
        Some(_) => Some(ground.unit(line).map_err(|fault| ("unit", fault))?),
        None => None,
    };
    let kind = line.get("kind").map_or(Ok(LinkKind::Uses), str::parse);
    let kind = kind.map_err(|e| ("kind", Fault::new("server-import-word-wrong").because(e)))?;
    let person = match line.get("person") {
        None => None,
        Some(text) => {
            let found = match text.parse().ok().and_then(|id| people.get(id)) {
                Some(one) => Some(one),
                None => people.with_login(text, named).map_err(|fault| ("person", fault))?,
            };
            Some(found.ok_or_else(|| ("person", Fault::new("server-import-person-unknown").with("name", text)))?)
        }
    };
    let machine = match line.get("machine") {
        None => None,
        Some(text) => {
            let found = match text.parse().ok().and_then(|id| machines.get(id)) {
                Some(one) => Some(one),
                None => machines.named(text, named).map_err(|fault| ("machine", fault))?,
            };
            Some(found.ok_or_else(|| ("machine", Fault::new("server-import-machine-unknown").with("name", text)))?)
        }
    };
    let own = machine.map(|m| m.unit).or(person.map(|p| p.unit)).unwrap_or(ground.scope().unit());
    let from = moment(line, "from").map_err(|fault| ("from", fault))?;
    let link = Link {
        id: new_link(ground.now).map_err(|fault| ("", fault))?,
        unit: named.unwrap_or(own),
        kind,
        person: person.map(|p| p.id),
        machine: machine.map(|m| m.id),
        from: from.unwrap_or(ground.now),
        until: moment(line, "until").map_err(|fault| ("until", fault))?,
        by: ground.caller.name.clone(),
    };
    let column = |fault: &Fault| COLUMNS.iter().find(|c| fault.args.iter().any(|(_, v)| *v == (**c).into())).copied();
    link.check().map_err(|fault| (column(&fault).unwrap_or(""), fault))?;
    Ok(link)
}
