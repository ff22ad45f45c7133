//! What surrounds every page: who reads it, in which language, when.
use crate::model::model;
use crate::speak::Speak;
use jiff::{Timestamp, tz::TimeZone};
use minijinja::Value;
use socle_domain::role::Right;
use socle_texts::{Arg, Lang};
use std::collections::BTreeSet;

/// Light, dark, or as the reader's system asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system asks.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The word of the cookie `socle-theme`.
    pub fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
    /// From the cookie's word; anything unknown is [`Theme::Auto`].
    pub fn from_word(word: &str) -> Self {
        match word {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

/// A sentence shown once at the top of the page after a form has done its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A machine was accepted.
    Accepted,
    /// A machine was refused.
    Refused,
    /// So many machines were announced.
    Announced(u32),
    /// A run was ordered.
    Started,
    /// A run is being cancelled.
    Cancelled,
    /// A failed run is being tried again.
    Retried,
    /// A loss was allowed.
    LossAllowed,
    /// A decision was entered.
    Decided,
    /// What was decided about an option was taken back.
    Cleared,
    /// A rule was kept.
    RuleKept,
    /// A rule was removed.
    RuleRemoved,
    /// A master was moved to another stage.
    Moved,
    /// The password was set.
    PasswordSet,
    /// A second factor was added.
    FactorAdded,
    /// A second factor was removed.
    FactorRemoved,
    /// A session was ended.
    SessionRevoked,
    /// All other sessions were ended.
    SessionsRevoked,
    /// A token was revoked.
    TokenRevoked,
    /// A role was given.
    RoleGiven,
    /// A role was taken away.
    RoleTaken,
    /// An act waits for a second person.
    Asked,
    /// A second person said yes.
    Approved,
    /// A second person said no.
    NotApproved,
    /// The network was asked who answers machines.
    Looked,
    /// A known machine goes on under another key.
    IdentityReplaced,
    /// A machine was ordered to start the boot environment.
    BootOnceOrdered,
    /// Packets were sent to wake a machine.
    Woken,
}

impl Notice {
    /// From the query parameter `done` of the redirect (`?done=accepted`, `?done=announced-12`); unknown words are none.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "accepted" => Notice::Accepted,
            "refused" => Notice::Refused,
            "started" => Notice::Started,
            "cancelled" => Notice::Cancelled,
            "retried" => Notice::Retried,
            "loss-allowed" => Notice::LossAllowed,
            "decided" => Notice::Decided,
            "cleared" => Notice::Cleared,
            "rule-kept" => Notice::RuleKept,
            "rule-removed" => Notice::RuleRemoved,
            "moved" => Notice::Moved,
            "password-set" => Notice::PasswordSet,
            "role-given" => Notice::RoleGiven,
            "role-taken" => Notice::RoleTaken,
            "asked" => Notice::Asked,
            "approved" => Notice::Approved,
            "not-approved" => Notice::NotApproved,
            "looked" => Notice::Looked,
            "identity-replaced" => Notice::IdentityReplaced,
            "boot-once-ordered" => Notice::BootOnceOrdered,
            "woken" => Notice::Woken,
            "factor-added" => Notice::FactorAdded,
            "factor-removed" => Notice::FactorRemoved,
            "session-revoked" => Notice::SessionRevoked,
            "sessions-revoked" => Notice::SessionsRevoked,
            "token-revoked" => Notice::TokenRevoked,
            other => Notice::Announced(other.strip_prefix("announced-")?.parse().ok()?),
        })
    }
    pub(crate) fn key(self) -> &'static str {
        match self {
            Notice::Accepted => "console-notice-accepted",
            Notice::Refused => "console-notice-refused",
            Notice::Announced(_) => "console-notice-announced",
            Notice::Started => "console-notice-started",
            Notice::Cancelled => "console-notice-cancelled",
            Notice::Retried => "console-notice-retried",
            Notice::LossAllowed => "console-notice-loss-allowed",
            Notice::Decided => "console-notice-decided",
            Notice::Cleared => "console-notice-cleared",
            Notice::RuleKept => "console-notice-rule-kept",
            Notice::RuleRemoved => "console-notice-rule-removed",
            Notice::Moved => "console-notice-moved",
            Notice::PasswordSet => "console-notice-password-set",
            Notice::RoleGiven => "console-notice-role-given",
            Notice::RoleTaken => "console-notice-role-taken",
            Notice::Asked => "console-notice-asked",
            Notice::Approved => "console-notice-approved",
            Notice::NotApproved => "console-notice-not-approved",
            Notice::Looked => "console-notice-looked",
            Notice::IdentityReplaced => "console-notice-identity-replaced",
            Notice::BootOnceOrdered => "console-notice-boot-once-ordered",
            Notice::Woken => "console-notice-woken",
            Notice::FactorAdded => "console-notice-factor-added",
            Notice::FactorRemoved => "console-notice-factor-removed",
            Notice::SessionRevoked => "console-notice-session-revoked",
            Notice::SessionsRevoked => "console-notice-sessions-revoked",
            Notice::TokenRevoked => "console-notice-token-revoked",
        }
    }
}

/// What surrounds every page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The reader's language: cookie `socle-lang`, else `Accept-Language`, else French.
    pub lang: Lang,
    /// Light or dark: cookie `socle-theme`.
    pub theme: Theme,
    /// The present; durations are counted to it.
    pub now: Timestamp,
    /// The zone in which times are shown (the server's own; UTC stands in their tooltips).
    pub zone: TimeZone,
    /// Path and query of this page, as asked (for a refused form: of the page that it stands in): where the language
    /// switch comes back to, and what `live.js` asks again.
    pub here: String,
    /// Who is signed in; none on the sign-in pages.
    pub person: Option<String>,
    /// Hidden in every form; empty where the server checks otherwise.
    pub csrf: String,
    /// Machines that wait to be recognised, shown in the menu. 0: nothing is shown.
    pub to_recognise: u64,
    /// Runs that wait for a person or failed, shown in the menu.
    pub need_attention: u64,
    /// Acts that wait for the reader as the second person, shown in the menu.
    pub to_approve: u64,
    /// What the reader may do somewhere: the menu shows the rooms that he may enter.
    pub may: BTreeSet<Right>,
    /// What was just done, if anything.
    pub notice: Option<Notice>,
}

impl Frame {
    pub(crate) fn model(&self, speak: &Speak) -> Value {
        let path = self.here.split(['?', '#']).next().unwrap_or("/");
        model! {
            lang => self.lang.code(),
            theme => self.theme.word(),
            here => without(&self.here, "done"),
            live => live(&self.here),
            // The menu's own word: the first part of the path.
            room => path.trim_start_matches('/').split('/').next().unwrap_or(""),
            person => self.person,
            to_recognise => self.to_recognise,
            need_attention => self.need_attention,
            to_approve => self.to_approve,
            may => self.may.iter().map(|r| r.word()).collect::<Vec<_>>(),
            notice => self.notice.map(|n| speak.say(n.key(), &n.args(speak))),
            now => speak.moment(self.now),
        }
    }
}

impl Notice {
    fn args(self, speak: &Speak) -> Vec<(&'static str, Arg)> {
        match self {
            Notice::Announced(n) => vec![("n", n.into()), ("number", speak.number(n.into()).into())],
            _ => vec![],
        }
    }
}

/// A path and query without the parameter `name`.
fn without(here: &str, name: &str) -> String {
    let Some((path, query)) = here.split_once('?') else { return here.to_string() };
    let kept: Vec<&str> = query.split('&').filter(|p| p.split('=').next() != Some(name)).collect();
    if kept.is_empty() { path.to_string() } else { format!("{path}?{}", kept.join("&")) }
}

/// Where the moving part of this page is asked for.
fn live(here: &str) -> String {
    let here = without(&without(here, "done"), "part");
    let joint = if here.contains('?') { '&' } else { '?' };
    format!("{here}{joint}part=live")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_moving_part_keeps_the_filters_and_forgets_the_notice() {
        assert_eq!(super::live("/machines?state=known&done=accepted"), "/machines?state=known&part=live");
        assert_eq!(super::live("/?done=started"), "/?part=live");
        assert_eq!(super::without("/runs?state=failed&page=2", "done"), "/runs?state=failed&page=2");
    }
}
