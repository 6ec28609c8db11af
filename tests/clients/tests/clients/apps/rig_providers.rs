//! rig's other providers: each from its base URL to a model that [`rig`](super::rig) can ask.

use rig_core::driver::Model;
use rig_core::providers::cohere::{ChatRoute, Cohere, CohereConfig};
use rig_core::providers::gemini::{Gemini, GeminiConfig};
use rig_core::providers::ollama::{Ollama, OllamaConfig};
use rig_core::providers::openai::OpenAIConfig;
use rig_core::providers::openai::wire::{DEEPSEEK, Dialect, GROQ, MISTRAL, OPENROUTER};
use rig_core::providers::xai;

use super::MODEL;
use super::rig::ChatModel;
use super::{OLLAMA_MODEL, key};

fn vendor(dialect: &Dialect, base_url: &str) -> ChatModel {
    let config = OpenAIConfig::with_key(dialect, "not needed").with_base_url(base_url);
    config.client().completion(MODEL).erase()
}

/// At the vendor's own address.
#[cfg(feature = "intercept")]
pub(crate) fn hosted(dialect: &Dialect) -> ChatModel {
    OpenAIConfig::with_key(dialect, "not needed").client().completion(MODEL).erase()
}

/// At Google's own address.
#[cfg(feature = "intercept")]
pub(crate) fn hosted_gemini() -> ChatModel {
    GeminiConfig::new(key()).client().completion(MODEL).erase()
}

/// At Cohere's own address.
#[cfg(feature = "intercept")]
pub(crate) fn hosted_cohere() -> ChatModel {
    CohereConfig::new("not needed").client().completion(MODEL).erase()
}

/// Its base is the bare host; the version of ours in front of its own counts once.
pub(crate) fn mistral(base_url: &str) -> ChatModel {
    vendor(&MISTRAL, base_url)
}

pub(crate) fn groq(base_url: &str) -> ChatModel {
    vendor(&GROQ, base_url)
}

pub(crate) fn deepseek(base_url: &str) -> ChatModel {
    vendor(&DEEPSEEK, base_url)
}

pub(crate) fn openrouter(base_url: &str) -> ChatModel {
    vendor(&OPENROUTER, base_url)
}

/// `POST /v1/responses`, with xAI's rules.
pub(crate) fn xai(base_url: &str) -> ChatModel {
    vendor(&xai::DIALECT, base_url)
}

/// The key stands in the address.
pub(crate) fn gemini_at(base_url: &str) -> Gemini {
    GeminiConfig::new(key()).with_base_url(base_url).client()
}

pub(crate) fn gemini(base_url: &str) -> ChatModel {
    gemini_at(base_url).completion(MODEL).erase()
}

pub(crate) fn ollama_at(base_url: &str) -> Ollama {
    OllamaConfig::new().with_base_url(base_url).client()
}

/// `POST /v1/chat/completions`.
pub(crate) fn ollama(base_url: &str) -> ChatModel {
    ollama_at(base_url).completion(OLLAMA_MODEL).erase()
}

/// `POST /api/chat`.
pub(crate) fn ollama_native(base_url: &str) -> ChatModel {
    ollama_at(base_url).native_completion(OLLAMA_MODEL).erase()
}

/// The daemon of this machine.
pub(crate) fn ollama_of_this_machine() -> ChatModel {
    OllamaConfig::new().client().native_completion(OLLAMA_MODEL).erase()
}

/// The daemon that `OLLAMA_API_BASE_URL` names.
pub(crate) fn ollama_from_env() -> ChatModel {
    OllamaConfig::from_env().unwrap().client().native_completion(OLLAMA_MODEL).erase()
}

pub(crate) fn cohere_at(base_url: &str) -> Cohere {
    CohereConfig::new("not needed").with_base_url(base_url).client()
}

/// `POST /compatibility/v1/chat/completions`.
pub(crate) fn cohere(base_url: &str) -> ChatModel {
    cohere_at(base_url).completion(MODEL).erase()
}

/// `POST /v2/chat`.
pub(crate) fn cohere_native(base_url: &str) -> ChatModel {
    let Model { wire, transport, .. } = cohere_at(base_url).completion(MODEL);
    Model::new(wire.with_route(ChatRoute::Native), transport).erase()
}
