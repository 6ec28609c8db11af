//! Ollama's own API, which streams unless the request declines; its `v1/...` is OpenAI's.

use super::content::ToolCall;
use super::context::rfc3339;
use super::embeddings::{embedded, first, inputs};
use super::extras::logprobs;
use super::format::{
    Api, At, Feature, Finish, Format, GET, Limit, Operation, Render, RenderContext, Rendered,
    Requested, Requirements, Streaming, Transcript, error_text, model_member,
};
use super::requested::{Reasoning, has_effort, with_top_logprobs};
use super::{openai, openai_chat, plain, rendered, terminator};
use crate::json::write::{Null, Object, Raw, nested, object};
use crate::json::{self, Json};
use crate::provider::Provider;

const REQUIREMENTS: Requirements = Requirements::NONE.messages("messages").model();

const VECTORS: Limit = Limit::vectors("input", "dimensions", |_| 768);

pub(super) static FORMAT: Format = Format {
    name: "Ollama",
    owns: |line| {
        let is_own = line.path.starts_with("/api/") && line.path != "/api/tags";
        matches!(line.provider, Provider::Ollama | Provider::OllamaCloud) && is_own
    },
    operations: &[
        replies("/api/chat", answer),
        replies("/api/generate", answer),
        Operation::other(At::Path("/api/embed"), embed).requires(REQUIREMENTS).limits(VECTORS),
        Operation::other(At::Path("/api/embeddings"), embed_prompt)
            .requires(REQUIREMENTS)
            .limits(VECTORS),
        Operation::other(At::Path("/api/show"), show).requires(REQUIREMENTS),
        Operation::other(At::Path("/api/ps"), plain::empty).for_method(GET),
        Operation::other(At::Path("/api/version"), plain::empty).for_method(GET),
        Operation::other(At::Path("/api/pull"), pulled)
            .requires(REQUIREMENTS)
            .streams(Streaming::ByDefault),
        transfers("/api/push"),
        transfers("/api/create"),
        Operation::unlisted(At::Any, plain::empty).requires(REQUIREMENTS),
    ],
    api: Some(&API),
    volatile: &["keep_alive", "timestamp"],
    tool_ids: openai_chat::TOOL_IDS,
    // `/api/show` takes the older `name` too
    model: |_, _, body| model_member(body).or_else(|| body?.get("name")?.as_str()),
    prompts: openai_chat::PROMPTS,
    expresses: &[Feature::Events],
    requested: Requested {
        most_tokens: &["options/num_predict"],
        stops: &["options/stop"],
        logprobs: with_top_logprobs,
        reasoning: |body| match body.get("think") {
            Some(Json::Bool(wanted)) => Reasoning::shown_if(*wanted),
            _ => Reasoning::shown_if(has_effort(body, "think")),
        },
    },
    read_event,
    terminator: terminator::OLLAMA,
    ..Format::DEFAULT
};

const fn replies(path: &'static str, render: Render) -> Operation {
    Operation::conversation(At::Path(path), render)
        .requires(REQUIREMENTS)
        .streams(Streaming::ByDefault)
}

/// Uploads and makes models, and reports the progress in a stream.
const fn transfers(path: &'static str) -> Operation {
    Operation::unlisted(At::Path(path), plain::empty)
        .requires(REQUIREMENTS)
        .streams(Streaming::ByDefault)
}

pub(super) static API: Api = Api {
    error: |parts| object! { "error": parts.message }.into_text(),
    empty: &[
        ("tags", r#"{"models":[]}"#),
        ("ps", r#"{"models":[]}"#),
        ("version", r#"{"version":"0.0.0"}"#),
        ("models", r#"{"object":"list","data":[]}"#),
    ],
    model: |model, created| {
        object! {
            "name": model.id,
            "model": model.id,
            "modified_at": rfc3339(model.created.unwrap_or(created)),
            "size": 0_u64,
            "digest": "0".repeat(64),
            "details": details(),
        }
    },
    ..openai::DEFAULT
};

/// Reads one line: `message` of a chat, `response` of a completion.
pub(super) fn read_event(transcript: &mut Transcript, line: &Json<'_>) {
    transcript.error(error_text(line));
    let piece = line.text("response").or_else(|| line.text("message/content"));
    transcript.text(&piece.unwrap_or_default());
    transcript.reasoning_at(line, &["thinking", "message/thinking"]);
    // `/api/generate` has them at the top level
    let calls = line.items("tool_calls").iter().chain(line.items("message/tool_calls"));
    for function in calls.filter_map(|call| call.get("function")) {
        transcript.whole_call(function, "arguments");
    }
}

fn embed(context: &RenderContext<'_>) -> Rendered {
    let texts = inputs(context, "input");
    object! {
        "model": context.model,
        "embeddings": embedded(context, &texts),
        "total_duration": 1_000_000_u64,
        "load_duration": 1_000_000_u64,
        "prompt_eval_count": context.input_tokens(),
    }
    .into()
}

/// The older endpoint, which takes one prompt.
fn embed_prompt(context: &RenderContext<'_>) -> Rendered {
    let texts = inputs(context, "prompt");
    object! { "embedding": first(&embedded(context, &texts)) }.into()
}

fn answer(context: &RenderContext<'_>) -> Rendered {
    let (reply, is_chat) = (context.reply, context.path_alone == "/api/chat");
    let line = |text: &str, thinking: Option<&str>, calls: &[Object]| {
        let head = object! { "model": context.model, "created_at": context.created_at() };
        let more = |line: Object| {
            let calls = (!calls.is_empty()).then_some(calls);
            line.with_some("thinking", thinking).with_some("tool_calls", calls)
        };
        if is_chat {
            head.with("message", &more(object! { "role": "assistant", "content": text }))
        } else {
            more(head.with("response", text))
        }
    };
    if !context.streams {
        let text = reply.words().unwrap_or_default();
        let whole = line(text, reply.reasoning.as_deref(), &calls(context));
        let whole = probable(context, whole, &reply.extras.logprobs);
        return last(context, whole).into();
    }
    let thoughts = reply.reasoning_pieces().into_iter().map(|piece| line("", Some(piece), &[]));
    let words = reply.word_pieces().into_iter().enumerate().map(|(at, text)| {
        let tokens = reply.extras.logprobs.get(at..=at).unwrap_or_default();
        probable(context, line(text, None, &[]), tokens)
    });
    let calls = calls(context).into_iter().map(|call| line("", None, &[call]));
    let lines = thoughts.chain(words).chain(calls).map(|line| line.with("done", &false));
    let end = match &reply.failure {
        Some(failure) => object! { "error": failure.message },
        None => last(context, line("", None, &[])),
    };
    let events = reply.extras.events.iter().map(|event| of_json(event));
    rendered::lines("application/x-ndjson", lines.chain(events).chain([end]).collect())
}

/// A line with the log probabilities of its text: <https://docs.ollama.com/api/chat>.
fn probable(context: &RenderContext<'_>, line: Object, tokens: &[(String, f32)]) -> Object {
    let tokens = logprobs(tokens, context.reply.extras.alternatives);
    line.with_some("logprobs", (!tokens.is_empty()).then_some(&tokens))
}

/// The text of a JSON object as one.
fn of_json(text: &str) -> Object {
    let members = json::parse(text).ok();
    let members = members.as_ref().and_then(Json::as_object).unwrap_or_default();
    members.iter().fold(Object::new(), |object, (name, value)| object.with(name.raw(), value))
}

fn calls(context: &RenderContext<'_>) -> Vec<Object> {
    let call = |(at, call): (usize, &ToolCall)| {
        let arguments = call.arguments_as_json();
        let function = nested! { "index": at, "name": call.name, "arguments": arguments };
        object! { "id": context.call_id("call_", at, call), "function": function }
    };
    context.reply.calls.iter().enumerate().map(call).collect()
}

/// The last line: finish reason, tokens and times. The times in nanoseconds follow from the tokens.
fn last(context: &RenderContext<'_>, line: Object) -> Object {
    const LOAD: u64 = 1_000_000;
    const TOKEN: u64 = 1_000_000;
    let usage = context.usage();
    let (read, written) = (usage.input.saturating_mul(TOKEN), usage.output.saturating_mul(TOKEN));
    let reason = if context.reply.finished() == Finish::Length { "length" } else { "stop" };
    line.joined(&object! {
        "done_reason": reason,
        "done": true,
        "total_duration": read.saturating_add(written).saturating_add(LOAD),
        "load_duration": LOAD,
        "prompt_eval_count": usage.input,
        "prompt_eval_duration": read,
        "eval_count": usage.output,
        "eval_duration": written,
    })
}

fn show(context: &RenderContext<'_>) -> Rendered {
    object! {
        "modelfile": "",
        "parameters": "",
        "template": "",
        "details": details(),
        "model_info": Raw(r#"{"general.architecture":"llmock"}"#),
        "capabilities": ["completion", "tools", "thinking", "embedding"],
        "modified_at": context.created_at(),
    }
    .into()
}

/// The progress of a download that has nothing to do: <https://docs.ollama.com/api/pull>.
fn pulled(context: &RenderContext<'_>) -> Rendered {
    let status = |text: &str| object! { "status": text };
    if context.member("stream") == Some(&Json::Bool(false)) {
        return status("success").into();
    }
    rendered::lines("application/x-ndjson", vec![status("pulling manifest"), status("success")])
}

/// The details of a model that clients read.
fn details() -> Object {
    object! {
        "parent_model": "",
        "format": "gguf",
        "family": "llmock",
        "families": Null,
        "parameter_size": "0B",
        "quantization_level": "F32",
    }
}
