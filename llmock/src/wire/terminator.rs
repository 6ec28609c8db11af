//! The event that ends a stream by protocol, in each wire format.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{self, Json};

/// How a wire format ends its streams. `[DONE]` ends every one, whatever comes before it.
#[derive(Clone, Copy)]
pub(crate) struct Terminator {
    /// Whether every stream of the format has such an event. Where that is not known, a stream may be endless, like the
    /// notifications of a tool server.
    pub(super) is_certain: bool,
    /// Reads the data of one event.
    pub(super) read: fn(&mut Signs, &Json<'_>),
}

/// Chat completions, and completions: `[DONE]` after the last choice has finished, and after its usage.
pub(super) const CHOICES: Terminator = Terminator { is_certain: true, read: choices };
pub(super) const RESPONSES: Terminator = Terminator { is_certain: true, read: by_type };
pub(super) const ANTHROPIC: Terminator = Terminator { is_certain: true, read: by_type };
pub(super) const COHERE: Terminator = Terminator { is_certain: true, read: cohere };
pub(super) const GEMINI: Terminator = Terminator { is_certain: true, read: candidates };
pub(super) const OLLAMA: Terminator = Terminator { is_certain: true, read: ollama };
/// Events are in frames, which [`read_frame`] reads.
pub(super) const BEDROCK: Terminator = Terminator { is_certain: true, read: any };
/// Endpoints of any kind: whatever format their events have.
pub(super) const UNKNOWN: Terminator = Terminator { is_certain: false, read: any };

/// What the events so far say about the end.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a sign of its own")]
pub(super) struct Signs {
    pub(super) is_over: bool,
    /// Usually followed by the event that ends the stream, which some servers leave out.
    pub(super) is_probably_over: bool,
    /// The events are those of a model, so one of them will be the last.
    pub(super) is_certain: bool,
    /// The last event was one that ends the stream.
    pub(super) ends_now: bool,
    /// Choices or candidates, and whether each has finished.
    parts: Vec<(u64, bool)>,
}

impl Signs {
    pub(super) fn end(&mut self) {
        self.is_over = true;
        self.ends_now = true;
    }

    /// `is_revised`: a later event may show that a part has not finished.
    fn note_parts(&mut self, parts: &[Json<'_>], finish: &str, is_revised: bool) {
        for (part, position) in parts.iter().zip(0..) {
            let index = part.get("index").and_then(Json::as_u64).unwrap_or(position);
            let is_finished = part.get(finish).is_some_and(|reason| !reason.is_null());
            match self.parts.iter_mut().find(|(known, _)| *known == index) {
                Some((_, finished)) => *finished = is_finished || (*finished && !is_revised),
                None => self.parts.push((index, is_finished)),
            }
        }
    }

    fn has_finished_parts(&self) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|(_, finished)| *finished)
    }
}

fn choices(signs: &mut Signs, event: &Json<'_>) {
    let choices = event.items("choices");
    if !choices.is_empty() {
        signs.is_certain = true;
        signs.note_parts(choices, "finish_reason", false);
        signs.is_probably_over |= signs.has_finished_parts();
    }
}

/// `generateContent`: the last chunk says why each candidate has ended, or why there is none.
fn candidates(signs: &mut Signs, event: &Json<'_>) {
    // Some gateways wrap the chunk.
    let chunk = event.get("response").unwrap_or(event);
    let candidates = chunk.items("candidates");
    if !candidates.is_empty() {
        // Old models have a reason in every chunk.
        signs.note_parts(candidates, "finishReason", true);
        signs.is_over = false;
        if signs.has_finished_parts() {
            signs.end();
        }
    } else if chunk.find("promptFeedback/blockReason").is_some_and(|reason| !reason.is_null()) {
        signs.end();
    }
}

/// Formats whose events name their type.
fn by_type(signs: &mut Signs, event: &Json<'_>) {
    match event.text("type").as_deref().unwrap_or_default() {
        "message_stop" | "response.completed" | "response.incomplete" | "response.failed" => {
            signs.end();
        }
        "message_delta" => {
            let reason = event.find("delta/stop_reason");
            signs.is_probably_over |= reason.is_some_and(|reason| !reason.is_null());
        }
        _ => {}
    }
}

/// Both versions of Cohere's chat, and its older endpoint that generates.
fn cohere(signs: &mut Signs, event: &Json<'_>) {
    let is = |member: &str, value: &str| event.text(member).as_deref() == Some(value);
    let is_finished = event.get("is_finished").and_then(Json::as_bool) == Some(true);
    if is("type", "message-end") || is("event_type", "stream-end") || is_finished {
        signs.end();
    }
}

/// Replies, and the progress of downloads.
fn ollama(signs: &mut Signs, line: &Json<'_>) {
    let is_done = line.get("done").and_then(Json::as_bool) == Some(true);
    if is_done || line.text("status").as_deref() == Some("success") {
        signs.end();
    }
}

fn any(signs: &mut Signs, event: &Json<'_>) {
    for read in [choices, by_type, cohere] {
        read(signs, event);
    }
    if event.get("candidates").is_some() {
        signs.is_certain = true;
        candidates(signs, event);
    }
    if let Some(done) = event.get("done").and_then(Json::as_bool) {
        signs.is_certain = true;
        if done {
            signs.end();
        }
    }
    let kind = event.text("type").unwrap_or_default();
    let models = ["response.", "message_start", "content_block_", "message-start", "content-"];
    signs.is_certain |= models.iter().any(|prefix| kind.starts_with(prefix));
    match &*kind {
        "transcript.text.done" | "speech.audio.done" => signs.end(),
        // A request may ask for several images.
        "image_generation.completed" | "image_edit.completed" => signs.is_probably_over = true,
        _ => {}
    }
    // OCI has it at the top, and sends nothing after it
    // (docs.oracle.com/en-us/iaas/api/#/en/generative-ai-inference/20231130/ChatResult/Chat).
    if event.text("finishReason").is_some() {
        signs.end();
    }
    // Text Generation Inference repeats the text; llama.cpp says that it stops.
    let stops = event.get("stop").and_then(Json::as_bool) == Some(true);
    signs.is_probably_over |= stops || event.text("generated_text").is_some();
}

/// Bedrock: the metadata after `messageStop`, or the chunk with the metrics of an invocation.
pub(super) fn read_frame(signs: &mut Signs, kind: &str, payload: &Json<'_>) {
    match kind {
        "messageStop" => signs.is_probably_over = true,
        "metadata" if signs.is_probably_over => signs.end(),
        "chunk" => {
            let bytes = payload.text("bytes").and_then(|bytes| STANDARD.decode(&*bytes).ok());
            let inner = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let Some(inner) = inner else { return };
            let Ok(event) = json::parse(&inner) else { return };
            if event.get("amazon-bedrock-invocationMetrics").is_some() {
                signs.end();
            } else {
                any(signs, &event);
            }
        }
        exception if exception.ends_with("Exception") => signs.is_probably_over = true,
        _ => {}
    }
}
