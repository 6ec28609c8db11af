//! The filters of RFC 9535: what a value must be like to be selected.

use llmock_rules::{Comparable, Filter, Operator, Query, Selector};

use super::super::{Json, number};
use super::select::{position, select};

/// Whether `here` satisfies the filter.
pub(super) fn holds(filter: &Filter, root: &Json<'_>, here: &Json<'_>) -> bool {
    match filter {
        Filter::Or(all) => all.iter().any(|one| holds(one, root, here)),
        Filter::And(all) => all.iter().all(|one| holds(one, root, here)),
        Filter::Not(inner) => !holds(inner, root, here),
        Filter::Exists(query) => {
            let from = if query.is_absolute { root } else { here };
            !select(&query.segments, root, from).is_empty()
        }
        Filter::Compare(left, operator, right) => {
            compares(&side(left, root, here), *operator, &side(right, root, here))
        }
    }
}

/// One side of a comparison; `Nothing` is what a path yields that finds no value.
enum Side<'t, 'a> {
    Nothing,
    Value(&'t Json<'a>),
    Literal(&'t Comparable),
}

fn compares(left: &Side<'_, '_>, operator: Operator, right: &Side<'_, '_>) -> bool {
    match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::Less => less(left, right),
        Operator::Greater => less(right, left),
        Operator::LessOrEqual => less(left, right) || equal(left, right),
        Operator::GreaterOrEqual => less(right, left) || equal(left, right),
    }
}

fn side<'t, 'a>(
    comparable: &'t Comparable,
    root: &'t Json<'a>,
    here: &'t Json<'a>,
) -> Side<'t, 'a> {
    let Comparable::Query(Query { is_absolute, segments }) = comparable else {
        return Side::Literal(comparable);
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
    found.map_or(Side::Nothing, Side::Value)
}

fn equal(left: &Side<'_, '_>, right: &Side<'_, '_>) -> bool {
    match (left, right) {
        (Side::Nothing, Side::Nothing) => true,
        (Side::Value(a), Side::Value(b)) => same(a, b),
        (Side::Literal(a), Side::Literal(b)) => match (a, b) {
            (Comparable::Number(a), Comparable::Number(b)) => {
                number::canonical(a) == number::canonical(b)
            }
            _ => a == b,
        },
        (Side::Value(value), Side::Literal(literal))
        | (Side::Literal(literal), Side::Value(value)) => match (value, literal) {
            (Json::Null, Comparable::Null) => true,
            (Json::Bool(a), Comparable::Bool(b)) => a == b,
            (Json::Number(a), Comparable::Number(b)) => {
                number::canonical(a) == number::canonical(b)
            }
            (Json::String(a), Comparable::Text(b)) => a.is(b),
            _ => false,
        },
        _ => false,
    }
}

/// Deep equality: objects without order, numbers by value, strings by their decoded text.
fn same(a: &Json<'_>, b: &Json<'_>) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => number::canonical(a) == number::canonical(b),
        (Json::String(a), Json::String(b)) => a.decode() == b.decode(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(members), Json::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|(name, value)| {
                    b.get(&name.decode()).is_some_and(|other| same(value, other))
                })
        }
        _ => a == b,
    }
}

/// Only numbers and strings have an order; strings by Unicode scalar values, which is UTF-8's order.
fn less(left: &Side<'_, '_>, right: &Side<'_, '_>) -> bool {
    match (ordered(left), ordered(right)) {
        (Some(Ordered::Number(a)), Some(Ordered::Number(b))) => a < b,
        (Some(Ordered::Text(a)), Some(Ordered::Text(b))) => a < b,
        _ => false,
    }
}

enum Ordered {
    Number(f64),
    Text(String),
}

fn ordered(side: &Side<'_, '_>) -> Option<Ordered> {
    match side {
        Side::Value(Json::Number(token)) => token.parse().ok().map(Ordered::Number),
        Side::Value(Json::String(text)) => Some(Ordered::Text(text.decode().into_owned())),
        Side::Literal(Comparable::Number(token)) => token.parse().ok().map(Ordered::Number),
        Side::Literal(Comparable::Text(text)) => Some(Ordered::Text(text.clone())),
        _ => None,
    }
}
