//! A browser of few words: cookies, forms, redirections followed by hand; for us and for the sign-in service beside us.
use crate::house::House;
use reqwest::{
    Method,
    blocking::{Client, Response},
};
use std::{cell::RefCell, collections::BTreeMap};

/// The password of the first administrator in these tests.
pub const PASSWORD: &str = "correct horse battery";

pub struct Browser<'a> {
    house: &'a House,
    http: Client,
    agent: String,
    /// By server, name and path.
    cookies: RefCell<BTreeMap<(String, String, String), String>>,
}

/// What came of a request.
pub struct Page {
    pub status: u16,
    /// Where it leads, in full where that is another server.
    pub location: String,
    pub text: String,
}

impl<'a> Browser<'a> {
    pub fn new(house: &'a House) -> Browser<'a> {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Browser {
            house,
            http,
            agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0".into(),
            cookies: RefCell::default(),
        }
    }
    /// One in which the first administrator has set his password by his link.
    pub fn signed_in(house: &'a House) -> Browser<'a> {
        let browser = Browser::new(house);
        let link = format!("/welcome/{}", house.link.rsplit('/').next().unwrap());
        let done = browser.post(&link, &[("password", PASSWORD), ("again", PASSWORD)]);
        assert_eq!(done.status, 303, "{}", done.text);
        browser
    }
    /// The address of a path of the console, as people open it.
    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_string() } else { self.house.url("console", path) }
    }
    fn ask(&self, method: Method, path: &str, form: Option<String>) -> Response {
        let url = reqwest::Url::parse(&self.url(path)).unwrap();
        // One computer under two names: the port tells servers apart.
        let server = format!("{}", url.port().unwrap_or(80));
        let held = self.cookies.borrow();
        let sent = held.iter().filter(|((s, _, below), _)| *s == server && url.path().starts_with(below.as_str()));
        let cookies: Vec<String> = sent.map(|((_, name, _), value)| format!("{name}={value}")).collect();
        drop(held);
        let mut request = self.http.request(method, url.clone()).header("accept-language", "en");
        request = request.header("cookie", cookies.join("; ")).header("user-agent", &self.agent);
        if let Some(form) = form {
            let origin = url.origin().ascii_serialization();
            request =
                request.header("content-type", "application/x-www-form-urlencoded").header("origin", origin).body(form);
        }
        let response = request.send().unwrap();
        for set in response.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let below = set.split("ath=").nth(1).map_or("/", |p| p.split(';').next().unwrap());
            let key = (server.clone(), name.to_string(), below.to_string());
            let over = value.is_empty() || set.contains("1970") || set.contains("Max-Age=0");
            match over {
                true => drop(self.cookies.borrow_mut().remove(&key)),
                false => drop(self.cookies.borrow_mut().insert(key, value.to_string())),
            }
        }
        response
    }
    fn page(&self, response: Response) -> Page {
        let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_string());
        let (status, mut location) = (response.status().as_u16(), header("location").unwrap_or_default());
        let ours = reqwest::Url::parse(&self.url("/")).unwrap();
        if location.starts_with('/') && response.url().port() != ours.port() {
            location = response.url().join(&location).unwrap().to_string();
        }
        Page { status, location, text: response.text().unwrap() }
    }
    pub fn get(&self, path: &str) -> Page {
        self.page(self.ask(Method::GET, path, None))
    }
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let escaped = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
        let form: Vec<String> = form.iter().map(|(n, v)| format!("{}={}", escaped(n), escaped(v))).collect();
        self.page(self.ask(Method::POST, path, Some(form.join("&"))))
    }
    /// A stream, with its head read.
    pub fn stream(&self, path: &str) -> Response {
        self.ask(Method::GET, path, None)
    }
    /// Follows redirections until something is shown, or until a server answers that `until` names.
    pub fn follow(&self, first: Page, until: impl Fn(&str) -> bool) -> Page {
        let mut page = first;
        for _ in 0..12 {
            if page.status / 100 != 3 || until(&page.location) {
                return page;
            }
            page = self.get(&page.location);
        }
        panic!("it goes in circles: {}", page.location);
    }
    /// Signs in with a password.
    pub fn sign_in(&self, name: &str, password: &str) -> Page {
        self.post("/sign-in", &[("name", name), ("password", password), ("next", "/runs")])
    }
    pub fn sign_out(&self) -> Page {
        self.post("/sign-out", &[])
    }
    /// Whether somebody is signed in.
    pub fn is_in(&self) -> bool {
        self.get("/account").status == 200
    }
    /// The value of a cookie, whatever its path.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().iter().find(|((_, n, _), _)| n == name).map(|(_, value)| value.clone())
    }
    /// Forgets a cookie.
    pub fn forget(&self, name: &str) {
        self.cookies.borrow_mut().retain(|(_, n, _), _| n != name);
    }
    /// Takes all cookies of another.
    pub fn as_copy_of(&self, other: &Browser) {
        *self.cookies.borrow_mut() = other.cookies.borrow().clone();
    }
}

/// What stands in a page between two texts.
pub fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}")).1;
    rest.split_once(after).unwrap().0
}

/// Each text of a page between two others.
pub fn each<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once(after)).map(|(found, _)| found).collect()
}
