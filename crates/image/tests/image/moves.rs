//! Pieces that move on their own disk: nothing is destroyed before it was used, wherever the power is cut.
use proptest::prelude::*;
use socle_image::moves::{Move, Order, order};
use std::ops::Range;

/// A disk of so many cells; a piece is one to three of them.
const CELLS: u64 = 24;

fn one(reads: &[u64], writes: &[u64], elsewhere: bool) -> Move {
    let cells = |of: &[u64]| of.iter().map(|&c| c..c + 1).collect::<Vec<Range<u64>>>();
    Move { reads: cells(reads), writes: cells(writes), bytes: reads.len() as u64, elsewhere }
}

/// Carries the order out on a disk whose cells hold who stands there, and calls `cut` after each write: with the disk,
/// and with what stands aside.
fn carry_out(moves: &[Move], order: &Order, cut: &mut dyn FnMut(&[Option<(usize, u64)>], &[usize])) {
    let cell = |r: &Range<u64>| r.start as usize;
    // Who stands where: a move's piece, cell by cell.
    let mut disk: Vec<Option<(usize, u64)>> = vec![None; CELLS as usize];
    for (number, one) in moves.iter().enumerate() {
        for (part, read) in one.reads.iter().enumerate() {
            disk[cell(read)] = Some((number, part as u64));
        }
    }
    let memory: Vec<usize> = order.aside.iter().chain(&order.held).copied().collect();
    for wave in &order.waves {
        for &number in wave {
            let one = &moves[number];
            if !memory.contains(&number) {
                for (part, read) in one.reads.iter().enumerate() {
                    assert_eq!(
                        disk[cell(read)],
                        Some((number, part as u64)),
                        "{number} was destroyed before it was used"
                    );
                }
            }
            for (part, write) in one.writes.iter().enumerate() {
                disk[cell(write)] = Some((number, part as u64));
                cut(&disk, &order.aside);
            }
        }
    }
}

fn check(moves: &[Move], aside_bytes: u64) -> Option<Order> {
    let order = order(moves, aside_bytes, 2)?;
    let mut seen: Vec<usize> = order.waves.iter().flatten().chain(&order.given_up).copied().collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..moves.len()).collect::<Vec<_>>(), "each move once: {order:?}");
    let aside: u64 = order.aside.iter().map(|&n| moves[n].bytes).sum();
    assert!(aside <= aside_bytes && order.aside.iter().all(|&n| !moves[n].elsewhere), "{order:?}");
    assert!(order.held.iter().map(|&n| moves[n].bytes).sum::<u64>() <= 2, "{order:?}");
    carry_out(moves, &order, &mut |disk, aside| {
        for (number, one) in moves.iter().enumerate().filter(|(n, m)| !m.elsewhere && !aside.contains(n)) {
            // In whatever order a wave's writes reach the medium: its piece stands where it stood or where it goes.
            let stands =
                |at: &[Range<u64>]| (0_u64..).zip(at).all(|(part, r)| disk[r.start as usize] == Some((number, part)));
            assert!(stands(&one.reads) || stands(&one.writes), "the last copy of {number} is gone: {order:?}");
        }
    });
    Some(order)
}

#[test]
fn a_chain_goes_from_its_end() {
    let chain = [one(&[0], &[1], false), one(&[1], &[2], false), one(&[2], &[3], false)];
    let order = check(&chain, 0).expect("a chain needs nothing aside");
    assert_eq!(order.waves, [[2], [1], [0]]);
}

#[test]
fn a_circle_costs_one_copy_aside() {
    let circle = [one(&[0], &[1], false), one(&[1], &[2], false), one(&[2], &[0], false)];
    assert_eq!(check(&circle, 1).expect("one fits aside").aside.len(), 1);
    assert_eq!(order(&circle, 0, 9), None, "nothing fits aside, and nothing can be had elsewhere");
}

#[test]
fn what_can_be_had_elsewhere_is_held_or_given_up() {
    let circle = |bytes| {
        let mut moves = [one(&[0], &[1], true), one(&[1], &[0], true)];
        moves.iter_mut().for_each(|m| m.bytes = bytes);
        order(&moves, 0, 2).expect("nothing is needed aside")
    };
    assert_eq!((circle(2).held.len(), circle(2).given_up.len()), (1, 0));
    assert_eq!((circle(3).held.len(), circle(3).given_up.len()), (0, 1));
}

#[test]
fn a_piece_that_lies_across_its_own_new_place_is_copied_aside() {
    let across = Move { reads: vec![0..4], writes: vec![2..6], bytes: 4, elsewhere: false };
    assert_eq!(order(std::slice::from_ref(&across), 4, 0).map(|o| o.aside), Some(vec![0]));
    let order = order(&[Move { elsewhere: true, ..across }], 0, 0).expect("in memory it is safe enough");
    assert_eq!((order.aside.len(), order.waves.len()), (0, 1));
}

#[test]
fn a_hundred_thousand_moves_are_ordered_quickly() {
    let all: Vec<Move> = (0..100_000_u64)
        .map(|n| Move {
            reads: vec![n * 8..n * 8 + 8],
            writes: vec![n * 8 + 8..n * 8 + 16],
            bytes: 8,
            elsewhere: n % 2 == 0,
        })
        .collect();
    let order = order(&all, 0, 0).expect("a long chain");
    assert_eq!((order.waves.len(), order.given_up.len()), (100_000, 0));
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    // Two shuffles of the cells: where pieces stand, and where they go.
    let shuffled = || Just((0..CELLS).collect::<Vec<u64>>()).prop_shuffle();
    let lengths = prop::collection::vec((1_usize..4, any::<bool>()), 1..10);
    (shuffled(), shuffled(), lengths).prop_map(|(from, to, lengths)| {
        let mut at = 0;
        let mut all = Vec::new();
        for (length, elsewhere) in lengths {
            if at + length > CELLS as usize {
                break;
            }
            all.push(one(&from[at..at + length], &to[at..at + length], elsewhere));
            at += length;
        }
        all
    })
}

proptest! {
    #[test]
    fn no_last_copy_is_ever_destroyed(moves in moves(), aside in 0..40_u64) {
        if check(&moves, aside).is_none() {
            prop_assert!(check(&moves, 1000).is_some(), "with room enough there is always an order");
        }
    }
}
