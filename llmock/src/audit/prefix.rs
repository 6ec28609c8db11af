//! Whether the requests of a conversation extend each other, in the order in which providers cache a prompt: tools, the
//! system prompt, messages.
//!
//! A provider reads the beginning of a prompt from its cache only if it is the same as before, to the character:
//! <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>,
//! <https://developers.openai.com/api/docs/guides/prompt-caching>.

mod cause;
mod compare;
mod report;

use std::collections::HashMap;

use crate::exchange::sent::SentRequest;
use crate::fixture::Interaction;
use crate::json::Json;
use crate::provider;
use crate::wire::usage::TokenUsage;

use compare::{Parts, first_difference};
pub use report::{CacheBreak, CacheReport};

/// A request and what its response says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) request: &'a SentRequest,
    pub(crate) usage: TokenUsage,
    /// Its place in the run or in the file, counted from one.
    pub(crate) number: usize,
}

/// Looks at requests in the order in which they were sent.
pub(crate) fn report(turns: &[Turn<'_>]) -> CacheReport {
    let bodies: Vec<Option<Json<'_>>> = turns.iter().map(|turn| turn.request.parsed()).collect();
    let parts: Vec<Option<Parts<'_>>> =
        bodies.iter().map(|body| Parts::of(body.as_ref()?)).collect();
    let endpoints = endpoints(turns);
    let mut report = CacheReport::default();
    for (at, turn) in turns.iter().enumerate() {
        let Some(now) = &parts[at] else { continue };
        let earlier = (0..at).rev().filter(|earlier| endpoints[*earlier] == endpoints[at]);
        let earlier: Vec<(usize, &Parts<'_>)> =
            earlier.filter_map(|earlier| Some((earlier, parts[earlier].as_ref()?))).collect();
        // A retry, or another sample: all of its prompt was sent before.
        if earlier.iter().any(|(_, before)| now.repeats(before)) {
            continue;
        }
        let Some((earlier, before)) = previous(now, &earlier) else { continue };
        report.turns += 1;
        let Some(difference) = first_difference(before, now) else {
            report.kept += 1;
            continue;
        };
        let input = turns[earlier].usage.input;
        report.breaks.push(CacheBreak {
            request: turn.number,
            previous: turns[earlier].number,
            cause: cause::of(&difference),
            lost: lost(input, difference.before, before.size()),
            prompt: input,
            path: difference.path,
        });
    }
    report
}

/// The request that this one continues, of those in front of it, the latest first: the one that it has most messages in
/// common with. Of several, one whose whole prompt it begins with, as agents share the message of a user under system
/// prompts of their own; else the latest.
fn previous<'p, 'j>(
    now: &Parts<'j>,
    earlier: &[(usize, &'p Parts<'j>)],
) -> Option<(usize, &'p Parts<'j>)> {
    let continued: Vec<_> = earlier.iter().filter(|(_, before)| now.continues(before)).collect();
    let most = continued.iter().map(|(_, before)| now.shared(before)).max()?;
    let closest: Vec<_> =
        continued.into_iter().filter(|(_, before)| now.shared(before) == most).collect();
    let kept = closest.iter().find(|(_, before)| first_difference(before, now).is_none());
    kept.or(closest.first()).map(|found| **found)
}

impl CacheReport {
    /// Looks at the recordings of a test in their order, as the requests of one run. Errors are no turns.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fixture = llmock::Fixture::load("tests/fixtures/agent")?;
    /// let report = llmock::CacheReport::of(fixture.interactions());
    /// println!("{report}");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn of(interactions: &[Interaction]) -> Self {
        let stored: Vec<(usize, SentRequest, TokenUsage)> = interactions
            .iter()
            .enumerate()
            .filter(|(_, one)| one.response.status < 400)
            .map(|(index, one)| (index + 1, one.request(), one.response().usage()))
            .collect();
        let turns: Vec<Turn<'_>> = stored
            .iter()
            .map(|(number, request, usage)| Turn { request, usage: *usage, number: *number })
            .collect();
        report(&turns)
    }
}

/// A number for each request, equal for those to one endpoint with one model: every two requests of a file are compared.
fn endpoints(turns: &[Turn<'_>]) -> Vec<usize> {
    let mut known = HashMap::new();
    let endpoint = |turn: &Turn<'_>| {
        let request = turn.request;
        // The streamed form of a request has the same prompt.
        let path =
            provider::without_streaming(request.path().split('?').next().unwrap_or_default());
        (request.provider(), path, request.model())
    };
    let number = |turn| {
        let next = known.len();
        *known.entry(endpoint(turn)).or_insert(next)
    };
    turns.iter().map(number).collect()
}

/// The tokens behind the break: their share of the prompt's characters, of the tokens that the response reports.
fn lost(input: u64, before: usize, size: usize) -> u64 {
    let (before, size) = (before as u128, size.max(1) as u128);
    let kept = u128::from(input) * before.min(size) / size;
    input.saturating_sub(u64::try_from(kept).unwrap_or(input))
}

#[cfg(test)]
mod tests;
