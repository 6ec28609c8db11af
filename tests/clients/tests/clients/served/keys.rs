//! Who is let in where a key is set: each place where clients put theirs.

use ::genai::adapter::AdapterKind;
use ::genai::{Client, ModelIden};

use rig_core::error::ProviderError;
use rig_core::providers::anthropic::AnthropicConfig;
use rig_core::providers::gemini::GeminiConfig;
use rig_core::providers::openai::OpenAIConfig;

use super::answers::HELLO;
use super::server::{self, KEY};
use super::{endpoint, failures, genai, v1};

/// An adapter for each place: `Authorization`, `x-api-key`, `x-goog-api-key`, and what Amazon's clients send.
const PLACES: [(AdapterKind, &str); 6] = [
    (AdapterKind::OpenAI, "gpt-4o"),
    (AdapterKind::Anthropic, "claude-mock"),
    (AdapterKind::Gemini, "gemini-mock"),
    (AdapterKind::Cohere, "command-mock"),
    (AdapterKind::Groq, "llama-mock"),
    (AdapterKind::BedrockApi, "anthropic.claude-mock-v1:0"),
];

fn client(url: &str, key: &str) -> Client {
    let url = url.to_owned();
    genai::resolved(key.to_owned(), move |kind| endpoint(&url, kind))
}

#[test]
fn genai_is_accepted_with_the_key() {
    let Some(url) = server::keyed() else { return };
    let client = client(&url, KEY);
    for (kind, model) in PLACES {
        let seen = server::block_on(genai::ask(&client, ModelIden::new(kind, model), HELLO));
        assert_eq!(seen.text, HELLO, "{kind}");
    }
}

#[test]
fn genai_is_rejected_with_another_key() {
    let Some(url) = server::keyed() else { return };
    let client = client(&url, "wrong");
    for (kind, model) in PLACES {
        let failure =
            server::block_on(failures::genai(&client, ModelIden::new(kind, model), HELLO));
        assert_eq!(failure.status, Some(401), "{kind}: {failure:?}");
        assert!(failure.message.contains("Invalid API key"), "{kind}: {failure:?}");
    }
}

/// Whether rig's own checks find the key right, with OpenAI, Anthropic, and Gemini.
fn verified(url: &str, key: &str) -> [Result<(), ProviderError>; 3] {
    server::block_on(async {
        [
            OpenAIConfig::new(key).with_base_url(v1(url)).client().verify().await,
            AnthropicConfig::new(key).with_base_url(url).client().verify().await,
            GeminiConfig::new(key).with_base_url(url).client().verify().await,
        ]
    })
}

#[test]
fn rig_verifies_the_key() {
    let Some(url) = server::keyed() else { return };
    for right in verified(&url, KEY) {
        right.unwrap();
    }
    for wrong in verified(&url, "wrong") {
        assert!(matches!(wrong, Err(ProviderError::InvalidAuthentication(_))), "{wrong:?}");
    }
}

#[cfg(feature = "openssl-clients")]
#[test]
fn anthropic_sdk_is_rejected_with_another_key() {
    use anthropic_sdk::{AnthropicError, ClientConfig};

    use crate::apps::anthropic_sdk as app;

    let Some(url) = server::keyed() else { return };
    let ask = |key| {
        let client = app::with(ClientConfig::new(key).with_base_url(&url));
        let request = app::question().user(HELLO).build();
        server::block_on(async { client.messages().create(request).await })
    };
    ask(KEY).unwrap();
    let error = ask("wrong").unwrap_err();
    assert!(matches!(error, AnthropicError::Authentication { status: 401, .. }), "{error:?}");
}
