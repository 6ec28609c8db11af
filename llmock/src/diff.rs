//! Which elements two sequences have in common, by Myers' algorithm.
//!
//! A library would be generic over the elements and compile again inside this crate for each kind of them: that was
//! an eighth of all the code that the compiler generates here.

use std::collections::HashMap;

/// Beyond this many insertions and deletions only what both begin and end with counts as common: no one reads such
/// a difference, and time and memory grow with the square of it.
const MOST_EDITS: usize = 2_000;

/// Elements that both sequences have, from these positions on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) old: usize,
    pub(crate) new: usize,
    pub(crate) len: usize,
}

/// Numbers for pieces of text, equal where the pieces are.
pub(crate) fn numbered<'a>(old: &[&'a str], new: &[&'a str]) -> (Vec<u64>, Vec<u64>) {
    let mut known: HashMap<&str, u64> = HashMap::new();
    let mut number = |piece: &&'a str| {
        let next = known.len() as u64;
        *known.entry(*piece).or_insert(next)
    };
    (old.iter().map(&mut number).collect(), new.iter().map(&mut number).collect())
}

/// The longest common subsequence as runs, in order; none is empty and no two touch.
pub(crate) fn common_runs(old: &[u64], new: &[u64]) -> Vec<Run> {
    let head = shared(old.iter(), new.iter());
    let tail = shared(old[head..].iter().rev(), new[head..].iter().rev());
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let mut runs = vec![Run { old: 0, new: 0, len: head }];
    for run in middle_runs(&old[head..old_end], &new[head..new_end]) {
        runs.push(Run { old: run.old + head, new: run.new + head, ..run });
    }
    runs.push(Run { old: old_end, new: new_end, len: tail });
    runs.retain(|run| run.len > 0);
    runs
}

fn shared<'a>(old: impl Iterator<Item = &'a u64>, new: impl Iterator<Item = &'a u64>) -> usize {
    old.zip(new).take_while(|(a, b)| a == b).count()
}

/// Follows the path of the fewest edits back from the end.
fn middle_runs(old: &[u64], new: &[u64]) -> Vec<Run> {
    let Some(trace) = trace(old, new) else { return Vec::new() };
    let mut runs = Vec::new();
    let (mut x, mut y) = (old.len(), new.len());
    for (edits, reached) in trace.iter().enumerate().rev() {
        // As everywhere here, diagonal `edits` is the one on which both positions are equal.
        let diagonal = x + edits - y;
        let is_insertion = inserts(reached, edits, diagonal);
        let (start, previous) = match edits {
            0 => ((0, 0), (0, 0)),
            _ if is_insertion => {
                let before = reached[diagonal + 1];
                let above = before + edits - (diagonal + 1);
                ((before, above + 1), (before, above))
            }
            _ => {
                let before = reached[diagonal - 1];
                let left = before + edits - (diagonal - 1);
                ((before + 1, left), (before, left))
            }
        };
        runs.push(Run { old: start.0, new: start.1, len: x - start.0 });
        (x, y) = previous;
    }
    runs.reverse();
    runs
}

/// How far each diagonal reached in `old` before each edit, up to the one with which both ends are reached. The
/// diagonals of the entry for `edits` are numbered from 0 to `2 * edits`.
fn trace(old: &[u64], new: &[u64]) -> Option<Vec<Vec<usize>>> {
    let mut trace: Vec<Vec<usize>> = Vec::new();
    let mut reached = vec![0];
    for edits in 0..=MOST_EDITS.min(old.len() + new.len()) {
        let mut next = reached.clone();
        for diagonal in (0..=2 * edits).step_by(2) {
            let mut x = match edits {
                0 => 0,
                _ if inserts(&reached, edits, diagonal) => reached[diagonal + 1],
                _ => reached[diagonal - 1] + 1,
            };
            let mut y = x + edits - diagonal;
            while x < old.len() && y < new.len() && old[x] == new[y] {
                (x, y) = (x + 1, y + 1);
            }
            next[diagonal] = x;
            if x >= old.len() && y >= new.len() {
                trace.push(reached);
                return Some(trace);
            }
        }
        trace.push(reached);
        // One more diagonal on each side.
        next.insert(0, 0);
        next.push(0);
        reached = next;
    }
    None
}

/// Whether a diagonal is best reached by an insertion, from the one above it.
fn inserts(reached: &[usize], edits: usize, diagonal: usize) -> bool {
    let is_first = diagonal == 0;
    let is_last = diagonal == 2 * edits;
    is_first || (!is_last && reached[diagonal - 1] < reached[diagonal + 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The length of a longest common subsequence, by the table that every textbook has.
    fn longest(old: &[u64], new: &[u64]) -> usize {
        let mut row = vec![0; new.len() + 1];
        for a in old {
            let mut diagonal = 0;
            for (at, b) in new.iter().enumerate() {
                let above = row[at + 1];
                row[at + 1] = if a == b { diagonal + 1 } else { above.max(row[at]) };
                diagonal = above;
            }
        }
        row[new.len()]
    }

    proptest! {
        #[test]
        fn runs_are_a_longest_common_subsequence(
            old in proptest::collection::vec(0_u64..5, 0..40),
            new in proptest::collection::vec(0_u64..5, 0..40),
        ) {
            let runs = common_runs(&old, &new);
            let mut ends = (0, 0);
            for run in &runs {
                prop_assert!(run.old >= ends.0 && run.new >= ends.1 && run.len > 0);
                prop_assert_eq!(&old[run.old..run.old + run.len], &new[run.new..run.new + run.len]);
                ends = (run.old + run.len, run.new + run.len);
            }
            prop_assert_eq!(runs.iter().map(|run| run.len).sum::<usize>(), longest(&old, &new));
        }
    }

    #[test]
    fn gives_up_between_long_sequences_without_anything_in_common() {
        let old: Vec<u64> = (0..100_000).collect();
        let mut new: Vec<u64> = (100_000..200_000).collect();
        new[0] = 0;
        new[99_999] = 99_999;
        let ends = [Run { old: 0, new: 0, len: 1 }, Run { old: 99_999, new: 99_999, len: 1 }];
        assert_eq!(common_runs(&old, &new), ends);
    }

    #[test]
    fn numbers_equal_pieces_alike() {
        assert_eq!(numbered(&["a", "b", "a"], &["c", "b"]), (vec![0, 1, 0], vec![2, 1]));
    }
}
