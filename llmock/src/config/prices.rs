//! Prices of the user's own, from a file of TOML: they count before llmock's table.

use std::path::Path;
use std::sync::OnceLock;
use std::{fs, io};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::audit::prices::{self, OwnPrices, Price};
use crate::env;
use crate::provider::Provider;

/// Why a file of prices was not read.
#[derive(Clone, Debug, thiserror::Error)]
#[cfg_attr(not(feature = "server"), expect(unreachable_pub, reason = "the command uses it"))]
pub enum PricesError {
    /// The file could not be read.
    #[error("failed to read the prices `{path}`: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// The error of the operating system.
        why: String,
    },
    /// The file has another form.
    #[error("invalid prices `{path}`: {why}")]
    Invalid {
        /// The file.
        path: String,
        /// What was expected.
        why: String,
    },
}

/// Reads the file of `LLMOCK_PRICES` once a process.
pub(crate) fn of_environment() -> Result<(), PricesError> {
    static READ: OnceLock<Result<(), PricesError>> = OnceLock::new();
    READ.get_or_init(|| env::prices().map_or(Ok(()), |path| use_file(&path))).clone()
}

/// Lets the prices of a file count before llmock's own.
///
/// # Errors
///
/// If the file cannot be read, or has another form.
#[cfg_attr(not(feature = "server"), expect(unreachable_pub, reason = "the command uses it"))]
pub fn use_file(path: &Path) -> Result<(), PricesError> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path);
    let text = text.map_err(|why: io::Error| PricesError::Unreadable {
        path: name.clone(),
        why: why.to_string(),
    })?;
    let own = parse(&text).map_err(|why| PricesError::Invalid { path: name, why })?;
    prices::use_own(own);
    Ok(())
}

fn parse(text: &str) -> Result<OwnPrices, String> {
    let table = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
    let table = table.get_ref();
    let date = match get(table, "date") {
        Some(DeValue::String(date)) => date.to_string(),
        Some(DeValue::Datetime(date)) => date.to_string(),
        _ => {
            return Err(
                "expected the day of the prices, such as `date = \"2026-11-30\"`".to_owned()
            );
        }
    };
    let Some(DeValue::Array(rows)) = get(table, "price") else {
        return Err("expected rows such as `[[price]]`".to_owned());
    };
    let row = |(at, row): (usize, &Spanned<DeValue<'_>>)| {
        price(row.get_ref()).map_err(|why| format!("price {}: {why}", at + 1))
    };
    let rows: Result<Vec<_>, String> = rows.iter().enumerate().map(row).collect();
    Ok(OwnPrices { date, rows: rows? })
}

fn get<'t, 'v>(table: &'t DeTable<'v>, name: &str) -> Option<&'t DeValue<'v>> {
    let mut members = table.iter();
    members.find(|(known, _)| known.get_ref().as_ref() == name).map(|(_, value)| value.get_ref())
}

fn price(row: &DeValue<'_>) -> Result<(Provider, String, Price), String> {
    let known = ["provider", "model", "input", "cached", "output", "source"];
    let DeValue::Table(table) = row else { return Err("expected a table".to_owned()) };
    let mut names = table.keys().map(|name| name.get_ref().as_ref());
    if let Some(name) = names.find(|name| !known.contains(name)) {
        return Err(llmock_rules::Problem::unknown("key", name, &known).to_string());
    }
    let text = |name: &str| match get(table, name) {
        Some(DeValue::String(text)) => Ok(text.to_string()),
        _ => Err(format!("expected `{name} = \"...\"`")),
    };
    let dollars = |name: &str| {
        let number = match get(table, name) {
            None => return Ok(None),
            Some(DeValue::Float(number)) => number.as_str().parse().ok(),
            Some(DeValue::Integer(number)) => number.as_str().parse().ok(),
            Some(_) => None,
        };
        let number = number.filter(|dollars: &f64| dollars.is_finite() && *dollars >= 0.0);
        let expected =
            || format!("`{name}`: expected dollars for a million tokens, such as `0.25`");
        number.map(|dollars| Some(micros(dollars))).ok_or_else(expected)
    };
    let missing = |name: &str| format!("expected `{name}`, dollars for a million tokens");
    let input = dollars("input")?.ok_or_else(|| missing("input"))?;
    let output = dollars("output")?.ok_or_else(|| missing("output"))?;
    let cached = dollars("cached")?.unwrap_or(input);
    let provider = Provider::from_id(&text("provider")?);
    Ok((provider, text("model")?, Price { input, cached, output }))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an amount of money")]
fn micros(dollars: f64) -> u64 {
    (dollars * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_prices_and_says_what_is_wrong() {
        let good = "date = \"2026-11-30\"\n[[price]]\nprovider = \"openai\"\nmodel = \"my-model\"\ninput = 0.25\noutput = 2\n";
        let own = parse(good).unwrap();
        let price = Price { input: 250_000, cached: 250_000, output: 2_000_000 };
        assert_eq!(own.rows, [(Provider::OpenAI, "my-model".to_owned(), price)]);
        for (text, why) in [
            ("", "expected the day of the prices"),
            ("date = \"2026-11-30\"", "expected rows"),
            (&good.replace("0.25", "\"x\""), "price 1: `input`: expected dollars"),
            (&good.replace("output", "out"), "price 1: unknown key `out`"),
            (&good.replace("input = 0.25\n", ""), "price 1: expected `input`"),
            (&good.replace("model = \"my-model\"\n", ""), "price 1: expected `model"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
