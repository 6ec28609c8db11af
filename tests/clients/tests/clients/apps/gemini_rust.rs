//! gemini-rust.

use futures::StreamExt as _;
use gemini_rust::{
    Content, ContentBuilder, FunctionDeclaration, Gemini, GenerationResponse, Message, Model, Role,
    Tool,
};
use serde_json::json;

use super::key;
use super::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};

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
    ask(client, QUESTION).await
}

pub(crate) fn question(client: &Gemini, text: &str) -> ContentBuilder {
    let request = client.generate_content().with_user_message(text);
    request.with_temperature(0.3).with_max_output_tokens(32)
}

pub(crate) async fn ask(client: &Gemini, text: &str) -> Seen {
    let response = question(client, text).execute().await.unwrap();
    let mut seen = Seen { text: response.text(), ..Seen::default() };
    seen.saw(&response);
    ended(&mut seen, &response);
    seen
}

fn ended(seen: &mut Seen, response: &GenerationResponse) {
    seen.finished(response.candidates.first().and_then(|one| one.finish_reason.as_ref()));
    let usage = response.usage_metadata.as_ref();
    seen.counted(usage.and_then(|usage| usage.candidates_token_count));
}

pub(crate) async fn chat_stream(client: &Gemini) -> Seen {
    ask_stream(client, QUESTION).await
}

pub(crate) async fn ask_stream(client: &Gemini, text: &str) -> Seen {
    let mut stream = question(client, text).execute_stream().await.unwrap();
    let mut seen = Seen::default();
    while let Some(response) = stream.next().await {
        let response = response.unwrap();
        seen.saw(&response);
        seen.piece(&response.text());
        for call in response.function_calls() {
            seen.called(&call.name, &call.args.to_string());
        }
        ended(&mut seen, &response);
    }
    seen
}

pub(crate) async fn tools(client: &Gemini) -> Seen {
    tool_loop(client, &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(client: &Gemini, questions: &[&str]) -> Seen {
    let function = FunctionDeclaration::new(weather::NAME, weather::DESCRIPTION, None)
        .with_parameters_value(weather::parameters());
    let tool = Tool::new(function);
    let mut seen = Seen::default();
    let mut messages: Vec<Message> = Vec::new();
    for text in questions {
        messages.push(Message::user(*text));
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
