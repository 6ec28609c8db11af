//! `llmock serve`: shapes that official clients insist on.

use llmock_testkit::client::Request;
use serde_json::{Value, json};

use super::limits::{ask, json_of, server, with};

#[test]
fn mistral_clients_get_mistrals_shapes() {
    let server = server();
    let agent = "mistral-client-python/3.7.0";
    let body = json!({"model": "mistral-embed", "input": ["Hi"]}).to_string();
    for request in [
        Request::post("/v1/embeddings", body.clone()).header("user-agent", agent),
        Request::post("/mistral/v1/embeddings", body.clone()),
    ] {
        assert!(json_of(&server.send(&request))["id"].is_string(), "{}", request.path);
    }
    let plain = json_of(&server.send(&Request::post("/v1/embeddings", body)));
    assert_eq!(plain.get("id"), None);
    let list = Request::get("/v1/models").header("user-agent", agent);
    let list = json_of(&server.send(&list));
    assert_eq!(list["data"][0]["type"], "base");
    assert_eq!(list["data"][0]["capabilities"]["completion_chat"], true);
}

#[test]
fn cohere_clients_get_coheres_shapes() {
    let server = server();
    for agent in ["cohere/7.3.1", "cohere-ai/8.1.0"] {
        let list = Request::get("/v1/models").header("user-agent", agent);
        assert!(json_of(&server.send(&list))["models"][0]["name"].is_string());
    }
    let types = json!(["float", "int8", "uint8", "binary", "ubinary", "base64"]);
    let body = json!({"model": "embed-v4.0", "texts": ["one", "two"], "input_type": "x",
        "embedding_types": types, "output_dimension": 16});
    let found = &ask(&server, "/v2/embed", &body)["embeddings"];
    for kind in types.as_array().unwrap() {
        let kind = kind.as_str().unwrap();
        assert_eq!(found[kind].as_array().map(Vec::len), Some(2), "{kind} {found}");
    }
    let numbers = |kind: &str| -> Vec<i64> {
        found[kind][0].as_array().unwrap().iter().map(|one| one.as_i64().unwrap()).collect()
    };
    assert!(numbers("int8").iter().all(|one| (-128..128).contains(one)));
    assert!(numbers("uint8").iter().all(|one| (0..256).contains(one)));
    assert_eq!((numbers("binary").len(), numbers("ubinary").len()), (2, 2));
    assert!(numbers("ubinary").iter().all(|one| (0..256).contains(one)));
}

#[test]
fn lists_name_well_known_models_and_every_other_id_exists() {
    let server = server();
    let ids = |path: &str, list: &str, id: &str| -> Vec<String> {
        let found = json_of(&server.send(&Request::get(path)));
        let all = found[list].as_array().unwrap_or_else(|| panic!("no list: {found}")).clone();
        all.iter().map(|one| one[id].as_str().unwrap().to_owned()).collect()
    };
    for (path, list, id, known) in [
        ("/v1/models", "data", "id", "gpt-4o"),
        ("/v1/models", "data", "id", "gpt-4o-mini"),
        ("/anthropic/v1/models", "data", "id", "claude-sonnet-5"),
        ("/v1beta/models", "models", "name", "models/gemini-2.5-flash"),
        ("/api/tags", "models", "name", "llama3.2:latest"),
        ("/cohere/v1/models", "models", "name", "command-a-03-2025"),
        ("/mistral/v1/models", "data", "id", "mistral-small-latest"),
        ("/groq/openai/v1/models", "data", "id", "llama-3.3-70b-versatile"),
    ] {
        let found = ids(path, list, id);
        assert!(found.iter().any(|id| id == known), "{path} {found:?}");
    }
    let other = json_of(&server.send(&Request::get("/v1/models/ft:gpt-4o:acme::x")));
    assert_eq!(other["id"], "ft:gpt-4o:acme::x");
    let pulled = server.send(&Request::post("/api/pull", json!({"model": "x"}).to_string()));
    let last = pulled.text().lines().last().map(str::to_owned).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&last).unwrap(), json!({"status": "success"}));
}

#[test]
fn calls_of_custom_tools_and_old_functions_keep_their_form() {
    let server = server();
    let text = "call tool 'run' with 'ls -l'";
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": text}]});
    let custom = json!({"tools": [{"type": "custom", "custom": {"name": "run"}}]});
    let found = ask(&server, "/v1/chat/completions", &with(&chat, &custom));
    let call = &found["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(
        (&call["type"], &call["custom"]),
        (&json!("custom"), &json!({"name": "run", "input": "ls -l"}))
    );
    let body = json!({"model": "m", "input": text, "tools": [{"type": "custom", "name": "run"}]});
    let found = ask(&server, "/v1/responses", &body);
    assert_eq!(found["output"][0]["type"], "custom_tool_call");
    assert_eq!(found["output"][0]["input"], "ls -l");
    let functions = json!({"functions": [{"name": "run", "parameters": {"type": "object"}}]});
    let found = ask(&server, "/v1/chat/completions", &with(&chat, &functions));
    let choice = &found["choices"][0];
    assert_eq!(choice["finish_reason"], "function_call");
    assert_eq!(choice["message"]["function_call"], json!({"name": "run", "arguments": "ls -l"}));
    assert_eq!(choice["message"].get("tool_calls"), None);
    let streamed = with(&with(&chat, &functions), &json!({"stream": true}));
    let response = server.send(&Request::post("/v1/chat/completions", streamed.to_string()));
    assert!(response.text().contains(r#""function_call":{"name":"run","arguments":""}"#));
    assert!(response.text().contains(r#""finish_reason":"function_call""#));
}
