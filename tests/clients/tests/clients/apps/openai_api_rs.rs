//! openai-api-rs.

use futures::StreamExt as _;
use openai_api_rs::v1::api::OpenAIClient;
use openai_api_rs::v1::chat_completion::chat_completion::ChatCompletionRequest;
use openai_api_rs::v1::chat_completion::chat_completion_stream::{
    ChatCompletionStreamRequest, ChatCompletionStreamResponse,
};
use openai_api_rs::v1::chat_completion::{ChatCompletionMessage, Content, MessageRole, Tool};
use serde_json::json;

use super::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};

pub(crate) fn at(base_url: &str) -> OpenAIClient {
    OpenAIClient::builder().with_api_key("not needed").with_endpoint(base_url).build().unwrap()
}

/// The address that `OPENAI_API_BASE` names.
pub(crate) fn from_env() -> OpenAIClient {
    OpenAIClient::builder().with_api_key("not needed").build().unwrap()
}

pub(crate) fn message(role: MessageRole, text: &str) -> ChatCompletionMessage {
    let content = Content::Text(text.to_owned());
    ChatCompletionMessage { role, content, name: None, tool_calls: None, tool_call_id: None }
}

pub(crate) async fn chat(client: &OpenAIClient) -> Seen {
    ask(client, QUESTION).await
}

pub(crate) fn question(text: &str) -> ChatCompletionRequest {
    let messages = vec![message(MessageRole::user, text)];
    ChatCompletionRequest::new(MODEL.to_owned(), messages).temperature(0.3).max_tokens(32)
}

pub(crate) async fn ask(client: &OpenAIClient, text: &str) -> Seen {
    let response = client.chat_completion(question(text)).await.unwrap();
    let choice = &response.inner.choices[0];
    let mut seen = Seen { text: choice.message.content.clone().unwrap(), ..Seen::default() };
    seen.finished(choice.finish_reason.as_ref());
    seen.counted(Some(response.inner.usage.completion_tokens));
    seen.saw(&response.inner);
    seen
}

pub(crate) async fn chat_stream(client: &OpenAIClient) -> Seen {
    ask_stream(client, QUESTION).await
}

pub(crate) async fn ask_stream(client: &OpenAIClient, text: &str) -> Seen {
    let messages = vec![message(MessageRole::user, text)];
    let request = ChatCompletionStreamRequest::new(MODEL.to_owned(), messages);
    let request = request.temperature(0.3).max_tokens(32);
    let mut stream = client.chat_completion_stream(request).await.unwrap();
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        seen.saw(&event);
        match event {
            ChatCompletionStreamResponse::Content(text) => seen.piece(&text),
            ChatCompletionStreamResponse::Done => seen.finished(Some("done")),
            _ => {}
        }
    }
    seen
}

pub(crate) async fn tools(client: &OpenAIClient) -> Seen {
    tool_loop(client, &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(client: &OpenAIClient, questions: &[&str]) -> Seen {
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
    for text in questions {
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
