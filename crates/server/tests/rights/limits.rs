//! Tries to sign in: a site behind one address is not kept out by one who guesses, and nobody hides behind a header.
use crate::{house::House, people::Organisation};
use socle_server::Config;

/// How somebody's wrong password is answered: 422, or 429 where he has tried too often.
fn guess(house: &House, name: &str, from: Option<&str>) -> u16 {
    let origin = house.url("console", "");
    let request = house.http().post(house.url("console", "/sign-in")).header("origin", origin);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = match from {
        Some(from) => request.header("x-forwarded-for", from),
        None => request,
    };
    request.body(format!("name={name}&password=a wrong one")).send().unwrap().status().as_u16()
}

#[test]
fn one_who_guesses_keeps_no_colleague_out() {
    let house = House::new();
    let org = Organisation::new(&house);
    for name in ["anne", "bruno"] {
        org.somebody(name, &[]);
    }
    let answers: Vec<u16> = (0..12).map(|_| guess(&house, "anne", None)).collect();
    assert_eq!((answers[0], answers[11]), (422, 429));
    assert_eq!(guess(&house, "bruno", None), 422, "from the same address");
    house.later(61);
    assert_eq!(guess(&house, "anne", None), 422);
}

#[test]
fn only_a_configured_proxy_says_for_whom_it_speaks() {
    let mut config = Config::default();
    let tried_from_two_places = |house: &House| {
        let one = (0..12).map(|_| guess(house, "anne", Some("198.51.100.1"))).max();
        (one, guess(house, "anne", Some("198.51.100.2")))
    };
    let house = House::with(config.clone());
    assert_eq!(tried_from_two_places(&house), (Some(429), 429), "anybody may write such a header");
    config.console.proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let house = House::with(config);
    assert_eq!(tried_from_two_places(&house), (Some(429), 422));
}
