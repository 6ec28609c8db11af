//! Pairs the values of two trees and measures their similarity.

use std::collections::{HashMap, HashSet, VecDeque};

use super::labels::tool_of;
use super::long;
use super::tree::{NodeKind, TreeNode, word_hash, words};
use crate::diff::{Run, common_runs, numbered};

/// A pair of positions; one side is absent where something was inserted or removed.
pub(crate) type Pair = (Option<usize>, Option<usize>);

/// Beyond this many comparisons positions are paired in order: such a difference is too long to read.
const MOST_COMPARISONS: usize = 400;
/// Texts with more words than this are compared as bags.
const MOST_WORDS: usize = 300;

/// The elements of two arrays side by side.
#[derive(Debug)]
pub(crate) struct Arrangement {
    /// In the order of the right array; removed elements at the place that they had. Pairs may cross.
    pub(crate) pairs: Vec<Pair>,
    /// The pairs whose elements have moved past others.
    pub(crate) moved: Vec<(usize, usize)>,
}

/// An array with a number for each element: equal elements have the same one, and so have declarations of one tool.
struct Side<'n> {
    nodes: Vec<&'n TreeNode>,
    identities: Vec<u64>,
}

impl<'n> Side<'n> {
    fn new(nodes: &'n [TreeNode]) -> Self {
        let identities = nodes.iter().map(|node| {
            // Names of tools are unique in a request.
            tool_of(node).map_or(node.hash, |name| u64::from(word_hash(&name)))
        });
        Self { nodes: nodes.iter().collect(), identities: identities.collect() }
    }

    fn select(&self, kept: &[usize]) -> Self {
        Self {
            nodes: kept.iter().map(|at| self.nodes[*at]).collect(),
            identities: kept.iter().map(|at| self.identities[*at]).collect(),
        }
    }
}

/// Pairs the elements of two arrays. Equal elements belong together, wherever they are; between those that kept their
/// order the elements of the shorter side get their most similar partners, so an inserted message shifts no other.
pub(crate) fn arrange(left: &[TreeNode], right: &[TreeNode]) -> Arrangement {
    let (left, right) = (Side::new(left), Side::new(right));
    let moved = moved(&left.identities, &right.identities);
    if moved.is_empty() {
        return Arrangement { pairs: align(&left, &right), moved };
    }
    let others = |length: usize, side: fn(&(usize, usize)) -> usize| {
        let gone: HashSet<usize> = moved.iter().map(side).collect();
        (0..length).filter(|at| !gone.contains(at)).collect::<Vec<_>>()
    };
    let rows = others(left.nodes.len(), |pair| pair.0);
    let columns = others(right.nodes.len(), |pair| pair.1);
    let kept = align(&left.select(&rows), &right.select(&columns));
    let mut pairs: Vec<Pair> =
        kept.into_iter().map(|(i, j)| (i.map(|at| rows[at]), j.map(|at| columns[at]))).collect();
    pairs.extend(moved.iter().map(|(i, j)| (Some(*i), Some(*j))));
    pairs.sort_by_key(|(i, j)| j.or(*i));
    Arrangement { pairs, moved }
}

/// Elements that both sides have, but not in the same order as most others.
fn moved(left: &[u64], right: &[u64]) -> Vec<(usize, usize)> {
    let mut waiting: HashMap<u64, VecDeque<usize>> = HashMap::new();
    let mut arrived: Vec<usize> = Vec::new();
    let (mut i, mut j) = (0, 0);
    let mut gap = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        rows.for_each(|at| waiting.entry(left[at]).or_default().push_back(at));
        arrived.extend(columns);
    };
    for run in runs(left, right) {
        gap(i..run.old, j..run.new);
        (i, j) = (run.old + run.len, run.new + run.len);
    }
    gap(i..left.len(), j..right.len());
    let partner = |at: usize| Some((waiting.get_mut(&right[at])?.pop_front()?, at));
    arrived.into_iter().filter_map(partner).collect()
}

/// The common runs; of sequences that differ too much to be read only what both begin and end with.
fn runs(left: &[u64], right: &[u64]) -> Vec<Run> {
    const MOST_CELLS: usize = 250_000;
    let head = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let ends = left[head..].iter().rev().zip(right[head..].iter().rev());
    let tail = ends.take_while(|(a, b)| a == b).count();
    let (rows, columns) = (left.len() - head - tail, right.len() - head - tail);
    if rows.saturating_mul(columns) <= MOST_CELLS {
        return common_runs(left, right);
    }
    let end = Run { old: left.len() - tail, new: right.len() - tail, len: tail };
    let both = [Run { old: 0, new: 0, len: head }, end];
    both.into_iter().filter(|run| run.len > 0).collect()
}

/// Pairs the elements that kept their order.
fn align(left: &Side<'_>, right: &Side<'_>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut gap = (0, 0);
    for run in runs(&left.identities, &right.identities) {
        pairs.extend(matched(&left.nodes[gap.0..run.old], &right.nodes[gap.1..run.new], gap));
        pairs.extend((0..run.len).map(|at| (Some(run.old + at), Some(run.new + at))));
        gap = (run.old + run.len, run.new + run.len);
    }
    pairs.extend(matched(&left.nodes[gap.0..], &right.nodes[gap.1..], gap));
    pairs
}

/// Pairs the elements between two anchors: as many pairs as the shorter side allows, in order, with
/// the greatest similarity.
fn matched(left: &[&TreeNode], right: &[&TreeNode], offset: (usize, usize)) -> Vec<Pair> {
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
            together[i][j] = 0.01 + likeness(left[i], right[j]);
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
    let (left, right) = (left.bag(), right.bag());
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        shared += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    ratio(2 * shared, left.len() + right.len())
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
pub(super) fn ratio(part: usize, whole: usize) -> f32 {
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
            let pairs = arrange(a, b).pairs.into_iter();
            pairs.filter_map(|(i, j)| Some(alike(a.get(i?)?, b.get(j?)?))).sum()
        }
        (NodeKind::Object(a), NodeKind::Object(b)) => {
            members(a, b).into_iter().filter_map(|(_, a, b)| Some(alike(a?, b?))).sum()
        }
        _ => 0.0,
    }
}

fn text_ratio(a: &str, b: &str, left: &TreeNode, right: &TreeNode) -> f32 {
    let is_long = long::is_long(a) || long::is_long(b);
    if is_long || left.bag().len().max(right.bag().len()) > MOST_WORDS {
        return likeness(left, right);
    }
    word_ratio(a, b)
}

/// The share of words that two texts have in the same order.
pub(super) fn word_ratio(a: &str, b: &str) -> f32 {
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
