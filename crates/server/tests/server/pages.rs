//! What people do by pages: recognise, announce, start, follow, stop, look at the proof.
use crate::{
    fake::{Journal, Machine},
    house::House,
};
use reqwest::blocking::Response;
use socle_domain::{journal::Event, sign::Signer};
use socle_wire::agent::Welcome;

struct Browser<'a> {
    house: &'a House,
    cookie: String,
}

impl<'a> Browser<'a> {
    /// Signed in by the link of the first start.
    fn new(house: &'a House) -> Browser<'a> {
        let mut browser = Browser { house, cookie: String::new() };
        let token = house.link.rsplit('/').next().unwrap();
        let form = "password=correct horse battery&again=correct horse battery";
        let done = browser.post(&format!("/welcome/{token}"), form);
        let set = done.headers()["set-cookie"].to_str().unwrap();
        browser.cookie = set.split(';').next().unwrap().to_string();
        browser
    }
    fn post(&self, path: &str, form: &str) -> Response {
        let origin = self.house.url("console", "");
        let request = self.house.http().post(self.house.url("console", path)).header("origin", origin);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", &self.cookie).body(form.to_string()).send().unwrap()
    }
    /// Where a form that was taken leads.
    fn go(&self, path: &str, form: &str) -> String {
        let response = self.post(path, form);
        let status = response.status().as_u16();
        assert_eq!(status, 303, "{path}: {}", response.text().unwrap());
        self.post(path, form); // twice by a nervous hand: no harm
        response.headers()["location"].to_str().unwrap().to_string()
    }
    /// A form that is refused: the same page with the code.
    fn refused(&self, path: &str, form: &str) -> String {
        let response = self.post(path, form);
        assert_eq!(response.status().as_u16(), 422, "{path}");
        response.text().unwrap()
    }
    fn page(&self, path: &str) -> String {
        let request = self.house.http().get(self.house.url("console", path)).header("accept-language", "en");
        let response = request.header("cookie", &self.cookie).send().unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        response.text().unwrap()
    }
}

#[test]
fn a_person_leads_a_machine_through_a_run() {
    let house = House::new();
    let browser = Browser::new(&house);
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    let Welcome::Unknown { code, .. } = machine.hello().unwrap() else { panic!("it was known") };
    // Six digits are shown in two groups.
    let shows = |page: &str| page.contains(&code[..3]) && page.contains(&code[3..]);
    let queue = browser.page("/machines?state=to-recognise");
    assert!(shows(&queue) && queue.contains("poste-01"), "the code and a name to take");
    assert!(shows(&browser.page("/")));
    let id = house.machines()[0].id;
    assert!(browser.refused(&format!("/machines/{id}/accept"), "name=Not A Name").contains("Not A Name"));
    assert_eq!(
        browser.post(&format!("/machines/{id}/accept"), "name=salle-01").headers()["location"].to_str().unwrap(),
        format!("/machines/{id}?done=accepted")
    );
    assert!(browser.page(&format!("/machines/{id}?done=accepted")).contains("salle-01"));
    assert!(browser.page("/machines?q=SALLE").contains("salle-01"));
    assert!(!browser.page("/machines?q=nothing").contains("salle-01"));

    let master = house.master();
    assert!(browser.page(&format!("/machines/{id}/start")).contains(&master.to_string()));
    assert!(browser.page(&format!("/machines/{id}/start?master={master}")).contains("trial"));
    let location = browser.go(&format!("/machines/{id}/start"), &format!("master={master}&loss=nothing-only"));
    let run = location.strip_suffix("?done=started").unwrap();
    assert_eq!(house.all::<serde_json::Value>("/api/v1/runs").len(), 1, "the second click started nothing");
    assert!(browser.page(run).contains("salle-01"));
    assert!(browser.page(&format!("{run}?part=live")).len() < browser.page(run).len());

    let known = machine.known();
    let order = machine.orders(0, 0).unwrap().orders.remove(0);
    let mut journal = Journal::begin(&order, &known, &machine.key, &house.content().public(), house.now());
    journal.step(house.now(), "look");
    let number = known.run.unwrap();
    machine.push(number, &journal.entries).unwrap();
    assert!(browser.go(&format!("{run}/cancel"), "").ends_with("?done=cancelled"));
    let order = machine.orders(1, 0).unwrap().orders.remove(0);
    journal.write(house.now(), None, Event::OrderReceived { number: 2, order: order.digest() });
    journal.write(house.now(), None, Event::RunCancelled {});
    machine.push(number, journal.from(4)).unwrap();
    browser.refused(&format!("{run}/retry"), "");
    browser.page(&format!("{run}/proof"));
    for page in [
        "/runs",
        "/runs?state=cancelled",
        "/images",
        "/masters",
        &format!("/masters/{master}"),
        "/status",
        "/boot-events",
        "/diagnosis",
        "/diagnosis?mac=52:54:00:00:00:01",
        "/diagnosis?mac=nonsense",
    ] {
        browser.page(page);
    }
}

#[test]
fn a_person_announces_machines() {
    let house = House::new();
    let browser = Browser::new(&house);
    browser.page("/machines/announce");
    let wrong = browser.refused("/machines/announce", "csv=name,mac%0Aa,xx");
    assert!(wrong.contains("name,mac"), "what was typed is kept");
    let location = browser.go("/machines/announce", "csv=name,mac%0Aa,52:54:00:00:00:01");
    assert_eq!(location, "/machines?done=announced-1");
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    assert_eq!(machine.known().name, "a");
}

#[test]
fn language_and_light_are_kept_without_a_session() {
    let house = House::new();
    let post = |form: &str| {
        let request = house.http().post(house.url("console", "/preferences"));
        request.header("content-type", "application/x-www-form-urlencoded").body(form.to_string()).send().unwrap()
    };
    let done = post("lang=en&theme=dark&back=/sign-in");
    let set: Vec<_> = done.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_string()).collect();
    assert!(set[0].starts_with("socle-lang=en;") && set[1].starts_with("socle-theme=dark;"), "{set:?}");
    assert_eq!(done.headers()["location"], "/sign-in");
    assert_eq!(post("lang=xx&back=https://evil.example").headers()["location"], "/");
    let page = |cookie: &str| {
        let request = house.http().get(house.url("console", "/sign-in")).header("accept-language", "fr");
        request.header("cookie", cookie).send().unwrap().text().unwrap()
    };
    assert!(page("").contains("lang=\"fr\""));
    assert!(page("socle-lang=en").contains("lang=\"en\""));
}

#[test]
fn the_organisation_is_looked_at_decided_and_imported_by_pages() {
    let house = House::new();
    let browser = Browser::new(&house);
    assert!(browser.page("/organisation").contains("no unit below"), "an empty tree says what to do");
    let csv = "path%2Ckind%0AAin%2Cbody%0AAin%20%2F%20Bourg%2Csite%0ALoire%2Cbody%0A";
    let tried = browser.post("/organisation/import", &format!("list=units&act=try&csv={csv}"));
    assert_eq!(tried.status().as_u16(), 200);
    let told = tried.text().unwrap();
    assert!(told.contains("value=\"do\"") && told.contains("Ain / Bourg"), "{told}");
    assert!(!browser.page("/organisation").contains("Bourg"), "it was only looked at");
    assert_eq!(browser.post("/organisation/import", &format!("list=units&act=do&csv={csv}")).status().as_u16(), 200);
    let wrong = "list=people&act=do&csv=name%2Cunit%0AAnne%2CNowhere%0A";
    assert!(browser.refused("/organisation/import", wrong).contains("Anne,Nowhere"), "what was typed is kept");
    let people = "list=people&act=do&csv=name%2Cunit%2Clogin%0AAnne%20Dupr%C3%A9%2CAin%2Canne%0A";
    assert_eq!(browser.post("/organisation/import", people).status().as_u16(), 200);

    let tree = browser.page("/organisation");
    let at = |name: &str| {
        let end = tree.find(&format!(">{name}</a>")).unwrap_or_else(|| panic!("no {name}: {tree}"));
        let begun = tree[..end].rfind("/organisation/").unwrap();
        tree[begun..end - 1].to_string()
    };
    let (ain, loire) = (at("Ain"), at("Loire"));
    assert!(tree.contains(&format!("/machines?unit={}", ain.rsplit('/').next().unwrap())), "counters are links");
    let page = browser.page(&ain);
    assert!(page.contains("Anne Dupré") && page.contains("Bourg") && page.contains("was founded below"), "{page}");
    let into = loire.rsplit('/').next().unwrap();
    let merge = format!("change=merge&to={into}&day=");
    let done = browser.post(&format!("{ain}/decide"), &merge);
    assert_eq!(
        (done.status().as_u16(), done.headers()["location"].to_str().unwrap()),
        (303, &*format!("{ain}?done=decided"))
    );
    assert!(browser.page(&ain).contains("is merged into"));
    let refused = browser.refused(&format!("{ain}/decide"), "change=rename&name=x");
    assert!(refused.contains("fermée"), "it has ended: {refused}");
    assert!(browser.page(&loire).contains("Bourg"));
    let found = browser.page("/search?q=dupre");
    assert!(found.contains("Anne Dupré") && found.contains("/persons/"), "{found}");
    let person = found.find("/persons/").map(|at| found[at..].split('"').next().unwrap()).unwrap();
    assert!(browser.page(person).contains("anne"));
    assert!(browser.page("/organisation/departures").contains("Nobody waits"));
    let first = browser.page("/organisation?at=2020-01-01");
    assert!(!first.contains("Loire"), "the past is as it was");
}
