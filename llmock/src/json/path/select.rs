//! The selection of RFC 9535: from a value, segment by segment, to the values that a path means, and the filters that
//! decide which ones.

use std::borrow::Cow;

use llmock_rules::{Comparable, Filter, Operator, Query, Segment, Selector, Slice};

use super::super::{Json, JsonStr, number, quote};
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
fn position(index: i64, len: usize) -> Option<usize> {
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

fn holds(filter: &Filter, root: &Json<'_>, here: &Json<'_>) -> bool {
    match filter {
        Filter::Or(all) => all.iter().any(|one| holds(one, root, here)),
        Filter::And(all) => all.iter().all(|one| holds(one, root, here)),
        Filter::Not(inner) => !holds(inner, root, here),
        Filter::Exists(query) => {
            let from = if query.is_absolute { root } else { here };
            !select(&query.segments, root, from).is_empty()
        }
        Filter::Compare(left, operator, right) => {
            let mut literals = [String::new(), String::new()];
            let [one, other] = &mut literals;
            let (left, right) = (side(left, root, here, one), side(right, root, here, other));
            compares(left.as_deref(), *operator, right.as_deref())
        }
    }
}

/// The values on both sides of a comparison; `None` is what a path yields that finds no value.
fn compares(left: Option<&Json<'_>>, operator: Operator, right: Option<&Json<'_>>) -> bool {
    match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::Less => less(left, right),
        Operator::Greater => less(right, left),
        Operator::LessOrEqual => less(left, right) || equal(left, right),
        Operator::GreaterOrEqual => less(right, left) || equal(left, right),
    }
}

/// One side of a comparison; `literal` is where a text of the path is quoted.
fn side<'t>(
    comparable: &'t Comparable,
    root: &'t Json<'t>,
    here: &'t Json<'t>,
    literal: &'t mut String,
) -> Option<Cow<'t, Json<'t>>> {
    let Query { is_absolute, segments } = match comparable {
        Comparable::Query(query) => query,
        Comparable::Null => return Some(Cow::Owned(Json::Null)),
        Comparable::Bool(value) => return Some(Cow::Owned(Json::Bool(*value))),
        Comparable::Number(token) => return Some(Cow::Owned(Json::Number(token))),
        Comparable::Text(text) => {
            *literal = quote(text);
            return Some(Cow::Owned(Json::String(JsonStr::from_quoted(literal))));
        }
    };
    let mut selectors = segments.iter().flat_map(|segment| &segment.selectors);
    let found = selectors.try_fold(if *is_absolute { root } else { here }, |value, selector| {
        match selector {
            Selector::Name(name) => value.get(name),
            Selector::Index(index) => value.at(position(*index, value.as_array()?.len())?),
            // The parser accepts no other selector here.
            _ => None,
        }
    });
    found.map(Cow::Borrowed)
}

/// Deep equality: objects without order, numbers by value, strings by their decoded text.
fn equal(left: Option<&Json<'_>>, right: Option<&Json<'_>>) -> bool {
    match (left, right) {
        (Some(Json::Number(a)), Some(Json::Number(b))) => {
            number::canonical(a) == number::canonical(b)
        }
        (Some(Json::String(a)), Some(Json::String(b))) => a.decode() == b.decode(),
        (Some(Json::Array(a)), Some(Json::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(Some(a), Some(b)))
        }
        (Some(Json::Object(members)), Some(other @ Json::Object(others))) => {
            members.len() == others.len()
                && members.iter().all(|(name, value)| {
                    let other = other.get(&name.decode());
                    other.is_some() && equal(Some(value), other)
                })
        }
        (left, right) => left == right,
    }
}

/// Only numbers and strings have an order; strings by Unicode scalar values, which is UTF-8's order.
fn less(left: Option<&Json<'_>>, right: Option<&Json<'_>>) -> bool {
    match (left, right) {
        (Some(Json::Number(a)), Some(Json::Number(b))) => {
            a.parse::<f64>().ok() < b.parse::<f64>().ok()
        }
        (Some(Json::String(a)), Some(Json::String(b))) => a.decode() < b.decode(),
        _ => false,
    }
}
