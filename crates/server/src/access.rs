//! Who may ask what: each route of the table states one of these, and this is the only place that decides.
use crate::{
    House,
    limits::Counted,
    refusal::{Answer, Refusal, cookie, is_for_programs},
};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use socle_db::{Scope, machines, people, sessions, tokens};
use socle_texts::Fault;
use socle_trust::secret;
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, at a limited rate.
    Anonymous,
    /// A machine that has proved its key and was recognised.
    Machine,
    /// A person who is signed in, or a program with an API token.
    SignedIn,
}

/// The cookie of a person's session.
pub(crate) const COOKIE: &str = "socle-session";

/// Time for a whole request of somebody who has not said who he is.
const ANONYMOUS_PATIENCE: Duration = Duration::from_secs(30);
/// Time for any other: a pack over a slow line, a wait for orders.
const PATIENCE: Duration = Duration::from_secs(300);

/// Who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Whose objects he may touch.
    pub scope: Scope,
    /// His name, or the token's.
    pub name: String,
}

/// Lets a request through or refuses it.
pub(crate) async fn guard(
    State((house, access)): State<(Arc<House>, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    let allowed = match access {
        Access::Anonymous => anonymous(&house, &request),
        Access::Machine => machine(&house, request.headers()).await.map(|machine| {
            request.extensions_mut().insert(machine);
        }),
        Access::SignedIn => person(&house, &request.method().clone(), request.headers()).await.map(|person| {
            request.extensions_mut().insert(person);
        }),
    };
    match allowed {
        Ok(()) => in_time(access, next.run(request)).await,
        Err(refusal) => {
            let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
            let (status, fault) = refusal.into_parts();
            let page = status == StatusCode::UNAUTHORIZED && !is_for_programs(path) && request.method() == Method::GET;
            match page {
                true => Redirect::to(&format!("/sign-in?next={}", crate::pages::escaped(path))).into_response(),
                false => Refusal::new(status, fault).into_response(),
            }
        }
    }
}

/// A body that trickles in holds memory for as long as it is waited for: that has an end. The answer's own way out has
/// none: it may be a stream of events, or a kernel on a slow line.
async fn in_time(access: Access, answer: impl Future<Output = Response>) -> Response {
    let patience = if access == Access::Anonymous { ANONYMOUS_PATIENCE } else { PATIENCE };
    let late = || Refusal::new(StatusCode::REQUEST_TIMEOUT, Fault::new("server-too-slow").may_retry());
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| late().into_response())
}

fn unauthenticated() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, Fault::new("server-unauthenticated"))
}

fn anonymous(house: &House, request: &Request) -> Answer<()> {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let path = request.uri().path();
    let form = request.method() == Method::POST && !is_for_programs(path);
    if form {
        same_origin(request.headers())?;
    }
    let counted = if form && path != "/preferences" { Counted::SignIn } else { Counted::Request };
    match address {
        Some(address) if !house.rates.allow(address, counted, house.now()) => {
            Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, Fault::new("server-too-many").may_retry()))
        }
        _ => Ok(()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

async fn machine(house: &House, headers: &HeaderMap) -> Answer<machines::Machine> {
    let bearer = secret::digest(bearer(headers).ok_or_else(unauthenticated)?);
    let mut conn = house.db.read().await?;
    let session = sessions::find(&mut conn, sessions::Kind::Machine, bearer, house.now()).await?;
    let session = session.ok_or_else(unauthenticated)?;
    let id = session.subject.parse().map_err(|_| unauthenticated())?;
    let machine = machines::by_id(&mut conn, Scope::of(session.unit), id).await?;
    machine.filter(|m| m.state == machines::State::Known).ok_or_else(unauthenticated)
}

async fn person(house: &House, method: &Method, headers: &HeaderMap) -> Answer<Person> {
    let mut conn = house.db.read().await?;
    if let Some(bearer) = bearer(headers) {
        let (unit, name) = tokens::find(&mut conn, secret::digest(bearer)).await?.ok_or_else(unauthenticated)?;
        return Ok(Person { scope: Scope::of(unit), name });
    }
    let cookie = cookie(headers, COOKIE).ok_or_else(unauthenticated)?;
    let session = sessions::find(&mut conn, sessions::Kind::Person, secret::digest(&cookie), house.now()).await?;
    let session = session.ok_or_else(unauthenticated)?;
    // A cookie is sent by the browser whoever made the page: what changes something must come from our own pages.
    if !matches!(*method, Method::GET | Method::HEAD) {
        same_origin(headers)?;
    }
    let scope = Scope::of(session.unit);
    let id = session.subject.parse().map_err(|_| unauthenticated())?;
    let person = people::by_id(&mut conn, scope, id).await?.ok_or_else(unauthenticated)?;
    Ok(Person { scope, name: person.name })
}

/// Refuses a form that another site's page has sent. Browsers send `Origin` with every POST; programs that send none
/// have no cookie that could be abused.
fn same_origin(headers: &HeaderMap) -> Answer<()> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
        return match site {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(cross_site()),
        };
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    match (host, text(header::HOST)) {
        (Some(from), Some(here)) if from == here => Ok(()),
        _ => Err(cross_site()),
    }
}

fn cross_site() -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-cross-site"))
}
