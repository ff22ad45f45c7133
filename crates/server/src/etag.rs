//! Lost updates: the version of a thing, and the promise that it is still the one that somebody has read.
//!
//! Every `GET` of one thing answers an `ETag`. Who changes the thing may say `If-Match` with it: the change is made if
//! the thing is still the same, and refused with 412 if not. What a machine says of itself (when it last spoke, from
//! where) does not count: nobody's update is lost by it.
//!
//! The look and the change can't be parted: the look happens inside the transaction of the change, after it has taken
//! the one right to write ([`socle_db::demand`]). A handler has nothing to do for it.
use crate::refusal::{Answer, Refusal};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::Response,
};
use serde_json::Value;
use socle_db::demand::Check;
use socle_domain::Digest;
use socle_texts::Fault;
use socle_wire::MAX_MESSAGE_BYTES;
use tower::ServiceExt;

/// Fields that change by themselves.
const VOLATILE: [&str; 4] = ["last_seen", "address", "progress", "memory_bytes"];
const JSON: &str = "application/json";

/// Gives the answer about one thing its `ETag`.
pub(crate) async fn tag(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == JSON);
    if response.status() != StatusCode::OK || !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    match to_bytes(body, MAX_MESSAGE_BYTES).await {
        Ok(bytes) => {
            if let Some(tag) = version(&bytes).and_then(|v| HeaderValue::from_str(&v).ok()) {
                parts.headers.insert(header::ETAG, tag);
            }
            Response::from_parts(parts, Body::from(bytes))
        }
        Err(error) => {
            use axum::response::IntoResponse;
            Refusal::from(Fault::new("server-broken").because(error)).into_response()
        }
    }
}

/// The version of a thing, as an entity tag (RFC 9110 section 8.8.3).
fn version(bytes: &[u8]) -> Option<String> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    let map = value.as_object_mut()?;
    VOLATILE.iter().for_each(|name| drop(map.remove(*name)));
    value.sort_all_objects();
    Some(format!("\"{}\"", &Digest::of(value.to_string().as_bytes()).to_string()[..32]))
}

/// The versions that a request asks for; none where it does not ask.
pub(crate) fn wished(parts: &Parts) -> Answer<Option<Vec<String>>> {
    let mut wished = Vec::new();
    for value in parts.headers.get_all(header::IF_MATCH) {
        let text = value.to_str().map_err(|_| unreadable())?;
        wished.extend(text.split(',').map(|tag| tag.trim().to_string()));
    }
    if wished.iter().any(|tag| tag != "*" && !(tag.len() > 1 && tag.ends_with('"') && tag.contains('"'))) {
        return Err(unreadable());
    }
    Ok((!wished.is_empty()).then_some(wished))
}

fn unreadable() -> Refusal {
    Refusal::wrong(Fault::new("server-header-wrong").with("name", "If-Match"))
}

/// The look itself: asks for the thing as the caller would, and compares.
pub(crate) fn check(gets: &Router, parts: &Parts, segments: usize, wished: Vec<String>) -> Check {
    let request = question(parts, segments);
    let gets = gets.clone();
    Box::new(move || {
        Box::pin(async move {
            let request = request.ok_or_else(|| Fault::new("server-broken"))?;
            let Ok(response) = gets.oneshot(request).await;
            let tag = response.headers().get(header::ETAG).and_then(|t| t.to_str().ok());
            let status = response.status();
            match tag {
                Some(tag) if wished.iter().any(|w| w == "*" || w == tag) => Ok(()),
                None if status.is_server_error() => {
                    Err(Fault::new("server-broken").because(format!("no version: {status}")).may_retry())
                }
                // Another version, or nothing that this caller can see.
                _ => Err(Fault::new("server-changed-meanwhile")),
            }
        })
    })
}

/// The question about the thing that a request would change: its path up to the thing's own, by the same caller.
fn question(parts: &Parts, segments: usize) -> Option<Request> {
    let path: Vec<&str> = parts.uri.path().split('/').take(segments).collect();
    let unit = parts.uri.query().unwrap_or("").split('&').find(|p| p.starts_with("unit="));
    let place = match unit {
        Some(unit) => format!("{}?{unit}", path.join("/")),
        None => path.join("/"),
    };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = place.parse::<Uri>().ok()?;
    for name in [header::AUTHORIZATION, header::COOKIE, header::HOST] {
        for value in parts.headers.get_all(&name) {
            request.headers_mut().append(&name, value.clone());
        }
    }
    if let Some(unit) = parts.headers.get("socle-unit") {
        request.headers_mut().insert("socle-unit", unit.clone());
    }
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_ignores_order_and_what_changes_by_itself() {
        let a = version(br#"{"id":1,"last_seen":"a","name":{"x":1,"y":2}}"#).unwrap();
        assert_eq!(Some(&a), version(br#"{"name":{"y":2,"x":1},"id":1,"last_seen":"b"}"#).as_ref());
        assert_ne!(Some(a), version(br#"{"name":{"y":2,"x":3},"id":1}"#));
        assert_eq!(version(b"[1]"), None, "a list has none");
    }
}
