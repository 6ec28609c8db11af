//! gemini-rust.

use futures::StreamExt as _;
use gemini_rust::{Content, FunctionDeclaration, Gemini, Message, Model, Role, Tool};
use serde_json::json;

use super::clients::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};
use super::key;

/// The version is in its base URL, and without the last `/` that would be lost.
pub(crate) fn at(base_url: &str) -> Gemini {
    let model = Model::Custom(format!("models/{MODEL}"));
    let base = format!("{base_url}/v1beta/").parse().unwrap();
    Gemini::with_model_and_base_url(key(), model, base).unwrap()
}

/// At Google's own address.
#[cfg(feature = "intercept")]
pub(crate) fn hosted() -> Gemini {
    Gemini::with_model(key(), Model::Custom(format!("models/{MODEL}"))).unwrap()
}

pub(crate) async fn chat(client: &Gemini) -> Seen {
    let request = client.generate_content().with_user_message(QUESTION).with_temperature(0.3);
    let response = request.with_max_output_tokens(32).execute().await.unwrap();
    let mut seen = Seen { text: response.text(), ..Seen::default() };
    seen.saw(&response);
    seen
}

pub(crate) async fn chat_stream(client: &Gemini) -> Seen {
    let request = client.generate_content().with_user_message(QUESTION).with_temperature(0.3);
    let mut stream = request.with_max_output_tokens(32).execute_stream().await.unwrap();
    let mut seen = Seen::default();
    while let Some(response) = stream.next().await {
        let response = response.unwrap();
        seen.saw(&response);
        seen.piece(&response.text());
    }
    seen
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tools(client: &Gemini) -> Seen {
    let function = FunctionDeclaration::new(weather::NAME, weather::DESCRIPTION, None)
        .with_parameters_value(weather::parameters());
    let tool = Tool::new(function);
    let mut seen = Seen::default();
    let mut messages: Vec<Message> = Vec::new();
    for text in TOOL_QUESTIONS {
        messages.push(Message::user(text));
        loop {
            let request = client.generate_content().with_messages(messages.clone());
            let request = request.with_tool(tool.clone()).with_temperature(0.0);
            let response = request.with_max_output_tokens(64).execute().await.unwrap();
            seen.saw(&response);
            let said = response.candidates[0].content.clone();
            messages.push(Message { content: said, role: Role::Model });
            let calls: Vec<_> = response.function_calls().into_iter().cloned().collect();
            if calls.is_empty() {
                seen.text = response.text();
                break;
            }
            for call in calls {
                seen.called(&call.name, &call.args.to_string());
                let result = json!({ "result": weather::call(&call.args) });
                let content = Content::function_response_json(call.name, result);
                messages.push(Message { content: content.with_role(Role::User), role: Role::User });
            }
        }
    }
    seen
}
