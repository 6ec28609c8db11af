//! Bedrock's `invoke` for models that continue a text: those of Meta, of Mistral, and Amazon's Titan. They have no
//! tools; of a reply with calls only the text remains.
//!
//! Requests and responses are described in the user guide of Bedrock, at `docs.aws.amazon.com/bedrock/latest/userguide`:
//! `model-parameters-meta.html`, `model-parameters-mistral-text-completion.html`, `model-parameters-titan-text.html`.
//! The last chunk of every stream has `amazon-bedrock-invocationMetrics`.

use super::super::content::Reply;
use super::super::format::{Finish, RenderContext, Usage};
use super::super::tokens;
use crate::json::write::{Object, nested, object};

#[derive(Clone, Copy, Debug)]
pub(super) enum Maker {
    /// `{"prompt"}`, answered by `{"generation"}`.
    Meta,
    /// `{"prompt"}`, answered by `{"outputs"}`.
    Mistral,
    /// `{"inputText"}`, answered by `{"results"}`.
    Titan,
}

impl Maker {
    /// The maker of a model, if its body is one of these. Mistral's chat has `messages` and is none.
    pub(super) fn of(context: &RenderContext<'_>) -> Option<Self> {
        let is = |names| super::is(context, names);
        let has = |name: &str| context.member(name).is_some();
        if is(&["llama"]) && has("prompt") {
            Some(Self::Meta)
        } else if is(&["mistral", "mixtral"]) && has("prompt") {
            Some(Self::Mistral)
        } else if is(&["titan-text", "titan-tg1"]) && has("inputText") {
            Some(Self::Titan)
        } else {
            None
        }
    }

    pub(super) fn whole(self, context: &RenderContext<'_>) -> Object {
        let text = context.reply.words().unwrap_or_default();
        let (usage, reason) = (context.usage(), stop_reason(self, context.reply));
        match self {
            Self::Titan => object! {
                "inputTextTokenCount": usage.input,
                "results": [nested! {
                    "tokenCount": usage.output,
                    "outputText": text,
                    "completionReason": reason,
                }],
            },
            _ => chunk(self, text, Some(usage.input), usage.output, Some(reason)),
        }
    }

    /// The chunks of a stream, of which the last one says why it ends unless it breaks off.
    pub(super) fn chunks(self, context: &RenderContext<'_>) -> Vec<Object> {
        let (usage, reason) = (context.usage(), stop_reason(self, context.reply));
        let pieces = context.reply.word_pieces();
        let mut generated = 0;
        let mut chunks: Vec<Object> = pieces
            .iter()
            .enumerate()
            .map(|(at, piece)| {
                generated = (generated + tokens::of_text(piece)).min(usage.output);
                chunk(self, piece, (at == 0).then_some(usage.input), generated, None)
            })
            .collect();
        if context.reply.failure.is_none() {
            // Llama counts the prompt in the first chunk alone
            let input = pieces.is_empty().then_some(usage.input);
            let last = chunk(self, "", input, usage.output, Some(reason));
            chunks.push(last.with("amazon-bedrock-invocationMetrics", &metrics(usage)));
        }
        chunks
    }
}

fn chunk(
    maker: Maker,
    text: &str,
    input: Option<u64>,
    generated: u64,
    reason: Option<&str>,
) -> Object {
    match maker {
        Maker::Meta => object! {
            "generation": text,
            "prompt_token_count": input,
            "generation_token_count": generated,
            "stop_reason": reason,
        },
        Maker::Mistral => object! {
            "outputs": [nested! { "text": text, "stop_reason": reason }],
        },
        Maker::Titan => object! {
            "outputText": text,
            "index": 0_u64,
            "totalOutputTextTokenCount": reason.map(|_| generated),
            "completionReason": reason,
            "inputTextTokenCount": input,
        },
    }
}

/// What Bedrock counts for every model: a millisecond a token.
fn metrics(usage: Usage) -> Object {
    object! {
        "inputTokenCount": usage.input,
        "outputTokenCount": usage.output,
        "invocationLatency": usage.output,
        "firstByteLatency": 1_u64,
    }
}

fn stop_reason(maker: Maker, reply: &Reply) -> &'static str {
    match (maker, reply.finished()) {
        (Maker::Titan, Finish::Stop) if reply.stop_sequence.is_some() => "STOP_CRITERIA_MET",
        (Maker::Titan, Finish::Length) => "LENGTH",
        (Maker::Titan, Finish::ContentFilter) => "CONTENT_FILTERED",
        (Maker::Titan, _) => "FINISH",
        (_, Finish::Length) => "length",
        _ => "stop",
    }
}
