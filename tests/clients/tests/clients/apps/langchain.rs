//! langchain-rust, through its model for OpenAI.

use futures::StreamExt as _;
use langchain_rust::language_models::llm::LLM;
use langchain_rust::language_models::options::CallOptions;
use langchain_rust::llm::OpenAIConfig;
use langchain_rust::llm::openai::OpenAI;
use langchain_rust::schemas::{FunctionDefinition, Message};
use serde_json::json;

use super::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};

pub(crate) type Llm = OpenAI<OpenAIConfig>;

pub(crate) fn at(base_url: &str) -> Llm {
    let config = OpenAIConfig::default().with_api_base(base_url).with_api_key("not needed");
    with(OpenAI::new(config))
}

/// The address that `OPENAI_BASE_URL` names.
pub(crate) fn from_env() -> Llm {
    with(OpenAI::default())
}

fn with(llm: Llm) -> Llm {
    let options = CallOptions::default().with_max_tokens(64).with_temperature(0.3);
    llm.with_model(MODEL).with_options(options)
}

pub(crate) async fn chat(llm: &Llm) -> Seen {
    ask(llm, QUESTION).await
}

pub(crate) async fn ask(llm: &Llm, text: &str) -> Seen {
    let result = llm.generate(&[Message::new_human_message(text)]).await.unwrap();
    let mut seen = Seen { text: result.generation.clone(), ..Seen::default() };
    seen.counted(result.tokens.as_ref().map(|tokens| tokens.completion_tokens));
    seen.saw(&result);
    seen
}

pub(crate) async fn chat_stream(llm: &Llm) -> Seen {
    ask_stream(llm, QUESTION).await
}

pub(crate) async fn ask_stream(llm: &Llm, text: &str) -> Seen {
    let mut stream = llm.stream(&[Message::new_human_message(text)]).await.unwrap();
    let mut seen = Seen::default();
    while let Some(data) = stream.next().await {
        let data = data.unwrap();
        seen.saw(&data);
        seen.piece(&data.content);
        seen.finished(data.value["choices"][0]["finish_reason"].as_str());
    }
    seen
}

pub(crate) async fn tools(llm: &Llm) -> Seen {
    tool_loop(llm, &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(llm: &Llm, questions: &[&str]) -> Seen {
    let tool = FunctionDefinition::new(weather::NAME, weather::DESCRIPTION, weather::parameters());
    let options = CallOptions::default().with_max_tokens(64).with_temperature(0.0);
    let llm = llm.clone().with_options(options.with_functions(vec![tool]));
    let mut seen = Seen::default();
    let mut messages = Vec::new();
    for text in questions {
        messages.push(Message::new_human_message(text));
        loop {
            let result = llm.generate(&messages).await.unwrap();
            seen.saw(&result);
            if result.tool_calls.is_empty() {
                messages.push(Message::new_ai_message(&result.generation));
                seen.text = result.generation;
                break;
            }
            let calls = result.tool_calls.iter().map(|call| {
                let function = json!({ "name": call.name, "arguments": call.arguments });
                json!({ "id": call.id, "type": "function", "function": function })
            });
            let said = Message::new_ai_message("").with_tool_calls(calls.collect());
            messages.push(said);
            for call in result.tool_calls {
                seen.called(&call.name, &call.arguments);
                let answer = weather::call(&serde_json::from_str(&call.arguments).unwrap());
                messages.push(Message::new_tool_message(answer, call.id));
            }
        }
    }
    seen
}
