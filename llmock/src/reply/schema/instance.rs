//! An instance of a JSON schema.
//!
//! Each value is made in the most telling way first, and checked; then what else its schema allows is tried.

use super::choices::{self, NoChoice, Order, Together, expand};
use super::decimal::Decimal;
use super::kinds::{fallback, given, kinds};
use super::valid::Validator;
use super::{numbers, texts};
use crate::json::layout::{self, Layout};
use crate::json::{self, Json};

/// From this depth on values are as small as they may be.
const DEEPEST: usize = 6;

/// Schemas that demand more than this are endless.
const ENDLESS: usize = 64;

/// Steps of the path that a message about such a schema has.
const BEGINNING: usize = 4;

/// So many values are made at most, with those that did not fit.
const FUEL: usize = 20_000;

/// How a value may be made differently.
const ATTEMPTS: usize = 4;

/// What is in an instance beside what must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Every property, so that a program sees each of them once.
    Everything,
    /// The required properties, or all if none is required; texts are the names of their properties.
    Needed,
}

/// Why there is no instance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot make an instance of the JSON schema: {reason} at `{place}`")]
pub(crate) struct NoInstance {
    reason: String,
    /// As a path: `$.items.name`.
    place: String,
    /// Nothing else is tried.
    pub(super) is_final: bool,
}

impl NoInstance {
    /// For the input of a custom tool, whose grammar is not read.
    pub(crate) fn of_grammar(tool: &str) -> Self {
        let reason = format!("the grammar of the tool `{tool}` cannot be read");
        Self { reason, place: "$".to_owned(), is_final: true }
    }
}

/// The compact JSON of an instance.
pub(crate) fn instance(schema: &Json<'_>, style: Style) -> Result<String, NoInstance> {
    Maker::new(schema, style).value(&[schema], "text")
}

/// What comes close to an instance if there is none.
pub(crate) fn approximation(schema: &Json<'_>, style: Style) -> String {
    let mut maker = Maker { is_lenient: true, fuel: FUEL / 20, ..Maker::new(schema, style) };
    maker.value(&[schema], "text").unwrap_or_else(|_| "{}".to_owned())
}

pub(super) struct Maker<'a, 'b> {
    validator: Validator<'a, 'b>,
    pub(super) style: Style,
    place: Vec<String>,
    /// Targets of the references that lead here, and the whole schema.
    open: Together<'a, 'b>,
    /// How many of them were open already.
    circles: usize,
    fuel: usize,
    /// Changes values so that the elements of an array differ.
    pub(super) salt: usize,
    /// What cannot be made is left as it is.
    pub(super) is_lenient: bool,
}

impl<'a, 'b> Maker<'a, 'b> {
    fn new(root: &'b Json<'a>, style: Style) -> Self {
        let (place, open) = (vec!["$".to_owned()], vec![root]);
        let validator = Validator { root };
        Self { validator, style, place, open, circles: 0, fuel: FUEL, salt: 0, is_lenient: false }
    }

    pub(super) fn no(&self, reason: impl Into<String>) -> NoInstance {
        NoInstance { reason: reason.into(), place: self.place.join("."), is_final: false }
    }

    fn never(&self, reason: impl Into<String>) -> NoInstance {
        NoInstance { is_final: true, ..self.no(reason) }
    }

    pub(super) fn ends(&self) -> bool {
        self.place.len() > DEEPEST || (self.style == Style::Needed && self.circles > 0)
    }

    pub(super) fn leads_back(&self, schemas: &[&'b Json<'a>]) -> bool {
        self.style == Style::Needed
            && schemas.iter().any(|one| choices::leads_back(self.validator, one, &self.open))
    }

    /// A value inside of this one.
    pub(super) fn inside(
        &mut self,
        step: &str,
        schemas: &[&'b Json<'a>],
        word: &str,
    ) -> Result<String, NoInstance> {
        if self.place.len() > ENDLESS {
            // The rest of the path repeats its beginning.
            let place = self.place[..BEGINNING].join(".");
            let reason = "it has no end, because every instance contains another one";
            return Err(NoInstance { place, ..self.never(reason) });
        }
        self.place.push(step.to_owned());
        let made = self.value(schemas, word);
        self.place.pop();
        made
    }

    /// A value that all of these schemas allow.
    fn value(&mut self, schemas: &[&'b Json<'a>], word: &str) -> Result<String, NoInstance> {
        if self.fuel == 0 {
            return Err(self.never("it is too large"));
        }
        self.fuel -= 1;
        match self.exact_value(schemas, word) {
            Err(_) if self.is_lenient => Ok(fallback(schemas, word)),
            made => made,
        }
    }

    fn exact_value(&mut self, schemas: &[&'b Json<'a>], word: &str) -> Result<String, NoInstance> {
        let order = Order {
            ends: self.ends(),
            open: if self.style == Style::Needed { &self.open } else { &[] },
        };
        let expanded = expand(self.validator, schemas, order).map_err(|why| match why {
            NoChoice::Undefined(reference) => self.never(format!("`{reference}` is not defined")),
            NoChoice::Nothing => self.no("nothing is allowed"),
        })?;
        let (open, circles) = (self.open.len(), self.circles);
        for target in expanded.targets {
            let is_open = self.open.iter().any(|known| std::ptr::eq(*known, target));
            self.circles += usize::from(is_open);
            self.open.push(target);
        }
        let made = self.first_that_fits(schemas, &expanded.alternatives, word);
        self.open.truncate(open);
        self.circles = circles;
        made
    }

    fn first_that_fits(
        &mut self,
        schemas: &[&'b Json<'a>],
        alternatives: &[Together<'a, 'b>],
        word: &str,
    ) -> Result<String, NoInstance> {
        let mut problem = None;
        for together in alternatives {
            let given = given(together);
            let names_all = given.iter().any(|(_, is_only)| *is_only);
            let count = given.len().max(1);
            for at in 0..given.len() {
                let value = layout::print(given[(at + self.salt) % count].0, Layout::Compact);
                if self.fits(schemas, &value) {
                    return Ok(value);
                }
            }
            if names_all {
                problem.get_or_insert_with(|| self.no("no value that it names is allowed"));
                continue;
            }
            let kinds = kinds(together, self.ends());
            if kinds.is_empty() {
                problem.get_or_insert_with(|| self.no("its types exclude each other"));
            }
            for kind in kinds {
                for attempt in 0..ATTEMPTS {
                    match self.of_kind(&kind, together, word, attempt) {
                        Some(Ok(value)) if self.fits(schemas, &value) => return Ok(value),
                        Some(Ok(_)) => {
                            problem.get_or_insert_with(|| {
                                self.no("no value was found that it allows")
                            });
                        }
                        Some(Err(error)) if error.is_final => return Err(error),
                        Some(Err(error)) => {
                            problem.get_or_insert(error);
                            break;
                        }
                        None => break,
                    }
                }
            }
        }
        Err(problem.unwrap_or_else(|| self.no("nothing is allowed")))
    }

    fn fits(&self, schemas: &[&'b Json<'a>], text: &str) -> bool {
        self.is_lenient
            || json::parse(text)
                .is_ok_and(|value| schemas.iter().all(|one| self.validator.allows(one, &value)))
    }

    /// A value of this type, made in this way; `None` if there are no more ways.
    fn of_kind(
        &mut self,
        kind: &str,
        together: &Together<'a, 'b>,
        word: &str,
        attempt: usize,
    ) -> Option<Result<String, NoInstance>> {
        let nth = self.salt + attempt;
        match kind {
            "object" => self.object(together, attempt),
            "array" => self.array(together, word, attempt),
            "string" => {
                let word = if self.style == Style::Needed { word } else { "text" };
                match texts::texts(together, word, nth) {
                    Ok(all) => {
                        all.get(nth).or_else(|| all.get(attempt)).map(|text| Ok(json::quote(text)))
                    }
                    Err(reason) => (attempt == 0).then(|| Err(self.no(reason))),
                }
            }
            "integer" | "number" => {
                let first = match self.style {
                    Style::Everything => [Decimal::ONE, Decimal::ZERO],
                    Style::Needed => [Decimal::ZERO, Decimal::ONE],
                };
                let all = numbers::numbers(together, kind == "integer", &first, nth);
                match all {
                    Some(all) => all
                        .get(nth)
                        .or_else(|| all.get(attempt))
                        .map(|number| Ok(number.to_string())),
                    None => (attempt == 0).then(|| Err(self.no("no number is between its bounds"))),
                }
            }
            "boolean" => {
                let first = (self.style == Style::Everything) ^ (nth % 2 == 1);
                (attempt < 2).then(|| Ok(first.to_string()))
            }
            "null" => (attempt == 0).then(|| Ok("null".to_owned())),
            other => (attempt == 0).then(|| Err(self.never(format!("`{other}` is not a type")))),
        }
    }
}

#[cfg(test)]
mod tests;
