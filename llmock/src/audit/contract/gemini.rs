//! What Gemini's `generateContent` rejects, in the words of its errors, or of its documentation where no error is quoted.

use super::check::{Found, Request, is_given, number, turns};
use crate::json::Json;

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
