//! A zero byte in an address is in no name of ours, and PostgreSQL keeps it in no text: it is refused at the door, before
//! anything asks the database for it.
use crate::refusal::Refusal;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use socle_texts::Fault;

/// Refuses what has a zero byte in its path or its query, where it can only stand as `%00` (RFC 3986 section 2.1).
pub(crate) async fn refused(request: Request, next: Next) -> Response {
    let holds = |text: &str| text.contains("%00");
    let uri = request.uri();
    if holds(uri.path()) || uri.query().is_some_and(holds) {
        return Refusal::wrong(Fault::new("server-address-wrong")).into_response();
    }
    next.run(request).await
}
