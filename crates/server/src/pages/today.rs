//! *Today*.
use super::{Asked, with_steps};
use crate::{House, access::Person, api::images, refusal::Answer, views};
use axum::{Extension, extract::State, response::Response};
use socle_console::Today;
use socle_db::{boot_events, listing, machines, masters, runs};
use std::sync::Arc;

const LAST_OVER: usize = 10;

/// `GET /`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let house = &house;
    let scope = person.scope;
    let status = views::status(house, scope).await?;
    let images = images::all(house, scope).await?;
    let mut conn = house.db.read().await?;
    let mut over = 0;
    let rows = runs::list(&mut conn, scope, None, 500).await?.into_iter().filter(|row| {
        over += usize::from(row.state.status.is_over());
        !row.state.status.is_over() || over <= LAST_OVER
    });
    let runs = with_steps(house, &mut conn, scope, rows.collect()).await?;
    let waiting = machines::list(&mut conn, scope, Some(machines::State::ToRecognise), 10).await?;
    let last = listing::last_runs(&mut conn, scope, &waiting.iter().map(|m| m.id).collect::<Vec<_>>()).await?;
    let lang = asked.lang(house);
    let events = boot_events::newest(&mut conn, scope, 10).await?;
    let signed = masters::list(&mut conn, scope).await?;
    drop(conn);
    let page = Today {
        status,
        runs,
        to_recognise: waiting.into_iter().map(|m| views::machine(m, &last)).collect(),
        boot_events: events.into_iter().map(|e| views::boot_event(e, lang)).collect(),
        images,
        masters: signed.iter().map(|s| Ok(views::master(house, s)?.view)).collect::<Answer<_>>()?,
    };
    super::show(house, &asked, Some(&person), &page).await
}
