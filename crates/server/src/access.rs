//! Who may ask what: each route of the table states one of these, and this is the only place that decides.
mod person;
mod refused;
mod trail;

pub(crate) use person::{PLACE, Person, not_allowed};
pub(crate) use refused::{refused, sign_in_refused};
pub(crate) use trail::{Act, trail};

use person::Asked;

use crate::{
    House, forwarded,
    limits::Counted,
    presence,
    refusal::{Answer, Refusal, is_for_programs},
    sign_in::leash::{self, Held},
    starts,
    wizard::signing,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use socle_db::{Scope, machines, sessions};
use socle_domain::{Digest, Timestamp, role::Right};
use socle_texts::Fault;
use socle_trust::secret;
use std::{sync::Arc, time::Duration};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, at a limited rate.
    Anonymous,
    /// A machine that has proved its key and was recognised.
    Machine,
    /// A person who is signed in, or a program with an API token: for his own affairs.
    SignedIn,
    /// Somebody who has signed in at a machine, for that machine.
    AtMachine,
    /// One who holds this right, at the unit that he asks about.
    May(Right),
}

/// The cookie of a person's session.
pub(crate) const COOKIE: &str = "socle-session";

/// Time for a whole request of somebody who has not said who he is.
const ANONYMOUS_PATIENCE: Duration = Duration::from_secs(30);
/// Time for any other: a pack over a slow line, a wait for orders.
const PATIENCE: Duration = Duration::from_secs(300);

/// Lets a request through or refuses it.
pub(crate) async fn guard(
    State((house, access)): State<(Arc<House>, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    let allowed = match access {
        Access::Anonymous => anonymous(&house, &request),
        Access::Machine if request.uri().path().starts_with(socle_wire::presence::PATHS) => {
            presence::peer(&house, request.headers()).await.map(|peer| {
                request.extensions_mut().insert(peer);
            })
        }
        Access::Machine => machine(&house, request.headers()).await.and_then(|machine| {
            starts::may_ask(&house, &machine, request.uri().path())?;
            request.extensions_mut().insert(machine);
            Ok(())
        }),
        Access::AtMachine => at_machine(&house, request.headers()).await.map(|at| {
            request.extensions_mut().insert(at);
        }),
        Access::SignedIn => person::signed_in(&house, Asked::of(&request)).await.map(|person| {
            request.extensions_mut().insert(person);
        }),
        Access::May(right) => person::allowed(&house, Asked::of(&request), right).await.map(|person| {
            request.extensions_mut().insert(person);
        }),
    };
    match allowed {
        Ok(()) => {
            let by = matches!(access, Access::SignedIn | Access::May(_)).then(|| Held::of(request.headers())).flatten();
            let (waits, from) = (request.method() == Method::GET, forwarded::from_where(&house, &request));
            let answer = in_time(access, next.run(request));
            if let Some(by) = by {
                leash::note(&house, by, from);
            }
            match by.filter(|_| waits) {
                Some(by) => leash::held(house, by, answer).await,
                None => answer.await,
            }
        }
        Err(refusal) => {
            let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
            let (status, fault) = refusal.into_parts();
            // Who may see nothing here still has affairs of his own.
            if status == StatusCode::FORBIDDEN && path == "/" && request.method() == Method::GET {
                return Redirect::to("/account").into_response();
            }
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

pub(crate) fn unauthenticated() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, Fault::new("server-unauthenticated"))
}

fn anonymous(house: &House, request: &Request) -> Answer<()> {
    let address = forwarded::from_where(house, request);
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

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The digest of the bearer that a request shows: all that is kept of one.
pub(crate) fn bearer_digest(headers: &HeaderMap) -> Answer<Digest> {
    Ok(secret::digest(bearer(headers).ok_or_else(unauthenticated)?))
}

async fn at_machine(house: &House, headers: &HeaderMap) -> Answer<signing::AtMachine> {
    signing::at_machine(house, bearer_digest(headers)?).await
}

async fn machine(house: &House, headers: &HeaderMap) -> Answer<machines::Machine> {
    Ok(machine_of(house, bearer_digest(headers)?).await?.0)
}

/// The machine of a session, if it is known, and when the session ends.
pub(crate) async fn machine_of(house: &House, bearer: Digest) -> Answer<(machines::Machine, Timestamp)> {
    let mut conn = house.db.read().await?;
    let session = sessions::find(&mut conn, sessions::Kind::Machine, bearer, house.now()).await?;
    let session = session.ok_or_else(unauthenticated)?;
    let id = session.subject.parse().map_err(|_| unauthenticated())?;
    let machine = machines::by_id(&mut conn, Scope::of(session.unit), id).await?;
    let known = machine.filter(|m| m.state == machines::State::Known).ok_or_else(unauthenticated)?;
    Ok((known, session.expires))
}

/// Refuses a form that another site's page has sent. Browsers send `Origin` with every POST; programs that send none
/// have no cookie that could be abused.
pub(crate) fn same_origin(headers: &HeaderMap) -> Answer<()> {
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
