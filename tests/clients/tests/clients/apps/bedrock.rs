//! The AWS SDK for Bedrock: Converse and its stream of binary frames.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{Builder, Token};
use aws_sdk_bedrockruntime::operation::converse::builders::ConverseFluentBuilder;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseOutput, ConverseStreamOutput,
    InferenceConfiguration, Message, SystemContentBlock, Tool, ToolConfiguration, ToolInputSchema,
    ToolResultBlock, ToolResultContentBlock, ToolSpecification,
};
use aws_smithy_types::{Document, Number};
use serde_json::Value;

use super::{QUESTION, Seen, TOOL_QUESTIONS, weather};

/// Its colon and its slash are escaped in the path.
pub(crate) const MODEL: &str = "anthropic.claude-3-5-sonnet-20241022-v2:0";

/// The same, named by an inference profile.
const PROFILE: &str =
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-5-sonnet";

pub(crate) fn at(base_url: &str) -> Client {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .bearer_token(Token::new("not needed", None))
        .endpoint_url(base_url)
        .build();
    Client::from_conf(config)
}

/// As production code makes it: address, region and token are the environment's.
pub(crate) async fn from_env() -> Client {
    Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await)
}

pub(crate) fn user(text: &str) -> Message {
    message(ConversationRole::User, [ContentBlock::Text(text.to_owned())])
}

fn message(role: ConversationRole, content: impl IntoIterator<Item = ContentBlock>) -> Message {
    let content = Some(content.into_iter().collect());
    Message::builder().role(role).set_content(content).build().unwrap()
}

fn inference() -> InferenceConfiguration {
    InferenceConfiguration::builder().max_tokens(32).temperature(0.3).build()
}

pub(crate) fn question(client: &Client, model: &str) -> ConverseFluentBuilder {
    let system = SystemContentBlock::Text("Be brief.".to_owned());
    client.converse().model_id(model).system(system).inference_config(inference())
}

fn said(output: Option<ConverseOutput>) -> Message {
    let Some(ConverseOutput::Message(message)) = output else { panic!("{output:?}") };
    message
}

pub(crate) async fn ask(client: &Client, model: &str, text: &str) -> Seen {
    let answer = question(client, model).messages(user(text)).send().await.unwrap();
    let mut seen = Seen::default();
    seen.saw(&answer);
    seen.finished(Some(&answer.stop_reason));
    seen.counted(answer.usage.as_ref().map(|usage| usage.output_tokens));
    for block in said(answer.output).content {
        if let ContentBlock::Text(text) = block {
            seen.text.push_str(&text);
        }
    }
    seen
}

pub(crate) async fn converse(client: &Client) -> Seen {
    ask(client, MODEL, QUESTION).await
}

pub(crate) async fn converse_with_an_inference_profile(client: &Client) -> Seen {
    ask(client, PROFILE, QUESTION).await
}

pub(crate) async fn converse_stream(client: &Client) -> Seen {
    ask_stream(client, QUESTION).await
}

pub(crate) async fn ask_stream(client: &Client, text: &str) -> Seen {
    let request = client.converse_stream().model_id(MODEL).inference_config(inference());
    let answer = request.messages(user(text)).send().await.unwrap();
    let mut stream = answer.stream;
    let mut seen = Seen::default();
    while let Some(event) = stream.recv().await.unwrap() {
        seen.saw(&event);
        match event {
            ConverseStreamOutput::ContentBlockDelta(event) => {
                if let Some(ContentBlockDelta::Text(text)) = event.delta {
                    seen.piece(&text);
                }
            }
            ConverseStreamOutput::MessageStop(event) => seen.finished(Some(event.stop_reason)),
            ConverseStreamOutput::Metadata(event) => {
                seen.counted(event.usage.map(|usage| usage.output_tokens));
            }
            _ => {}
        }
    }
    seen
}

pub(crate) async fn tools(client: &Client) -> Seen {
    tool_loop(client, &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(client: &Client, questions: &[&str]) -> Seen {
    let mut seen = Seen::default();
    let mut messages = Vec::new();
    for text in questions {
        messages.push(user(text));
        loop {
            let request = question(client, MODEL).set_messages(Some(messages.clone()));
            let answer = request.tool_config(tool()).send().await.unwrap();
            let answer = said(answer.output);
            messages.push(answer.clone());
            let mut results = Vec::new();
            for block in answer.content {
                match block {
                    ContentBlock::Text(text) => seen.text = text,
                    ContentBlock::ToolUse(call) => {
                        let arguments = json(&call.input);
                        seen.called(&call.name, &arguments.to_string());
                        results.push(result(&call.tool_use_id, weather::call(&arguments)));
                    }
                    other => panic!("{other:?}"),
                }
            }
            if results.is_empty() {
                break;
            }
            messages.push(message(ConversationRole::User, results));
        }
    }
    seen
}

fn tool() -> ToolConfiguration {
    let specification = ToolSpecification::builder()
        .name(weather::NAME)
        .description(weather::DESCRIPTION)
        .input_schema(ToolInputSchema::Json(document(&weather::parameters())))
        .build()
        .unwrap();
    ToolConfiguration::builder().tools(Tool::ToolSpec(specification)).build().unwrap()
}

fn result(call: &str, text: String) -> ContentBlock {
    let content = ToolResultContentBlock::Text(text);
    let result = ToolResultBlock::builder().tool_use_id(call).content(content).build().unwrap();
    ContentBlock::ToolResult(result)
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(bool) => Document::Bool(*bool),
        Value::Number(number) => {
            Document::Number(Number::Float(number.as_f64().expect("small numbers")))
        }
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(members) => Document::Object(
            members.iter().map(|(name, value)| (name.clone(), document(value))).collect(),
        ),
    }
}

/// What a tool is called with here: an object of strings.
fn json(document: &Document) -> Value {
    let Document::Object(members) = document else { panic!("{document:?}") };
    let members = members.iter().map(|(name, value)| {
        (name.clone(), Value::from(value.as_string().expect("a string").to_owned()))
    });
    Value::Object(members.collect())
}
