//! ollama-rs.

use futures::StreamExt as _;
use ollama_rs::Ollama;
use ollama_rs::generation::chat::request::ChatMessageRequest;
use ollama_rs::generation::chat::{ChatMessage, ChatMessageResponse};
use ollama_rs::generation::tools::ToolInfo;
use ollama_rs::models::ModelOptions;
use serde_json::json;

use super::OLLAMA_MODEL;
use super::{QUESTION, Seen, TOOL_QUESTIONS, weather};

/// Without the last `/`, it would ask `…/ollamaapi/chat`.
pub(crate) fn at(base_url: &str) -> Ollama {
    Ollama::try_new(format!("{base_url}/")).unwrap()
}

/// At the daemon of this machine: the address is a constant of the crate.
pub(crate) fn of_this_machine() -> Ollama {
    Ollama::default()
}

pub(crate) fn question(messages: Vec<ChatMessage>) -> ChatMessageRequest {
    let options = ModelOptions::default().temperature(0.3).num_predict(32);
    ChatMessageRequest::new(OLLAMA_MODEL.to_owned(), messages).options(options)
}

pub(crate) async fn chat(client: &Ollama) -> Seen {
    ask(client, QUESTION).await
}

pub(crate) async fn ask(client: &Ollama, text: &str) -> Seen {
    let request = question(vec![ChatMessage::user(text.to_owned())]);
    let response = client.send_chat_messages(request).await.unwrap();
    let mut seen = Seen { text: response.message.content.clone(), ..Seen::default() };
    ended(&mut seen, &response);
    seen.saw(&response);
    seen
}

/// It knows no reason for the end, only that there is one.
fn ended(seen: &mut Seen, response: &ChatMessageResponse) {
    seen.finished(response.done.then_some("done"));
    seen.counted(response.final_data.as_ref().map(|data| data.eval_count));
}

pub(crate) async fn chat_stream(client: &Ollama) -> Seen {
    ask_stream(client, QUESTION).await
}

pub(crate) async fn ask_stream(client: &Ollama, text: &str) -> Seen {
    let request = question(vec![ChatMessage::user(text.to_owned())]);
    let mut stream = client.send_chat_messages_stream(request).await.unwrap();
    let mut seen = Seen::default();
    while let Some(response) = stream.next().await {
        let response: ChatMessageResponse = response.unwrap();
        seen.saw(&response);
        seen.piece(&response.message.content);
        for call in &response.message.tool_calls {
            seen.called(&call.function.name, &call.function.arguments.to_string());
        }
        ended(&mut seen, &response);
    }
    seen
}

pub(crate) async fn tools(client: &Ollama) -> Seen {
    tool_loop(client, &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(client: &Ollama, questions: &[&str]) -> Seen {
    let tool: ToolInfo = serde_json::from_value(json!({
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
        messages.push(ChatMessage::user((*text).to_owned()));
        loop {
            let request = question(messages.clone()).tools(vec![tool.clone()]);
            let response = client.send_chat_messages(request).await.unwrap();
            seen.saw(&response);
            messages.push(response.message.clone());
            if response.message.tool_calls.is_empty() {
                seen.text = response.message.content;
                break;
            }
            for call in response.message.tool_calls {
                seen.called(&call.function.name, &call.function.arguments.to_string());
                messages.push(ChatMessage::tool(weather::call(&call.function.arguments)));
            }
        }
    }
    seen
}
