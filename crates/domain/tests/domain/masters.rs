//! Masters: what can be signed, stages, two versions side by side, generations.
use crate::kit::{World, shipped};
use serde_json::json;
use socle_domain::{
    Digest, UnitId,
    keys::Generations,
    master::{Master, Side, Stage, Version, diff},
};
use std::collections::BTreeMap;

#[test]
fn what_is_no_master_says_which_part_is_wrong() {
    let master = World::default().master();
    assert_eq!(master.check().unwrap().steps.len(), 8);
    let wrong = |change: &dyn Fn(&mut Master), code: &str| {
        let mut other = master.clone();
        change(&mut other);
        let fault = other.check().unwrap_err();
        assert!(fault.is(code), "{fault} instead of {code}");
    };
    wrong(&|m| m.name = "Debian!".into(), "domain-master-wrong");
    wrong(&|m| m.version = "1/2".into(), "domain-master-wrong");
    wrong(&|m| m.packages = [("a\nb".to_string(), Digest::of(b"x"))].into(), "domain-master-wrong");
    wrong(&|m| m.images.clear(), "domain-master-image-missing");
    wrong(&|m| m.sequence.push_str("[[step]]\nid = 'x'"), "domain-sequence-unreadable");
}

#[test]
fn a_stage_is_left_by_its_own_doors() {
    use Stage::*;
    for (from, to, may) in [
        (Draft, Pilot, false),
        (Pilot, Production, true),
        (Production, Retired, true),
        (Retired, Production, true),
        (Production, Draft, false),
        (Production, Production, false),
        (Pilot, Retired, true),
        (Production, Pilot, false),
    ] {
        assert_eq!(from.may_become(to), may, "{from:?} {to:?}");
    }
    for stage in [Draft, Pilot, Production, Retired] {
        assert_eq!(stage.word().parse(), Ok(stage));
    }
}

#[test]
fn two_versions_side_by_side() {
    let before = World::default().master();
    let mut after = before.clone();
    assert!(diff(&before, &after).is_empty());
    after.sequence = shipped("debian").replace("memory_mib = 400", "memory_mib = 800");
    after.sequence = after.sequence.replacen("[[step]]\nid = \"fit\"", "# new\n[[step]]\nid = \"fit\"", 1);
    after.images.insert("system".into(), Digest::of(b"another image"));
    after.packages.insert("vlc".into(), Digest::of(b"vlc"));
    after.options.insert("organisation".into(), json!("Mairie"));
    after.generation = 3;
    let found = diff(&before, &after);
    let changed: Vec<_> = found.sequence.iter().filter(|l| l.side != Side::Same).collect();
    assert_eq!(changed.len(), 2, "{changed:?}");
    assert_eq!(changed[0].side, Side::Added);
    let (line, text) = changed[1].after.clone().unwrap();
    assert_eq!((changed[1].side, text.as_str()), (Side::Changed, "memory_mib = 800"));
    assert_eq!(line, changed[1].before.clone().unwrap().0 + 1, "one line was added above");
    assert_eq!((found.images[0].name.as_str(), found.images[0].side), ("system", Side::Changed));
    assert_eq!((found.packages[0].name.as_str(), found.packages[0].side), ("vlc", Side::Added));
    assert_eq!(found.options[0].name, "organisation");
    assert_eq!(found.generation, (0, 3));
    // Read one under the other, each side gives its whole text again.
    let side = |pick: &dyn Fn(&socle_domain::master::DiffLine) -> Option<(u32, String)>| -> String {
        found.sequence.iter().filter_map(pick).map(|(_, line)| line + "\n").collect()
    };
    assert_eq!(side(&|l| l.before.clone()), before.sequence);
    assert_eq!(side(&|l| l.after.clone()), after.sequence);
}

#[test]
fn a_long_text_is_compared_in_time() {
    let text = |from: usize| (from..from + 40_000).map(|n| format!("# {n}\n")).collect::<String>();
    let master = |from: usize| Master { sequence: format!("# head\n{}# tail\n", text(from)), ..Master::default() };
    let found = diff(&master(0), &master(100_000));
    assert_eq!(found.sequence.len(), 40_002);
    assert_eq!(found.sequence.iter().filter(|l| l.side == Side::Same).count(), 2);
}

#[test]
fn an_older_generation_than_was_seen_is_refused() {
    let lowest = Generations([("debian".to_string(), 5)].into());
    assert!(lowest.check("debian", 5).is_ok() && lowest.check("debian", 6).is_ok() && lowest.check("other", 0).is_ok());
    assert!(lowest.check("debian", 4).unwrap_err().is("domain-generation-old"));
}

#[test]
fn a_unit_is_offered_what_its_ancestors_allow() {
    let unit = |n: u64| UnitId::new(n, [n as u8; 10]);
    let (body, site) = (unit(1), unit(2));
    let path = [UnitId::ROOT, body, site];
    let version = |stage| Version { unit: UnitId::ROOT, name: "debian".into(), stage };
    let allow = |lists: &[(UnitId, &[&str])]| -> BTreeMap<UnitId, Vec<String>> {
        lists.iter().map(|(unit, names)| (*unit, names.iter().map(|n| n.to_string()).collect())).collect()
    };
    let production = version(Stage::Production);
    assert!(production.is_offered(&path, &[], &allow(&[])));
    assert!(production.is_offered(&path, &[], &allow(&[(body, &["debian", "other"])])));
    assert!(!production.is_offered(&path, &[], &allow(&[(body, &["other"])])));
    assert!(!production.is_offered(&path, &[], &allow(&[(body, &["other"]), (site, &["debian"])])), "nobody widens");
    assert!(!production.is_offered(&path, &[], &allow(&[(site, &[])])), "none at all can be left");
    let pilot = version(Stage::Pilot);
    assert!(!pilot.is_offered(&path, &[], &allow(&[])));
    assert!(pilot.is_offered(&path, &[body], &allow(&[])), "below a unit that tries it");
    assert!(pilot.is_offered(&[UnitId::ROOT], &[], &allow(&[])), "its own unit tries it");
    assert!(!version(Stage::Retired).is_offered(&path, &[site], &allow(&[])));
    let foreign = Version { unit: unit(9), ..version(Stage::Production) };
    assert!(!foreign.is_offered(&path, &[site], &allow(&[])), "another body's master is nobody else's");
}
