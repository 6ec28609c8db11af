//! `llmock serve`: what clients store and ask for later, at OpenAI.

use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

use super::limits::{ask, json_of, server};
use crate::server::Server;

fn get(server: &Server, path: &str) -> Value {
    let response = server.send(&Request::get(path));
    assert_eq!(response.status, 200, "{path} {response:?}");
    json_of(&response)
}

fn delete(server: &Server, path: &str) -> Response {
    server.send(&Request::delete(path))
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id: {object}")).to_owned()
}

fn missing(server: &Server, path: &str) {
    let response = server.send(&Request::get(path));
    assert_eq!(response.status, 404, "{path} {response:?}");
    assert!(json_of(&response)["error"]["message"].as_str().is_some(), "{path}");
}

/// A form with a file.
pub(super) fn upload(path: &str, fields: &[(&str, &str)], name: &str, content: &str) -> Request {
    let field = |(name, value): &(&str, &str)| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields = fields.iter().map(field).collect::<Vec<_>>().concat();
    let file = format!(
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: text/plain\r\n\r\n{content}\r\n--x--\r\n"
    );
    let body = fields + &file;
    let request = Request { method: "POST", body: body.into(), ..Request::get(path) };
    request.header("content-type", "multipart/form-data; boundary=x")
}

#[test]
fn responses_are_retrieved_continued_and_deleted() {
    let server = server();
    let first = ask(&server, "/v1/responses", &json!({"model": "m", "input": "one"}));
    let path = format!("/v1/responses/{}", id(&first));
    assert_eq!(get(&server, &path), first);
    let next = json!({"model": "m", "input": "two", "previous_response_id": id(&first)});
    let second = ask(&server, "/v1/responses", &next);
    assert_eq!(second["previous_response_id"], first["id"]);
    // Earlier turns are part of the prompt, also if a client no longer sends them.
    let tokens = |of: &Value, name: &str| of["usage"][name].as_u64().unwrap();
    assert!(tokens(&second, "input_tokens") > tokens(&first, "total_tokens"), "{second}");
    let items = get(&server, &format!("/v1/responses/{}/input_items?order=asc", id(&second)));
    let texts: Vec<&Value> =
        items["data"].as_array().unwrap().iter().map(|item| &item["content"][0]["text"]).collect();
    assert_eq!(texts, ["one", "one", "two"]);
    let deleted = json_of(&delete(&server, &path));
    assert_eq!(deleted["deleted"], true);
    missing(&server, &path);
    let response = server.send(&Request::post("/v1/responses", next.to_string()));
    let error = json_of(&response)["error"].clone();
    assert_eq!((response.status, &error["code"]), (400, &json!("previous_response_not_found")));
    let unstored = json!({"model": "m", "input": "one", "store": false});
    let unstored = ask(&server, "/v1/responses", &unstored);
    missing(&server, &format!("/v1/responses/{}", id(&unstored)));
}

#[test]
fn sessions_do_not_see_the_objects_of_others() {
    let server = server();
    let first = ask(&server, "/v1/responses", &json!({"model": "m", "input": "one"}));
    let path = format!("/v1/responses/{}", id(&first));
    let other = Request::get(&path).header("x-llmock-session", "other");
    assert_eq!(server.send(&other).status, 404);
    assert_eq!(server.send(&Request::delete("/sessions/default")).status, 204);
    missing(&server, &path);
}

#[test]
fn streamed_responses_are_stored_too() {
    let server = server();
    let body = json!({"model": "m", "input": "one two", "stream": true});
    let text = server.send(&Request::post("/v1/responses", body.to_string())).text();
    let last = text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    let stored = get(&server, &format!("/v1/responses/{}", id(&last["response"])));
    assert_eq!(stored, last["response"]);
}

#[test]
fn responses_in_the_background_are_queued_then_completed_or_cancelled() {
    let server = server();
    let body = json!({"model": "m", "input": "one", "background": true});
    let queued = ask(&server, "/v1/responses", &body);
    assert_eq!((&queued["status"], &queued["background"]), (&json!("queued"), &json!(true)));
    assert_eq!(queued["output"], json!([]));
    let path = format!("/v1/responses/{}", id(&queued));
    assert_eq!(get(&server, &path)["status"], "in_progress");
    let done = get(&server, &path);
    assert_eq!(done["status"], "completed");
    assert_eq!(done["output"][0]["content"][0]["text"], "one");
    let queued = ask(&server, "/v1/responses", &body);
    let cancel = format!("/v1/responses/{}/cancel", id(&queued));
    assert_eq!(ask(&server, &cancel, &json!({}))["status"], "cancelled");
    assert_eq!(get(&server, &format!("/v1/responses/{}", id(&queued)))["status"], "cancelled");
    let plain = ask(&server, "/v1/responses", &json!({"model": "m", "input": "one"}));
    let cancel = Request::post(&format!("/v1/responses/{}/cancel", id(&plain)), "{}");
    assert_eq!(server.send(&cancel).status, 400);
}

#[test]
fn tokens_are_counted_and_conversations_compacted() {
    let server = server();
    let body = json!({"model": "m", "input": "one two three four"});
    let counted = ask(&server, "/v1/responses/input_tokens", &body);
    assert_eq!(counted, json!({"object": "response.input_tokens", "input_tokens": 4}));
    let compacted = ask(&server, "/v1/responses/compact", &body);
    assert_eq!(compacted["object"], "response.compaction");
    let output = compacted["output"].as_array().unwrap();
    assert_eq!(output.last().unwrap()["type"], "compaction");
    let next =
        json!({"model": "m", "input": [output[0], output[1], {"role": "user", "content": "five"}]});
    assert_eq!(ask(&server, "/v1/responses", &next)["status"], "completed");
}

#[test]
fn conversations_collect_the_items_of_responses() {
    let server = server();
    let items = json!([{"type": "message", "role": "user", "content": "zero"}]);
    let made = ask(&server, "/v1/conversations", &json!({"items": items, "metadata": {"a": "b"}}));
    let path = format!("/v1/conversations/{}", id(&made));
    assert_eq!(get(&server, &path), made);
    let body = json!({"model": "m", "input": "one", "conversation": id(&made)});
    let response = ask(&server, "/v1/responses", &body);
    assert_eq!(response["conversation"]["id"], made["id"]);
    let all = get(&server, &format!("{path}/items?order=asc"));
    let roles: Vec<&Value> =
        all["data"].as_array().unwrap().iter().map(|item| &item["role"]).collect();
    assert_eq!(roles, ["user", "user", "assistant"]);
    let item = id(&all["data"][1]);
    assert_eq!(get(&server, &format!("{path}/items/{item}"))["content"][0]["text"], "one");
    assert_eq!(delete(&server, &format!("{path}/items/{item}")).status, 200);
    missing(&server, &format!("{path}/items/{item}"));
    let changed = ask(&server, &path, &json!({"metadata": {"c": "d"}}));
    assert_eq!(changed["metadata"], json!({"c": "d"}));
    assert_eq!(json_of(&delete(&server, &path))["object"], "conversation.deleted");
    missing(&server, &path);
    let unknown = server.send(&Request::post("/v1/responses", body.to_string()));
    assert_eq!(unknown.status, 404);
}

#[test]
fn stored_completions_are_found_and_changed() {
    let server = server();
    let body =
        json!({"model": "m", "store": true, "messages": [{"role": "user", "content": "one"}]});
    let made = ask(&server, "/v1/chat/completions", &body);
    let path = format!("/v1/chat/completions/{}", id(&made));
    assert_eq!(get(&server, &path)["choices"], made["choices"]);
    assert_eq!(get(&server, &format!("{path}/messages"))["data"][0]["content"], "one");
    assert_eq!(ask(&server, &path, &json!({"metadata": {"a": "b"}}))["metadata"]["a"], "b");
    assert_eq!(json_of(&delete(&server, &path))["deleted"], true);
    missing(&server, &path);
}

#[test]
fn files_and_batches_have_their_lifecycle() {
    let server = server();
    let line = |id: &str, text: &str| {
        json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": [{"role": "user", "content": text}]}})
    };
    let content = format!("{}\n{}\n", line("a", "one"), line("b", "two"));
    let file = server.send(&upload("/v1/files", &[("purpose", "batch")], "in.jsonl", &content));
    let file = json_of(&file);
    assert_eq!((&file["object"], &file["filename"]), (&json!("file"), &json!("in.jsonl")));
    assert_eq!(file["bytes"], content.len());
    let path = format!("/v1/files/{}", id(&file));
    assert_eq!(server.send(&Request::get(&format!("{path}/content"))).text(), content);
    assert_eq!(get(&server, "/v1/files?purpose=batch")["data"][0], file);

    let body = json!({"input_file_id": id(&file), "endpoint": "/v1/chat/completions", "completion_window": "24h"});
    let batch = ask(&server, "/v1/batches", &body);
    assert_eq!(batch["status"], "validating");
    let batch_path = format!("/v1/batches/{}", id(&batch));
    assert_eq!(get(&server, &batch_path)["status"], "in_progress");
    let done = get(&server, &batch_path);
    assert_eq!(done["status"], "completed");
    assert_eq!(done["request_counts"], json!({"total": 2, "completed": 2, "failed": 0}));
    let output = done["output_file_id"].as_str().unwrap();
    let output = server.send(&Request::get(&format!("/v1/files/{output}/content"))).text();
    let lines: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["custom_id"]), (2, &json!("b")));
    assert_eq!(lines[1]["response"]["body"]["choices"][0]["message"]["content"], "two");
    assert_eq!(get(&server, "/v1/batches")["data"][0]["id"], batch["id"]);

    let batch = ask(&server, "/v1/batches", &body);
    let batch_path = format!("/v1/batches/{}", id(&batch));
    assert_eq!(ask(&server, &format!("{batch_path}/cancel"), &json!({}))["status"], "cancelling");
    assert_eq!(get(&server, &batch_path)["status"], "cancelled");
    assert_eq!(json_of(&delete(&server, &path))["deleted"], true);
    for path in [&*path, "/v1/batches/batch_x", "/v1/responses/resp_x/input_items"] {
        missing(&server, path);
    }
}

#[test]
fn images_speech_and_transcriptions_are_small_and_valid() {
    let server = server();
    let image = ask(
        &server,
        "/v1/images/generations",
        &json!({"model": "gpt-image-2", "prompt": "a cat", "n": 2}),
    );
    assert_eq!(image["data"].as_array().unwrap().len(), 2);
    assert!(image["data"][0]["b64_json"].as_str().unwrap().starts_with("iVBORw0KGgo"));
    let speech = |format: &str| {
        let body = json!({"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hi", "response_format": format});
        server.send(&Request::post("/v1/audio/speech", body.to_string()))
    };
    let wav = speech("wav");
    assert_eq!(wav.header("content-type"), Some("audio/wav"));
    assert!(wav.bytes().starts_with(b"RIFF") && wav.bytes()[8..].starts_with(b"WAVEfmt "));
    let mp3 = speech("mp3");
    assert_eq!(
        (mp3.header("content-type"), &mp3.bytes()[..2]),
        (Some("audio/mpeg"), &[0xff, 0xf3][..])
    );
    assert_eq!(speech("midi").status, 400);
    let form =
        |fields: &[(&str, &str)]| upload("/v1/audio/transcriptions", fields, "a.wav", "RIFF");
    let plain = json_of(&server.send(&form(&[("model", "whisper-1")])));
    assert!(plain["text"].is_string());
    let verbose =
        server.send(&form(&[("model", "whisper-1"), ("response_format", "verbose_json")]));
    assert!(json_of(&verbose)["segments"][0]["text"].is_string());
    let subtitles = server.send(&form(&[("model", "whisper-1"), ("response_format", "srt")]));
    assert!(subtitles.text().starts_with("1\n00:00:00,000 --> "));
    let missing = server.send(&Request::post("/v1/audio/transcriptions", "{}"));
    assert_eq!(missing.status, 400);
}
