//! How the elements of two arrays differ: moved, swapped, reversed, added, removed.

use super::align::Arrangement;
use super::difference::{ElementChange, Elements};
use super::labels::{Calls, Label, label};
use super::tree::TreeNode;

/// Changes and elements that are kept for a report.
const MOST: usize = 12;

/// `None` if every element has its place on both sides.
pub(super) fn changes(
    old: &[TreeNode],
    new: &[TreeNode],
    arrangement: &Arrangement,
    calls: &Calls,
) -> Option<Elements> {
    let named = |node: &TreeNode| named(node, calls);
    let mut changes: Vec<ElementChange> = moves(old, new, arrangement, &named);
    let lone = arrangement.pairs.iter().filter(|(i, j)| i.is_none() != j.is_none());
    let all = changes.len() + lone.clone().count();
    for pair in lone.take(MOST) {
        changes.extend(match *pair {
            (None, Some(at)) => Some(ElementChange::Added { element: named(&new[at]), at: at + 1 }),
            (Some(at), None) => {
                Some(ElementChange::Removed { element: named(&old[at]), at: at + 1 })
            }
            _ => None,
        });
    }
    if changes.is_empty() {
        return None;
    }
    let is_reversed = old.len() > 2
        && old.len() == new.len()
        && old.iter().rev().zip(new).all(|(a, b)| a.hash == b.hash);
    changes.truncate(MOST);
    let more = all - changes.len();
    Some(Elements {
        recorded: old.len(),
        sent: new.len(),
        reversed: is_reversed.then(|| new.iter().take(MOST).map(named).collect()),
        changes,
        more,
    })
}

fn moves(
    old: &[TreeNode],
    new: &[TreeNode],
    arrangement: &Arrangement,
    named: &dyn Fn(&TreeNode) -> Label,
) -> Vec<ElementChange> {
    let swapped = match arrangement.moved[..] {
        [(a, b), (c, d)] if (a, b) == (d, c) => Some((a.min(b), a.max(b))),
        // With one element between them, the arrangement may keep one of the two in place.
        _ => swapped(old, new).filter(|(a, b)| *b > a + 1),
    };
    if let Some((a, b)) = swapped {
        let elements = [named(&old[a]), named(&old[b])];
        return vec![ElementChange::Swapped { elements, positions: [a + 1, b + 1] }];
    }
    // Of two neighbours the one in front has moved, as people read.
    let is_passed = |(from, to): &(usize, usize)| {
        *to == from + 1 && old.get(*to).map(|one| one.hash) == new.get(*from).map(|one| one.hash)
    };
    let forward = |pair: &(usize, usize)| if is_passed(pair) { (pair.1, pair.0) } else { *pair };
    let change = |(from, to): (usize, usize)| {
        // Between neighbours the other one helps to see what happened.
        let past = if from == to + 1 { new.get(to + 1) } else { None };
        ElementChange::Moved {
            element: named(&new[to]),
            from: from + 1,
            to: to + 1,
            past: past.map(named),
        }
    };
    let has_moved = |(from, to): &(usize, usize)| from != to;
    arrangement.moved.iter().map(forward).filter(has_moved).map(change).collect()
}

/// The two positions whose elements changed places, if that is all that differs.
fn swapped(old: &[TreeNode], new: &[TreeNode]) -> Option<(usize, usize)> {
    if old.len() != new.len() {
        return None;
    }
    let mut differing = (0..old.len()).filter(|at| old[*at].hash != new[*at].hash);
    let (a, b, None) = (differing.next()?, differing.next()?, differing.next()) else {
        return None;
    };
    (old[a].hash == new[b].hash && old[b].hash == new[a].hash).then_some((a, b))
}

/// A label that is never empty.
fn named(node: &TreeNode, calls: &Calls) -> Label {
    let mut label = label(node, calls);
    if label.text.is_none() && label.tool.is_none() {
        label.text = Some(node.to_json().chars().take(80).collect());
    }
    label
}
