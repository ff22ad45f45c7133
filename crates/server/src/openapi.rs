//! The description of the API (OpenAPI 3.1), drawn from the one table of routes and from the types of its handlers:
//! nothing is written twice, and a route that is not described can't be in the table.
//!
//! Its sentences are in `locales/*/api.ftl`: a handler `api::machines::list` has the key `api-machines-list`. What the
//! fields mean stands with the types, in English.
mod book;
mod operation;
mod types;

pub(crate) use book::Book;
pub(crate) use operation::Operation;
#[allow(unused_imports)] // whoever has an extractor of his own describes it beside its definition
pub(crate) use types::{Answers, Asks, Described};

use crate::House;
use crate::{
    access::Access,
    refusal::language,
    routes::{Route, table},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use socle_texts::{Lang, say};
use socle_wire::problem::{MEDIA_TYPE, Problem};
use std::sync::{Arc, OnceLock};

/// Where it is served.
pub(crate) const PLACE: &str = "/api/v1/openapi.json";
/// What may be refused, on every route.
const ALWAYS: [u16; 8] = [400, 401, 403, 408, 422, 429, 500, 503];

/// `GET /api/v1/openapi.json`
pub(crate) async fn show(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    let text = text(language(&headers, house.config.language));
    let typed = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::VARY, HeaderValue::from_static("Accept-Language, Cookie")),
    ];
    (typed, text).into_response()
}

/// The document as text: made once for each language.
fn text(lang: Lang) -> &'static str {
    static MADE: [OnceLock<String>; 2] = [OnceLock::new(), OnceLock::new()];
    MADE[lang as usize].get_or_init(|| format!("{:#}", document(lang)))
}

/// The document.
pub fn document(lang: Lang) -> Value {
    let mut book = Book::new();
    let problem = book.answered::<Problem>();
    let routes = table();
    let mut paths = Map::new();
    for route in routes.iter().filter(|r| r.name().is_some()) {
        let operation = operation(route, &problem, lang, &mut book);
        let place = paths.entry(route.path).or_insert_with(|| json!({}));
        place[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let mut paths = Value::Object(paths);
    let schemas = book.close(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": say(lang, "api-title", &[]),
            "version": "1",
            "description": say(lang, "api-about", &[]),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": say(lang, "api-token", &[]) },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": crate::access::COOKIE,
                    "description": say(lang, "api-session", &[]),
                },
            },
        },
    })
}

/// `machines-list` of `socle_server::api::machines::list`: what a route is called in the description and the locales.
pub(crate) fn name_of<H>() -> String {
    let whole = std::any::type_name::<H>();
    let mut parts = whole.rsplit("::");
    let (verb, noun) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{noun}-{verb}").replace('_', "-")
}

fn operation(route: &Route, problem: &Value, lang: Lang, book: &mut Book) -> Value {
    let mut said = Operation::default();
    route.describe(&mut said, book);
    let name = route.name().unwrap_or_default();
    let words = |key: &str| say(lang, key, &[]);
    let mut parameters = places(route.path, &said.path);
    parameters.append(&mut said.parameters);
    let asks_unit = said_names(&parameters).any(|name| name == "unit");
    if matches!(route.access, Access::May(_)) && !asks_unit {
        let schema = json!({ "type": "string", "format": "uuid" });
        parameters.push(json!({ "in": "query", "name": "unit", "schema": schema, "description": words("api-unit") }));
    }
    for (header, key, schema) in headers(route) {
        parameters.push(json!({ "in": "header", "name": header, "schema": schema, "description": words(key) }));
    }
    let mut answers = Map::new();
    for (status, content) in &said.answers {
        answers.insert(status.to_string(), answer(*status, content.as_ref(), route, lang));
    }
    for status in refusals(route, said.body.is_some()) {
        let content = json!({ MEDIA_TYPE: { "schema": problem } });
        answers
            .insert(status.to_string(), json!({ "description": words(&format!("api-{status}")), "content": content }));
    }
    let tag = route.path.split('/').nth(3).unwrap_or_default();
    let mut operation = json!({
        "operationId": name,
        "tags": [tag],
        "summary": words(&format!("api-{name}")),
        "x-socle-access": format!("{:?}", route.access),
        "parameters": parameters,
        "responses": answers,
        "security": match route.access {
            Access::Anonymous => json!([]),
            _ => json!([{ "token": [] }, { "session": [] }]),
        },
    });
    if let Some((media_type, schema)) = said.body {
        operation["requestBody"] = json!({ "required": true, "content": { media_type: { "schema": schema } } });
    }
    operation
}

fn said_names(parameters: &[Value]) -> impl Iterator<Item = &str> {
    parameters.iter().filter_map(|p| p["name"].as_str())
}

/// The places of a path, by name. One whose type says nothing is a text.
fn places(path: &str, schemas: &[Value]) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let one = |(n, name): (usize, &str)| {
        let schema = schemas.get(n).cloned().unwrap_or_else(|| json!({ "type": "string" }));
        json!({ "in": "path", "name": name, "required": true, "schema": schema })
    };
    names.enumerate().map(one).collect()
}

/// Headers that the doors themselves understand.
fn headers(route: &Route) -> Vec<(&'static str, &'static str, Value)> {
    let mut headers = Vec::new();
    if route.method == Method::POST {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" });
        headers.push(("Idempotency-Key", "api-idempotency-key", schema));
    }
    if route.method != Method::GET && route.resource().is_some() {
        headers.push(("If-Match", "api-if-match", json!({ "type": "string" })));
    }
    headers
}

fn answer(status: u16, content: Option<&(&'static str, Value)>, route: &Route, lang: Lang) -> Value {
    let mut answer = json!({ "description": say(lang, &format!("api-{status}"), &[]) });
    if let Some((media_type, schema)) = content {
        answer["content"] = json!({ *media_type: { "schema": schema } });
    }
    if route.is_versioned() {
        let about = say(lang, "api-etag", &[]);
        answer["headers"] = json!({ "ETag": { "schema": { "type": "string" }, "description": about } });
    }
    answer
}

/// The statuses with which a route may refuse.
fn refusals(route: &Route, has_body: bool) -> Vec<u16> {
    let mut statuses = ALWAYS.to_vec();
    let changes = route.method != Method::GET;
    for (status, may) in [
        // A unit that is asked for may be nobody's to know.
        (404, route.path.contains('{') || changes || matches!(route.access, Access::May(_))),
        (409, changes),
        (412, changes && route.resource().is_some()),
        (413, has_body),
    ] {
        if may {
            statuses.push(status);
        }
    }
    statuses
}
