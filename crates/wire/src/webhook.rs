//! Webhooks: who is told what happens, over HTTPS, signed.
//!
//! ```text
//! GET    /api/v1/webhooks                                  -> Page<WebhookView>
//! POST   /api/v1/webhooks                    NewWebhook    -> 201 WebhookMade      (the secret is told once)
//! GET    /api/v1/webhooks/{id}                             -> WebhookView
//! PUT    /api/v1/webhooks/{id}               ChangeWebhook -> WebhookView          (switching on forgets failures)
//! DELETE /api/v1/webhooks/{id}                             -> 204
//! POST   /api/v1/webhooks/{id}/secret                      -> WebhookMade          (the old one signs too for 24 h)
//! POST   /api/v1/webhooks/{id}/try                         -> DeliveryView         (queues a `webhook.try`)
//! GET    /api/v1/webhooks/{id}/deliveries                  -> Page<DeliveryView>
//! POST   /api/v1/webhooks/{id}/deliveries/{event}/again    -> DeliveryView
//! ```
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_domain::{EventId, RunId, TargetId, Timestamp, UnitId, WebhookId};
use socle_texts::Fault;

/// Kinds of happenings, in the order of a machine's life.
pub const KINDS: [&str; 11] = [
    "machine.appeared",
    "machine.recognised",
    "machine.refused",
    "run.ordered",
    "run.running",
    "run.waiting",
    "run.failed",
    "run.cancelled",
    "run.completed",
    "image.captured",
    "webhook.try",
];

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookView {
    /// Its identifier.
    pub id: WebhookId,
    /// What happens in this unit and below is told.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// What is told; empty: everything.
    pub kinds: Vec<String>,
    /// Whether it is told.
    pub is_on: bool,
    /// Why it was switched off, where the server did it.
    pub off: Option<Fault>,
    /// Attempts that have failed since the last that did not.
    pub failures: u64,
    /// Since when there is this webhook.
    pub created: Timestamp,
}

/// A new webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Its name: 1 to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Where to tell: an address of HTTPS, in a network that the centre allows.
    #[schemars(length(max = 500))]
    pub url: String,
    /// What to tell; empty: everything.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub kinds: Vec<String>,
}

/// What a webhook shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhook {
    /// Its name: 1 to 100 characters.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Where to tell.
    #[schemars(length(max = 500))]
    pub url: String,
    /// What to tell; empty: everything.
    #[schemars(length(max = 20))]
    pub kinds: Vec<String>,
    /// Whether to tell.
    pub is_on: bool,
}

/// A webhook and its secret, told this once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookMade {
    /// The webhook.
    pub webhook: WebhookView,
    /// With what its messages are signed: `whsec_…`.
    pub secret: String,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryView {
    /// What happened: the `webhook-id` of every attempt.
    pub event: EventId,
    /// `run.completed`.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// `waiting`, `delivered` or `given-up`.
    pub state: String,
    /// When it is tried next, where it waits.
    pub next: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u64,
    /// The HTTP status of the last attempt.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub fault: Option<Fault>,
}

/// The message itself. It says what happened and to what; whoever wants more asks the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// `run.completed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// To what.
    pub data: ToldData,
}

/// What a message is about: no name of a person, and none of a machine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ToldData {
    /// In which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Which machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<TargetId>,
    /// Which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Which image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<socle_domain::Digest>,
}
