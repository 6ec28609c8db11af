//! The selection of RFC 9535: from a value, segment by segment, to the values that a path means.

use llmock_rules::{Segment, Selector, Slice};

use super::super::Json;
use super::filter::holds;
use super::{Location, Step};

type Node<'t, 'a> = (Location, &'t Json<'a>);

pub(super) fn select<'t, 'a>(
    segments: &[Segment],
    root: &'t Json<'a>,
    from: &'t Json<'a>,
) -> Vec<Node<'t, 'a>> {
    let mut nodes = vec![(Location::default(), from)];
    for segment in segments {
        let mut next = Vec::new();
        for (location, value) in nodes {
            if segment.is_descendant {
                descend(&segment.selectors, root, &location, value, &mut next);
            } else {
                apply(&segment.selectors, root, &location, value, &mut next);
            }
        }
        nodes = next;
    }
    nodes
}

fn descend<'t, 'a>(
    selectors: &[Selector],
    root: &'t Json<'a>,
    location: &Location,
    value: &'t Json<'a>,
    out: &mut Vec<Node<'t, 'a>>,
) {
    apply(selectors, root, location, value, out);
    for (step, child) in children(value) {
        descend(selectors, root, &location.child(step), child, out);
    }
}

fn apply<'t, 'a>(
    selectors: &[Selector],
    root: &'t Json<'a>,
    location: &Location,
    value: &'t Json<'a>,
    out: &mut Vec<Node<'t, 'a>>,
) {
    for selector in selectors {
        match selector {
            Selector::Name(name) => {
                let members = value.as_object().unwrap_or_default().iter();
                let named = members.filter(|(key, _)| key.is(name));
                out.extend(
                    named.map(|(_, child)| (location.child(Step::Name(name.clone())), child)),
                );
            }
            Selector::Wildcard => {
                out.extend(children(value).map(|(step, child)| (location.child(step), child)));
            }
            Selector::Index(index) => {
                let at = value.as_array().and_then(|items| position(*index, items.len()));
                if let Some((at, child)) = at.and_then(|at| Some((at, value.at(at)?))) {
                    out.push((location.child(Step::Index(at)), child));
                }
            }
            Selector::Slice(slice) => {
                let items = value.as_array().unwrap_or_default();
                let chosen = sliced(slice, items.len()).into_iter();
                out.extend(chosen.map(|at| (location.child(Step::Index(at)), &items[at])));
            }
            Selector::Filter(filter) => {
                let chosen = children(value).filter(|(_, child)| holds(filter, root, child));
                out.extend(chosen.map(|(step, child)| (location.child(step), child)));
            }
        }
    }
}

fn children<'t, 'a>(value: &'t Json<'a>) -> impl Iterator<Item = (Step, &'t Json<'a>)> {
    let items = value.as_array().unwrap_or_default().iter().enumerate();
    let members = value.as_object().unwrap_or_default().iter();
    items
        .map(|(at, child)| (Step::Index(at), child))
        .chain(members.map(|(name, child)| (Step::Name(name.decode().into_owned()), child)))
}

/// Where an index lies; a negative one counts from the end.
pub(super) fn position(index: i64, len: usize) -> Option<usize> {
    bound(index, len).filter(|at| *at < len)
}

/// The position of a slice's bound; `None` is before the first element.
fn bound(index: i64, len: usize) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
    if index < 0 { len.checked_sub(distance) } else { Some(distance) }
}

/// The indices of a slice, as RFC 9535 §2.3.4.2.2 computes them.
fn sliced(slice: &Slice, len: usize) -> Vec<usize> {
    let Slice { start, end, step } = *slice;
    let distance = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    if step == 0 || len == 0 {
        Vec::new()
    } else if step > 0 {
        let start = start.and_then(|start| bound(start, len)).unwrap_or(0);
        let end = end.map_or(len, |end| bound(end, len).unwrap_or(0).min(len));
        (start.min(end)..end).step_by(distance).collect()
    } else {
        let Some(start) = bound(start.unwrap_or(-1), len) else { return Vec::new() };
        let first = end.and_then(|end| bound(end, len)).map_or(0, |end| end.saturating_add(1));
        (first..=start.min(len - 1)).rev().step_by(distance).collect()
    }
}
