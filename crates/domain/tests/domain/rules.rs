//! Rules: a condition on facts that sets options.
use crate::kit::at;
use serde_json::json;
use socle_domain::{
    RuleId, TargetId, UnitId,
    facts::Facts,
    resolve::Source,
    rule::{Rule, Verdict, decide, read_condition, seen},
    target::{Target, TargetKind},
};

fn machine() -> (Facts, Target) {
    let mut facts = Facts::default();
    facts.set("vendor", "Dell Inc.");
    facts.set("memory_bytes", 8_589_934_592_u64);
    facts.set("macs", json!(["52:54:00:00:00:01"]));
    let id = TargetId::new(1, [1; 10]);
    (facts, Target { id, kind: TargetKind::Machine, unit: UnitId::ROOT, name: "pc-01".into() })
}
fn rule(when: &str) -> Rule {
    Rule {
        id: RuleId::new(1, [1; 10]),
        unit: UnitId::ROOT,
        name: "laptops".into(),
        order: 10,
        when: when.into(),
        sets: [("power".to_string(), json!("saving")), ("layout".to_string(), json!("fr"))].into(),
        by: "claire".into(),
        at: at(0),
    }
}

#[test]
fn a_condition_is_decided_for_a_machine_and_never_guessed() {
    let (facts, target) = machine();
    let seen = seen(&facts, &target).unwrap();
    let verdict = |when: &str| decide(&read_condition(when).unwrap(), &seen);
    assert_eq!(verdict("facts.vendor == 'Dell Inc.'"), Verdict::Matches {});
    assert_eq!(verdict("facts.vendor.startsWith('HP')"), Verdict::Not {});
    assert_eq!(verdict("'52:54:00:00:00:01' in facts.macs && target.name == 'pc-01'"), Verdict::Matches {});
    assert_eq!(verdict("has(facts.serial) && facts.serial == 'x'"), Verdict::Not {});
    for when in ["facts.serial == 'x'", "facts.vendor", "facts.vendor > 3"] {
        assert!(matches!(verdict(when), Verdict::Undecided { .. }), "{when}");
    }
}

#[test]
fn a_rule_says_what_is_wrong_with_it() {
    rule("facts.vendor == 'x'").check().unwrap();
    let field = |rule: Rule| {
        let fault = rule.check().unwrap_err();
        assert!(fault.is("domain-rule-wrong"), "{fault}");
        fault.to_string().split("field=").nth(1).unwrap().split('"').nth(1).unwrap().to_string()
    };
    assert_eq!(field(rule("facts.vendor ==")), "when");
    assert_eq!(field(rule(&format!("'{}' == ''", "x".repeat(3_000)))), "when");
    assert_eq!(field(rule("[1].all(a, [1].all(b, [1].all(c, a == b)))")), "when", "one list inside another, and again");
    assert_eq!(field(Rule { name: " ".into(), ..rule("true") }), "name");
    assert_eq!(field(Rule { sets: Default::default(), ..rule("true") }), "sets");
}

#[test]
fn what_it_sets_names_it() {
    let settings: Vec<_> = rule("true").settings().collect();
    assert_eq!(settings.len(), 2);
    for setting in settings {
        assert!(matches!(&setting.source, Source::Rule { name, order: 10, .. } if name == "laptops"));
        assert_eq!((setting.by.as_str(), setting.narrows), ("claire", None));
    }
}
