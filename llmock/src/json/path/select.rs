//! The selection of RFC 9535: from a value, segment by segment, to the values that a path means.

use rsonpath_syntax::num::JsonUInt;
use rsonpath_syntax::{Index, Segment, Selector, Slice, Step as Stride};

use super::super::Json;
use super::filter::holds;
use super::{Location, Step};

/// A value and the way to it.
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
            let (Segment::Child(selectors) | Segment::Descendant(selectors)) = segment;
            if segment.is_child() {
                apply(selectors, root, &location, value, &mut next);
            } else {
                descend(selectors, root, &location, value, &mut next);
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
                let named = members.filter(|(key, _)| key.is(name.unquoted()));
                out.extend(
                    named.map(|(_, child)| {
                        (location.child(Step::Name(name.unquoted().into())), child)
                    }),
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

pub(super) fn position(index: Index, len: usize) -> Option<usize> {
    match index {
        Index::FromStart(at) => Some(number_of(at)),
        Index::FromEnd(back) => len.checked_sub(number_of(back.into())),
    }
    .filter(|at| *at < len)
}

fn number_of(value: JsonUInt) -> usize {
    usize::try_from(value.as_u64()).unwrap_or(usize::MAX)
}

/// The indices of a slice, as RFC 9535 §2.3.4.2.2 computes them.
fn sliced(slice: &Slice, len: usize) -> Vec<usize> {
    // Where a bound lies; -1 is before the first element.
    let bound = |index: Index| match index {
        Index::FromStart(at) => Some(number_of(at)),
        Index::FromEnd(back) => len.checked_sub(number_of(back.into())),
    };
    match slice.step() {
        Stride::Forward(step) => {
            let step = number_of(step);
            let start = bound(slice.start()).unwrap_or(0).min(len);
            let end = slice.end().map_or(len, |end| bound(end).unwrap_or(0).min(len));
            if step == 0 || start >= end {
                Vec::new()
            } else {
                (start..end).step_by(step).collect()
            }
        }
        Stride::Backward(step) => {
            let Some(start) = bound(slice.start()) else { return Vec::new() };
            let Some(start) = len.checked_sub(1).map(|last| start.min(last)) else {
                return Vec::new();
            };
            let first = slice.end().and_then(bound).map_or(0, |end| end.saturating_add(1));
            (first..=start).rev().step_by(number_of(step.into()).max(1)).collect()
        }
    }
}
