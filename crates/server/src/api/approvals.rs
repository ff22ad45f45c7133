//! Acts that wait for a second person.
use crate::{
    House,
    access::Person,
    consenting,
    openapi::{Answers, Book, Operation},
    paging::Paged,
    refusal::{Answer, Message, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_db::consents;
use socle_domain::{
    ConsentId,
    consent::{self, Consent, Deed},
};
use socle_wire::{
    page::Page,
    rights::{ApprovalView, Refuse, SecondPerson, StartRuns},
};
use std::{collections::BTreeSet, sync::Arc};

const MAX_LISTED: u32 = 1_000;

/// What was done at once, or the act that waits for a second person now.
pub(crate) enum NowOrLater<T> {
    /// It was done: 200.
    Now(T),
    /// It waits, or is being carried out: 202, with its address.
    Later(Box<ApprovalView>),
}

impl<T: Serialize> IntoResponse for NowOrLater<T> {
    fn into_response(self) -> Response {
        match self {
            NowOrLater::Now(done) => Json(done).into_response(),
            NowOrLater::Later(told) => {
                let place = [(header::LOCATION, format!("/api/v1/approvals/{}", told.id))];
                (StatusCode::ACCEPTED, place, Json(told)).into_response()
            }
        }
    }
}
impl<T: JsonSchema> Answers for NowOrLater<T> {
    fn answers(operation: &mut Operation, book: &mut Book) {
        operation.answer::<T>(200, book);
        operation.answer::<ApprovalView>(202, book);
    }
}

/// An act that waits now, as it is told.
pub(crate) async fn later<T>(house: &House, one: Consent) -> Answer<NowOrLater<T>> {
    let told = consenting::view(&mut *house.db.read().await?, one).await?;
    Ok(NowOrLater::Later(Box::new(told)))
}

/// Which acts.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Filter {
    /// Only those that stand here.
    state: Option<consent::State>,
}

/// `GET /api/v1/approvals?state=`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Query(filter): Query<Filter>,
    paged: Paged,
) -> Answer<Json<Page<ApprovalView>>> {
    let mut conn = house.db.read().await?;
    let mut views = Vec::new();
    for one in consents::list(&mut conn, person.scope, filter.state, MAX_LISTED).await? {
        views.push(consenting::view(&mut conn, one).await?);
    }
    Ok(paged.cut(views, |one| one.id.to_string()))
}

/// `GET /api/v1/approvals/{id}`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<ConsentId>,
) -> Answer<Json<ApprovalView>> {
    let mut conn = house.db.read().await?;
    let one = consents::by_id(&mut conn, person.scope, id).await?.ok_or_else(|| Refusal::unknown("approval"))?;
    Ok(Json(consenting::view(&mut conn, one).await?))
}

/// `POST /api/v1/approvals/{id}/approve`
pub(crate) async fn approve(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<ConsentId>,
) -> Answer<Json<ApprovalView>> {
    let one = consenting::decide(&house, &person, id, true, "").await?;
    Ok(Json(consenting::view(&mut *house.db.read().await?, one).await?))
}

/// `POST /api/v1/approvals/{id}/refuse`
pub(crate) async fn refuse(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Path(id): Path<ConsentId>,
    Message(said): Message<Refuse>,
) -> Answer<Json<ApprovalView>> {
    let one = consenting::decide(&house, &person, id, false, &said.reason).await?;
    Ok(Json(consenting::view(&mut *house.db.read().await?, one).await?))
}

/// `POST /api/v1/runs/batch`
pub(crate) async fn start_runs(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<StartRuns>,
) -> Answer<NowOrLater<ApprovalView>> {
    // Each once, in the order in which they were given.
    let mut seen = BTreeSet::new();
    let targets: Vec<_> = wish.targets.into_iter().filter(|target| seen.insert(*target)).collect();
    let deed = Deed::StartRuns { targets, master: wish.master, options: wish.options, loss: wish.loss };
    let one = consenting::take(&house, &person, deed).await?;
    later(&house, one).await
}

/// `GET /api/v1/second-person`
pub(crate) async fn second_person(State(house): State<Arc<House>>) -> Answer<Json<SecondPerson>> {
    Ok(Json(SecondPerson { above: consents::above(&mut *house.db.read().await?).await? }))
}

/// `PUT /api/v1/second-person`
pub(crate) async fn set_second_person(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(wish): Message<SecondPerson>,
) -> Answer<NowOrLater<SecondPerson>> {
    match consenting::ask(&house, &person, Deed::RaiseLimit { above: wish.above }).await? {
        Some(waits) => later(&house, waits).await,
        None => {
            let mut tx = house.db.write().await?;
            consents::set_above(&mut tx, wish.above).await?;
            tx.commit().await?;
            Ok(NowOrLater::Now(wish))
        }
    }
}
