//! The filters of RFC 9535: what a value must be like to be selected.

use rsonpath_syntax::{
    Comparable, ComparisonExpr, ComparisonOp, Literal, LogicalExpr, SingularJsonPathQuery,
    SingularSegment, TestExpr,
};

use super::super::{Json, number};
use super::select::{position, select};

/// Whether `here` satisfies the filter.
pub(super) fn holds(filter: &LogicalExpr, root: &Json<'_>, here: &Json<'_>) -> bool {
    match filter {
        LogicalExpr::Or(left, right) => holds(left, root, here) || holds(right, root, here),
        LogicalExpr::And(left, right) => holds(left, root, here) && holds(right, root, here),
        LogicalExpr::Not(inner) => !holds(inner, root, here),
        LogicalExpr::Comparison(comparison) => compares(comparison, root, here),
        LogicalExpr::Test(TestExpr::Relative(query)) => {
            !select(query.segments(), root, here).is_empty()
        }
        LogicalExpr::Test(TestExpr::Absolute(query)) => {
            !select(query.segments(), root, root).is_empty()
        }
    }
}

/// One side of a comparison; `Nothing` is what a path yields that finds no value.
enum Side<'t, 'a> {
    Nothing,
    Value(&'t Json<'a>),
    Literal(&'t Literal),
}

fn compares(comparison: &ComparisonExpr, root: &Json<'_>, here: &Json<'_>) -> bool {
    let left = side(comparison.lhs(), root, here);
    let right = side(comparison.rhs(), root, here);
    match comparison.op() {
        ComparisonOp::EqualTo => equal(&left, &right),
        ComparisonOp::NotEqualTo => !equal(&left, &right),
        ComparisonOp::LessThan => less(&left, &right),
        ComparisonOp::GreaterThan => less(&right, &left),
        ComparisonOp::LesserOrEqualTo => less(&left, &right) || equal(&left, &right),
        ComparisonOp::GreaterOrEqualTo => less(&right, &left) || equal(&left, &right),
    }
}

fn side<'t, 'a>(
    comparable: &'t Comparable,
    root: &'t Json<'a>,
    here: &'t Json<'a>,
) -> Side<'t, 'a> {
    let single = |query: &SingularJsonPathQuery, from: &'t Json<'a>| {
        let found = query.segments().try_fold(from, |value, segment| match segment {
            SingularSegment::Name(name) => value.get(name.unquoted()),
            SingularSegment::Index(index) => value.at(position(*index, value.as_array()?.len())?),
        });
        found.map_or(Side::Nothing, Side::Value)
    };
    match comparable {
        Comparable::Literal(literal) => Side::Literal(literal),
        Comparable::RelativeSingularQuery(query) => single(query, here),
        Comparable::AbsoluteSingularQuery(query) => single(query, root),
    }
}

fn equal(left: &Side<'_, '_>, right: &Side<'_, '_>) -> bool {
    match (left, right) {
        (Side::Nothing, Side::Nothing) => true,
        (Side::Value(a), Side::Value(b)) => same(a, b),
        (Side::Literal(a), Side::Literal(b)) => match (a, b) {
            (Literal::Number(a), Literal::Number(b)) => number_text(a) == number_text(b),
            _ => a == b,
        },
        (Side::Value(value), Side::Literal(literal))
        | (Side::Literal(literal), Side::Value(value)) => match (value, literal) {
            (Json::Null, Literal::Null) => true,
            (Json::Bool(a), Literal::Bool(b)) => a == b,
            (Json::Number(token), Literal::Number(b)) => number::canonical(token) == number_text(b),
            (Json::String(a), Literal::String(b)) => a.is(b.unquoted()),
            _ => false,
        },
        _ => false,
    }
}

fn number_text(number: &rsonpath_syntax::num::JsonNumber) -> String {
    number::canonical(&number.to_string()).into_owned()
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
        Side::Literal(Literal::Number(number)) => {
            number.to_string().parse().ok().map(Ordered::Number)
        }
        Side::Literal(Literal::String(text)) => Some(Ordered::Text(text.unquoted().to_owned())),
        _ => None,
    }
}
