//! The versions and betas of the APIs that a request was recorded with, against those that it is sent with.
//!
//! They select what a provider accepts and how it responds, so a replay of another version may hide an error. They are
//! stored with the request and are not part of its key.

use std::collections::BTreeSet;

use super::Conclusion;
use crate::exchange::sent::SentRequest;
use crate::json::Json;
use crate::provider::{API_HEADERS, Provider};

/// A version that a request and its recording do not share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VersionDifference {
    /// `anthropic-version`, `api-version`, …
    pub(crate) name: &'static str,
    pub(crate) recorded: Option<String>,
    pub(crate) sent: Option<String>,
}

impl VersionDifference {
    /// `recorded with anthropic-version 2023-06-01, sent with 2026-10-21`
    pub(crate) fn clause(&self) -> String {
        let name = self.name;
        match (&self.recorded, &self.sent) {
            (Some(recorded), Some(sent)) => {
                format!("recorded with {name} {recorded}, sent with {sent}")
            }
            (Some(recorded), None) => format!("recorded with {name} {recorded}, sent without"),
            (None, Some(sent)) => format!("recorded without {name}, sent with {sent}"),
            (None, None) => String::new(),
        }
    }
}

/// Where a request and its recording differ. A recording without any such header may be older than the format that
/// stores them, so its headers are not compared.
pub(crate) fn differences(recorded: &SentRequest, sent: &SentRequest) -> Vec<VersionDifference> {
    let has_headers = API_HEADERS.iter().any(|name| recorded.header(name).is_some());
    let headers = API_HEADERS.iter().filter(|_| has_headers).map(|name| {
        let [recorded, sent] = [recorded, sent].map(|request| header(request, name));
        VersionDifference { name, recorded, sent }
    });
    let address =
        [("api-version", query as fn(&SentRequest) -> Option<String>), ("API version", path)];
    let address = address.map(|(name, of)| VersionDifference {
        name,
        recorded: of(recorded),
        sent: of(sent),
    });
    let members = members(recorded, sent);
    headers.chain(address).chain(members).filter(|one| one.recorded != one.sent).collect()
}

/// What Bedrock and Vertex take in the body in place of headers, and Converse among the fields that it passes on.
///
/// <https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai>,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html>
const MEMBERS: [(&str, &str); 3] = [
    ("anthropic_version", "anthropic_version"),
    ("anthropic_beta", "anthropic_beta"),
    ("anthropic_beta", "additionalModelRequestFields/anthropic_beta"),
];

fn members(recorded: &SentRequest, sent: &SentRequest) -> Vec<VersionDifference> {
    let is_partner = matches!(sent.provider(), Provider::Bedrock | Provider::Vertex);
    if !is_partner || recorded.body() == sent.body() {
        return Vec::new();
    }
    let (Some(old), Some(new)) = (recorded.parsed(), sent.parsed()) else { return Vec::new() };
    let difference = |(name, path): (&'static str, &str)| VersionDifference {
        name,
        recorded: member(&old, path),
        sent: member(&new, path),
    };
    MEMBERS.map(difference).into()
}

/// A version, or the names of betas in an order of their own.
fn member(body: &Json<'_>, path: &str) -> Option<String> {
    let texts: BTreeSet<_> = match body.find(path)? {
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        one => BTreeSet::from([one.as_str()?]),
    };
    (!texts.is_empty()).then(|| texts.into_iter().collect::<Vec<_>>().join(","))
}

/// The names in a header, in an order of their own: lists are not ordered.
fn header(request: &SentRequest, name: &str) -> Option<String> {
    let values = request.headers().filter(|(known, _)| *known == name);
    let values = values.flat_map(|(_, value)| value.split(','));
    let names: BTreeSet<&str> = values.map(str::trim).filter(|name| !name.is_empty()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// Azure's parameter.
fn query(request: &SentRequest) -> Option<String> {
    let (_, query) = request.path().split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == "api-version").map(|(_, value)| value.to_owned())
}

/// Gemini's version is the first segment of the path: `v1` and `v1beta` are treated alike in comparisons.
/// <https://ai.google.dev/gemini-api/docs/api-versions>
fn path(request: &SentRequest) -> Option<String> {
    if request.provider() != Provider::Gemini {
        return None;
    }
    let path = request.path().split('?').next()?;
    let path = path.strip_prefix("/upload").unwrap_or(path);
    path.split('/').nth(1).filter(|first| first.starts_with('v')).map(str::to_owned)
}

/// What one test is told: the differences of all its requests, each once.
pub(crate) fn conclusion(all: &[Vec<VersionDifference>]) -> Option<Conclusion> {
    let mut distinct: Vec<&VersionDifference> = Vec::new();
    for difference in all.iter().flatten() {
        if !distinct.contains(&difference) {
            distinct.push(difference);
        }
    }
    let requests = all.iter().filter(|differences| !differences.is_empty()).count();
    let requests = match requests {
        0 => return None,
        1 => "1 request was".to_owned(),
        many => format!("{many} requests were"),
    };
    let clauses: Vec<String> = distinct.into_iter().map(VersionDifference::clause).collect();
    Some(Conclusion {
        code: "api_version",
        message: format!("{requests} {}", clauses.join(", and ")),
        remedy: Some(
            "the provider may answer otherwise now: record again: {record}; to make it a miss, set api_version = \"strict\""
                .to_owned(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(provider: Provider, path: &str, headers: &[(&str, &str)]) -> SentRequest {
        let mut request = SentRequest::for_tests(provider, path, "{}".to_owned());
        request.headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        request
    }

    #[test]
    fn versions_of_every_provider_are_compared() {
        let anthropic =
            |headers: &[(&str, &str)]| request(Provider::Anthropic, "/v1/messages", headers);
        let old = [("anthropic-version", "2023-06-01")];
        let new = [("anthropic-version", "2026-10-21")];
        let betas = [("anthropic-version", "2023-06-01"), ("anthropic-beta", "b, a")];
        let repeated =
            [("anthropic-version", "2023-06-01"), ("anthropic-beta", "a"), ("anthropic-beta", "b")];
        let at = |provider, path: &str| request(provider, path, &[]);
        for (recorded, sent, expected) in [
            (anthropic(&old), anthropic(&old), vec![]),
            (
                anthropic(&old),
                anthropic(&new),
                vec!["recorded with anthropic-version 2023-06-01, sent with 2026-10-21"],
            ),
            // Older than the format that stores headers.
            (anthropic(&[]), anthropic(&new), vec![]),
            (
                anthropic(&old),
                anthropic(&betas),
                vec!["recorded without anthropic-beta, sent with a,b"],
            ),
            (
                anthropic(&betas),
                anthropic(&old),
                vec!["recorded with anthropic-beta a,b, sent without"],
            ),
            (anthropic(&betas), anthropic(&repeated), vec![]),
            (
                request(Provider::OpenAI, "/v1/x", &[("openai-beta", "assistants=v1")]),
                request(Provider::OpenAI, "/v1/x", &[("openai-beta", "assistants=v2")]),
                vec!["recorded with openai-beta assistants=v1, sent with assistants=v2"],
            ),
            (
                at(Provider::Azure, "/openai/x?api-version=2024-10-21"),
                at(Provider::Azure, "/openai/x?api-version=preview"),
                vec!["recorded with api-version 2024-10-21, sent with preview"],
            ),
            (
                at(Provider::Gemini, "/v1/models/g:generateContent"),
                at(Provider::Gemini, "/v1beta/models/g:generateContent"),
                vec!["recorded with API version v1, sent with v1beta"],
            ),
            (
                at(Provider::Gemini, "/upload/v1/files"),
                at(Provider::Gemini, "/upload/v1/files"),
                vec![],
            ),
        ] {
            let found = differences(&recorded, &sent);
            let found: Vec<_> = found.iter().map(VersionDifference::clause).collect();
            assert_eq!(found, expected, "{recorded:?} {sent:?}");
        }
    }

    #[test]
    fn versions_in_bodies_are_compared_where_providers_take_them_there() {
        let at = |provider, path: &str, body: &str| {
            SentRequest::for_tests(provider, path, body.to_owned())
        };
        let invoke = |body: &str| at(Provider::Bedrock, "/model/m/invoke", body);
        let converse = |body: &str| at(Provider::Bedrock, "/model/m/converse", body);
        let vertex = |body: &str| at(Provider::Vertex, "/v1/x/models/m:rawPredict", body);
        for (recorded, sent, expected) in [
            (
                vertex(r#"{"anthropic_version":"vertex-2023-10-16"}"#),
                vertex(r#"{"anthropic_version":"vertex-2026-10-21"}"#),
                "recorded with anthropic_version vertex-2023-10-16, sent with vertex-2026-10-21",
            ),
            (
                invoke(r#"{"anthropic_beta":["b","a"]}"#),
                invoke(r#"{"anthropic_beta":["a"]}"#),
                "recorded with anthropic_beta a,b, sent with a",
            ),
            (
                converse(r#"{"additionalModelRequestFields":{"anthropic_beta":["a"]}}"#),
                converse("{}"),
                "recorded with anthropic_beta a, sent without",
            ),
            (
                invoke(r#"{"anthropic_beta":["a","b"]}"#),
                invoke(r#"{"anthropic_beta":["b","a"]}"#),
                "",
            ),
            (
                at(Provider::OpenAI, "/v1/chat/completions", "{}"),
                at(Provider::OpenAI, "/v1/chat/completions", r#"{"anthropic_beta":["a"]}"#),
                "",
            ),
        ] {
            let found = differences(&recorded, &sent);
            let found: Vec<_> = found.iter().map(VersionDifference::clause).collect();
            assert_eq!(found.join(", "), expected);
        }
    }

    #[test]
    fn a_test_is_told_once() {
        let difference = VersionDifference {
            name: "anthropic-version",
            recorded: Some("2023-06-01".to_owned()),
            sent: Some("2026-10-21".to_owned()),
        };
        let all = [vec![difference.clone()], vec![], vec![difference]];
        let told = conclusion(&all).expect("they differ");
        assert_eq!(
            told.message,
            "2 requests were recorded with anthropic-version 2023-06-01, sent with 2026-10-21"
        );
        assert_eq!(conclusion(&[vec![]]), None);
    }
}
