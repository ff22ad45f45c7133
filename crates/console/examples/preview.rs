//! Serves every page with realistic data, without a server behind: to look at pages, and for the browser tests.
//!
//! `cargo run -p socle-console --example preview -- 127.0.0.1:8099`; with `SOCLE_WEB=web` templates and styles are read
//! from the disk for each page. The pages that `?sample=…` names are those of an empty server or of refused forms.
#![allow(missing_docs)]
#[path = "../tests/console/account_samples.rs"]
mod account_samples;
#[path = "../tests/console/bases_samples.rs"]
mod bases_samples;
#[path = "../tests/console/diagnosis_samples.rs"]
mod diagnosis_samples;
#[path = "../tests/console/organisation_samples.rs"]
mod organisation_samples;
#[path = "../tests/console/samples.rs"]
mod samples;

use axum::{
    Router,
    body::Body,
    extract::{OriginalUri, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use bases_samples::*;
use samples::*;
use socle_console::*;
use socle_texts::Lang;
use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type App = State<Arc<Pages>>;

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get(header::COOKIE)?.to_str().ok()?;
    all.split(';').filter_map(|c| c.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v.to_string())
}

fn reader(request: &HeaderMap, uri: &str) -> Frame {
    let lang = cookie(request, "socle-lang").and_then(|l| Lang::choose(&l)).unwrap_or_default();
    let mut frame = frame(lang, uri);
    frame.theme = Theme::from_word(&cookie(request, "socle-theme").unwrap_or_default());
    frame.notice = uri.split("done=").nth(1).and_then(|w| Notice::from_word(w.split('&').next().unwrap_or("")));
    frame
}

struct Asked {
    frame: Frame,
    part: bool,
    query: String,
}

impl Asked {
    fn sample(&self, name: &str) -> bool {
        self.query.contains(&format!("sample={name}"))
    }
    fn answer(&self, pages: &Pages, page: &impl Page) -> Response {
        let html = if self.part { pages.part(&self.frame, page) } else { pages.full(&self.frame, page) };
        match html {
            Ok(html) => (
                [
                    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
                    (header::CACHE_CONTROL, "no-store"),
                ],
                html,
            )
                .into_response(),
            Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.to_string()).into_response(),
        }
    }
}

async fn page(State(pages): App, OriginalUri(uri): OriginalUri, request: Request) -> Response {
    let query = uri.query().unwrap_or("").to_string();
    let frame = reader(request.headers(), &uri.to_string());
    let asked = Asked { part: query.contains("part=live"), frame, query };
    let lang = asked.frame.lang;
    let parts: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let story = |id: &str| stories().into_iter().find(|s| run_id(s.n).to_string() == id);
    match parts.as_slice() {
        [""] if asked.sample("empty") => asked.answer(&pages, &today_empty()),
        [""] => asked.answer(&pages, &today(lang)),
        ["sign-in"] if asked.sample("service") => asked.answer(&pages, &account_samples::sign_in(false)),
        ["sign-in"] if asked.sample("again") => asked.answer(&pages, &account_samples::sign_in(true)),
        ["sign-in"] => asked.answer(&pages, &SignIn::default()),
        ["sign-in", "second"] => {
            asked.answer(&pages, &Second { codes: true, passkeys: true, form: socle_console::Form::default() })
        }
        ["sign-in", "enrol"] => asked.answer(&pages, &account_samples::app(true)),
        ["account"] if asked.sample("empty") => {
            asked.answer(&pages, &Account { name: "zoe".into(), ..Account::default() })
        }
        ["account"] => asked.answer(&pages, &account_samples::account()),
        ["account", "app"] => asked.answer(&pages, &account_samples::app(false)),
        ["account", "once"] => asked.answer(&pages, &account_samples::once(!asked.sample("token"))),
        ["welcome", token] => {
            let (token, person) = (token.to_string(), "admin".to_string());
            asked.answer(&pages, &Welcome { token, person, least_characters: 12, form: Form::default() })
        }
        ["machines"] if asked.sample("empty") => asked.answer(&pages, &Machines::default()),
        ["machines"] if asked.sample("refused") => {
            let refused_form = Some((target(7), refused_name(lang)));
            asked.answer(&pages, &Machines { refused_form, ..machines() })
        }
        ["machines"] => asked.answer(&pages, &machines()),
        ["machines", "announce"] => asked.answer(&pages, &Announce::default()),
        ["machines", id] if *id == target(7).to_string() => asked.answer(&pages, &unknown_machine_page(lang)),
        ["machines", _] => asked.answer(&pages, &machine_page(lang)),
        ["machines", _, "start"] if asked.query.contains("master=") => {
            let capture = asked.query.contains(&master_view("capture", "1", 41).digest.to_string());
            asked.answer(&pages, &start(Some(if capture { "capture" } else { "debian" })))
        }
        ["machines", _, "start"] => asked.answer(&pages, &start(None)),
        ["runs"] if asked.sample("empty") => asked.answer(&pages, &Runs::default()),
        ["runs"] => asked.answer(&pages, &runs()),
        ["runs", id] if story(id).is_some() => asked.answer(&pages, &story(id).unwrap_or_else(running).page()),
        ["runs", id, "proof"] => asked.answer(&pages, &story(id).unwrap_or_else(completed).proof_page(lang)),
        ["images"] if asked.sample("empty") => asked.answer(&pages, &Images::default()),
        ["images"] => asked.answer(&pages, &Images { images: images(), masters: masters() }),
        ["masters"] if asked.sample("empty") => asked.answer(&pages, &Masters::default()),
        ["masters"] => {
            asked.answer(&pages, &Masters { masters: masters(), images: images(), drafts: vec![draft_view()] })
        }
        ["masters", _, "diff"] => asked.answer(&pages, &diff_page()),
        ["options"] if asked.sample("refused") => asked.answer(&pages, &options_page(true, refused_name(lang))),
        ["options"] => asked.answer(&pages, &options_page(true, Form::default())),
        ["machines", _, "options"] => asked.answer(&pages, &options_page(false, Form::default())),
        ["rules"] => asked.answer(&pages, &rules_page(Form::default(), true)),
        ["masters", _] => asked.answer(&pages, &master_page()),
        ["status"] => asked.answer(&pages, &status_page(lang)),
        ["api"] => asked.answer(&pages, &ApiPage),
        ["organisation"] => asked.answer(&pages, &organisation_samples::organisation()),
        ["organisation", "import"] if asked.sample("wrong") => {
            asked.answer(&pages, &organisation_samples::import(lang, "wrong"))
        }
        ["organisation", "import"] => asked.answer(&pages, &organisation_samples::import(lang, "ready")),
        ["organisation", "departures"] => asked.answer(&pages, &organisation_samples::departures()),
        ["organisation", _] => asked.answer(&pages, &organisation_samples::unit_page(Form::default())),
        ["search"] => asked.answer(&pages, &organisation_samples::search(true)),
        ["persons", _] => asked.answer(&pages, &organisation_samples::person(false)),
        ["diagnosis"] if asked.sample("wrong") => asked.answer(&pages, &diagnosis_samples::not_understood(lang)),
        ["diagnosis"] if asked.sample("calm") => asked.answer(&pages, &diagnosis_samples::calm(lang)),
        ["diagnosis"] if asked.query.contains("mac=") => asked.answer(&pages, &diagnosis_samples::machine(lang)),
        ["diagnosis"] => asked.answer(&pages, &diagnosis_samples::page(lang)),
        ["boot-events"] if asked.sample("empty") => asked.answer(&pages, &BootEvents::default()),
        ["boot-events"] => {
            asked.answer(&pages, &BootEvents { events: boot_events(lang), who: None, page: 1, pages: 1 })
        }
        _ => (StatusCode::NOT_FOUND, asked.answer(&pages, &error(lang))).into_response(),
    }
}

async fn asset(State(pages): App, Path(name): Path<String>) -> Response {
    match pages.asset(&name) {
        Some(asset) => {
            let gzip = asset.gzip.is_some();
            let body = asset.gzip.map_or_else(|| asset.bytes.to_vec(), <[u8]>::to_vec);
            let mut response = body.into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(ASSET_CACHE));
            if gzip {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn preferences(body: String) -> Response {
    let field = |name: &str| {
        let found = body.split('&').filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name);
        found.map(|(_, v)| v.replace("%2F", "/").replace("%3F", "?").replace("%3D", "=").replace("%26", "&"))
    };
    let back = field("back").filter(|b| b.starts_with('/') && !b.starts_with("//")).unwrap_or("/".into());
    let mut response = Redirect::to(&back).into_response();
    for (name, cookie) in [("lang", "socle-lang"), ("theme", "socle-theme")] {
        let Some(value) = field(name) else { continue };
        if let Ok(value) = format!("{cookie}={value}; Path=/; Max-Age=31536000; SameSite=Lax").parse() {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Those who listen, and whether they may.
#[derive(Default)]
struct Line {
    cut: bool,
    listeners: Vec<UnboundedSender<String>>,
}
static LINE: Mutex<Line> = Mutex::new(Line { cut: false, listeners: Vec::new() });

struct Heard(UnboundedReceiver<String>);
impl futures_core::Stream for Heard {
    type Item = Result<String, std::convert::Infallible>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|said| said.map(Ok))
    }
}

/// A description of an API with a little of everything, for the page that draws it.
async fn description() -> Response {
    let machine = serde_json::json!({ "type": "object", "required": ["id"], "properties": {
        "id": { "type": "string", "format": "uuid", "description": "The target." },
        "name": { "type": ["string", "null"], "description": "Its name." },
    } });
    let body = serde_json::json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Machine" } } });
    let limit = serde_json::json!({ "in": "query", "name": "limit", "schema": { "type": "integer" }, "description": "How many." });
    let answers = serde_json::json!({ "200": { "description": "Done.", "content": body } });
    let list = serde_json::json!({ "tags": ["machines"], "summary": "List machines", "parameters": [limit], "responses": answers });
    let add = serde_json::json!({ "tags": ["machines"], "summary": "Add one", "requestBody": { "content": body }, "responses": answers });
    let remove = serde_json::json!({ "tags": ["machines"], "summary": "Remove", "responses": { "204": { "description": "Done." } } });
    let document = serde_json::json!({
        "openapi": "3.1.0",
        "info": { "title": "API", "version": "1", "description": "Everything." },
        "paths": { "/api/v1/machines": { "get": list, "post": add, "put": add, "delete": remove } },
        "components": { "schemas": { "Machine": machine } },
    });
    ([(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}

/// The events, until the line is cut.
async fn events() -> Response {
    let Ok(mut line) = LINE.lock() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    if line.cut {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let (sender, heard) = unbounded_channel();
    let _ = sender.send("retry: 500\n:\n\n".into());
    line.listeners.push(sender);
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(Heard(heard))).into_response()
}

/// For the browser tests: says an event (its JSON is the body) to all who listen.
async fn say(event: String) {
    if let Ok(mut line) = LINE.lock() {
        line.listeners.retain(|l| l.send(format!("data: {event}\n\n")).is_ok());
    }
}

/// For the browser tests: cuts the line (`yes`), or lets people listen again.
async fn cut(wish: String) {
    if let Ok(mut line) = LINE.lock() {
        line.cut = wish == "yes";
        if line.cut {
            line.listeners.clear();
        }
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8099".into());
    let pages = Arc::new(Pages::new().map_err(|f| f.to_string())?);
    let app = Router::new()
        .route("/assets/{name}", get(asset))
        .route("/api/v1/events", get(events))
        .route("/api/v1/openapi.json", get(description))
        .route("/preview/say", post(say))
        .route("/preview/cut", post(cut))
        .route("/preferences", post(preferences))
        .fallback(page)
        .with_state(pages);
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
