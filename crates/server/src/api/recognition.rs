//! Machines announced by CSV, and rules that recognise machines.
use crate::{
    House,
    access::Person,
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
use socle_wire::api::AnnouncedResult;
use std::{collections::BTreeSet, sync::Arc};

const MAX_LINES: usize = 100_000;
const MAX_RULES: usize = 200;

/// `POST /api/v1/announced`: the CSV as text.
pub(crate) async fn announce(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    csv: String,
) -> Answer<Json<AnnouncedResult>> {
    Ok(Json(AnnouncedResult { announced: announce_csv(&house, person.scope, &csv).await? }))
}

/// Announces the machines of a list: all or none.
pub(crate) async fn announce_csv(house: &House, scope: Scope, csv: &str) -> Answer<u32> {
    let list = read_csv(csv, scope.unit())?;
    let mut tx = house.db.write().await?;
    for one in &list {
        announced::put(&mut tx, scope, one).await?;
    }
    tx.commit().await?;
    Ok(list.len() as u32)
}

/// Reads the list: a header `name,mac,serial,uuid` in any order (comma or semicolon, as spreadsheets write it), then a
/// machine a line.
///
/// # Errors
/// `server-csv-wrong` with `line`.
pub(crate) fn read_csv(text: &str, unit: UnitId) -> Result<Vec<Announced>> {
    let wrong = |line: usize, why: &str| Fault::new("server-csv-wrong").with("line", line).because(why);
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    let (_, header) = lines.next().ok_or_else(|| wrong(1, "no header"))?;
    let comma = if header.contains(';') { ';' } else { ',' };
    let cells = |line: &str| -> Vec<String> {
        line.split(comma).map(|c| c.trim().trim_matches('"').trim().to_string()).collect()
    };
    let columns = cells(header).iter().map(|c| c.to_ascii_lowercase()).collect::<Vec<_>>();
    if let Some(unknown) = columns.iter().find(|c| !["name", "mac", "serial", "uuid"].contains(&c.as_str())) {
        return Err(wrong(1, &format!("unknown column {unknown:?}")));
    }
    let mut names = BTreeSet::new();
    let mut list = Vec::new();
    for (index, line) in lines {
        let number = index + 1;
        let values = cells(line);
        if values.len() != columns.len() {
            return Err(wrong(number, "another number of columns than the header"));
        }
        let value = |name: &str| {
            let at = columns.iter().position(|c| c == name)?;
            Some(values[at].clone()).filter(|v| !v.is_empty())
        };
        let name = value("name").filter(|n| is_host_name(n)).ok_or_else(|| wrong(number, "no host name"))?;
        let mac = value("mac").map(|m| m.replace('-', ":").to_ascii_lowercase());
        if mac.as_deref().is_some_and(|m| m.parse::<socle_boot::Mac>().is_err()) {
            return Err(wrong(number, "no MAC address"));
        }
        let one = Announced { name: name.clone(), unit, mac, serial: value("serial"), uuid: value("uuid") };
        if one.mac.is_none() && one.serial.is_none() && one.uuid.is_none() {
            return Err(wrong(number, "nothing to recognise the machine by"));
        }
        if !names.insert(name) {
            return Err(wrong(number, "this name stands twice"));
        }
        list.push(one);
        if list.len() > MAX_LINES {
            return Err(wrong(number, "too many lines"));
        }
    }
    Ok(list)
}

/// `GET /api/v1/accept-rules`
pub(crate) async fn list_rules(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
) -> Answer<Json<Vec<AcceptRule>>> {
    Ok(Json(rules::list(&mut *house.db.read().await?, person.scope).await?))
}

/// `POST /api/v1/accept-rules`
pub(crate) async fn add_rule(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(rule): Message<AcceptRule>,
) -> Answer<Json<AcceptRule>> {
    if rule.unit != person.scope.unit() {
        return Err(Refusal::unknown("unit"));
    }
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
    if there.len() >= MAX_RULES && there.iter().all(|r| r.name != rule.name) {
        return Err(wrong(format!("more than {MAX_RULES} rules")));
    }
    rules::put(&mut tx, person.scope, &rule).await?;
    tx.commit().await?;
    Ok(Json(rule))
}

/// `DELETE /api/v1/accept-rules/{name}`
pub(crate) async fn remove_rule(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    let there = rules::remove(&mut tx, person.scope, &name).await?;
    tx.commit().await?;
    if there { Ok(StatusCode::NO_CONTENT) } else { Err(Refusal::unknown("rule")) }
}
