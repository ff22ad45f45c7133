//! Who is expected, and how the expected are named.
use socle_domain::{
    UnitId,
    recognise::{Announced, Hints, name_from},
};

fn hints() -> Hints {
    Hints {
        macs: vec!["52:54:00:aa:bb:01".into()],
        serial: Some("SN-42".into()),
        uuid: Some("11".into()),
        ..Default::default()
    }
}

#[test]
fn every_announced_hint_must_agree_and_one_must_be_given() {
    let announced = |mac: Option<&str>, serial: Option<&str>| Announced {
        name: "pc-01".into(),
        unit: UnitId::ROOT,
        mac: mac.map(String::from),
        serial: serial.map(String::from),
        uuid: None,
    };
    assert!(announced(Some("52:54:00:AA:BB:01"), None).matches(&hints()));
    assert!(announced(Some("52:54:00:aa:bb:01"), Some("sn-42")).matches(&hints()));
    assert!(!announced(Some("52:54:00:aa:bb:01"), Some("other")).matches(&hints()));
    assert!(!announced(None, None).matches(&hints()), "an empty line accepts everybody");
}

#[test]
fn names_are_the_first_free_of_a_pattern() {
    let check = |pattern: &str, taken: &[&str], expect: Option<&str>| {
        let name = name_from(pattern, &hints(), &|n| taken.contains(&n));
        assert_eq!(name.as_deref(), expect, "{pattern}");
    };
    check("pc-{n}", &["pc-1", "pc-2"], Some("pc-3"));
    check("salle-b-{nnn}", &[], Some("salle-b-001"));
    check("poste-{serial}", &[], Some("poste-sn-42"));
    check("poste-{serial}", &["poste-sn-42"], None);
    check("x{mac}", &[], Some("x525400aabb01"));
    check("Pas Un Nom {n}", &[], None);
    check("pc-{q}", &[], None);
}
