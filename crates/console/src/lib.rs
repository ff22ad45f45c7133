//! Pages: typed contexts, templates, live events. No business rule: what is shown was decided elsewhere.
//!
//! A page is a struct of this crate made from what the API answers ([`socle_wire::api`]); its template stands in
//! `web/templates`, its words in `locales/*/console.ftl`. [`Pages::full`] renders a whole page, [`Pages::part`] the
//! part of it that moves (the template's block `live`), which `live.js` asks for again when something has changed.
//!
//! # How the server mounts it
//!
//! Every page reads without JavaScript: a form posts, the answer is `303 See Other` to the URL in the last column. A
//! refused form answers `422` with the same page, its [`Form`] holding the problem and what was typed.
//! A redirect may say what was done, once: `?done=WORD`, read back by [`Notice::from_word`] into [`Frame::notice`].
//! Every `POST` form carries the hidden field `csrf` = [`Frame::csrf`]; check it, or leave it empty and check `Origin`.
//!
//! | method and URL | context | what it does |
//! |---|---|---|
//! | `GET /` | [`Today`] | `?part=live` answers [`Pages::part`] (so for every page marked ◐) ◐ |
//! | `GET /sign-in` · `POST` `name,password,next` | [`SignIn`] | 303 to `next` (a local path) or `/` |
//! | `GET /welcome/{token}` · `POST` `password,again` | [`Welcome`] | the one-time link sets a password; 303 `/` |
//! | `GET /sign-in/second` · `POST` `code` | [`Second`] | the second factor |
//! | `GET /sign-in/enrol` · `POST` `code` | [`App`] | the first second factor, where everybody needs one |
//! | `POST /sign-in/passkey/question` · `POST /sign-in/passkey` `credential,next` | | JSON for `passkey.js`; its answer |
//! | `GET /sign-in/service?next=` · `/back` · `/out` | [`SignedIn`] | the centre's own sign-in service |
//! | `GET /account` and its forms | [`Account`] | sessions, factors, tokens, password |
//! | `GET /account/app` · `POST` `code,name` | [`App`] | codes of an application |
//! | `GET /account/once` | [`OnceShown`] | recovery codes or a token, shown once |
//! | `POST /sign-out` | | 303 `/sign-in` |
//! | `POST /preferences` `lang?,theme?,back` | | sets the cookies `socle-lang` (`fr`, `en`) and `socle-theme` (`auto`, `light`, `dark`), one year, `SameSite=Lax`; 303 to `back` (a local path). No session needed |
//! | `GET /machines?state=&q=&page=` | [`Machines`] | ◐ |
//! | `GET /machines/announce` · `POST` `csv` | [`Announce`] | 303 `/machines?done=announced-N` |
//! | `GET /machines/codes` · `POST` `unit,count,minutes` | [`Codes`] | the page itself shows them, once |
//! | `POST /machines/codes/revoke` | | 303 `/machines/codes` |
//! | `GET /machines/room?unit=&master=` · `POST` | [`RoomForm`] | 303 `/runs`, or the approval that it waits for |
//! | `GET /machines/{id}` | [`MachinePage`] | ◐ |
//! | `POST /machines/{id}/accept` `name` · `/refuse` | [`Machines`] on refusal of the form | 303 `/machines/{id}` · `/machines?state=to-recognise` |
//! | `GET /machines/{id}/start?master=DIGEST` | [`Start`] | without `master`: choose; with it: confirm |
//! | `POST /machines/{id}/start` `master,loss` (`nothing-only`, `expendable`), `option.NAME…` (see [`typed_options`]) | [`Start`] on refusal | 303 `/runs/{id}` |
//! | `GET /runs?state=&page=` | [`Runs`] | `state`: `ordered`, `running`, `waiting`, `failed`, `cancelled`, `completed` ◐ |
//! | `GET /runs/{id}` | [`RunPage`] | ◐ |
//! | `POST /runs/{id}/cancel` · `/retry` · `/allow-loss` `census,reason` | [`RunPage`] on refusal | 303 `/runs/{id}` |
//! | `GET /runs/{id}/proof` | [`ProofPage`] | the verdict; the file itself is `GET /api/v1/runs/{id}/proof` |
//! | `GET /organisation?at=` · `/organisation/{id}` · `POST {id}/decide` · `/import` · `/departures` | [`Organisation`], [`UnitPage`], [`ImportPage`], [`DeparturesPage`] | 303 to the unit, the list or the departures |
//! | `GET /search?q=` · `/persons/{id}` | [`SearchPage`], [`PersonPage`] | |
//! | `GET /images` | [`Images`] | ◐ |
//! | `GET /masters` · `/masters/{digest}` | [`Masters`] · [`MasterPage`] | |
//! | `GET /rights` · `POST` `unit` | [`MyRightsPage`] | chooses the place to look at; 303 `/rights` |
//! | `GET /roles` · `POST` `person,role,unit` · `POST /roles/take` | [`Roles`] | 303 `/roles?done=role-given` · `role-taken` |
//! | `GET /approvals` · `/approvals/{id}` · `POST …/approve` · `…/refuse` `reason` | [`Approvals`] · [`ApprovalPage`] | 303 `/approvals/{id}` |
//! | `GET /audit?act=&who=&subject=&before=` | [`AuditPage`] | the export is `GET /api/v1/audit/export` |
//! | `GET /status` | [`StatusPage`] | ◐ |
//! | `GET /diagnosis?mac=` · `POST` | [`DiagnosisPage`] | asks the network for five seconds; 303 `/diagnosis?done=looked` |
//! | `GET /boot-events?who=&page=` | [`BootEvents`] | ◐ |
//! | `GET /api` | [`ApiPage`] | the description of the API, to be tried |
//! | `GET /assets/{name}` | [`Pages::asset`] | `Cache-Control:` [`ASSET_CACHE`], `ETag`, `Content-Encoding: gzip` where asked for |
//! | anything that failed | [`ErrorPage`] | with the problem's own status |
//!
//! `live.js` opens `GET /api/v1/events` (an `EventSource`: the session cookie must be accepted there); each message's
//! `data` is a [`socle_wire::api::LiveEvent`] in JSON, without an `event:` name; a comment line every 15 s keeps it open.
//! When a message names a machine or a run that the page shows, the page asks for its own URL with `?part=live` (the
//! header `HX-Request: true` is set), at most once a second. Pages answer `Cache-Control: no-store`.
//!
//! Headers of every page: [`CONTENT_SECURITY_POLICY`], `X-Content-Type-Options: nosniff`, `Referrer-Policy: same-origin`.
mod assets;
mod engine;
mod form;
pub mod format;
mod frame;
mod model;
mod pages;
mod speak;

pub use assets::Asset;
pub use engine::Pages;
pub use form::Form;
pub use frame::{Frame, Notice, Theme};
pub use pages::DiagnosisPage;
pub use pages::{
    Account, App, ApprovalPage, Approvals, AuditPage, FactorLine, MyRightsPage, OnceShown, RoleLine, Roles, Second,
    SessionLine, SignedIn, TokenLine,
};
pub use pages::{
    Announce, ApiPage, BootEvents, Chosen, ErrorPage, Images, MachinePage, Machines, MasterPage, Masters, Page,
    ProofPage, RunPage, RunWithSteps, Runs, SignIn, Start, StatusPage, Today, Welcome, typed_options,
};
pub use pages::{Codes, DeparturesPage, ImportPage, Organisation, PersonPage, RoomForm, SearchPage, UnitPage};
pub use pages::{DiffPage, MasterWay, OptionsOf, OptionsPage, RulesPage, typed_latitude, typed_sets, typed_value};

/// The `Content-Security-Policy` of every page: own files only, nothing inline, no frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// `Cache-Control` of assets: their names hold a digest of their content.
pub const ASSET_CACHE: &str = "public, max-age=31536000, immutable";
