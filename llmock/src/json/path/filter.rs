//! The filters of RFC 9535: what a value must be like to be selected.

use std::borrow::Cow;

use llmock_rules::{Comparable, Filter, Operator, Query, Selector};

use super::super::{Json, number};
use super::select::{position, select};

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
    Null,
    Bool(bool),
    /// As written.
    Number(&'t str),
    Text(Cow<'t, str>),
    Container(&'t Json<'a>),
}

impl<'t, 'a> From<&'t Json<'a>> for Side<'t, 'a> {
    fn from(value: &'t Json<'a>) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(token) => Self::Number(token),
            Json::String(text) => Self::Text(text.decode()),
            Json::Array(_) | Json::Object(_) => Self::Container(value),
        }
    }
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
    let Query { is_absolute, segments } = match comparable {
        Comparable::Query(query) => query,
        Comparable::Null => return Side::Null,
        Comparable::Bool(value) => return Side::Bool(*value),
        Comparable::Number(token) => return Side::Number(token),
        Comparable::Text(text) => return Side::Text(text.into()),
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
    found.map_or(Side::Nothing, Side::from)
}

/// Deep equality: objects without order, numbers by value, strings by their decoded text.
fn equal(left: &Side<'_, '_>, right: &Side<'_, '_>) -> bool {
    match (left, right) {
        (Side::Nothing, Side::Nothing) | (Side::Null, Side::Null) => true,
        (Side::Bool(a), Side::Bool(b)) => a == b,
        (Side::Number(a), Side::Number(b)) => number::canonical(a) == number::canonical(b),
        (Side::Text(a), Side::Text(b)) => a == b,
        (Side::Container(Json::Array(a)), Side::Container(Json::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(&a.into(), &b.into()))
        }
        (Side::Container(Json::Object(members)), Side::Container(other @ Json::Object(others))) => {
            members.len() == others.len()
                && members.iter().all(|(name, value)| {
                    let other = other.get(&name.decode());
                    other.is_some_and(|other| equal(&value.into(), &other.into()))
                })
        }
        _ => false,
    }
}

/// Only numbers and strings have an order; strings by Unicode scalar values, which is UTF-8's order.
fn less(left: &Side<'_, '_>, right: &Side<'_, '_>) -> bool {
    match (left, right) {
        (Side::Number(a), Side::Number(b)) => a.parse::<f64>().ok() < b.parse::<f64>().ok(),
        (Side::Text(a), Side::Text(b)) => a < b,
        _ => false,
    }
}
