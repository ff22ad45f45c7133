//! The organisation: what each decision does, and that no sequence of them loses history.
use crate::kit::at;
use proptest::prelude::*;
use socle_domain::{
    DecisionId, Timestamp, UnitId,
    unit::{Change, Ended, MAX_DEPTH, Part, Tree, UnitDecision, UnitKind, accept, history},
};
use uuid::Uuid;

fn unit(n: u128) -> UnitId {
    match n {
        0 => UnitId::ROOT,
        n => UnitId(Uuid::from_u128(n)),
    }
}
fn decision(second: i64, what: Change) -> UnitDecision {
    UnitDecision { id: DecisionId(Uuid::nil()), at: at(second), decided: at(second), by: "admin".into(), what }
}
fn founded(n: u128, parent: u128, name: &str) -> Change {
    Change::Founded { unit: unit(n), parent: unit(parent), name: name.into(), kind: UnitKind::Body }
}
fn part(n: u128, name: &str, takes: &[u128]) -> Part {
    Part { unit: unit(n), name: name.into(), takes: takes.iter().map(|n| unit(*n)).collect() }
}

/// Two bodies with a site each, one second after the other.
fn two_bodies() -> Vec<UnitDecision> {
    let changes = [founded(1, 0, "Ain"), founded(2, 0, "Loire"), founded(11, 1, "Bourg"), founded(21, 2, "Roanne")];
    changes.into_iter().enumerate().map(|(i, what)| decision(i as i64, what)).collect()
}
fn with(what: Change) -> Result<Tree, String> {
    accept(&two_bodies(), &[decision(100, what)]).map_err(|f| f.code.to_string())
}
fn path(tree: &Tree, n: u128) -> String {
    tree.path(unit(n))
}

#[test]
fn each_decision_does_what_it_says() {
    let renamed = with(Change::Renamed { unit: unit(2), name: "Loire et Rhône".into() }).unwrap();
    assert_eq!(path(&renamed, 21), "Loire et Rhône / Roanne");
    let moved = with(Change::Moved { unit: unit(21), parent: unit(1) }).unwrap();
    assert_eq!(path(&moved, 21), "Ain / Roanne");
    let merged = with(Change::Merged { unit: unit(2), into: unit(1) }).unwrap();
    assert_eq!(path(&merged, 21), "Ain / Roanne");
    assert_eq!(path(&merged, 2), "Ain / Loire", "a merged unit hangs below its heir, closed");
    assert_eq!(merged.get(unit(2)).unwrap().ended, Some((at(100), Ended::Merged { into: unit(1) })));
    assert_eq!(merged.heir(unit(2)).unwrap().id, unit(1));
    let parts = vec![part(3, "Loire nord", &[]), part(4, "Loire sud", &[21])];
    let split = with(Change::Split { unit: unit(2), into: parts }).unwrap();
    assert_eq!(path(&split, 21), "Loire sud / Roanne");
    assert_eq!(split.heir(unit(2)).unwrap().id, unit(3), "the first part is the heir");
    let closed = with(Change::Closed { unit: unit(21) }).unwrap();
    assert_eq!(closed.heir(unit(21)).unwrap().id, unit(2));
    assert_eq!(closed.subtree(unit(2)), [unit(2), unit(21)], "what it held is still seen from above");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |what: Change, code: &str| assert_eq!(with(what.clone()).err().as_deref(), Some(code), "{what:?}");
    refused(founded(1, 0, "Another"), "domain-unit-there");
    refused(founded(9, 8, "Nowhere"), "domain-unit-unknown");
    refused(founded(9, 0, " ain "), "domain-unit-name-taken");
    refused(founded(9, 0, "a/b"), "domain-unit-name-wrong");
    refused(founded(9, 0, " "), "domain-unit-name-wrong");
    refused(Change::Renamed { unit: unit(1), name: "LOIRE".into() }, "domain-unit-name-taken");
    refused(Change::Moved { unit: unit(1), parent: unit(11) }, "domain-unit-cycle");
    refused(Change::Moved { unit: unit(1), parent: unit(1) }, "domain-unit-cycle");
    refused(Change::Merged { unit: unit(1), into: unit(11) }, "domain-unit-cycle");
    refused(Change::Moved { unit: unit(0), parent: unit(1) }, "domain-unit-centre");
    refused(Change::Closed { unit: unit(0) }, "domain-unit-centre");
    refused(Change::Closed { unit: unit(1) }, "domain-unit-not-empty");
    refused(Change::Split { unit: unit(1), into: vec![part(3, "One", &[])] }, "domain-unit-split-wrong");
    let elsewhere = vec![part(3, "A", &[21]), part(4, "B", &[])];
    refused(Change::Split { unit: unit(1), into: elsewhere }, "domain-unit-split-wrong");
    let twice = vec![part(3, "A", &[11]), part(4, "B", &[11])];
    refused(Change::Split { unit: unit(1), into: twice }, "domain-unit-split-wrong");
    refused(
        Change::Split { unit: unit(1), into: vec![part(3, "A", &[]), part(4, "a", &[])] },
        "domain-unit-name-taken",
    );
    let mut sites = two_bodies();
    sites.push(decision(50, founded(12, 1, "Roanne")));
    let merge = decision(100, Change::Merged { unit: unit(2), into: unit(1) });
    assert!(accept(&sites, &[merge]).unwrap_err().is("domain-unit-name-taken"), "two sites would have one name");
    let mut gone = two_bodies();
    gone.push(decision(50, Change::Merged { unit: unit(2), into: unit(1) }));
    let into_closed = decision(100, founded(9, 2, "Late"));
    assert!(accept(&gone, &[into_closed]).unwrap_err().is("domain-unit-closed"));
}

#[test]
fn a_split_may_keep_its_own_name_and_a_child_that_of_its_merged_parent() {
    let parts = vec![part(3, "Ain", &[11]), part(4, "Bresse", &[])];
    assert_eq!(path(&with(Change::Split { unit: unit(1), into: parts }).unwrap(), 11), "Ain / Bourg");
    let mut all = two_bodies();
    all.push(decision(50, founded(12, 1, "Ain")));
    let merged = accept(&all, &[decision(100, Change::Merged { unit: unit(1), into: unit(0) })]).unwrap();
    assert_eq!(path(&merged, 12), "Ain");
    assert_eq!(merged.by_path("Ain").unwrap().id, unit(12));
}

#[test]
fn a_decision_for_the_past_or_the_future_must_fit_all_of_it() {
    let mut all = two_bodies();
    all.push(decision(100, Change::Merged { unit: unit(2), into: unit(1) }));
    // Entered later, holding earlier: the site that it founds goes with the merged body.
    let early = UnitDecision { decided: at(200), ..decision(50, founded(22, 2, "Firminy")) };
    let tree = accept(&all, std::slice::from_ref(&early)).unwrap();
    assert_eq!(path(&tree, 22), "Ain / Firminy");
    // Had it been called as one of the heir's sites, the later merger would make no sense.
    let clash = decision(50, founded(22, 2, "Bourg"));
    assert!(accept(&all, &[clash]).unwrap_err().is("domain-unit-name-taken"));
    all.push(early);
    assert_eq!(Tree::at(&all, at(99)).unwrap().path(unit(22)), "Loire / Firminy");
    assert!(Tree::at(&all, at(49)).unwrap().get(unit(22)).is_none());
    let known = Tree::as_known(&all, at(150), at(150)).unwrap();
    assert!(known.get(unit(22)).is_none(), "nobody knew of it then");
    let speaking: Vec<&str> = history(&all, unit(2)).iter().map(|d| d.what.word()).collect();
    assert_eq!(speaking, ["founded", "founded", "founded", "merged"]);
}

#[test]
fn paths_name_open_units() {
    let tree = with(Change::Merged { unit: unit(2), into: unit(1) }).unwrap();
    let check = |path: &str, expect: Option<u128>| {
        assert_eq!(tree.by_path(path).map(|u| u.id), expect.map(unit), "{path}");
    };
    check("", Some(0));
    check("Centre", Some(0));
    check("ain/BOURG", Some(11));
    check(" Centre / Ain / Roanne ", Some(21));
    check("Loire", None);
    check("Ain / Loire", None);
    let tree = with(Change::Renamed { unit: unit(1), name: "Centre".into() }).unwrap();
    assert_eq!(tree.by_path("centre").map(|u| u.id), Some(unit(1)), "what is called like the centre goes first");
    assert_eq!(tree.by_path("").map(|u| u.id), Some(UnitId::ROOT));
}

#[test]
fn the_tree_has_a_bottom() {
    let chain: Vec<_> =
        (1..MAX_DEPTH as u128).map(|n| decision(n as i64, founded(n, n - 1, &format!("u{n}")))).collect();
    let tree = accept(&chain, &[]).unwrap();
    assert_eq!(tree.line(unit(MAX_DEPTH as u128 - 1)).count(), MAX_DEPTH);
    let deeper = decision(1000, founded(500, MAX_DEPTH as u128 - 1, "deeper"));
    assert!(accept(&chain, &[deeper]).unwrap_err().is("domain-unit-too-deep"));
    let mut beside = chain.clone();
    beside.push(decision(900, founded(600, 0, "above")));
    let move_all = decision(1000, Change::Moved { unit: unit(1), parent: unit(600) });
    assert!(accept(&beside, &[move_all]).unwrap_err().is("domain-unit-too-deep"));
}

/// A wish: which kind of change, at which second, about which units.
fn wishes() -> impl Strategy<Value = Vec<(u8, i64, u128, u128, bool)>> {
    proptest::collection::vec((0u8..8, 0i64..200, 0u128..14, 0u128..14, any::<bool>()), 1..60)
}

/// Decisions from wishes: those that make no sense are left out, as the server leaves them.
fn decisions(wishes: &[(u8, i64, u128, u128, bool)]) -> Vec<UnitDecision> {
    let mut kept: Vec<UnitDecision> = Vec::new();
    for (entered, (kind, second, a, b, flag)) in wishes.iter().enumerate() {
        let fresh = 100 + entered as u128 * 4;
        let what = match kind {
            0..=2 => founded(*a, *b, &format!("unit {a}")),
            3 => Change::Renamed { unit: unit(*a), name: format!("renamed {b}") },
            4 => Change::Moved { unit: unit(*a), parent: unit(*b) },
            5 => Change::Merged { unit: unit(*a), into: unit(*b) },
            6 => {
                let takes: &[u128] = if *flag { &[*b] } else { &[] };
                let one = part(fresh, &format!("part {fresh}"), &[]);
                Change::Split { unit: unit(*a), into: vec![one, part(fresh + 1, &format!("other {fresh}"), takes)] }
            }
            _ => Change::Closed { unit: unit(*a) },
        };
        let new = UnitDecision { decided: at(1000 + entered as i64), ..decision(*second, what) };
        if accept(&kept, std::slice::from_ref(&new)).is_ok() {
            kept.push(new);
        }
    }
    kept
}

/// Everybody reaches the centre, open siblings differ in name, open units stand below open ones, what was stays.
fn check_tree(tree: &Tree, before: Option<&Tree>) {
    for one in tree.units() {
        let line: Vec<_> = tree.line(one.id).map(|u| u.id).collect();
        assert_eq!(line.last(), Some(&UnitId::ROOT), "{one:?} does not reach the centre");
        let unique: std::collections::BTreeSet<_> = line.iter().collect();
        assert_eq!(unique.len(), line.len(), "a cycle above {one:?}");
        assert!(line.len() <= MAX_DEPTH);
        if let Some(parent) = one.parent {
            assert!(tree.children(parent).any(|u| u.id == one.id), "its parent does not know {one:?}");
            assert!(!one.is_open() || tree.get(parent).unwrap().is_open(), "open below closed: {one:?}");
        }
        let names: Vec<_> = tree.children(one.id).filter(|u| u.is_open()).map(|u| u.name.to_lowercase()).collect();
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len(), "{names:?}");
        assert!(tree.heir(one.id).is_some_and(|heir| heir.is_open()));
        if one.is_open() {
            // A unit below the centre may be called like it: the name is that unit's then, and the empty path the centre's.
            let namesake = tree.children(UnitId::ROOT).any(|u| u.is_open() && u.name.eq_ignore_ascii_case(&one.name));
            let path = if one.id == UnitId::ROOT && namesake { String::new() } else { tree.path(one.id) };
            assert_eq!(tree.by_path(&path).map(|u| u.id), Some(one.id), "{path}");
        }
    }
    let everything = tree.subtree(UnitId::ROOT);
    assert_eq!(everything.len(), tree.units().count(), "a unit is lost");
    for old in before.into_iter().flat_map(Tree::units) {
        let now = tree.get(old.id).expect("a unit is never removed");
        assert_eq!(now.since, old.since);
        assert!(old.is_open() || now.ended == old.ended, "the end of a unit is never undone nor rewritten");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is decided, in whatever order, for whatever moment: each moment has a tree, no unit of the past is
    /// missing from the present, and nothing stands above itself.
    #[test]
    fn no_sequence_of_decisions_loses_history(wishes in wishes()) {
        let kept = decisions(&wishes);
        let mut before: Option<Tree> = None;
        for second in (0..=200).step_by(10) {
            let tree = Tree::at(&kept, at(second)).unwrap();
            check_tree(&tree, before.as_ref());
            before = Some(tree);
        }
    }

    /// The past answers today as it answered then: what is entered for later changes no earlier moment.
    #[test]
    fn decisions_for_later_change_nothing_earlier(wishes in wishes(), moment in 0i64..200) {
        let kept = decisions(&wishes);
        let moment: Timestamp = at(moment);
        let earlier: Vec<_> = kept.iter().filter(|d| d.at <= moment).cloned().collect();
        prop_assert_eq!(Tree::at(&kept, moment).unwrap(), Tree::at(&earlier, moment).unwrap());
    }

    /// A refused decision is refused whole: asking changes nothing, and answers the same twice.
    #[test]
    fn asking_is_harmless(wishes in wishes(), a in 0u128..14, b in 0u128..14) {
        let kept = decisions(&wishes);
        let wish = decision(150, Change::Merged { unit: unit(a), into: unit(b) });
        let once = accept(&kept, std::slice::from_ref(&wish));
        prop_assert_eq!(&once, &accept(&kept, std::slice::from_ref(&wish)));
        prop_assert_eq!(accept(&kept, &[]).unwrap(), Tree::at(&kept, at(10_000)).unwrap());
    }
}
