//! genai: one client for all its adapters, each sent to the same session.

use futures::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent, Tool, ToolCall, ToolResponse,
};
use genai::resolver::{AuthData, Endpoint, Error};
use genai::{Client, ModelIden, ServiceTarget};

use super::key;
use super::{QUESTION, Seen, TOOL_QUESTIONS, weather};

/// Sends every adapter to llmock, which knows the names of genai's adapters. An `Endpoint` ends in `/`.
pub(crate) fn client(base: String) -> Client {
    resolved(key(), move |kind| format!("{base}/{}/", kind.as_lower_str()))
}

/// The resolver of `docs/providers.md`.
pub(crate) fn documented(base: String) -> Client {
    let resolver = move |mut target: ServiceTarget| -> Result<ServiceTarget, Error> {
        let provider = target.model.adapter_kind.as_lower_str();
        let (_, host_and_path) = target.endpoint.base_url().split_once("://").unwrap_or_default();
        let (_, path) = host_and_path.split_once('/').unwrap_or_default();
        target.endpoint = Endpoint::from_owned(format!("{base}/{provider}/{path}"));
        target.auth = AuthData::from_single("not needed");
        Ok(target)
    };
    Client::builder().with_service_target_resolver_fn(resolver).build().unwrap()
}

/// Sends every adapter to its endpoint, with one key for all.
pub(crate) fn resolved<F>(key: String, endpoint: F) -> Client
where
    F: Fn(AdapterKind) -> String + Clone + Send + Sync + 'static,
{
    let resolver = move |mut target: ServiceTarget| -> Result<ServiceTarget, Error> {
        target.endpoint = Endpoint::from_owned(endpoint(target.model.adapter_kind));
        target.auth = AuthData::from_single(key.clone());
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

pub(crate) fn question(text: &str) -> ChatRequest {
    ChatRequest::new(vec![ChatMessage::user(text)])
}

pub(crate) fn model(kind: AdapterKind) -> ModelIden {
    let local = kind == AdapterKind::Ollama;
    ModelIden::new(kind, if local { super::OLLAMA_MODEL } else { super::MODEL })
}

pub(crate) async fn chat(client: &Client, kind: AdapterKind) -> Seen {
    ask(client, model(kind), QUESTION).await
}

pub(crate) async fn ask(client: &Client, model: ModelIden, text: &str) -> Seen {
    let options = options(32, 0.3);
    let response = client.exec_chat(model, question(text), Some(&options)).await.unwrap();
    let mut seen = Seen { text: response.first_text().unwrap().to_owned(), ..Seen::default() };
    seen.finished(response.stop_reason.as_ref());
    seen.counted(response.usage.completion_tokens);
    seen.saw(&response);
    seen
}

pub(crate) async fn chat_stream(client: &Client, kind: AdapterKind) -> Seen {
    ask_stream(client, model(kind), QUESTION, &options(32, 0.3)).await
}

pub(crate) async fn ask_stream(
    client: &Client,
    model: ModelIden,
    text: &str,
    options: &ChatOptions,
) -> Seen {
    let answer = client.exec_chat_stream(model, question(text), Some(options)).await.unwrap();
    let mut stream = answer.stream;
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        let event = event.unwrap();
        seen.saw(&event);
        match event {
            ChatStreamEvent::Chunk(chunk) => seen.piece(&chunk.content),
            ChatStreamEvent::End(end) => {
                seen.finished(end.captured_stop_reason.as_ref());
                seen.counted(end.captured_usage.as_ref().and_then(|usage| usage.completion_tokens));
                for call in end.captured_into_tool_calls().unwrap_or_default() {
                    seen.called(&call.fn_name, &call.fn_arguments.to_string());
                }
            }
            _ => {}
        }
    }
    seen
}

pub(crate) async fn tools(client: &Client, kind: AdapterKind) -> Seen {
    tool_loop(client, &model(kind), &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(client: &Client, model: &ModelIden, questions: &[&str]) -> Seen {
    let tool = Tool::new(weather::NAME)
        .with_description(weather::DESCRIPTION)
        .with_schema(weather::parameters());
    let mut seen = Seen::default();
    let mut request = ChatRequest::default().with_tools([tool]);
    for text in questions {
        request = request.append_message(ChatMessage::user(*text));
        loop {
            let options = options(64, 0.0);
            let response =
                client.exec_chat(model.clone(), request.clone(), Some(&options)).await.unwrap();
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
