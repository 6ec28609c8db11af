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

use super::content::Failure;
use super::embeddings::{embedded, first, inputs};
use super::format::{
    Api, At, Format, Kind, Limit, Operation, Prompt, Render, RenderContext, Rendered, Requested,
    Requirements, Streaming, Transcript,
};
use super::requested::{self, Reasoning};
use super::{
    annotations, anthropic, cohere, failure, openai, openai_chat, rendered, terminator, text,
};
use crate::json::write::{Object, Raw, object};
use crate::json::{self, Json};
use crate::provider::Provider;
use completion::Maker;
use converse::{EXCEPTION, frame};

pub(super) static FORMAT: Format = Format {
    name: "Bedrock",
    owns: |line| line.provider == Provider::Bedrock && line.path.starts_with("/model/"),
    operations: &[
        replies(At::Last("converse"), Streaming::Never, |context| converse::whole(context).into())
            .requires(Requirements::MESSAGES),
        replies(At::Last("converse-stream"), Streaming::Always, converse::stream)
            .requires(Requirements::MESSAGES),
        Operation {
            kind: Kind::Other,
            at: At::Where(|path| path.ends_with("/invoke") && path.contains("embed")),
            ..INVOKE
        },
        INVOKE,
        replies(At::Last("invoke-with-response-stream"), Streaming::Always, invoke),
        Operation::other(At::Last("count-tokens"), |context| {
            object! { "inputTokens": context.input_tokens() }.into()
        }),
        Operation::unlisted(At::Any, failure::unknown_endpoint),
    ],
    api: Some(&API),
    // <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>
    volatile: &[
        "requestMetadata",
        "performanceConfig",
        "serviceTier",
        "cache_control",
        "anthropic_version",
        "anthropic_beta",
        "timestamp",
    ],
    annotations: annotations::BEDROCK,
    tool_ids: &[
        &["messages", "[]", "content", "[]", "toolUse", "toolUseId"],
        &["messages", "[]", "content", "[]", "toolResult", "toolUseId"],
        &["messages", "[]", "content", "[]", "id"],
        &["messages", "[]", "content", "[]", "tool_use_id"],
    ],
    // it is in the path alone: some models have a member of that name
    model: |_, path, _| model(path),
    prompts: &[
        Prompt::Requests("input"),
        Prompt::Requests("converse"),
        Prompt::Messages("messages"),
        Prompt::Texts(&["prompt", "input", "inputText", "message", "texts"]),
    ],
    requested: REQUESTED,
    read_event: openai_chat::read_event,
    error_message: text::message_first,
    terminator: terminator::BEDROCK,
    ..Format::DEFAULT
};

/// The members of `converse` and Nova, of Claude, and of the makers of the other models.
const REQUESTED: Requested = Requested {
    most_tokens: &[
        "inferenceConfig/maxTokens",
        "inferenceConfig/max_new_tokens",
        "textGenerationConfig/maxTokenCount",
        "max_gen_len",
        "max_completion_tokens",
        "max_tokens",
    ],
    stops: &[
        "inferenceConfig/stopSequences",
        "textGenerationConfig/stopSequences",
        "stop_sequences",
        "stop",
    ],
    logprobs: requested::with_top_logprobs,
    reasoning: |body| {
        let fields = body.get("additionalModelRequestFields").unwrap_or(body);
        let config = fields.text("reasoning_config/type").or(fields.text("reasoningConfig/type"));
        let has_effort = requested::has_effort(fields, "reasoning_effort");
        match requested::thinking(fields) {
            Reasoning::None => {
                Reasoning::shown_if(has_effort || config.as_deref() == Some("enabled"))
            }
            other => other,
        }
    },
};

const fn replies(at: At, streaming: Streaming, render: Render) -> Operation {
    Operation::conversation(at, render).streams(streaming)
}

const INVOKE: Operation = replies(At::Last("invoke"), Streaming::Never, invoke)
    .limits(Limit::vectors("inputText", "dimensions", |_| 1024));

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

/// `/model/ID/converse`; an ARN's slashes are still encoded.
fn model(path: &str) -> Option<Cow<'_, str>> {
    let rest = path.strip_prefix("/model/")?;
    let id = rest.split(['/', '?']).next()?;
    (!id.is_empty()).then(|| id.replace("%2F", "/").into())
}

/// Reads one frame of `converse-stream` or `invoke-with-response-stream`.
pub(super) fn read_frame(transcript: &mut Transcript, headers: &[(String, String)], payload: &str) {
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    };
    if let Some((kind, message)) = exception(headers, payload) {
        transcript.error(Some(message.unwrap_or(kind)));
    }
    let Ok(payload) = json::parse(payload) else { return };
    match header(":event-type") {
        Some("chunk") => read_invoked(transcript, &payload),
        Some(kind) => read_converse(transcript, kind, &payload),
        None => {}
    }
}

/// The kind and the message of a frame that ends the stream with an error.
pub(super) fn exception(
    headers: &[(String, String)],
    payload: &str,
) -> Option<(String, Option<String>)> {
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
    };
    // https://smithy.io/2.0/aws/amazon-eventstream.html: modeled exceptions, and errors without a model
    let kind = header(":exception-type").or_else(|| header(":error-code"))?;
    let payload = json::parse(payload).ok();
    let message = payload.as_ref().and_then(text::message_first);
    Some((kind, message.or_else(|| header(":error-message"))))
}

fn read_converse(transcript: &mut Transcript, kind: &str, payload: &Json<'_>) {
    let index = payload.find("contentBlockIndex").and_then(Json::as_u64).unwrap_or(0);
    match kind {
        "contentBlockStart" => {
            if let Some(name) = payload.text("start/toolUse/name") {
                transcript.call(index, Some(name), None);
            }
        }
        "contentBlockDelta" => {
            transcript.text_at(payload, "delta/text");
            transcript.reasoning_at(payload, &["delta/reasoningContent/text"]);
            if let Some(piece) = payload.find("delta/toolUse/input") {
                transcript.call(index, None, Some(piece));
            }
        }
        _ => {}
    }
}

/// A chunk of `invoke` wraps what the model's maker would have streamed.
fn read_invoked(transcript: &mut Transcript, payload: &Json<'_>) {
    let bytes = payload.text("bytes").and_then(|bytes| STANDARD.decode(&*bytes).ok());
    let Some(inner) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let Ok(event) = json::parse(&inner) else { return };
    let texts = ["outputText", "generation", "outputs/0/text"];
    if let Some(piece) = texts.iter().find_map(|path| event.text(path)) {
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

/// The response of the model's maker, with Bedrock's own counts in its headers:
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>
fn invoke(context: &RenderContext<'_>) -> Rendered {
    let mut rendered = of_model(context);
    if !context.streams && rendered.status == 200 {
        let usage = context.usage();
        for (name, count) in [
            ("x-amzn-bedrock-input-token-count", usage.input),
            ("x-amzn-bedrock-output-token-count", usage.output),
            ("x-amzn-bedrock-invocation-latency", usage.output),
        ] {
            rendered.set_header(name, count.to_string());
        }
    }
    rendered
}

fn of_model(context: &RenderContext<'_>) -> Rendered {
    let is = |names: &[&str]| is(context, names);
    if is(&["anthropic", "claude"]) {
        let data = |context: &RenderContext<'_>| {
            anthropic::events(context).into_iter().map(|(_, data)| data).collect()
        };
        of_maker(context, anthropic::whole, data, None)
    } else if is(&["embed"]) && !context.streams {
        titan_embeddings(context)
    } else if is(&["openai.", "gpt-oss", "deepseek."]) && context.member("messages").is_some() {
        of_openai(context)
    } else if is(&["nova"]) {
        of_maker(context, converse::whole, converse::named_events, None)
    } else if is(&["cohere.command-r"]) {
        of_maker(context, cohere::v1::response, cohere::v1::events, None)
    } else if let Some(maker) = Maker::of(context) {
        let failure = context.reply.failure.as_ref();
        of_maker(context, |context| maker.whole(context), |context| maker.chunks(context), failure)
    } else {
        failure::unknown_endpoint(context)
    }
}

/// The models of OpenAI, and others whose bodies are those of chat completions:
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html>
fn of_openai(context: &RenderContext<'_>) -> Rendered {
    if !context.streams {
        return openai_chat::whole(context).into();
    }
    let chunk = |data: &str| frame("chunk", object! { "bytes": STANDARD.encode(data) });
    rendered::frames(openai_chat::stream(context).payloads().map(chunk).collect())
}

/// The response of the model's maker, or its events, each in a frame. A failure becomes Bedrock's own exception, for
/// makers without an event for errors.
fn of_maker(
    context: &RenderContext<'_>,
    whole: impl Fn(&RenderContext<'_>) -> Object,
    events: impl Fn(&RenderContext<'_>) -> Vec<Object>,
    failure: Option<&Failure>,
) -> Rendered {
    if !context.streams {
        return whole(context).into();
    }
    let chunk = |event: Object| {
        let bytes = STANDARD.encode(event.into_text());
        frame("chunk", object! { "bytes": bytes })
    };
    let exception = failure.map(|failure| frame(EXCEPTION, object! { "message": failure.message }));
    rendered::frames(events(context).into_iter().map(chunk).chain(exception).collect())
}
