//! Limits that only variables set: how long to wait for a recording or a turn, how large a request may be.

use std::path::PathBuf;
use std::time::Duration;

use llmock_rules::{self as rules, Problem, Size, Sweep};

use super::layers::{SettingsError, variable};
use super::prices;
use crate::env;
use crate::provider::Provider;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// How long a test waits at its end for responses that are still being recorded.
    pub(crate) drain: Duration,
    /// How long a test waits for the environment variables before it fails.
    pub(crate) turn: Duration,
    /// The largest request body, in bytes.
    pub(crate) max_body: u64,
    /// The sweep of tests that name none; `off` for all.
    pub(crate) sweep: Option<Sweep>,
    /// The most faults of one sweep.
    pub(crate) sweep_max: usize,
    /// What a run may send to providers.
    pub(crate) spending: Spending,
    /// What takes the place of the models of a provider.
    pub(crate) model: Option<OtherModel>,
    /// Where `llmock plan` reads what a test would record.
    pub(crate) plan: Option<PathBuf>,
}

/// How much a run of all tests may ask of providers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spending {
    pub(crate) requests: Option<u64>,
    pub(crate) tokens: Option<u64>,
    /// Micro-dollars.
    pub(crate) cost: Option<u64>,
}

/// `openai:gpt-5-mini`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherModel {
    pub(crate) provider: Provider,
    pub(crate) model: String,
}

impl Limits {
    pub(crate) fn read() -> Result<Self, SettingsError> {
        prices::of_environment()?;
        let duration = |name| variable(name, rules::Duration::parse_seconds);
        let or = |set: Option<rules::Duration>, seconds| {
            set.map_or(Duration::from_secs(seconds), |set| set.0)
        };
        Ok(Self {
            drain: or(duration(env::DRAIN_TIMEOUT)?, 30),
            turn: or(duration(env::TURN_TIMEOUT)?, 300),
            max_body: variable(env::MAX_BODY, Size::parse)?.map_or(16 << 20, |size| size.0),
            sweep: variable(env::SWEEP, Sweep::parse_switch)?,
            sweep_max: variable(env::SWEEP_MAX, count)?.unwrap_or(500),
            spending: Spending {
                requests: variable(env::MAX_REQUESTS, number)?,
                tokens: variable(env::MAX_TOKENS, number)?,
                cost: variable(env::MAX_USD, micro_dollars)?,
            },
            model: variable(env::MODEL, OtherModel::parse)?,
            plan: env::plan(),
        })
    }
}

impl OtherModel {
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let expected = || {
            Problem::new(format!(
                "invalid model `{text}`: expected one such as `openai:gpt-5-mini`"
            ))
        };
        let (provider, model) = text.trim().split_once(':').ok_or_else(expected)?;
        if model.trim().is_empty() {
            return Err(expected());
        }
        match Provider::from_id(provider) {
            Provider::Other(_) => {
                let known: Vec<&str> = Provider::all().map(Provider::id).collect();
                Err(Problem::unknown("provider", provider, &known))
            }
            provider => Ok(Self { provider, model: model.trim().to_owned() }),
        }
    }
}

fn number(text: &str) -> Result<u64, Problem> {
    let plain: String = text.trim().chars().filter(|char| *char != '_').collect();
    let problem =
        || Problem::new(format!("invalid number `{text}`: expected a whole number such as `200`"));
    plain.parse().map_err(|_| problem())
}

/// `0.50`, `$2`.
fn micro_dollars(text: &str) -> Result<u64, Problem> {
    let dollars: Option<f64> = text.trim().trim_start_matches('$').parse().ok();
    let dollars = dollars.filter(|dollars| dollars.is_finite() && *dollars >= 0.0);
    let problem =
        || Problem::new(format!("invalid amount `{text}`: expected dollars such as `0.50`"));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an amount of money"
    )]
    dollars.map(|dollars| (dollars * 1e6).round() as u64).ok_or_else(problem)
}

fn count(text: &str) -> Result<usize, Problem> {
    let count = text.trim().parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| Problem::new(format!("invalid number `{text}`: expected one from 1 on")))
}
