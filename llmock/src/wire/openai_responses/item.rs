//! The items of a response's output: reasoning, the message, function calls.

use super::super::format::RenderContext;
use crate::json::write::{Null, Object, object};

#[derive(Clone, Copy)]
pub(super) enum Item {
    Reasoning,
    Message,
    /// The call at that place of the reply.
    Call(usize),
}

impl Item {
    pub(super) fn all(context: &RenderContext<'_>) -> Vec<Self> {
        let reply = context.reply;
        let says = reply.words().is_some() || reply.refusal.is_some();
        let mut items = Vec::new();
        items.extend(reply.reasoning.as_ref().map(|_| Self::Reasoning));
        items.extend(says.then_some(Self::Message));
        items.extend((0..reply.calls.len()).map(Self::Call));
        items
    }

    pub(super) fn id(self, context: &RenderContext<'_>) -> String {
        match self {
            Self::Reasoning => context.id_of("rs_", 0),
            Self::Message => context.id_of("msg_", 0),
            Self::Call(at) => context.id_of("fc_", at),
        }
    }

    /// The item with all its content, or before anything of it is known.
    pub(super) fn object(self, context: &RenderContext<'_>, status: &str, full: bool) -> Object {
        let id = self.id(context);
        match self {
            Self::Reasoning => {
                let text = context.reply.reasoning.as_deref().filter(|_| full);
                let summary: Vec<Object> = text.into_iter().map(summary_text).collect();
                let item = object! { "id": id, "type": "reasoning", "summary": summary };
                item.with_some("encrypted_content", encrypted(context, full).as_ref())
            }
            Self::Message => {
                let parts = if full { parts(context) } else { Vec::new() };
                object! {
                    "id": id,
                    "type": "message",
                    "status": status,
                    "role": "assistant",
                    "content": parts,
                }
            }
            Self::Call(at) => {
                let call = &context.reply.calls[at];
                object! {
                    "id": id,
                    "type": "function_call",
                    "status": status,
                    "call_id": context.call_id("call_", at, call),
                    "name": call.name,
                    "arguments": if full { call.arguments.as_str() } else { "" },
                }
            }
        }
    }
}

/// The parts of the message: its text, its refusal.
pub(super) fn parts(context: &RenderContext<'_>) -> Vec<Object> {
    let reply = context.reply;
    let refusal = reply.refusal.as_deref();
    let text = reply.text.as_deref().or_else(|| reply.words().filter(|_| refusal.is_none()));
    text.map(output_text).into_iter().chain(refusal.map(refusal_part)).collect()
}

pub(super) fn output_text(text: &str) -> Object {
    object! {
        "type": "output_text",
        "text": text,
        "annotations": [Null; 0],
        "logprobs": [Null; 0],
    }
}

pub(super) fn refusal_part(words: &str) -> Object {
    object! { "type": "refusal", "refusal": words }
}

pub(super) fn summary_text(text: &str) -> Object {
    object! { "type": "summary_text", "text": text }
}

/// What a request that asks for it quotes in the next one, in place of the reasoning.
fn encrypted(context: &RenderContext<'_>, full: bool) -> Option<String> {
    let include = context.member("include").and_then(|include| include.as_array())?;
    let wanted =
        include.iter().any(|name| name.as_str().as_deref() == Some("reasoning.encrypted_content"));
    (wanted && full).then(|| context.signature())
}
