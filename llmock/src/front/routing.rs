//! From the path of a request to a session and a provider.

use crate::provider::Provider;

/// Where a request wants to go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/env/<provider>/…`: the test that holds the environment guard.
    Env { provider: Provider, rest: String },
    /// `/s/<id>/<provider>/…`: the session of a handle.
    Session { id: String, provider: Provider, rest: String },
    /// Not an address that the front handed out.
    Unknown,
}

/// Reads an origin-form target.
pub(crate) fn route(target: &str) -> Route {
    let Some(path) = target.trim_start_matches('/').split_once('/') else { return Route::Unknown };
    match path {
        ("env", rest) => match provider_and_rest(rest) {
            Some((provider, rest)) => Route::Env { provider, rest },
            None => Route::Unknown,
        },
        ("s", rest) => match rest.split_once('/') {
            Some((id, rest)) => match provider_and_rest(rest) {
                Some((provider, rest)) => Route::Session { id: id.to_owned(), provider, rest },
                None => Route::Unknown,
            },
            None => Route::Unknown,
        },
        _ => Route::Unknown,
    }
}

/// `openai/v1/models?x=1` → the provider and `/v1/models?x=1`.
fn provider_and_rest(text: &str) -> Option<(Provider, String)> {
    let text = text.trim_start_matches('/');
    let end = text.find(['/', '?']).unwrap_or(text.len());
    let (id, rest) = text.split_at(end);
    if id.is_empty() {
        return None;
    }
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    Some((Provider::from_id(id), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_session_and_provider_in_the_path() {
        let session = |id: &str, provider, rest: &str| Route::Session {
            id: id.into(),
            provider,
            rest: rest.into(),
        };
        let env = |provider, rest: &str| Route::Env { provider, rest: rest.into() };
        for (target, route_) in [
            ("/env/openai/v1/models?x=1", env(Provider::OpenAI, "/v1/models?x=1")),
            ("/env/openai//chat/completions", env(Provider::OpenAI, "//chat/completions")),
            ("//env/anthropic/v1/messages", env(Provider::Anthropic, "/v1/messages")),
            ("/env/openai", env(Provider::OpenAI, "/")),
            ("/env/openai?x=1", env(Provider::OpenAI, "/?x=1")),
            ("/s/ab12/anthropic/v1/messages", session("ab12", Provider::Anthropic, "/v1/messages")),
            ("/s/ab12", Route::Unknown),
            ("/env/", Route::Unknown),
            ("/", Route::Unknown),
            ("/v1/chat/completions", Route::Unknown),
        ] {
            assert_eq!(route(target), route_, "{target}");
        }
    }
}
