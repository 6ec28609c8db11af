//! Where a recorded request went: its provider, and its target at the provider's host.

use std::path::Path;

use llmock::__server::imported::{known_provider, provider_of_host};
use llmock::__server::{HeaderHints, recognise};
use llmock::Provider;

use super::message::Recorded;

/// The host under which `llmock export` writes a provider without a host of its own.
pub(crate) const OWN_HOST: &str = ".llmock.invalid";

/// `--provider`: for every request, or for those to one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) host: Option<String>,
    pub(crate) provider: Provider,
}

/// The place of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) provider: Provider,
    pub(crate) target: String,
    /// The host, if no provider owns it and the path had to decide.
    pub(crate) unknown_host: Option<String>,
}

/// Finds the provider by the host, by the placeholder or the folder that stands for one, and at last by the path.
pub(crate) fn place(recorded: &Recorded, file: &Path, named: &[Named]) -> Place {
    let (host, target) = divided(&recorded.url);
    let host = host.map(without_default_port);
    let chosen = |one: &&Named| match &one.host {
        None => true,
        Some(wanted) => host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(wanted)),
    };
    let mut by_host_first: Vec<&Named> = named.iter().collect();
    by_host_first.sort_by_key(|one| one.host.is_none());
    let owner = by_host_first.into_iter().find(chosen).map(|one| one.provider);
    let owner = owner.or_else(|| host.as_deref().and_then(by_host));
    if let Some(provider) = owner {
        return Place { provider, target: slashed(&target), unknown_host: None };
    }
    let is_real = host
        .as_deref()
        .is_some_and(|host| host.contains('.') || host.contains(':') || host == "localhost");
    let hinted = match &host {
        Some(host) if !is_real || host.contains(['<', '{', '$', '[']) => by_words(host),
        Some(_) => None,
        None => by_folder(file),
    };
    if let Some(provider) = hinted {
        return Place { provider, target: slashed(&target), unknown_host: None };
    }
    let target = slashed(&target);
    let headers: Vec<String> =
        recorded.request_headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let hints: HeaderHints = headers.iter().map(String::as_str).collect();
    let (provider, rest) = recognise(&target, hints);
    let target = below_gateway(provider, rest).to_owned();
    Place { provider, target, unknown_host: host.filter(|_| is_real) }
}

/// Host and target of a URL; no host if it is a path.
fn divided(url: &str) -> (Option<String>, String) {
    let url = url.split('#').next().unwrap_or_default().trim();
    if url.starts_with('/') {
        return (None, url.to_owned());
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    // A placeholder may stand for a whole base URL.
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    (Some(host.to_owned()).filter(|host| !host.is_empty()), target.to_owned())
}

fn without_default_port(host: String) -> String {
    let plain = [":443", ":80"].iter().find_map(|port| host.strip_suffix(port)).map(str::to_owned);
    plain.unwrap_or(host)
}

fn slashed(target: &str) -> String {
    if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }
}

fn by_host(host: &str) -> Option<Provider> {
    let host = host.to_ascii_lowercase();
    if let Some(id) = host.strip_suffix(OWN_HOST) {
        return id.parse().ok();
    }
    let local = host.strip_prefix("localhost").map(|port| format!("127.0.0.1{port}"));
    // A region may be hidden, and agents have hosts of their own.
    let is_aws = host.starts_with("bedrock") && host.ends_with(".amazonaws.com");
    provider_of_host(local.as_deref().unwrap_or(&host)).or(is_aws.then_some(Provider::Bedrock))
}

/// A provider whose id begins a word, as in `<OLLAMA_API_BASE>`; `AZURE_OPENAI_ENDPOINT` means Azure.
fn by_words(text: &str) -> Option<Provider> {
    const SPELLINGS: [(&str, &str); 4] =
        [("google", "gemini"), ("claude", "anthropic"), ("aws", "bedrock"), ("grok", "xai")];
    let text = text.to_ascii_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let known = words.filter(|word| word.len() > 2).filter_map(|word| {
        let spelling = SPELLINGS.iter().find(|(theirs, _)| word.starts_with(theirs));
        let id = spelling.map_or(word, |(_, ours)| ours);
        known_provider(id)
            .or_else(|| (4..id.len()).rev().find_map(|end| known_provider(id.get(..end)?)))
    });
    let mut known: Vec<Provider> = known.collect();
    known.sort_by_key(|provider| *provider == Provider::OpenAI);
    known.first().copied()
}

/// A provider that a folder above the file is called after, the nearest first.
fn by_folder(file: &Path) -> Option<Provider> {
    let mut folders = file.ancestors().skip(1);
    folders.find_map(|folder| {
        known_provider(&folder.file_name()?.to_string_lossy().to_ascii_lowercase())
    })
}

/// The path as at the provider's own host: without what a gateway has in front of the version.
fn below_gateway(provider: Provider, target: &str) -> &str {
    const ENDPOINTS: [&str; 5] =
        ["messages", "chat/completions", "completions", "responses", "embeddings"];
    let path = target.split('?').next().unwrap_or_default();
    let is_known = ENDPOINTS.iter().any(|endpoint| path.ends_with(endpoint));
    if !is_known || !matches!(provider, Provider::OpenAI | Provider::Anthropic) {
        return target;
    }
    path.find("/v1/").filter(|at| *at > 0).map_or(target, |at| &target[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str, file: &str) -> (String, String) {
        let recorded = Recorded { url: url.to_owned(), ..Recorded::default() };
        let place = place(&recorded, Path::new(file), &[]);
        (place.provider.id().to_owned(), place.target)
    }

    #[test]
    fn hosts_placeholders_folders_and_paths_tell_the_provider() {
        for (url, file, provider, target) in [
            (
                "https://api.anthropic.com/v1/messages?beta=true",
                "x",
                "anthropic",
                "/v1/messages?beta=true",
            ),
            ("https://api.openai.com:443/v1/models", "x", "openai", "/v1/models"),
            ("https://us-central1-aiplatform.googleapis.com/v1/p", "x", "vertex", "/v1/p"),
            (
                "https://bedrock-agent-runtime.eu-west-1.amazonaws.com/agents/a",
                "x",
                "bedrock",
                "/agents/a",
            ),
            ("http://localhost:11434/api/chat", "x", "ollama", "/api/chat"),
            ("<OLLAMA_API_BASE>/chat/completions", "x", "ollama", "/chat/completions"),
            ("<AZURE_OPENAI_ENDPOINT>/openai/v1/responses", "x", "azure", "/openai/v1/responses"),
            ("https://<VERTEXAI_HOST>/v1/p", "x", "vertex", "/v1/p"),
            (
                "/chat/completions",
                "tests/cassettes/deepseek/a/x.yaml",
                "deepseek",
                "/chat/completions",
            ),
            ("/chat/completions", "tests/x.yaml", "openai", "/chat/completions"),
            ("/api/v1/messages", "x", "anthropic", "/v1/messages"),
            (
                "https://gateway.example/llm/v1/chat/completions",
                "x",
                "openai",
                "/v1/chat/completions",
            ),
            ("https://gateway.example/api/chat", "x", "ollama", "/api/chat"),
            ("https://acme.llmock.invalid/x", "x", "acme", "/x"),
            (
                "https://api.mistral.ai/v1/chat/completions#stream",
                "x",
                "mistral",
                "/v1/chat/completions",
            ),
            ("", "x", "openai", "/"),
        ] {
            assert_eq!(at(url, file), (provider.to_owned(), target.to_owned()), "{url} {file}");
        }
    }

    #[test]
    fn the_command_line_names_other_providers() {
        let url = "https://gateway.example/v1/x".to_owned();
        let recorded = Recorded { url, ..Recorded::default() };
        let of = |named: &[Named]| place(&recorded, Path::new("x"), named);
        assert_eq!(of(&[]).unknown_host.as_deref(), Some("gateway.example"));
        let acme =
            Named { host: Some("gateway.example".to_owned()), provider: Provider::named("acme") };
        let all = Named { host: None, provider: Provider::Groq };
        assert_eq!(of(&[all.clone(), acme]).provider.id(), "acme");
        assert_eq!(of(&[all]).provider, Provider::Groq);
    }
}
