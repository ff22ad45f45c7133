//! Importing lists: read whole, planned whole, told whole; then done whole, or not at all.
mod links;
mod machines;
mod people;
mod units;

use super::csv_text::{self, Line, Wrong};
use crate::{
    House,
    access::Person as Caller,
    refusal::{Answer, Refusal},
};
use socle_db::{Conn, Scope};
use socle_domain::{Timestamp, UnitId, unit::Tree};
use socle_texts::{Fault, Lang, Result};
use socle_wire::{
    organisation::{Effect, ImportReport, LineEffect, LineTrouble, List},
    problem::Problem,
};

/// Lines of a report that are told one by one.
const TOLD: usize = 1_000;

/// What a list would do.
#[derive(Default)]
struct Plan {
    effects: Vec<LineEffect>,
    wrongs: Vec<Wrong>,
    same: u64,
}

impl Plan {
    fn did(&mut self, line: &Line, effect: Effect, name: impl Into<String>, detail: impl Into<String>) {
        match effect {
            Effect::Same => self.same += 1,
            _ => self.effects.push(LineEffect { line: line.number, effect, name: name.into(), detail: detail.into() }),
        }
    }
    fn wrong(&mut self, line: &Line, column: &str, fault: Fault) {
        let column = (!column.is_empty()).then(|| column.to_string());
        self.wrongs.push(Wrong { line: line.number, column, fault });
    }
}

/// What everybody who plans needs.
struct Ground<'a> {
    caller: &'a Caller,
    now: Timestamp,
    tree: Tree,
}

impl Ground<'_> {
    fn scope(&self) -> Scope {
        self.caller.scope
    }
    /// The unit of a line: open, and within reach. Where none is written, the place asked about.
    fn unit(&self, line: &Line) -> Result<UnitId> {
        let Some(path) = line.get("unit") else { return Ok(self.scope().unit()) };
        let found = self.tree.by_path(path).filter(|unit| self.tree.is_within(unit.id, self.scope().unit()));
        found.map(|unit| unit.id).ok_or_else(|| Fault::new("server-import-unit-unknown").with("unit", path))
    }
}

/// Imports a list; with `dry_run` it only says what would be done.
///
/// # Errors
/// `server-csv-wrong` where the list has no header to go by; `server-import-refused` where a line is wrong and it was not
/// only to be looked at.
pub(crate) async fn import(
    house: &House,
    caller: &Caller,
    list: List,
    text: &str,
    dry_run: bool,
    lang: Lang,
) -> Answer<ImportReport> {
    let (known, open) = columns(list);
    let (lines, wrongs) = csv_text::read(text, known, open)?;
    let count = (lines.len() + wrongs.iter().filter(|w| w.column.is_none()).count()) as u64;
    if dry_run {
        let mut conn = house.db.read().await?;
        let (plan, _) = planned(house, caller, &mut conn, list, &lines, wrongs).await?;
        return Ok(report(list, count, plan, false, lang));
    }
    let mut tx = house.db.write().await?;
    let (plan, work) = planned(house, caller, &mut tx, list, &lines, wrongs).await?;
    if let Some(first) = plan.wrongs.iter().min_by_key(|w| w.line) {
        let fault = Fault::new("server-import-refused").with("wrong", plan.wrongs.len()).with("line", first.line);
        return Err(Refusal::wrong(fault.because(&first.fault)));
    }
    work.carry_out(house, caller, &mut tx).await?;
    let report = report(list, count, plan, true, lang);
    crate::idempotency::will_answer(house, axum::http::StatusCode::OK, &report)?;
    tx.commit().await?;
    Ok(report)
}

fn columns(list: List) -> (&'static [&'static str], &'static [&'static str]) {
    match list {
        List::Units => (units::COLUMNS, &[]),
        List::People => (people::COLUMNS, &[]),
        List::Machines => (machines::COLUMNS, &["fact."]),
        List::Links => (links::COLUMNS, &[]),
    }
}

/// What is to be written.
enum Work {
    Units(units::Work),
    People(people::Work),
    Machines(machines::Work),
    Links(links::Work),
}

impl Work {
    async fn carry_out(self, house: &House, caller: &Caller, conn: &mut Conn) -> Answer<()> {
        match self {
            Work::Units(work) => work.carry_out(house, caller, conn).await,
            Work::People(work) => work.carry_out(caller, conn).await,
            Work::Machines(work) => work.carry_out(house, caller, conn).await,
            Work::Links(work) => work.carry_out(caller, conn).await,
        }
    }
}

async fn planned(
    house: &House,
    caller: &Caller,
    conn: &mut Conn,
    list: List,
    lines: &[Line],
    wrongs: Vec<Wrong>,
) -> Answer<(Plan, Work)> {
    let now = house.now();
    let tree = socle_db::units::tree(conn, caller.scope, now).await?;
    let ground = Ground { caller, now, tree };
    let mut plan = Plan { wrongs, ..Plan::default() };
    let work = match list {
        List::Units => Work::Units(units::plan(&ground, conn, lines, &mut plan).await?),
        List::People => Work::People(people::plan(&ground, conn, lines, &mut plan).await?),
        List::Machines => Work::Machines(machines::plan(&ground, conn, lines, &mut plan).await?),
        List::Links => Work::Links(links::plan(&ground, conn, lines, &mut plan).await?),
    };
    Ok((plan, work))
}

fn report(list: List, lines: u64, mut plan: Plan, done: bool, lang: Lang) -> ImportReport {
    let count = |effect: Effect| plan.effects.iter().filter(|e| e.effect == effect).count() as u64;
    let (added, changed, wrong) = (count(Effect::Added), count(Effect::Changed), plan.wrongs.len() as u64);
    plan.effects.sort_by_key(|e| e.line);
    plan.wrongs.sort_by_key(|w| w.line);
    plan.effects.truncate(TOLD);
    plan.wrongs.truncate(TOLD);
    let trouble = |wrong: Wrong| LineTrouble {
        line: wrong.line,
        column: wrong.column,
        problem: Problem::new(422, wrong.fault, lang),
    };
    ImportReport {
        list,
        done,
        lines,
        added,
        changed,
        same: plan.same,
        effects: plan.effects,
        wrong,
        troubles: plan.wrongs.into_iter().map(trouble).collect(),
    }
}

/// A moment as people write it: a day (its beginning in UTC), or RFC 3339.
fn moment(line: &Line, column: &str) -> Result<Option<Timestamp>> {
    let Some(text) = line.get(column) else { return Ok(None) };
    let day = text.parse::<jiff::civil::Date>().ok().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
    let wrong = || Fault::new("server-import-moment-wrong").with("text", text);
    text.parse::<Timestamp>().ok().or(day.map(|day| day.timestamp())).map(Some).ok_or_else(wrong)
}

/// `name: old → new`, for the reports.
fn became(column: &str, old: &str, new: &str) -> String {
    format!("{column}: {} → {}", if old.is_empty() { "–" } else { old }, if new.is_empty() { "–" } else { new })
}
