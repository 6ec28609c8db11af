//! Who is let in where a key is set: each place where clients put theirs.

use ::genai::adapter::AdapterKind;
use ::genai::{Client, ModelIden};

use super::answers::HELLO;
use super::server::{self, KEY};
use super::{endpoint, failures, genai};

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
fn genai_is_let_in_with_the_key() {
    let Some(url) = server::keyed() else { return };
    let client = client(&url, KEY);
    for (kind, model) in PLACES {
        let seen = server::block_on(genai::ask(&client, ModelIden::new(kind, model), HELLO));
        assert_eq!(seen.text, HELLO, "{kind}");
    }
}

#[test]
fn genai_is_turned_away_with_another() {
    let Some(url) = server::keyed() else { return };
    let client = client(&url, "wrong");
    for (kind, model) in PLACES {
        let failure =
            server::block_on(failures::genai(&client, ModelIden::new(kind, model), HELLO));
        assert_eq!(failure.status, Some(401), "{kind}: {failure:?}");
        assert!(failure.message.contains("Invalid API key"), "{kind}: {failure:?}");
    }
}
