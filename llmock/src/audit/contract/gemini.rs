//! What Gemini's `generateContent` rejects, in the words of its errors, or of its documentation where no error is quoted.

use super::check::{Found, Request, is, is_given, number, turns};
use crate::json::Json;
use crate::provider::Provider;

/// The words: <https://github.com/ikechan8370/chatgpt-plugin/issues/733>.
pub(super) fn contents(request: &Request<'_>) -> Option<Found> {
    if !request.body.items("contents").is_empty()
        || request.body.get("contents").is_some_and(|one| one.as_array().is_none())
    {
        return None;
    }
    Found::at("$.contents", "* GenerateContentRequest.contents: contents is not specified\n")
}

pub(super) fn roles(request: &Request<'_>) -> Option<Found> {
    // `function` is the older role of results.
    const KNOWN: [&str; 4] = ["user", "model", "function", ""];
    request.body.items("contents").iter().enumerate().find_map(|(at, content)| {
        let role = content.get("role")?.as_str()?;
        if KNOWN.contains(&&*role) {
            return None;
        }
        Found::at(format!("$.contents[{at}].role"), "Please use a valid role: user, model.")
    })
}

pub(super) fn temperature_range(request: &Request<'_>) -> Option<Found> {
    let config =
        request.body.get("generationConfig").or_else(|| request.body.get("generation_config"))?;
    number(config.get("temperature")?).filter(|given| !(0.0..=2.0).contains(given))?;
    Found::at("$.generationConfig.temperature", "Values can range from [0.0, 2.0].")
}

fn count(content: &Json<'_>, names: [&str; 2]) -> usize {
    let is_one = |part: &&Json<'_>| names.iter().any(|name| is_given(part.get(name)));
    content.items("parts").iter().filter(is_one).count()
}

/// The results that follow a turn with calls are as many as the calls.
pub(super) fn pairing(request: &Request<'_>) -> Option<Found> {
    let contents = request.body.items("contents");
    let sum = |places: &std::ops::RangeInclusive<usize>, names: [&str; 2]| -> usize {
        contents[places.clone()].iter().map(|content| count(content, names)).sum()
    };
    for pair in turns(contents).windows(2) {
        let [(true, now), (false, next)] = pair else { continue };
        let calls = sum(now, ["functionCall", "function_call"]);
        let results = sum(next, ["functionResponse", "function_response"]);
        if calls != 0 && results != 0 && results != calls {
            return Found::at(
                format!("$.contents[{}].parts", next.start()),
                "Please ensure that the number of function response parts is equal to the number of function call parts of \
                 the function call turn.",
            );
        }
    }
    None
}

/// A content without parts. Vertex has other words.
pub(super) fn parts(request: &Request<'_>) -> Option<Found> {
    if request.sent.provider() != Provider::Gemini {
        return None;
    }
    let is_wrong = |content: &Json<'_>| {
        content.get("parts").is_none_or(|parts| parts.as_array().is_some_and(<[_]>::is_empty))
    };
    let at = request.body.items("contents").iter().position(is_wrong)?;
    Found::at(
        format!("$.contents[{at}].parts"),
        format!(
            "* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty.\n"
        ),
    )
}

const CALLS: [&str; 2] = ["functionCall", "function_call"];
const RESULTS: [&str; 2] = ["functionResponse", "function_response"];

/// The conversation begins with a call.
pub(super) fn call_order(request: &Request<'_>) -> Option<Found> {
    let first = request.body.items("contents").first()?;
    if !is(first, "role", "model") || count(first, CALLS) == 0 {
        return None;
    }
    Found::at(
        "$.contents[0]",
        "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
    )
}

/// Results without a call before them.
pub(super) fn response_order(request: &Request<'_>) -> Option<Found> {
    let contents = request.body.items("contents");
    let turns = turns(contents);
    let has = |places: &std::ops::RangeInclusive<usize>, names: [&str; 2]| {
        contents[places.clone()].iter().any(|content| count(content, names) > 0)
    };
    let is_wrong = |at: &usize| {
        let (is_models, places) = &turns[*at];
        let called = at.checked_sub(1).is_some_and(|before| has(&turns[before].1, CALLS));
        !is_models && has(places, RESULTS) && !called
    };
    let at = (0..turns.len()).find(is_wrong)?;
    Found::at(
        format!("$.contents[{}].parts", turns[at].1.start()),
        "Please ensure that function response turn comes immediately after a function call turn.",
    )
}

/// Gemini 3 wants back what it signed, for the calls since a person last wrote something.
pub(super) fn thought_signature(request: &Request<'_>) -> Option<Found> {
    if !request.model.contains("gemini-3") {
        return None;
    }
    let contents = request.body.items("contents");
    let is_persons =
        |content: &Json<'_>| is(content, "role", "user") && count(content, RESULTS) == 0;
    let start = contents.iter().rposition(is_persons)? + 1;
    let names = ["thoughtSignature", "thought_signature"];
    (start..contents.len()).find_map(|at| {
        let parts = contents[at].items("parts");
        let is_call = |part: &Json<'_>| CALLS.iter().any(|name| is_given(part.get(name)));
        // Of calls at the same time, the first has the signature.
        let first = parts.iter().position(is_call)?;
        if names.iter().any(|name| is_given(parts[first].get(name))) {
            return None;
        }
        let call = CALLS.iter().find_map(|name| parts[first].get(name)?.text("name"))?;
        Found::at(
            format!("$.contents[{at}].parts[{first}]"),
            format!(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work \
                 correctly, and missing thought_signature may lead to degraded model performance. Additional data, function \
                 call `default_api:{call}` , position {}.",
                at + 1
            ),
        )
    })
}
