//! A tree of digests, so that one item can be shown to belong to a whole without showing the others
//! (the shape and the separation of leaves from nodes are those of RFC 9162 section 2.1).
use crate::Digest;

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Digest::of(&bytes)
}

/// The leaf of some bytes.
pub fn leaf(bytes: &[u8]) -> Digest {
    Digest::of(&[&[0], bytes].concat())
}

/// Where a tree of `count` leaves (two or more) is divided: the largest power of two below.
fn split(count: usize) -> usize {
    1 << (usize::BITS - 1 - (count - 1).leading_zeros())
}

/// The root over all leaves; of none, the digest of nothing.
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(split(more.len()));
            node(&root(left), &root(right))
        }
    }
}

/// What must be known besides the leaf at `index` to find the root: from the leaf upwards.
pub fn path(leaves: &[Digest], index: usize) -> Vec<Digest> {
    if leaves.len() < 2 || index >= leaves.len() {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut below, beside) =
        if index < at { (path(left, index), root(right)) } else { (path(right, index - at), root(left)) };
    below.push(beside);
    below
}

/// Whether `leaf` is the one at `index` of `count` under `root`.
pub fn belongs(leaf: Digest, index: usize, count: usize, path: &[Digest], expected: Digest) -> bool {
    fn climb(leaf: Digest, index: usize, count: usize, path: &[Digest]) -> Option<Digest> {
        if count < 2 {
            return path.is_empty().then_some(leaf);
        }
        let (beside, below) = path.split_last()?;
        let at = split(count);
        if index < at {
            Some(node(&climb(leaf, index, at, below)?, beside))
        } else {
            Some(node(beside, &climb(leaf, index - at, count - at, below)?))
        }
    }
    index < count && climb(leaf, index, count, path) == Some(expected)
}
