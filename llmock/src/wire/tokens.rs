//! Estimates tokens without a tokenizer: four characters are one token.

use super::content::Reply;
use crate::json::Json;

/// Whether the model reads the texts in that member of a request's body.
fn is_read(name: &str) -> bool {
    matches!(
        name,
        "arguments"
            | "content"
            | "contents"
            | "input"
            | "inputText"
            | "instructions"
            | "message"
            | "messages"
            | "prompt"
            | "system"
            | "systemInstruction"
            | "text"
            | "texts"
    )
}

pub(crate) fn of_text(text: &str) -> u64 {
    of_characters(characters(text))
}

/// The tokens of a reply without its reasoning.
pub(crate) fn of_reply(reply: &Reply) -> u64 {
    let calls = reply.calls.iter().map(|call| characters(&call.name) + characters(&call.arguments));
    let texts = [&reply.text, &reply.refusal].into_iter().flatten().chain(&reply.completions);
    of_characters(calls.chain(texts.map(|text| characters(text))).sum())
}

/// The tokens of everything in a request that the model reads; tools and options are not counted.
pub(crate) fn of_request(body: Option<&Json<'_>>) -> u64 {
    of_characters(body.map_or(0, |body| read(body, false)))
}

/// The characters of the texts below a value; `wanted` says that the value itself is read.
fn read(value: &Json<'_>, wanted: bool) -> u64 {
    match value {
        Json::String(text) if wanted => characters(&text.decode()),
        Json::Array(items) => items.iter().map(|item| read(item, wanted)).sum(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| read(value, is_read(&name.decode()))).sum()
        }
        _ => 0,
    }
}

fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

fn of_characters(characters: u64) -> u64 {
    (characters / 4).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn counts_only_what_the_model_reads() {
        for (body, tokens) in [
            (r#"{"model":"a-very-long-name-of-a-model","messages":[]}"#, 1),
            (r#"{"messages":[{"role":"user","content":"12345678"}]}"#, 2),
            (r#"{"messages":[{"content":[{"type":"text","text":"1234"},{"text":"éééé"}]}]}"#, 2),
            (r#"{"system":"1234","messages":[{"content":"1234"}]}"#, 2),
            (r#"{"input":["1234","1234","1234"]}"#, 3),
            (r#"{"contents":[{"parts":[{"text":"12345678"}]}]}"#, 2),
            (r#"{"tools":[{"name":"1234567890123456"}],"input":"1234"}"#, 1),
        ] {
            assert_eq!(of_request(Some(&json::parse(body).unwrap())), tokens, "{body}");
        }
        assert_eq!(of_request(None), 1);
        assert_eq!(of_text(""), 1);
        assert_eq!(of_reply(&Reply::text("1234").tool_call("ab", "{}")), 2);
    }
}
