//! Who may do what, asked on a real server: every route, for nobody and for every role, at one's own unit, at another,
//! and at one's own about what belongs to another.
use crate::{
    fake::Machine,
    house::House,
    people::{Organisation, Somebody, offered_master, told},
    things::{Meant, Things},
};
use reqwest::{Method, blocking::Response};
use serde_json::json;
use socle_domain::{
    UnitId,
    role::{Right, Role},
};
use socle_server::{
    Config,
    routes::{Door, Route, RouteAccess, table},
};
use socle_wire::{
    api::{MachineView, RunView, StartRun},
    page::Page,
    problem::Problem,
    rights::{GrantView, MyRights},
};
use std::{collections::BTreeMap, path::Path};

/// A machine at a unit, and a run of it.
struct Begun {
    machine: MachineView,
    run: RunView,
}

fn begun(house: &House, n: u8, unit: UnitId, name: &str, master: socle_domain::Digest) -> Begun {
    let mut machine = Machine::new(&house.agents(), house.pin, n);
    machine.hello().unwrap();
    let waiting = house.machines().into_iter().find(|m| m.state == "to-recognise").unwrap();
    let place = format!("/api/v1/machines/{}/accept", waiting.id);
    let machine: MachineView = house.post(&place, &json!({ "name": name, "unit": unit }));
    assert_eq!(machine.unit, unit);
    let wish = StartRun { target: machine.id, master, options: BTreeMap::new(), loss: Default::default() };
    let run: RunView = house.post("/api/v1/runs", &wish);
    Begun { machine, run }
}

/// What became of a request: `in` (the door let it through), `asked` (the door let it through, and what was said there
/// could not be meant), `no` (403), `hidden` (404: as if the unit or the thing were not there), `door` (nobody is
/// signed in).
fn outcome(response: &Response) -> &'static str {
    let status = response.status().as_u16();
    let location = response.headers().get("location").map(|l| l.to_str().unwrap().to_string());
    match (status, location) {
        (500, _) => "BROKEN",
        (401, _) => "door",
        (303, Some(place)) if place.starts_with("/sign-in") => "door",
        (303, Some(place)) if place == "/account" => "no",
        (403, _) => "no",
        (404, _) => "hidden",
        (400 | 411 | 413 | 415 | 422, _) => "asked",
        (429, _) => "many",
        _ => "in",
    }
}

/// What follows from the table alone: whether the door lets somebody with this role through at his own unit.
fn let_in(route: &Route, role: Role) -> bool {
    match route.access {
        RouteAccess::Anonymous | RouteAccess::SignedIn => true,
        RouteAccess::Machine | RouteAccess::AtMachine => false,
        // The server has one place, and his unit is not it.
        // What waits there is a publication: who may not publish sees it, and decides nothing.
        RouteAccess::May(Right::See) if route.method == Method::POST => role.rights().contains(&Right::Masters),
        RouteAccess::May(right) => role.rights().contains(&right) && right != Right::Server,
    }
}

/// Routes whose place is the centre, whatever unit somebody holds the right at: asked there by who holds every right, and
/// nobody else is let in.
const AT_THE_CENTRE: &[&str] = &[
    // How many machines ask for a second person holds for the whole organisation.
    "PUT /api/v1/second-person",
    // Somebody's names stand in entries of every unit.
    "POST /api/v1/audit/forget",
    // The server itself, and its own network.
    "GET /api/v1/status",
    "GET /status",
    "GET /diagnosis",
    "POST /diagnosis",
];

/// A walk through the table: who asks, and about what.
struct Walk<'a> {
    org: &'a Organisation<'a>,
    things: Things<'a>,
    people: Vec<(Role, Somebody)>,
    centre: Somebody,
    wrong: Vec<String>,
}

impl Walk<'_> {
    /// Asks: `at` the unit that the request names as its place.
    fn ask(&self, route: &Route, one: Option<&Somebody>, at: Option<UnitId>, meant: &Meant) -> (&'static str, String) {
        let request = self.org.request(one, route.method.clone(), &meant.path);
        let request = match at {
            Some(unit) => request.header("socle-unit", unit.to_string()),
            None => request,
        };
        let request = match &meant.body {
            Some((kind, text)) => request.header("content-type", *kind).body(text.clone()),
            None => request.header("content-length", "0"),
        };
        let response = request.send().unwrap();
        let told = outcome(&response);
        (told, response.text().unwrap_or_default())
    }
    fn check(&mut self, right: bool, route: &Route, what: String) {
        if !right {
            self.wrong.push(format!("{} {}: {what}", route.method, route.path));
        }
    }

    /// A line of the snapshot: for nobody; then by role at home / at another unit / at home about what is another unit's.
    fn line(&mut self, route: &Route) -> String {
        let (own, other) = (self.org.body, self.org.other);
        let (nobody, _) = self.ask(route, None, Some(own), &self.things.meant(route, own, false));
        let mut line = format!("{} {} {:?} nobody:{nobody}", route.method, route.path, route.access);
        let mut somebody = false;
        for (role, one) in self.people.clone() {
            let may = let_in(route, role);
            // Elsewhere first, about what stands there to the end; at home about what may be ended.
            let theirs = self.things.meant(route, other, false);
            let (elsewhere, _) = self.ask(route, Some(&one), Some(other), &theirs);
            let (reaching, reached) = self.ask(route, Some(&one), Some(own), &theirs);
            let fresh = may && route.method != Method::GET;
            let (home, seen) = self.ask(route, Some(&one), Some(own), &self.things.meant(route, own, fresh));
            line.push_str(&format!(" {role}:{home}/{elsewhere}/{reaching}"));
            somebody |= home == "in";
            let told = format!("{role} ({home}/{elsewhere}/{reaching})");
            self.check(![home, elsewhere, reaching].contains(&"BROKEN"), route, format!("broken for {told}"));
            if let RouteAccess::May(_) = route.access {
                let centre = AT_THE_CENTRE.contains(&format!("{} {}", route.method, route.path).as_str());
                // A page says why beside the form that was sent.
                let page = home == "asked" && !route.path.starts_with("/api/");
                let refused = home == "no" || (page && !may);
                self.check(centre || refused == !may, route, format!("at home, {told}"));
                self.check(["no", "hidden"].contains(&elsewhere), route, format!("at another unit, {told}"));
                // A page shows again what was typed, and why it was refused.
                let page = reaching == "asked" && !route.path.starts_with("/api/");
                let kept = page || ["no", "hidden"].contains(&reaching) || !self.things.names(&theirs, other);
                self.check(kept, route, format!("reaches what is another unit's, {told}"));
                for text in [seen, reached] {
                    let leaked = self.things.leaked(&text, &theirs, other);
                    self.check(leaked.is_none(), route, format!("tells {leaked:?} of another unit, {told}"));
                }
            } else {
                // One's own account is not for programs that act in one's name.
                self.check(home != "no" || route.path.contains("/account"), route, format!("his own affairs, {told}"));
            }
        }
        let is_the_server_s = route.access == RouteAccess::May(Right::Server);
        if matches!(route.access, RouteAccess::May(_)) && (route.method != Method::GET || is_the_server_s) {
            self.check_way_in(route, somebody, &mut line);
        }
        line
    }

    /// Where nobody is let in, nothing was shown by those who were not.
    fn check_way_in(&mut self, route: &Route, somebody: bool, line: &mut String) {
        let at_centre = AT_THE_CENTRE.contains(&format!("{} {}", route.method, route.path).as_str());
        if at_centre {
            let meant = self.things.meant(route, self.org.body, true);
            let (told, _) = self.ask(route, Some(&self.centre.clone()), None, &meant);
            line.push_str(&format!(" centre:{told}"));
            self.check(!somebody, route, "let in below the centre".into());
            self.check(told == "in", route, format!("not let in at the centre ({told})"));
        } else {
            self.check(somebody, route, "nobody is let in at home".into());
        }
    }
}

#[test]
fn every_route_for_everybody_at_his_own_unit_and_at_another() {
    let text = "[directories]\nallow = ['127.0.0.0/8']\n";
    let house = House::with(Config::parse(text, Path::new("socle.toml")).unwrap());
    let org = Organisation::new(&house);
    let things = Things::new(&house, &org, &[org.body, org.other]);
    let people = Role::ALL.into_iter().map(|role| (role, org.somebody(role.word(), &[(role, org.body)]))).collect();
    let rights = [Role::SiteAdministrator, Role::Designer, Role::Auditor].map(|role| (role, UnitId::ROOT));
    let centre = org.somebody("centre", &rights);
    let before = things.portrait(org.other);
    let mut walk = Walk { org: &org, things, people, centre, wrong: Vec::new() };
    let mut lines = Vec::new();
    for route in table().into_iter().filter(|r| r.door == Door::Console) {
        // A stream of events never ends by itself, and ends with its session: asked apart, below.
        if route.path == "/sign-out" || route.path == "/api/v1/events" {
            continue;
        }
        lines.push(walk.line(&route));
        house.later(2);
    }
    assert!(walk.wrong.is_empty(), "{:#?}", walk.wrong);
    let changed = walk.things.changed(org.other, &before);
    assert!(changed.is_empty(), "changed at another unit: {changed:#?}");
    insta::assert_snapshot!(lines.join("\n"));
    // Whatever was granted above and changed something has left its entry: what has not is known, and changes nothing.
    let silent = house.server.without_entry();
    let unknown: Vec<_> = silent.iter().filter(|route| !CHANGES_NOTHING.contains(&route.as_str())).collect();
    assert!(unknown.is_empty(), "granted without an entry in the audit trail: {unknown:#?}");
}

/// Requests that are no `GET` and change nothing in the database.
const CHANGES_NOTHING: &[&str] = &[
    // Cookies of the browser.
    "POST /preferences",
    "POST /rights",
    // The network is asked who answers machines; what was heard is kept in memory.
    "POST /diagnosis",
    // Rules tried in place: it only tells.
    "POST /api/v1/rules/try",
    // Questions of a second factor: kept in memory, answered once.
    "POST /sign-in/passkey/question",
    "POST /account/passkeys/question",
];

/// Every act has its name in both languages.
#[test]
fn every_act_can_be_read() {
    use socle_texts::{Lang, says};
    let acts: std::collections::BTreeSet<String> = table()
        .iter()
        .filter(|r| r.door == Door::Console && r.method != Method::GET.as_str())
        .filter(|r| !CHANGES_NOTHING.contains(&format!("{} {}", r.method, r.path).as_str()))
        .map(|r| r.act().to_string())
        .collect();
    let unread: Vec<_> = acts
        .iter()
        .filter(|act| [Lang::Fr, Lang::En].iter().any(|l| says(*l, &format!("console-act-{act}"), &[]).is_none()))
        .collect();
    assert!(unread.is_empty(), "acts without a name: {unread:#?}");
}

#[test]
fn somebody_sees_his_own_and_nothing_else() {
    let house = House::new();
    let org = Organisation::new(&house);
    let master = offered_master(&house);
    let own = begun(&house, 1, org.site, "poste-01", master);
    let other = begun(&house, 2, org.other, "poste-02", master);
    let anne = org.somebody("anne", &[(Role::Technician, org.body)]);
    let listed = |path: &str| -> Vec<String> {
        let page: Page<serde_json::Value> = org.get(&anne, path).json().unwrap();
        page.items.iter().map(|one| one["id"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(
        listed("/api/v1/machines"),
        [own.machine.id.to_string()],
        "what is granted at the body holds at its site"
    );
    assert_eq!(listed("/api/v1/runs"), [own.run.id.to_string()]);
    assert_eq!(listed(&format!("/api/v1/machines?unit={}", org.site)), [own.machine.id.to_string()]);
    assert_eq!(told(org.get(&anne, &format!("/api/v1/machines?unit={}", org.other))), (404, "server-unknown".into()));
    assert_eq!(told(org.get(&anne, "/api/v1/machines?unit=nonsense")), (404, "server-unknown".into()));
    let machine = |id| org.get(&anne, &format!("/api/v1/machines/{id}")).status().as_u16();
    assert_eq!((machine(own.machine.id), machine(other.machine.id)), (200, 404));
    let refused = org.post(&anne, &format!("/api/v1/machines/{}/refuse", other.machine.id), &());
    assert_eq!(told(refused), (404, "server-unknown".into()));
    // A right that he lacks is named, with where somebody can give it.
    let problem: Problem = org.get(&anne, "/api/v1/audit").json().unwrap();
    assert_eq!((problem.status, problem.fault.code.as_ref()), (403, "server-not-allowed"));
    assert!(problem.title.contains("audit") && problem.detail.unwrap().contains("Collège Prévert"));
    assert_eq!(org.get(&anne, "/api/v1/status").status().as_u16(), 403, "the server is the centre's");
}

#[test]
fn live_events_of_another_unit_are_not_told() {
    use std::io::Read;
    let house = House::new();
    let org = Organisation::new(&house);
    let anne = org.somebody("anne", &[(Role::Technician, org.body)]);
    let mut stream = org.get(&anne, "/api/v1/events");
    assert_eq!(stream.status().as_u16(), 200);
    let master = offered_master(&house);
    let other = begun(&house, 2, org.other, "poste-02", master);
    let own = begun(&house, 1, org.body, "poste-01", master);
    let mut text = String::new();
    while !text.contains(&own.run.id.to_string()) {
        let mut bytes = [0; 1024];
        let n = stream.read(&mut bytes).unwrap();
        assert!(n > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&bytes[..n]));
    }
    assert!(!text.contains(&other.machine.id.to_string()) && !text.contains(&other.run.id.to_string()), "{text}");
}

#[test]
fn nobody_gives_a_right_that_he_lacks() {
    let house = House::new();
    let org = Organisation::new(&house);
    let head = org.somebody("head", &[(Role::SiteAdministrator, org.body)]);
    let anne = org.somebody("anne", &[]);
    let give = |giver: &Somebody, role: &str, unit: UnitId| {
        let response = org.post(giver, "/api/v1/grants", &json!({ "person": "anne", "role": role, "unit": unit }));
        told(response)
    };
    let sees = |path: &str| org.get(&anne, path).status().as_u16();
    assert_eq!(sees("/api/v1/machines"), 403, "nothing is allowed by default");
    assert_eq!(give(&head, "technician", org.site).0, 201);
    assert_eq!(sees("/api/v1/machines"), 200);
    assert_eq!(sees(&format!("/api/v1/machines?unit={}", org.body)), 404, "not above where it was given");
    assert_eq!(give(&head, "designer", org.body), (403, "server-not-allowed".into()));
    assert_eq!(give(&head, "auditor", org.body), (403, "server-not-allowed".into()));
    assert_eq!(give(&head, "user", UnitId::ROOT), (404, "server-unknown".into()));
    assert_eq!(give(&head, "user", org.other), (404, "server-unknown".into()));
    assert_eq!(give(&anne, "user", org.site), (403, "server-not-allowed".into()));
    let listed: Page<GrantView> = org.get(&head, "/api/v1/grants").json().unwrap();
    assert_eq!(listed.items.len(), 2, "{:?}", listed.items);
    let place = format!("/api/v1/grants/{}/technician/{}", anne.id, org.site);
    let take = |who: &Somebody| org.request(Some(who), Method::DELETE, &place).send().unwrap().status().as_u16();
    assert_eq!(take(&anne), 403);
    assert_eq!((take(&head), take(&head)), (204, 404));
    assert_eq!(sees("/api/v1/machines"), 403, "from the next request on");
}

#[test]
fn somebody_can_always_give_roles_at_the_centre() {
    let house = House::new();
    let me: MyRights = house.get("/api/v1/rights");
    assert_eq!(me.at.len(), 1);
    assert_eq!(me.at[0].rights, Right::ALL, "the first administrator may do everything");
    let place = format!("/api/v1/grants/{}/site-administrator/{}", me.id, UnitId::ROOT);
    let remove = || house.http().delete(house.url("console", &place)).bearer_auth(&house.token).send().unwrap();
    assert_eq!(told(remove()), (409, "server-grant-last".into()));
    let org = Organisation::new(&house);
    org.somebody("deputy", &[(Role::SiteAdministrator, UnitId::ROOT)]);
    assert_eq!(remove().status().as_u16(), 204);
}

#[test]
fn a_place_that_is_chosen_is_followed_where_it_may_be() {
    let house = House::new();
    let org = Organisation::new(&house);
    let anne = org.somebody("anne", &[(Role::Helpdesk, org.site), (Role::Helpdesk, org.other)]);
    let mine: MyRights = org.get(&anne, "/api/v1/rights").json().unwrap();
    assert_eq!(mine.at.iter().map(|at| at.unit).collect::<Vec<_>>(), [org.other, org.site], "the topmost first");
    let choose = |unit: String| {
        let form = format!("unit={unit}");
        let request = org.request(Some(&anne), Method::POST, "/rights").body(form);
        request.header("content-type", "application/x-www-form-urlencoded").send().unwrap()
    };
    let response = choose(org.site.to_string());
    assert_eq!(response.status().as_u16(), 303);
    let kept = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_string();
    assert_eq!(kept, format!("socle-place={}", org.site));
    assert_eq!(choose(org.body.to_string()).status().as_u16(), 404);
    let at = |cookie: &str| {
        let request = org.request(Some(&anne), Method::GET, "/machines").header("cookie", cookie);
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(at(&kept), 200);
    assert_eq!(at(&format!("socle-place={}", org.body)), 200, "one that he may not see is not followed");
}
