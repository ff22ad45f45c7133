//! One item can be shown to belong to a whole.
use proptest::prelude::*;
use socle_domain::{
    Digest,
    merkle::{belongs, leaf, path, root},
};

proptest! {
    #[test]
    fn every_leaf_belongs_and_no_other_does(count in 1usize..70, pick in 0usize..70, other in 0usize..70) {
        let leaves: Vec<Digest> = (0..count).map(|n| leaf(&n.to_le_bytes())).collect();
        let (index, other) = (pick % count, other % count);
        let way = path(&leaves, index);
        let whole = root(&leaves);
        prop_assert!(belongs(leaves[index], index, count, &way, whole));
        prop_assert!(!belongs(leaf(b"another"), index, count, &way, whole));
        prop_assert!(!belongs(leaves[index], index, count, &way, leaf(b"another")));
        if other != index {
            prop_assert!(!belongs(leaves[index], other, count, &way, whole));
        }
        prop_assert!(!belongs(leaves[index], index, count, &way[..way.len().saturating_sub(1)], whole) || count == 1);
    }
}
