//! Spans of OpenTelemetry, one for each request, in the words of the conventions for generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/>). Behind the feature `otel`.
//!
//! A span is of the kind `SERVER`, and a child of the client's if the request has a `traceparent`. Prompts and responses
//! are not in it. [`export`] sends them; a collector that cannot be reached is reported once, and changes nothing else.

mod export;
mod values;

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use llmock::Provider;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::answer::{Answer, AnswerBody};
use super::log::Line;

/// Stopping does not wait longer for a collector.
const PATIENCE: Duration = Duration::from_secs(3);

/// Sends spans to a collector.
#[derive(Debug)]
pub(crate) struct Spans {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    propagator: TraceContextPropagator,
}

/// A request and its outcome.
pub(crate) struct Handled<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) provider: Provider,
    /// Whether a model replied to messages or a prompt.
    pub(crate) is_conversation: bool,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) answer: &'a Answer,
}

impl Spans {
    /// Spans to the collector at this URL.
    pub(crate) fn to(endpoint: &str) -> Result<Self, String> {
        let exporter = export::exporter(endpoint)?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("llmock");
        }
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build();
        let tracer = provider.tracer("llmock");
        Ok(Self { provider, tracer, propagator: TraceContextPropagator::new() })
    }

    /// Adds the span of a request.
    pub(crate) fn add(&self, handled: &Handled<'_>) {
        let line = &handled.line;
        let parent = self.propagator.extract(&HeaderExtractor(handled.headers));
        let end = line.arrived.checked_add(line.took).unwrap_or_else(SystemTime::now);
        let mut span = self
            .tracer
            .span_builder(name(handled))
            .with_kind(SpanKind::Server)
            .with_start_time(line.arrived)
            .with_attributes(attributes(handled))
            .start_with_context(&self.tracer, &parent);
        if line.status >= 400 {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(end);
    }

    /// Sends what has not been sent.
    pub(crate) fn end(&self) {
        // What cannot be sent was reported when it was tried.
        let _ = self.provider.shutdown_with_timeout(PATIENCE);
    }
}

/// What the model was to do.
fn operation(handled: &Handled<'_>) -> Option<&'static str> {
    let path = handled.line.path.split('?').next().unwrap_or_default();
    if handled.is_conversation {
        return Some(match handled.provider {
            Provider::Gemini | Provider::Vertex => "generate_content",
            _ if path.ends_with("/completions") && !path.contains("/chat/") => "text_completion",
            _ => "chat",
        });
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    last.to_lowercase().contains("embed").then_some("embeddings")
}

fn name(handled: &Handled<'_>) -> String {
    let line = &handled.line;
    match (operation(handled), line.model) {
        (Some(operation), Some(model)) => format!("{operation} {model}"),
        (Some(operation), None) => operation.to_owned(),
        // The path may hold ids, of which there is no end.
        (None, _) => line.method.to_owned(),
    }
}

fn attributes(handled: &Handled<'_>) -> Vec<KeyValue> {
    let line = &handled.line;
    let mut all = vec![
        KeyValue::new("http.request.method", line.method.to_owned()),
        KeyValue::new("url.path", line.shown_path()),
        KeyValue::new("http.response.status_code", i64::from(line.status)),
        KeyValue::new("gen_ai.provider.name", provider_name(handled.provider)),
        KeyValue::new("llmock.strategy", line.by.to_owned()),
        KeyValue::new("llmock.session", line.session.to_string()),
    ];
    let texts = [
        ("gen_ai.operation.name", operation(handled)),
        ("gen_ai.request.model", line.model),
        ("llmock.source", line.source),
        ("llmock.fault", line.fault),
    ];
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key, text?.to_owned())));
    all.extend(texts.map(|(key, text)| KeyValue::new(key, text)));
    if line.status >= 400 {
        all.push(KeyValue::new("error.type", line.status.to_string()));
    }
    if operation(handled).is_some() {
        all.extend(values::of_request(handled.body));
        all.extend(of_response(handled.answer));
    }
    all
}

/// What the response tells of itself; nothing if it is forwarded while it arrives.
fn of_response(answer: &Answer) -> Vec<KeyValue> {
    let pieces: Vec<&[u8]> = match &answer.body {
        AnswerBody::Whole(bytes) => vec![bytes],
        AnswerBody::Stream { pieces, .. } => pieces.iter().map(|piece| &*piece.bytes).collect(),
        AnswerBody::Live(_) | AnswerBody::Nothing => Vec::new(),
    };
    let told = values::Told::of(&pieces);
    let mut all = Vec::new();
    let numbers = [
        ("gen_ai.usage.input_tokens", told.input_tokens),
        ("gen_ai.usage.output_tokens", told.output_tokens),
    ];
    all.extend(numbers.into_iter().filter_map(|(key, number)| Some(KeyValue::new(key, number?))));
    let texts = [("gen_ai.response.id", told.id), ("gen_ai.response.model", told.model)];
    all.extend(texts.into_iter().filter_map(|(key, text)| Some(KeyValue::new(key, text?))));
    if !told.finish_reasons.is_empty() {
        let reasons: Vec<StringValue> = told.finish_reasons.into_iter().map(Into::into).collect();
        all.push(KeyValue::new(
            "gen_ai.response.finish_reasons",
            Value::Array(Array::String(reasons)),
        ));
    }
    all
}

/// The well-known name of a provider, or its id.
fn provider_name(provider: Provider) -> &'static str {
    match provider.id() {
        "azure" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "vertex" => "gcp.vertex_ai",
        "xai" => "x_ai",
        other => other,
    }
}
