//! People come in and go out.
use crate::house::House;
use reqwest::blocking::Response;

const PASSWORD: &str = "correct horse battery";

fn post(house: &House, path: &str, form: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = house.http().post(house.url("console", path)).body(form.to_string());
    request = request.header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().unwrap()
}

fn path_of(link: &str) -> String {
    format!("/welcome/{}", link.rsplit('/').next().unwrap())
}

fn cookie(response: &Response) -> String {
    let set = response.headers()["set-cookie"].to_str().unwrap();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(flag), "{set}");
    }
    set.split(';').next().unwrap().to_string()
}

fn page(house: &House, path: &str, cookie: &str) -> u16 {
    house.http().get(house.url("console", path)).header("cookie", cookie).send().unwrap().status().as_u16()
}

#[test]
fn the_link_of_the_first_start_serves_once() {
    let house = House::new();
    let path = path_of(&house.link);
    assert_eq!(page(&house, &path, ""), 200);
    assert_eq!(page(&house, &path, ""), 200, "looking does not use it up");
    let form = |password: &str, again: &str| format!("password={password}&again={again}");
    assert_eq!(post(&house, &path, &form("short", "short"), &[]).status().as_u16(), 422);
    assert_eq!(post(&house, &path, &form(PASSWORD, "other"), &[]).status().as_u16(), 422);
    let done = post(&house, &path, &form(PASSWORD, PASSWORD), &[]);
    assert_eq!(done.status().as_u16(), 303);
    assert_eq!(page(&house, "/", &cookie(&done)), 200);
    assert_eq!(page(&house, &path, ""), 404);
    assert_eq!(post(&house, &path, &form(PASSWORD, PASSWORD), &[]).status().as_u16(), 404);
    let house = house.again();
    assert_eq!(house.link, "", "an administrator with a password gets no other link at each start");
}

#[test]
fn a_link_that_is_too_old_is_worth_nothing() {
    let house = House::new();
    house.later(24 * 3600 + 1);
    assert_eq!(page(&house, &path_of(&house.link), ""), 404);
}

#[test]
fn signing_in_and_out() {
    let house = House::new();
    post(&house, &path_of(&house.link), &format!("password={PASSWORD}&again={PASSWORD}"), &[]);
    let sign_in = |password: &str, next: &str| {
        post(&house, "/sign-in", &format!("name=admin&password={password}&next={next}"), &[])
    };
    assert_eq!(sign_in("wrong", "/").status().as_u16(), 422);
    let location = |r: &Response| r.headers()["location"].to_str().unwrap().to_string();
    assert_eq!(location(&sign_in(PASSWORD, "/runs")), "/runs");
    assert_eq!(location(&sign_in(PASSWORD, "//evil.example")), "/");
    assert_eq!(location(&sign_in(PASSWORD, "https://evil.example")), "/");
    let cookie = cookie(&sign_in(PASSWORD, "/"));
    assert_eq!(page(&house, "/machines", &cookie), 200);
    assert_eq!(page(&house, "/machines", "socle-session=made-up"), 303);
    // A form of another site's page changes nothing, though the browser would send the cookie.
    let machine = "/machines/announce";
    let form = "csv=name,mac%0Aa,52:54:00:00:00:01";
    let status = |headers: &[(&str, &str)]| post(&house, machine, form, headers).status().as_u16();
    assert_eq!(status(&[("cookie", &cookie), ("origin", "https://evil.example")]), 403);
    assert_eq!(status(&[("cookie", &cookie), ("sec-fetch-site", "cross-site")]), 403);
    let own = house.url("console", "");
    assert_eq!(status(&[("cookie", &cookie), ("origin", &own)]), 303);
    assert_eq!(post(&house, "/sign-out", "", &[("cookie", &cookie), ("origin", &own)]).status().as_u16(), 303);
    assert_eq!(page(&house, "/machines", &cookie), 303, "the session is over on the server too");
}

#[test]
fn a_session_lasts_a_day_of_work() {
    let house = House::new();
    let done = post(&house, &path_of(&house.link), &format!("password={PASSWORD}&again={PASSWORD}"), &[]);
    let cookie = cookie(&done);
    house.later(12 * 3600 - 1);
    assert_eq!(page(&house, "/", &cookie), 200);
    house.later(2);
    assert_eq!(page(&house, "/", &cookie), 303);
}

#[test]
fn guessing_passwords_is_slowed_down() {
    let house = House::new();
    let guess = || post(&house, "/sign-in", "name=nobody&password=x", &[]).status().as_u16();
    let answers: Vec<u16> = (0..22).map(|_| guess()).collect();
    assert_eq!(answers[0], 422);
    assert_eq!(answers[21], 429);
    house.later(61);
    assert_eq!(guess(), 422);
}

#[test]
fn live_events_reach_a_page() {
    use std::io::Read;
    let house = House::new();
    let url = house.url("console", "/api/v1/events");
    let mut stream = house.http().get(url).bearer_auth(&house.token).send().unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    house.script("52:54:00:00:00:01");
    let mut bytes = [0; 2048];
    let n = stream.read(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
    assert!(text.starts_with("data: {\"kind\":\"boot\"") || text.starts_with("data:{\"kind\":\"boot\""), "{text}");
}
