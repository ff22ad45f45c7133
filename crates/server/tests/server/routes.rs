//! Every route, asked by everybody: what the table says is what happens.
use crate::{fake::Machine, house::House};
use reqwest::{Method, blocking::Client};
use socle_server::routes::{Door, RouteAccess, table};

/// The table as a text, kept: a route that changes its authorisation shows in the review.
#[test]
fn the_table_is_known() {
    let line = |r: &socle_server::routes::Route| format!("{:?} {} {} {:?}", r.door, r.method, r.path, r.access);
    let lines: Vec<String> = table().iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_route_refuses_whom_it_must() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    machine.known();
    let session = machine.session.clone().unwrap();
    let callers = [("nobody", None), ("a machine", Some(session)), ("a program", Some(house.token.clone()))];
    let tls = Client::builder()
        .tls_backend_preconfigured(socle_trust::tls::pinned_client(house.pin).unwrap())
        .no_proxy()
        .build()
        .unwrap();
    for route in table() {
        let (door, client) = match route.door {
            Door::Console => ("console", house.http()),
            Door::Agents => ("agents", &tls),
            Door::Boot => ("boot", house.http()),
        };
        for (caller, bearer) in &callers {
            let url = house.url(door, &filled(route.path));
            let mut request = client.request(Method::from_bytes(route.method.as_str().as_bytes()).unwrap(), url);
            if let Some(bearer) = bearer {
                request = request.bearer_auth(bearer);
            }
            let response = request.header("content-length", "0").send();
            // The stream of events never ends by itself: its head is enough.
            let response = response.unwrap();
            let status = response.status().as_u16();
            let to_sign_in =
                response.headers().get("location").is_some_and(|l| l.to_str().unwrap().starts_with("/sign-in?"));
            let turned_away = status == 401 || (status == 303 && to_sign_in);
            let allowed = match route.access {
                RouteAccess::Anonymous => true,
                RouteAccess::Machine => *caller == "a machine",
                RouteAccess::AtMachine => false,
                RouteAccess::SignedIn | RouteAccess::May(_) => *caller == "a program",
            };
            assert_eq!(!turned_away, allowed, "{} {} for {caller}: {status}", route.method, route.path);
            assert_ne!(status, 500, "{} {} for {caller}", route.method, route.path);
            assert!(allowed || !response.headers().contains_key("set-cookie"));
        }
    }
}

fn filled(path: &str) -> String {
    let id = "0190aaaa-0000-7000-8000-000000000009";
    let digest = "00".repeat(32);
    let values = [("{id}", id), ("{run}", id), ("{image}", &digest), ("{digest}", &digest), ("{pack}", &digest)];
    let mut path = values.iter().fold(path.to_string(), |p, (name, value)| p.replace(name, value));
    for name in ["{name}", "{token}", "{file}"] {
        path = path.replace(name, "x");
    }
    path
}

#[test]
fn what_is_not_in_the_table_is_not_there() {
    let house = House::new();
    let get = |path: &str, lang: &str| {
        let request = house.http().get(house.url("console", path)).header("accept-language", lang);
        let response = request.send().unwrap();
        let typed = response.headers()["content-type"].to_str().unwrap().to_string();
        (response.status().as_u16(), typed, response.text().unwrap())
    };
    let (status, typed, text) = get("/api/v1/nothing", "en");
    assert_eq!((status, typed.as_str()), (404, "application/problem+json"));
    assert!(text.contains("urn:socle:server-no-such-place"), "{text}");
    let (status, typed, french) = get("/nothing", "fr-FR,fr;q=0.9");
    assert_eq!((status, typed.as_str()), (404, "text/html; charset=utf-8"));
    assert!(french.contains("lang=\"fr\""), "{french}");
    assert_eq!(get("/api/v1/runs/not-an-id", "en").0, 401, "who is nobody learns nothing of the form");
    let wrong = house.http().delete(house.url("console", "/api/v1/runs")).bearer_auth(&house.token).send().unwrap();
    assert_eq!(wrong.status().as_u16(), 405);
    let wrong =
        house.http().post(house.url("console", "/api/v1/runs")).bearer_auth(&house.token).body("{").send().unwrap();
    assert_eq!(wrong.status().as_u16(), 400);
}

#[test]
fn anonymous_messages_are_short() {
    let house = House::new();
    let machine = Machine::new(&house.agents(), house.pin, 1);
    let long = serde_json::json!({ "x": "x".repeat(600 << 10) });
    let code = machine.post::<serde_json::Value>("/agent/v1/hello", &long).unwrap_err().code();
    // The rest of what is too long is not read: who goes on sending may find the line cut.
    assert!(code == "server-message-too-long" || code.starts_with("silent"), "{code}");
}
