//! What Anthropic's Messages reject about thinking, in the words of its errors.

use super::anthropic::is_one;
use super::check::{Found, Request, is, number};
use crate::json::Json;

fn budget(request: &Request<'_>) -> Option<f64> {
    let thinking = request.body.get("thinking").filter(|one| is(one, "type", "enabled"))?;
    number(thinking.get("budget_tokens")?)
}

pub(super) fn budget_minimum(request: &Request<'_>) -> Option<Found> {
    budget(request).filter(|budget| *budget < 1024.0)?;
    Found::at(
        "$.thinking.budget_tokens",
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    )
}

pub(super) fn budget_maximum(request: &Request<'_>) -> Option<Found> {
    // With thinking between tool calls, the budget is that of all of them.
    if request.names_beta("interleaved-thinking") {
        return None;
    }
    let most = request.number("max_tokens")?;
    budget(request).filter(|budget| *budget >= most)?;
    Found::at("$.max_tokens", "budget_tokens must be < max_tokens")
}

pub(super) fn thinking_temperature(request: &Request<'_>) -> Option<Found> {
    budget(request)?;
    request.number("temperature").filter(|given| !is_one(*given))?;
    Found::at("$.temperature", "`temperature` may only be set to 1 when thinking is enabled.")
}

pub(super) fn budget_tokens(request: &Request<'_>) -> Option<Found> {
    request.body.get("thinking").filter(|one| is(one, "type", "enabled"))?;
    Found::at(
        "$.thinking.type",
        "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \
         \"output_config.effort\" to control thinking behavior.",
    )
}

/// A call that is forced leaves no room to think.
pub(super) fn forced_tool(request: &Request<'_>) -> Option<Found> {
    request.body.get("thinking").filter(|one| is(one, "type", "enabled"))?;
    let choice = request.body.get("tool_choice")?;
    if !is(choice, "type", "any") && !is(choice, "type", "tool") {
        return None;
    }
    Found::at("$.tool_choice", "Thinking may not be enabled when tool_choice forces tool use.")
}

/// The calls whose results are sent were made without thinking.
pub(super) fn missing_thought(request: &Request<'_>) -> Option<Found> {
    request.body.get("thinking").filter(|one| is(one, "type", "enabled"))?;
    let messages = request.body.items("messages");
    let is_result = |message: &Json<'_>| {
        let mut blocks = message.items("content").iter();
        blocks.any(|block| is(block, "type", "tool_result"))
    };
    let last = messages.last().filter(|last| is(last, "role", "user") && is_result(last));
    last?;
    // Since a person last wrote something.
    let belongs = |message: &&Json<'_>| is(message, "role", "assistant") || is_result(message);
    let start = messages.len() - messages.iter().rev().take_while(belongs).count();
    let mut models = messages[start..].iter().filter(|message| is(message, "role", "assistant"));
    let thinks = |message: &Json<'_>| {
        let mut blocks = message.items("content").iter();
        blocks.any(|block| is(block, "type", "thinking") || is(block, "type", "redacted_thinking"))
    };
    if models.clone().any(thinks) {
        return None;
    }
    models.next()?.items("content").first().filter(|block| is(block, "type", "tool_use"))?;
    let at = start + messages[start..].iter().position(|one| is(one, "role", "assistant"))?;
    Found::at(
        format!("$.messages[{at}].content[0].type"),
        format!(
            "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When \
             `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the \
             lastmost set of `tool_use` and `tool_result` blocks)."
        ),
    )
}
