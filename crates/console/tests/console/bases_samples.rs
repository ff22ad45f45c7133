//! Options of a school with everything that can be seen of them; a rule that was tried; two versions side by side.
#![allow(dead_code, clippy::unwrap_used)] // the preview uses some of it, the tests the rest
use crate::samples::{ago, master, target};
use serde_json::json;
use socle_console::*;
use socle_domain::{
    Digest, DraftId, RuleId, UnitId,
    latitude::Latitude,
    master::{Master, diff},
    option::OptionSpec,
    resolve::{Case, Declared, Setting, Source, resolve},
    rule::Rule,
    sequence::parse,
};
use socle_texts::Fault;
use socle_wire::options::{
    DraftView, MasterName, OptionView, RuleView, TriedChange, TriedMachine, TriedRule, UndecidedRule, UnitName,
};

const OPTIONS: &str = r#"
title = { fr = "x", en = "x" }
[[option]]
name = "language"
kind = "choice"
choices = [{ value = "fr", label = { fr = "français", en = "French" } }, "de"]
default = "fr"
label = { fr = "Langue", en = "Language" }
help = { fr = "Celle des menus.", en = "That of the menus." }
[[option]]
name = "encrypted"
kind = "boolean"
default = true
latitude = "fixed"
label = { fr = "Disque chiffré", en = "Encrypted disk" }
[[option]]
name = "seats"
kind = "integer"
default = 10
latitude = { asked = { range = { min = 1, max = 40 } } }
label = { fr = "Places", en = "Seats" }
[[option]]
name = "owner"
kind = "text"
latitude = { pattern = "[A-Z].*" }
label = { fr = "Propriétaire", en = "Owner" }
[[option]]
name = "packages"
kind = "package-set"
default = ["vlc", "gimp"]
label = { fr = "Logiciels", en = "Packages" }
[[option]]
name = "until"
kind = "date"
label = { fr = "Jusqu'au", en = "Until" }
[[option]]
name = "join-password"
kind = "secret"
label = { fr = "Mot de passe de jonction", en = "Password to join" }
[[option]]
name = "network"
kind = "network-profile"
default = { method = "dhcp" }
label = { fr = "Réseau", en = "Network" }
[[step]]
id = "x"
kind = "check"
"#;

fn body() -> UnitId {
    UnitId::new(1, [1; 10])
}
fn site() -> UnitId {
    UnitId::new(2, [2; 10])
}
fn specs() -> Vec<OptionSpec> {
    parse(OPTIONS).unwrap().options
}

/// The options of a school: one in conflict, one inherited, one decided here, one asked, one that nobody has decided.
pub fn options_page(is_unit: bool, form: Form) -> OptionsPage {
    let setting = |unit, option: &str, value: Option<serde_json::Value>, narrows, days: i64| Setting {
        source: Source::Unit { unit },
        option: option.into(),
        value,
        narrows,
        by: "claire".into(),
        at: ago(days * 86_400),
    };
    let mut settings = vec![
        setting(UnitId::ROOT, "language", Some("fr".into()), Some(Latitude::OneOf(vec!["fr".into()])), 3),
        setting(site(), "language", Some("de".into()), None, 30),
        setting(body(), "packages", Some(json!(["vlc"])), None, 9),
        setting(
            site(),
            "packages",
            Some(json!(["vlc", "inkscape"])),
            Some(Latitude::OneOf(vec!["vlc".into(), "inkscape".into()])),
            2,
        ),
        setting(site(), "seats", Some(24.into()), None, 5),
        setting(body(), "join-password", Some(json!({ "secret": "7" })), None, 6),
    ];
    let path = [UnitId::ROOT, body(), site()];
    if !is_unit {
        let source = Source::Rule { rule: RuleId::new(1, [1; 10]), name: "virtual".into(), unit: body(), order: 10 };
        let at = ago(86_400);
        settings.push(Setting {
            source,
            option: "seats".into(),
            value: Some(1.into()),
            narrows: None,
            by: "ana".into(),
            at,
        });
    }
    let all: Vec<&Setting> = settings.iter().collect();
    let case = Case { path: &path, is_machine: !is_unit };
    let master = MasterName { digest: Digest::of(b"m"), name: "debian".into(), version: "12.4".into() };
    let names = [(UnitId::ROOT, "Centre"), (body(), "Ain"), (site(), "Lycée Jules-Ferry")];
    let view = |spec: OptionSpec| OptionView {
        resolved: resolve(Declared { spec: &spec, at: ago(90 * 86_400) }, case, &all),
        own: settings
            .iter()
            .find(|s| s.option == spec.name && s.source == Source::Unit { unit: site() } && is_unit)
            .cloned(),
        master: master.clone(),
        units: names.iter().map(|(unit, name)| UnitName { unit: *unit, name: name.to_string() }).collect(),
        undecided: match is_unit {
            true => vec![],
            false => vec![UndecidedRule { rule: "laptops".into(), unit: body(), why: "No such key: chassis".into() }],
        },
        spec,
    };
    let name = "Lycée Jules-Ferry".to_string();
    OptionsPage {
        of: match is_unit {
            true => OptionsOf::Unit { unit: site(), name },
            false => OptionsOf::Machine { machine: target(6), name: "salle-12-poste-06".into() },
        },
        options: specs().into_iter().map(view).collect(),
        may: true,
        form: form.problem.is_some().then(|| ("seats".to_string(), form)),
    }
}

pub fn rules_page(form: Form, was_tried: bool) -> RulesPage {
    let rule = |n: u8, unit, name: &str, when: &str| Rule {
        id: RuleId::new(n.into(), [n; 10]),
        unit,
        name: name.into(),
        order: 100,
        when: when.into(),
        sets: [("language".to_string(), json!("de")), ("seats".to_string(), json!(2))].into(),
        by: "claire".into(),
        at: ago(86_400),
    };
    let view = |rule: Rule, unit_name: &str| RuleView { rule, unit_name: unit_name.into() };
    let change = TriedChange { option: "language".into(), before: Some("fr".into()), after: Some("de".into()) };
    let tried = TriedRule {
        looked_at: 412,
        of: 412,
        matches: 37,
        undecided: 3,
        why_undecided: Some("No such key: chassis".into()),
        would_change: 36,
        machines: vec![
            TriedMachine { id: target(6), name: "salle-12-poste-06".into(), changes: vec![change] },
            TriedMachine { id: target(7), name: "salle-12-poste-07".into(), changes: vec![] },
        ],
    };
    let mut form = form;
    if was_tried {
        form.typed = RulesPage::typed(&view(rule(1, body(), "virtual", "facts.vendor == 'QEMU'"), "Ain"));
    }
    RulesPage {
        unit: Some((body(), "Ain".into())),
        rules: vec![
            view(rule(2, UnitId::ROOT, "portables", "facts.power == 'battery'"), "Centre"),
            view(rule(1, body(), "virtual", "facts.vendor == 'QEMU'"), "Ain"),
        ],
        options: specs().into_iter().map(|s| s.name).collect(),
        may: true,
        form,
        tried: was_tried.then_some(tried),
    }
}

pub fn draft_view() -> DraftView {
    DraftView {
        id: DraftId::new(1, [1; 10]),
        master: master("debian", "12.5"),
        by: "claire".into(),
        at: ago(3_600),
        fault: Some(
            Fault::new("domain-master-image-missing")
                .with("master", "debian")
                .with("step", "write")
                .with("image", "system"),
        ),
    }
}

pub fn diff_page() -> DiffPage {
    let before = master("debian", "12.3");
    let sequence = before.sequence.replace("memory_mib = 400", "memory_mib = 800").replace("retries = 3\n", "");
    let mut after = Master { sequence, generation: 2, ..before.clone() };
    after.images.insert("system".into(), Digest::of(b"newer"));
    after.packages.insert("vlc".into(), Digest::of(b"vlc"));
    after.options.insert("organisation".into(), json!("Mairie"));
    let url = |n: u8| format!("/masters/{}", Digest::of(&[n]));
    DiffPage {
        before: ("debian 12.3".into(), url(1)),
        after: ("debian 12.4".into(), Some(url(2))),
        diff: diff(&before, &after),
    }
}
