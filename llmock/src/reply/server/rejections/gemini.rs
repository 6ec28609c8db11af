//! Gemini's contents. The words are those of errors that users report:
//!
//! * <https://github.com/ikechan8370/chatgpt-plugin/issues/733> (no contents)
//! * <https://github.com/google-gemini/gemini-cli/issues/16543> (another number of responses)
//! * <https://github.com/langchain-ai/langchain/issues/27799> (a response without its call)

use super::{invalid, is_empty};
use crate::json::Json;
use crate::wire::content::Reply;

const COUNT: &str = "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
const ORDER: &str =
    "Please ensure that function response turn comes immediately after a function call turn.";

pub(super) fn contents(body: &Json<'_>) -> Option<Reply> {
    if is_empty(body, "contents") {
        return Some(invalid("* GenerateContentRequest.contents: contents is not specified\n"));
    }
    let mut calls = 0;
    for content in body.items("contents") {
        let count = |names: [&str; 2]| {
            let has = |part: &&Json<'_>| names.iter().any(|name| part.get(name).is_some());
            content.items("parts").iter().filter(has).count()
        };
        let responses = count(["functionResponse", "function_response"]);
        if responses > 0 && calls == 0 {
            return Some(invalid(ORDER));
        }
        if responses != calls {
            return Some(invalid(COUNT));
        }
        calls = count(["functionCall", "function_call"]);
    }
    None
}
