//! Providers that a user declares by the base URL of their API: `acme = "https://llm.acme.dev/v1"`.
//!
//! A declaration is an entry next to the table. It belongs to one session, since two tests may know two hosts by one
//! name. Its wire format is found by the paths of requests, as for every provider.

use llmock_rules::{BaseUrl, Problem};

use super::path::joined_queries;
use super::table::KEY as PLACEHOLDER;
use super::{Address, Provider, below};

/// A provider and the base URL that its clients have in production.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) provider: Provider,
    /// Without a slash at its end.
    pub(crate) url: String,
    /// The path of the URL: `/v1`, or nothing.
    path: String,
}

impl Declared {
    pub(crate) fn new(provider: Provider, url: &BaseUrl) -> Result<Self, Problem> {
        let address = Address::parse(url.as_str())
            .ok_or_else(|| Problem::new(format!("invalid base URL `{}`", url.as_str())))?;
        Ok(Self { provider, url: url.as_str().to_owned(), path: address.path().to_owned() })
    }

    /// The base URL for a client of this provider: `BASE/acme` and the path of the declared URL.
    pub(crate) fn base_url(&self, base: &str) -> String {
        match self.provider {
            Provider::Other(_) => {
                format!("{}/{}{}", base.trim_end_matches('/'), self.provider, self.path)
            }
            known => known.base_url(base),
        }
    }

    /// Variables that its clients may read, each with its value: `ACME_BASE_URL`, `ACME_API_BASE`. None for a
    /// provider of the table, which has its own, nor for an id that no variable can begin with.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let Some(stem) = self.stem() else { return Vec::new() };
        let template = self.base_url("{base}");
        ["_BASE_URL", "_API_BASE"].map(|end| (format!("{stem}{end}"), template.clone())).into()
    }

    /// The variable that holds its key: `ACME_API_KEY`.
    pub(crate) fn key(&self) -> Option<String> {
        self.stem().map(|stem| format!("{stem}_API_KEY"))
    }

    /// The variable of the key, and the placeholder that replay sets if it is missing.
    pub(crate) fn placeholder(&self) -> Option<(String, String)> {
        self.key().map(|name| (name, PLACEHOLDER.to_owned()))
    }

    fn stem(&self) -> Option<String> {
        let Provider::Other(_) = self.provider else { return None };
        let stem = self.provider.id().to_ascii_uppercase().replace('-', "_");
        stem.starts_with(|first: char| !first.is_ascii_digit()).then_some(stem)
    }

    /// The URL of a request with that canonical path at the upstream `base`: the declared URL, or one from a variable
    /// or the builder in the same shape.
    ///
    /// The canonical path is the one at the provider's own host, and not always below the declared one: with
    /// `https://llm.acme.dev/v1`, `/health` is `https://llm.acme.dev/health`.
    pub(crate) fn upstream_url(&self, base: &str, canonical: &str) -> String {
        let Some(base) = Address::parse(base) else { return format!("{base}{canonical}") };
        let (path, query) = canonical.split_at(canonical.find('?').unwrap_or(canonical.len()));
        let (above, path) = match base.path().strip_suffix(&self.path) {
            Some(above) => (above, path),
            // A gateway that has the API at another path.
            None => (base.path(), below(path, &self.path).unwrap_or(path)),
        };
        format!("{}{above}{path}{}", base.root(), joined_queries(base.query(), query))
    }

    /// The reverse: the canonical path of a request for `target` at the host of a base URL with that path.
    pub(crate) fn canonical_of(&self, base_path: &str, target: &str) -> String {
        if let Some(above) = base_path.strip_suffix(self.path.as_str()) {
            return target.strip_prefix(above).unwrap_or(target).to_owned();
        }
        match below(target, base_path) {
            Some(rest) => format!("{}{rest}", self.path),
            None => target.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(id: &str, url: &str) -> Declared {
        let url = BaseUrl::parse(url).expect("a base URL");
        Declared::new(Provider::from_id(id), &url).expect("an address")
    }

    fn acme(url: &str) -> Declared {
        declared("acme", url)
    }

    #[test]
    fn refuses_a_url_without_a_valid_host() {
        let url = BaseUrl::parse("http://a.dev:port").expect("it looks like one");
        let error = Declared::new(Provider::from_id("acme"), &url).expect_err("no such port");
        assert_eq!(error.to_string(), "invalid base URL `http://a.dev:port`");
    }

    #[test]
    fn clients_get_the_path_of_the_declared_address() {
        let cases = [
            ("https://llm.acme.dev/v1", "B/acme/v1"),
            ("https://llm.acme.dev/v1/", "B/acme/v1"),
            ("https://llm.acme.dev", "B/acme"),
            ("http://user:pw@10.0.0.1:8080/api/llm/v2", "B/acme/api/llm/v2"),
        ];
        for (url, expected) in cases {
            assert_eq!(acme(url).base_url("B"), expected, "{url}");
        }
        let openai = declared("openai", "http://gateway/llm");
        assert_eq!(openai.base_url("B"), "B/openai/v1");
        assert!(openai.variables().is_empty() && openai.key().is_none());
    }

    #[test]
    fn its_variables_are_made_of_its_id() {
        let names = |id: &str| {
            let declared = declared(id, "https://a.dev/v1");
            let names = declared.variables().into_iter().map(|(name, _)| name);
            names.chain(declared.key()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names("acme"), "ACME_BASE_URL ACME_API_BASE ACME_API_KEY");
        assert_eq!(names("my-llm"), "MY_LLM_BASE_URL MY_LLM_API_BASE MY_LLM_API_KEY");
        assert_eq!(names("01ai"), "");
    }

    #[test]
    fn paths_inside_and_outside_the_declared_one_lead_to_the_host() {
        let declared = "https://llm.acme.dev/v1";
        let cases = [
            (declared, "/v1/chat/completions?x=1", "https://llm.acme.dev/v1/chat/completions?x=1"),
            (declared, "/health", "https://llm.acme.dev/health"),
            (declared, "/", "https://llm.acme.dev/"),
            ("http://gateway/llm/v1", "/v1/models", "http://gateway/llm/v1/models"),
            ("http://gateway/llm/v1", "/health", "http://gateway/llm/health"),
            ("http://127.0.0.1:8080", "/v1/models", "http://127.0.0.1:8080/models"),
            ("http://127.0.0.1:8080", "/v1?x=1", "http://127.0.0.1:8080?x=1"),
        ];
        for (base, path, expected) in cases {
            assert_eq!(acme(declared).upstream_url(base, path), expected, "{base} {path}");
            let host = expected.find("://").map_or(0, |at| at + 3);
            let target = expected[host..].find(['/', '?']).map_or("/", |at| &expected[host + at..]);
            let base = Address::parse(base).expect(base);
            assert_eq!(acme(declared).canonical_of(base.path(), target), path, "{base:?} {target}");
        }
        let beside = acme(declared).upstream_url("http://127.0.0.1:8080", "/v11/models");
        assert_eq!(beside, "http://127.0.0.1:8080/v11/models");
        let bare = acme("https://llm.acme.dev");
        assert_eq!(bare.upstream_url(&bare.url, "/v2/chat"), "https://llm.acme.dev/v2/chat");
    }
}
