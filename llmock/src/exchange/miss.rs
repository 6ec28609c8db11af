//! Why nothing responded to a request: the evidence that the report shows.

use crate::exchange::RequestNumber;
use crate::fixture::Position;
use crate::fixture::interaction::{Body, Interaction, Request};
use crate::json;
use crate::matching::{self, Difference, MatchRules, labels};
use crate::provider::Provider;
use crate::report::{Closest, Endpoint, Miss, MissReason};
use crate::wire;

/// Longer bodies are not kept for `last-run.jsonl`.
const LONGEST_BODY: usize = 256 * 1024;

/// The request as the report shows it.
pub(crate) fn describe(
    provider: Provider,
    request: &Request,
    number: RequestNumber,
    reason: MissReason,
) -> Miss {
    let format = wire::format(provider, &request.method, &request.path);
    let body = parsed(request);
    Miss {
        method: request.method.clone(),
        path: request.path.clone(),
        provider: provider.id(),
        model: (format.model)(provider, &request.path, body.as_ref())
            .map(std::borrow::Cow::into_owned),
        prompt: body.as_ref().and_then(|body| format.prompt(body)),
        turn: body.as_ref().and_then(labels::last_turn),
        request: number.number(),
        body: match &request.body {
            Body::Json(text) if text.len() <= LONGEST_BODY => Some(text.clone()),
            _ => None,
        },
        reason,
    }
}

/// A request outside every run that matches none of these interactions.
#[cfg(any(feature = "server", feature = "wiremock"))]
pub(crate) fn unrecorded(
    provider: Provider,
    request: &Request,
    interactions: Vec<&Interaction>,
    rules: &MatchRules,
) -> Miss {
    let evidence =
        Evidence { interactions, is_missing: false, rules, owner: None, used_by: &|_| None };
    let reason = evidence.unknown(provider, request);
    describe(provider, request, RequestNumber::FIRST, reason)
}

fn parsed(request: &Request) -> Option<json::Json<'_>> {
    match &request.body {
        Body::Json(text) => json::parse(text).ok(),
        _ => None,
    }
}

/// The text of the last user message of a recorded request.
pub(crate) fn prompt_of(interaction: &Interaction) -> Option<String> {
    let request = &interaction.request;
    let format = wire::format(interaction.provider, &request.method, &request.path);
    format.prompt(&parsed(request)?)
}

/// What a miss is explained with: the interactions, the rules, and what has been used.
pub(crate) struct Evidence<'a> {
    pub(crate) interactions: Vec<&'a Interaction>,
    /// There is no file, not even an empty one.
    pub(crate) is_missing: bool,
    pub(crate) rules: &'a MatchRules,
    /// The test that the request belongs to.
    pub(crate) owner: Option<&'a str>,
    /// The request that has used an interaction.
    pub(crate) used_by: &'a dyn Fn(Position) -> Option<RequestNumber>,
}

impl Evidence<'_> {
    /// No interaction has this key: no file, no endpoint, or another body.
    pub(crate) fn unknown(&self, provider: Provider, request: &Request) -> MissReason {
        if self.is_missing {
            return MissReason::NoFixtureFile;
        }
        if self.interactions.is_empty() {
            return MissReason::Empty;
        }
        let candidates = self.interactions.iter().copied().enumerate();
        let Some((nearest, differences)) =
            matching::nearest(provider, request, candidates, self.rules)
        else {
            return MissReason::EndpointUnknown { recorded: endpoints(&self.interactions) };
        };
        let (closest, at) = (self.interactions[nearest.at], Position::from_index(nearest.at));
        MissReason::BodyDiffers {
            closest: Closest {
                interaction: at.number(),
                resembles: nearest.resembles,
                others: if nearest.resembles { Vec::new() } else { self.others(provider, request) },
                recorded_at: closest.recorded_at.clone(),
                owner: closest.test.clone().filter(|test| Some(test.as_str()) != self.owner),
                used_by: (self.used_by)(at).map(RequestNumber::number),
                divergence: nearest.divergence.filter(|_| nearest.resembles).map(Box::new),
            },
            differences,
        }
    }

    /// What the fixture has at this endpoint instead: prompts that no request has used, each with its position; nothing
    /// if there is only one.
    fn others(&self, provider: Provider, request: &Request) -> Vec<(usize, String)> {
        const MOST: usize = 6;
        let is_here = |(_, one): &(usize, &&Interaction)| {
            one.provider == provider && one.request.path == request.path
        };
        let here: Vec<_> = self.interactions.iter().enumerate().filter(is_here).collect();
        if here.len() < 2 {
            return Vec::new();
        }
        let is_unused =
            |(at, _): &&(usize, &&Interaction)| (self.used_by)(Position::from_index(*at)).is_none();
        let prompts = here
            .iter()
            .filter(is_unused)
            .filter_map(|(at, one)| Some((Position::from_index(*at).number(), prompt_of(one)?)));
        prompts.take(MOST).collect()
    }

    /// `order = "strict"`, and another interaction comes next.
    pub(crate) fn wrong_order(
        &self,
        provider: Provider,
        request: &Request,
        expected: Position,
    ) -> MissReason {
        let key = matching::key(provider, request, self.rules);
        let next = self.interactions[expected.index()];
        let is_same =
            |other: &&Interaction| matching::key(other.provider, &other.request, self.rules) == key;
        let same_endpoint = next.provider == provider
            && next.request.method == request.method
            && next.request.path == request.path;
        let found = self.interactions.iter().position(is_same);
        MissReason::WrongOrder {
            interaction: found.map(|at| Position::from_index(at).number()),
            expected: expected.number(),
            endpoint: Endpoint {
                provider: next.provider.id(),
                method: next.request.method.clone(),
                path: next.request.path.clone(),
                times: 1,
            },
            prompt: prompt_of(next),
            // A request that is only early differs from the next one in everything that it says.
            differences: if same_endpoint && found.is_none() {
                self.differences(provider, &next.request, request)
            } else {
                Vec::new()
            },
        }
    }

    fn differences(
        &self,
        provider: Provider,
        recorded: &Request,
        sent: &Request,
    ) -> Vec<Difference> {
        matching::diff(recorded, sent, provider, self.rules)
    }
}

fn endpoints(interactions: &[&Interaction]) -> Vec<Endpoint> {
    let mut seen: Vec<Endpoint> = Vec::new();
    for interaction in interactions {
        let (provider, request) = (interaction.provider.id(), &interaction.request);
        let known = seen.iter_mut().find(|endpoint| {
            endpoint.provider == provider
                && endpoint.method == request.method
                && endpoint.path == request.path
        });
        match known {
            Some(endpoint) => endpoint.times += 1,
            None => seen.push(Endpoint {
                provider,
                method: request.method.clone(),
                path: request.path.clone(),
                times: 1,
            }),
        }
    }
    seen
}
