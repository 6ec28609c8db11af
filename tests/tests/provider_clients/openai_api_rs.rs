//! openai-api-rs.

use futures::StreamExt as _;
use openai_api_rs::v1::api::OpenAIClient;
use openai_api_rs::v1::chat_completion::chat_completion::ChatCompletionRequest;
use openai_api_rs::v1::chat_completion::chat_completion_stream::{
    ChatCompletionStreamRequest, ChatCompletionStreamResponse,
};
use openai_api_rs::v1::chat_completion::{ChatCompletionMessage, Content, MessageRole, Tool};
use serde_json::json;

use super::clients::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};

pub(crate) fn at(base_url: &str) -> OpenAIClient {
    OpenAIClient::builder().with_api_key("not needed").with_endpoint(base_url).build().unwrap()
}

/// The address that `OPENAI_API_BASE` names.
pub(crate) fn from_env() -> OpenAIClient {
    OpenAIClient::builder().with_api_key("not needed").build().unwrap()
}

fn message(role: MessageRole, text: &str) -> ChatCompletionMessage {
    let content = Content::Text(text.to_owned());
    ChatCompletionMessage { role, content, name: None, tool_calls: None, tool_call_id: None }
}

pub(crate) async fn chat(client: &OpenAIClient) -> Seen {
    let messages = vec![message(MessageRole::user, QUESTION)];
    let request = ChatCompletionRequest::new(MODEL.to_owned(), messages);
    let response = client.chat_completion(request.temperature(0.3).max_tokens(32)).await.unwrap();
    let text = response.inner.choices[0].message.content.clone().unwrap();
    let mut seen = Seen { text, ..Seen::default() };
    seen.saw(&response.inner);
    seen
}

pub(crate) async fn chat_stream(client: &OpenAIClient) -> Seen {
    let messages = vec![message(MessageRole::user, QUESTION)];
    let request = ChatCompletionStreamRequest::new(MODEL.to_owned(), messages);
    let request = request.temperature(0.3).max_tokens(32);
    let mut stream = client.chat_completion_stream(request).await.unwrap();
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        seen.saw(&event);
        if let ChatCompletionStreamResponse::Content(text) = event {
            seen.piece(&text);
        }
    }
    seen
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tools(client: &OpenAIClient) -> Seen {
    let tool: Tool = serde_json::from_value(json!({
        "type": "function",
        "function": {
            "name": weather::NAME,
            "description": weather::DESCRIPTION,
            "parameters": weather::parameters(),
        },
    }))
    .unwrap();
    let mut seen = Seen::default();
    let mut messages = Vec::new();
    for text in TOOL_QUESTIONS {
        messages.push(message(MessageRole::user, text));
        loop {
            let request = ChatCompletionRequest::new(MODEL.to_owned(), messages.clone());
            let request = request.tools(vec![tool.clone()]).temperature(0.0).max_tokens(64);
            let response = client.chat_completion(request).await.unwrap().inner;
            seen.saw(&response);
            let said = response.choices[0].message.clone();
            let text = said.content.unwrap_or_default();
            let calls = said.tool_calls.unwrap_or_default();
            let spoken = (!calls.is_empty()).then(|| calls.clone());
            messages.push(ChatCompletionMessage {
                tool_calls: spoken,
                ..message(MessageRole::assistant, &text)
            });
            if calls.is_empty() {
                seen.text = text;
                break;
            }
            for call in calls {
                let (name, arguments) = (call.function.name, call.function.arguments);
                let arguments = arguments.unwrap_or_default();
                seen.called(&name.unwrap_or_default(), &arguments);
                let result = weather::call(&serde_json::from_str(&arguments).unwrap());
                messages.push(ChatCompletionMessage {
                    tool_call_id: Some(call.id),
                    ..message(MessageRole::tool, &result)
                });
            }
        }
    }
    seen
}
