//! Webhooks: telling other programs what happens.
//!
//! What happens is queued in the transaction of its effect ([`happened`]); a loop ([`deliver`]) tells it, again and
//! again with growing pauses, until the other side says yes or the last try is over. A webhook whose attempts fail many
//! times in a row is switched off, and says why.
mod guard;
mod send;

pub(crate) use guard::{Guard, check_url};

use crate::House;
use send::Sender;
use socle_db::{
    Conn,
    machines::Machine,
    runs::RunRow,
    webhooks::{self, Delivery, Happening, State, Webhook},
};
use socle_domain::{EventId, UnitId, WebhookId};
use socle_texts::{Fault, Result};
use socle_trust::{chance, vault::Place};
use socle_wire::webhook::{Told, ToldData};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// Pauses before the next try; after the last the message is given up, about a day after it happened.
const PAUSES_SECONDS: [u64; 9] = [5, 30, 120, 600, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600];
/// How many messages are under way at once, and how many of them to one webhook: one that is slow keeps no other waiting.
const AT_ONCE: usize = 64;
const EACH: u32 = 4;
/// How often the queue is looked at. Real time: the loop only looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long the secret before the last signs too.
pub(crate) const OLD_SECRET_SECONDS: u64 = 24 * 3_600;
/// How long it is remembered what became of a message.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Something that has happened, ready to be queued.
pub(crate) fn happening(house: &House, kind: &'static str, unit: UnitId, data: ToldData) -> Result<Happening> {
    let at = house.now();
    let data = ToldData { unit: Some(unit), ..data };
    let told = Told { kind: kind.into(), timestamp: at, data };
    let body = serde_json::to_string(&told).map_err(|e| Fault::new("server-broken").because(e))?;
    Ok(Happening { event: EventId::new(at.as_millisecond().max(0) as u64, chance::bytes()?), unit, kind, at, body })
}

/// Queues what has happened for all who want to be told, in the transaction in which it happens.
pub(crate) async fn happened(
    house: &House,
    conn: &mut Conn,
    kind: &'static str,
    unit: UnitId,
    data: ToldData,
) -> Result<()> {
    webhooks::happened(conn, &happening(house, kind, unit, data)?).await.map(drop)
}

/// Queues that a run is in another state.
pub(crate) async fn run_changed(house: &House, conn: &mut Conn, row: &RunRow) -> Result<()> {
    let data = ToldData { run: Some(row.id), machine: Some(row.target), ..ToldData::default() };
    happened(house, conn, kind_of_run(row.state.status.word()), row.unit, data).await
}

/// Queues something about a machine.
pub(crate) async fn about_machine(house: &House, conn: &mut Conn, kind: &'static str, machine: &Machine) -> Result<()> {
    let data = ToldData { machine: Some(machine.id), ..ToldData::default() };
    happened(house, conn, kind, machine.unit, data).await
}

/// The kind of a run's new state.
fn kind_of_run(word: &str) -> &'static str {
    match word {
        "ordered" => "run.ordered",
        "running" => "run.running",
        "waiting" => "run.waiting",
        "failed" => "run.failed",
        "cancelled" => "run.cancelled",
        _ => "run.completed",
    }
}

/// Where a webhook's secret is sealed.
pub(crate) fn place(id: &str) -> Place<'_> {
    Place { kind: "webhook", owner: id, field: "secret" }
}

/// Tells what waits, until the server stops.
pub(crate) async fn deliver(house: Arc<House>) {
    let sender = match Sender::new(Guard::of(&house.config)) {
        Ok(sender) => Arc::new(sender),
        Err(fault) => {
            tracing::error!(%fault, "nothing can be told to webhooks");
            return;
        }
    };
    let mut tries = Tries::default();
    while !house.live.is_stopping() {
        let pause = match tries.begin(&house, &sender).await {
            Ok(0) => LOOK,
            Ok(_) => Duration::ZERO,
            Err(fault) => {
                tracing::warn!(%fault, "the queue of webhooks could not be read");
                LOOK * 4
            }
        };
        tries.end(pause).await;
    }
    while !tries.under_way.is_empty() {
        tries.end(LOOK).await;
    }
}

/// The messages under way.
#[derive(Default)]
struct Tries {
    tasks: tokio::task::JoinSet<((WebhookId, EventId), Result<()>)>,
    under_way: BTreeSet<(WebhookId, EventId)>,
}

impl Tries {
    /// One look at the queue; how many messages were sent on their way.
    async fn begin(&mut self, house: &Arc<House>, sender: &Arc<Sender>) -> Result<usize> {
        let free = AT_ONCE.saturating_sub(self.under_way.len());
        // What is under way still waits in the queue, and takes its webhook's turns there.
        let due = webhooks::due(&mut *house.db.read().await?, house.now(), EACH, AT_ONCE as u32).await?;
        let new = due.into_iter().filter(|d| !self.under_way.contains(&(d.webhook, d.event)));
        let new: Vec<Delivery> = new.take(free).collect();
        let count = new.len();
        for delivery in new {
            let key = (delivery.webhook, delivery.event);
            self.under_way.insert(key);
            let (house, sender) = (house.clone(), sender.clone());
            self.tasks.spawn(async move {
                let done = tokio::spawn(attempt(house, sender, delivery)).await;
                (key, done.map_err(|e| Fault::new("server-broken").because(e)).flatten())
            });
        }
        Ok(count)
    }
    /// Waits until a message is at its end, for at most so long, and takes note of all that are.
    async fn end(&mut self, pause: Duration) {
        let mut done = match pause.is_zero() || self.under_way.is_empty() {
            true => {
                tokio::time::sleep(pause).await;
                self.tasks.try_join_next()
            }
            false => tokio::time::timeout(pause, self.tasks.join_next()).await.ok().flatten(),
        };
        while let Some(one) = done {
            match one {
                Ok((key, result)) => {
                    self.under_way.remove(&key);
                    if let Err(fault) = result {
                        tracing::warn!(%fault, webhook = %key.0, "what became of a message could not be kept");
                        // It is still due.
                        tokio::time::sleep(LOOK).await;
                    }
                }
                Err(fault) => tracing::error!(%fault, "a task of the webhooks has ended"),
            }
            done = self.tasks.try_join_next();
        }
    }
}

async fn attempt(house: Arc<House>, sender: Arc<Sender>, mut delivery: Delivery) -> Result<()> {
    let scope = socle_db::Scope::ROOT;
    let webhook = webhooks::by_id(&mut *house.db.read().await?, scope, delivery.webhook).await?;
    // One that was switched off meanwhile has given it up.
    let Some(webhook) = webhook.filter(|w| w.is_on || delivery.kind == webhooks::TRIAL) else { return Ok(()) };
    let now = house.now();
    let said = match secrets(&house, &webhook) {
        Ok(secrets) => sender.send(&webhook.url, &delivery, now, &secrets).await,
        Err(fault) => Err((None, fault)),
    };
    delivery.attempts += 1;
    let mut tx = house.db.write().await?;
    // It may have been changed, or removed, while the other side was thinking.
    let Some(mut webhook) = webhooks::by_id(&mut tx, scope, delivery.webhook).await? else { return Ok(()) };
    match said {
        Ok(status) => {
            (delivery.state, delivery.status, delivery.fault) = (State::Delivered, Some(status), None);
            webhook.failures = 0;
        }
        Err((status, fault)) => {
            (delivery.status, delivery.fault) = (status, Some(fault.clone()));
            match PAUSES_SECONDS.get(delivery.attempts as usize - 1) {
                Some(pause) if webhook.is_on => delivery.next = now + Duration::from_secs(*pause),
                _ => delivery.state = State::GivenUp,
            }
            webhook.failures += 1;
            // 410: the other side says that it will never listen again.
            let gone = status == Some(410);
            if webhook.is_on && (gone || webhook.failures >= house.config.webhooks.off_after) {
                webhook.is_on = false;
                let off = Fault::new("server-webhook-off").with("count", webhook.failures);
                webhook.off = Some(off.because(&fault));
                tracing::warn!(webhook = %webhook.id, failures = webhook.failures, "webhook switched off");
            }
        }
    }
    webhooks::settled(&mut tx, &delivery).await?;
    webhooks::keep(&mut tx, scope, &webhook).await?;
    tx.commit().await
}

/// The secrets that sign now: the present one first.
fn secrets(house: &House, webhook: &Webhook) -> Result<Vec<String>> {
    let id = webhook.id.to_string();
    let old = webhook.old_secret.iter().filter(|(_, until)| *until > house.now()).map(|(sealed, _)| sealed);
    std::iter::once(&webhook.secret)
        .chain(old)
        .map(|sealed| Ok(house.vault.open(place(&id), sealed)?.text()?.to_string()))
        .collect()
}
