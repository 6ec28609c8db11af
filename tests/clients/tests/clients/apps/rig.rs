//! rig: its models, and its agents with a tool.

use std::convert::Infallible;

use futures::StreamExt as _;
use rig_agent::agent::{Agent, AgentBuilder, MultiTurnStreamItem, PromptResponse};
use rig_core::completion::{CompletionRequest, Message};
use rig_core::driver::DynModel;
use rig_core::operation::Completion;
use rig_core::providers::anthropic::{Anthropic, AnthropicConfig};
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use rig_core::streaming::{Item, StreamEvent};
use rig_core::tool::PortableTool;
use serde_json::Value;

use super::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};

pub(crate) type ChatModel = DynModel<Completion>;

pub(crate) fn openai_at(base_url: &str) -> OpenAI {
    OpenAIConfig::new("not needed").with_base_url(base_url).client()
}

pub(crate) fn anthropic_at(base_url: &str) -> Anthropic {
    AnthropicConfig::new("not needed").with_base_url(base_url).client()
}

/// `POST /v1/responses`.
pub(crate) fn responses(client: &OpenAI) -> ChatModel {
    client.responses(MODEL).erase()
}

/// `POST /v1/chat/completions`.
pub(crate) fn chat(client: &OpenAI) -> ChatModel {
    client.chat(MODEL).erase()
}

/// `POST /v1/messages`.
pub(crate) fn messages(client: &Anthropic) -> ChatModel {
    client.completion(MODEL).erase()
}

pub(crate) fn question(text: &str) -> CompletionRequest {
    CompletionRequest::new(text).temperature(0.3).max_tokens(32)
}

pub(crate) async fn call(model: ChatModel) -> Seen {
    ask(model, QUESTION).await
}

pub(crate) async fn ask(model: ChatModel, text: &str) -> Seen {
    let response = model.call(question(text)).await.unwrap();
    let mut seen = Seen { text: response.text(), ..Seen::default() };
    seen.finished(response.finish_reason());
    seen.counted(response.usage.output_tokens);
    seen.saw(&response);
    seen
}

pub(crate) async fn stream(model: ChatModel) -> Seen {
    ask_stream(model, QUESTION).await
}

pub(crate) async fn ask_stream(model: ChatModel, text: &str) -> Seen {
    let mut stream = model.stream(question(text)).unwrap();
    let mut seen = Seen::default();
    while let Some(item) = stream.next().await {
        let item = item.unwrap();
        seen.saw(&item);
        if let Item::Event(StreamEvent::Text { text, .. }) = item {
            seen.piece(&text);
        }
    }
    let response = stream.finish().await.unwrap();
    seen.finished(response.finish_reason());
    seen.counted(response.usage.output_tokens);
    seen
}

struct Weather;

impl PortableTool for Weather {
    const NAME: &'static str = weather::NAME;
    type Args = Value;
    type Output = String;
    type Error = Infallible;

    fn description(&self) -> String {
        weather::DESCRIPTION.to_owned()
    }

    fn parameters(&self) -> Value {
        weather::parameters()
    }

    async fn call(&self, arguments: Value) -> Result<String, Infallible> {
        Ok(weather::call(&arguments))
    }
}

fn weather_agent(model: ChatModel) -> Agent {
    AgentBuilder::new(model)
        .preamble("You answer questions about the weather.")
        .temperature(0.0)
        .max_tokens(64)
        .default_max_turns(4)
        .tool(Weather)
        .build()
}

pub(crate) async fn agent(model: ChatModel) -> Seen {
    tool_loop(model, &TOOL_QUESTIONS).await
}

/// A conversation; for each question, the agent calls its tool and then answers.
pub(crate) async fn tool_loop(model: ChatModel, questions: &[&str]) -> Seen {
    let agent = weather_agent(model);
    let mut seen = Seen::default();
    let mut history: Vec<Message> = Vec::new();
    for text in questions {
        let response = agent.prompt(*text).history(history.clone()).await.unwrap();
        keep(&mut seen, &response);
        history.extend(response.messages);
    }
    seen
}

pub(crate) async fn agent_stream(model: ChatModel) -> Seen {
    tool_loop_stream(model, &TOOL_QUESTIONS).await
}

/// The same, but the answers are streamed.
pub(crate) async fn tool_loop_stream(model: ChatModel, questions: &[&str]) -> Seen {
    let agent = weather_agent(model);
    let mut seen = Seen::default();
    let mut history: Vec<Message> = Vec::new();
    for text in questions {
        let mut stream = agent.prompt(*text).history(history.clone()).stream();
        while let Some(item) = stream.next().await {
            match item.unwrap() {
                MultiTurnStreamItem::StreamAssistantItem(item) => {
                    seen.saw(&item);
                    if let Item::Event(StreamEvent::Text { text, .. }) = item {
                        seen.pieces.push(text);
                    }
                }
                MultiTurnStreamItem::FinalResponse(response) => {
                    keep(&mut seen, &response);
                    history.extend(response.messages);
                }
                _ => {}
            }
        }
    }
    seen
}

fn keep(seen: &mut Seen, response: &PromptResponse) {
    seen.text = response.output();
    seen.saw(&response.messages);
    for message in &response.messages {
        if let Message::Assistant(turn) = message {
            for call in turn.tool_calls() {
                let arguments = Value::Object(call.function.arguments.clone()).to_string();
                seen.called(call.function.name.as_str(), &arguments);
            }
        }
    }
}
