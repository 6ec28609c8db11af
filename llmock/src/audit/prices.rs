//! What responses cost, by a dated table of list prices.
//!
//! Every row was compared with
//! <https://github.com/BerriAI/litellm/blob/00035b69f416be24e2e323c13198d9b7d2d1bdf9/model_prices_and_context_window.json>

use std::sync::OnceLock;

use crate::audit::contract::is_version;
use crate::provider::Provider;
use crate::wire::usage::TokenUsage;

/// The day on which the prices were last verified.
pub(crate) const PRICES_DATE: &str = "2026-11-30";

/// Micro-dollars for a million tokens: input, input from the cache, output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) output: u64,
}

const fn cents(input: u64, cached: u64, output: u64) -> Price {
    // A tenth of a cent is the smallest unit of these lists.
    Price { input: input * 1_000, cached: cached * 1_000, output: output * 1_000 }
}

/// In thousandths of a dollar. Where no price of cached input is listed, it is that of input.
#[rustfmt::skip]
const PRICES: &[(Provider, &str, Price)] = &[
    (Provider::OpenAI, "gpt-5", cents(1_250, 125, 10_000)),
    (Provider::OpenAI, "gpt-5-mini", cents(250, 25, 2_000)),
    (Provider::OpenAI, "gpt-5-nano", cents(50, 5, 400)),
    (Provider::OpenAI, "gpt-5-pro", cents(15_000, 15_000, 120_000)),
    (Provider::OpenAI, "gpt-5.1", cents(1_250, 125, 10_000)),
    (Provider::OpenAI, "gpt-5.2", cents(1_750, 175, 14_000)),
    (Provider::OpenAI, "gpt-5.2-pro", cents(21_000, 21_000, 168_000)),
    (Provider::OpenAI, "gpt-4.1", cents(2_000, 500, 8_000)),
    (Provider::OpenAI, "gpt-4.1-mini", cents(400, 100, 1_600)),
    (Provider::OpenAI, "gpt-4.1-nano", cents(100, 25, 400)),
    // The first version has a price of its own.
    (Provider::OpenAI, "gpt-4o-2024-05-13", cents(5_000, 5_000, 15_000)),
    (Provider::OpenAI, "gpt-4o", cents(2_500, 1_250, 10_000)),
    (Provider::OpenAI, "gpt-4o-mini", cents(150, 75, 600)),
    (Provider::Anthropic, "claude-haiku-4-5", cents(1_000, 100, 5_000)),
    (Provider::Anthropic, "claude-sonnet-4", cents(3_000, 300, 15_000)),
    (Provider::Anthropic, "claude-sonnet-4-5", cents(3_000, 300, 15_000)),
    (Provider::Anthropic, "claude-sonnet-4-6", cents(3_000, 300, 15_000)),
    (Provider::Anthropic, "claude-opus-4-5", cents(5_000, 500, 25_000)),
    (Provider::Anthropic, "claude-opus-4-6", cents(5_000, 500, 25_000)),
    (Provider::Anthropic, "claude-opus-4-7", cents(5_000, 500, 25_000)),
    (Provider::Gemini, "gemini-2.5-flash-lite", cents(100, 10, 400)),
];

/// Prices that count before the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnPrices {
    pub(crate) date: String,
    pub(crate) rows: Vec<(Provider, String, Price)>,
}

static OWN: OnceLock<OwnPrices> = OnceLock::new();

/// Lets prices of the user's own count, for the rest of the process.
pub(crate) fn use_own(prices: OwnPrices) {
    let _ = OWN.set(prices);
}

/// The day of the prices: that of the user's own, if there are any.
#[cfg_attr(not(feature = "server"), expect(unreachable_pub, reason = "the command uses it"))]
pub fn prices_date() -> &'static str {
    OWN.get().map_or(PRICES_DATE, |own| own.date.as_str())
}

/// The list price of a model, also in a dated version; `None` if no table has it.
pub(crate) fn price(provider: Provider, model: &str) -> Option<Price> {
    let own = OWN.get().into_iter().flat_map(|own| &own.rows);
    let mut own = own.filter(|(known, name, _)| *known == provider && is_version(model, name));
    if let Some((.., price)) = own.next() {
        return Some(*price);
    }
    let is_it =
        |(known, name, _): &&(Provider, &str, Price)| *known == provider && is_version(model, name);
    PRICES.iter().find(is_it).map(|(_, _, price)| *price)
}

/// What a response costs by llmock's dated table of list prices, in dollars; `None` if the table does not have the model.
///
/// ```
/// use llmock::{Provider, TokenUsage, price_of};
///
/// let nothing = price_of(Provider::OpenAI, "gpt-5-mini", TokenUsage::default());
/// assert_eq!(nothing, Some(0.0));
/// assert_eq!(price_of(Provider::OpenAI, "my-own-model", TokenUsage::default()), None);
/// ```
#[must_use]
pub fn price_of(provider: Provider, model: &str, usage: TokenUsage) -> Option<f64> {
    let micros = price(provider, model)?.of(usage);
    #[expect(clippy::cast_precision_loss, reason = "an amount of dollars, not of atoms")]
    Some(micros as f64 / 1e6)
}

impl Price {
    /// Micro-dollars for what a response reports.
    pub(crate) fn of(self, usage: TokenUsage) -> u64 {
        let new = usage.input.saturating_sub(usage.cached);
        let sum = u128::from(new) * u128::from(self.input)
            + u128::from(usage.cached) * u128::from(self.cached)
            + u128::from(usage.output) * u128::from(self.output);
        u64::try_from(sum / 1_000_000).unwrap_or(u64::MAX)
    }
}

/// What the responses of a provider to a test add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsageSummary {
    pub(crate) requests: usize,
    pub(crate) tokens: TokenUsage,
    /// Micro-dollars.
    pub(crate) cost: u64,
    /// Models without a price, each once.
    pub(crate) unpriced: Vec<String>,
}

impl UsageSummary {
    pub(crate) fn add(&mut self, provider: Provider, model: Option<String>, usage: TokenUsage) {
        self.requests += 1;
        self.tokens = [self.tokens, usage].into_iter().sum();
        let model = model.unwrap_or_default();
        match price(provider, &model) {
            Some(price) => self.cost = self.cost.saturating_add(price.of(usage)),
            None if usage.total() == 0 || self.unpriced.contains(&model) => {}
            None => self.unpriced.push(model),
        }
    }

    /// In dollars, if every model has a price.
    pub(crate) fn dollars(&self) -> Option<String> {
        self.is_priced().then(|| dollars(self.cost))
    }

    /// The same to the millionth, for what adds up the tests of a suite.
    pub(crate) fn exact_dollars(&self) -> Option<String> {
        let (whole, rest) = (self.cost / 1_000_000, self.cost % 1_000_000);
        self.is_priced().then(|| format!("{whole}.{rest:06}"))
    }

    fn is_priced(&self) -> bool {
        self.unpriced.is_empty() && self.tokens.total() > 0
    }
}

/// `0.0123`: four digits behind the point.
pub(crate) fn dollars(micros: u64) -> String {
    let rounded = micros.saturating_add(50) / 100;
    format!("{}.{:04}", rounded / 10_000, rounded % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_tokens_and_dollars() {
        let usage = TokenUsage { input: 1_000_000, cached: 400_000, output: 100_000, reasoning: 0 };
        let mut sum = UsageSummary::default();
        sum.add(Provider::OpenAI, Some("gpt-5-mini".to_owned()), usage);
        // 600,000 at 0.25, 400,000 at 0.025, 100,000 at 2.00.
        assert_eq!(sum.cost, 150_000 + 10_000 + 200_000);
        assert_eq!(sum.dollars().as_deref(), Some("0.3600"));
        assert_eq!(sum.exact_dollars().as_deref(), Some("0.360000"));
        sum.add(Provider::OpenAI, Some("of-mine".to_owned()), usage);
        assert_eq!((sum.requests, sum.dollars(), sum.unpriced.len()), (2, None, 1));
        assert_eq!(dollars(1_234_567), "1.2346");
        // Variants have prices of their own, and versions that of their model.
        assert_eq!(price(Provider::OpenAI, "gpt-4o-realtime-preview"), None);
        let versions = ["gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-05-13"]
            .map(|model| price(Provider::OpenAI, model).unwrap().output);
        assert_eq!(versions, [10_000_000, 10_000_000, 15_000_000]);
    }
}
