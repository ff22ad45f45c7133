//! Webhooks.
use crate::{
    House,
    access::Person,
    idempotency,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
    webhooks::{Guard, OLD_SECRET_SECONDS, check_url, happening, place},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use socle_db::webhooks::{self, Delivery, State as Became, Webhook};
use socle_domain::{EventId, WebhookId};
use socle_texts::{Fault, Result};
use socle_trust::{chance, webhook::new_secret};
use socle_wire::{
    page::Page,
    webhook::{ChangeWebhook, DeliveryView, KINDS, NewWebhook, ToldData, WebhookMade, WebhookView},
};
use std::{sync::Arc, time::Duration};

const MAX_WEBHOOKS: u64 = 200;
const MAX_NAME_CHARACTERS: usize = 100;

fn view(webhook: Webhook) -> WebhookView {
    WebhookView {
        id: webhook.id,
        unit: webhook.unit,
        name: webhook.name,
        url: webhook.url,
        kinds: webhook.kinds,
        is_on: webhook.is_on,
        off: webhook.off,
        failures: webhook.failures,
        created: webhook.created,
    }
}

fn view_of_delivery(delivery: Delivery) -> DeliveryView {
    DeliveryView {
        event: delivery.event,
        kind: delivery.kind,
        at: delivery.made,
        state: delivery.state.word().into(),
        next: (delivery.state == Became::Waiting).then_some(delivery.next),
        attempts: delivery.attempts,
        status: delivery.status,
        fault: delivery.fault,
    }
}

/// Refuses what can't be meant; the kinds, each once and in their own order.
fn checked(house: &House, name: &str, url: &str, kinds: &[String]) -> Result<Vec<String>> {
    let count = name.chars().count();
    if name.trim() != name || !(1..=MAX_NAME_CHARACTERS).contains(&count) || name.chars().any(char::is_control) {
        return Err(Fault::new("server-webhook-name").with("limit", MAX_NAME_CHARACTERS));
    }
    check_url(url, &Guard::of(&house.config))?;
    if let Some(unknown) = kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(Fault::new("server-webhook-kind").with("kind", unknown));
    }
    Ok(KINDS.iter().filter(|kind| kinds.iter().any(|k| k == *kind)).map(|k| k.to_string()).collect())
}

fn sealed(house: &House, id: WebhookId, secret: &str) -> Result<String> {
    house.vault.seal(place(&id.to_string()), secret.as_bytes())
}

/// `GET /api/v1/webhooks`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<WebhookView>>> {
    let mut conn = house.db.read().await?;
    let rows = webhooks::list(&mut conn, person.scope, paged.after.as_deref(), paged.rows()).await?;
    Ok(paged.answer(rows, |w| w.id.to_string(), view))
}

/// `POST /api/v1/webhooks`
pub(crate) async fn add(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<NewWebhook>,
) -> Answer<(StatusCode, Json<WebhookMade>)> {
    let kinds = checked(&house, &wish.name, &wish.url, &wish.kinds)?;
    let now = house.now();
    let id = WebhookId::new(now.as_millisecond().max(0) as u64, chance::bytes()?);
    let secret = new_secret()?;
    let webhook = Webhook {
        id,
        unit: person.scope.unit(),
        name: wish.name,
        url: wish.url,
        kinds,
        secret: sealed(&house, id, &secret)?,
        old_secret: None,
        is_on: true,
        off: None,
        failures: 0,
        created: now,
    };
    let mut tx = house.db.write().await?;
    if webhooks::count(&mut tx, person.scope).await? >= MAX_WEBHOOKS {
        return Err(Refusal::conflict(Fault::new("server-webhooks-many").with("limit", MAX_WEBHOOKS)));
    }
    webhooks::add(&mut tx, person.scope, &webhook).await?;
    let made = WebhookMade { webhook: view(webhook), secret };
    idempotency::made(&house, tx, made).await
}

/// `GET /api/v1/webhooks/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<WebhookId>,
) -> Answer<Json<WebhookView>> {
    let found = webhooks::by_id(&mut *house.db.read().await?, person.scope, id).await?;
    found.map(|w| Json(view(w))).ok_or_else(unknown)
}

fn unknown() -> Refusal {
    Refusal::unknown("webhook")
}

/// `PUT /api/v1/webhooks/{id}`: switching it on forgets its failures.
pub(crate) async fn change(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<WebhookId>,
    Message(wish): Message<ChangeWebhook>,
) -> Answer<Json<WebhookView>> {
    let kinds = checked(&house, &wish.name, &wish.url, &wish.kinds)?;
    let mut tx = house.db.write().await?;
    let mut webhook = webhooks::by_id(&mut tx, person.scope, id).await?.ok_or_else(unknown)?;
    if wish.is_on && !webhook.is_on {
        (webhook.failures, webhook.off) = (0, None);
    }
    webhook.is_on = wish.is_on;
    (webhook.name, webhook.url, webhook.kinds) = (wish.name, wish.url, kinds);
    webhooks::keep(&mut tx, person.scope, &webhook).await?;
    tx.commit().await?;
    Ok(Json(view(webhook)))
}

/// `DELETE /api/v1/webhooks/{id}`
pub(crate) async fn remove(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<WebhookId>,
) -> Answer<StatusCode> {
    let mut tx = house.db.write().await?;
    let there = webhooks::remove(&mut tx, person.scope, id).await?;
    if !there {
        // Nothing was done: no entry says that it was.
        return Err(unknown());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/webhooks/{id}/secret`: a new secret; the one before signs too for a day.
pub(crate) async fn renew(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<WebhookId>,
) -> Answer<Json<WebhookMade>> {
    let mut tx = house.db.write().await?;
    let mut webhook = webhooks::by_id(&mut tx, person.scope, id).await?.ok_or_else(unknown)?;
    let secret = new_secret()?;
    let until = house.now() + Duration::from_secs(OLD_SECRET_SECONDS);
    let old = std::mem::replace(&mut webhook.secret, sealed(&house, id, &secret)?);
    webhook.old_secret = Some((old, until));
    webhooks::keep(&mut tx, person.scope, &webhook).await?;
    let made = WebhookMade { webhook: view(webhook), secret };
    idempotency::done(&house, tx, made).await
}

/// `POST /api/v1/webhooks/{id}/try`: tells it that it is tried.
pub(crate) async fn attempt(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<WebhookId>,
) -> Answer<Json<DeliveryView>> {
    let mut tx = house.db.write().await?;
    let webhook = webhooks::by_id(&mut tx, person.scope, id).await?.ok_or_else(unknown)?;
    let trial = happening(&house, webhooks::TRIAL, webhook.unit, ToldData::default())?;
    webhooks::queue(&mut tx, id, &trial).await?;
    let queued = webhooks::delivery(&mut tx, id, trial.event).await?.ok_or_else(unknown)?;
    let view = view_of_delivery(queued);
    idempotency::done(&house, tx, view).await
}

/// `GET /api/v1/webhooks/{id}/deliveries`
pub(crate) async fn deliveries(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<WebhookId>,
    paged: Paged,
) -> Answer<Json<Page<DeliveryView>>> {
    let mut conn = house.db.read().await?;
    webhooks::by_id(&mut conn, person.scope, id).await?.ok_or_else(unknown)?;
    let rows = webhooks::deliveries(&mut conn, id, paged.after.as_deref(), paged.rows()).await?;
    Ok(paged.answer(rows, |d| d.event.to_string(), view_of_delivery))
}

/// `POST /api/v1/webhooks/{id}/deliveries/{event}/again`: tried at once, and as often as a new one.
pub(crate) async fn again(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path((id, event)): Path<(WebhookId, EventId)>,
) -> Answer<Json<DeliveryView>> {
    let mut tx = house.db.write().await?;
    webhooks::by_id(&mut tx, person.scope, id).await?.ok_or_else(unknown)?;
    let found = webhooks::delivery(&mut tx, id, event).await?;
    let mut delivery = found.ok_or_else(|| Refusal::unknown("delivery"))?;
    (delivery.state, delivery.next, delivery.attempts) = (Became::Waiting, house.now(), 0);
    webhooks::settled(&mut tx, &delivery).await?;
    let view = view_of_delivery(delivery);
    idempotency::done(&house, tx, view).await
}
