//! What Bedrock's `converse` rejects, in the words of its errors.

use super::anthropic::is_one;
use super::check::{Found, Request, is, is_given, number, turns};
use crate::json::Json;

pub(super) fn blank_text(request: &Request<'_>) -> Option<Found> {
    request.body.items("messages").iter().enumerate().find_map(|(at, message)| {
        let blocks = message.items("content").iter().enumerate();
        let mut blank = blocks.filter(|(_, block)| {
            block.get("text").and_then(Json::as_str).is_some_and(|text| text.is_empty())
        });
        let (block, _) = blank.next()?;
        Found::at(
            format!("$.messages[{at}].content[{block}].text"),
            format!(
                "The text field in the ContentBlock object at messages.{at}.content.{block} is blank. Add text to the text \
                 field, and try again."
            ),
        )
    })
}

/// The ids of calls or results in a turn, without those of tools that the provider runs itself.
fn ids(messages: &[Json<'_>], kind: &str) -> Vec<String> {
    let blocks = messages.iter().flat_map(|message| message.items("content"));
    let id = |block: &Json<'_>| {
        let found = block.get(kind).filter(|found| !is(found, "type", "server_tool_use"))?;
        Some(found.get("toolUseId")?.as_str()?.into_owned())
    };
    blocks.filter_map(id).collect()
}

pub(super) fn tool_config(request: &Request<'_>) -> Option<Found> {
    let uses =
        |block: &Json<'_>| is_given(block.get("toolUse")) || is_given(block.get("toolResult"));
    let mut messages = request.body.items("messages").iter();
    let has_tools = messages.any(|message| message.items("content").iter().any(uses));
    if !has_tools || request.has("toolConfig") {
        return None;
    }
    Found::at(
        "$.toolConfig",
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    )
}

pub(super) fn unanswered_call(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    for pair in turns(messages).windows(2) {
        let [(true, now), (false, next)] = pair else { continue };
        let results = ids(&messages[next.clone()], "toolResult");
        let calls = ids(&messages[now.clone()], "toolUse");
        let missing: Vec<String> = calls.into_iter().filter(|id| !results.contains(id)).collect();
        if !missing.is_empty() {
            let next = next.start();
            return Found::at(
                format!("$.messages[{next}].content"),
                format!(
                    "Expected toolResult blocks at messages.{next}.content for the following Ids: {}",
                    missing.join(", ")
                ),
            );
        }
    }
    None
}

pub(super) fn orphan_result(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    let turns = turns(messages);
    let users = turns.iter().enumerate().filter(|(_, (is_models, _))| !is_models);
    for (at, (_, places)) in users {
        let before = at.checked_sub(1).map(|before| turns[before].1.clone());
        let calls = before.map(|places| ids(&messages[places], "toolUse")).unwrap_or_default();
        if ids(&messages[places.clone()], "toolResult").len() > calls.len() {
            let at = places.start();
            return Found::at(
                format!("$.messages[{at}].content"),
                format!(
                    "The number of toolResult blocks at messages.{at}.content exceeds the number of toolUse blocks of previous \
                     turn."
                ),
            );
        }
    }
    None
}

pub(super) fn prefill(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    let last = messages.last().filter(|last| is(last, "role", "assistant"))?;
    let blocks = last.items("content");
    if blocks.is_empty() || !blocks.iter().all(|block| is_given(block.get("text"))) {
        return None;
    }
    Found::at(
        format!("$.messages[{}]", messages.len() - 1),
        "The model returned the following errors: This model does not support assistant message prefill. The conversation \
         must end with a user message.",
    )
}

pub(super) fn sampling(request: &Request<'_>) -> Option<Found> {
    let config = request.body.get("inferenceConfig")?;
    let is_other =
        |name: &str| config.get(name).and_then(number).is_some_and(|given| !is_one(given));
    let (member, name) = [("temperature", "temperature"), ("topP", "top_p")]
        .into_iter()
        .find(|(member, _)| is_other(member))?;
    Found::at(
        format!("$.inferenceConfig.{member}"),
        format!("The model returned the following errors: `{name}` is deprecated for this model."),
    )
}
