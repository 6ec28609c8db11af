//! Every adapter of genai, through the resolver of `docs/providers.md`.

use genai::ModelIden;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest};
use llmock::reply::Reply;
use llmock::{LlmMock, Provider, llm_replay};

use crate::apps::genai::documented;

/// llmock reads no request to Gemini's Interactions API, so it cannot write its replies. The adapters for Baidu and Z.AI use
/// endpoints of their own in place of the one that a resolver returns (`adapters/baidu` and `adapters/zai` in genai 0.7.2).
const LEFT_OUT: [AdapterKind; 3] = [AdapterKind::GeminiIx, AdapterKind::Baidu, AdapterKind::Zai];

#[llm_replay(scripted = true)]
#[tokio::test]
async fn the_resolver_connects_every_adapter(mock: &LlmMock) {
    mock.reply(Reply::text("Hello").repeat());
    let client = documented(mock.url().unwrap().to_owned());
    for kind in AdapterKind::all().iter().filter(|kind| !LEFT_OUT.contains(kind)) {
        let name = kind.as_lower_str();
        let request = ChatRequest::new(vec![ChatMessage::user("Say hello.")]);
        let model = match kind {
            AdapterKind::Vertex => "gemini-3.8-flash",
            AdapterKind::BedrockApi => "anthropic.claude-sonnet-4-5-20250929-v1:0",
            _ => "model",
        };
        let response = client.exec_chat(ModelIden::new(*kind, model), request, None).await;
        let response = response.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(response.first_text(), Some("Hello"), "{name}");
        let requests = mock.requests();
        assert_eq!(requests.last().unwrap().provider(), Provider::named(name), "{name}");
    }
}
