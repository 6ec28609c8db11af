//! What a written answer can say beside text, in every API that a client of the default build speaks.

use async_openai::types::responses::{CreateResponse, ResponseStreamEvent};
use futures::StreamExt as _;
use llmock::reply::{Finish, Reply};
use llmock::wiremock::matchers::method;
use llmock::wiremock::{Mock, MockGuard};
use llmock::{LlmMock, Provider, llm_replay};
use rig_core::completion::{CompletionRequest, CompletionResponse, FinishReason};
use rig_core::driver::{DynModel, Model};
use rig_core::message::AssistantContent;
use rig_core::operation::Completion;
use rig_core::providers::anthropic::AnthropicConfig;
use rig_core::providers::cohere::{ChatRoute, CohereConfig};
use rig_core::providers::gemini::GeminiConfig;
use rig_core::providers::ollama::OllamaConfig;
use rig_core::providers::openai::OpenAIConfig;
use rig_core::streaming::{Item, StreamEvent};
use serde_json::{Value, json};

use super::openai;

/// Every API that rig speaks, by its name here and the provider whose it is.
pub(super) fn models(mock: &LlmMock) -> Vec<(&'static str, Provider, DynModel<Completion>)> {
    let at = |provider| mock.base_url(provider);
    let openai = OpenAIConfig::new("any").with_base_url(at(Provider::OpenAI)).client();
    let anthropic = AnthropicConfig::new("any").with_base_url(at(Provider::Anthropic)).client();
    let gemini = GeminiConfig::new("any").with_base_url(at(Provider::Gemini)).client();
    let ollama = OllamaConfig::new().with_base_url(at(Provider::Ollama)).client();
    let cohere = CohereConfig::new("any").with_base_url(at(Provider::Cohere)).client();
    let Model { wire, transport, .. } = cohere.completion("command-a-03-2025");
    let cohere = Model::new(wire.with_route(ChatRoute::Native), transport);
    vec![
        ("chat", Provider::OpenAI, openai.chat("gpt-4o").erase()),
        ("responses", Provider::OpenAI, openai.responses("gpt-4o").erase()),
        ("anthropic", Provider::Anthropic, anthropic.completion("claude").erase()),
        ("gemini", Provider::Gemini, gemini.completion("gemini").erase()),
        ("ollama", Provider::Ollama, ollama.native_completion("llama").erase()),
        ("cohere", Provider::Cohere, cohere.erase()),
    ]
}

/// The reply to every request, until what this returns is dropped.
pub(super) async fn answering(mock: &LlmMock, provider: Provider, reply: &Reply) -> MockGuard {
    let reply = reply.clone().on(provider);
    Mock::given(method("POST")).respond_with(reply).mount_as_scoped(mock.wiremock()).await
}

/// What a client makes of an answer.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    text: &'static str,
    reasoning: &'static str,
    calls: Vec<(String, Value)>,
    finish: Option<FinishReason>,
}

fn calls(answer: &CompletionResponse) -> Vec<(String, Value)> {
    let call = |content: &AssistantContent| match content {
        AssistantContent::ToolCall(call) => {
            Some((call.function.name.to_string(), Value::from(call.function.arguments.clone())))
        }
        _ => None,
    };
    answer.choice.iter().filter_map(call).collect()
}

#[llm_replay]
#[tokio::test]
async fn rig_reads_non_text_parts_of_every_api(mock: &LlmMock) {
    let weather = |city: &str| ("weather".to_owned(), json!({ "city": city }));
    let thinking = || Reply::text("Paris.").reasoning("Hm, France.").signature("c2ln");
    let calling = Reply::new()
        .tool_call("weather", r#"{"city":"Paris"}"#)
        .tool_call("weather", r#"{"city":"Oslo"}"#);
    for (reply, expected, but_for) in [
        (
            thinking(),
            Heard {
                text: "Paris.",
                reasoning: "Hm, France.",
                finish: Some(FinishReason::Stop),
                ..Heard::default()
            },
            // chat completions show no reasoning
            &["chat"][..],
        ),
        (Reply::refusal("I will not."), Heard { text: "I will not.", ..Heard::default() }, &[]),
        (
            Reply::text("Once upon").finish(Finish::Length),
            Heard { text: "Once upon", finish: Some(FinishReason::Length), ..Heard::default() },
            &[],
        ),
        (
            calling,
            Heard {
                calls: vec![weather("Paris"), weather("Oslo")],
                finish: Some(FinishReason::ToolCalls),
                ..Heard::default()
            },
            &[],
        ),
    ] {
        for (api, provider, model) in models(mock) {
            let _answering = answering(mock, provider, &reply).await;
            let question = || CompletionRequest::new("What?").max_tokens(64);
            let whole = model.call(question()).await;
            let streamed = model.stream(question()).unwrap().finish().await;
            for (answer, how) in [(whole, "whole"), (streamed, "streamed")] {
                let answer = answer.unwrap_or_else(|error| panic!("{api} {how}: {error}"));
                let place = format!("{api} {how}: {answer:?}");
                assert_eq!(answer.text(), expected.text, "{place}");
                if !but_for.contains(&api) {
                    assert_eq!(answer.reasoning(), expected.reasoning, "{place}");
                }
                assert_eq!(calls(&answer), expected.calls, "{place}");
                // why a model declined is said by few
                if expected.finish.is_some() {
                    assert_eq!(answer.finish_reason(), expected.finish, "{place}");
                }
            }
        }
    }
}

#[llm_replay]
#[tokio::test]
async fn rig_reads_errors_in_the_middle_of_streams(mock: &LlmMock) {
    for (api, provider, model) in models(mock) {
        let reply = Reply::text("Once upon").failing("out of luck");
        let _answering = answering(mock, provider, &reply).await;
        let mut stream = model.stream(CompletionRequest::new("What?").max_tokens(64)).unwrap();
        let (mut heard, mut failed) = (String::new(), None);
        while let Some(item) = stream.next().await {
            match item {
                Ok(Item::Event(StreamEvent::Text { text, .. })) => heard.push_str(&text),
                Ok(_) => {}
                Err(error) => failed = Some(error.to_string()),
            }
        }
        assert_eq!(heard, "Once upon", "{api}");
        // Cohere's streams end in good order, and say that it was an error
        let failed = match failed {
            None if api == "cohere" => stream.finish().await.unwrap().error,
            failed => failed,
        };
        let failed = failed.unwrap_or_else(|| panic!("{api} has not failed"));
        assert!(failed.contains("out of luck"), "{api}: {failed}");
    }
}

/// The types of the events of a streamed response that async-openai reads, and the events as they are written again.
pub(super) async fn events(mock: &LlmMock, reply: &Reply) -> Vec<Value> {
    let _answering = answering(mock, Provider::OpenAI, reply).await;
    let request = json!({ "model": "gpt-5", "stream": true, "input": "What?" });
    let request: CreateResponse = serde_json::from_value(request).unwrap();
    let mut stream = openai(mock).responses().create_stream(request).await.unwrap();
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        let event: ResponseStreamEvent = event.unwrap();
        events.push(serde_json::to_value(event).unwrap());
    }
    events
}

/// The texts of all events of a type, joined.
fn joined(events: &[Value], kind: &str) -> String {
    let of_kind = events.iter().filter(|event| event["type"] == kind);
    of_kind.map(|event| event["delta"].as_str().unwrap()).collect()
}

#[llm_replay]
#[tokio::test]
async fn openai_client_reads_streamed_responses_event_by_event(mock: &LlmMock) {
    let arguments = r#"{"city":"Paris","unit":"celsius"}"#;
    let reply = Reply::text("Let me look.").tool_call("weather", arguments).tool_call("time", "{}");
    let seen = events(mock, &reply).await;
    let delta = "response.function_call_arguments.delta";
    assert_eq!(joined(&seen, delta), format!("{arguments}{{}}"));
    assert!(seen.iter().filter(|event| event["type"] == delta).count() > 2, "{seen:?}");
    assert_eq!(joined(&seen, "response.output_text.delta"), "Let me look.");
    let end = seen.last().unwrap();
    assert_eq!(end["type"], "response.completed");
    let called: Vec<&Value> =
        end["response"]["output"].as_array().unwrap().iter().skip(1).collect();
    for (call, name, arguments) in [(called[0], "weather", arguments), (called[1], "time", "{}")] {
        assert_eq!((&call["name"], &call["arguments"]), (&json!(name), &json!(arguments)));
    }
    for (reply, delta, heard, last, reason) in [
        (
            Reply::refusal("I will not."),
            "response.refusal.delta",
            "I will not.",
            "response.completed",
            "/response/output/0/content/0/refusal",
        ),
        (
            Reply::text("a").reasoning("Hm."),
            "response.reasoning_summary_text.delta",
            "Hm.",
            "response.completed",
            "/response/output/0/summary/0/text",
        ),
        (
            Reply::text("Once").finish(Finish::Length),
            "response.output_text.delta",
            "Once",
            "response.incomplete",
            "/response/incomplete_details/reason",
        ),
        (
            Reply::text("Once").failing("out of luck"),
            "response.output_text.delta",
            "Once",
            "response.failed",
            "/response/error/message",
        ),
    ] {
        let seen = events(mock, &reply).await;
        assert_eq!(joined(&seen, delta), heard, "{seen:?}");
        let end = seen.last().unwrap();
        assert_eq!(end["type"], last, "{end}");
        let said = match last {
            "response.incomplete" => "max_output_tokens",
            "response.failed" => "out of luck",
            _ => heard,
        };
        assert_eq!(end.pointer(reason).and_then(Value::as_str), Some(said), "{end}");
    }
}
