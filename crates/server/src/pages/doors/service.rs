//! Signing in through the centre's own service.
use super::{
    super::{Asked, local_path, not_found, show},
    enter, refused, secure, with_cookie,
};
use crate::{
    House,
    refusal::{Answer, Refusal, cookie},
    sign_in::{PATIENCE, accounts, place::Place},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use socle_console::SignedIn;
use socle_db::audit;
use socle_domain::AccountId;
use socle_texts::Fault;
use socle_trust::secret;
use std::sync::Arc;

/// The cookie of a browser that was sent to the service. `Lax`, because it comes back from another site.
const SENT: &str = "socle-sent";

/// `GET /sign-in/service?next=&again=`: to the service.
pub(crate) async fn go(State(house): State<Arc<House>>, asked: Asked) -> Answer<Response> {
    let next = asked.value("next").unwrap_or_default();
    match sent(&house, &next, asked.value("again").is_some()).await {
        Ok(response) => Ok(response),
        Err(refusal) => refused(&house, &asked, refusal, "", &next).await,
    }
}

async fn sent(house: &House, next: &str, again: bool) -> Answer<Response> {
    let service = house.sign_in.service(house).await?.ok_or_else(not_found)?;
    let sent = service.send(again)?;
    let set = format!(
        "{SENT}={}; Path=/sign-in/service; HttpOnly; SameSite=Lax; Max-Age={}{}",
        sent.state,
        PATIENCE.as_secs(),
        secure(house)
    );
    let url = sent.url.clone();
    house.sign_in.sent.put(secret::digest(&sent.state), (sent, local_path(next).to_string()), house.now());
    Ok(with_cookie(Redirect::to(&url).into_response(), set))
}

/// `GET /sign-in/service/out`: to where a session with the service itself is ended.
pub(crate) async fn out(State(house): State<Arc<House>>) -> Answer<Response> {
    let service = house.sign_in.service(&house).await?.ok_or_else(not_found)?;
    Ok(Redirect::to(service.out().unwrap_or("/sign-in")).into_response())
}

/// `GET /sign-in/service/back?code=&state=&iss=`: back from it.
pub(crate) async fn back(
    State(house): State<Arc<House>>,
    asked: Asked,
    place: Place,
    headers: HeaderMap,
) -> Answer<Response> {
    match came_back(&house, &asked, &place, &headers).await {
        Ok(response) => Ok(response),
        Err(refusal) => {
            let (status, fault) = refusal.into_parts();
            tracing::warn!(%fault, "a sign-in through the service was refused");
            refused(&house, &asked, Refusal::new(status, fault), "", "").await
        }
    }
}

fn refusal(why: impl std::fmt::Display) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, Fault::new("trust-service-refused").because(why))
}

async fn came_back(house: &Arc<House>, asked: &Asked, place: &Place, headers: &HeaderMap) -> Answer<Response> {
    let service = house.sign_in.service(house).await?.ok_or_else(not_found)?;
    let now = house.now();
    let state = asked.value("state").unwrap_or_default();
    // The state is this browser's own: who sends somebody else here with a code of his own signs nobody in.
    let ours = cookie(headers, SENT).is_some_and(|held| secret::same(held.as_bytes(), state.as_bytes()));
    let sent = if ours { house.sign_in.sent.take(&secret::digest(&state), now) } else { None };
    let (sent, next) = sent.ok_or_else(|| refusal("state"))?;
    let Some(code) = asked.value("code") else {
        return Err(refusal(asked.value("error").unwrap_or_default().chars().take(60).collect::<String>()));
    };
    let forbidden = |fault: Fault| match fault.is("trust-service-silent") {
        true => fault.into(),
        false => Refusal::new(StatusCode::FORBIDDEN, fault),
    };
    let issuer = asked.value("iss");
    let said = service.came_back(&sent, &code, issuer.as_deref(), now).await.map_err(forbidden)?;
    let config = house.config.sign_in.service.as_ref().ok_or_else(not_found)?;
    let source = format!("oidc {}", config.issuer);
    let outside = accounts::Outside {
        source: &source,
        subject: &said.subject,
        name: said.text(&config.name_claim).unwrap_or_default(),
        groups: said.texts(&config.groups_claim),
        link_existing: config.link_existing,
        mapped: &config.grants,
    };
    let mut tx = house.db.write().await?;
    let account = accounts::account(&mut tx, &outside, now).await?;
    audit::who(AccountId(account.id), &account.name, account.unit);
    audit::act("sign-in-service");
    tx.commit().await?;
    let how = if config.asks_second_factor { "service-strong" } else { "service" };
    let entered = enter::half(house, place, headers, &account, how, &next).await?;
    // A browser that comes from another site does not send our strict cookies with a redirection: it is shown a page of
    // ours, which goes on by itself.
    let to = entered.headers().get("location").and_then(|l| l.to_str().ok()).unwrap_or("/").to_string();
    let mut response = show(house, asked, None, &SignedIn { next: to }).await?;
    for set in entered.headers().get_all("set-cookie") {
        response.headers_mut().append("set-cookie", set.clone());
    }
    Ok(with_cookie(
        response,
        format!("{SENT}=; Path=/sign-in/service; HttpOnly; SameSite=Lax; Max-Age=0{}", secure(house)),
    ))
}
