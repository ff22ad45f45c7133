//! Second factors, sessions, tokens: what opens, what is refused, what ends.
use crate::{
    browser::{Browser, PASSWORD, between, each},
    house::House,
};
use socle_server::{Config, Data, config::sign_in::SecondFactor, host};
use socle_trust::totp;
use std::{
    io::Read,
    time::{Duration, Instant},
};

/// Adds an application; its secret and the recovery codes.
pub fn enrol(browser: &Browser, house: &House) -> (Vec<u8>, Vec<String>) {
    let page = browser.get("/account/app").text;
    let text = between(&page, "<code class=\"secret\">", "</code>").replace(' ', "");
    assert!(page.contains("otpauth://totp/") && page.contains("<svg class=\"qr\""), "the picture is there");
    let secret = data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap();
    let wrong = browser.post("/account/app", &[("code", "000000"), ("name", "telephone")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains(&text[..4]), "the same secret is shown again");
    let code = totp::code(&secret, house.now()).unwrap();
    let done = browser.post("/account/app", &[("code", &code), ("name", "telephone")]);
    assert_eq!((done.status, done.location.as_str()), (303, "/account/once?done=factor-added"), "{}", done.text);
    let shown = browser.get("/account/once").text;
    let codes: Vec<String> = each(&shown, "<li><code>", "</code>").into_iter().map(String::from).collect();
    assert_eq!(codes.len(), 10);
    assert_eq!(browser.get("/account/once").location, "/account", "shown once");
    (secret, codes)
}

#[test]
fn a_code_is_asked_after_the_password_and_serves_once() {
    let house = House::new();
    let browser = Browser::signed_in(&house);
    let (secret, codes) = enrol(&browser, &house);
    let used = totp::code(&secret, house.now()).unwrap();
    assert_eq!(browser.sign_out().status, 303);
    assert!(!browser.is_in());

    let half = browser.sign_in("admin", PASSWORD);
    assert_eq!((half.status, half.location.as_str()), (303, "/sign-in/second"));
    assert!(!browser.is_in(), "a password alone opens nothing");
    assert_eq!(browser.get("/sign-in/second").status, 200);
    assert_eq!(browser.post("/sign-in/second", &[("code", &used)]).status, 422, "the code of the enrolment has served");
    house.later(30);
    let code = totp::code(&secret, house.now()).unwrap();
    let done = browser.post("/sign-in/second", &[("code", &code)]);
    assert_eq!((done.status, done.location.as_str()), (303, "/runs"), "{}", done.text);
    assert!(browser.is_in());
    assert!(browser.get("/account").text.contains("password, code"));

    // The same code, seen over a shoulder, in another browser.
    let thief = Browser::new(&house);
    thief.sign_in("admin", PASSWORD);
    assert_eq!(thief.post("/sign-in/second", &[("code", &code)]).status, 422);
    assert!(!thief.is_in());

    // A recovery code, however it is typed; and once.
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(thief.post("/sign-in/second", &[("code", &typed)]).status, 303);
    assert!(thief.is_in());
    let again = Browser::new(&house);
    again.sign_in("admin", PASSWORD);
    assert_eq!(again.post("/sign-in/second", &[("code", &codes[0])]).status, 422);
    assert!(browser.get("/account").text.contains("9 recovery codes are left"));
}

#[test]
fn what_comes_after_the_password_can_not_be_guessed_nor_skipped() {
    let house = House::new();
    let browser = Browser::signed_in(&house);
    enrol(&browser, &house);
    let thief = Browser::new(&house);
    assert_eq!(thief.get("/sign-in/second").location, "/sign-in", "nobody has begun");
    assert_eq!(thief.post("/sign-in/second", &[("code", "123456")]).location, "/sign-in");
    thief.sign_in("admin", PASSWORD);
    let tries: Vec<u16> =
        (0..6).map(|n| thief.post("/sign-in/second", &[("code", &format!("00000{n}"))]).status).collect();
    assert_eq!(tries, [422, 422, 422, 422, 422, 303], "after five one begins again");
    thief.sign_in("admin", PASSWORD);
    let more: Vec<u16> = (0..5).map(|_| thief.post("/sign-in/second", &[("code", "111111")]).status).collect();
    assert_eq!(more, [422; 5]);
    thief.sign_in("admin", PASSWORD);
    assert_eq!(thief.post("/sign-in/second", &[("code", "111111")]).status, 429, "and is slowed down");
    // Five minutes later the half is over.
    house.later(301);
    thief.sign_in("admin", PASSWORD);
    house.later(301);
    assert_eq!(thief.post("/sign-in/second", &[("code", "123456")]).location, "/sign-in");
    assert!(!thief.is_in());
}

#[test]
fn where_everybody_needs_one_a_second_factor_is_made_at_the_door() {
    let mut config = Config::default();
    config.sign_in.second_factor = SecondFactor::Required;
    let house = House::with(config);
    let browser = Browser::new(&house);
    let link = format!("/welcome/{}", house.link.rsplit('/').next().unwrap());
    let done = browser.post(&link, &[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(done.location, "/sign-in/enrol");
    assert!(!browser.is_in());
    let page = browser.get("/sign-in/enrol").text;
    let secret = between(&page, "<code class=\"secret\">", "</code>").replace(' ', "");
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    assert_eq!(browser.post("/sign-in/enrol", &[("code", "000000")]).status, 422);
    assert!(!browser.is_in());
    let code = totp::code(&secret, house.now()).unwrap();
    assert_eq!(browser.post("/sign-in/enrol", &[("code", &code)]).location, "/account/once");
    assert_eq!(each(&browser.get("/account/once").text, "<li><code>", "</code>").len(), 10);
    browser.sign_out();
    assert_eq!(browser.sign_in("admin", PASSWORD).location, "/sign-in/second");
}

#[test]
fn changing_how_one_signs_in_needs_a_fresh_sign_in() {
    let house = House::new();
    let browser = Browser::signed_in(&house);
    house.later(15 * 60);
    assert_eq!(browser.get("/account/app").location, "/sign-in?again=yes&next=/account/app");
    assert!(!browser.get("/account").text.contains("action=\"/account/tokens\""));
    let refused = browser.post("/account/tokens", &[("name", "x"), ("days", "1")]);
    assert_eq!(refused.location, "/sign-in?again=yes&next=/account");
    assert!(browser.get("/sign-in?again=yes&next=/account").text.contains("once more"));
    let done = browser.post("/sign-in", &[("name", "admin"), ("password", PASSWORD), ("next", "/account/app")]);
    assert_eq!(done.location, "/account/app");
    assert_eq!(browser.get("/account/app").status, 200);
    assert_eq!(
        each(&browser.get("/account").text, "scope=\"row\"><span title", "</th>").len(),
        1,
        "in the place of the old session"
    );
}

#[test]
fn sessions_are_listed_and_end_at_once() {
    let house = House::new();
    let here = Browser::signed_in(&house);
    let there = Browser::new(&house);
    there.sign_in("admin", PASSWORD);
    let third = Browser::new(&house);
    third.sign_in("admin", PASSWORD);
    let page = here.get("/account").text;
    assert!(page.contains("Firefox, Linux") && page.contains("127.0.0.1") && page.contains("this one"));
    let sessions = each(&page, "/account/sessions/", "/revoke");
    assert_eq!(sessions.len(), 2, "each other one has its button");
    assert!(!page.contains(&there.cookie("socle-session").unwrap()), "no bearer stands in a page");

    // One of them is in the middle of a long wait.
    let (mut of_there, mut of_third) = (there.stream("/api/v1/events"), third.stream("/api/v1/events"));
    assert!(of_there.status() == 200 && of_third.status() == 200);
    let begun = Instant::now();
    for session in sessions {
        assert_eq!(
            here.post(&format!("/account/sessions/{session}/revoke"), &[]).location,
            "/account?done=session-revoked"
        );
    }
    let mut rest = Vec::new();
    of_there.read_to_end(&mut rest).unwrap();
    of_third.read_to_end(&mut rest).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "the streams ended after {:?}", begun.elapsed());
    assert!(!there.is_in() && !third.is_in() && here.is_in());

    there.sign_in("admin", PASSWORD);
    let stranger = Browser::new(&house);
    assert_eq!(stranger.post("/account/sessions/x/revoke", &[]).status, 401);
    assert_eq!(here.post("/account/sessions/nothing/revoke", &[]).status, 404);
    assert_eq!(here.post("/account/sessions/revoke-others", &[]).location, "/account?done=sessions-revoked");
    assert!(!there.is_in() && here.is_in());
}

#[test]
fn a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions() {
    let house = House::new();
    let (here, there) = (Browser::signed_in(&house), Browser::new(&house));
    there.sign_in("admin", PASSWORD);
    let change = |current: &str, new: &str, again: &str| {
        here.post("/account/password", &[("current", current), ("password", new), ("again", again)]).status
    };
    assert_eq!(change("wrong", "another long password", "another long password"), 422);
    assert_eq!(change(PASSWORD, "short", "short"), 422);
    assert_eq!(change(PASSWORD, "another long password", "not the same at all"), 422);
    assert!(there.is_in());
    assert_eq!(change(PASSWORD, "another long password", "another long password"), 303);
    assert!(here.is_in() && !there.is_in());
    assert_eq!(there.sign_in("admin", PASSWORD).status, 422);
    assert_eq!(there.sign_in("admin", "another long password").status, 303);
}

#[test]
fn tokens_hold_a_part_of_a_persons_rights_for_a_time() {
    let house = House::new();
    let browser = Browser::signed_in(&house);
    let root = socle_domain::UnitId::ROOT;
    let make = |name: &str, days: &str, role: &str| {
        let done = browser.post("/account/tokens", &[("name", name), ("days", days), ("role", role)]);
        (done.status == 303)
            .then(|| between(&browser.get("/account/once").text, "class=\"secret\">", "</code>").to_string())
    };
    assert!(make("x", "0", "").is_none() && make("x", "401", "").is_none() && make("", "1", "").is_none());
    assert!(make("x", "1", &format!("helpdesk@{root}")).is_none(), "a role that he does not hold");
    let auditor = make("reports", "30", &format!("auditor@{root}")).unwrap();
    let ask = |method: reqwest::Method, path: &str, token: &str| {
        let request = house.http().request(method, house.url("console", path)).bearer_auth(token);
        request.header("content-type", "application/json").body("{}").send().unwrap()
    };
    let get = |path: &str, token: &str| ask(reqwest::Method::GET, path, token).status().as_u16();
    assert_eq!(get("/api/v1/machines", &auditor), 200);
    assert_eq!(ask(reqwest::Method::POST, "/api/v1/runs", &auditor).status().as_u16(), 403, "it may look and no more");
    assert_eq!(get("/api/v1/account", &auditor), 200);
    let refused = ask(reqwest::Method::POST, "/api/v1/account/tokens", &auditor);
    assert!(refused.status() == 403 || refused.status() == 400, "no token makes another");
    let all: serde_json::Value = ask(reqwest::Method::GET, "/api/v1/account/tokens", &auditor).json().unwrap();
    assert_eq!(all["items"][0]["name"], "reports");
    assert!(!all.to_string().contains(&auditor));

    // Its use is noted, and it ends: by its date, or at once, also for who waits with it.
    assert!(browser.get("/account").text.contains("127.0.0.1"));
    let whole = make("whole", "1", "").unwrap();
    assert_eq!(get("/api/v1/machines", &whole), 200);
    house.later(86_400);
    assert_eq!((get("/api/v1/machines", &whole), get("/api/v1/machines", &auditor)), (401, 200));
    let mut stream = house.http().get(house.url("console", "/api/v1/events")).bearer_auth(&auditor).send().unwrap();
    assert_eq!(stream.status(), 200);
    browser.sign_in("admin", PASSWORD);
    let id = each(&browser.get("/account").text, "/account/tokens/", "/revoke")
        .into_iter()
        .map(String::from)
        .collect::<Vec<_>>();
    assert_eq!(id.len(), 2);
    for id in id {
        assert_eq!(browser.post(&format!("/account/tokens/{id}/revoke"), &[]).status, 303);
    }
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(get("/api/v1/machines", &auditor), 401);
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn a_recovery_from_the_servers_own_computer_weakens_nothing_unless_it_is_told_to() {
    let house = House::on_sqlite();
    let browser = Browser::signed_in(&house);
    let (secret, _) = enrol(&browser, &house);
    let (data, config) = (Data::new(&house.data()).unwrap(), Config::default());
    let recover = |remove: bool| wait(host::recover(&data, &config, "admin", remove, house.now())).unwrap();
    assert!(wait(host::recover(&data, &config, "nobody", true, house.now())).unwrap_err().is("server-account-unknown"));

    let kept = recover(false);
    assert_eq!((kept.factors_removed, kept.factors_left), (0, 1));
    let found = Browser::new(&house);
    let link = format!("/welcome/{}", kept.link.rsplit('/').next().unwrap());
    let new = "a password that was found";
    assert_eq!(found.post(&link, &[("password", new), ("again", new)]).location, "/sign-in/second");
    assert!(!found.is_in(), "a link gives back a password and no more");
    assert!(!browser.is_in(), "the sessions of the old password have ended");
    house.later(30);
    let code = totp::code(&secret, house.now()).unwrap();
    assert_eq!(found.post("/sign-in/second", &[("code", &code)]).status, 303);

    let removed = recover(true);
    assert_eq!((removed.factors_removed, removed.factors_left), (1, 0));
    assert!(!found.is_in(), "all sessions end with it");
    let link = format!("/welcome/{}", removed.link.rsplit('/').next().unwrap());
    assert_eq!(found.post(&link, &[("password", new), ("again", new)]).status, 303);
    assert!(found.is_in());
    let trail = house.get::<serde_json::Value>("/api/v1/audit").to_string();
    assert!(trail.contains("account-recover-second-factor") && trail.contains("\"account-recover\""), "{trail}");
}

#[test]
fn tokens_are_revoked_from_the_servers_own_computer_also_while_somebody_waits() {
    let house = House::on_sqlite();
    let (data, config) = (Data::new(&house.data()).unwrap(), Config::default());
    let mut stream = house.http().get(house.url("console", "/api/v1/events")).bearer_auth(&house.token).send().unwrap();
    let all = wait(host::tokens(&data, &config, house.now())).unwrap();
    assert_eq!((all.len(), all[0].name.as_str()), (1, "test"));
    assert!(wait(host::revoke_token(&data, &config, "nothing", house.now())).is_err());
    wait(host::revoke_token(&data, &config, &all[0].id[..8], house.now())).unwrap();
    let begun = Instant::now();
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8), "another process revoked it: {:?}", begun.elapsed());
}

#[test]
fn guessing_at_one_account_keeps_neither_its_owner_nor_his_colleagues_out() {
    let house = House::new();
    let owner = Browser::signed_in(&house);
    owner.sign_out();
    let thief = Browser::new(&house);
    let tries: Vec<u16> = (0..12).map(|_| thief.sign_in("admin", "wrong").status).collect();
    assert_eq!((tries[0], tries[11]), (422, 429));
    assert_eq!(thief.sign_in("admin", PASSWORD).status, 429, "even the right one, from where it was guessed");
    // From the same address: the device that he has signed in from before, and everybody else.
    assert_eq!(owner.sign_in("admin", PASSWORD).status, 303);
    assert_eq!(thief.sign_in("colleague", "wrong").status, 422);
}

#[test]
fn a_refusal_says_nothing_about_who_exists() {
    let house = House::new();
    Browser::signed_in(&house);
    let refused = |name: &str| {
        let begun = Instant::now();
        let page = Browser::new(&house).sign_in(name, "not the password");
        (page.status, page.text.replace(name, "NAME"), begun.elapsed())
    };
    let (there, nobody) = (refused("admin"), refused("nobody"));
    assert_eq!((there.0, &there.1), (nobody.0, &nobody.1));
    for took in [there.2, nobody.2] {
        assert!(took >= Duration::from_millis(250), "{took:?}");
    }
}
