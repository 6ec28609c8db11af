//! What responses cost, as it is shown, and prices of the user's own.

use std::path::Path;

use serde_json::{Value, json};

use crate::output::text::{count, thousands};
use crate::problem::Problem;
use crate::testing::last_run::Usage;

/// The way out where a model has no price.
pub(crate) const NO_PRICE: &str = "hint: `--prices FILE` names prices of your own";

/// `3 requests, 1,203 tokens in and 88 out, about $0.0021`.
pub(crate) fn shown(usage: &Usage) -> String {
    let number = |number: u64| thousands(usize::try_from(number).unwrap_or(usize::MAX));
    let requests = count(usize::try_from(usage.requests).unwrap_or(usize::MAX), "request");
    if usage.requests == 0 {
        return "no request was sent to a provider".to_owned();
    }
    let cost = match usage.usd {
        Some(usd) if usd > 0.0 && usd < 0.0001 => "less than $0.0001".to_owned(),
        Some(usd) => format!("about ${usd:.4}"),
        None => format!("no price is known for {}", usage.unpriced.join(", ")),
    };
    format!(
        "{requests}, {} tokens in and {} out, {cost}",
        number(usage.input),
        number(usage.output)
    )
}

pub(crate) fn json(usage: &Usage) -> Value {
    json!({
        "requests": usage.requests,
        "input": usage.input,
        "cached": usage.cached,
        "output": usage.output,
        "usd": usage.usd.filter(|_| usage.requests > 0),
        "unpriced": usage.unpriced,
    })
}

/// Lets the prices of a file count in this process.
pub(crate) fn use_prices(file: Option<&Path>) -> Result<(), Problem> {
    let Some(file) = file else { return Ok(()) };
    llmock::__command::use_prices(file).map_err(|error| Problem::Other(error.to_string()))
}
