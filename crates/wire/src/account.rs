//! One's own account, as programs speak of it: `/api/v1/account…`.
//!
//! ```text
//! GET    /api/v1/account                               -> AccountView
//! GET    /api/v1/account/sessions                      -> Page of SessionView
//! DELETE /api/v1/account/sessions/{id}
//! POST   /api/v1/account/sessions/revoke-others        -> Revoked
//! GET    /api/v1/account/tokens                        -> Page of TokenView
//! POST   /api/v1/account/tokens      NewToken          -> 201 MadeToken: by a session alone
//! DELETE /api/v1/account/tokens/{id}
//! ```
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socle_domain::{AccountId, Timestamp, UnitId, role::Role};

/// Who one is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountView {
    /// The account.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Whether it has a password here.
    pub has_password: bool,
    /// Its second factors.
    pub factors: Vec<FactorView>,
    /// How many recovery codes are left.
    pub recovery_codes_left: u64,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FactorView {
    /// Its identifier.
    pub id: String,
    /// `totp` or `passkey`.
    pub kind: String,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// When it last served.
    pub used: Option<Timestamp>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// Its name: it opens nothing.
    pub id: String,
    /// What its browser says it is.
    pub device: String,
    /// From where it was last used.
    pub address: String,
    /// By what its person proved who he is.
    pub how: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used, to the minute.
    pub used: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// An API token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TokenView {
    /// Its name: it opens nothing.
    pub id: String,
    /// What its maker calls it.
    pub name: String,
    /// What it was given; nothing: all that its person holds.
    pub grants: Vec<TokenGrant>,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none: until it is revoked.
    pub expires: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
    /// From where it was last used.
    pub address: String,
}

/// A role that a token was given at a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenGrant {
    /// The role: one that its person holds there.
    pub role: Role,
    /// Where: there and below.
    pub unit: UnitId,
}

/// A token that is wished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it shall be called.
    #[schemars(length(min = 1, max = 60))]
    pub name: String,
    /// For how many days.
    #[schemars(range(min = 1, max = 400))]
    pub days: u32,
    /// What it is given; nothing: all that its person holds.
    #[serde(default)]
    pub grants: Vec<TokenGrant>,
}

/// A token that was made: its secret is told this once.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MadeToken {
    /// The secret, for `Authorization: Bearer`.
    pub secret: String,
    /// What is known of it from now on.
    pub token: TokenView,
}

/// How many were revoked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revoked {
    /// How many.
    pub revoked: u64,
}
