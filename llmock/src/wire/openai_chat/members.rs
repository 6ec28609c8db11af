//! What requests of chat completions ask for, and members that only some responses have: the tier of the service, calls
//! in their older form.

use super::super::content::{Reply, ToolCall};
use super::super::format::{Finish, RenderContext, Requested};
use super::super::requested::{self, Reasoning};
use super::finish_reason;
use crate::json::Json;
use crate::json::write::{ToJson, nested};
use crate::provider::Provider;

pub(super) const REQUESTED: Requested = Requested {
    most_tokens: &["max_completion_tokens", "max_tokens"],
    stops: &["stop"],
    logprobs: requested::with_top_logprobs,
    reasoning,
};

/// The members of OpenAI, OpenRouter, DeepSeek, Groq, and Alibaba's Qwen.
fn reasoning(body: &Json<'_>) -> Reasoning {
    if body.text("reasoning_format").as_deref() == Some("hidden")
        || body.find("include_reasoning") == Some(&Json::Bool(false))
        || requested::is_true(body, "reasoning/exclude")
    {
        return Reasoning::Hidden;
    }
    let effort = ["reasoning_effort", "reasoning/effort"];
    let switches = ["include_reasoning", "reasoning/enabled", "enable_thinking"];
    let is_wanted = effort.iter().any(|path| requested::has_effort(body, path))
        || switches.iter().any(|path| requested::is_true(body, path))
        || requested::is_true(body, "chat_template_kwargs/enable_thinking")
        || body.find("reasoning/max_tokens").is_some()
        || body.text("reasoning_format").is_some()
        || requested::thinking(body) != Reasoning::None;
    Reasoning::shown_if(is_wanted)
}

/// Why the choice ends. With the older `functions`, a call has a reason of its own.
pub(super) fn finish(context: &RenderContext<'_>) -> &'static str {
    match context.reply.finished() {
        Finish::ToolCalls if has_functions(context) => "function_call",
        other => finish_reason(other),
    }
}

/// Whether the request offers functions in the older form, `functions` in place of `tools`.
pub(super) fn has_functions(context: &RenderContext<'_>) -> bool {
    context.member("functions").is_some() && context.member("tools").is_none()
}

/// The tier that served the request: Groq and OpenAI's servers name it always, others if the request does.
/// <https://console.groq.com/docs/service-tiers>
pub(super) fn service_tier(context: &RenderContext<'_>) -> Option<String> {
    let usual = if context.provider == Provider::Groq { "on_demand" } else { "default" };
    let is_named = context.reply.is_fitted && context.provider == Provider::OpenAI;
    let wanted = context.member("service_tier").and_then(Json::as_str);
    match wanted.as_deref() {
        None => (is_named || context.provider == Provider::Groq).then(|| usual.to_owned()),
        Some("auto") => Some(usual.to_owned()),
        Some(other) => Some(other.to_owned()),
    }
}

/// The older form of a call.
pub(super) fn function_call(reply: &Reply, call: &ToolCall, mut send: impl FnMut(&dyn ToJson)) {
    let start = nested! { "name": call.name, "arguments": "" };
    send(&nested! { "function_call": start });
    for piece in reply.chunks.of_arguments(&call.arguments) {
        let more = nested! { "arguments": piece };
        send(&nested! { "function_call": more });
    }
}
