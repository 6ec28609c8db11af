//! genai: one client for all its adapters, each sent to the same session.

use futures::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent, Tool, ToolCall, ToolResponse,
};
use genai::resolver::{AuthData, Endpoint, Error};
use genai::{Client, ModelIden, ServiceTarget};

use super::clients::{QUESTION, Seen, TOOL_QUESTIONS, weather};
use super::key;
use super::trip::At;

/// Sends every adapter to llmock: genai and llmock have the same names for providers. An `Endpoint` ends in
/// `/`; those of the adapters hold the version as well, which llmock does without.
pub(crate) fn client(at: &At<'_>) -> Client {
    let base = at.url();
    let resolver = move |mut target: ServiceTarget| -> Result<ServiceTarget, Error> {
        let provider = target.model.adapter_kind.as_lower_str();
        target.endpoint = Endpoint::from_owned(format!("{base}/{provider}/"));
        target.auth = AuthData::from_single(key());
        Ok(target)
    };
    Client::builder().with_service_target_resolver_fn(resolver).build().unwrap()
}

/// As production code makes it: each adapter has its provider's address, and its key from the environment.
pub(crate) fn hosted() -> Client {
    Client::new().unwrap()
}

fn options(max_tokens: u32, temperature: f64) -> ChatOptions {
    ChatOptions::default()
        .with_temperature(temperature)
        .with_max_tokens(max_tokens)
        .with_capture_content(true)
        .with_capture_tool_calls(true)
}

fn question() -> ChatRequest {
    ChatRequest::new(vec![ChatMessage::user(QUESTION)])
}

fn model(kind: AdapterKind) -> ModelIden {
    let local = kind == AdapterKind::Ollama;
    ModelIden::new(kind, if local { super::OLLAMA_MODEL } else { super::clients::MODEL })
}

pub(crate) async fn chat(client: &Client, kind: AdapterKind) -> Seen {
    let options = options(32, 0.3);
    let response = client.exec_chat(model(kind), question(), Some(&options)).await.unwrap();
    let mut seen = Seen { text: response.first_text().unwrap().to_owned(), ..Seen::default() };
    seen.saw(&response);
    seen
}

pub(crate) async fn chat_stream(client: &Client, kind: AdapterKind) -> Seen {
    let options = options(32, 0.3);
    let answer = client.exec_chat_stream(model(kind), question(), Some(&options)).await.unwrap();
    let mut stream = answer.stream;
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        let event = event.unwrap();
        seen.saw(&event);
        if let ChatStreamEvent::Chunk(chunk) = event {
            seen.piece(&chunk.content);
        }
    }
    seen
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tools(client: &Client, kind: AdapterKind) -> Seen {
    let tool = Tool::new(weather::NAME)
        .with_description(weather::DESCRIPTION)
        .with_schema(weather::parameters());
    let mut seen = Seen::default();
    let mut request = ChatRequest::default().with_tools([tool]);
    for text in TOOL_QUESTIONS {
        request = request.append_message(ChatMessage::user(text));
        loop {
            let options = options(64, 0.0);
            let response =
                client.exec_chat(model(kind), request.clone(), Some(&options)).await.unwrap();
            if let Some(text) = response.first_text() {
                text.clone_into(&mut seen.text);
            }
            let calls: Vec<ToolCall> = response.into_tool_calls();
            if calls.is_empty() {
                request = request.append_message(ChatMessage::assistant(seen.text.clone()));
                break;
            }
            request = request.append_message(calls.clone());
            for call in calls {
                seen.called(&call.fn_name, &call.fn_arguments.to_string());
                let result = weather::call(&call.fn_arguments);
                request = request.append_message(ToolResponse::from_tool_call(&call, result));
            }
        }
    }
    seen
}
