//! Values with named fields, such as `stream(pace = 2.0, chunks = "event")`: read one by one, so that a mistake has its
//! place.

use std::fmt;

use crate::problem::{Problem, hint};

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    Text(&'a str),
    /// As written, so that no digit is lost: `2.0`.
    Number(&'a str),
    Numbers(&'a [usize]),
    Switch(bool),
}

/// Checks the fields of a key; the number is the place of the field that is wrong.
pub type FieldsCheck = fn(&[(&str, Field<'_>)]) -> Result<(), FieldProblem>;

/// What is wrong with one of several fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    pub index: usize,
    pub problem: Problem,
}

impl<'a> Field<'a> {
    pub(crate) fn text(self, name: &str) -> Result<&'a str, Problem> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(self.unexpected(name, "a string")),
        }
    }

    pub(crate) fn switch(self, name: &str) -> Result<bool, Problem> {
        match self {
            Self::Switch(on) => Ok(on),
            _ => Err(self.unexpected(name, "`true` or `false`")),
        }
    }

    /// A whole number, from `least` on.
    pub(crate) fn whole(self, name: &str, least: u64) -> Result<u64, Problem> {
        let Self::Number(number) = self else {
            return Err(self.unexpected(name, "a whole number"));
        };
        let plain = number.replace('_', "");
        let whole = plain.parse().ok().filter(|number| *number >= least);
        let expected = format!("expected a whole number from {least} on");
        whole.ok_or_else(|| Problem::invalid(&format!("`{name}`"), number, expected))
    }

    /// A number that counts events, bytes, or requests from one.
    pub(crate) fn ordinal(self, name: &str) -> Result<usize, Problem> {
        self.whole(name, 1).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    pub(crate) fn decimal(self, name: &str) -> Result<f64, Problem> {
        let Self::Number(number) = self else { return Err(self.unexpected(name, "a number")) };
        let decimal =
            number.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite());
        decimal.ok_or_else(|| Problem::invalid(&format!("`{name}`"), number, "expected a number"))
    }

    pub(crate) fn unexpected(self, name: &str, expected: &str) -> Problem {
        Problem::new(format!("invalid `{name}`: expected {expected}, found `{self}`"))
    }
}

/// As the attribute writes it.
impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Number(number) => f.write_str(number),
            Self::Numbers(numbers) => write!(f, "{numbers:?}"),
            Self::Switch(on) => write!(f, "{on}"),
        }
    }
}

/// Reads fields with `set`, each at most once. `what` is the key that has them.
pub(crate) fn read(
    what: &str,
    known: &[&str],
    fields: &[(&str, Field<'_>)],
    mut set: impl FnMut(&str, Field<'_>) -> Result<(), Problem>,
) -> Result<(), FieldProblem> {
    for (index, (name, value)) in fields.iter().enumerate() {
        let is_twice = fields[..index].iter().any(|(earlier, _)| earlier == name);
        let result = if is_twice {
            Err(Problem::new(format!("`{name}` is given twice")))
        } else if known.contains(name) {
            set(name, *value)
        } else {
            Err(Problem::new(format!("unknown field `{name}` of `{what}`{}", hint(name, known))))
        };
        result.map_err(|problem| FieldProblem { index, problem })?;
    }
    Ok(())
}

/// Reads `name=value, name=value`, as variables and headers write fields: the value is a number, a switch, or text. A
/// name alone stands for `true`. `-` and `_` in names mean the same.
pub(crate) fn from_text<'a, T>(text: &'a str, read: impl FnOnce(&[(&str, Field<'_>)]) -> T) -> T {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let pairs: Vec<(String, Option<&'a str>)> = parts
        .map(|part| match part.split_once('=') {
            Some((name, value)) => (name.trim().replace('-', "_"), Some(value.trim())),
            None => (part.replace('-', "_"), None),
        })
        .collect();
    let field = |value: Option<&'a str>| match value {
        None | Some("true") => Field::Switch(true),
        Some("false") => Field::Switch(false),
        Some(value) if value.parse::<f64>().is_ok() => Field::Number(value),
        Some(value) => Field::Text(value.trim_matches('"')),
    };
    let fields: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), field(*value))).collect();
    read(&fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        from_text(text, |fields| {
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect()
        })
    }

    #[test]
    fn text_is_divided_into_fields() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            fields("status=429, retry-after = 2,refused, slow=2s,"),
            [
                pair("status", "429"),
                pair("retry_after", "2"),
                pair("refused", "true"),
                pair("slow", "\"2s\"")
            ]
        );
        assert_eq!(fields(" "), []);
    }

    #[test]
    fn a_mistake_has_the_place_of_its_field() {
        let read = |fields: &[(&str, Field<'_>)]| {
            read("x", &["seed", "pace"], fields, |name, value| value.whole(name, 1).map(drop))
        };
        let number = Field::Number("1_000");
        assert_eq!(read(&[("seed", number), ("pace", number)]), Ok(()));
        for (fields, index, message) in [
            (&[("seed", number), ("seed", number)][..], 1, "`seed` is given twice"),
            (&[("sed", number)], 0, "unknown field `sed` of `x`; did you mean `seed`?"),
            (&[("seed", Field::Number("0"))], 0, "invalid `seed` `0`: expected a whole number"),
            (
                &[("pace", Field::Text("a"))],
                0,
                "invalid `pace`: expected a whole number, found `\"a\"`",
            ),
        ] {
            let error = read(fields).unwrap_err();
            assert_eq!(error.index, index);
            assert!(error.problem.to_string().starts_with(message), "{}", error.problem);
        }
    }
}
