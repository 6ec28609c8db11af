//! From the path of a request to a session and a provider.

use crate::provider::Provider;

/// Where a request wants to go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route<'t> {
    /// The session of a handle; `None` stands for the test that holds the environment guard.
    pub(super) id: Option<&'t str>,
    pub(super) provider: Provider,
    /// What follows the provider's segment, query included.
    pub(super) rest: String,
}

/// Reads a target such as `/env/<provider>/…` or `/s/<id>/<provider>/…`; `None` if the front did not hand it out.
pub(super) fn route(target: &str) -> Option<Route<'_>> {
    let (id, below) = match target.trim_start_matches('/').split_once('/')? {
        ("env", below) => (None, below),
        ("s", below) => {
            let (id, below) = below.split_once('/')?;
            (Some(id), below)
        }
        _ => return None,
    };
    // `openai/v1/models?x=1` → the provider and `/v1/models?x=1`.
    let below = below.trim_start_matches('/');
    let (provider, rest) = below.split_at(below.find(['/', '?']).unwrap_or(below.len()));
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    (!provider.is_empty()).then(|| Route { id, provider: Provider::from_id(provider), rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_session_and_provider_in_the_path() {
        let session = |id: &'static str, provider, rest: &str| {
            Some(Route { id: Some(id), provider, rest: rest.into() })
        };
        let env = |provider, rest: &str| Some(Route { id: None, provider, rest: rest.into() });
        for (target, route_) in [
            ("/env/openai/v1/models?x=1", env(Provider::OpenAI, "/v1/models?x=1")),
            ("/env/openai//chat/completions", env(Provider::OpenAI, "//chat/completions")),
            ("//env/anthropic/v1/messages", env(Provider::Anthropic, "/v1/messages")),
            ("/env/openai", env(Provider::OpenAI, "/")),
            ("/env/openai?x=1", env(Provider::OpenAI, "/?x=1")),
            ("/s/ab12/anthropic/v1/messages", session("ab12", Provider::Anthropic, "/v1/messages")),
            ("/s/ab12", None),
            ("/env/", None),
            ("/", None),
            ("/v1/chat/completions", None),
        ] {
            assert_eq!(route(target), route_, "{target}");
        }
    }
}
