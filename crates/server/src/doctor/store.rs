//! The database, and what it knows of machines' attempts. Read in one view; nothing is written or migrated.
use super::{Ground, Wish, clock, heard, trail};
use crate::data::Data;
use socle_db::{
    Scope, boot_events,
    dump::{Snapshot, steps_to_take},
    machines,
};
use socle_texts::{Fault, Result};
use socle_wire::diagnosis::{Finding, Part, State, Trail};

/// What was found.
pub(super) struct Looked {
    pub findings: Vec<Finding>,
    pub trails: Vec<Trail>,
}

/// A view of the database that the configuration names.
///
/// # Errors
/// `doctor-database-missing`; `db-unreachable`.
pub async fn view(ground: &Ground) -> Result<Snapshot> {
    match &ground.config.database.url {
        Some(url) => Snapshot::url(url).await,
        None => {
            let path = Data::at(&ground.data).database();
            if !path.exists() {
                return Err(Fault::new("doctor-database-missing").with("path", &path));
            }
            Snapshot::file(&path).await
        }
    }
}

/// Looks at it.
pub(super) async fn look(ground: &Ground, wish: &Wish) -> Looked {
    let mut findings = Vec::new();
    let mut trails = Vec::new();
    let wrong = |fault| Finding::of(Part::Database, State::Wrong, fault);
    match view(ground).await {
        Err(fault) => findings.push(wrong(fault)),
        Ok(mut view) => {
            match health(ground, wish, &mut view).await {
                Ok(found) => findings.extend(found),
                Err(fault) => findings.push(wrong(fault)),
            }
            // An older database has not every table yet; then the finding above says so.
            trails = attempts(ground, wish, &mut view).await.unwrap_or_default();
            let _ = view.end().await;
        }
    }
    Looked { findings, trails }
}

async fn health(ground: &Ground, wish: &Wish, view: &mut Snapshot) -> Result<Vec<Finding>> {
    let about = |state, code| Finding::new(Part::Database, state, code);
    let left = steps_to_take(&view.steps().await?)?;
    if left > 0 {
        return Ok(vec![about(State::Attention, "doctor-database-older").with("steps", left)]);
    }
    let mut findings: Vec<Finding> = clock::backwards(ground.now, view.newest().await?).into_iter().collect();
    let complaints = if wish.thorough { view.complaints().await? } else { Vec::new() };
    findings.push(match complaints.is_empty() {
        true => about(State::Good, "doctor-database-good"),
        false => about(State::Wrong, "doctor-database-broken").because(complaints.join("; ")),
    });
    Ok(findings)
}

async fn attempts(ground: &Ground, wish: &Wish, view: &mut Snapshot) -> Result<Vec<Trail>> {
    let events = boot_events::newest(view.conn(), Scope::ROOT, boot_events::KEPT as u32).await?;
    let lines = ground.heard.clone().unwrap_or_else(|| heard::lines_of(&Data::at(&ground.data).heard()));
    let all = trail::all(events, lines);
    let mut trails = Vec::new();
    for mac in trail::machines(&all, wish.mac) {
        let found = machines::by_hints(view.conn(), Scope::ROOT, Some(&mac.to_string()), None).await?;
        let known = found.iter().max_by_key(|m| m.last_seen);
        trails.push(trail::trail(ground, &all, mac, known));
    }
    Ok(trails)
}
