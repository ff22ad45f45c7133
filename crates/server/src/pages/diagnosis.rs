//! The page of the doctor.
use super::{Asked, go, show as draw};
use crate::{
    House,
    access::Person,
    doctor::{Ground, Wish},
    refusal::Answer,
};
use axum::{Extension, extract::State, response::Response};
use socle_boot::Mac;
use socle_console::DiagnosisPage;
use std::sync::Arc;

/// `GET /diagnosis?mac=`: nothing is sent to the network.
pub(crate) async fn show(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let sought = asked.value("mac");
    let mac: Option<Mac> = sought.as_deref().and_then(|typed| typed.trim().parse().ok());
    let ground = Ground::inside(&house, asked.lang(&house));
    let diagnosis = house.desk.glance(&ground, &Wish { mac, ..Wish::default() }).await;
    let page = DiagnosisPage { diagnosis, understood: sought.is_none() || mac.is_some(), sought };
    draw(&house, &asked, Some(&person), &page).await
}

/// `POST /diagnosis`: asks the network who answers machines, for some seconds.
pub(crate) async fn look(State(house): State<Arc<House>>, asked: Asked) -> Answer<Response> {
    let ground = Ground::inside(&house, asked.lang(&house));
    match house.desk.asking.try_lock() {
        Ok(_turn) => house.desk.ask(&ground).await,
        // Somebody asks already: what he hears is for both.
        Err(_) => drop(house.desk.asking.lock().await),
    }
    Ok(go("/diagnosis", "looked"))
}
