//! What Anthropic's Messages reject, in the words of its errors, or of its documentation where no error is quoted.

use super::check::{Found, Request, is, is_given, number, turns};
use super::schema;
use crate::json::Json;

pub(super) fn max_tokens(request: &Request<'_>) -> Option<Found> {
    if request.has("max_tokens") {
        return None;
    }
    Found::at("$.max_tokens", "Missing required parameters: `max_tokens`")
}

/// No page was found that shows the words about an empty list: the wording is llmock's.
pub(super) fn messages(request: &Request<'_>) -> Option<Found> {
    match request.body.get("messages") {
        None => Found::at("$.messages", "Missing required parameters: `messages`"),
        Some(Json::Array(items)) if items.is_empty() => {
            Found::at("$.messages", "Empty messages array")
        }
        Some(_) => None,
    }
}

pub(super) fn roles(request: &Request<'_>) -> Option<Found> {
    let unknown = |(at, message): (usize, &Json<'_>)| {
        let role = message.get("role")?.as_str()?;
        // Instructions inside a conversation are a newer feature of some models.
        if ["user", "assistant", "system"].contains(&&*role) {
            return None;
        }
        Found::at(
            format!("$.messages[{at}].role"),
            format!("`role` is \"{role}\", and not \"user\", \"assistant\", or \"system\""),
        )
    };
    request.body.items("messages").iter().enumerate().find_map(unknown)
}

pub(super) fn empty_text(request: &Request<'_>) -> Option<Found> {
    blocks(request).find_map(|(message, block, value, _)| {
        if !is(value, "type", "text") || !is(value, "text", "") {
            return None;
        }
        Found::at(
            format!("$.messages[{message}].content[{block}].text"),
            "messages: text content blocks must be non-empty",
        )
    })
}

pub(super) fn temperature_range(request: &Request<'_>) -> Option<Found> {
    request.number("temperature").filter(|given| !(0.0..=1.0).contains(given))?;
    Found::at("$.temperature", "Invalid `temperature` value (must be 0.0-1.0)")
}

/// Every block of every message: its places, itself, and whether it is the model's.
fn blocks<'r>(
    request: &'r Request<'_>,
) -> impl Iterator<Item = (usize, usize, &'r Json<'r>, bool)> {
    request.body.items("messages").iter().enumerate().flat_map(|(at, message)| {
        let is_models = is(message, "role", "assistant");
        let blocks = message.items("content").iter().enumerate();
        blocks.map(move |(block, value)| (at, block, value, is_models))
    })
}

fn ids(messages: &[Json<'_>], kind: &str, member: &str) -> Vec<String> {
    let blocks = messages.iter().flat_map(|message| message.items("content"));
    let of_kind = blocks.filter(|block| is(block, "type", kind));
    of_kind.filter_map(|block| Some(block.get(member)?.as_str()?.into_owned())).collect()
}

pub(super) fn unanswered_call(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    for pair in turns(messages).windows(2) {
        let [(_, now), (_, next)] = pair else { continue };
        let results = ids(&messages[next.clone()], "tool_result", "tool_use_id");
        let calls = ids(&messages[now.clone()], "tool_use", "id");
        let missing: Vec<String> = calls.into_iter().filter(|id| !results.contains(id)).collect();
        if !missing.is_empty() {
            let at = now.end();
            return Found::at(
                format!("$.messages[{at}]"),
                format!(
                    "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each \
                     `tool_use` block must have a corresponding `tool_result` block in the next message.",
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
    for (at, (is_models, places)) in turns.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| turns.get(before));
        let calls = before.map(|(_, places)| ids(&messages[places.clone()], "tool_use", "id"));
        let calls = calls.unwrap_or_default();
        let is_orphan = |block: &Json<'_>| {
            let id =
                block.get("tool_use_id").filter(|_| is(block, "type", "tool_result"))?.as_str()?;
            (!calls.iter().any(|known| *known == id)).then(|| id.into_owned())
        };
        for message in places.clone().filter(|_| !is_models) {
            let blocks = messages[message].items("content").iter().enumerate();
            let Some((block, id)) =
                blocks.into_iter().find_map(|(at, block)| Some((at, is_orphan(block)?)))
            else {
                continue;
            };
            return Found::at(
                format!("$.messages[{message}].content[{block}].tool_use_id"),
                format!(
                    "messages.{message}.content.{block}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each \
                     `tool_result` block must have a corresponding `tool_use` block in the previous message."
                ),
            );
        }
    }
    None
}

pub(super) fn cache_breakpoints(request: &Request<'_>) -> Option<Found> {
    fn count(value: &Json<'_>) -> usize {
        let here = usize::from(is_given(value.get("cache_control")));
        let inside: usize = value.items("content").iter().map(count).sum();
        here + inside
    }
    let places = ["tools", "system", "messages"];
    let found: usize = places.iter().flat_map(|place| request.body.items(place)).map(count).sum();
    if found <= 4 {
        return None;
    }
    let message =
        format!("A maximum of 4 blocks with cache_control may be provided. Found {found}.");
    Found::at("$", message)
}

pub(super) fn strict_schema(request: &Request<'_>) -> Option<Found> {
    let format =
        request.body.find("output_config/format").or_else(|| request.body.get("output_format"));
    let format = format.filter(|format| is(format, "type", "json_schema"));
    let response = format.and_then(|format| format.get("schema"));
    let strict = request.body.items("tools").iter().enumerate();
    let strict =
        strict.filter(|(_, tool)| tool.get("strict").and_then(Json::as_bool) == Some(true));
    let tools = strict.filter_map(|(at, tool)| {
        Some((format!("$.tools[{at}].input_schema"), tool.get("input_schema")?))
    });
    let response = response.map(|found| ("$.output_config.format.schema".to_owned(), found));
    response.into_iter().chain(tools).find_map(|(place, found)| {
        let open = schema::open_object(found)?;
        Found::at(
            format!("{place}{open}"),
            "`additionalProperties: false` (required for all objects)",
        )
    })
}

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

/// The last turn is the model's, and it is text: a turn that the provider has paused may be continued.
pub(super) fn prefill(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    let last = messages.last().filter(|last| is(last, "role", "assistant"))?;
    let is_text = |block: &Json<'_>| is(block, "type", "text");
    let is_prefill = match last.get("content")? {
        Json::String(_) => true,
        Json::Array(blocks) => !blocks.is_empty() && blocks.iter().all(is_text),
        _ => false,
    };
    if !is_prefill {
        return None;
    }
    Found::at(
        format!("$.messages[{}]", messages.len() - 1),
        "This model does not support assistant message prefill. The conversation must end with a user message.",
    )
}

pub(super) fn budget_tokens(request: &Request<'_>) -> Option<Found> {
    request.body.get("thinking").filter(|one| is(one, "type", "enabled"))?;
    Found::at(
        "$.thinking.type",
        "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \
         \"output_config.effort\" to control thinking behavior.",
    )
}

/// Values other than the default.
pub(super) fn sampling(request: &Request<'_>) -> Option<Found> {
    let given =
        |name: &str| request.number(name).filter(|given| !is_one(*given)).map(|_| name.to_owned());
    let name = ["temperature", "top_p", "top_k"].into_iter().find_map(given)?;
    Found::at(format!("$.{name}"), format!("`{name}` is deprecated for this model."))
}

pub(super) fn is_one(number: f64) -> bool {
    (number - 1.0).abs() < 1e-9
}

pub(super) fn no_sampling(request: &Request<'_>) -> Option<Found> {
    let name = ["temperature", "top_p", "top_k"].into_iter().find(|name| request.has(name))?;
    Found::at(format!("$.{name}"), format!("{name}: Extra inputs are not permitted"))
}

pub(super) fn assistant_document(request: &Request<'_>) -> Option<Found> {
    blocks(request).find_map(|(at, block, value, is_models)| {
        if !is_models || !is(value, "type", "document") {
            return None;
        }
        let place = format!("$.messages[{at}].content[{block}]");
        Found::at(
            place,
            "A request that places a `document` block directly in an `assistant` message returns a 400 error.",
        )
    })
}

pub(super) fn user_citations(request: &Request<'_>) -> Option<Found> {
    blocks(request).find_map(|(at, block, value, is_models)| {
        let is_cited = !value.items("citations").is_empty();
        if is_models || !is(value, "type", "text") || !is_cited {
            return None;
        }
        Found::at(
            format!("$.messages[{at}].content[{block}].citations"),
            "Sending a `text` block with a non-empty `citations` array in a `user` message returns a 400 error.",
        )
    })
}
