//! Numbers that a schema allows.

use super::decimal::Decimal;
use super::valid::{self, Bound};
use crate::json::Json;

/// Numbers that all of these schemas allow, the closest to zero first; `None` if there is none.
pub(super) fn numbers(
    schemas: &[&Json<'_>],
    is_integer: bool,
    first: &[Decimal],
    count: usize,
) -> Option<Vec<Decimal>> {
    let (mut low, mut high): (Vec<Bound>, Vec<Bound>) = (Vec::new(), Vec::new());
    let mut step = is_integer.then_some(Decimal::ONE);
    for schema in schemas {
        let (lower, upper) = valid::bounds(schema);
        low.extend(lower);
        high.extend(upper);
        if let Some(own) = multiple_of(schema) {
            step = Some(step.map_or(Some(own), |step| step.common_multiple(own))?);
        }
    }
    let fits = |number: &Decimal| {
        let token = number.to_string();
        schemas.iter().all(|schema| valid::fits_bounds(schema, &token))
            && step.is_none_or(|step| number.is_multiple_of(step))
    };
    let mut found: Vec<Decimal> = Vec::new();
    let mut add = |number: Option<Decimal>| {
        if let Some(number) = number.filter(|number| fits(number) && !found.contains(number)) {
            found.push(number);
        }
        found.len() > count
    };
    let mut unit = step.unwrap_or(Decimal::ONE);
    for number in first {
        add(number.up_to(unit));
    }
    let bounds: Vec<Decimal> = low.iter().chain(&high).map(|(bound, _)| *bound).collect();
    // Without a step, a gap between bounds may need finer numbers.
    for _ in 0..if step.is_some() { 1 } else { 12 } {
        for bound in bounds.iter().copied().chain([Decimal::ZERO]) {
            add(bound.up_to(unit));
            add(bound.up_to(unit).and_then(|number| number.add(unit)));
            add(bound.down_to(unit));
            add(bound.down_to(unit).and_then(|number| number.minus(unit)));
        }
        if add(None) {
            break;
        }
        if step.is_none() {
            unit = unit.finer();
        }
    }
    if count > 0 {
        found = with_more(&found, step.unwrap_or(Decimal::ONE), unit, count, fits);
    }
    (!found.is_empty()).then_some(found)
}

/// The first number and those after it, then the others and those before it.
fn with_more(
    found: &[Decimal],
    step: Decimal,
    finest: Decimal,
    count: usize,
    fits: impl Fn(&Decimal) -> bool,
) -> Vec<Decimal> {
    let Some(first) = found.first().copied() else { return Vec::new() };
    let steps = |unit: Decimal, next: fn(Decimal, Decimal) -> Option<Decimal>| {
        std::iter::successors(next(first, unit), move |number| next(*number, unit)).take(count)
    };
    let candidates = [first]
        .into_iter()
        .chain(steps(step, Decimal::add))
        .chain(found.iter().copied())
        .chain(steps(step, Decimal::minus))
        .chain(steps(finest, Decimal::add))
        .chain(steps(finest, Decimal::minus));
    let mut all: Vec<Decimal> = Vec::new();
    for number in candidates {
        if fits(&number) && !all.contains(&number) {
            all.push(number);
            if all.len() > count {
                break;
            }
        }
    }
    all
}

fn multiple_of(schema: &Json<'_>) -> Option<Decimal> {
    let Some(Json::Number(token)) = schema.get("multipleOf") else { return None };
    Decimal::parse(token).filter(|step| *step != Decimal::ZERO)
}
