//! Bedrock's Converse. The words are those of errors that users report:
//!
//! * <https://github.com/genkit-ai/aws-bedrock-js-plugin/issues/664> (a call without its result)
//! * <https://github.com/strands-agents/harness-sdk/issues/1435> (a result without its call)

use super::{invalid, texts};
use crate::json::Json;
use crate::wire::content::Reply;

pub(super) fn converse(body: &Json<'_>) -> Option<Reply> {
    let messages = body.items("messages");
    let mut calls: Vec<String> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let results = texts(message.items("content"), "toolResult/toolUseId");
        if results.len() > calls.len() {
            return Some(invalid(format!(
                "The number of toolResult blocks at messages.{at}.content exceeds the number of toolUse blocks of previous turn."
            )));
        }
        calls.retain(|id| !results.contains(id));
        if !calls.is_empty() {
            return Some(expected(at, &calls));
        }
        calls = texts(message.items("content"), "toolUse/toolUseId");
    }
    (!calls.is_empty()).then(|| expected(messages.len(), &calls))
}

fn expected(at: usize, ids: &[String]) -> Reply {
    let ids = ids.join(", ");
    invalid(format!(
        "Expected toolResult blocks at messages.{at}.content for the following Ids: {ids}"
    ))
}
