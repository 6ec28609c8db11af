//! Google's `generateContent` and the other methods of models, of Gemini and of Vertex.

use super::embeddings::{embedded, first, text_of};
use super::extras::{Citation, most_likely};
use super::format::{
    Api, At, Feature, Finish, Format, Limit, Operation, Prompt, RenderContext, Rendered, Requested,
    Requirements, Streaming, Transcript, Usage, error_text,
};
use super::requested::Reasoning;
use super::size::OutputSize;
use super::{failure, openai, rendered, terminator};
use crate::json::write::{Object, list, nested, object};
use crate::json::{self, Json};

const CONTENTS: Requirements = Requirements::member("contents").messages("contents");

pub(super) static FORMAT: Format = Format {
    name: "Gemini",
    // the methods of a model: `M:generateContent`
    owns: |line| {
        let verb = line.last.rsplit_once(':').map_or("", |(_, verb)| verb);
        let ends = ["Content", "Contents", "Tokens", "Answer"];
        verb == "predict" || ends.iter().any(|end| verb.ends_with(end))
    },
    operations: &[
        Operation::conversation(At::Verb("generateContent"), whole)
            .streams(Streaming::Never)
            .requires(CONTENTS)
            .measured(measure),
        Operation::conversation(At::Verb("streamGenerateContent"), streamed)
            .streams(Streaming::Always)
            .requires(CONTENTS)
            .measured(measure),
        Operation::other(At::Verb("countTokens"), count),
        Operation::other(At::Verb("embedContent"), embed)
            .limits(vectors("requests", "outputDimensionality")),
        Operation::other(At::Verb("batchEmbedContents"), embed_batch)
            .limits(vectors("requests", "requests/0/outputDimensionality")),
        Operation::other(At::Verb("predict"), predict)
            .limits(vectors("instances", "parameters/outputDimensionality")),
        Operation::unlisted(At::Any, failure::unknown_endpoint),
    ],
    api: Some(&API),
    volatile: &["labels", "timestamp"],
    tool_ids: &[
        &["contents", "[]", "parts", "[]", "functionCall", "id"],
        &["contents", "[]", "parts", "[]", "functionResponse", "id"],
        &["contents", "[]", "parts", "[]", "function_call", "id"],
        &["contents", "[]", "parts", "[]", "function_response", "id"],
    ],
    prompts: &[
        Prompt::Requests("generateContentRequest"),
        Prompt::Texts(&["instances"]),
        Prompt::Requests("requests"),
        Prompt::Messages("contents"),
        Prompt::Messages("content"),
    ],
    expresses: &[
        Feature::Items,
        Feature::Events,
        Feature::Searches,
        Feature::Citations,
        Feature::Choices,
        Feature::LogProbs,
    ],
    requested: Requested {
        most_tokens: &[
            "generationConfig/maxOutputTokens",
            "generationConfig/max_output_tokens",
            "generation_config/maxOutputTokens",
            "generation_config/max_output_tokens",
        ],
        stops: &[
            "generationConfig/stopSequences",
            "generationConfig/stop_sequences",
            "generation_config/stopSequences",
            "generation_config/stop_sequences",
        ],
        logprobs,
        reasoning,
    },
    answers: candidates,
    read_event,
    terminator: terminator::GEMINI,
    ..Format::DEFAULT
};

const fn vectors(inputs: &'static str, dimensions: &'static str) -> Limit {
    let default = |model: &str| if model.contains("gemini") { 3072 } else { 768 };
    Limit::vectors(inputs, dimensions, default)
}

/// A member of the configuration. Google reads both spellings of every name, and its clients mix them.
fn config<'a, 'b>(body: &'b Json<'a>, path: &[&str]) -> Option<&'b Json<'a>> {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    ["generationConfig"].iter().chain(path).try_fold(body, |value, step| {
        let mut members = value.as_object()?.iter();
        let (_, found) = members.find(|(name, _)| plain(&name.decode()) == plain(step))?;
        Some(found)
    })
}

fn logprobs(body: &Json<'_>) -> Option<usize> {
    let wanted = config(body, &["responseLogprobs"])?;
    let count = config(body, &["logprobs"]).and_then(Json::as_u64).unwrap_or(0);
    (*wanted == Json::Bool(true)).then(|| usize::try_from(count.min(20)).unwrap_or_default())
}

/// Thoughts are shown on request; a budget or a level of thinking alone counts as tokens.
fn reasoning(body: &Json<'_>) -> Reasoning {
    if config(body, &["thinkingConfig", "includeThoughts"]) == Some(&Json::Bool(true)) {
        return Reasoning::Shown;
    }
    let budget = config(body, &["thinkingConfig", "thinkingBudget"]);
    let has_budget = budget.is_some_and(|budget| budget.as_u64() != Some(0));
    let has_level = config(body, &["thinkingConfig", "thinkingLevel"]).is_some();
    if has_budget || has_level { Reasoning::Hidden } else { Reasoning::None }
}

/// Every candidate contains the whole reply.
fn measure(context: &RenderContext<'_>, size: &mut OutputSize) {
    size.add_reply(context.reply, candidates(context));
}

pub(super) static API: Api = Api {
    error: |parts| {
        let kind = parts.kind.to_uppercase();
        let wait = parts.retry_after.filter(|_| parts.status == 429);
        error(parts.status, &kind, parts.message, wait).into_text()
    },
    kind_of_status: kind_of_error,
    has_array_streams: true,
    model: |model, _| {
        object! {
            "name": format!("models/{}", model.id),
            "version": "001",
            "displayName": model.id,
            "inputTokenLimit": 1_048_576_u64,
            "outputTokenLimit": 65_536_u64,
            "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
        }
    },
    ..openai::DEFAULT
};

/// Reads one chunk: the parts of the first candidate.
pub(super) fn read_event(transcript: &mut Transcript, chunk: &Json<'_>) {
    transcript.error(error_text(chunk));
    for part in chunk.items("candidates/0/content/parts") {
        if part.get("thought") == Some(&Json::Bool(true)) {
            transcript.reasoning_at(part, &["text"]);
            continue;
        }
        transcript.text_at(part, "text");
        if let Some(call) = part.get("functionCall").or_else(|| part.get("function_call")) {
            transcript.whole_call(call, "args");
        }
    }
}

/// An error; `wait` is in its details, from where Google's clients read it.
fn error(status: u16, kind: &str, message: &str, wait: Option<&str>) -> Object {
    let error = object! { "code": status, "message": message, "status": kind };
    let seconds = wait.filter(|wait| wait.bytes().all(|byte| byte.is_ascii_digit()));
    let details = seconds.map(|seconds| {
        let retry = "type.googleapis.com/google.rpc.RetryInfo";
        [object! { "@type": retry, "retryDelay": format!("{seconds}s") }]
    });
    let error = error.with_some("details", details.as_ref());
    object! { "error": error }
}

fn kind_of_error(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

fn streamed(context: &RenderContext<'_>) -> Rendered {
    let chunks = stream(context);
    if context.path.contains("alt=sse") {
        rendered::google_sse(chunks)
    } else {
        rendered::json_array(chunks)
    }
}

fn count(context: &RenderContext<'_>) -> Rendered {
    let tokens = context.input_tokens();
    let details = [object! { "modality": "TEXT", "tokenCount": tokens }];
    object! { "totalTokens": tokens, "promptTokensDetails": details }.into()
}

fn embed(context: &RenderContext<'_>) -> Rendered {
    let texts: Vec<String> = context.body.into_iter().map(text_of).collect();
    let vectors = embedded(context, &texts);
    object! { "embedding": nested! { "values": first(&vectors) } }.into()
}

fn embed_batch(context: &RenderContext<'_>) -> Rendered {
    let texts = texts(context, "requests");
    let vectors = embedded(context, &texts);
    let each = list(|add| vectors.iter().for_each(|vector| add(&nested! { "values": vector })));
    object! { "embeddings": each }.into()
}

/// Vertex's embeddings.
fn predict(context: &RenderContext<'_>) -> Rendered {
    let texts = texts(context, "instances");
    let vectors = embedded(context, &texts);
    let each = list(|add| {
        for vector in &vectors {
            add(&nested! { "embeddings": nested! { "values": vector } });
        }
    });
    object! { "predictions": each }.into()
}

fn texts(context: &RenderContext<'_>, member: &str) -> Vec<String> {
    context.member(member).and_then(Json::as_array).into_iter().flatten().map(text_of).collect()
}

fn whole(context: &RenderContext<'_>) -> Rendered {
    let reply = context.reply;
    let shown = reply.reasoning.iter().filter(|_| !reply.is_reasoning_hidden);
    let parts: Vec<Object> = shown.map(thought).collect();
    let finish = Some(finish_reason(reply.finished()));
    let more = calls(context).chain(raw_parts(context)).collect::<Vec<_>>();
    let of_text = |text: Option<&str>, index: usize| {
        let words = text.map(|text| object! { "text": text });
        let parts: Vec<Object> = parts.iter().chain(&words).chain(&more).cloned().collect();
        grounded(context, candidate(&parts, finish, index)).joined(&logprobs_result(context))
    };
    let candidates: Vec<Object> = match reply.extras.choices.as_slice() {
        [] => (0..candidates(context)).map(|index| of_text(reply.words(), index)).collect(),
        texts => texts.iter().enumerate().map(|(index, text)| of_text(Some(text), index)).collect(),
    };
    response(context, &candidates, context.usage()).into()
}

/// How many candidates the request asks for; a stream has one.
pub(super) fn candidates(context: &RenderContext<'_>) -> usize {
    let config = context.member("generationConfig").filter(|_| !context.streams);
    let count = config.and_then(|config| config.get("candidateCount")?.as_u64()).unwrap_or(1);
    usize::try_from(count).unwrap_or(usize::MAX).clamp(1, 8)
}

/// The chunks of a stream; the last one says why it ends.
fn stream(context: &RenderContext<'_>) -> Vec<Object> {
    let reply = context.reply;
    let thoughts = reply.reasoning_pieces().into_iter().filter(|_| !reply.is_reasoning_hidden);
    let thoughts = thoughts.map(thought);
    let words = reply.word_pieces().into_iter().map(|piece| object! { "text": piece });
    let more = calls(context).chain(raw_parts(context));
    let mut parts: Vec<Object> = thoughts.chain(words).chain(more).collect();
    if parts.is_empty() {
        parts.push(object! { "text": "" });
    }
    let (usage, last) = (context.usage(), parts.len());
    let mut chunks = Vec::with_capacity(last);
    for (part, at) in parts.into_iter().zip(1..) {
        let ends = at == last && reply.failure.is_none();
        let finish = ends.then(|| finish_reason(reply.finished()));
        let sent = if ends { usage } else { Usage { output: 0, reasoning: 0, ..usage } };
        let sent_part = candidate(&[part], finish, 0);
        let sent_part = if at == last { grounded(context, sent_part) } else { sent_part };
        if at == last {
            chunks.extend(reply.extras.events.iter().map(|event| of_json(event)));
        }
        chunks.push(response(context, &[sent_part], sent));
    }
    if let Some(failure) = &reply.failure {
        let kind = failure::kind(context, failure);
        chunks.push(error(failure.status, &kind, &failure.message, None));
    }
    chunks
}

/// The text of a JSON object as one.
fn of_json(text: &str) -> Object {
    let members = json::parse(text).ok();
    let members = members.as_ref().and_then(Json::as_object).unwrap_or_default();
    members.iter().fold(Object::new(), |object, (name, value)| object.with(name.raw(), value))
}

/// Parts that the reply has in this very format.
fn raw_parts<'a>(context: &'a RenderContext<'_>) -> impl Iterator<Item = Object> + 'a {
    context.reply.extras.items.iter().map(|item| of_json(item))
}

/// The searches and sources of a candidate.
fn grounded(context: &RenderContext<'_>, candidate: Object) -> Object {
    let reply = context.reply;
    let (searches, sources) = (&reply.extras.searches, &reply.extras.citations);
    if searches.is_empty() && sources.is_empty() {
        return candidate;
    }
    let source = |one: &Citation| object! { "web": nested! { "uri": one.url, "title": one.title } };
    let chunks: Vec<Object> = sources.iter().map(source).collect();
    let text = reply.text.as_deref().unwrap_or_default();
    let segment = object! { "startIndex": 0_u64, "endIndex": text.len(), "text": text };
    let indices: Vec<usize> = (0..chunks.len()).collect();
    let support = object! { "segment": segment, "groundingChunkIndices": indices };
    let supports: &[Object] = if chunks.is_empty() { &[] } else { &[support] };
    candidate.with(
        "groundingMetadata",
        &nested! {
            "webSearchQueries": *searches,
            "groundingChunks": chunks,
            "groundingSupports": *supports,
        },
    )
}

/// The log probabilities of a candidate.
fn logprobs_result(context: &RenderContext<'_>) -> Object {
    let extras = &context.reply.extras;
    let tokens = &extras.logprobs;
    if tokens.is_empty() {
        return Object::new();
    }
    let one = |(token, value): &(String, f32)| object! { "token": token, "logProbability": value };
    let chosen: Vec<Object> = tokens.iter().map(one).collect();
    #[expect(clippy::cast_precision_loss, reason = "few tokens")]
    let average = tokens.iter().map(|(_, value)| value).sum::<f32>() / tokens.len() as f32;
    let result = object! { "chosenCandidates": chosen };
    let others = |(token, value): &(String, f32)| {
        let likely = most_likely(token, *value, extras.alternatives);
        let all: Vec<Object> = likely
            .map(|(token, value)| object! { "token": token, "logProbability": value })
            .collect();
        object! { "candidates": all }
    };
    let top: Vec<Object> = tokens.iter().map(others).collect();
    let top = (extras.alternatives > 0).then_some(&top);
    let result = result.with_some("topCandidates", top);
    object! { "avgLogprobs": average, "logprobsResult": result }
}

fn thought(text: impl AsRef<str>) -> Object {
    object! { "text": text.as_ref(), "thought": true }
}

fn calls<'a>(context: &'a RenderContext<'_>) -> impl Iterator<Item = Object> + 'a {
    context.reply.calls.iter().enumerate().map(|(at, call)| {
        let function = object! {
            "id": context.call_id("call_", at, call),
            "name": call.name,
            "args": call.arguments_as_json(),
        };
        let part = object! { "functionCall": function };
        part.with_some("thoughtSignature", context.reply.signature.as_ref())
    })
}

fn candidate(parts: &[Object], finish: Option<&str>, index: usize) -> Object {
    object! { "content": nested! { "parts": *parts, "role": "model" } }
        .with_some("finishReason", finish)
        .with("index", &index)
}

fn response(context: &RenderContext<'_>, candidates: &[Object], usage: Usage) -> Object {
    object! {
        "candidates": *candidates,
        "usageMetadata": usage_metadata(usage),
        "modelVersion": context.model,
        "responseId": context.id(""),
    }
}

fn usage_metadata(usage: Usage) -> Object {
    let (thoughts, cached) = (usage.reasoning, usage.cached);
    object! {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output - thoughts,
        "totalTokenCount": usage.total(),
    }
    .with_some("thoughtsTokenCount", (thoughts > 0).then_some(&thoughts))
    .with_some("cachedContentTokenCount", (cached > 0).then_some(&cached))
}

fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        // Google has no reason of its own for function calls
        Finish::Stop | Finish::ToolCalls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Refusal => "SAFETY",
    }
}
