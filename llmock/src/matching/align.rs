//! Pairs the values of two trees and measures their similarity.

use super::long;
use super::tree::{NodeKind, TreeNode, words};
use crate::diff::{common_runs, numbered};

/// A pair of positions; one side is absent where something was inserted or removed.
pub(crate) type Pair = (Option<usize>, Option<usize>);

/// Beyond this many comparisons positions are paired in order: such a difference is too long to read.
const MOST_COMPARISONS: usize = 400;
/// Texts with more words than this are compared as bags.
const MOST_WORDS: usize = 300;

/// Pairs the elements of two arrays, in order. Equal elements anchor the pairing; between two anchors
/// the elements of the shorter side get their most similar partners, so an inserted message shifts no other.
pub(crate) fn align(left: &[TreeNode], right: &[TreeNode]) -> Vec<Pair> {
    let start = left.iter().zip(right).take_while(|(a, b)| a.hash == b.hash).count();
    let ends = left[start..].iter().rev().zip(right[start..].iter().rev());
    let end = ends.take_while(|(a, b)| a.hash == b.hash).count();
    let (left_end, right_end) = (left.len() - end, right.len() - end);
    let mut pairs: Vec<Pair> = (0..start).map(|at| (Some(at), Some(at))).collect();
    let (middle, other) = (&left[start..left_end], &right[start..right_end]);
    let shifted = |(a, b): Pair| (a.map(|at| at + start), b.map(|at| at + start));
    pairs.extend(anchored(middle, other).into_iter().map(shifted));
    pairs.extend((0..end).map(|at| (Some(left_end + at), Some(right_end + at))));
    pairs
}

fn anchored(left: &[TreeNode], right: &[TreeNode]) -> Vec<Pair> {
    if left.len().saturating_mul(right.len()) > 250_000 {
        return matched(left, right, (0, 0));
    }
    let hashes = |nodes: &[TreeNode]| nodes.iter().map(|node| node.hash).collect::<Vec<_>>();
    let mut pairs = Vec::new();
    let mut gap = (0, 0);
    for run in common_runs(&hashes(left), &hashes(right)) {
        pairs.extend(matched(&left[gap.0..run.old], &right[gap.1..run.new], gap));
        pairs.extend((0..run.len).map(|at| (Some(run.old + at), Some(run.new + at))));
        gap = (run.old + run.len, run.new + run.len);
    }
    pairs.extend(matched(&left[gap.0..], &right[gap.1..], gap));
    pairs
}

/// Pairs the elements between two anchors: as many pairs as the shorter side allows, in order, with
/// the greatest similarity.
fn matched(left: &[TreeNode], right: &[TreeNode], offset: (usize, usize)) -> Vec<Pair> {
    let (rows, columns) = (left.len(), right.len());
    if rows == columns || rows.saturating_mul(columns) > MOST_COMPARISONS {
        let length = rows.max(columns);
        let at = |at: usize, len: usize, offset: usize| (at < len).then_some(at + offset);
        return (0..length).map(|n| (at(n, rows, offset.0), at(n, columns, offset.1))).collect();
    }
    // best[i][j]: the greatest likeness of left[i..] and right[j..].
    let mut best = vec![vec![0.0_f32; columns + 1]; rows + 1];
    let mut together = vec![vec![0.0_f32; columns]; rows];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            // One report of two unrelated values is better than two.
            together[i][j] = 0.01 + likeness(&left[i], &right[j]);
            best[i][j] =
                (together[i][j] + best[i + 1][j + 1]).max(best[i + 1][j]).max(best[i][j + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < rows || j < columns {
        let both = i < rows && j < columns && together[i][j] + best[i + 1][j + 1] >= best[i][j];
        let (take_left, take_right) = match () {
            () if both => (true, true),
            () if i == rows => (false, true),
            () if j == columns => (true, false),
            () => (best[i + 1][j] >= best[i][j + 1], best[i + 1][j] < best[i][j + 1]),
        };
        pairs.push((take_left.then_some(i + offset.0), take_right.then_some(j + offset.1)));
        i += usize::from(take_left);
        j += usize::from(take_right);
    }
    pairs
}

/// The share of common words, between 0 and 1; quick.
pub(crate) fn likeness(left: &TreeNode, right: &TreeNode) -> f32 {
    if left.hash == right.hash {
        return 1.0;
    }
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while let (Some(a), Some(b)) = (left.bag.get(i), right.bag.get(j)) {
        shared += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    ratio(2 * shared, left.bag.len() + right.bag.len())
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn ratio(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// The common weight of two values: `alike(a, a)` is `a.weight`.
pub(crate) fn alike(left: &TreeNode, right: &TreeNode) -> f32 {
    if left.hash == right.hash {
        return left.weight;
    }
    match (&left.kind, &right.kind) {
        (NodeKind::Text(a), NodeKind::Text(b)) => {
            text_ratio(a, b, left, right) * f32::midpoint(left.weight, right.weight)
        }
        (NodeKind::Array(a), NodeKind::Array(b)) => {
            align(a, b).into_iter().filter_map(|(i, j)| Some(alike(a.get(i?)?, b.get(j?)?))).sum()
        }
        (NodeKind::Object(a), NodeKind::Object(b)) => {
            members(a, b).into_iter().filter_map(|(_, a, b)| Some(alike(a?, b?))).sum()
        }
        _ => 0.0,
    }
}

fn text_ratio(a: &str, b: &str, left: &TreeNode, right: &TreeNode) -> f32 {
    if left.bag.len().max(right.bag.len()) > MOST_WORDS || long::is_long(a) || long::is_long(b) {
        return likeness(left, right);
    }
    let (a, b): (Vec<_>, Vec<_>) = (words(a).collect(), words(b).collect());
    let (left, right) = numbered(&a, &b);
    let equal: usize = common_runs(&left, &right).iter().map(|run| run.len).sum();
    ratio(2 * equal, a.len() + b.len())
}

/// The members of two objects side by side, by name; equal names pair up in order.
pub(crate) fn members<'n>(
    left: &'n [(String, TreeNode)],
    right: &'n [(String, TreeNode)],
) -> Vec<(&'n str, Option<&'n TreeNode>, Option<&'n TreeNode>)> {
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    loop {
        let order = match (left.get(i), right.get(j)) {
            (None, None) => return pairs,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let from_left = left.get(i).filter(|_| order.is_le());
        let from_right = right.get(j).filter(|_| order.is_ge());
        let name = from_left.or(from_right).map_or("", |(name, _)| name.as_str());
        pairs.push((name, from_left.map(|(_, node)| node), from_right.map(|(_, node)| node)));
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
}
