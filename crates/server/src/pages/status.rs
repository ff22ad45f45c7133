//! The server's own pages.
use super::{Asked, page_of, show as draw};
use crate::{House, access::Person, house::blocking, refusal::Answer, views};
use axum::{Extension, extract::State, response::Response};
use socle_console::{ApiPage, BootEvents, StatusPage};
use socle_db::boot_events as rows;
use std::sync::Arc;

/// `GET /status`
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let status = views::status(&house, person.scope).await?;
    let shelf = house.clone();
    let environment = blocking(move || shelf.environment.files().map(drop)).await;
    let events = rows::newest(&mut *house.db.read().await?, person.scope, 20).await?;
    let lang = asked.lang(&house);
    let page = StatusPage {
        status,
        findings: environment.err().into_iter().collect(),
        boot_events: events.into_iter().map(|e| views::boot_event(e, lang)).collect(),
    };
    draw(&house, &asked, Some(&person), &page).await
}

/// `GET /api`: the description of the API, to be tried.
pub(crate) async fn api(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    draw(&house, &asked, Some(&person), &ApiPage).await
}

/// `GET /boot-events?who=&page=`
pub(crate) async fn boot_events(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let who = asked.value("who");
    let mut found = rows::newest(&mut *house.db.read().await?, person.scope, rows::KEPT as u32).await?;
    found.retain(|e| who.as_ref().is_none_or(|w| e.who == *w));
    let (found, page, pages) = page_of(found, &asked);
    let lang = asked.lang(&house);
    let events = found.into_iter().map(|e| views::boot_event(e, lang)).collect();
    draw(&house, &asked, Some(&person), &BootEvents { events, who, page, pages }).await
}
