//! Masters.
use crate::{
    House,
    access::Person,
    refusal::{Answer, Message, Refusal},
    views,
};
use axum::{Extension, Json, extract::State};
use socle_db::masters;
use socle_domain::{master::Master, sign::Signed};
use socle_wire::api::MasterView;
use std::sync::Arc;

/// `GET /api/v1/masters`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
) -> Answer<Json<Vec<MasterView>>> {
    let all = masters::list(&mut *house.db.read().await?, person.scope).await?;
    let views = all.iter().map(|signed| Ok(views::master(&house, signed)?.view)).collect::<Answer<_>>()?;
    Ok(Json(views))
}

/// `POST /api/v1/masters`: refused unless the content key signed it.
pub(crate) async fn publish(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(signed): Message<Signed<Master>>,
) -> Answer<Json<MasterView>> {
    let opened = views::master(&house, &signed)?;
    if opened.master.unit != person.scope.unit() {
        return Err(Refusal::unknown("unit"));
    }
    let mut tx = house.db.write().await?;
    masters::add(&mut tx, person.scope, &signed, &opened.master, house.now()).await?;
    tx.commit().await?;
    Ok(Json(opened.view))
}
