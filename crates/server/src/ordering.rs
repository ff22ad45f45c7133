//! Giving orders: signed by the server's key, numbered for each target, expiring; given again while nobody took them.
use crate::{
    House, boot_once, consenting,
    idempotency::will_answer,
    options,
    refusal::{Answer, Refusal},
    starts, views, webhooks,
    wizard::RIGHTS,
};
use axum::http::StatusCode;
use socle_db::{
    Conn, Scope, audit, consents, machines,
    machines::{Machine, State},
    orders, runs,
    runs::{RunRow, StartsInto},
    stages, wizard,
};
use socle_domain::{
    AccountId, ConsentId, Digest, RunId,
    answers::Answers,
    consent::{self, Consent},
    order::{Act, Order, RunSpec},
    run::{Run, Status},
    sign::{PublicKey, Signed},
};
use socle_image::Source;
use socle_texts::{Fault, Result};
use socle_trust::chance;
use socle_wire::{
    api::{AllowLoss, LiveEvent, StartRun},
    wizard::Finished,
};
use std::{collections::BTreeMap, time::Duration};

/// An order that nobody took is given again when less than this is left of it.
const RENEW_BEFORE: Duration = Duration::from_secs(600);
const MAX_REASON_BYTES: usize = 500;

/// Signs and keeps an order.
async fn give(
    house: &House,
    conn: &mut Conn,
    scope: Scope,
    target: socle_domain::TargetId,
    machine: PublicKey,
    act: Act,
) -> Result<Signed<Order>> {
    let issued = house.now();
    let number = orders::next_number(conn, target).await?;
    let expires = issued + Duration::from_secs(u64::from(house.config.orders.expire_hours) * 3600);
    let order = Order { target, machine, number, issued, expires, act };
    let signed = Signed::new(&order, &house.keys.server);
    orders::add(conn, scope, &signed, &order).await?;
    Ok(signed)
}

/// Whether every image of a master is in the repository.
async fn images_are_here(house: &House, opened: &views::OpenMaster) -> Result<()> {
    let images: Vec<Digest> = opened.master.images.values().copied().collect();
    let repository = house.repository.clone();
    crate::house::blocking(move || {
        let session = repository.session()?;
        images.into_iter().try_for_each(|image| {
            let missing = |f| Fault::new("server-image-missing").with("image", image.short()).because(f);
            session.manifest(&views::image_id(image)).map(drop).map_err(missing)
        })
    })
    .await
}

/// What a person told at the machine itself.
#[derive(Default)]
pub(crate) struct Told {
    /// As the machine signed it.
    pub answers: Option<Signed<Answers>>,
    /// The secrets among it, by option.
    pub secrets: BTreeMap<String, String>,
    /// The conversation that ends with it, by bearer: what it ended with is kept with the run, so that whoever hands in
    /// the same answers again finds the run that they have started, whatever stopped the server in between.
    pub ends: Option<Ends>,
}

/// The conversation at a machine that a run ends.
pub(crate) struct Ends {
    /// Its bearer.
    pub bearer: Digest,
    /// Whose it is.
    pub person: AccountId,
}

/// Starts a run on a machine.
pub(crate) async fn start(house: &House, scope: Scope, wish: StartRun) -> Answer<RunRow> {
    start_with(house, scope, wish, Told::default(), None).await
}

/// Starts a run on a machine; where that is part of an approved act, it is noted there in the same transaction.
pub(crate) async fn start_for(
    house: &House,
    scope: Scope,
    wish: StartRun,
    approved: Option<ConsentId>,
) -> Answer<RunRow> {
    start_with(house, scope, wish, Told::default(), approved).await
}

/// Starts a run that was asked for at its machine.
pub(crate) async fn start_told(house: &House, scope: Scope, wish: StartRun, told: Told) -> Answer<RunRow> {
    start_with(house, scope, wish, told, None).await
}

async fn start_with(
    house: &House,
    scope: Scope,
    wish: StartRun,
    told: Told,
    approved: Option<ConsentId>,
) -> Answer<RunRow> {
    let found = stages::by_digest(&mut *house.db.read().await?, scope, wish.master).await?;
    let kept = found.ok_or_else(|| Refusal::unknown("master"))?;
    let opened = views::kept(house, &kept)?;
    let known = machines::by_id(&mut *house.db.read().await?, scope, wish.target).await?.is_some();
    if known {
        // Before the only transaction that writes: a repository that somebody prunes may keep one waiting.
        images_are_here(house, &opened).await?;
    }
    // An agent would refuse it all the same: better here, before the machine was started for nothing.
    let environment = house.environment.clone();
    let lowest = crate::house::blocking(move || Ok(environment.lowest())).await?;
    lowest.check(&opened.master.name, opened.master.generation)?;
    let mut tx = house.db.write().await?;
    let machine = machines::by_id(&mut tx, scope, wish.target).await?.ok_or_else(|| Refusal::unknown("machine"))?;
    let (State::Known, Some(name)) = (machine.state, machine.name.clone()) else {
        return Err(Refusal::conflict(Fault::new("server-not-recognised")));
    };
    starts::may_be_ordered(house, &machine)?;
    if runs::open_of(&mut tx, scope, machine.id).await?.is_some() {
        return Err(Refusal::conflict(Fault::new("server-run-open")));
    }
    if !options::is_offered(&mut tx, machine.unit, &kept.version).await? {
        return Err(Refusal::conflict(Fault::new("server-master-not-offered")));
    }
    let chosen = options::Chosen { values: &wish.options, secrets: &told.secrets };
    let options = options::for_run(house, &mut tx, &machine, &opened, chosen).await?;
    let now = house.now();
    let id = chance::run_id(now)?;
    if let (Some(Ends { bearer, person }), Some(answers)) = (told.ends, &told.answers) {
        consenting::count_alone(house, &mut tx, person, machine.unit, &RIGHTS, 1).await?;
        let done = Finished::Done { name: name.clone(), run: Some(id) };
        let said = serde_json::to_string(&done).map_err(views::broken)?;
        wizard::finish(&mut tx, bearer, answers.digest(), &said).await?;
    }
    let spec = RunSpec {
        run: id,
        target: options::target_of(&machine),
        unit: machine.unit,
        master: kept.signed,
        options,
        loss: wish.loss,
        answers: told.answers,
    };
    let row = RunRow {
        id,
        unit: machine.unit,
        target: machine.id,
        target_name: name,
        master: wish.master,
        master_label: format!("{} {}", opened.master.name, opened.master.version),
        ordered: now,
        machine: machine.key,
        state: Run::new(&opened.sequence),
        starts_into: StartsInto::Boot,
        entries: 0,
        journal_bytes: 0,
        // Overwritten by the first entry, which says on which of its orders the machine began.
        head: wish.master,
        last_seen: now,
    };
    runs::add(&mut tx, scope, &row).await?;
    give(house, &mut tx, scope, machine.id, machine.key, Act::Run(Box::new(spec))).await?;
    webhooks::run_changed(house, &mut tx, &row).await?;
    will_answer(house, StatusCode::OK, &views::run(house, row.clone()))?;
    if let Some(approved) = approved {
        consents::did(&mut tx, approved, row.target, &consents::Item::Started(row.id)).await?;
    }
    audit::about("run", &row.id.to_string(), row.unit);
    tx.commit().await?;
    tell(house, &row);
    house.live.tell_at(row.unit, LiveEvent::Machine { id: row.target });
    Ok(row)
}

fn tell(house: &House, row: &RunRow) {
    tracing::info!(run = %row.id, target_name = row.target_name, state = row.state.status.word(), "order given");
    house.live.tell_at(row.unit, LiveEvent::Run { id: row.id, state: row.state.status.word().into() });
    house.presence.has_work(row.target);
    house.live.wake(row.target);
}

async fn open_run(conn: &mut Conn, scope: Scope, id: RunId) -> Answer<RunRow> {
    let row = runs::by_id(conn, scope, id).await?.ok_or_else(|| Refusal::unknown("run"))?;
    if row.state.status.is_over() {
        return Err(Refusal::conflict(Fault::new("server-run-over").with("state", row.state.status.word())));
    }
    audit::about("run", &id.to_string(), row.unit);
    Ok(row)
}

/// Stops a run. One that no machine has begun is over at once; should its machine begin it all the same (it took the
/// order just before), its journal says so and the order to stop waits for it.
/// Where that was approved, it is done from the same transaction on.
pub(crate) async fn cancel(house: &House, scope: Scope, id: RunId, approved: Option<&Consent>) -> Answer<RunRow> {
    let mut tx = house.db.write().await?;
    let mut row = open_run(&mut tx, scope, id).await?;
    give(house, &mut tx, scope, row.target, row.machine, Act::Cancel { run: id }).await?;
    if row.entries == 0 {
        row.state.status = Status::Cancelled;
        row.state.since = Some(house.now());
        runs::stands(&mut tx, scope, &row).await?;
        webhooks::run_changed(house, &mut tx, &row).await?;
    }
    if let Some(approved) = approved {
        consents::stands(&mut tx, scope, &Consent { state: consent::State::Done, ..approved.clone() }).await?;
    }
    will_answer(house, StatusCode::OK, &views::run(house, row.clone()))?;
    tx.commit().await?;
    tell(house, &row);
    Ok(row)
}

/// Tries a failed run again.
pub(crate) async fn retry(house: &House, scope: Scope, id: RunId) -> Answer<RunRow> {
    let mut tx = house.db.write().await?;
    let row = open_run(&mut tx, scope, id).await?;
    if !matches!(row.state.status, Status::Failed { .. } | Status::Waiting { .. }) {
        return Err(Refusal::conflict(Fault::new("server-run-not-failed")));
    }
    give(house, &mut tx, scope, row.target, row.machine, Act::Retry { run: id }).await?;
    will_answer(house, StatusCode::OK, &views::run(house, row.clone()))?;
    tx.commit().await?;
    tell(house, &row);
    Ok(row)
}

/// Lets a waiting run lose what it has counted: that and nothing else.
pub(crate) async fn allow_loss(house: &House, scope: Scope, id: RunId, wish: AllowLoss) -> Answer<RunRow> {
    allow_loss_for(house, scope, id, wish, None).await
}

/// Lets a waiting run lose what it has counted; where that was approved, it is done from the same transaction on.
pub(crate) async fn allow_loss_for(
    house: &House,
    scope: Scope,
    id: RunId,
    wish: AllowLoss,
    approved: Option<&Consent>,
) -> Answer<RunRow> {
    let reason = wish.reason.trim();
    if reason.is_empty() || reason.len() > MAX_REASON_BYTES {
        return Err(Refusal::wrong(Fault::new("server-reason-wrong").with("limit", MAX_REASON_BYTES)));
    }
    let mut tx = house.db.write().await?;
    let row = open_run(&mut tx, scope, id).await?;
    let waits = matches!(row.state.status, Status::Waiting { .. });
    let counted = row.state.census_before.as_ref().map(|c| c.digest());
    if !waits || counted != Some(wish.census) {
        return Err(Refusal::conflict(Fault::new("server-census-differs")));
    }
    let act = Act::AllowLoss { run: id, census: wish.census, reason: reason.into() };
    give(house, &mut tx, scope, row.target, row.machine, act).await?;
    if let Some(approved) = approved {
        consents::stands(&mut tx, scope, &Consent { state: consent::State::Done, ..approved.clone() }).await?;
    }
    will_answer(house, StatusCode::OK, &views::run(house, row.clone()))?;
    tx.commit().await?;
    tell(house, &row);
    Ok(row)
}

/// What a machine is to be told.
pub(crate) struct Pending {
    pub orders: Vec<Signed<Order>>,
    pub go_local: bool,
}

/// The orders that a machine has not acknowledged, oldest first; those about to expire are given again.
pub(crate) async fn pending(house: &House, machine: &Machine, after: u64, place: &str) -> Result<Pending> {
    // Its own, wherever they were ordered before it moved.
    let scope = Scope::ROOT;
    let (open, waiting) = {
        let mut conn = house.db.read().await?;
        let open = runs::open_all_of(&mut conn, scope, machine.id).await?;
        let mut waiting = Vec::new();
        for run in &open {
            waiting.extend(unacknowledged(house, &orders::of_run(&mut conn, scope, run.id).await?, run)?);
        }
        (open, waiting)
    };
    let soon = house.now() + RENEW_BEFORE;
    let mut given = Vec::new();
    for (order, signed) in waiting {
        given.push(match order.expires > soon {
            true => (order.number, signed),
            false => renew(house, scope, &order).await?,
        });
    }
    if place == "installed" {
        given.extend(boot_once::pending(house, machine).await?);
    }
    given.sort_by_key(|(number, _)| *number);
    let needed = open.iter().any(|run| run.starts_into == StartsInto::Boot);
    if starts::withheld(house, machine) {
        // Nothing is given to it as it was started now; another start may bring it by the chain that counts.
        let go_local = place == "boot" && (!needed || starts::starts_better_again(house, machine));
        return Ok(Pending { orders: Vec::new(), go_local });
    }
    Ok(Pending {
        orders: given.into_iter().filter(|(number, _)| *number > after).map(|(_, signed)| signed).collect(),
        go_local: place == "boot" && !needed,
    })
}

async fn renew(house: &House, scope: Scope, old: &Order) -> Result<(u64, Signed<Order>)> {
    let mut tx = house.db.write().await?;
    let signed = give(house, &mut tx, scope, old.target, old.machine, old.act.clone()).await?;
    tx.commit().await?;
    use socle_domain::sign::Signer;
    let number = signed.open(&house.keys.server.public())?.number;
    Ok((number, signed))
}

/// Of the orders of a run, those that its journal has not acknowledged: the last of each kind.
fn unacknowledged(house: &House, all: &[Signed<Order>], run: &RunRow) -> Result<Vec<(Order, Signed<Order>)>> {
    use socle_domain::sign::Signer;
    let mut last: Vec<(Order, Signed<Order>)> = Vec::new();
    for signed in all {
        let order = signed.open(&house.keys.server.public())?;
        let waits = match order.act {
            Act::Run(_) => run.entries == 0,
            _ => order.number > run.state.last_order,
        };
        if waits {
            last.retain(|(o, _)| std::mem::discriminant(&o.act) != std::mem::discriminant(&order.act));
            last.push((order, signed.clone()));
        }
    }
    Ok(last)
}
