//! One's own account: how one signs in, where one is signed in, what programs may do in one's name.
use super::Page;
use crate::{Form, model::model, speak::Speak};
use jiff::Timestamp;
use minijinja::Value;
use socle_domain::role::Role;

/// The page of one's own account. Forms: `/account/password` `current,password,again`;
/// `/account/factors/{id}/remove`; `/account/recovery`; `/account/passkeys` `name,credential`;
/// `/account/sessions/{id}/revoke`; `/account/sessions/revoke-others`; `/account/tokens` `name,days,role`;
/// `/account/tokens/{id}/revoke`.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Whether it has a password here.
    pub has_password: bool,
    /// The shortest password that is taken, in characters.
    pub least_characters: u32,
    /// Where it is known elsewhere: `oidc https://…`, `ldap ldaps://…`.
    pub sources: Vec<String>,
    /// Its second factors.
    pub factors: Vec<FactorLine>,
    /// How many recovery codes are left.
    pub codes_left: u64,
    /// Whether browsers allow passkeys at this address.
    pub passkeys: bool,
    /// Where it is signed in, the last used first.
    pub sessions: Vec<SessionLine>,
    /// Its tokens, the newest first.
    pub tokens: Vec<TokenLine>,
    /// What a token may be given.
    pub roles: Vec<RoleLine>,
    /// Whether its person signed in just now, and may change how he signs in.
    pub fresh: bool,
    /// Which form was refused: `password`, `factors`, `tokens`.
    pub which: &'static str,
    /// The refused form, if one was.
    pub form: Form,
}

/// A second factor.
#[derive(Debug, Clone)]
pub struct FactorLine {
    /// Its identifier.
    pub id: String,
    /// `totp` or `passkey`.
    pub kind: &'static str,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub created: Timestamp,
    /// When it last served.
    pub used: Option<Timestamp>,
}

/// A session.
#[derive(Debug, Clone)]
pub struct SessionLine {
    /// Its name.
    pub id: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
    /// What its browser says it is.
    pub device: String,
    /// From where it was last used.
    pub address: String,
    /// By what its person proved who he is: words.
    pub how: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
}

/// A token.
#[derive(Debug, Clone)]
pub struct TokenLine {
    /// Its name.
    pub id: String,
    /// What its maker calls it.
    pub name: String,
    /// What it was given; nothing: all that its person holds.
    pub roles: Vec<Role>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// Whether that is over.
    pub is_over: bool,
    /// When it was last used.
    pub used: Option<Timestamp>,
    /// From where.
    pub address: String,
}

/// A role that a token may be given.
#[derive(Debug, Clone)]
pub struct RoleLine {
    /// `ROLE@UNIT`, for the form.
    pub word: String,
    /// The role.
    pub role: Role,
    /// The unit's name.
    pub unit: String,
}

/// A new secret for an application: shown, then tried. Fields: `name`, `code`.
#[derive(Debug, Clone)]
pub struct App {
    /// The secret in groups of four.
    pub text: String,
    /// The same as an address that applications open.
    pub url: String,
    /// Squares on a side of its picture.
    pub side: u32,
    /// The picture: an SVG path.
    pub path: String,
    /// Whether its person is not signed in yet.
    pub entering: bool,
    /// The refused form, if it was.
    pub form: Form,
}

/// What is shown once.
#[derive(Clone)]
pub enum OnceShown {
    /// Recovery codes.
    Codes(Vec<String>),
    /// A token.
    Token {
        /// What its maker calls it.
        name: String,
        /// Its secret.
        token: String,
    },
}

/// What a browser says it is, as one says it: `Firefox, Linux`. The whole is kept beside it.
fn device(agent: &str) -> String {
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chromium/", "Chromium"),
        ("HeadlessChrome/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => agent.chars().take(40).collect(),
    }
}

impl Account {
    fn sessions(&self, speak: &Speak) -> Vec<Value> {
        let how = |how: &str| -> Vec<String> {
            how.split(' ').filter(|w| !w.is_empty()).map(|w| speak.say(&format!("console-how-{w}"), &[])).collect()
        };
        let line = |s: &SessionLine| {
            let device = Some(device(&s.device)).filter(|d| !d.is_empty());
            model! {
                id => s.id,
                is_this => s.is_this,
                device => device.unwrap_or_else(|| speak.say("console-device-unknown", &[])),
                agent => s.device,
                address => s.address,
                how => how(&s.how).join(", "),
                since => speak.moment(s.since),
                used => speak.moment(s.used),
            }
        };
        self.sessions.iter().map(line).collect()
    }
    fn tokens(&self, speak: &Speak) -> Vec<Value> {
        let role = |role: &Role| speak.say(&format!("console-role-{role}"), &[]);
        let line = |t: &TokenLine| {
            model! {
                id => t.id,
                name => t.name,
                roles => t.roles.iter().map(role).collect::<Vec<_>>().join(", "),
                since => speak.moment(t.since),
                expires => t.expires.map(|e| speak.moment(e)),
                is_over => t.is_over,
                used => t.used.map(|u| speak.moment(u)),
                address => t.address,
            }
        };
        self.tokens.iter().map(line).collect()
    }
}

impl Page for Account {
    fn template(&self) -> &'static str {
        "account.html"
    }
    fn model(&self, speak: &Speak) -> Value {
        let factor = |f: &FactorLine| {
            model! {
                id => f.id,
                kind => f.kind,
                what => speak.say(&format!("console-factor-{}", f.kind), &[]),
                name => f.name,
                created => speak.moment(f.created),
                used => f.used.map(|u| speak.moment(u)),
            }
        };
        let role = |r: &RoleLine| {
            model! { word => r.word, role => speak.say(&format!("console-role-{}", r.role), &[]), unit => r.unit }
        };
        model! {
            name => self.name,
            has_password => self.has_password,
            least_characters => self.least_characters,
            sources => self.sources.iter().filter_map(|s| Some(s.split_once(' ')?.1)).collect::<Vec<_>>(),
            factors => self.factors.iter().map(factor).collect::<Vec<_>>(),
            codes_left => self.codes_left,
            passkeys => self.passkeys,
            sessions => self.sessions(speak),
            others => self.sessions.iter().filter(|s| !s.is_this).count(),
            tokens => self.tokens(speak),
            roles => self.roles.iter().map(role).collect::<Vec<_>>(),
            fresh => self.fresh,
            which => self.which,
            form => self.form.model(),
        }
    }
}

impl Page for App {
    fn template(&self) -> &'static str {
        if self.entering { "sign-in-enrol.html" } else { "account-app.html" }
    }
    fn model(&self, _: &Speak) -> Value {
        model! {
            text => self.text,
            url => self.url,
            side => self.side,
            path => self.path,
            form => self.form.model(),
        }
    }
}

impl Page for OnceShown {
    fn template(&self) -> &'static str {
        "account-once.html"
    }
    fn model(&self, _: &Speak) -> Value {
        match self {
            OnceShown::Codes(codes) => model! { codes => codes, name => "", token => "" },
            OnceShown::Token { name, token } => model! { codes => Vec::<String>::new(), name => name, token => token },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn a_browser_is_called_by_its_name() {
        let check = |agent: &str, expect: &str| assert_eq!(device(agent), expect);
        check("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux");
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
             Safari/537.36 Edg/140.0.0.0",
            "Edge, Windows",
        );
        check("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iOS");
        check("curl/8.5.0", "curl");
        check("", "");
        check("something of one's own", "something of one's own");
    }
}
