//! Options: what can be declared, and which values are of it.
use serde_json::{Value, json};
use socle_domain::{
    latitude::{Latitude, Reach},
    master::Master,
    option::{OptionSpec, check_secret, referenced_secret, secret_reference},
    sequence::parse,
};

const STEPS: &str = "
[[step]]
id = 'look'
kind = 'check'
";

fn text(options: &str) -> String {
    format!("title = {{ fr = 'Essai', en = 'Trial' }}\n{options}{STEPS}")
}

/// An option of this declaration, but for its name and its labels.
fn option(declared: &str) -> String {
    format!("[[option]]\nname = 'o'\nlabel = {{ fr = 'O', en = 'O' }}\n{declared}\n")
}

fn spec(declared: &str) -> OptionSpec {
    parse(&text(&option(declared))).unwrap_or_else(|e| panic!("{declared}: {e}")).options.remove(0)
}

fn check(declared: &str, good: &[Value], bad: &[(Value, &str)]) {
    let spec = spec(declared);
    for value in good {
        spec.check_value(value).unwrap_or_else(|e| panic!("{declared}: {value}: {e}"));
    }
    for (value, code) in bad {
        let fault = spec.check_value(value).expect_err(&format!("{declared}: {value} was taken"));
        assert!(fault.is(code), "{declared}: {value}: {fault} instead of {code}");
    }
}

#[test]
fn each_kind_knows_its_values() {
    let kind = "domain-option-kind";
    check("kind = 'boolean'", &[json!(true)], &[(json!("true"), kind), (json!(1), kind)]);
    let range = "domain-option-range";
    check(
        "kind = 'integer'\nmin = 1\nmax = 9",
        &[json!(1), json!(9)],
        &[(json!(0), range), (json!(10), range), (json!(1.5), kind), (json!("1"), kind)],
    );
    let pattern = "domain-option-pattern";
    check(
        "kind = 'text'\npattern = 'a|b'",
        &[json!("a"), json!("b")],
        &[(json!("ab"), pattern), (json!(""), pattern), (json!("xa"), pattern)],
    );
    check(
        "kind = 'text'",
        &[json!("é"), json!("")],
        &[(json!("a\nb"), "domain-option-control"), (json!("x".repeat(5_000)), "domain-option-too-long")],
    );
    let offered = "domain-option-not-offered";
    let choice = "kind = 'choice'\nchoices = ['fr', { value = 'de', label = { fr = 'allemand', en = 'German' } }]";
    check(choice, &[json!("fr"), json!("de")], &[(json!("en"), offered), (json!(["fr"]), kind)]);
    check(
        "kind = 'list'\nchoices = ['a', 'b']",
        &[json!([]), json!(["b", "a"])],
        &[(json!(["c"]), offered), (json!("a"), kind)],
    );
    check(
        "kind = 'package-set'\namong = ['vlc', 'gimp']",
        &[json!(["vlc"])],
        &[(json!(["nano"]), offered), (json!(["vlc", "vlc"]), "domain-option-twice"), (json!(["; rm"]), kind)],
    );
    check(
        "kind = 'date'",
        &[json!("2026-02-28")],
        &[(json!("2026-02-30"), kind), (json!("28/02/2026"), kind), (json!("2026-02-28T10:00"), kind)],
    );
    check(
        "kind = 'secret'",
        &[secret_reference("7")],
        &[(json!("in clear"), kind), (json!({ "secret": "a", "more": 1 }), kind)],
    );
    let net = "domain-option-network";
    let fixed =
        json!({ "method": "static", "address": "10.1.2.3/24", "gateway": "10.1.2.1", "dns": ["10.1.2.1"], "vlan": 12 });
    check(
        "kind = 'network-profile'",
        &[json!({ "method": "dhcp" }), fixed, json!({ "method": "dhcp", "proxy": "http://proxy.lan:3128" })],
        &[
            (json!({ "method": "static" }), net),
            (json!({ "method": "static", "address": "10.1.2.3" }), net),
            (json!({ "method": "static", "address": "10.1.2.3/24", "gateway": "10.1.3.1" }), net),
            (json!({ "method": "dhcp", "vlan": 5000 }), net),
            (json!({ "method": "dhcp", "proxy": "file:///etc/passwd" }), net),
            (json!({ "method": "dhcp", "more": 1 }), net),
        ],
    );
}

#[test]
fn what_can_not_be_meant_is_refused_by_its_line() {
    for (declared, line) in [
        ("kind = 'boolean'\nfoo = 1", None),
        ("kind = 'tree'", Some(6)),
        ("kind = 'integer'\nmin = 9\nmax = 1", Some(6)),
        ("kind = 'integer'\ndefault = 'x'", Some(6)),
        ("kind = 'text'\npattern = '('", None),
        ("kind = 'text'\npattern = '(a{1000}){1000}'", None),
        ("kind = 'choice'\nchoices = []", Some(6)),
        ("kind = 'choice'\nchoices = ['a', 'a']", Some(6)),
        ("kind = 'secret'\ndefault = 'hunter2'", Some(6)),
        ("kind = 'secret'\nlatitude = { one-of = ['a'] }", Some(6)),
        ("kind = 'boolean'\nlatitude = { pattern = 'x' }", Some(6)),
        ("kind = 'text'\nlatitude = { range = { min = 'a' } }", Some(6)),
        ("kind = 'integer'\nlatitude = { range = { min = 5, max = 2 } }", Some(6)),
        ("kind = 'integer'\nlatitude = 'fixed'", Some(6)),
        ("kind = 'integer'\nlatitude = { asked = 'fixed' }", Some(6)),
        ("kind = 'integer'\nlatitude = { one-of = ['x'] }", Some(6)),
        ("kind = 'integer'\nlatitude = 'wide'", None),
    ] {
        let before = "[[option]]\nname = 'a'\nkind = 'boolean'\nlabel = { fr = 'A', en = 'A' }\n";
        let fault = parse(&text(&format!("{before}{}", option(declared)))).expect_err(declared);
        let (code, expected) = match line {
            Some(line) => ("domain-option-declared-wrong", line),
            // The parser itself refuses it, on the line of the word or of its table.
            None => ("domain-sequence-unreadable", 0),
        };
        assert!(fault.is(code), "{declared}: {fault}");
        let said = fault.args.iter().find(|(name, _)| name == "line").unwrap();
        let socle_texts::Arg::Number(said) = said.1 else { panic!("{fault}") };
        assert!(
            if expected > 0 { said == f64::from(expected) } else { (6.0..=11.0).contains(&said) },
            "{declared}: {fault}"
        );
    }
}

#[test]
fn a_name_is_one_variable_of_a_script() {
    let two = |a: &str, b: &str| {
        let one =
            |name: &str| format!("[[option]]\nname = '{name}'\nkind = 'boolean'\nlabel = {{ fr = 'O', en = 'O' }}\n");
        parse(&text(&(one(a) + &one(b))))
    };
    assert!(two("a-b", "a-c").is_ok());
    for (a, b) in [("a-b", "a_b"), ("x", "x"), ("Abc", "b"), ("1a", "b"), ("", "b")] {
        assert!(two(a, b).unwrap_err().is("domain-option-declared-wrong"), "{a} {b}");
    }
}

#[test]
fn a_secret_stands_where_no_journal_sees_it() {
    let declared = option("kind = 'secret'");
    let step = |step: &str| parse(&text(&declared).replace(STEPS, &format!("[[step]]\nid = 's'\n{step}")));
    assert!(step("kind = 'write-file'\npath = '/etc/x'\ncontent = '{{ options.o }}'").is_ok());
    for wrong in [
        "kind = 'write-file'\npath = '/etc/{{ options.o }}'\ncontent = ''",
        "kind = 'set-identity'\nhostname = '{{ options.o }}'",
        "kind = 'move-folder'\nfrom = '/{{ options.o }}'\nto = '/x'",
    ] {
        assert!(step(wrong).unwrap_err().is("domain-sequence-wrong"), "{wrong}");
    }
    assert_eq!(referenced_secret(&secret_reference("abc")), Some("abc"));
    assert_eq!(referenced_secret(&json!("abc")), None);
    assert!(check_secret("o", "correct horse").is_ok());
    assert!(check_secret("o", "").is_err() && check_secret("o", "a\nb").is_err());
}

#[test]
fn a_latitude_reads_as_it_is_written() {
    let latitude = |text: &str| spec(&format!("kind = 'integer'\ndefault = 3\nlatitude = {text}")).latitude;
    assert_eq!(latitude("'free'"), Latitude::Free);
    assert_eq!(latitude("'fixed'"), Latitude::Fixed);
    assert_eq!(latitude("{ one-of = [1, 3] }"), Latitude::OneOf(vec![1.into(), 3.into()]));
    assert_eq!(latitude("{ range = { max = 9 } }"), Latitude::Range { min: None, max: Some(9.into()) });
    assert_eq!(
        latitude("{ asked = { range = { min = 2 } } }"),
        Latitude::Asked(Box::new(Latitude::Range { min: Some(2.into()), max: None }))
    );
    assert_eq!(spec("kind = 'boolean'").latitude, Latitude::Free, "what is not said is free");
}

#[test]
fn narrowing_never_widens() {
    let reach = |all: &[Latitude]| all.iter().fold(Reach::default(), |reach, l| reach.narrowed(l));
    let range = |min: i64, max: i64| Latitude::Range { min: Some(min.into()), max: Some(max.into()) };
    let within = reach(&[range(1, 5), range(0, 9), Latitude::OneOf(vec![0.into(), 3.into(), 7.into()])]);
    assert!(within.check("o", &json!(3)).is_ok());
    for outside in [0, 7, 4] {
        assert!(within.check("o", &json!(outside)).is_err(), "{outside}");
    }
    assert!(reach(&[range(1, 2), range(3, 4)]).is_empty());
    assert!(reach(&[Latitude::OneOf(vec![1.into()]), Latitude::OneOf(vec![2.into()])]).is_empty());
    assert!(!within.is_empty());
    let asked = reach(&[Latitude::Asked(Box::new(range(1, 5))), range(2, 3)]);
    assert!(asked.is_asked() && asked.check("o", &json!(5)).is_err());
    assert!(!reach(&[Latitude::Asked(Box::new(Latitude::Free)), Latitude::Fixed]).is_asked());
}

#[test]
fn a_master_gives_defaults_and_declares_the_rest() {
    let sequence = text(
        &(option("kind = 'integer'\ndefault = 1\nmax = 9")
            + "[[option]]\nname = 'p'\nkind = 'secret'\nlabel = { fr = 'P', en = 'P' }\n"),
    );
    let master = |options: Value| Master {
        sequence: sequence.clone(),
        options: serde_json::from_value(options).unwrap(),
        ..Master::default()
    };
    let specs = master(json!({ "o": 5, "older": "x" })).specs().unwrap();
    let said: Vec<(&str, Option<Value>)> = specs.iter().map(|s| (s.name.as_str(), s.default.clone())).collect();
    assert_eq!(said, [("o", Some(json!(5))), ("p", None), ("older", Some(json!("x")))]);
    assert!(master(json!({ "o": 10 })).specs().unwrap_err().is("domain-option-wrong"));
    let check =
        |options: Value| master(json!({ "older": "x" })).check_options(&serde_json::from_value(options).unwrap());
    check(json!({ "o": 9, "p": secret_reference("1"), "older": "y" })).unwrap();
    for wrong in [json!({ "o": 10 }), json!({ "p": "in clear" }), json!({ "older": 1 }), json!({ "more": 1 })] {
        assert!(check(wrong.clone()).unwrap_err().is("domain-option-wrong"), "{wrong}");
    }
}

#[test]
fn masters_signed_before_options_were_declared_are_read_as_they_were() {
    // What an earlier version of Socle signed: no generation, no packages, no drivers.
    let body = format!(
        r#"{{"name":"debian","version":"1","unit":"01900000-0000-7000-8000-000000000001","sequence":{},"images":{{}},"options":{{"organisation":"Socle","tree":{{"a":[1]}}}},"at":"2026-11-22T07:00:00Z"}}"#,
        json!(text(""))
    );
    let master: Master = serde_json::from_str(&body).unwrap();
    assert_eq!(serde_json::to_string(&master).unwrap(), body, "the same bytes are signed as then");
    assert_eq!(master.specs().unwrap().len(), 2);
    let options = [("organisation".to_string(), json!("Lycée")), ("tree".to_string(), json!({ "b": 2 }))].into();
    master.check_options(&options).unwrap();
    assert!(master.check_options(&[("tree".to_string(), json!(1))].into()).is_err());
}
