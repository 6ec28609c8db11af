//! Requests for the embeddings of several inputs: where the inputs are, and where in the response theirs are.

use super::requirements::is_tokens;
use crate::json::Json;
use crate::json::layout::{self, Layout};

/// The members of requests that have inputs, by the last step of the path.
///
/// * OpenAI, and those who follow it: <https://platform.openai.com/docs/api-reference/embeddings/create>
/// * Ollama: <https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings>
/// * Cohere: <https://docs.cohere.com/reference/embed>
/// * Gemini: <https://ai.google.dev/api/embeddings>
const INPUTS: [(&str, &str); 4] = [
    ("embeddings", "input"),
    ("embed", "input"),
    ("embed", "texts"),
    (":batchEmbedContents", "requests"),
];

/// Where a response has one element for each input.
const OUTPUTS: [&str; 3] = ["data", "embeddings", "texts"];

/// Counts that are sums over the inputs.
const COUNTS: [&str; 5] =
    ["prompt_tokens", "total_tokens", "input_tokens", "prompt_eval_count", "promptTokenCount"];

/// The member with the inputs of a request, and each of them as JSON; `None` for other requests.
pub(crate) fn inputs(path: &str, body: &Json<'_>) -> Option<(&'static str, Vec<String>)> {
    let path = path.split('?').next()?.trim_end_matches('/');
    let is_here = |end: &str| match end.strip_prefix(':') {
        Some(_) => path.ends_with(end),
        None => path.rsplit('/').next() == Some(end),
    };
    INPUTS.iter().filter(|(end, _)| is_here(end)).find_map(|(_, member)| {
        let print = |value: &Json<'_>| layout::print(value, Layout::Compact);
        let inputs = match body.get(member)? {
            Json::Array(items) if !is_tokens(items) => items.iter().map(print).collect(),
            one @ (Json::String(_) | Json::Array(_)) => vec![print(one)],
            _ => return None,
        };
        Some((*member, inputs))
    })
}

/// The arrays of a response that have an element for each of `count` inputs, as paths, with their elements as JSON.
pub(crate) fn outputs(response: &Json<'_>, count: usize) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut add = |path: String, value: &Json<'_>| {
        let items = value.as_array().unwrap_or_default();
        if items.len() == count && count > 0 {
            let print = |item: &Json<'_>| layout::print(item, Layout::Compact);
            found.push((path, in_order(items).into_iter().map(print).collect()));
        }
    };
    for name in OUTPUTS {
        match response.get(name) {
            Some(value @ Json::Array(_)) => add(name.to_owned(), value),
            // Cohere's, by type.
            Some(Json::Object(types)) => {
                for (kind, value) in types {
                    add(format!("{name}/{}", kind.decode()), value);
                }
            }
            _ => {}
        }
    }
    found
}

/// The elements in the order of their inputs, which OpenAI's name.
fn in_order<'a, 'b>(items: &'b [Json<'a>]) -> Vec<&'b Json<'a>> {
    let mut sorted: Vec<_> = items.iter().collect();
    if items.iter().all(|item| item.get("index").is_some()) {
        sorted.sort_by_key(|item| item.get("index").and_then(Json::as_u64));
    }
    sorted
}

/// A response with other elements for its inputs. `count` makes the value of a sum.
pub(crate) fn rebuilt(
    response: &Json<'_>,
    outputs: &[(String, Vec<String>)],
    count: &dyn Fn(&str) -> Option<u64>,
) -> String {
    let mut out = String::new();
    Rebuilding { outputs, count }.value("", "", response, &mut out);
    out
}

struct Rebuilding<'r> {
    outputs: &'r [(String, Vec<String>)],
    count: &'r dyn Fn(&str) -> Option<u64>,
}

impl Rebuilding<'_> {
    fn value(&self, path: &str, name: &str, value: &Json<'_>, out: &mut String) {
        if let Some((_, items)) = self.outputs.iter().find(|(known, _)| known == path) {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&numbered(item, at));
            }
            return out.push(']');
        }
        match value {
            Json::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    let name = name.decode();
                    out.push_str(&crate::json::quote(&name));
                    out.push(':');
                    let path =
                        if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
                    self.value(&path, &name, value, out);
                }
                out.push('}');
            }
            Json::Number(_) if COUNTS.contains(&name) => match (self.count)(path) {
                Some(sum) => out.push_str(&sum.to_string()),
                None => out.push_str(&layout::print(value, Layout::Compact)),
            },
            other => out.push_str(&layout::print(other, Layout::Compact)),
        }
    }
}

/// An element with the number of its input, if it has one.
fn numbered(item: &str, at: usize) -> String {
    let parsed = crate::json::parse(item).ok();
    let index = parsed.as_ref().and_then(|item| item.get("index"));
    let Some(Json::Number(token)) = index else { return item.to_owned() };
    let Some(start) = crate::json::offset_in(item, token) else { return item.to_owned() };
    let edit = (start..start + token.len(), at.to_string());
    crate::json::splice(item, [edit]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn knows_the_inputs_of_each_api() {
        for (path, body, expected) in [
            ("/v1/embeddings", r#"{"input":["a","b"]}"#, Some(("input", vec![r#""a""#, r#""b""#]))),
            ("/v1/embeddings", r#"{"input":"a"}"#, Some(("input", vec![r#""a""#]))),
            ("/v1/embeddings", r#"{"input":[1,2]}"#, Some(("input", vec!["[1,2]"]))),
            ("/v1/embeddings", r#"{"input":[[1],[2]]}"#, Some(("input", vec!["[1]", "[2]"]))),
            (
                "/openai/deployments/e/embeddings?api-version=1",
                r#"{"input":["a"]}"#,
                Some(("input", vec![r#""a""#])),
            ),
            ("/api/embed", r#"{"input":["a"]}"#, Some(("input", vec![r#""a""#]))),
            ("/v2/embed", r#"{"texts":["a"]}"#, Some(("texts", vec![r#""a""#]))),
            (
                "/v1beta/models/e:batchEmbedContents",
                r#"{"requests":[{"content":{"parts":[{"text":"a"}]}}]}"#,
                Some(("requests", vec![r#"{"content":{"parts":[{"text":"a"}]}}"#])),
            ),
            ("/v1/responses", r#"{"input":["a"]}"#, None),
            ("/api/embeddings", r#"{"prompt":"a"}"#, None),
        ] {
            let found = inputs(path, &parse(body).unwrap());
            let expected = expected
                .map(|(member, inputs)| (member, inputs.into_iter().map(str::to_owned).collect()));
            assert_eq!(found, expected, "{path} {body}");
        }
    }

    #[test]
    fn rebuilds_a_response_around_other_elements() {
        let response = parse(
            r#"{"object":"list","data":[{"index":1,"embedding":[2.0]},{"index":0,"embedding":[1.0]}],"usage":{"prompt_tokens":4}}"#,
        )
        .unwrap();
        let found = outputs(&response, 2);
        assert_eq!(found[0].1[0], r#"{"index":0,"embedding":[1.0]}"#);
        let two = vec![("data".to_owned(), vec![found[0].1[1].clone(), found[0].1[0].clone()])];
        assert_eq!(
            rebuilt(&response, &two, &|path| (path == "usage/prompt_tokens").then_some(7)),
            r#"{"object":"list","data":[{"index":0,"embedding":[2.0]},{"index":1,"embedding":[1.0]}],"usage":{"prompt_tokens":7}}"#
        );
        let by_type =
            parse(r#"{"embeddings":{"float":[[1],[2]],"int8":[[3],[4]]},"texts":["a","b"]}"#)
                .unwrap();
        let paths: Vec<_> = outputs(&by_type, 2).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["embeddings/float", "embeddings/int8", "texts"]);
    }
}
