//! Which provider's API a request speaks, where one server stands for all of them: by its path, then by its headers.

use super::{Provider, table};

/// The headers of a request that only the clients of one provider send; collected from names in lower case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HeaderHints(u8);

impl HeaderHints {
    const ANTHROPIC: u8 = 1;
    const GEMINI: u8 = 2;
    const AZURE: u8 = 4;
    const BEDROCK: u8 = 8;
    const COHERE: u8 = 16;
    const MISTRAL: u8 = 32;

    fn has(self, hint: u8) -> bool {
        self.0 & hint != 0
    }

    /// Adds what the value of `user-agent` says. The clients of Cohere and Mistral send no other header of their own:
    /// `cohere/7.3.1`, `cohere-ai/8.1.0`, `mistral-client-python/3.7.0`.
    #[must_use]
    pub fn with_user_agent(self, agent: &str) -> Self {
        let hint = if agent.starts_with("cohere") {
            Self::COHERE
        } else if agent.starts_with("mistral-client") {
            Self::MISTRAL
        } else {
            0
        };
        Self(self.0 | hint)
    }
}

impl<'a> FromIterator<&'a str> for HeaderHints {
    fn from_iter<T: IntoIterator<Item = &'a str>>(names: T) -> Self {
        let hint = |name| match name {
            "anthropic-version" => Self::ANTHROPIC,
            "x-goog-api-key" => Self::GEMINI,
            "api-key" => Self::AZURE,
            "x-amz-date" | "x-amz-content-sha256" => Self::BEDROCK,
            _ => 0,
        };
        Self(names.into_iter().fold(0, |hints, name| hints | hint(name)))
    }
}

/// The provider that a request speaks to, and the rest of its path.
///
/// A first segment that is a provider's id decides and is taken off (`/anthropic/v1/messages`). Otherwise the
/// provider's own paths decide (`/api/chat`, `/model/M/converse`), then the headers that only its clients send
/// (`anthropic-version`). What remains is taken for `OpenAI`'s.
pub fn recognise(path_and_query: &str, hints: HeaderHints) -> (Provider, &str) {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let elsewhere = || (by_path(path).unwrap_or_else(|| by_headers(path, hints)), path_and_query);
    by_prefix(path_and_query, path).unwrap_or_else(elsewhere)
}

/// A first segment that is an id and not the beginning of a provider's own paths.
fn by_prefix<'a>(whole: &'a str, path: &str) -> Option<(Provider, &'a str)> {
    let trimmed = whole.trim_start_matches('/');
    let id = trimmed.split(['/', '?']).next()?;
    if id == "openai" && path.contains("/openai/deployments/") {
        return None;
    }
    let (provider, _) = table::TABLE.iter().find(|(_, entry)| entry.id == id)?;
    Some((*provider, &trimmed[id.len()..]))
}

fn by_path(path: &str) -> Option<Provider> {
    let path = path.trim_start_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let first = path.split('/').next().unwrap_or_default();
    if path.contains("openai/deployments/") {
        return Some(Provider::Azure);
    }
    // Gemini Live: <https://ai.google.dev/api/live>.
    if first == "ws" && path.contains("BidiGenerateContent") {
        let is_vertex = path.contains("google.cloud.aiplatform");
        return Some(if is_vertex { Provider::Vertex } else { Provider::Gemini });
    }
    if path.contains("models/") && first != "model" {
        let verb = last.rsplit_once(':').map_or("", |(_, verb)| verb);
        if !verb.is_empty() && path.contains("/publishers/") {
            return Some(Provider::Vertex);
        }
        if VERBS.contains(&verb) {
            return Some(Provider::Gemini);
        }
    }
    Some(match (first, last) {
        (_, "messages" | "count_tokens")
            if !path.contains("threads/") && !path.contains("chat/completions/") =>
        {
            Provider::Anthropic
        }
        _ if path.contains("messages/batches") => Provider::Anthropic,
        ("v1beta" | "v1alpha", _) => Provider::Gemini,
        ("upload", _) if path.contains("v1beta/") => Provider::Gemini,
        (
            "model",
            "converse"
            | "converse-stream"
            | "count-tokens"
            | "invoke"
            | "invoke-with-response-stream",
        ) => Provider::Bedrock,
        ("v2", _) | ("v1", "chat" | "embed" | "rerank") => Provider::Cohere,
        ("api", _) if path.starts_with("api/v1/") => Provider::OpenRouter,
        ("api", _) if !path.starts_with("api/paas/") => Provider::Ollama,
        _ => return None,
    })
}

/// The methods of a model in the references of Gemini and Vertex. Any other text after a colon belongs to the name
/// of a model: `ft:gpt-4o-mini:acme::x`, `llama3:8b`.
#[rustfmt::skip]
const VERBS: [&str; 12] = [
    "asyncBatchEmbedContent", "batchEmbedContents", "batchGenerateContent", "computeTokens",
    "countTokens", "embedContent", "fetchPredictOperation", "generateAnswer", "generateContent",
    "predict", "predictLongRunning", "streamGenerateContent",
];

fn by_headers(path: &str, hints: HeaderHints) -> Provider {
    // Clients of every provider speak OpenAI's endpoints.
    let azure = path.trim_start_matches('/').starts_with("openai/");
    if hints.has(HeaderHints::ANTHROPIC) {
        Provider::Anthropic
    } else if hints.has(HeaderHints::GEMINI) && !path.contains("chat/completions") {
        Provider::Gemini
    } else if azure || hints.has(HeaderHints::AZURE) {
        Provider::Azure
    } else if hints.has(HeaderHints::BEDROCK) {
        Provider::Bedrock
    } else if hints.has(HeaderHints::COHERE) && !path.contains("chat/completions") {
        Provider::Cohere
    } else if hints.has(HeaderHints::MISTRAL) {
        Provider::Mistral
    } else {
        Provider::OpenAI
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_path_and_headers_tell_the_provider_in_this_order() {
        for (path, headers, provider, rest) in [
            ("/openai/v1/models", &[][..], "openai", "/v1/models"),
            ("/openai", &[], "openai", ""),
            ("/anthropic?x=1", &[], "anthropic", "?x=1"),
            ("//groq/openai/v1/models", &[], "groq", "/openai/v1/models"),
            (
                "/cohere/compatibility/v1/chat/completions",
                &[],
                "cohere",
                "/compatibility/v1/chat/completions",
            ),
            ("/openai/deployments/d/chat/completions?api-version=1", &[], "azure", ""),
            (
                "/azure/openai/deployments/d/embeddings",
                &[],
                "azure",
                "/openai/deployments/d/embeddings",
            ),
            ("/v1/chat/completions", &[], "openai", ""),
            ("/chat/completions", &["authorization"], "openai", ""),
            ("/v1/chat/completions", &["api-key"], "azure", ""),
            ("/v1/chat/completions", &["x-api-key"], "openai", ""),
            ("/v1/messages", &[], "anthropic", ""),
            ("/messages/count_tokens", &[], "anthropic", ""),
            ("/v1/threads/t/messages", &[], "openai", ""),
            ("/v1/models", &["anthropic-version"], "anthropic", ""),
            ("/v1/models/m", &["x-goog-api-key"], "gemini", ""),
            ("/v1beta/models/m:generateContent?key=k", &[], "gemini", ""),
            ("/v1/models/m:streamGenerateContent", &[], "gemini", ""),
            ("/v1beta/models", &[], "gemini", ""),
            ("/v1/models/m:countTokens", &[], "gemini", ""),
            ("/models/m:batchEmbedContents", &[], "gemini", ""),
            ("/v1/models/ft:gpt-4o-mini:acme::x", &[], "openai", ""),
            ("/v1/models/llama3:8b", &[], "openai", ""),
            ("/models/meta/llama3:8b", &[], "openai", ""),
            ("/v1/models/claude:1", &["anthropic-version"], "anthropic", ""),
            ("/v1beta/models/m:unheard", &[], "gemini", ""),
            ("/api/v1/models/meta-llama/llama-3:free", &[], "openrouter", ""),
            (
                "/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict",
                &[],
                "vertex",
                "",
            ),
            (
                "/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
                &[],
                "vertex",
                "",
            ),
            (
                "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=k",
                &[],
                "gemini",
                "",
            ),
            ("/api/chat", &[], "ollama", ""),
            ("/api/tags", &[], "ollama", ""),
            ("/api/v1/chat/completions", &[], "openrouter", ""),
            ("/v2/chat", &[], "cohere", ""),
            ("/v1/rerank", &[], "cohere", ""),
            ("/model/anthropic.claude-v2%3A1/converse", &[], "bedrock", ""),
            ("/model/anthropic.claude-v2:1/converse-stream", &[], "bedrock", ""),
            ("/v1/files", &["x-amz-date"], "bedrock", ""),
            ("/v1/unknown", &[], "openai", ""),
            ("", &[], "openai", ""),
        ] {
            let (seen, tail) = recognise(path, headers.iter().copied().collect());
            let rest = if rest.is_empty() && !path.ends_with("openai") { path } else { rest };
            assert_eq!((seen.id(), tail), (provider, rest), "{path} {headers:?}");
        }
    }
}
