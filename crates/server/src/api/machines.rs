//! Machines.
use crate::{
    House,
    access::Person,
    api::approvals::{NowOrLater, later},
    consenting,
    paging::Paged,
    recognise,
    refusal::{Answer, Message, Refusal},
    views,
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use schemars::JsonSchema;
use serde::Deserialize;
use socle_db::{listing, listing::MachineFilter};
use socle_domain::{Digest, TargetId, consent::Deed, start::Standing};
use socle_texts::Fault;
use socle_wire::{
    api::{Accept, MachineView, ReplaceIdentity},
    page::Page,
};
use std::sync::Arc;

/// Which machines.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Filter {
    /// `to-recognise`, `known` or `refused`.
    #[schemars(extend("enum" = ["to-recognise", "known", "refused"]))]
    state: Option<String>,
    /// Of this name.
    name: Option<String>,
    /// With these six digits on its screen.
    code: Option<String>,
    /// Whose last start was worth this: `trusted`, `enrolled` (its firmware knows our certificate, but it came by another
    /// chain), `unenrolled`, or `off` (no Secure Boot).
    #[schemars(extend("enum" = ["trusted", "enrolled", "unenrolled", "off"]))]
    trust: Option<String>,
    /// Bound to the security chip (TPM) with this endorsement key: `facts.tpm_ek`.
    tpm: Option<Digest>,
}

/// `GET /api/v1/machines?state=&name=&code=&trust=&tpm=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(filter): Query<Filter>,
    paged: Paged,
) -> Answer<Json<Page<MachineView>>> {
    let state = filter.state.map(|s| s.parse()).transpose();
    let state = state.map_err(|e: String| Refusal::wrong(Fault::new("server-message-unreadable").because(e)))?;
    let trust = filter.trust.map(|word| standing(&word)).transpose()?;
    let mut conn = house.db.read().await?;
    let filter = MachineFilter { state, name: filter.name, code: filter.code, trust, tpm: filter.tpm };
    let found = listing::machines(&mut conn, person.scope, &filter, paged.after.as_deref(), paged.rows()).await?;
    let ids: Vec<TargetId> = found.iter().map(|m| m.id).collect();
    let last = listing::last_runs(&mut conn, person.scope, &ids).await?;
    Ok(paged.answer(found, |m| m.id.to_string(), |m| views::machine(m, &last)))
}

fn standing(word: &str) -> Answer<Standing> {
    let unknown = || Refusal::wrong(Fault::new("server-message-unreadable").because(format!("no trust {word:?}")));
    Standing::read(word).ok_or_else(unknown)
}

/// `GET /api/v1/machines/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
) -> Answer<Json<MachineView>> {
    one(&house, &person, id).await
}

async fn one(house: &House, person: &Person, id: TargetId) -> Answer<Json<MachineView>> {
    let found = views::one_machine(&mut *house.db.read().await?, person.scope, id).await?;
    found.map(Json).ok_or_else(|| Refusal::unknown("machine"))
}

/// `POST /api/v1/machines/{id}/accept`
pub(crate) async fn accept(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    Message(wish): Message<Accept>,
) -> Answer<Json<MachineView>> {
    recognise::accept_by_person(&house, person.scope, id, wish.unit, &wish.name).await?;
    one(&house, &person, id).await
}

/// `POST /api/v1/machines/{id}/refuse`
pub(crate) async fn refuse(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
) -> Answer<NowOrLater<MachineView>> {
    if let Some(waits) = consenting::ask(&house, &person, Deed::RefuseMachine { target: id }).await? {
        return later(&house, waits).await;
    }
    recognise::refuse(&house, person.scope, id, None).await?;
    Ok(NowOrLater::Now(one(&house, &person, id).await?.0))
}

/// `POST /api/v1/machines/{id}/replace-identity`
pub(crate) async fn replace_identity(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<TargetId>,
    Message(wish): Message<ReplaceIdentity>,
) -> Answer<NowOrLater<MachineView>> {
    let deed = Deed::ReplaceIdentity { target: id, stranger: wish.stranger, key: wish.key };
    if let Some(waits) = consenting::ask(&house, &person, deed).await? {
        return later(&house, waits).await;
    }
    recognise::replace_identity(&house, person.scope, id, &wish, None).await?;
    let view = one(&house, &person, id).await?;
    Ok(NowOrLater::Now(view.0))
}
