//! OpenAI's Responses API: the response in one piece, and the endpoints around it. [`items`] writes the output and the
//! stream, [`progress`] what happens to an item of the provider's own.

mod items;
mod progress;
mod sender;

use items::Item;

use super::content::Failure;
use super::format::{
    At, Feature, Finish, Format, Operation, Prompt, RenderContext, Rendered, Requested,
    Requirements, Transcript, Usage, error_text,
};
use super::requested::{self, Reasoning, alternatives};
use super::{annotations, failure, openai, terminator};
use crate::json::Json;
use crate::json::write::{Object, Raw, list, nested, object};

const REQUIREMENTS: Requirements = Requirements::NONE.messages("input").model().temperature(2.0);

/// Those of OpenAI's other formats, and what codex adds: an id of its installation, of the session and the turn.
/// <https://github.com/openai/codex/blob/main/codex-rs/codex-api/src/common.rs>
const VOLATILE: &[&str] = openai::volatile!("client_metadata");

pub(crate) static FORMAT: Format = Format {
    name: "OpenAI responses",
    owns: |line| line.last == "responses" || line.before_last == "responses",
    operations: &[
        Operation::conversation(At::Last("responses"), render).requires(REQUIREMENTS),
        Operation::fallback(At::Last("input_tokens"), |context| {
            let tokens = context.input_tokens();
            object! { "object": "response.input_tokens", "input_tokens": tokens }.into()
        })
        .requires(REQUIREMENTS),
        Operation::fallback(At::Any, render).requires(REQUIREMENTS),
    ],
    api: Some(&openai::API),
    volatile: VOLATILE,
    annotations: annotations::OPENAI_RESPONSES,
    // `id` of an item (`fc_...`) is no tool call's: the answer that issued it is replayed verbatim
    tool_ids: &[&["input", "[]", "call_id"]],
    message_ids: &[&["input", "[]", "id"]],
    prompts: &[Prompt::Messages("input")],
    expresses: &[
        Feature::Items,
        Feature::Events,
        Feature::ItemIds,
        Feature::Searches,
        Feature::Citations,
        Feature::RedactedReasoning,
        Feature::LogProbs,
        Feature::CustomCalls,
        Feature::Namespaces,
    ],
    requested: Requested {
        most_tokens: &["max_output_tokens"],
        logprobs: |body| wants_logprobs(body).then(|| alternatives(body, "top_logprobs")),
        reasoning,
        ..Requested::NOTHING
    },
    read_event,
    terminator: terminator::RESPONSES,
    ..Format::DEFAULT
};

fn wants_logprobs(body: &Json<'_>) -> bool {
    let mut included = body.items("include").iter();
    included.any(|name| name.as_str().as_deref() == Some("message.output_text.logprobs"))
        || alternatives(body, "top_logprobs") > 0
}

/// The summary of the reasoning is shown only on request, the item always.
fn reasoning(body: &Json<'_>) -> Reasoning {
    let summary = ["reasoning/summary", "reasoning/generate_summary"];
    let is_declined = body.text("reasoning/effort").as_deref() == Some("none");
    if !is_declined && summary.iter().any(|path| requested::has_effort(body, path)) {
        Reasoning::Shown
    } else if requested::has_effort(body, "reasoning/effort") {
        Reasoning::Hidden
    } else {
        Reasoning::None
    }
}

/// Reads one event, which names its type in its data. Events of one item share its place in the output.
pub(super) fn read_event(transcript: &mut Transcript, event: &Json<'_>) {
    let place = event.get("output_index").and_then(Json::as_u64).unwrap_or(0);
    match event.text("type").as_deref() {
        Some("response.output_text.delta" | "response.refusal.delta") => {
            transcript.text_at(event, "delta");
        }
        Some("response.reasoning_summary_text.delta" | "response.reasoning_text.delta") => {
            transcript.reasoning_at(event, &["delta"]);
        }
        Some("response.output_item.added") => {
            if let Some(name) = event.text("item/name") {
                let arguments = event.find("item/arguments").or_else(|| event.find("item/input"));
                transcript.call(place, Some(name), arguments);
            }
        }
        Some(
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta",
        ) => transcript.call(place, None, event.get("delta")),
        Some("error") => transcript.error(Some(error_text(event).unwrap_or_default())),
        Some("response.failed") => {
            let message = event.get("response").and_then(error_text);
            transcript.error(Some(message.unwrap_or_default()));
        }
        _ => {}
    }
}

fn render(context: &RenderContext<'_>) -> Rendered {
    if context.method == "DELETE" {
        let id = response_id(context);
        object! { "id": id, "object": "response", "deleted": true }.into()
    } else if context.streams {
        items::stream(context).into()
    } else {
        response(context, State::finished(context)).into()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State<'a> {
    Queued,
    Begun,
    Finished(Finish),
    Failed(&'a Failure),
}

impl State<'_> {
    fn finished(context: &RenderContext<'_>) -> Self {
        Self::Finished(context.reply.finished())
    }

    fn status(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Begun => "in_progress",
            Self::Finished(Finish::Length | Finish::ContentFilter) => "incomplete",
            Self::Finished(_) => "completed",
            Self::Failed(_) => "failed",
        }
    }

    fn incomplete(self) -> Option<Object> {
        let reason = match self {
            Self::Finished(Finish::Length) => "max_output_tokens",
            Self::Finished(Finish::ContentFilter) => "content_filter",
            _ => return None,
        };
        Some(object! { "reason": reason })
    }
}

fn response(context: &RenderContext<'_>, state: State<'_>) -> Object {
    let error = match state {
        State::Failed(failure) => Some(object! {
            "code": context.reply.code.clone().unwrap_or_else(|| failure::kind(context, failure)),
            "message": failure.message,
        }),
        _ => None,
    };
    let finished = matches!(state, State::Finished(_));
    let items = if finished { Item::all(context) } else { Vec::new() };
    let output = list(|add| {
        for (at, item) in items.iter().enumerate() {
            item.write(context, &item.id(context, at), state.status(), true, add);
        }
    });
    let head = object! {
        "id": response_id(context),
        "object": "response",
        "created_at": context.created,
        "status": state.status(),
        "background": context.is_set("background"),
        "error": error,
        "incomplete_details": state.incomplete(),
        "model": context.model,
        "output": output,
    };
    let usage = finished.then(|| usage(context.usage()));
    let conversation = context.member("conversation").map(|value| match value.as_str() {
        Some(id) => object! { "id": id },
        None => Object::new().with("id", &value.text("id").unwrap_or_default()),
    });
    repeated(context, head).with_some("conversation", conversation.as_ref()).with("usage", &usage)
}

/// Adds the members that a response repeats from its request, or the API's defaults for them.
fn repeated(context: &RenderContext<'_>, response: Object) -> Object {
    const DEFAULTS: [(&str, &str); 16] = [
        ("instructions", "null"),
        ("max_output_tokens", "null"),
        ("max_tool_calls", "null"),
        ("metadata", "{}"),
        ("parallel_tool_calls", "true"),
        ("previous_response_id", "null"),
        ("reasoning", r#"{"effort":null,"summary":null}"#),
        ("service_tier", r#""default""#),
        ("store", "true"),
        ("temperature", "1.0"),
        ("text", r#"{"format":{"type":"text"}}"#),
        ("tool_choice", r#""auto""#),
        ("tools", "[]"),
        ("top_p", "1.0"),
        ("truncation", r#""disabled""#),
        ("user", "null"),
    ];
    DEFAULTS.iter().fold(response, |response, (name, default)| {
        match context.member(name).filter(|value| *name != "text" || value.get("format").is_some())
        {
            // the tier that served the request is a certain one
            Some(value) if *name == "service_tier" && value.as_str().as_deref() == Some("auto") => {
                response.with(name, "default")
            }
            Some(value) => response.with(name, value),
            None => response.with(name, &Raw(default)),
        }
    })
}

/// The id in the path (`GET responses/ID`), or a new one.
fn response_id(context: &RenderContext<'_>) -> String {
    let given = context.path_alone.rsplit_once("/responses/").map(|(_, rest)| rest);
    match given.filter(|_| context.method != "POST").and_then(|rest| rest.split('/').next()) {
        Some(id) => id.to_owned(),
        None => context.id("resp_").to_owned(),
    }
}

fn usage(usage: Usage) -> Object {
    object! {
        "input_tokens": usage.input,
        "input_tokens_details": nested! {
            "cached_tokens": usage.cached,
            "cache_write_tokens": 0_u64,
        },
        "output_tokens": usage.output,
        "output_tokens_details": nested! { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.total(),
    }
}
