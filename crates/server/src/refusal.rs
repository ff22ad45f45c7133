//! What is answered when something is refused: RFC 9457 problem details, in the reader's language.
use crate::House;
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use socle_texts::{Fault, Lang};
use socle_wire::problem::{MEDIA_TYPE, Problem};
use std::sync::Arc;

/// A fault with its HTTP status.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    fault: Fault,
}

/// The answer of every handler.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    /// A fault and its status.
    pub fn new(status: StatusCode, fault: Fault) -> Self {
        Refusal { status, fault }
    }
    /// Something is not there, or not for this caller to know.
    pub fn unknown(what: &'static str) -> Self {
        Refusal::new(StatusCode::NOT_FOUND, Fault::new("server-unknown").with("what", what))
    }
    /// It does not fit what stands.
    pub fn conflict(fault: Fault) -> Self {
        Refusal::new(StatusCode::CONFLICT, fault)
    }
    /// The message is not one that can be meant.
    pub fn wrong(fault: Fault) -> Self {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, fault)
    }
    /// The fault and its status.
    pub fn into_parts(self) -> (StatusCode, Fault) {
        (self.status, self.fault)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let status = match fault.code.as_ref() {
            "db-name-taken" | "db-master-taken" | "db-entry-differs" | "domain-journal-broken" => StatusCode::CONFLICT,
            "db-key-taken" | "db-webhook-taken" => StatusCode::CONFLICT,
            "server-changed-meanwhile" => StatusCode::PRECONDITION_FAILED,
            "db-unit-closed" | "db-login-taken" | "db-directory-taken" => StatusCode::CONFLICT,
            "db-network-taken" | "db-network-inside" => StatusCode::CONFLICT,
            "db-networks-too-many" => StatusCode::UNPROCESSABLE_ENTITY,
            // What is outside is not there.
            "db-unit-outside" | "db-machine-unknown" | "db-person-unknown" => StatusCode::NOT_FOUND,
            "db-fact-wrong" | "db-facts-too-many" | "db-unit-decisions-too-many" => StatusCode::UNPROCESSABLE_ENTITY,
            "db-text-refused" => StatusCode::UNPROCESSABLE_ENTITY,
            "server-broken" => StatusCode::INTERNAL_SERVER_ERROR,
            "repository-image-unknown" | "repository-pack-missing" => StatusCode::NOT_FOUND,
            // Asking again would find the same damage: these are no 5xx, after which machines try again.
            "repository-page-damaged" | "repository-pack-damaged" => StatusCode::UNPROCESSABLE_ENTITY,
            "repository-image-incomplete" | "repository-pack-refused" | "repository-range-refused" => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            "server-environment-missing" | "server-environment-altered" | "server-loader-missing" => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            code if code.starts_with("db-") || code.starts_with("repository-") => StatusCode::SERVICE_UNAVAILABLE,
            code if code.starts_with("domain-") || code.starts_with("image-") => StatusCode::UNPROCESSABLE_ENTITY,
            code if code.starts_with("trust-password") || code.starts_with("trust-passkey") => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            // Another server than ours does not do its part.
            code if code.starts_with("trust-directory-") || code.starts_with("trust-service-") => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            code if code.starts_with("server-") => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Refusal { status, fault }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(fault = %self.fault, "a request failed");
        }
        let mut response = self.status.into_response();
        // `told` below writes it in the language of the request, which is not known here.
        response.extensions_mut().insert(self.fault);
        response
    }
}

/// The language of a request: its cookie, its `Accept-Language`, else the server's.
pub(crate) fn language(headers: &HeaderMap, otherwise: Lang) -> Lang {
    wished_language(headers).unwrap_or(otherwise)
}

/// The language that a request wishes, if it wishes one.
pub(crate) fn wished_language(headers: &HeaderMap) -> Option<Lang> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or("");
    cookie(headers, "socle-lang").and_then(|wish| Lang::choose(&wish)).or_else(|| Lang::choose(accepted))
}

/// The value of a cookie (RFC 6265 section 4.2).
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    lines.flat_map(|l| l.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then(|| value.to_string())
    })
}

/// Whether a program rather than a person reads the answer.
pub(crate) fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/agent/") || path.starts_with("/boot/")
}

/// Writes every refusal in the caller's language: for programs as a problem, for people as a page.
pub(crate) async fn told(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    let lang = language(request.headers(), house.config.language);
    let asked = crate::pages::Asked::of(&request);
    let programs = is_for_programs(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let ours = response.extensions().get::<Fault>().cloned();
    let typed = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    if ours.is_none() && (typed.starts_with("text/html") || typed == MEDIA_TYPE) {
        return response;
    }
    let fault = ours.unwrap_or_else(|| plain(status));
    let problem = Problem::new(status.as_u16(), fault, lang);
    match programs {
        true => problem_response(status, &problem),
        false => crate::pages::error(&house, &asked, problem).await,
    }
}

fn problem_response(status: StatusCode, problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// The fault of a refusal that the framework made.
fn plain(status: StatusCode) -> Fault {
    match status {
        StatusCode::NOT_FOUND => Fault::new("server-no-such-place"),
        StatusCode::METHOD_NOT_ALLOWED => Fault::new("server-method-wrong"),
        StatusCode::PAYLOAD_TOO_LARGE => Fault::new("server-message-too-long"),
        status if status.is_client_error() => Fault::new("server-message-unreadable"),
        _ => Fault::new("server-broken"),
    }
}

/// A JSON message, with our own words when it is none.
pub(crate) struct Message<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<House>> for Message<T> {
    type Rejection = Refusal;
    async fn from_request(request: Request, state: &Arc<House>) -> Answer<Self> {
        let bytes = Bytes::from_request(request, state).await.map_err(|e| {
            let status = e.status();
            Refusal::new(status, plain(status).because(e.body_text()))
        })?;
        serde_json::from_slice(&bytes)
            .map(Message)
            .map_err(|e| Refusal::new(StatusCode::BAD_REQUEST, Fault::new("server-message-unreadable").because(e)))
    }
}
