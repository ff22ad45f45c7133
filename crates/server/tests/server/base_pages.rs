//! Options, rules and masters on the console's pages.
use crate::bases::{Place, TEXT};
use reqwest::blocking::Response;
use socle_domain::master::Stage;
use socle_wire::api::MasterView;

impl Place {
    fn page(&self, path: &str) -> String {
        let request = self.house.http().get(self.house.url("console", path)).bearer_auth(&self.house.token);
        let response = request.header("accept-language", "en").send().unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        response.text().unwrap()
    }
    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.house.http().post(self.house.url("console", path)).bearer_auth(&self.house.token);
        let escaped = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", escaped(v))).collect();
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("accept-language", "en").body(body.join("&")).send().unwrap()
    }
    /// Where a form that was taken leads.
    fn taken(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let response = self.form(path, fields);
        let status = response.status().as_u16();
        let to = response.headers().get("location").map(|l| l.to_str().unwrap().to_string());
        to.unwrap_or_else(|| panic!("{path}: {status} {}", response.text().unwrap()))
    }
    fn not_taken(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let response = self.form(path, fields);
        assert_eq!(response.status().as_u16(), 422, "{path}");
        response.text().unwrap()
    }
}

#[test]
fn a_site_decides_on_its_page_and_sees_what_it_may() {
    let place = Place::new();
    place.produce("1");
    let (site, centre) = (format!("?unit={}", place.site), format!("?unit={}", socle_domain::UnitId::ROOT));
    let page = place.page(&format!("/options{site}"));
    assert!(page.contains("Options of Bourg") && page.contains("the master base 1"), "{page}");
    let set = |unit: &str, fields: &[(&str, &str)]| place.taken(&format!("/options/language{unit}"), fields);
    let to = set(&site, &[("act", "set"), ("value", "de")]);
    assert!(to.ends_with("done=decided"), "{to}");
    set(&centre, &[("act", "leave"), ("leave", "one-of"), ("values", "fr\nen")]);
    let page = place.page(&format!("/options{site}"));
    let conflict = page.find("is not used").expect("the conflict is shown");
    assert!(conflict < page.find("id=\"option-seats\"").unwrap(), "conflicts first");
    assert!(page.contains("among fr, en"), "what is left is shown: {page}");
    // A refused form keeps what was typed, and says why.
    let refused = place.not_taken(&format!("/options/language{site}"), &[("act", "set"), ("value", "de")]);
    assert!(refused.contains("is not among the values"), "{refused}");
    let refused = place.not_taken(&format!("/options/seats{site}"), &[("act", "set"), ("value", "1000")]);
    assert!(refused.contains("value=\"1000\"") && refused.contains("between 1 and 100"), "{refused}");
    set(&site, &[("act", "clear")]);
    assert!(!place.page(&format!("/options{site}")).contains("is not used"));
    // A secret is typed and never shown again.
    place.taken(&format!("/options/join-password{site}"), &[("act", "set"), ("secret", "hunter2-correct-horse")]);
    let page = place.page(&format!("/options{site}"));
    assert!(page.contains("a secret is kept") && !page.contains("hunter2"), "{page}");
    let machine = format!("/machines/{}/options", place.id);
    place.taken(&format!("{machine}/seats"), &[("act", "set"), ("value", "12")]);
    let page = place.page(&machine);
    assert!(page.contains("this machine") && page.contains("10, of the master base 1, is overridden"), "{page}");
}

#[test]
fn a_rule_is_tried_on_its_page() {
    let place = Place::new();
    place.produce("1");
    let fields = |act: &'static str, when: &'static str| {
        [("act", act), ("name", "virtual"), ("when", when), ("sets", "language=de\n"), ("order", "10")]
    };
    let tried = place.form("/rules", &fields("try", "facts.vendor == 'QEMU'")).text().unwrap();
    assert!(tried.contains("it matches one") && tried.contains("fr → de") && tried.contains("poste-01"), "{tried}");
    assert!(!place.page("/rules").contains("virtual"), "it was only tried");
    let refused = place.not_taken("/rules", &fields("keep", "facts.vendor =="));
    assert!(refused.contains("facts.vendor ==") && refused.contains("aria-invalid"), "{refused}");
    assert!(place.taken("/rules", &fields("keep", "facts.vendor == 'QEMU'")).ends_with("done=rule-kept"));
    let page = place.page("/rules");
    let id = page.split("/rules?rule=").nth(1).unwrap().split('#').next().unwrap().to_string();
    assert!(place.page(&format!("/rules?rule={id}")).contains("value=\"virtual\""));
    place.taken(&format!("/rules/{id}/remove"), &[]);
    assert!(!place.page("/rules").contains("virtual"));
}

#[test]
fn a_master_goes_its_way_on_its_page() {
    let place = Place::new();
    let one = place.produce("1");
    let two = place.publish("2", |m| m.sequence = TEXT.replace("default = 10", "default = 12"));
    let draft = serde_json::json!({ "name": "base", "version": "3", "sequence": TEXT });
    place.house.post::<serde_json::Value>("/api/v1/drafts", &draft);
    let list = place.page("/masters");
    assert!(list.contains("pilot") && list.contains("production") && list.contains("Drafts"), "{list}");
    let page = place.page(&format!("/masters/{two}"));
    assert!(
        page.contains("Put it into production") && page.contains(&format!("/masters/{one}/diff?to={two}")),
        "{page}"
    );
    let diff = place.page(&format!("/masters/{one}/diff?to={two}"));
    assert!(diff.contains("default = 10") && diff.contains("default = 12") && diff.contains("diff-changed"), "{diff}");
    assert!(place.taken(&format!("/masters/{two}/move"), &[("to", "production")]).ends_with("done=moved"));
    assert!(place.page(&format!("/masters/{two}")).contains("back to the version before"));
    place.taken(&format!("/masters/{two}/rollback"), &[]);
    let stages: Vec<(String, Stage)> =
        place.house.all::<MasterView>("/api/v1/masters").into_iter().map(|m| (m.version, m.stage)).collect();
    assert!(stages.contains(&("1".into(), Stage::Production)) && stages.contains(&("2".into(), Stage::Retired)));
}
