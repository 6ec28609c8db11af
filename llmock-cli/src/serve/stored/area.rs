//! Which paths are about stored objects. Every route knows this, so nothing here uses a request or the state.

use llmock::Provider;

/// Which objects a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Responses,
    Conversations,
    Completions,
    Files,
    Batches,
    Media,
    AnthropicBatches,
    AnthropicFiles,
    Gemini,
}

impl Area {
    /// The area of a path, if objects are stored there. Responses and chat completions themselves are conversations.
    pub(crate) fn of(provider: Provider, path: &str) -> Option<Self> {
        let segments = segments(path);
        match (provider, &segments[..]) {
            (Provider::Anthropic, ["messages", "batches", ..]) => Some(Self::AnthropicBatches),
            (Provider::Anthropic, ["files", ..]) => Some(Self::AnthropicFiles),
            (Provider::Gemini | Provider::Vertex, segments) => {
                is_google(segments).then_some(Self::Gemini)
            }
            (Provider::Anthropic | Provider::Ollama | Provider::Cohere | Provider::Bedrock, _) => {
                None
            }
            (_, ["responses", _, ..]) => Some(Self::Responses),
            (_, ["conversations", ..]) => Some(Self::Conversations),
            (_, ["chat", "completions", _, ..]) => Some(Self::Completions),
            (_, ["files", ..]) => Some(Self::Files),
            (_, ["batches", ..]) => Some(Self::Batches),
            (
                _,
                ["images", "generations" | "edits"]
                | ["audio", "speech" | "transcriptions" | "translations"],
            ) => Some(Self::Media),
            _ => None,
        }
    }
}

/// The segments of a path behind its version.
pub(super) fn segments(path: &str) -> Vec<&str> {
    let path = path.split('?').next().unwrap_or_default();
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let versions = ["openai", "api", "upload", "v1", "v1beta", "v1alpha", "v2"];
    segments.skip_while(|segment| versions.contains(segment)).collect()
}

/// Whether Google stores objects at a path, which has no version.
fn is_google(segments: &[&str]) -> bool {
    match segments {
        ["files" | "cachedContents" | "batches" | "interactions", ..]
        | ["download", .., "files", _] => true,
        ["models", action] => action.ends_with(":batchGenerateContent"),
        _ => false,
    }
}
