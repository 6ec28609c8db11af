//! `llmock serve`: what clients store at Anthropic and at Google.

use llmock_testkit::client::Request;
use serde_json::{Value, json};

use super::limits::{ask, json_of, server};
use super::stored::upload;

const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

#[test]
fn anthropic_batches_end_and_have_results() {
    let server = server();
    let send = |method: &'static str, path: &str, body: &Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        server.send(&Request { method, ..Request::post(path, body) }.header(VERSION.0, VERSION.1))
    };
    let params =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "one"}]});
    let body = json!({"requests": [{"custom_id": "a", "params": params}, {"custom_id": "b", "params": {"max_tokens": 9}}]});
    let made = json_of(&send("POST", "/v1/messages/batches", &body));
    assert_eq!(
        (&made["type"], &made["processing_status"]),
        (&json!("message_batch"), &json!("in_progress"))
    );
    let path = format!("/v1/messages/batches/{}", made["id"].as_str().unwrap());
    assert_eq!(json_of(&send("GET", &path, &Value::Null))["processing_status"], "in_progress");
    let ended = json_of(&send("GET", &path, &Value::Null));
    assert_eq!(ended["processing_status"], "ended");
    assert_eq!(ended["request_counts"]["succeeded"], 1);
    assert_eq!(ended["request_counts"]["errored"], 1);
    assert!(ended["results_url"].as_str().unwrap().ends_with(&format!("{path}/results")));
    let results = send("GET", &format!("{path}/results"), &Value::Null).text();
    let lines: Vec<Value> =
        results.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["result"]["message"]["content"][0]["text"], "one");
    assert_eq!(lines[1]["result"]["error"]["type"], "error");
    let list = json_of(&send("GET", "/v1/messages/batches", &Value::Null));
    assert_eq!(list["data"][0]["id"], made["id"]);
    assert_eq!(json_of(&send("DELETE", &path, &Value::Null))["type"], "message_batch_deleted");
    let missing = send("GET", &path, &Value::Null);
    assert_eq!(
        (missing.status, &json_of(&missing)["error"]["type"]),
        (404, &json!("not_found_error"))
    );
}

#[test]
fn anthropic_files_are_stored() {
    let server = server();
    let with = |request: Request| request.header(VERSION.0, VERSION.1);
    let file = json_of(&server.send(&with(upload("/v1/files", &[], "a.txt", "text"))));
    assert_eq!((&file["type"], &file["size_bytes"]), (&json!("file"), &json!(4)));
    let path = format!("/v1/files/{}", file["id"].as_str().unwrap());
    assert_eq!(json_of(&server.send(&with(Request::get(&path)))), file);
    assert_eq!(server.send(&with(Request::get(&format!("{path}/content")))).text(), "text");
    let deleted = json_of(&server.send(&with(Request::delete(&path))));
    assert_eq!(deleted["type"], "file_deleted");
    assert_eq!(server.send(&with(Request::get(&path))).status, 404);
}

#[test]
fn gemini_files_are_uploaded_in_pieces() {
    let server = server();
    let start =
        Request::post("/upload/v1beta/files", json!({"file": {"displayName": "a"}}).to_string())
            .header("x-goog-upload-protocol", "resumable")
            .header("x-goog-upload-command", "start")
            .header("x-goog-upload-header-content-type", "text/plain");
    let begun = server.send(&start);
    let url = begun.header("x-goog-upload-url").unwrap().to_owned();
    let path = url.strip_prefix(&server.origin).unwrap_or_else(|| panic!("{url}"));
    let piece = |text: &str, command: &str| {
        server.send(&Request::post(path, text.to_owned()).header("x-goog-upload-command", command))
    };
    assert_eq!(piece("one ", "upload").header("x-goog-upload-status"), Some("active"));
    let done = piece("two", "upload, finalize");
    assert_eq!(done.header("x-goog-upload-status"), Some("final"));
    let file = json_of(&done)["file"].clone();
    assert_eq!((&file["state"], &file["sizeBytes"]), (&json!("ACTIVE"), &json!("7")));
    assert_eq!((&file["mimeType"], &file["displayName"]), (&json!("text/plain"), &json!("a")));
    let name = file["name"].as_str().unwrap();
    assert_eq!(json_of(&server.send(&Request::get(&format!("/v1beta/{name}")))), file);
    let content = server.send(
        &Request::get(&format!("/download/v1beta/{name}:download?alt=media"))
            .header("x-goog-api-key", "k"),
    );
    assert_eq!(content.status, 404, "another session");
    let content =
        server.send(&Request::get(&format!("/gemini/download/v1beta/{name}:download?alt=media")));
    assert_eq!(content.text(), "one two");
    let all = json_of(&server.send(&Request::get("/v1beta/files")));
    assert_eq!(all["files"][0]["name"], name);
    assert_eq!(server.send(&Request::delete(&format!("/v1beta/{name}"))).status, 200);
    let missing = server.send(&Request::get(&format!("/v1beta/{name}")));
    assert_eq!((missing.status, &json_of(&missing)["error"]["status"]), (404, &json!("NOT_FOUND")));
}

#[test]
fn gemini_caches_and_batches_are_stored() {
    let server = server();
    let contents = json!([{"role": "user", "parts": [{"text": "one two three"}]}]);
    let body = json!({"model": "models/m", "contents": contents, "ttl": "300s"});
    let cache = ask(&server, "/v1beta/cachedContents", &body);
    assert!(cache["name"].as_str().unwrap().starts_with("cachedContents/"));
    assert_eq!(cache["usageMetadata"]["totalTokenCount"], 3);
    let path = format!("/v1beta/{}", cache["name"].as_str().unwrap());
    assert_eq!(json_of(&server.send(&Request::get(&path))), cache);
    assert_eq!(
        server
            .send(&Request { method: "PATCH", ..Request::post(&path, r#"{"ttl":"600s"}"#) })
            .status,
        200
    );
    assert_eq!(server.send(&Request::delete(&path)).status, 200);
    assert_eq!(server.send(&Request::get(&path)).status, 404);

    let request = json!({"request": {"contents": contents}, "metadata": {"key": "a"}});
    let body = json!({"batch": {"displayName": "b", "inputConfig": {"requests": {"requests": [request]}}}});
    let made = ask(&server, "/v1beta/models/m:batchGenerateContent", &body);
    assert_eq!(made["metadata"]["state"], "BATCH_STATE_PENDING");
    let path = format!("/v1beta/{}", made["name"].as_str().unwrap());
    let look = || json_of(&server.send(&Request::get(&path)));
    assert_eq!(look()["metadata"]["state"], "BATCH_STATE_RUNNING");
    let done = look();
    assert_eq!(
        (&done["metadata"]["state"], &done["done"]),
        (&json!("BATCH_STATE_SUCCEEDED"), &json!(true))
    );
    let response = &done["response"]["inlinedResponses"]["inlinedResponses"][0];
    assert_eq!(response["metadata"]["key"], "a");
    let text = &response["response"]["candidates"][0]["content"]["parts"][0]["text"];
    assert_eq!(text, "one two three");
}

#[test]
fn gemini_interactions_are_stored_and_continued() {
    let server = server();
    let body = json!({"model": "gemini-3-flash-preview", "input": "one two"});
    let first = ask(&server, "/v1beta/interactions", &body);
    assert_eq!((&first["object"], &first["status"]), (&json!("interaction"), &json!("completed")));
    let step = &first["steps"][0];
    assert_eq!(
        (&step["type"], &step["content"][0]["text"]),
        (&json!("model_output"), &json!("one two"))
    );
    let id = first["id"].as_str().unwrap();
    let path = format!("/v1beta/interactions/{id}");
    assert_eq!(json_of(&server.send(&Request::get(&path))), first);
    let next =
        json!({"model": "m", "input": "three", "previous_interaction_id": id, "stream": true});
    let text = server.send(&Request::post("/v1beta/interactions", next.to_string())).text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events: Vec<Value> = data.filter_map(|data| serde_json::from_str(data).ok()).collect();
    let kinds: Vec<&Value> = events.iter().map(|event| &event["event_type"]).collect();
    assert_eq!(kinds.first(), Some(&&json!("interaction.created")));
    assert_eq!(kinds.last(), Some(&&json!("interaction.completed")));
    assert!(kinds.contains(&&json!("step.delta")), "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"));
    let usage = &events.last().unwrap()["interaction"]["usage"];
    assert!(
        usage["total_input_tokens"].as_u64().unwrap()
            > first["usage"]["total_input_tokens"].as_u64().unwrap()
    );
    assert_eq!(server.send(&Request::delete(&path)).status, 200);
    assert_eq!(server.send(&Request::get(&path)).status, 404);
    let unknown = server.send(&Request::post("/v1beta/interactions", next.to_string()));
    assert_eq!(unknown.status, 404);
}
