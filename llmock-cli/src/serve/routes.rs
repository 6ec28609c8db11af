//! The target of requests, found once for each path: that takes longer than reading a short body.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::USER_AGENT;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, Method};
use llmock::__server::{HeaderHints, recognise};
use llmock::Provider;
use llmock::reply::Target;

use super::metrics::RouteMetrics;
use super::stored::area::Area;

/// How many paths are known at a time: programs use a few, and a client that uses many must not fill the memory.
const MOST: usize = 256;

/// The same for methods and kinds of clients at one path.
const MOST_AT_ONE: usize = 16;

/// Longer paths are not kept.
const LONGEST: usize = 1024;

/// What all requests with one method to one path have in common.
#[derive(Debug)]
pub(crate) struct Route {
    method: Method,
    hints: HeaderHints,
    /// Path and query as sent.
    pub(crate) sent: Arc<str>,
    /// Path and query without the segment that named the provider.
    pub(crate) path: String,
    pub(crate) target: Target,
    pub(crate) metrics: RouteMetrics,
    /// The stored objects that the path is about.
    pub(crate) area: Option<Area>,
}

type Known = HashMap<Arc<str>, Vec<Arc<Route>>>;

#[derive(Default)]
pub(crate) struct Routes(ArcSwap<Known>);

impl Routes {
    pub(crate) fn of(&self, parts: &Parts) -> Arc<Route> {
        let hints: HeaderHints = parts.headers.keys().map(HeaderName::as_str).collect();
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let hints = hints.with_user_agent(agent.unwrap_or_default());
        let sent = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let known = self.0.load();
        let is_it = |route: &&Arc<Route>| route.method == parts.method && route.hints == hints;
        if let Some(route) = known.get(sent).and_then(|routes| routes.iter().find(is_it)) {
            return Arc::clone(route);
        }
        let route = Arc::new(Route::new(parts.method.clone(), hints, sent));
        if sent.len() > LONGEST {
            return route;
        }
        self.0.rcu(|known| {
            let mut known = if known.len() < MOST { Known::clone(known) } else { Known::new() };
            let here = known.entry(Arc::clone(&route.sent)).or_default();
            if here.len() == MOST_AT_ONE {
                here.clear();
            }
            here.push(Arc::clone(&route));
            known
        });
        route
    }
}

impl Route {
    fn new(method: Method, hints: HeaderHints, sent: &str) -> Self {
        let (provider, path) = recognise(sent, hints);
        Self::at(provider, method, hints, sent, path)
    }

    /// The route of a path at that provider.
    pub(crate) fn of_provider(provider: Provider, method: Method, path: &str) -> Self {
        Self::at(provider, method, HeaderHints::default(), path, path)
    }

    fn at(provider: Provider, method: Method, hints: HeaderHints, sent: &str, path: &str) -> Self {
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        let target = Target::new(provider, method.as_str(), &path);
        let area = Area::of(provider, target.path_alone());
        let metrics = RouteMetrics::new(known_id(provider), endpoint(&path));
        Self { method, hints, sent: sent.into(), path, target, metrics, area }
    }
}

/// A provider for the metrics, from the table of providers.
fn known_id(provider: Provider) -> &'static str {
    match provider {
        Provider::Other(_) => "other",
        known => known.id(),
    }
}

/// An endpoint for the metrics, from a list.
fn endpoint(path: &str) -> &'static str {
    const KNOWN: [&str; 25] = [
        "batchEmbedContents",
        "chat",
        "completions",
        "converse",
        "converse-stream",
        "countTokens",
        "count_tokens",
        "embed",
        "embedContent",
        "embeddings",
        "files",
        "generate",
        "generateContent",
        "invoke",
        "invoke-with-response-stream",
        "messages",
        "models",
        "moderations",
        "predict",
        "rerank",
        "responses",
        "show",
        "streamGenerateContent",
        "tags",
        "version",
    ];
    let path = path.split('?').next().unwrap_or_default();
    let mut segments = path.rsplit('/');
    let last = segments.next().unwrap_or_default();
    let verb = last.rsplit(':').next().unwrap_or_default();
    if verb == "completions" && segments.next() == Some("chat") {
        return "chat/completions";
    }
    if path.contains("/models/") && verb == last {
        return "models";
    }
    KNOWN.iter().find(|known| **known == verb).copied().unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(method: &str, path: &str, header: Option<&str>) -> Parts {
        let request = Request::builder().method(method).uri(path);
        let request = header.into_iter().fold(request, |request, name| request.header(name, "x"));
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn keeps_routes_by_path_method_and_headers() {
        let routes = Routes::default();
        let models = parts("GET", "/v1/models?limit=1", None);
        let known = routes.of(&models);
        assert!(Arc::ptr_eq(&known, &routes.of(&models)));
        assert_eq!(
            (known.target.provider(), &*known.path),
            (Provider::OpenAI, "/v1/models?limit=1")
        );
        for (method, path, header, provider) in [
            ("GET", "/v1/models", None, "openai"),
            ("POST", "/v1/models?limit=1", None, "openai"),
            ("GET", "/v1/models?limit=1", Some("anthropic-version"), "anthropic"),
            ("GET", "/groq/v1/models?limit=1", None, "groq"),
        ] {
            let other = routes.of(&parts(method, path, header));
            assert!(!Arc::ptr_eq(&known, &other), "{method} {path}");
            assert_eq!(other.target.provider().id(), provider, "{method} {path}");
        }
        assert!(Arc::ptr_eq(&known, &routes.of(&models)));
        assert_eq!(routes.of(&parts("GET", "/groq", None)).path, "/");
    }

    #[test]
    fn limits_the_number_of_cached_paths() {
        let routes = Routes::default();
        let known = || routes.0.load().values().map(Vec::len).sum::<usize>();
        for number in 0..2 * MOST {
            routes.of(&parts("POST", &format!("/v1/{number}"), None));
            assert!(known() <= MOST, "{number}");
        }
        routes.0.store(Arc::default());
        routes.of(&parts("POST", &format!("/v1/{}", "x".repeat(LONGEST)), None));
        assert_eq!(known(), 0);
        for number in 0..2 * MOST {
            routes.of(&parts(&format!("M{number}"), "/v1/models", None));
            assert!(known() <= MOST + MOST_AT_ONE, "{number}");
        }
    }
}
