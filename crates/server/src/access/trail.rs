//! Every act of a person leaves an entry in the audit trail: this is where a request begins to leave one.
//!
//! The entry is written by the database in the very transaction that has the effect ([`socle_db::audit`]); what stands
//! here is what the route itself says of the act: a word, and whom or what its address names.
use super::Person;
use crate::{
    House,
    refusal::{Answer, Refusal},
};
use axum::{
    extract::{MatchedPath, RawPathParams, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use socle_db::audit::{NOBODY, Trail};
use socle_domain::UnitId;
use socle_trust::chance;
use std::sync::{Arc, PoisonError};

/// What a route's act is called, and of what kind the thing is that its address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    /// A word: `machine-accept`.
    pub word: String,
    /// A word: `machine`.
    pub kind: String,
}

/// Names in addresses that say what an act is about. Others are not repeated anywhere: a one-time link is one.
const NAMES: [&str; 8] = ["id", "run", "digest", "image", "name", "unit", "machine", "person"];

impl Act {
    /// Of a route, from its method and its address.
    pub fn of(method: &Method, path: &str) -> Act {
        let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != "api" && *p != "v1").collect();
        let words: Vec<&str> = parts.iter().copied().filter(|p| !p.starts_with('{')).collect();
        let (on_one, is_api) = (parts.last().is_some_and(|p| p.starts_with('{')), path.starts_with("/api/"));
        let verb = match method.as_str() {
            "DELETE" => Some("remove"),
            "PUT" => Some("set"),
            "PATCH" => Some("change"),
            _ if on_one => Some("change"),
            _ if is_api && parts.len() == 1 => Some("add"),
            _ => None,
        };
        let last = words.len().saturating_sub(1);
        let said = words.iter().enumerate().map(|(n, word)| match n < last || verb.is_some() {
            true => singular(word),
            false => word.to_string(),
        });
        let word = said.chain(verb.map(str::to_string)).collect::<Vec<_>>().join("-").to_ascii_lowercase();
        let before = parts.iter().position(|p| p.starts_with('{')).and_then(|at| at.checked_sub(1));
        let kind = before.map(|at| singular(parts[at])).unwrap_or_default();
        Act { word: if word.is_empty() { "home".into() } else { word }, kind }
    }
    /// The name in an address of the thing that the act is about.
    pub fn names<'a>(&self, params: &'a RawPathParams) -> Option<&'a str> {
        params.iter().find(|(name, _)| NAMES.contains(name)).map(|(_, id)| id)
    }
    /// The same thing under another word.
    pub fn called(self, word: &str) -> Act {
        Act { word: word.into(), ..self }
    }
}

fn singular(word: &str) -> String {
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (_, Some(one)) if !one.ends_with('s') && one.len() > 2 => one.to_string(),
        _ => word.to_string(),
    }
}

/// Lets a request be carried out so that whatever it changes leaves an entry.
pub(crate) async fn trail(
    State((house, act)): State<(Arc<House>, Act)>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let trail = match begin(&house, &act, &params, request.extensions().get::<Person>()) {
        Ok(trail) => trail,
        Err(refusal) => return refusal.into_response(),
    };
    let changes = (request.method() != Method::GET)
        .then(|| (request.method().clone(), request.extensions().get::<MatchedPath>().cloned()));
    let response = trail.around(next.run(request)).await;
    let granted = response.status().is_success() || response.status().is_redirection();
    if let Some((method, path)) = changes.filter(|_| granted && trail.entries() == 0) {
        let path = path.as_ref().map_or("", MatchedPath::as_str);
        house.without_entry.lock().unwrap_or_else(PoisonError::into_inner).insert(format!("{method} {path}"));
    }
    response
}

fn begin(house: &House, act: &Act, params: &RawPathParams, person: Option<&Person>) -> Answer<Arc<Trail>> {
    let salt = chance::bytes().map_err(Refusal::from)?;
    let (who, name, unit) = match person {
        Some(person) => (person.id.to_string(), person.name.as_str(), person.scope.unit()),
        None => (NOBODY.to_string(), "", UnitId::ROOT),
    };
    let trail = Trail::new(house.now(), salt, &who, name, unit, &act.word);
    if let Some(id) = act.names(params) {
        trail.set_subject(&act.kind, id);
    }
    Ok(trail)
}

#[cfg(test)]
mod tests {
    use super::{Act, Method};

    #[test]
    fn acts_are_called_by_their_address() {
        let check = |method: Method, path: &str, word: &str, kind: &str| {
            assert_eq!(Act::of(&method, path), Act { word: word.into(), kind: kind.into() }, "{method} {path}");
        };
        check(Method::POST, "/api/v1/machines/{id}/accept", "machine-accept", "machine");
        check(Method::POST, "/machines/{id}/accept", "machine-accept", "machine");
        check(Method::DELETE, "/api/v1/accept-rules/{name}", "accept-rule-remove", "accept-rule");
        check(Method::POST, "/api/v1/accept-rules", "accept-rule-add", "");
        check(Method::POST, "/api/v1/runs/{id}/allow-loss", "run-allow-loss", "run");
        check(Method::PUT, "/api/v1/directories/{name}", "directory-set", "directory");
        check(Method::PUT, "/api/v1/second-person", "second-person-set", "");
        check(Method::POST, "/machines/announce", "machine-announce", "");
        check(Method::POST, "/sign-in", "sign-in", "");
        check(Method::POST, "/welcome/{token}", "welcome-change", "welcome");
        check(Method::GET, "/", "home", "");
    }
}
