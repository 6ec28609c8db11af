//! `llmock serve`: limits of a request end the response, and what a request asks for is in it.

use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

use crate::server::{Server, Workdir};

const TEXT: &str = "one two three four five six END seven";

pub(super) fn server() -> Server {
    Workdir::new().serve(&[], &[])
}

pub(super) fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"))
}

pub(super) fn ask(server: &Server, path: &str, body: &Value) -> Value {
    let response = server.send(&Request::post(path, body.to_string()));
    assert_eq!(response.status, 200, "{path} {response:?}");
    json_of(&response)
}

/// The data of all server-sent events, or all lines of JSON.
fn events(server: &Server, path: &str, body: &Value) -> Vec<Value> {
    let response = server.send(&Request::post(path, body.to_string()));
    assert_eq!(response.status, 200, "{path} {response:?}");
    let text = response.text();
    let lines = text.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// An API: a request with a limit of three tokens, and one with a stop sequence; where the response has its text and the
/// reason of its end, and what the reasons are.
struct Api {
    path: &'static str,
    body: Value,
    limit: Value,
    stop: Value,
    text: &'static str,
    reason: &'static str,
    reasons: (&'static str, &'static str),
    output_tokens: &'static str,
}

pub(super) fn with(body: &Value, more: &Value) -> Value {
    let mut all = body.clone();
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

/// A row: path, request, limit, stop sequence; the places of the text, of the reason and of the tokens; the reasons.
type Row = (&'static str, Value, Value, Value, [&'static str; 3], (&'static str, &'static str));

fn apis() -> Vec<Api> {
    let rows = openai_rows().into_iter().chain(other_rows()).chain(bedrock_rows());
    let api = |(path, body, limit, stop, [text, reason, output_tokens], reasons): Row| Api {
        path,
        body,
        limit,
        stop,
        text,
        reason,
        reasons,
        output_tokens,
    };
    rows.map(api).collect()
}

fn chat() -> Value {
    json!({"model": "m", "messages": [{"role": "user", "content": TEXT}]})
}

const OPENAI: (&str, &str) = ("length", "stop");
const CHAT: [&str; 3] =
    ["/choices/0/message/content", "/choices/0/finish_reason", "/usage/completion_tokens"];

fn openai_rows() -> Vec<Row> {
    let path = "/v1/chat/completions";
    let limit = json!({"max_tokens": 3});
    let prompt = json!({"model": "m", "prompt": TEXT});
    let of_prompt = ["/choices/0/text", CHAT[1], CHAT[2]];
    let newer = json!({"max_completion_tokens": 3});
    let stop = json!({"stop": "END"});
    let stops = json!({"stop": ["seven", "END"]});
    vec![
        (path, chat(), limit.clone(), stop.clone(), CHAT, OPENAI),
        (path, chat(), newer, stops.clone(), CHAT, OPENAI),
        ("/groq/openai/v1/chat/completions", chat(), limit.clone(), stops, CHAT, OPENAI),
        ("/v1/completions", prompt, limit, stop, of_prompt, OPENAI),
    ]
}

fn other_rows() -> Vec<Row> {
    let (limit, stops) = (json!({"max_tokens": 3}), json!({"stop_sequences": ["END"]}));
    let google = json!({"contents": [{"role": "user", "parts": [{"text": TEXT}]}]});
    let [most, end] = [json!({"maxOutputTokens": 3}), json!({"stopSequences": ["END"]})];
    let [most, end] = [json!({"generationConfig": most}), json!({"generationConfig": end})];
    let [parts, counts] =
        ["/candidates/0/content/parts/0/text", "/usageMetadata/candidatesTokenCount"];
    let google_at = [parts, "/candidates/0/finishReason", counts];
    let whole = json!({"stream": false});
    let predict = json!({"options": {"num_predict": 3}});
    let halt = json!({"options": {"stop": ["END"]}});
    let prompt = json!({"model": "m", "prompt": TEXT, "stream": false});
    let message = with(&chat(), &json!({"max_tokens": 100}));
    let claude = ("max_tokens", "stop_sequence");
    let cohere = ("MAX_TOKENS", "STOP_SEQUENCE");
    let first = json!({"message": TEXT});
    let claude_at = ["/content/0/text", "/stop_reason", "/usage/output_tokens"];
    let ollama_at = ["/message/content", "/done_reason", "/eval_count"];
    let cohere_at = ["/message/content/0/text", "/finish_reason", "/usage/tokens/output_tokens"];
    let first_at = ["/text", "/finish_reason", "/meta/tokens/output_tokens"];
    let generated = ["/response", "/done_reason", "/eval_count"];
    let chat_once = with(&chat(), &whole);
    vec![
        ("/v1/messages", message, limit.clone(), stops.clone(), claude_at, claude),
        ("/v1beta/models/m:generateContent", google, most, end, google_at, ("MAX_TOKENS", "STOP")),
        ("/api/chat", chat_once, predict.clone(), halt.clone(), ollama_at, OPENAI),
        ("/api/generate", prompt, predict, halt, generated, OPENAI),
        ("/v2/chat", chat(), limit.clone(), stops.clone(), cohere_at, cohere),
        ("/cohere/v1/chat", first, limit, stops, first_at, cohere),
    ]
}

fn bedrock_rows() -> Vec<Row> {
    let (limit, stops) = (json!({"max_tokens": 3}), json!({"stop_sequences": ["END"]}));
    let blocks = json!({"messages": [{"role": "user", "content": [{"text": TEXT}]}]});
    let most = json!({"inferenceConfig": {"maxTokens": 3}});
    let end = json!({"inferenceConfig": {"stopSequences": ["END"]}});
    let titan = json!({"inputText": TEXT});
    let titan_most = json!({"textGenerationConfig": {"maxTokenCount": 3}});
    let titan_end = json!({"textGenerationConfig": {"stopSequences": ["END"]}});
    let text = "/output/message/content/0/text";
    let converse_at = [text, "/stopReason", "/usage/outputTokens"];
    let claude_at = ["/content/0/text", "/stop_reason", "/usage/output_tokens"];
    let titan_at =
        ["/results/0/outputText", "/results/0/completionReason", "/results/0/tokenCount"];
    let titan_reasons = ("LENGTH", "STOP_CRITERIA_MET");
    let claude = ("max_tokens", "stop_sequence");
    let (newer, stop) = (json!({"max_completion_tokens": 3}), json!({"stop": "END"}));
    let titan_path = "/model/amazon.titan-text-express-v1/invoke";
    vec![
        ("/model/m/converse", blocks, most, end, converse_at, claude),
        ("/model/anthropic.claude-v3/invoke", chat(), limit, stops, claude_at, claude),
        (titan_path, titan, titan_most, titan_end, titan_at, titan_reasons),
        ("/model/openai.gpt-oss-20b-1:0/invoke", chat(), newer, stop, CHAT, OPENAI),
    ]
}

#[test]
fn a_token_limit_ends_the_response_in_every_api() {
    let server = server();
    for api in apis() {
        let found = ask(&server, api.path, &with(&api.body, &api.limit));
        assert_eq!(found.pointer(api.text), Some(&json!("one two three")), "{} {found}", api.path);
        assert_eq!(found.pointer(api.reason), Some(&json!(api.reasons.0)), "{} {found}", api.path);
        assert_eq!(found.pointer(api.output_tokens), Some(&json!(3)), "{} {found}", api.path);
    }
}

#[test]
fn a_stop_sequence_ends_the_response_in_every_api() {
    let server = server();
    for api in apis() {
        let found = ask(&server, api.path, &with(&api.body, &api.stop));
        let before = json!("one two three four five six ");
        assert_eq!(found.pointer(api.text), Some(&before), "{} {found}", api.path);
        assert_eq!(found.pointer(api.reason), Some(&json!(api.reasons.1)), "{} {found}", api.path);
        if let Some(named) = found.get("stop_sequence") {
            assert_eq!(named, "END", "{} {found}", api.path);
        }
    }
}

#[test]
fn responses_without_need_of_a_limit_are_whole() {
    let server = server();
    for api in apis() {
        let found = ask(&server, api.path, &api.body);
        assert_eq!(found.pointer(api.text), Some(&json!(TEXT)), "{} {found}", api.path);
    }
}

#[test]
fn a_responses_answer_beyond_its_limit_is_incomplete() {
    let server = server();
    let body = json!({"model": "m", "input": TEXT, "max_output_tokens": 3});
    let found = ask(&server, "/v1/responses", &body);
    assert_eq!(found["status"], "incomplete");
    assert_eq!(found["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(found["output"][0]["content"][0]["text"], "one two three");
    assert_eq!(found["output"][0]["status"], "incomplete");
    assert_eq!(found["usage"]["output_tokens"], 3);
    let all = events(&server, "/v1/responses", &with(&body, &json!({"stream": true})));
    let last = all.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["incomplete_details"]["reason"], "max_output_tokens");
}

#[test]
fn streams_end_at_the_same_limits() {
    let server = server();
    let messages = json!([{"role": "user", "content": TEXT}]);
    let body = json!({"model": "m", "max_tokens": 3, "stream": true, "messages": messages});
    let chunks = events(&server, "/v1/chat/completions", &body);
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "one two three");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "length");

    let body = with(&body, &json!({"max_tokens": 100, "stop_sequences": ["END"]}));
    let all = events(&server, "/v1/messages", &body);
    let end = all.iter().find(|event| event["type"] == "message_delta").unwrap();
    assert_eq!(end["delta"], json!({"stop_reason": "stop_sequence", "stop_sequence": "END"}));

    let body = json!({"contents": [{"parts": [{"text": TEXT}]}], "generationConfig": {"maxOutputTokens": 3}});
    let all = events(&server, "/v1beta/models/m:streamGenerateContent?alt=sse", &body);
    let last = all.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(last["usageMetadata"]["candidatesTokenCount"], 3);

    let body = json!({"model": "m", "messages": messages, "options": {"num_predict": 3}});
    let all = events(&server, "/api/chat", &body);
    assert_eq!(all.last().unwrap()["done_reason"], "length");
}
