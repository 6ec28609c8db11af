//! anthropic-sdk-rust. It has no call for `count_tokens`; `plain.rs` makes that one.

use anthropic_sdk::types::ToolUse;
use anthropic_sdk::{
    Anthropic, ClientConfig, ContentBlock, ContentBlockDelta, ContentBlockParam, LogLevel,
    MessageContent, MessageCreateBuilder, MessageStreamEvent, Role, Tool,
};
use futures::StreamExt as _;

use super::{MODEL, QUESTION, Seen, TOOL_QUESTIONS, weather};

/// The SDK would otherwise install a global subscriber.
pub(crate) fn with(config: ClientConfig) -> Anthropic {
    Anthropic::with_config(config.with_log_level(LogLevel::Off)).unwrap()
}

pub(crate) fn at(base_url: &str) -> Anthropic {
    with(ClientConfig::new("not needed").with_base_url(base_url))
}

pub(crate) fn question() -> MessageCreateBuilder {
    MessageCreateBuilder::new(MODEL, 32).temperature(0.3)
}

pub(crate) async fn messages(client: &Anthropic) -> Seen {
    ask(client, QUESTION).await
}

pub(crate) async fn ask(client: &Anthropic, text: &str) -> Seen {
    let message = client.messages().create(question().user(text).build()).await.unwrap();
    let mut seen = Seen::default();
    seen.finished(message.stop_reason.as_ref());
    seen.counted(Some(message.usage.output_tokens));
    seen.saw(&message);
    for block in message.content {
        if let ContentBlock::Text { text } = block {
            seen.text.push_str(&text);
        }
    }
    seen
}

pub(crate) async fn messages_stream(client: &Anthropic) -> Seen {
    ask_stream(client, QUESTION).await
}

pub(crate) async fn ask_stream(client: &Anthropic, text: &str) -> Seen {
    let request = question().user(text).build();
    let mut stream = client.messages().create_stream(request).await.unwrap();
    let mut seen = Seen::default();
    while let Some(event) = stream.next().await {
        let event = event.unwrap();
        seen.saw(&event);
        match event {
            MessageStreamEvent::ContentBlockDelta {
                delta: ContentBlockDelta::TextDelta { text },
                ..
            } => seen.piece(&text),
            MessageStreamEvent::MessageDelta { delta, usage } => {
                seen.finished(delta.stop_reason);
                seen.counted(Some(usage.output_tokens));
            }
            // The stream itself does not end when its connection does.
            MessageStreamEvent::MessageStop => break,
            _ => {}
        }
    }
    seen
}

pub(crate) async fn tools(client: &Anthropic) -> Seen {
    tool_loop(client, &TOOL_QUESTIONS).await
}

/// Each question is a turn that calls the tool and a turn that answers.
pub(crate) async fn tool_loop(client: &Anthropic, questions: &[&str]) -> Seen {
    let tool = Tool::new(weather::NAME, weather::DESCRIPTION)
        .parameter("city", "string", "Name of the city")
        .required("city")
        .build();
    let mut seen = Seen::default();
    let mut request = question().tools(vec![tool]);
    for text in questions {
        request = request.user(*text);
        loop {
            let message = client.messages().create(request.clone().build()).await.unwrap();
            seen.saw(&message);
            let mut said = Vec::new();
            let mut results = Vec::new();
            for block in message.content {
                match block {
                    ContentBlock::Text { text } => {
                        seen.text.clone_from(&text);
                        said.push(ContentBlockParam::text(text));
                    }
                    ContentBlock::ToolUse { id, name, input } => {
                        results.push(answer(
                            &mut seen,
                            &ToolUse { id: id.clone(), name: name.clone(), input: input.clone() },
                        ));
                        said.push(ContentBlockParam::ToolUse { id, name, input });
                    }
                    other => panic!("{other:?}"),
                }
            }
            request = request.message(Role::Assistant, MessageContent::Blocks(said));
            if results.is_empty() {
                break;
            }
            request = request.user(MessageContent::Blocks(results));
        }
    }
    seen
}

fn answer(seen: &mut Seen, call: &ToolUse) -> ContentBlockParam {
    seen.called(&call.name, &call.input.to_string());
    ContentBlockParam::ToolResult {
        tool_use_id: call.id.clone(),
        content: Some(weather::call(&call.input)),
        is_error: None,
    }
}
