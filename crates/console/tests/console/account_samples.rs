//! Somebody's account, as samples for the tests and for the preview.
use socle_console::{Account, App, FactorLine, Form, OnceShown, RoleLine, SessionLine, SignIn, TokenLine};
use socle_domain::{Timestamp, role::Role};
use std::time::Duration;

fn ago(minutes: u64) -> Timestamp {
    super::samples::ago(60 * minutes as i64)
}

/// An account with two factors, three sessions and two tokens.
pub fn account() -> Account {
    let factor = |id: &str, kind, name: &str, used| FactorLine {
        id: id.into(),
        kind,
        name: name.into(),
        created: ago(60 * 24 * 40),
        used,
    };
    let session = |id: &str, device: &str, address: &str, how: &str, minutes| SessionLine {
        id: id.into(),
        is_this: id == "a",
        device: device.into(),
        address: address.into(),
        how: how.into(),
        since: ago(minutes + 90),
        used: ago(minutes),
    };
    let token = |id: &str, name: &str, roles: Vec<Role>, is_over| TokenLine {
        id: id.into(),
        name: name.into(),
        roles,
        since: ago(60 * 24 * 9),
        expires: Some(ago(0) + Duration::from_secs(86_400 * 81)),
        is_over,
        used: Some(ago(12)),
        address: "10.20.0.14".into(),
    };
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0";
    Account {
        name: "zoe.martin".into(),
        has_password: true,
        least_characters: 12,
        sources: vec!["oidc https://sso.example.org".into()],
        factors: vec![
            factor("f1", "totp", "T\u{e9}l\u{e9}phone", Some(ago(8))),
            factor("f2", "passkey", "Cl\u{e9} USB du bureau", None),
        ],
        codes_left: 9,
        passkeys: true,
        sessions: vec![
            session("a", firefox, "10.20.4.31", "password totp", 0),
            session("b", edge, "2001:db8:4:31::17", "service passkey", 47),
            session("c", "", "198.51.100.7", "directory recovery", 600),
        ],
        tokens: vec![
            token("t1", "Inventaire du lyc\u{e9}e", vec![Role::Helpdesk], false),
            token("t2", "Ancien script", vec![], true),
        ],
        roles: vec![
            RoleLine { word: "technician@1".into(), role: Role::Technician, unit: "Lyc\u{e9}e Jean-Moulin".into() },
            RoleLine { word: "auditor@2".into(), role: Role::Auditor, unit: "Centre".into() },
        ],
        fresh: true,
        which: "",
        form: Form::default(),
    }
}

/// A small picture that is none, but looks like one.
pub fn app(entering: bool) -> App {
    let square = |n: u32| n.wrapping_mul(2_654_435_761) >> 31 == 1;
    let squares = (0..37 * 37).filter(|n| square(*n)).map(|n| format!("M{} {}h1v1h-1z", n % 37 + 4, n / 37 + 4));
    App {
        text: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".into(),
        url: "otpauth://totp/Socle:zoe?secret=JBSWY3DPEHPK3PXP&issuer=Socle".into(),
        side: 45,
        path: squares.collect(),
        entering,
        form: Form::default(),
    }
}

/// Recovery codes, or a token.
pub fn once(codes: bool) -> OnceShown {
    match codes {
        true => OnceShown::Codes((0..10).map(|n| format!("a7k{n}-m2pq-x9rt-h4v{n}")).collect()),
        false => OnceShown::Token { name: "Inventaire".into(), token: "5f0c".repeat(16) },
    }
}

/// The sign-in page with everything that it may offer.
pub fn sign_in(again: bool) -> SignIn {
    SignIn {
        form: Form::default(),
        next: "/runs?state=failed".into(),
        service: Some("le service du centre".into()),
        passkeys: true,
        again,
        out: !again,
    }
}
