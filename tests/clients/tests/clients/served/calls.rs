//! A tool call that arrives in pieces, as far as clients show them or put them together.

use async_openai::Client;
use async_openai::config::Config;
use async_openai::types::chat::{ChatCompletionStreamOptions, CreateChatCompletionRequest};
use aws_sdk_bedrockruntime::types::{ContentBlockDelta, ContentBlockStart, ConverseStreamOutput};
use futures::StreamExt as _;

use super::answers::CALLS;
use super::bedrock;
use crate::apps::{Seen, openai_sdk};

/// Puts together what the deltas of the first call say; asks for the usage too, which comes behind all choices.
pub(crate) async fn async_openai(client: &Client<impl Config>) -> Seen {
    let request = CreateChatCompletionRequest {
        stream: Some(true),
        stream_options: Some(ChatCompletionStreamOptions {
            include_usage: Some(true),
            include_obfuscation: None,
        }),
        ..openai_sdk::question(vec![openai_sdk::user(CALLS[0])])
    };
    let mut stream = client.chat().create_stream(request).await.unwrap();
    let (mut seen, mut name, mut arguments) = (Seen::default(), String::new(), String::new());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap();
        seen.counted(chunk.usage.map(|usage| usage.completion_tokens));
        for choice in chunk.choices {
            seen.finished(choice.finish_reason);
            for call in choice.delta.tool_calls.unwrap_or_default() {
                assert_eq!(call.index, 0);
                let function = call.function.unwrap();
                name.push_str(&function.name.unwrap_or_default());
                arguments.push_str(&function.arguments.unwrap_or_default());
            }
        }
    }
    seen.called(&name, &arguments);
    seen
}

pub(crate) async fn aws_sdk(client: &aws_sdk_bedrockruntime::Client) -> Seen {
    let request = client.converse_stream().model_id(bedrock::MODEL);
    let mut stream = request.messages(bedrock::user(CALLS[0])).send().await.unwrap().stream;
    let (mut seen, mut name, mut arguments) = (Seen::default(), String::new(), String::new());
    while let Some(event) = stream.recv().await.unwrap() {
        match event {
            ConverseStreamOutput::ContentBlockStart(event) => {
                let Some(ContentBlockStart::ToolUse(call)) = event.start else {
                    panic!("{event:?}")
                };
                name.push_str(&call.name);
            }
            ConverseStreamOutput::ContentBlockDelta(event) => {
                let Some(ContentBlockDelta::ToolUse(piece)) = event.delta else {
                    panic!("{event:?}")
                };
                arguments.push_str(&piece.input);
            }
            ConverseStreamOutput::MessageStop(event) => seen.finished(Some(event.stop_reason)),
            ConverseStreamOutput::Metadata(event) => {
                seen.counted(event.usage.map(|usage| usage.output_tokens));
            }
            _ => {}
        }
    }
    seen.called(&name, &arguments);
    seen
}

#[cfg(feature = "openssl-clients")]
pub(crate) async fn anthropic_sdk(client: &anthropic_sdk::Anthropic) -> Seen {
    use anthropic_sdk::{ContentBlock, ContentBlockDelta, MessageStreamEvent};

    let request = crate::apps::anthropic_sdk::question().user(CALLS[0]).build();
    let mut stream = client.messages().create_stream(request).await.unwrap();
    let (mut seen, mut name, mut arguments) = (Seen::default(), String::new(), String::new());
    while let Some(event) = stream.next().await {
        match event.unwrap() {
            MessageStreamEvent::ContentBlockStart { content_block, .. } => {
                let ContentBlock::ToolUse { name: of_call, .. } = content_block else {
                    panic!("{content_block:?}")
                };
                name.push_str(&of_call);
            }
            MessageStreamEvent::ContentBlockDelta { delta, .. } => {
                let ContentBlockDelta::InputJsonDelta { partial_json } = delta else {
                    panic!("{delta:?}")
                };
                arguments.push_str(&partial_json);
            }
            MessageStreamEvent::MessageDelta { delta, usage } => {
                seen.finished(delta.stop_reason);
                seen.counted(Some(usage.output_tokens));
            }
            MessageStreamEvent::MessageStop => break,
            _ => {}
        }
    }
    seen.called(&name, &arguments);
    seen
}

/// The client puts it together.
#[cfg(feature = "langchain-client")]
pub(crate) async fn langchain(llm: &super::langchain::Llm) -> Seen {
    use langchain_rust::language_models::LLMEvent;
    use langchain_rust::language_models::llm::LLM as _;
    use langchain_rust::schemas::Message;

    let messages = [Message::new_human_message(CALLS[0])];
    let mut stream = llm.generate_stream(&messages);
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        if let LLMEvent::Done(result) = event.unwrap() {
            for call in result.tool_calls {
                seen.called(&call.name, &call.arguments);
            }
        }
    }
    seen
}
