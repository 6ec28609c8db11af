//! Providers that a user declares by the base URL of their API: `acme = "https://llm.acme.dev/v1"`.
//!
//! A declaration is a small entry beside the table: it belongs to the session that was told it, since two
//! tests may know two hosts by one name. What the wire says is found by its paths, as for every provider.

use super::path::joined_queries;
use super::table::KEY as PLACEHOLDER;
use super::{Address, Provider, ProviderIdError, below};

/// A provider and the base URL that its clients have in production.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) provider: Provider,
    /// Without a slash at its end.
    pub(crate) url: String,
    /// What follows the host in it: `/v1`, or nothing.
    path: String,
}

/// Why a declaration means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeclareError {
    #[error(transparent)]
    Id(#[from] ProviderIdError),
    #[error(
        "`{0}` has no address; declare it with the base URL of its API, such as `https://llm.{0}.dev/v1`"
    )]
    NoUrl(String),
    #[error("`{url}` is no base URL of an API: {why}")]
    Url { url: String, why: &'static str },
}

impl Declared {
    /// Reads a declaration.
    pub(crate) fn parse(id: &str, url: &str) -> Result<Self, DeclareError> {
        let provider: Provider = id.parse()?;
        let url = url.trim();
        if url.is_empty() {
            return Err(DeclareError::NoUrl(id.to_owned()));
        }
        let wrong = |why| DeclareError::Url { url: url.to_owned(), why };
        if let Some(why) = url_mistake(url) {
            return Err(wrong(why));
        }
        let address = Address::parse(url).ok_or(wrong("it is not a valid URL"))?;
        let path = address.path().to_owned();
        Ok(Self { provider, url: url.trim_end_matches('/').to_owned(), path })
    }

    /// Where a client of this provider is pointed: `BASE/acme` and the path of the declared URL.
    pub(crate) fn base_url(&self, base: &str) -> String {
        match self.provider {
            Provider::Other(_) => {
                format!("{}/{}{}", base.trim_end_matches('/'), self.provider, self.path)
            }
            known => known.base_url(base),
        }
    }

    /// Variables that its clients may read, with what each gets: `ACME_BASE_URL`, `ACME_API_BASE`. None for a
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

    /// What stands in for an absent key in replay.
    pub(crate) fn placeholder(&self) -> Option<(String, String)> {
        self.key().map(|name| (name, PLACEHOLDER.to_owned()))
    }

    fn stem(&self) -> Option<String> {
        let Provider::Other(_) = self.provider else { return None };
        let stem = self.provider.id().to_ascii_uppercase().replace('-', "_");
        stem.starts_with(|first: char| !first.is_ascii_digit()).then_some(stem)
    }

    /// Where a request with that canonical path goes when the provider is reached at `base`: its declared URL,
    /// or one that a variable or the builder has put in its place, in the same shape.
    ///
    /// The canonical path is the one at the provider's own host, so that it may lie beside the declared one:
    /// `/health` beside `https://llm.acme.dev/v1` is `https://llm.acme.dev/health`.
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

    /// The other way round: the canonical path of a request that was sent to `target` at the host of a base URL
    /// with that path.
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

/// What is wrong with a URL of an API.
fn url_mistake(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return Some("it does not begin with `https://` or `http://`");
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.rsplit('@').next().unwrap_or_default().is_empty() || authority.starts_with(':') {
        Some("it names no host")
    } else if url.contains(['?', '#']) {
        Some("it has a query or a fragment")
    } else if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Some("it has a blank in it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme(url: &str) -> Declared {
        Declared::parse("acme", url).expect("a correct declaration")
    }

    #[test]
    fn a_declaration_has_an_id_and_an_address() {
        let cases = [
            ("acme", "", "`acme` has no address; declare it with the base URL of its API, such as"),
            ("acme", "llm.acme.dev/v1", "`llm.acme.dev/v1` is no base URL of an API: it does not"),
            ("acme", "https://", "`https://` is no base URL of an API: it names no host"),
            ("acme", "http://:80/v1", "`http://:80/v1` is no base URL of an API: it names no host"),
            (
                "acme",
                "https://a.dev/v1?k=1",
                "`https://a.dev/v1?k=1` is no base URL of an API: it has a q",
            ),
            (
                "acme",
                "https://a.dev/v 1",
                "`https://a.dev/v 1` is no base URL of an API: it has a blank",
            ),
            (
                "acme",
                "http://a.dev:port",
                "`http://a.dev:port` is no base URL of an API: it is not a valid URL",
            ),
            ("Acme", "https://a.dev", "`Acme` is not a provider id"),
        ];
        for (id, url, message) in cases {
            let error = Declared::parse(id, url).expect_err(message).to_string();
            assert!(error.starts_with(message), "{error} / {message}");
        }
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
        let openai = Declared::parse("openai", "http://gateway/llm").expect("correct");
        assert_eq!(openai.base_url("B"), "B/openai/v1");
        assert!(openai.variables().is_empty() && openai.key().is_none());
    }

    #[test]
    fn its_variables_are_made_of_its_id() {
        let names = |id: &str| {
            let declared = Declared::parse(id, "https://a.dev/v1").expect("correct");
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
