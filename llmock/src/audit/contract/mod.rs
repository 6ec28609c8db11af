//! The provider's contract: which requests it would reject, as a dated [`table`] of data and small [checks](check).
//!
//! Every rule names the page that states it. What could not be verified is not in the table. A rule holds from a day on,
//! so that a recording is judged by the rules of today and by those of its own day alike.

mod anthropic;
mod bedrock;
mod check;
mod gemini;
mod limits;
mod model;
mod openai;
mod public;
mod responses;
mod retired;
mod schema;
pub(crate) mod table;
mod thinking;
mod tools;

use super::Conclusion;
use crate::exchange::sent::SentRequest;
use crate::json::Json;

use check::Request;
pub(crate) use model::is_version;
pub use public::retirement;
use table::{RULES, Rule};

/// The day of the table. A test is judged by this day and not by the clock, so that it does not fail by itself one morning.
pub const TABLE_DATE: &str = "2026-11-30";

/// A request that the provider would reject: see [`SentRequest::rejections`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The code of the finding: `contract`, `context_size`, `retired_model` or `retired_endpoint`.
    pub code: &'static str,
    /// The rule, such as `anthropic/sampling`; `docs/contract.md` lists them.
    pub rule: &'static str,
    /// Where in the body, such as `$.temperature`, or `path`.
    pub place: String,
    /// What the provider responds.
    pub message: String,
    /// The status of that response.
    pub status: u16,
    /// The type of that error.
    pub kind: &'static str,
    /// The day since which the rule holds, if it is not as old as the API.
    pub since: Option<&'static str>,
    /// The page that states it.
    pub source: &'static str,
}

/// What the provider would reject on a day (`2026-11-30`); nothing for endpoints and providers that the table does not have.
pub(crate) fn rejections(request: &SentRequest, today: &str) -> Vec<Rejection> {
    if request.method() != "POST" {
        return retired::endpoint(request, today).into_iter().collect();
    }
    let body = request.parsed();
    let empty = Json::Object(Vec::new());
    let model = request.model().unwrap_or_default();
    let checked = Request::new(request, body.as_ref().unwrap_or(&empty), &model);
    let endpoint = retired::endpoint(request, today);
    if endpoint.is_some() {
        return endpoint.into_iter().collect();
    }
    let retired = retired::model(&checked, today);
    if body.is_none() || checked.api.is_none() {
        return retired.into_iter().collect();
    }
    let rules = RULES.iter().filter(|rule| rule.applies(&checked, today));
    let found = rules.filter_map(|rule| Some(rejection(rule, (rule.check)(&checked)?)));
    let limits = limits::exceeded(&checked);
    retired.into_iter().chain(found).chain(limits).collect()
}

/// What a test is told about the rejections of one code; each has the number of its request.
pub(crate) fn conclusion(
    code: &'static str,
    all: &[(usize, Rejection)],
    most: usize,
) -> Option<Conclusion> {
    let mut distinct: Vec<(usize, &Rejection)> = Vec::new();
    for (request, one) in all.iter().filter(|(_, one)| one.code == code) {
        // A conversation has the same problem in every turn.
        if !distinct.iter().any(|(_, known)| known.rule == one.rule && known.message == one.message)
        {
            distinct.push((*request, one));
        }
    }
    let (_, first) = distinct.first()?;
    let mut told: Vec<String> =
        distinct.iter().take(most).map(|(request, one)| one.clause(*request)).collect();
    if distinct.len() > most {
        told.push(format!("{} more", distinct.len() - most));
    }
    Some(Conclusion { code: first.code, message: told.join("; "), remedy: None })
}

impl Rejection {
    /// `the provider would reject request 1 at $.temperature: "…" (since 2026-04-16, https://…)`
    pub(crate) fn clause(&self, request: usize) -> String {
        let Self { place, message, source, .. } = self;
        let since = self.since.map(|day| format!("since {day}, ")).unwrap_or_default();
        let message = message.trim_end();
        format!(
            "the provider would reject request {request} at {place}: \"{message}\" ({since}{source})"
        )
    }
}

fn rejection(rule: &'static Rule, found: check::Found) -> Rejection {
    Rejection {
        code: "contract",
        rule: rule.name,
        place: found.place,
        message: found.message,
        status: 400,
        kind: rule.api.error_kind(),
        since: rule.since,
        source: rule.source,
    }
}

#[cfg(test)]
mod tests;
