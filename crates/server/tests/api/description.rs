//! The description of the API: complete, and known.
use crate::house::House;
use reqwest::Method;
use serde_json::Value;
use socle_server::{
    openapi::document,
    routes::{Door, table},
};
use socle_texts::{Lang, says};
use std::collections::BTreeSet;

/// Things that can be changed and not be asked for alone, each with its reason.
const WITHOUT_VERSION: [(&str, &str); 4] = [
    ("DELETE /api/v1/wizard/codes", "codes are told once and never shown again"),
    ("DELETE /api/v1/account/sessions/{id}", "a session has nothing that could be changed"),
    ("DELETE /api/v1/account/tokens/{id}", "a token has nothing that could be changed"),
    ("DELETE /api/v1/grants/{person}/{role}/{unit}", "a grant is its address"),
];

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, op)| (method.to_uppercase(), path.clone(), op))
    });
    all.collect()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(to) => document.pointer(to.trim_start_matches('#')).unwrap_or_else(|| panic!("{to} leads nowhere")),
        None => schema,
    }
}

/// Each operation in a line, each schema with its fields: what changes shows in the review.
#[test]
fn the_description_is_known() {
    let document = document(Lang::En);
    let mut lines = Vec::new();
    for (method, path, op) in operations(&document) {
        let names = |place: &str| -> Vec<String> {
            let all = op["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == place);
            all.map(|p| p["name"].as_str().unwrap().to_string()).collect()
        };
        let short = |schema: &Value| -> String {
            let name = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
            name.map_or_else(|| schema["type"].as_str().unwrap_or("any").to_string(), str::to_string)
        };
        let content = |holder: &Value| -> String {
            let one = holder["content"].as_object().and_then(|c| c.iter().next());
            one.map(|(_, media)| short(&media["schema"])).unwrap_or_default()
        };
        let answers: Vec<String> = op["responses"]
            .as_object()
            .unwrap()
            .iter()
            .map(
                |(status, answer)| {
                    if status.starts_with('2') { format!("{status} {}", content(answer)) } else { status.clone() }
                },
            )
            .collect();
        lines.push(format!(
            "{method} {path} · {} · {} · ?{} · {} · {} → {}",
            op["operationId"].as_str().unwrap(),
            op["x-socle-access"].as_str().unwrap(),
            names("query").join("&"),
            names("header").join(", "),
            content(&op["requestBody"]),
            answers.join(", "),
        ));
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let field = |name: &String| format!("{name}{}", if required.contains(name.as_str()) { "" } else { "?" });
        let fields = schema["properties"].as_object().map(|p| p.keys().map(field).collect::<Vec<_>>().join(", "));
        lines.push(format!("{name}: {}", fields.unwrap_or_default()));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_route_of_the_api_is_described_in_both_languages() {
    let mut names = BTreeSet::new();
    for route in table().iter().filter(|r| r.door == Door::Console && r.path.starts_with("/api/")) {
        let line = format!("{} {}", route.method, route.path);
        let name = route.name().unwrap_or_else(|| panic!("{line} is not described: its line begins with api(…)"));
        assert!(names.insert(name.to_string()), "{line}: another handler is called {name} too");
        for lang in [Lang::Fr, Lang::En] {
            let key = format!("api-{name}");
            assert!(says(lang, &key, &[]).is_some(), "{line}: locales/{}/api.ftl has no {key}", lang.code());
        }
    }
    assert!(names.len() > 40, "the search has lost its way: {}", names.len());
}

#[test]
fn every_operation_says_what_it_takes_and_answers() {
    for lang in [Lang::Fr, Lang::En] {
        let document = document(lang);
        assert!(!document.to_string().contains('⟨'), "a sentence is missing");
        assert!(!document.to_string().contains("/components/asked/"), "a reference leads nowhere");
        for (method, path, op) in operations(&document) {
            let line = format!("{method} {path}");
            let good = op["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
            let good: Vec<_> = good.collect();
            assert!(!good.is_empty(), "{line} never succeeds: say .giving(200, …)");
            for (_, answer) in good {
                let Some(schema) = answer["content"]["application/json"].get("schema") else { continue };
                let schema = resolved(&document, schema);
                assert_ne!(schema["type"], "array", "{line} answers a bare list: take `paged: Paged`, answer Page<T>");
                if schema["properties"]["items"]["type"] == "array" && schema["properties"].get("next").is_some() {
                    let has = |name: &str| op["parameters"].as_array().unwrap().iter().any(|p| p["name"] == name);
                    assert!(has("limit") && has("after"), "{line}: a list without limit and after");
                }
            }
            let places = path.matches('{').count();
            let named = op["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "path").count();
            assert_eq!(places, named, "{line}");
        }
    }
}

#[test]
fn what_can_be_changed_has_a_version() {
    for route in table().iter().filter(|r| r.name().is_some()) {
        let changes = [Method::PUT.as_str(), Method::DELETE.as_str(), "PATCH"].contains(&route.method.as_str());
        let line = format!("{} {}", route.method, route.path);
        let excused = WITHOUT_VERSION.iter().any(|(excused, _)| *excused == line);
        assert!(!changes || route.resource().is_some() || excused, "{line}: there is no GET of the thing itself");
        // What is replaced as a whole has a version of its own: that of something above it would not change with it.
        let asked = table().iter().any(|r| r.path == route.path && r.is_versioned());
        let own = route.path.split('/').count();
        assert!(route.method.as_str() != "PUT" || !asked || route.resource() == Some(own), "{line}: another's version");
    }
}

#[test]
fn the_description_is_served_and_a_page_to_try_it() {
    let house = House::new();
    let served: Value = house.get("/api/v1/openapi.json");
    assert_eq!(served["openapi"], "3.1.0");
    let ask = |path: &str, lang: &str| {
        let request = house.http().get(house.url("console", path)).bearer_auth(&house.token);
        request.header("accept-language", lang).send().unwrap()
    };
    let french: Value = ask("/api/v1/openapi.json", "fr").json().unwrap();
    assert_eq!(french["paths"]["/api/v1/machines"]["get"]["summary"], "Lister les postes");
    let page = ask("/api", "fr");
    assert!(page.status().is_success(), "{}", page.text().unwrap());
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let html = page.text().unwrap();
    assert!(html.contains("/api/v1/openapi.json") && !html.contains("<script>"), "{html}");
    let nobody = house.http().get(house.url("console", "/api/v1/openapi.json")).send().unwrap();
    assert_eq!(nobody.status().as_u16(), 401);
}

/// What the framework refuses by itself is told in the same form.
#[test]
fn every_refusal_is_a_problem() {
    let house = House::new();
    let id = "0190aaaa-0000-7000-8000-000000000009";
    let post = |path: &str| house.http().post(house.url("console", path)).bearer_auth(&house.token);
    let get = |path: &str| house.http().get(house.url("console", path)).bearer_auth(&house.token);
    let long = vec![b' '; (4 << 20) + 1];
    for (request, status) in [
        (get("/api/v1/machines/not-an-id"), 400),
        (get("/api/v1/runs?machine=not-an-id"), 400),
        (get("/api/v1/machines?limit=0"), 422),
        (get("/api/v1/machines?limit=many"), 422),
        (get("/api/v1/machines?after=%FF"), 422),
        (get("/api/v1/nothing"), 404),
        (get(&format!("/api/v1/webhooks/{id}")), 404),
        (post("/api/v1/status"), 405),
        (post("/api/v1/webhooks").body("{"), 400),
        (post("/api/v1/webhooks").body("[]"), 400),
        (post("/api/v1/webhooks").json(&serde_json::json!({ "name": "x" })), 400),
        (post("/api/v1/webhooks").body(long), 413),
        (post("/api/v1/webhooks").header("idempotency-key", "with space"), 422),
        (get("/api/v1/machines").header("socle-unit", "nowhere"), 404),
    ] {
        let shown = format!("{request:?}");
        let response = request.send().unwrap();
        assert_eq!(response.status().as_u16(), status, "{shown}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{shown}");
        let problem: socle_wire::problem::Problem = response.json().unwrap();
        assert_eq!(problem.status, status);
        assert!(problem.kind.starts_with("urn:socle:") && problem.detail.is_some());
    }
}
