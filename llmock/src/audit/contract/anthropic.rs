//! What Anthropic's Messages reject, in the words of its errors, or of its documentation where no error is quoted.

use std::collections::HashSet;

use super::check::{Found, Request, is, is_given, turns};
use super::schema;
use crate::json::Json;

pub(super) fn max_tokens(request: &Request<'_>) -> Option<Found> {
    if request.has("max_tokens") {
        return None;
    }
    Found::at("$.max_tokens", "max_tokens: Field required")
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

/// A message without content. The last one may be an empty beginning of the response.
pub(super) fn empty_message(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    let is_empty = |message: &Json<'_>| match message.get("content") {
        Some(Json::String(text)) => text.raw().is_empty(),
        Some(Json::Array(blocks)) => blocks.is_empty(),
        _ => false,
    };
    let at = messages.iter().position(is_empty)?;
    if at + 1 == messages.len() && is(&messages[at], "role", "assistant") {
        return None;
    }
    Found::at(
        format!("$.messages[{at}].content"),
        format!(
            "messages.{at}: all messages must have non-empty content except for the optional final assistant message"
        ),
    )
}

/// A message whose only text is blank; beside another text, a blank one is accepted.
pub(super) fn blank_text(request: &Request<'_>) -> Option<Found> {
    let is_blank = |text: &str| !text.is_empty() && text.trim().is_empty();
    let is_blank_block = |block: &Json<'_>| {
        is(block, "type", "text") && block.text("text").is_some_and(|text| is_blank(&text))
    };
    let is_wrong = |message: &Json<'_>| match message.get("content") {
        Some(Json::String(text)) => is_blank(&text.decode()),
        Some(Json::Array(blocks)) => !blocks.is_empty() && blocks.iter().all(is_blank_block),
        _ => false,
    };
    let at = request.body.items("messages").iter().position(is_wrong)?;
    Found::at(
        format!("$.messages[{at}].content"),
        "messages: text content blocks must contain non-whitespace text",
    )
}

/// The beginning of the response ends in a blank.
pub(super) fn trailing_whitespace(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    let last = messages.last().filter(|last| is(last, "role", "assistant"))?;
    let text = match last.get("content")? {
        Json::String(text) => text.decode(),
        Json::Array(blocks) => {
            blocks.last().filter(|block| is(block, "type", "text"))?.text("text")?
        }
        _ => return None,
    };
    let is_wrong = text.ends_with(char::is_whitespace) && !text.trim().is_empty();
    let at = messages.len() - 1;
    let message = "messages: final assistant content cannot end with trailing whitespace";
    if is_wrong { Found::at(format!("$.messages[{at}].content"), message) } else { None }
}

/// Two calls of one id in a message; other turns may have the same ids.
pub(super) fn unique_calls(request: &Request<'_>) -> Option<Found> {
    request.body.items("messages").iter().enumerate().find_map(|(at, message)| {
        let mut known = HashSet::new();
        let is_again = |block: &Json<'_>| {
            let id = block.text("id").filter(|_| is(block, "type", "tool_use"));
            id.is_some_and(|id| !known.insert(id.into_owned()))
        };
        let block = message.items("content").iter().position(is_again)?;
        Found::at(
            format!("$.messages[{at}].content[{block}].id"),
            format!("messages.{at}.content.{block}: `tool_use` ids must be unique"),
        )
    })
}

/// Reports are about Sonnet 4.5 and 4.6; later models take neither.
pub(super) fn sampling_pair(request: &Request<'_>) -> Option<Found> {
    let is_one =
        request.claude.is_some_and(|claude| claude.is_at_least(4, 5) && !claude.is_at_least(4, 7));
    if !is_one
        || !request.model.contains("sonnet")
        || !request.has("temperature")
        || !request.has("top_p")
    {
        return None;
    }
    Found::at(
        "$.top_p",
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    )
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
