//! The one table of all that is answered: where, what, and to whom. A route that is not here does not exist; one that
//! is here states its authorisation.
use crate::{
    House,
    access::{self, Access, Access::*},
    agents, api, boot, pages, refusal,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
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
    handler: MethodRouter<Arc<House>>,
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
            MethodFilter::DELETE => Method::DELETE,
            _ => Method::GET,
        };
        let limit_bytes = if access == Anonymous { ANONYMOUS_BYTES } else { MAX_MESSAGE_BYTES };
        Route { door, method, path, access, limit_bytes, handler: on(filter, handler) }
    }
    fn up_to(mut self, limit_bytes: usize) -> Route {
        self.limit_bytes = limit_bytes;
        self
    }
}

/// The table.
#[rustfmt::skip]
pub fn table() -> Vec<Route> {
    const GET: MethodFilter = MethodFilter::GET;
    const POST: MethodFilter = MethodFilter::POST;
    const PUT: MethodFilter = MethodFilter::PUT;
    const DELETE: MethodFilter = MethodFilter::DELETE;
    use Door::{Agents, Boot, Console};
    vec![
        Route::new(Agents, POST, "/agent/v1/challenge", Anonymous, agents::hello::challenge),
        Route::new(Agents, POST, "/agent/v1/hello", Anonymous, agents::hello::hello),
        Route::new(Agents, GET, "/agent/v1/orders", Machine, agents::orders::orders),
        Route::new(Agents, GET, "/agent/v1/runs/{run}/journal", Machine, agents::runs::tail),
        Route::new(Agents, POST, "/agent/v1/runs/{run}/journal", Machine, agents::runs::push),
        Route::new(Agents, POST, "/agent/v1/runs/{run}/progress", Machine, agents::runs::progress),
        Route::new(Agents, GET, "/agent/v1/images/{image}/manifest", Machine, agents::content::manifest),
        Route::new(Agents, GET, "/agent/v1/pages/{digest}", Machine, agents::content::page),
        Route::new(Agents, POST, "/agent/v1/locate", Machine, agents::content::locate),
        Route::new(Agents, POST, "/agent/v1/packs/check", Machine, agents::content::check),
        Route::new(Agents, GET, "/agent/v1/packs/{pack}", Machine, agents::content::pack),
        Route::new(Agents, POST, "/agent/v1/capture/{run}/has", Machine, agents::capture::has),
        Route::new(Agents, PUT, "/agent/v1/capture/{run}/packs/{pack}", Machine, agents::capture::pack).up_to(MAX_PACK_BYTES),
        Route::new(Agents, PUT, "/agent/v1/capture/{run}/pages/{digest}", Machine, agents::capture::page),
        Route::new(Agents, PUT, "/agent/v1/capture/{run}/manifest", Machine, agents::capture::manifest).up_to(MAX_MANIFEST_BYTES),

        Route::new(Boot, GET, "/boot/boot.ipxe", Anonymous, boot::script),
        Route::new(Boot, GET, "/boot/{file}", Anonymous, boot::file),

        Route::new(Console, GET, "/api/v1/machines", SignedIn, api::machines::list),
        Route::new(Console, GET, "/api/v1/machines/{id}", SignedIn, api::machines::show),
        Route::new(Console, POST, "/api/v1/machines/{id}/accept", SignedIn, api::machines::accept),
        Route::new(Console, POST, "/api/v1/machines/{id}/refuse", SignedIn, api::machines::refuse),
        Route::new(Console, POST, "/api/v1/announced", SignedIn, api::recognition::announce),
        Route::new(Console, GET, "/api/v1/accept-rules", SignedIn, api::recognition::list_rules),
        Route::new(Console, POST, "/api/v1/accept-rules", SignedIn, api::recognition::add_rule),
        Route::new(Console, DELETE, "/api/v1/accept-rules/{name}", SignedIn, api::recognition::remove_rule),
        Route::new(Console, GET, "/api/v1/masters", SignedIn, api::masters::list),
        Route::new(Console, POST, "/api/v1/masters", SignedIn, api::masters::publish),
        Route::new(Console, GET, "/api/v1/images", SignedIn, api::images::list),
        Route::new(Console, POST, "/api/v1/images/releases", SignedIn, api::images::release),
        Route::new(Console, GET, "/api/v1/runs", SignedIn, api::runs::list),
        Route::new(Console, POST, "/api/v1/runs", SignedIn, api::runs::start),
        Route::new(Console, GET, "/api/v1/runs/{id}", SignedIn, api::runs::show),
        Route::new(Console, POST, "/api/v1/runs/{id}/cancel", SignedIn, api::runs::cancel),
        Route::new(Console, POST, "/api/v1/runs/{id}/retry", SignedIn, api::runs::retry),
        Route::new(Console, POST, "/api/v1/runs/{id}/allow-loss", SignedIn, api::runs::allow_loss),
        Route::new(Console, GET, "/api/v1/runs/{id}/journal", SignedIn, api::runs::journal),
        Route::new(Console, GET, "/api/v1/runs/{id}/proof", SignedIn, api::runs::proof),
        Route::new(Console, GET, "/api/v1/boot-events", SignedIn, api::server::boot_events),
        Route::new(Console, GET, "/api/v1/events", SignedIn, api::server::events),
        Route::new(Console, GET, "/api/v1/status", SignedIn, api::server::status),

        Route::new(Console, GET, "/", SignedIn, pages::today::show),
        Route::new(Console, GET, "/sign-in", Anonymous, pages::doors::sign_in),
        Route::new(Console, POST, "/sign-in", Anonymous, pages::doors::signed),
        Route::new(Console, GET, "/welcome/{token}", Anonymous, pages::doors::welcome),
        Route::new(Console, POST, "/welcome/{token}", Anonymous, pages::doors::welcomed),
        Route::new(Console, POST, "/sign-out", SignedIn, pages::doors::sign_out),
        Route::new(Console, POST, "/preferences", Anonymous, pages::doors::preferences),
        Route::new(Console, GET, "/machines", SignedIn, pages::machines::list),
        Route::new(Console, GET, "/machines/announce", SignedIn, pages::machines::announce),
        Route::new(Console, POST, "/machines/announce", SignedIn, pages::machines::announced),
        Route::new(Console, GET, "/machines/{id}", SignedIn, pages::machines::show),
        Route::new(Console, POST, "/machines/{id}/accept", SignedIn, pages::machines::accept),
        Route::new(Console, POST, "/machines/{id}/refuse", SignedIn, pages::machines::refuse),
        Route::new(Console, GET, "/machines/{id}/start", SignedIn, pages::start::choose),
        Route::new(Console, POST, "/machines/{id}/start", SignedIn, pages::start::start),
        Route::new(Console, GET, "/runs", SignedIn, pages::runs::list),
        Route::new(Console, GET, "/runs/{id}", SignedIn, pages::runs::show),
        Route::new(Console, POST, "/runs/{id}/cancel", SignedIn, pages::runs::cancel),
        Route::new(Console, POST, "/runs/{id}/retry", SignedIn, pages::runs::retry),
        Route::new(Console, POST, "/runs/{id}/allow-loss", SignedIn, pages::runs::allow_loss),
        Route::new(Console, GET, "/runs/{id}/proof", SignedIn, pages::runs::proof),
        Route::new(Console, GET, "/images", SignedIn, pages::masters::images),
        Route::new(Console, GET, "/masters", SignedIn, pages::masters::list),
        Route::new(Console, GET, "/masters/{digest}", SignedIn, pages::masters::show),
        Route::new(Console, GET, "/status", SignedIn, pages::status::show),
        Route::new(Console, GET, "/boot-events", SignedIn, pages::status::boot_events),
        Route::new(Console, GET, "/assets/{name}", Anonymous, pages::asset),
    ]
}

/// What a door answers.
pub fn router(house: &Arc<House>, door: Door) -> Router {
    let mut router = Router::new();
    for route in table().into_iter().filter(|r| r.door == door) {
        let guard = middleware::from_fn_with_state((house.clone(), route.access), access::guard);
        let limit = DefaultBodyLimit::max(route.limit_bytes);
        router = router.route(route.path, route.handler.route_layer(guard).route_layer(limit));
    }
    router.layer(middleware::from_fn_with_state(house.clone(), refusal::told)).with_state(house.clone())
}
