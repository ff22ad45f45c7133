//! The one table of all that is answered: where, what, and to whom. A route that is not here does not exist; one that
//! is here states its authorisation.
//!
//! # A new route of the API
//!
//! 1. One line: `api(GET, "/api/v1/things/{id}", May(See), api::things::show)`. Everything else is read from the types
//!    of the handler: places of the path from `Path<ThingId>`, the query from `Query<Filter>`, the message from
//!    `Message<NewThing>`, the answer from `Answer<Json<ThingView>>`. These types derive `schemars::JsonSchema` beside
//!    serde's traits; their doc comments become the description. Made something: `Answer<(StatusCode, Json<T>)>` with
//!    `CREATED`. Nothing to say: `Answer<StatusCode>` with `NO_CONTENT`. A file or a stream: `Answer<Response>`, and
//!    the line ends with `.giving(200, "text/csv")`. An extractor or an answer of your own implements
//!    [`crate::openapi::Asks`] or [`crate::openapi::Answers`] beside its definition (three lines).
//! 2. A sentence in both `locales/*/api.ftl`: `api-things-show = …` (module and function of the handler).
//! 3. A list takes `paged: Paged` and answers `Answer<Json<Page<ThingView>>>` (`socle_wire::page::Page`): ask the
//!    database for `paged.rows()` rows behind `paged.after`, ordered by one unique key, and return
//!    `Ok(paged.answer(rows, |row| key_of(row), view_of))`. A short list that is held whole: `paged.cut(all, key_of)`.
//! 4. What can be changed can be asked for: `PUT /api/v1/things/{id}` (or `PATCH`, `DELETE`, `POST …/{id}/verb`) has
//!    its `GET /api/v1/things/{id}` beside it, which then carries an `ETag`; `If-Match` on the change is kept inside
//!    its transaction by the doors. Nothing to write for it ([`crate::etag`]).
//! 5. `Idempotency-Key` on every `POST` is kept by the doors too ([`crate::idempotency`]). A handler commits by
//!    `idempotency::made(&house, tx, view)` (201) or `idempotency::done(&house, tx, view)` (200), or says before its commit
//!    what will be answered (`idempotency::will_answer`): then a server that is killed in between still answers it.
use crate::{
    House,
    access::{self, Access, Access::*, Act},
    agents,
    api::{self, organisation::lists::MAX_LIST_BYTES},
    boot, etag, idempotency,
    openapi::{self, Book, Described, Operation},
    pages, refusal, zero_byte,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
use socle_domain::role::Right::*;
use socle_image::MAX_MANIFEST_BYTES;
use socle_wire::{MAX_MESSAGE_BYTES, MAX_PACK_BYTES};
use std::sync::Arc;

pub use access::Access as RouteAccess;

/// Which port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Pages and API.
    Console,
    /// Agents, with TLS.
    Agents,
    /// Boot files, without.
    Boot,
}

/// The longest message of somebody who has not said who he is: a hello with its facts.
const ANONYMOUS_BYTES: usize = 512 << 10;

/// One line of the table.
pub struct Route {
    /// Which port.
    pub door: Door,
    /// Which method.
    pub method: Method,
    /// Which path.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    limit_bytes: usize,
    act: Act,
    handler: MethodRouter<Arc<House>>,
    described: Option<(String, fn(&mut Operation, &mut Book))>,
    gives: Option<(u16, &'static str)>,
    resource: Option<usize>,
    versioned: bool,
}

/// A route of the API, described by the types of its handler.
fn api<H, T>(filter: MethodFilter, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Arc<House>> + Described<T>,
    T: 'static,
{
    let described = Some((openapi::name_of::<H>(), H::describe as fn(&mut Operation, &mut Book)));
    Route { described, ..Route::new(Door::Console, filter, path, access, handler) }
}

impl Route {
    fn new<H, T>(door: Door, filter: MethodFilter, path: &'static str, access: Access, handler: H) -> Route
    where
        H: Handler<T, Arc<House>>,
        T: 'static,
    {
        let method = match filter {
            MethodFilter::POST => Method::POST,
            MethodFilter::PUT => Method::PUT,
            MethodFilter::PATCH => Method::PATCH,
            MethodFilter::DELETE => Method::DELETE,
            _ => Method::GET,
        };
        let limit_bytes = if access == Anonymous { ANONYMOUS_BYTES } else { MAX_MESSAGE_BYTES };
        let handler = on(filter, handler);
        let act = Act::of(&method, path);
        Route {
            door,
            method,
            path,
            access,
            limit_bytes,
            act,
            handler,
            described: None,
            gives: None,
            resource: None,
            versioned: false,
        }
    }
    /// What the audit trail calls it, where its address does not say it well.
    fn does(self, word: &str) -> Route {
        Route { act: self.act.called(word), ..self }
    }
    /// What the audit trail calls it.
    pub fn act(&self) -> &str {
        &self.act.word
    }
    fn up_to(mut self, limit_bytes: usize) -> Route {
        self.limit_bytes = limit_bytes;
        self
    }
    /// What a handler that answers a bare response gives.
    fn giving(mut self, status: u16, media_type: &'static str) -> Route {
        self.gives = Some((status, media_type));
        self
    }
    /// Its name in the description of the API; none where it is not part of it.
    pub fn name(&self) -> Option<&str> {
        self.described.as_ref().map(|(name, _)| name.as_str())
    }
    /// Adds what its handler's types say.
    pub(crate) fn describe(&self, operation: &mut Operation, book: &mut Book) {
        if let Some((_, describe)) = &self.described {
            describe(operation, book);
        }
        if let Some((status, media_type)) = self.gives {
            operation.answers.insert(status, Some((media_type, serde_json::json!({}))));
        }
    }
    /// How many segments of its path name the thing that it changes, where that can be asked for.
    pub fn resource(&self) -> Option<usize> {
        self.resource
    }
    /// Whether it answers one thing, with its version.
    pub fn is_versioned(&self) -> bool {
        self.versioned
    }
}

/// Says which routes answer one thing (it has a name of its own, or is replaced as a whole), and of each that changes
/// something which thing that is: the longest beginning of its path that can be asked for.
fn with_resources(mut table: Vec<Route>) -> Vec<Route> {
    let replaced = |r: &&Route| r.method == Method::PUT || r.method == Method::PATCH;
    let replaced: Vec<&'static str> = table.iter().filter(replaced).map(|r| r.path).collect();
    for route in table.iter_mut().filter(|r| r.name().is_some() && r.method == Method::GET && r.gives.is_none()) {
        route.versioned = route.path.ends_with('}') || replaced.contains(&route.path);
    }
    let things: Vec<&'static str> = table.iter().filter(|r| r.is_versioned()).map(|r| r.path).collect();
    for route in table.iter_mut().filter(|r| r.name().is_some() && r.method != Method::GET) {
        let of_it = |thing: &&&str| route.path == **thing || route.path.starts_with(&format!("{thing}/"));
        let thing = things.iter().filter(of_it).max_by_key(|thing| thing.len());
        route.resource = thing.map(|thing| thing.split('/').count());
    }
    table
}

/// The table.
#[rustfmt::skip]
pub fn table() -> Vec<Route> {
    const GET: MethodFilter = MethodFilter::GET;
    const POST: MethodFilter = MethodFilter::POST;
    const PUT: MethodFilter = MethodFilter::PUT;
    const DELETE: MethodFilter = MethodFilter::DELETE;
    use Door::{Agents, Boot, Console};
    with_resources(vec![
        Route::new(Agents, POST, "/agent/v1/challenge", Anonymous, agents::hello::challenge),
        Route::new(Agents, POST, "/agent/v1/hello", Anonymous, agents::hello::hello),
        Route::new(Agents, POST, "/agent/v1/tpm/credential", Anonymous, agents::tpm::credential),
        Route::new(Agents, POST, "/agent/v1/presence/heartbeat", Machine, agents::presence::heartbeat),
        Route::new(Agents, POST, "/agent/v1/presence/check-in", Machine, agents::presence::check_in),
        Route::new(Agents, POST, "/agent/v1/wizard/sign-in", Anonymous, agents::wizard::sign_in),
        Route::new(Agents, POST, "/agent/v1/wizard/place", AtMachine, agents::wizard::place),
        Route::new(Agents, POST, "/agent/v1/wizard/questions", AtMachine, agents::wizard::questions),
        Route::new(Agents, POST, "/agent/v1/wizard/finish", AtMachine, agents::wizard::finish),
        Route::new(Agents, POST, "/agent/v1/wizard/leave", AtMachine, agents::wizard::leave),
        Route::new(Agents, GET, "/agent/v1/orders", Machine, agents::orders::orders),
        Route::new(Agents, GET, "/agent/v1/runs/{run}/journal", Machine, agents::runs::tail),
        Route::new(Agents, POST, "/agent/v1/runs/{run}/journal", Machine, agents::runs::push),
        Route::new(Agents, GET, "/agent/v1/runs/{run}/secrets", Machine, agents::secrets::give),
        Route::new(Agents, POST, "/agent/v1/runs/{run}/progress", Machine, agents::runs::progress),
        Route::new(Agents, GET, "/agent/v1/images/{image}/manifest", Machine, agents::content::manifest),
        Route::new(Agents, GET, "/agent/v1/pages/{digest}", Machine, agents::content::page),
        Route::new(Agents, POST, "/agent/v1/locate", Machine, agents::content::locate),
        Route::new(Agents, POST, "/agent/v1/packs/check", Machine, agents::content::check),
        Route::new(Agents, GET, "/agent/v1/packs/{pack}", Machine, agents::content::pack),
        Route::new(Agents, POST, "/agent/v1/casts", Machine, agents::cast::join),
        Route::new(Agents, GET, "/agent/v1/casts/{session}/plan", Machine, agents::cast::plan),
        Route::new(Agents, POST, "/agent/v1/casts/{session}/report", Machine, agents::cast::report),
        Route::new(Agents, POST, "/agent/v1/casts/{session}/leave", Machine, agents::cast::leave),
        Route::new(Agents, POST, "/agent/v1/capture/{run}/has", Machine, agents::capture::has),
        Route::new(Agents, PUT, "/agent/v1/capture/{run}/packs/{pack}", Machine, agents::capture::pack).up_to(MAX_PACK_BYTES),
        Route::new(Agents, PUT, "/agent/v1/capture/{run}/pages/{digest}", Machine, agents::capture::page),
        Route::new(Agents, PUT, "/agent/v1/capture/{run}/manifest", Machine, agents::capture::manifest).up_to(MAX_MANIFEST_BYTES),

        Route::new(Agents, GET, "/agent/v1/environment/{file}", Machine, agents::boot_once::file),
        Route::new(Agents, POST, "/agent/v1/boot-once/{number}", Machine, agents::boot_once::told),

        Route::new(Boot, GET, "/boot/boot.ipxe", Anonymous, boot::script),
        Route::new(Boot, GET, "/boot/{file}", Anonymous, boot::file),
        Route::new(Boot, GET, "/boot/{folder}/{file}", Anonymous, boot::beside),
        Route::new(Boot, GET, "/grub/{file}", Anonymous, boot::beside),
        Route::new(Boot, GET, "/grub/{folder}/{file}", Anonymous, boot::beside),

        api(GET, "/api/v1/machines", May(See), api::machines::list),
        api(GET, "/api/v1/machines/{id}", May(See), api::machines::show),
        api(POST, "/api/v1/machines/{id}/accept", May(Recognise), api::machines::accept),
        api(POST, "/api/v1/machines/{id}/refuse", May(Recognise), api::machines::refuse),
        api(GET, "/api/v1/machines/{id}/boot-once", May(See), api::boot_once::list),
        api(POST, "/api/v1/machines/{id}/boot-once", May(Operate), api::boot_once::order).does("machine-boot-once"),
        api(POST, "/api/v1/machines/{id}/wake", May(Operate), api::boot_once::wake).does("machine-wake"),
        api(POST, "/api/v1/machines/{id}/replace-identity", May(Recognise), api::machines::replace_identity).does("machine-replace-identity"),
        api(POST, "/api/v1/announced", May(Recognise), api::recognition::announce).does("machine-announce"),
        api(GET, "/api/v1/accept-rules", May(See), api::recognition::list_rules),
        api(POST, "/api/v1/accept-rules", May(Rules), api::recognition::add_rule).does("accept-rule-set"),
        api(GET, "/api/v1/accept-rules/{name}", May(See), api::recognition::show_rule),
        api(PUT, "/api/v1/accept-rules/{name}", May(Rules), api::recognition::change_rule).does("accept-rule-set"),
        api(DELETE, "/api/v1/accept-rules/{name}", May(Rules), api::recognition::remove_rule),
        api(GET, "/api/v1/masters", May(See), api::masters::list),
        api(POST, "/api/v1/masters", May(Masters), api::masters::publish).does("master-publish"),
        api(GET, "/api/v1/masters/{digest}", May(See), api::masters::show),
        api(POST, "/api/v1/masters/{digest}/move", May(Masters), api::masters::move_to).does("master-move"),
        api(POST, "/api/v1/masters/{digest}/rollback", May(Masters), api::masters::rollback).does("master-rollback"),
        api(GET, "/api/v1/masters/{digest}/diff", May(See), api::masters::compare),
        api(GET, "/api/v1/masters/{digest}/pilots", May(See), api::masters::pilots),
        api(PUT, "/api/v1/masters/{digest}/pilots", May(Masters), api::masters::set_pilots).does("master-pilots-set"),
        api(GET, "/api/v1/drafts", May(Masters), api::drafts::list),
        api(POST, "/api/v1/drafts", May(Masters), api::drafts::add),
        api(GET, "/api/v1/drafts/{id}", May(Masters), api::drafts::show),
        api(PUT, "/api/v1/drafts/{id}", May(Masters), api::drafts::change),
        api(DELETE, "/api/v1/drafts/{id}", May(Masters), api::drafts::remove),
        api(GET, "/api/v1/units/{id}/masters", May(See), api::masters::taken),
        api(PUT, "/api/v1/units/{id}/masters", May(Masters), api::masters::take).does("unit-masters-set"),
        api(GET, "/api/v1/units/{id}/options", May(See), api::options::list),
        api(GET, "/api/v1/units/{id}/options/{option}", May(See), api::options::show),
        api(PUT, "/api/v1/units/{id}/options/{option}", May(Options), api::options::decide).does("option-set"),
        api(DELETE, "/api/v1/units/{id}/options/{option}", May(Options), api::options::clear).does("option-clear"),
        api(GET, "/api/v1/machines/{id}/options", May(See), api::options::explain_all),
        api(GET, "/api/v1/machines/{id}/options/{option}", May(See), api::options::explain),
        api(PUT, "/api/v1/machines/{id}/options/{option}", May(Options), api::options::decide_for_machine).does("option-set"),
        api(DELETE, "/api/v1/machines/{id}/options/{option}", May(Options), api::options::clear_for_machine).does("option-clear"),
        api(GET, "/api/v1/rules", May(See), api::rules::list),
        api(POST, "/api/v1/rules", May(Rules), api::rules::add),
        api(POST, "/api/v1/rules/try", May(Rules), api::rules::attempt).does("rule-try"),
        api(GET, "/api/v1/rules/{id}", May(See), api::rules::show),
        api(PUT, "/api/v1/rules/{id}", May(Rules), api::rules::change),
        api(DELETE, "/api/v1/rules/{id}", May(Rules), api::rules::remove),
        api(GET, "/api/v1/images", May(See), api::images::list),
        api(POST, "/api/v1/images/releases", May(Masters), api::images::release).does("image-sign"),
        api(GET, "/api/v1/runs", May(See), api::runs::list),
        api(POST, "/api/v1/runs", May(Operate), api::runs::start).does("run-start"),
        api(GET, "/api/v1/runs/{id}", May(See), api::runs::show),
        api(POST, "/api/v1/runs/{id}/cancel", May(Operate), api::runs::cancel),
        api(POST, "/api/v1/runs/{id}/retry", May(Operate), api::runs::retry),
        api(POST, "/api/v1/runs/{id}/allow-loss", May(AllowLoss), api::runs::allow_loss),
        api(GET, "/api/v1/runs/{id}/journal", May(See), api::runs::journal),
        api(GET, "/api/v1/runs/{id}/proof", May(See), api::runs::proof).giving(200, "application/json"),
        api(GET, "/api/v1/units", May(See), api::organisation::units::list),
        api(GET, "/api/v1/units/{id}", May(See), api::organisation::units::show),
        api(GET, "/api/v1/units/{id}/decisions", May(See), api::organisation::units::decisions),
        api(GET, "/api/v1/units/{id}/networks", May(See), api::organisation::networks::show),
        api(PUT, "/api/v1/units/{id}/networks", May(Organise), api::organisation::networks::set).does("unit-networks-set"),
        api(GET, "/api/v1/networks", May(See), api::organisation::networks::list),
        api(POST, "/api/v1/unit-decisions", May(Organise), api::organisation::units::decide).does("unit-decide"),
        api(GET, "/api/v1/persons", May(See), api::organisation::persons::list),
        api(POST, "/api/v1/persons", May(Organise), api::organisation::persons::add),
        api(GET, "/api/v1/persons/{id}", May(See), api::organisation::persons::show),
        api(PUT, "/api/v1/persons/{id}", May(Organise), api::organisation::persons::change),
        api(GET, "/api/v1/links", May(See), api::organisation::links::list),
        api(POST, "/api/v1/links", May(Organise), api::organisation::links::add),
        api(GET, "/api/v1/links/{id}", May(See), api::organisation::links::show),
        api(POST, "/api/v1/links/{id}/end", May(Organise), api::organisation::links::end),
        api(GET, "/api/v1/machines/{id}/facts", May(See), api::organisation::facts::list),
        api(PUT, "/api/v1/machines/{id}/facts/{name}", May(Organise), api::organisation::facts::say).does("fact-say"),
        api(DELETE, "/api/v1/machines/{id}/facts/{name}", May(Organise), api::organisation::facts::unsay).does("fact-unsay"),
        api(GET, "/api/v1/machines/{id}/stays", May(See), api::organisation::facts::stays),
        api(POST, "/api/v1/machines/{id}/move", May(Organise), api::organisation::facts::move_to).does("machine-move"),
        api(GET, "/api/v1/search", May(See), api::organisation::lists::search),
        api(POST, "/api/v1/imports/{list}", May(Organise), api::organisation::lists::import_list).does("list-import").up_to(MAX_LIST_BYTES),
        api(GET, "/api/v1/exports/{list}", May(See), api::organisation::lists::export_list).giving(200, "text/csv"),
        api(GET, "/api/v1/directories", May(Organise), api::organisation::directories::list),
        api(GET, "/api/v1/directories/{name}", May(Organise), api::organisation::directories::show),
        api(PUT, "/api/v1/directories/{name}", May(Organise), api::organisation::directories::put),
        api(POST, "/api/v1/directories/{name}/read", May(Organise), api::organisation::directories::read).does("directory-read"),
        api(GET, "/api/v1/departures", May(Organise), api::organisation::departures::list),
        api(POST, "/api/v1/departures/{id}/decide", May(Organise), api::organisation::departures::decide).does("departure-decide"),
        api(GET, "/api/v1/boot-events", May(See), api::server::boot_events),
        api(GET, "/api/v1/events", May(See), api::server::events).giving(200, "text/event-stream"),
        api(GET, "/api/v1/status", May(Server), api::server::status),
        api(GET, "/api/v1/webhooks", May(Organise), api::webhooks::list),
        api(POST, "/api/v1/webhooks", May(Organise), api::webhooks::add),
        api(GET, "/api/v1/webhooks/{id}", May(Organise), api::webhooks::show),
        api(PUT, "/api/v1/webhooks/{id}", May(Organise), api::webhooks::change),
        api(DELETE, "/api/v1/webhooks/{id}", May(Organise), api::webhooks::remove),
        api(POST, "/api/v1/webhooks/{id}/secret", May(Organise), api::webhooks::renew),
        api(POST, "/api/v1/webhooks/{id}/try", May(Organise), api::webhooks::attempt),
        api(GET, "/api/v1/webhooks/{id}/deliveries", May(Organise), api::webhooks::deliveries),
        api(POST, "/api/v1/webhooks/{id}/deliveries/{event}/again", May(Organise), api::webhooks::again),
        api(GET, "/api/v1/wizard/codes", SignedIn, api::wizard::list_codes),
        api(POST, "/api/v1/wizard/codes", May(Recognise), api::wizard::make_codes).does("wizard-codes-make"),
        api(DELETE, "/api/v1/wizard/codes", SignedIn, api::wizard::drop_codes).does("wizard-codes-drop"),
        api(GET, "/api/v1/wizard/room", May(Operate), api::wizard::room),
        api(POST, "/api/v1/wizard/room", May(Operate), api::wizard::start_room).does("room-start"),
        api(GET, "/api/v1/account", SignedIn, api::account::show),
        api(GET, "/api/v1/account/sessions", SignedIn, api::account::list_sessions),
        api(DELETE, "/api/v1/account/sessions/{id}", SignedIn, api::account::revoke_session).does("session-revoke"),
        api(POST, "/api/v1/account/sessions/revoke-others", SignedIn, api::account::revoke_others).does("sessions-revoke-others"),
        api(GET, "/api/v1/account/tokens", SignedIn, api::account::list_tokens),
        api(POST, "/api/v1/account/tokens", SignedIn, api::account::add_token).does("token-add"),
        api(DELETE, "/api/v1/account/tokens/{id}", SignedIn, api::account::revoke_token).does("token-revoke"),
        api(GET, "/api/v1/rights", SignedIn, api::grants::mine),
        api(GET, "/api/v1/grants", May(People), api::grants::list),
        api(POST, "/api/v1/grants", May(People), api::grants::add).does("role-give"),
        api(DELETE, "/api/v1/grants/{person}/{role}/{unit}", May(People), api::grants::remove).does("role-take"),
        api(POST, "/api/v1/runs/batch", May(Operate), api::approvals::start_runs).does("run-start-many"),
        api(GET, "/api/v1/approvals", May(See), api::approvals::list),
        api(GET, "/api/v1/approvals/{id}", May(See), api::approvals::show),
        api(POST, "/api/v1/approvals/{id}/approve", May(See), api::approvals::approve),
        api(POST, "/api/v1/approvals/{id}/refuse", May(See), api::approvals::refuse),
        api(GET, "/api/v1/second-person", May(See), api::approvals::second_person),
        api(PUT, "/api/v1/second-person", May(Server), api::approvals::set_second_person),
        api(GET, "/api/v1/audit", May(Audit), api::audit::list),
        api(GET, "/api/v1/audit/export", May(Audit), api::audit::export).giving(200, "application/json"),
        api(POST, "/api/v1/audit/forget", May(Audit), api::audit::forget),
        api(GET, openapi::PLACE, SignedIn, openapi::show).giving(200, "application/json"),

        Route::new(Console, GET, "/", May(See), pages::today::show),
        Route::new(Console, GET, "/sign-in", Anonymous, pages::doors::sign_in),
        Route::new(Console, POST, "/sign-in", Anonymous, pages::doors::signed),
        Route::new(Console, GET, "/sign-in/second", Anonymous, pages::doors::second::ask),
        Route::new(Console, POST, "/sign-in/second", Anonymous, pages::doors::second::answer),
        Route::new(Console, GET, "/sign-in/enrol", Anonymous, pages::doors::enrol::ask),
        Route::new(Console, POST, "/sign-in/enrol", Anonymous, pages::doors::enrol::answer),
        Route::new(Console, POST, "/sign-in/passkey/question", Anonymous, pages::doors::passkey::ask),
        Route::new(Console, POST, "/sign-in/passkey", Anonymous, pages::doors::passkey::answer),
        Route::new(Console, GET, "/sign-in/service", Anonymous, pages::doors::service::go),
        Route::new(Console, GET, "/sign-in/service/back", Anonymous, pages::doors::service::back),
        Route::new(Console, GET, "/sign-in/service/out", Anonymous, pages::doors::service::out),
        Route::new(Console, GET, "/welcome/{token}", Anonymous, pages::doors::welcome::welcome),
        Route::new(Console, POST, "/welcome/{token}", Anonymous, pages::doors::welcome::welcomed).does("password-set"),
        Route::new(Console, GET, "/account", SignedIn, pages::account::show_account),
        Route::new(Console, GET, "/account/once", SignedIn, pages::account::once),
        Route::new(Console, POST, "/account/password", SignedIn, pages::account::set_password).does("password-set"),
        Route::new(Console, GET, "/account/app", SignedIn, pages::account::app::ask),
        Route::new(Console, POST, "/account/app", SignedIn, pages::account::app::answer).does("factor-add"),
        Route::new(Console, POST, "/account/recovery", SignedIn, pages::account::app::recovery).does("recovery-codes-renew"),
        Route::new(Console, POST, "/account/passkeys/question", SignedIn, pages::account::passkeys::ask),
        Route::new(Console, POST, "/account/passkeys", SignedIn, pages::account::passkeys::answer).does("factor-add"),
        Route::new(Console, POST, "/account/factors/{id}/remove", SignedIn, pages::account::remove_factor).does("factor-remove"),
        Route::new(Console, POST, "/account/sessions/{id}/revoke", SignedIn, pages::account::sessions::revoke).does("session-revoke"),
        Route::new(Console, POST, "/account/sessions/revoke-others", SignedIn, pages::account::sessions::revoke_others).does("sessions-revoke-others"),
        Route::new(Console, POST, "/account/tokens", SignedIn, pages::account::tokens::create).does("token-add"),
        Route::new(Console, POST, "/account/tokens/{id}/revoke", SignedIn, pages::account::tokens::revoke).does("token-revoke"),
        Route::new(Console, POST, "/sign-out", SignedIn, pages::doors::sign_out),
        Route::new(Console, POST, "/preferences", Anonymous, pages::doors::preferences),
        Route::new(Console, GET, "/machines", May(See), pages::machines::list),
        Route::new(Console, GET, "/machines/announce", May(Recognise), pages::machines::announce),
        Route::new(Console, POST, "/machines/announce", May(Recognise), pages::machines::announced),
        Route::new(Console, GET, "/machines/codes", May(Recognise), pages::wizard::codes),
        Route::new(Console, POST, "/machines/codes", May(Recognise), pages::wizard::make_codes).does("wizard-codes-make"),
        Route::new(Console, POST, "/machines/codes/revoke", SignedIn, pages::wizard::revoke_codes).does("wizard-codes-drop"),
        Route::new(Console, GET, "/machines/room", May(Operate), pages::wizard::room),
        Route::new(Console, POST, "/machines/room", May(Operate), pages::wizard::start_room).does("room-start"),
        Route::new(Console, GET, "/machines/{id}", May(See), pages::machines::show),
        Route::new(Console, POST, "/machines/{id}/accept", May(Recognise), pages::machines::accept),
        Route::new(Console, POST, "/machines/{id}/refuse", May(Recognise), pages::machines::refuse),
        Route::new(Console, POST, "/machines/{id}/boot-once", May(Operate), pages::machines::boot_once).does("machine-boot-once"),
        Route::new(Console, POST, "/machines/{id}/wake", May(Operate), pages::machines::wake).does("machine-wake"),
        Route::new(Console, POST, "/machines/{id}/replace-identity", May(Recognise), pages::machines::replace_identity).does("machine-replace-identity"),
        Route::new(Console, GET, "/machines/{id}/start", May(Operate), pages::start::choose),
        Route::new(Console, POST, "/machines/{id}/start", May(Operate), pages::start::start).does("run-start"),
        Route::new(Console, GET, "/organisation", May(See), pages::organisation::tree),
        Route::new(Console, GET, "/organisation/import", May(Organise), pages::organisation::lists),
        Route::new(Console, POST, "/organisation/import", May(Organise), pages::organisation::brought).does("list-import").up_to(MAX_LIST_BYTES),
        Route::new(Console, GET, "/organisation/departures", May(Organise), pages::organisation::gone),
        Route::new(Console, POST, "/organisation/departures", May(Organise), pages::organisation::judged).does("departure-decide"),
        Route::new(Console, GET, "/organisation/{id}", May(See), pages::organisation::unit),
        Route::new(Console, POST, "/organisation/{id}/decide", May(Organise), pages::organisation::decide).does("unit-decide"),
        Route::new(Console, POST, "/organisation/{id}/networks", May(Organise), pages::organisation::set_networks).does("unit-networks-set"),
        Route::new(Console, GET, "/search", May(See), pages::organisation::found),
        Route::new(Console, GET, "/persons/{id}", May(See), pages::organisation::somebody),
        Route::new(Console, GET, "/runs", May(See), pages::runs::list),
        Route::new(Console, GET, "/runs/{id}", May(See), pages::runs::show),
        Route::new(Console, POST, "/runs/{id}/cancel", May(Operate), pages::runs::cancel),
        Route::new(Console, POST, "/runs/{id}/retry", May(Operate), pages::runs::retry),
        Route::new(Console, POST, "/runs/{id}/allow-loss", May(AllowLoss), pages::runs::allow_loss),
        Route::new(Console, GET, "/runs/{id}/proof", May(See), pages::runs::proof),
        Route::new(Console, GET, "/images", May(See), pages::masters::images),
        Route::new(Console, GET, "/masters", May(See), pages::masters::list),
        Route::new(Console, GET, "/masters/{digest}", May(See), pages::masters::show),
        Route::new(Console, GET, "/masters/{digest}/diff", May(See), pages::masters::compare),
        Route::new(Console, POST, "/masters/{digest}/move", May(Masters), pages::masters::move_to).does("master-move"),
        Route::new(Console, POST, "/masters/{digest}/rollback", May(Masters), pages::masters::rollback).does("master-rollback"),
        Route::new(Console, GET, "/options", May(See), pages::options::of_unit),
        Route::new(Console, POST, "/options/{option}", May(Options), pages::options::decide).does("option-set"),
        Route::new(Console, GET, "/machines/{id}/options", May(See), pages::options::of_machine),
        Route::new(Console, POST, "/machines/{id}/options/{option}", May(Options), pages::options::decide_for_machine).does("option-set"),
        Route::new(Console, GET, "/rules", May(See), pages::rules::list),
        Route::new(Console, POST, "/rules", May(Rules), pages::rules::write).does("rule-set"),
        Route::new(Console, POST, "/rules/{id}/remove", May(Rules), pages::rules::remove).does("rule-remove"),
        Route::new(Console, GET, "/rights", SignedIn, pages::rights::mine),
        Route::new(Console, POST, "/rights", SignedIn, pages::rights::choose),
        Route::new(Console, GET, "/roles", May(People), pages::rights::roles),
        Route::new(Console, POST, "/roles", May(People), pages::rights::give).does("role-give"),
        Route::new(Console, POST, "/roles/take", May(People), pages::rights::take).does("role-take"),
        Route::new(Console, GET, "/approvals", May(See), pages::approvals::list),
        Route::new(Console, GET, "/approvals/{id}", May(See), pages::approvals::show),
        Route::new(Console, POST, "/approvals/{id}/approve", May(See), pages::approvals::approve),
        Route::new(Console, POST, "/approvals/{id}/refuse", May(See), pages::approvals::refuse),
        Route::new(Console, GET, "/audit", May(Audit), pages::audit::list),
        Route::new(Console, GET, "/status", May(Server), pages::status::show),
        Route::new(Console, GET, "/api", SignedIn, pages::status::api),
        Route::new(Console, GET, "/boot-events", May(See), pages::status::boot_events),
        Route::new(Console, GET, "/diagnosis", May(Server), pages::diagnosis::show),
        Route::new(Console, POST, "/diagnosis", May(Server), pages::diagnosis::look).does("network-ask"),
        Route::new(Console, GET, "/assets/{name}", Anonymous, pages::asset),
    ])
}

/// What a door answers.
pub fn router(house: &Arc<House>, door: Door) -> Router {
    let mut router = Router::new();
    let gets = things(house, door);
    for route in table().into_iter().filter(|r| r.door == door) {
        let limit = DefaultBodyLimit::max(route.limit_bytes);
        let (named, versioned, method) = (route.name().is_some(), route.is_versioned(), route.method.clone());
        let act = route.act.clone();
        // Innermost: what the doors keep beside the act (a key, an answer) is no act of the person.
        let handler = match door {
            Door::Console => {
                let trail = middleware::from_fn_with_state((house.clone(), route.act), access::trail);
                route.handler.route_layer(trail)
            }
            Door::Agents | Door::Boot => route.handler,
        };
        let handler = match (named, method == Method::GET) {
            (true, false) => {
                let (house, gets) = (house.clone(), gets.clone());
                let guarded = idempotency::Guarded {
                    house,
                    gets,
                    segments: route.resource,
                    is_post: method == Method::POST,
                    limit_bytes: route.limit_bytes,
                };
                handler.route_layer(middleware::from_fn_with_state(guarded, idempotency::demanded))
            }
            (true, true) if versioned => handler.route_layer(middleware::from_fn(etag::tag)),
            _ => handler,
        };
        let guard = middleware::from_fn_with_state((house.clone(), route.access), access::guard);
        let handler = handler.route_layer(guard);
        let handler = match door {
            Door::Console if method != Method::GET => {
                handler.route_layer(middleware::from_fn_with_state((house.clone(), act), access::refused))
            }
            _ => handler,
        };
        router = router.route(route.path, handler.route_layer(limit));
    }
    let told = middleware::from_fn_with_state(house.clone(), refusal::told);
    router.layer(middleware::from_fn(zero_byte::refused)).layer(told).with_state(house.clone())
}

/// What has a version, and can be asked for it from inside.
fn things(house: &Arc<House>, door: Door) -> Router {
    let mut router = Router::new();
    for route in table().into_iter().filter(|r| r.door == door && r.is_versioned()) {
        let guard = middleware::from_fn_with_state((house.clone(), route.access), access::guard);
        let handler = route.handler.route_layer(middleware::from_fn(etag::tag)).route_layer(guard);
        router = router.route(route.path, handler);
    }
    router.with_state(house.clone())
}
