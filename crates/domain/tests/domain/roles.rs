//! Rights go down the tree and nowhere else, and never grow by being passed on.
use proptest::prelude::*;
use socle_domain::{
    AccountId, UnitId,
    role::{Grant, Right, Role, holds, may_grant, places},
};

fn person(n: usize) -> AccountId {
    AccountId::new(1, [n as u8 + 1; 10])
}

/// A random tree: each unit but the first has one made before it above it.
#[derive(Debug, Clone)]
struct Forest(Vec<usize>);

impl Forest {
    fn unit(&self, n: usize) -> UnitId {
        if n == 0 { UnitId::ROOT } else { UnitId::new(n as u64, [0; 10]) }
    }
    fn path(&self, mut n: usize) -> Vec<UnitId> {
        let mut path = vec![self.unit(n)];
        while n != 0 {
            n = self.0[n - 1];
            path.push(self.unit(n));
        }
        path
    }
    fn len(&self) -> usize {
        self.0.len() + 1
    }
}

fn forest() -> impl Strategy<Value = Forest> {
    proptest::collection::vec(any::<prop::sample::Index>(), 1..12)
        .prop_map(|above| Forest(above.iter().enumerate().map(|(n, i)| i.index(n + 1)).collect()))
}
fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(&Role::ALL[..])
}

proptest! {
    #[test]
    fn what_is_held_somewhere_is_held_below_and_nowhere_else(
        forest in forest(), role in role(), at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(forest.len());
        let grants = [Grant { person: person(0), role, unit: forest.unit(at) }];
        for n in 0..forest.len() {
            let path = forest.path(n);
            let below = path.contains(&forest.unit(at));
            for right in Right::ALL {
                let has = role.rights().contains(&right) && (right != Right::Server || at == 0);
                prop_assert_eq!(holds(&grants, right, &path), has && below, "{} at {} seen from {}", right, at, n);
                prop_assert_eq!(places(&grants, right).len(), usize::from(has));
            }
        }
    }

    /// Whatever people give one another, nobody ever holds a right at a place where nobody held it before.
    #[test]
    fn rights_never_grow_by_being_passed_on(
        forest in forest(),
        first in proptest::collection::vec((0..4_usize, role(), any::<prop::sample::Index>()), 0..4),
        acts in proptest::collection::vec((0..4_usize, 0..4_usize, role(), any::<prop::sample::Index>()), 0..40),
    ) {
        let grant = |who: usize, role, at: usize| Grant { person: person(who), role, unit: forest.unit(at) };
        let begin: Vec<Grant> = first.iter().map(|(who, role, at)| grant(*who, *role, at.index(forest.len()))).collect();
        let of = |all: &[Grant], who: usize| -> Vec<Grant> {
            all.iter().filter(|g| g.person == person(who)).copied().collect()
        };
        let mut all = begin.clone();
        for (giver, taker, role, at) in &acts {
            let at = at.index(forest.len());
            if may_grant(&of(&all, *giver), *role, &forest.path(at)).is_ok() {
                all.push(grant(*taker, *role, at));
            }
        }
        for n in 0..forest.len() {
            let path = forest.path(n);
            for right in Right::ALL {
                prop_assert!(!holds(&all, right, &path) || holds(&begin, right, &path), "{} appeared at {}", right, n);
            }
        }
    }
}

#[test]
fn the_first_administrator_holds_every_right_and_may_give_every_role() {
    let grants = Role::FIRST_ADMINISTRATOR.map(|role| Grant { person: person(0), role, unit: UnitId::ROOT });
    for right in Right::ALL {
        assert!(holds(&grants, right, &[UnitId::ROOT]), "{right}");
    }
    for role in Role::ALL {
        assert_eq!(may_grant(&grants, role, &[UnitId::ROOT]), Ok(()), "{role}");
    }
}

#[test]
fn who_lacks_a_right_does_not_give_it() {
    let body = UnitId::new(7, [7; 10]);
    let site = UnitId::new(8, [8; 10]);
    let (root, at_body, at_site) = (vec![UnitId::ROOT], vec![body, UnitId::ROOT], vec![site, body, UnitId::ROOT]);
    let check = |role: Role, unit, given: Role, path: &[UnitId], expect| {
        assert_eq!(may_grant(&[Grant { person: person(0), role, unit }], given, path), expect, "{role} gives {given}");
    };
    check(Role::SiteAdministrator, body, Role::Technician, &at_site, Ok(()));
    check(Role::SiteAdministrator, body, Role::SiteAdministrator, &at_body, Ok(()));
    check(Role::SiteAdministrator, body, Role::SiteAdministrator, &root, Err(Right::People));
    check(Role::SiteAdministrator, body, Role::Designer, &at_body, Err(Right::Masters));
    check(Role::SiteAdministrator, body, Role::Auditor, &at_body, Err(Right::Audit));
    check(Role::SiteAdministrator, site, Role::Technician, &at_body, Err(Right::People));
    check(Role::Deployer, body, Role::User, &at_body, Err(Right::People));
}

#[test]
fn every_word_is_read_back() {
    for role in Role::ALL {
        assert_eq!(role.word().parse(), Ok(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.word());
        assert!(role.rights().contains(&Right::Own), "{role}: everybody has affairs of his own");
    }
    for right in Right::ALL {
        assert_eq!(serde_json::to_value(right).unwrap(), right.word());
    }
}
