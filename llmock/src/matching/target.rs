//! The address of a request as it is compared.

use llmock_rules::Place;
use url::form_urlencoded;

use super::canonical::without_names_of_secrets;
use super::rules::MatchRules;
use crate::provider::{Provider, canonical_path};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestTarget {
    pub(crate) path: String,
    /// Decoded, sorted by name; pairs of one name keep their order.
    pub(crate) query: Vec<(String, String)>,
}

/// Parses a path, canonical or not: a person or another program may have written it into a file.
pub(crate) fn target(provider: Provider, path: &str, rules: &MatchRules) -> RequestTarget {
    let canonical = canonical_path(provider, path);
    let idle = provider.entry().idle_query;
    let (path, query) = canonical.split_once('?').unwrap_or((&canonical, ""));
    let mut query: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| !idle.contains(&name.as_ref()))
        .filter_map(|(name, value)| {
            let place = Place::Query(name.into_owned());
            let value = without_names_of_secrets(&value).into_owned();
            let value = rules.normalized(&place, value.into()).into_owned();
            let Place::Query(name) = place.clone() else { return None };
            (!rules.ignores(&place)).then_some((name, value))
        })
        .collect();
    query.sort_by(|(a, _), (b, _)| a.cmp(b));
    let path = if rules.ignores(&Place::Path) { "" } else { path };
    // one spelling of a path, if the provider treats two alike
    let same = provider.entry().same.iter().find_map(|(start, canonical)| {
        path.strip_prefix(start).map(|rest| [canonical, rest].concat())
    });
    let path = without_names_of_secrets(same.as_deref().unwrap_or(path));
    RequestTarget { path: rules.normalized(&Place::Path, path).into_owned(), query }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_is_one_target() {
        for (provider, canonical, spellings) in [
            (Provider::OpenAI, "/v1/models?a=1", ["/models?a=1", "//v1/models?a=1&key=secret"]),
            (
                Provider::Bedrock,
                "/model/m:0/converse",
                ["/model/m%3A0/converse", "/model/m%3a0/converse"],
            ),
            (
                Provider::named("acme"),
                "/v1/api/v2/chat",
                ["//v1/api/v2/chat", "/v1/v1/api/v2/chat#x"],
            ),
        ] {
            for spelling in spellings {
                let rules = MatchRules::default();
                let [one, other] = [spelling, canonical].map(|path| target(provider, path, &rules));
                assert_eq!(one, other, "{spelling}");
            }
        }
    }

    #[test]
    fn decodes_escapes_and_keeps_invalid_ones() {
        for (text, decoded) in [
            ("a+b", "a b"),
            ("a%20b", "a b"),
            ("%c3%A9", "é"),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("%2B", "+"),
        ] {
            let path = format!("/v1/x?{text}={text}&");
            let target = target(Provider::OpenAI, &path, &MatchRules::default());
            assert_eq!(target.query, [(decoded.to_owned(), decoded.to_owned())], "{text}");
        }
    }
}
