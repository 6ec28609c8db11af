//! Amazon Bedrock: `converse`, its stream, and `invoke`, whose bodies are those of the model's maker.
//!
//! [`converse`] has the bodies of Nova too (`docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html`).
//! Those of Cohere's Command R are the ones of Cohere's first chat (`model-parameters-cohere-command-r-plus.html` in
//! Bedrock's user guide). [`completion`] has models that continue a text.

mod completion;
mod converse;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::embeddings::{embedded, first, inputs};
use super::failure;
use super::format::{
    Api, At, Format, Kind, Limit, Operation, Render, RenderContext, Rendered, Requirements,
    Streaming, ToolIdPath, Transcript,
};
use super::rendered;
use super::{anthropic, cohere, errors, openai, openai_chat, text};
use crate::json::write::{Object, Raw, object};
use crate::json::{self, Json};
use crate::provider::Provider;
use crate::stream::Item;
use completion::Maker;
use converse::{EXCEPTION, frame};

pub(super) static FORMAT: Format = Format {
    name: "Bedrock",
    owns: |line| line.provider == Provider::Bedrock && line.path.starts_with("/model/"),
    operations: &[
        replies(At::Last("converse"), Streaming::Never, converse::render)
            .requires(Requirements::MESSAGES),
        replies(At::Last("converse-stream"), Streaming::Always, converse::stream)
            .requires(Requirements::MESSAGES),
        Operation { kind: Kind::Other, at: At::Where(embeds), ..INVOKE },
        INVOKE,
        replies(At::Last("invoke-with-response-stream"), Streaming::Always, invoke_stream),
        Operation::other(At::Last("count-tokens"), count),
        Operation::unlisted(At::Any, failure::unknown_endpoint),
    ],
    api: Some(&API),
    volatile: &["requestMetadata", "timestamp"],
    tool_ids: TOOL_IDS,
    // it is in the path alone: some models have a member of that name
    model: |_, path, _| model(path),
    prompt,
    read_event: openai_chat::read_event,
    error_message: errors::message_first,
    ..Format::DEFAULT
};

const fn replies(at: At, streaming: Streaming, render: Render) -> Operation {
    Operation::conversation(at, render).streams(streaming)
}

const INVOKE: Operation = replies(At::Last("invoke"), Streaming::Never, invoke)
    .limits(Limit::vectors("inputText", &["dimensions"], |_| 1024));

fn embeds(path: &str) -> bool {
    path.ends_with("/invoke") && path.contains("embed")
}

pub(super) static API: Api = Api {
    request_id: Some("x-amzn-requestid"),
    error_kind: Some("x-amzn-errortype"),
    kind_of_status: kind_of_error,
    empty: &[("models", r#"{"object":"list","data":[]}"#)],
    model_list: |objects, _| object! { "modelSummaries": *objects },
    model: |model, _| {
        object! {
            "modelId": model.id,
            "modelName": model.id,
            "inputModalities": Raw(r#"["TEXT"]"#),
            "outputModalities": Raw(r#"["TEXT"]"#),
        }
    },
    ..openai::DEFAULT
};

pub(super) const TOOL_IDS: &[ToolIdPath] = &[
    &["messages", "[]", "content", "[]", "toolUse", "toolUseId"],
    &["messages", "[]", "content", "[]", "toolResult", "toolUseId"],
    &["messages", "[]", "content", "[]", "id"],
    &["messages", "[]", "content", "[]", "tool_use_id"],
];

/// `/model/ID/converse`; an ARN's slashes are still encoded.
fn model(path: &str) -> Option<Cow<'_, str>> {
    let rest = path.strip_prefix("/model/")?;
    let id = rest.split(['/', '?']).next()?;
    (!id.is_empty()).then(|| id.replace("%2F", "/").into())
}

/// The text of the last message of the user, or of the member that the model's maker has instead.
pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    if let Some(counted) = body.get("input").and_then(|input| input.get("converse")) {
        return prompt(counted);
    }
    anthropic::prompt(body).or_else(|| openai_chat::input(body)).or_else(|| {
        ["inputText", "message", "texts"]
            .iter()
            .find_map(|name| body.get(name).and_then(text::content))
    })
}

/// Reads one frame of `converse-stream` or `invoke-with-response-stream`.
pub(super) fn read_frame(transcript: &mut Transcript, headers: &[(String, String)], payload: &str) {
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    let Ok(payload) = json::parse(payload) else { return };
    if let Some(kind) = header(":exception-type") {
        let message = errors::message_first(&payload);
        transcript.error(Some(message.unwrap_or_else(|| kind.to_owned())));
    }
    match header(":event-type") {
        Some("chunk") => read_invoked(transcript, &payload),
        Some(kind) => read_converse(transcript, kind, &payload),
        None => {}
    }
}

fn read_converse(transcript: &mut Transcript, kind: &str, payload: &Json<'_>) {
    let index = || payload.get("contentBlockIndex").and_then(Json::as_u64).unwrap_or(0).to_string();
    match kind {
        "contentBlockStart" => {
            let name =
                payload.get("start").and_then(|start| start.get("toolUse")?.get("name")?.as_str());
            if let Some(name) = name {
                transcript.call(&index(), Some(&name), "");
            }
        }
        "contentBlockDelta" => {
            let Some(delta) = payload.get("delta") else { return };
            transcript.text_in(delta, "text");
            if let Some(piece) = delta.get("toolUse").and_then(|tool| tool.get("input")?.as_str()) {
                transcript.call(&index(), None, &piece);
            }
        }
        _ => {}
    }
}

/// A chunk of `invoke` wraps what the model's maker would have streamed.
fn read_invoked(transcript: &mut Transcript, payload: &Json<'_>) {
    let Some(bytes) = payload.get("bytes").and_then(Json::as_str) else { return };
    let Some(inner) = STANDARD.decode(&*bytes).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    else {
        return;
    };
    let Ok(event) = json::parse(&inner) else { return };
    let output = event.get("outputs").and_then(|outputs| outputs.at(0)?.get("text"));
    let generation = ["outputText", "generation"].iter().find_map(|name| event.get(name));
    if let Some(piece) = generation.or(output).and_then(Json::as_str) {
        transcript.text(&piece);
    } else if event.get("event_type").is_some() {
        cohere::read_event(transcript, &event);
    } else if event.get("choices").is_some() {
        openai_chat::read_event(transcript, &event);
    } else if event.get("type").is_some() {
        anthropic::read_event(transcript, &event);
    } else {
        // Amazon's own models stream what `converse` streams, the kind being the member's name
        for (kind, inner) in event.as_object().unwrap_or_default() {
            read_converse(transcript, &kind.decode(), inner);
        }
    }
}

fn kind_of_error(status: u16) -> &'static str {
    match status {
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        500.. => "InternalServerException",
        _ => "ValidationException",
    }
}

fn count(context: &RenderContext<'_>) -> Rendered {
    object! { "inputTokens": context.input_tokens() }.into()
}

fn titan_embeddings(context: &RenderContext<'_>) -> Rendered {
    let texts = inputs(context, "inputText");
    object! {
        "embedding": first(&embedded(context, &texts)),
        "inputTextTokenCount": context.input_tokens(),
    }
    .into()
}

fn is(context: &RenderContext<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| context.model.contains(name))
}

const ANTHROPIC: &[&str] = &["anthropic", "claude"];
const NOVA: &[&str] = &["nova"];
const COMMAND_R: &[&str] = &["cohere.command-r"];

fn invoke(context: &RenderContext<'_>) -> Rendered {
    if is(context, ANTHROPIC) {
        anthropic::whole(context).into()
    } else if is(context, &["embed"]) {
        titan_embeddings(context)
    } else if is(context, NOVA) {
        converse::whole(context).into()
    } else if is(context, COMMAND_R) {
        cohere::v1::response(context).into()
    } else {
        match Maker::of(context) {
            Some(maker) => completion::whole(context, maker).into(),
            None => failure::unknown_endpoint(context),
        }
    }
}

fn invoke_stream(context: &RenderContext<'_>) -> Rendered {
    if is(context, ANTHROPIC) {
        wrapped(anthropic::events(context).into_iter().map(|(_, data)| data.into_text()).collect())
    } else if is(context, NOVA) {
        let named =
            |(kind, payload): &(&str, Object)| Object::new().with(kind, payload).into_text();
        wrapped(converse::events(context).iter().map(named).collect())
    } else if is(context, COMMAND_R) {
        wrapped(cohere::v1::events(context).into_iter().map(Object::into_text).collect())
    } else {
        match Maker::of(context) {
            Some(maker) => with_exception(context, completion::chunks(context, maker)),
            None => failure::unknown_endpoint(context),
        }
    }
}

/// The events of the model's maker, each in a frame.
fn wrapped(events: Vec<String>) -> Rendered {
    rendered::frames(chunks(events))
}

fn chunks(events: Vec<String>) -> Vec<Item> {
    let chunk = |event: String| frame("chunk", &object! { "bytes": STANDARD.encode(&event) });
    events.into_iter().map(chunk).collect()
}

/// The same for a maker without an event for errors; Bedrock has one.
fn with_exception(context: &RenderContext<'_>, events: Vec<String>) -> Rendered {
    let mut frames = chunks(events);
    if let Some(failure) = &context.reply.failure {
        frames.push(frame(EXCEPTION, &object! { "message": failure.message }));
    }
    rendered::frames(frames)
}
