//! The console's pages: what they show is asked here, how they look stands in `console`.
pub(crate) mod account;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod diagnosis;
pub(crate) mod doors;
pub(crate) mod machines;
pub(crate) mod masters;
pub(crate) mod options;
pub(crate) mod organisation;
pub(crate) mod rights;
pub(crate) mod rules;
pub(crate) mod runs;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod today;
pub(crate) mod wizard;

use crate::{
    House,
    access::Person,
    refusal::{Answer, Refusal, cookie, wished_language},
    views,
};
use axum::{
    extract::{FromRequestParts, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
};
use jiff::tz::TimeZone;
use socle_console::{ASSET_CACHE, CONTENT_SECURITY_POLICY, ErrorPage, Frame, Notice, Page, RunWithSteps, Theme};
use socle_db::{Conn, Scope, machines as machine_rows, masters as master_rows, runs as run_rows, runs::RunRow};
use socle_domain::Digest;
use socle_texts::{Fault, Lang, Result};
use socle_wire::problem::Problem;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    sync::Arc,
};

/// Lines on one page of a list.
const PER_PAGE: usize = 50;

/// What a reader has asked: how, in which language, in which light.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub lang: Option<Lang>,
    theme: Theme,
    here: String,
    part: bool,
    query: HashMap<String, String>,
}

impl Asked {
    /// From a request.
    pub fn of(request: &Request) -> Asked {
        Self::from(request.uri(), request.headers())
    }
    fn from(uri: &Uri, headers: &HeaderMap) -> Asked {
        let query: HashMap<String, String> = axum::extract::Query::try_from_uri(uri).map(|q| q.0).unwrap_or_default();
        // `part` says how to answer, not where one is: the address to come back to is without it.
        let kept: Vec<String> = uri
            .query()
            .unwrap_or("")
            .split('&')
            .filter(|p| !p.starts_with("part=") && !p.starts_with("done=") && !p.is_empty())
            .map(str::to_string)
            .collect();
        let here = match kept.is_empty() {
            true => uri.path().to_string(),
            false => format!("{}?{}", uri.path(), kept.join("&")),
        };
        Asked {
            lang: wished_language(headers),
            theme: cookie(headers, "socle-theme").map_or(Theme::Auto, |w| Theme::from_word(&w)),
            here,
            part: query.get("part").is_some_and(|p| p == "live"),
            query,
        }
    }
    /// The reader's language.
    pub fn lang(&self, house: &House) -> Lang {
        self.lang.unwrap_or(house.config.language)
    }
    /// The same reader, on the page that a refused form stands in: what was posted to has no page of its own.
    pub fn back_on(&self, here: String) -> Asked {
        Asked { here, ..self.clone() }
    }
    /// A value of the query, if it is not empty.
    pub fn value(&self, name: &str) -> Option<String> {
        self.query.get(name).filter(|v| !v.is_empty()).cloned()
    }
    /// Which page of a list, from 1.
    fn page(&self) -> u32 {
        self.value("page").and_then(|p| p.parse().ok()).unwrap_or(1).max(1)
    }
}

impl FromRequestParts<Arc<House>> for Asked {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &Arc<House>) -> std::result::Result<Self, Infallible> {
        Ok(Self::from(&parts.uri, &parts.headers))
    }
}

/// One page of a list: its lines, which page it is, how many there are.
pub(crate) fn page_of<T>(all: Vec<T>, asked: &Asked) -> (Vec<T>, u32, u32) {
    let pages = all.len().div_ceil(PER_PAGE).max(1) as u32;
    let page = asked.page().min(pages);
    let lines = all.into_iter().skip((page as usize - 1) * PER_PAGE).take(PER_PAGE).collect();
    (lines, page, pages)
}

/// Pages of a long list that can be turned to; further down one searches.
const MAX_PAGES: u64 = 200;

/// Where one is in a list of so many lines: which page, how many there are, and how many lines end with it. A list is
/// read no further than that.
pub(crate) fn place_in(lines: u64, asked: &Asked) -> (u32, u32, u32) {
    let pages = lines.div_ceil(PER_PAGE as u64).clamp(1, MAX_PAGES) as u32;
    let page = asked.page().min(pages);
    (page, pages, page * PER_PAGE as u32)
}

/// The lines of a page, of a list that ends with it.
pub(crate) fn lines_of<T>(all: Vec<T>, page: u32) -> Vec<T> {
    all.into_iter().skip((page as usize - 1) * PER_PAGE).take(PER_PAGE).collect()
}

async fn frame(house: &House, asked: &Asked, person: Option<&Person>) -> Result<Frame> {
    let (mut to_recognise, mut need_attention, mut to_approve, mut may) = (0, 0, 0, BTreeSet::new());
    if let Some(person) = person {
        may = person.rights();
        let mut conn = house.db.read().await?;
        to_recognise = *machine_rows::counts(&mut conn, person.scope).await?.get("to-recognise").unwrap_or(&0);
        let runs = run_rows::counts(&mut conn, person.scope).await?;
        need_attention = ["waiting", "failed"].iter().filter_map(|s| runs.get(*s)).sum();
        to_approve = crate::consenting::waiting_for(&mut conn, person, person.scope).await.unwrap_or(0);
    }
    Ok(Frame {
        lang: asked.lang(house),
        theme: asked.theme,
        now: house.now(),
        zone: TimeZone::system(),
        here: asked.here.clone(),
        person: person.map(|p| p.name.clone()),
        // Forms are checked by their Origin.
        csrf: String::new(),
        to_recognise,
        need_attention,
        to_approve,
        may,
        notice: asked.value("done").and_then(|w| Notice::from_word(&w)),
    })
}

/// A page, or its part that moves.
pub(crate) async fn show(house: &House, asked: &Asked, person: Option<&Person>, page: &impl Page) -> Answer<Response> {
    show_as(house, asked, person, page, StatusCode::OK).await
}

/// A page with a status: 422 where it shows a refused form.
pub(crate) async fn show_as(
    house: &House,
    asked: &Asked,
    person: Option<&Person>,
    page: &impl Page,
    status: StatusCode,
) -> Answer<Response> {
    let frame = frame(house, asked, person).await?;
    let html = match asked.part {
        true => house.pages.part(&frame, page)?,
        false => house.pages.full(&frame, page)?,
    };
    Ok(dressed((status, Html(html)).into_response()))
}

/// A form that was refused: its page again, at the address where it stands, with why and what was typed.
pub(crate) async fn show_refused(
    house: &House,
    asked: &Asked,
    person: &Person,
    page: &impl Page,
    here: String,
) -> Answer<Response> {
    show_as(house, &asked.back_on(here), Some(person), page, StatusCode::UNPROCESSABLE_ENTITY).await
}

fn dressed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The page of something that failed.
pub(crate) async fn error(house: &House, asked: &Asked, problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let asked = Asked { part: false, ..asked.clone() };
    let page = ErrorPage { problem };
    let drawn = async { house.pages.full(&frame(house, &asked, None).await?, &page) };
    match drawn.await {
        Ok(html) => dressed((status, Html(html)).into_response()),
        Err(fault) => {
            tracing::error!(%fault, "an error page could not be drawn");
            status.into_response()
        }
    }
}

/// To another page, with what was done.
pub(crate) fn go(path: &str, done: &str) -> Response {
    Redirect::to(&if done.is_empty() { path.to_string() } else { format!("{path}?done={done}") }).into_response()
}

/// A refusal as a form shows it.
pub(crate) fn problem(house: &House, asked: &Asked, refusal: Refusal) -> Problem {
    let (status, fault) = refusal.into_parts();
    Problem::new(status.as_u16(), fault, asked.lang(house))
}

/// What was typed into a form, to be shown again.
pub(crate) fn typed(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// Something that is not there.
pub(crate) fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, Fault::new("console-not-found"))
}

/// Runs with the steps of their masters.
pub(crate) async fn with_steps(
    house: &House,
    conn: &mut Conn,
    scope: Scope,
    rows: Vec<RunRow>,
) -> Result<Vec<RunWithSteps>> {
    let mut known: HashMap<Digest, socle_domain::sequence::Sequence> = HashMap::new();
    let mut runs = Vec::new();
    for row in rows {
        let sequence = match known.get(&row.master) {
            Some(sequence) => sequence.clone(),
            None => {
                let signed = master_rows::by_digest(conn, scope, row.master).await?;
                let signed = signed.ok_or_else(|| views::broken("a run has no master"))?;
                let sequence = views::master(house, &signed)?.sequence;
                known.insert(row.master, sequence.clone());
                sequence
            }
        };
        runs.push(RunWithSteps { view: views::run(house, row), sequence });
    }
    Ok(runs)
}

/// A value in a query (RFC 3986 section 2.1).
pub(crate) fn escaped(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b);
    value.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A path of this server and of no other; `/` for anything else.
pub(crate) fn local_path(wish: &str) -> &str {
    let local = wish.starts_with('/') && !wish.starts_with("//") && !wish.contains(['\\', '\r', '\n']);
    if local { wish } else { "/" }
}

/// `GET /assets/{name}`
pub(crate) async fn asset(
    State(house): State<Arc<House>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let asset = house.pages.asset(&name).ok_or_else(not_found)?;
    let said = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).unwrap_or("");
    let fixed = [(header::CACHE_CONTROL, ASSET_CACHE.to_string()), (header::ETAG, asset.etag.clone())];
    if said(header::IF_NONE_MATCH) == asset.etag {
        return Ok((StatusCode::NOT_MODIFIED, fixed).into_response());
    }
    let typed = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "Accept-Encoding"),
    ];
    let packed = asset.gzip.filter(|_| said(header::ACCEPT_ENCODING).contains("gzip"));
    Ok(match packed {
        Some(bytes) => (fixed, typed, [(header::CONTENT_ENCODING, "gzip")], bytes).into_response(),
        None => (fixed, typed, asset.bytes.into_owned()).into_response(),
    })
}
