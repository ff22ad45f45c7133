//! Machines announced by CSV, and rules that recognise machines.
use crate::{
    House,
    access::Person,
    idempotency::{self, will_answer},
    organisation::csv_text::{self, Line},
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::{Scope, announced, rules};
use socle_domain::{
    UnitId,
    recognise::{AcceptRule, Announced, Hints, name_from},
    sequence::Condition,
    target::is_host_name,
};
use socle_texts::{Fault, Result};
use socle_wire::{api::AnnouncedResult, page::Page};
use std::{collections::BTreeSet, sync::Arc};

const MAX_RULES: usize = 200;

/// `POST /api/v1/announced`: the CSV as text.
pub(crate) async fn announce(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    csv: String,
) -> Answer<Json<AnnouncedResult>> {
    announce_csv(&house, person.scope, &csv).await.map(Json)
}

/// Announces the machines of a list: all or none.
pub(crate) async fn announce_csv(house: &House, scope: Scope, csv: &str) -> Answer<AnnouncedResult> {
    let list = read_csv(csv, scope.unit())?;
    let mut tx = house.db.write().await?;
    announced::put_many(&mut tx, scope, &list).await?;
    let told = AnnouncedResult { announced: list.len() as u32 };
    will_answer(house, StatusCode::OK, &told)?;
    tx.commit().await?;
    Ok(told)
}

/// Reads the list: a header `name,mac,serial,uuid` in any order, then a machine a line.
///
/// # Errors
/// `server-csv-wrong` with `line`: of the first line that is wrong.
pub(crate) fn read_csv(text: &str, unit: UnitId) -> Result<Vec<Announced>> {
    let wrong = |line: u64, why: &str| Fault::new("server-csv-wrong").with("line", line).because(why);
    let (lines, wrongs) = csv_text::read(text, &["name", "mac", "serial", "uuid"], &[])?;
    let mut first = wrongs.into_iter().min_by_key(|w| w.line).map(|w| (w.line, w.fault));
    let mut names = BTreeSet::new();
    let mut list = Vec::new();
    for line in lines {
        match announced_on(&line, unit) {
            Ok(one) if names.insert(one.name.clone()) => list.push(one),
            told => {
                let why = told.err().unwrap_or("this name stands twice");
                if first.as_ref().is_none_or(|(number, _)| line.number < *number) {
                    first = Some((line.number, wrong(line.number, why)));
                }
            }
        }
    }
    match first {
        None => Ok(list),
        Some((_, fault)) => Err(fault),
    }
}

fn announced_on(line: &Line, unit: UnitId) -> std::result::Result<Announced, &'static str> {
    let text = |column: &str| line.get(column).map(str::to_string);
    let name = text("name").filter(|name| is_host_name(name)).ok_or("no host name")?;
    let mac = text("mac").map(|mac| mac.replace('-', ":").to_ascii_lowercase());
    if mac.as_deref().is_some_and(|mac| mac.parse::<socle_boot::Mac>().is_err()) {
        return Err("no MAC address");
    }
    let one = Announced { name, unit, mac, serial: text("serial"), uuid: text("uuid") };
    match one.mac.is_none() && one.serial.is_none() && one.uuid.is_none() {
        true => Err("nothing to recognise the machine by"),
        false => Ok(one),
    }
}

/// `GET /api/v1/accept-rules`
pub(crate) async fn list_rules(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<AcceptRule>>> {
    let all = rules::list(&mut *house.db.read().await?, person.scope).await?;
    Ok(paged.cut(all, |rule| rule.name.clone()))
}

/// `GET /api/v1/accept-rules/{name}`
pub(crate) async fn show_rule(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
) -> Answer<Json<AcceptRule>> {
    let all = rules::list(&mut *house.db.read().await?, person.scope).await?;
    all.into_iter().find(|rule| rule.name == name).map(Json).ok_or_else(|| Refusal::unknown("rule"))
}

/// `POST /api/v1/accept-rules`
pub(crate) async fn add_rule(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(rule): Message<AcceptRule>,
) -> Answer<Json<AcceptRule>> {
    let wrong = |why: String| Refusal::wrong(Fault::new("server-rule-wrong").with("rule", &rule.name).because(why));
    if rule.name.is_empty() || rule.name.len() > 64 || rule.name.contains('/') {
        return Err(wrong("name".into()));
    }
    Condition::new(&rule.when).map_err(wrong)?;
    let some = Hints { macs: vec!["02-00-00-00-00-01".into()], serial: Some("s1".into()), ..Hints::default() };
    if name_from(&rule.name_pattern, &some, &|_| false).is_none() {
        return Err(wrong(format!("{} makes no host name", rule.name_pattern)));
    }
    let mut tx = house.db.write().await?;
    let there = rules::list(&mut tx, person.scope).await?;
    let own: Vec<_> = there.iter().filter(|r| r.unit == rule.unit).collect();
    if own.len() >= MAX_RULES && own.iter().all(|r| r.name != rule.name) {
        return Err(wrong(format!("more than {MAX_RULES} rules")));
    }
    rules::put(&mut tx, person.scope, &rule).await?;
    idempotency::done(&house, tx, rule).await
}

/// `PUT /api/v1/accept-rules/{name}`
pub(crate) async fn change_rule(
    house: State<Arc<House>>,
    person: Extension<Person>,
    Path(name): Path<String>,
    Message(rule): Message<AcceptRule>,
) -> Answer<Json<AcceptRule>> {
    if rule.name != name {
        let other =
            Fault::new("server-rule-wrong").with("rule", &rule.name).because(format!("its address says {name}"));
        return Err(Refusal::wrong(other));
    }
    add_rule(house, person, Message(rule)).await
}

/// `DELETE /api/v1/accept-rules/{name}`
pub(crate) async fn remove_rule(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    let there = rules::remove(&mut tx, person.scope, &name).await?;
    if !there {
        // Nothing was done: no entry says that it was.
        return Err(Refusal::unknown("rule"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
