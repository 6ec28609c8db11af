//! Limits of the account and of the model: requests and tokens per minute ([`quota`]), and the context window.
//!
//! [`refusals`] has the errors in each provider's words, [`headers`] what each provider says about its limits in the
//! headers of a response.

pub(crate) mod headers;
pub(crate) mod quota;
mod refusals;

use std::time::Duration;

use llmock::reply::{Endpoint, Reading, Reply};
use tokio::time::Instant;

use super::api_request::ApiRequest;
use super::config::Config;
use quota::{Left, Quotas};

/// What the limits say about one request.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    /// What is left of the quota after it, if there is one.
    pub(crate) left: Option<Left>,
    pub(crate) refusal: Option<Reply>,
}

/// Counts a request, and refuses it if it exceeds the quota or the context window.
pub(crate) fn allowance(quotas: &Quotas, config: &Config, api_request: &ApiRequest) -> Allowance {
    let (quota, window) = (&config.quota, config.context_window);
    if quota.is_unlimited() && window.is_none() {
        return Allowance::default();
    }
    let target = &api_request.route.target;
    // lists of models and the like cost nothing
    if api_request.method != http::Method::POST || target.endpoint() == Endpoint::Unknown {
        return Allowance::default();
    }
    let reading = target.read(&api_request.body);
    let input = reading.input_tokens();
    let session = api_request.session.to_string();
    let mut allowance = Allowance::default();
    if !quota.is_unlimited() {
        match quotas.admit(quota, &session, input, Instant::now()) {
            Ok(left) => allowance.left = Some(left),
            Err(exceeded) => {
                allowance.left = Some(exceeded.left);
                let refusal = refusals::exceeded(&reading, &exceeded);
                allowance.refusal = Some(with_wait(refusal, exceeded.left.reset));
                return allowance;
            }
        }
    }
    if let Some(window) = window.filter(|_| target.endpoint() == Endpoint::Conversation) {
        allowance.refusal = overflow(&reading, window, input);
    }
    allowance
}

fn overflow(reading: &Reading<'_>, window: u64, input: u64) -> Option<Reply> {
    let output = reading.token_limit();
    let is_input_alone = input > window;
    let is_both = input.saturating_add(output.unwrap_or_default()) > window;
    if is_input_alone || (is_both && refusals::counts_output(reading.target())) {
        return Some(refusals::too_long(reading, window, input, output));
    }
    None
}

/// The headers that tell a client how long to wait.
fn with_wait(reply: Reply, wait: Duration) -> Reply {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    reply.header("retry-after", seconds.max(1).to_string())
}
