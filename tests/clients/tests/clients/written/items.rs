//! All 28 kinds of items that the output of a response may have, through `.item(json)`: read by async-openai, which knows 25.
//! <https://platform.openai.com/docs/api-reference/responses/object>

use async_openai::types::responses::{CreateResponse, OutputItem};
use llmock::reply::Reply;
use llmock::{LlmMock, Provider, llm_replay};
use serde_json::{Value, json};

use super::kinds::{answering, events};
use super::openai;

/// Kinds that the client has no type for, and one for whose outcome it expects another place than the API has it at.
const UNKNOWN_TO_CLIENT: [&str; 3] =
    ["local_shell_call_output", "mcp_approval_response", "shell_call_output"];

/// An item of each kind.
fn items() -> Vec<Value> {
    vec![
        json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}]}),
        json!({"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["a"], "results": null}),
        json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"}),
        json!({"type": "function_call_output", "id": "fco_1", "call_id": "call_1", "output": "12", "status": "completed"}),
        json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "a"}}),
        json!({"type": "computer_call", "id": "cu_1", "call_id": "call_2", "status": "completed", "pending_safety_checks": [],
            "action": {"type": "screenshot"}}),
        json!({"type": "computer_call_output", "id": "cuo_1", "call_id": "call_2", "status": "completed",
            "output": {"type": "computer_screenshot", "image_url": "https://example.com/a.png"}}),
        json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]}),
        json!({"type": "program", "id": "prog_1", "call_id": "call_3", "code": "1", "fingerprint": "f"}),
        json!({"type": "program_output", "id": "po_1", "call_id": "call_3", "result": "1", "status": "completed"}),
        json!({"type": "tool_search_call", "id": "tsc_1", "call_id": null, "execution": "server", "arguments": {}, "status": "completed"}),
        json!({"type": "tool_search_output", "id": "tso_1", "call_id": null, "execution": "server", "tools": [], "status": "completed"}),
        json!({"type": "additional_tools", "id": "at_1", "role": "assistant", "tools": []}),
        json!({"type": "compaction", "id": "cmp_1", "encrypted_content": "c2ln"}),
        json!({"type": "image_generation_call", "id": "ig_1", "result": "aGk=", "status": "completed"}),
        json!({"type": "code_interpreter_call", "id": "ci_1", "code": "1", "container_id": "cntr_1", "outputs": [], "status": "completed"}),
        json!({"type": "local_shell_call", "id": "lsh_1", "call_id": "call_4", "status": "completed",
            "action": {"type": "exec", "command": ["ls"], "env": {}}}),
        json!({"type": "local_shell_call_output", "id": "call_4", "output": "a", "status": "completed"}),
        json!({"type": "shell_call", "id": "sh_1", "call_id": "call_5", "status": "completed",
            "action": {"commands": ["ls"], "timeout_ms": null, "max_output_length": null}}),
        json!({"type": "shell_call_output", "id": "sho_1", "call_id": "call_5", "status": "completed", "max_output_length": null,
            "output": [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]}),
        json!({"type": "apply_patch_call", "id": "apc_1", "call_id": "call_6", "status": "completed",
            "operation": {"type": "delete_file", "path": "a"}}),
        json!({"type": "apply_patch_call_output", "id": "apo_1", "call_id": "call_6", "status": "completed", "output": "done"}),
        json!({"type": "mcp_call", "id": "mcp_1", "server_label": "s", "name": "f", "arguments": "{}", "output": "1"}),
        json!({"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": []}),
        json!({"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "s", "name": "f", "arguments": "{}"}),
        json!({"type": "mcp_approval_response", "id": "mcpa_1", "approval_request_id": "mcpr_1", "approve": true}),
        json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_7", "name": "f", "input": "x"}),
        json!({"type": "custom_tool_call_output", "id": "cto_1", "call_id": "call_7", "output": "y", "status": "completed"}),
    ]
}

/// What the server sends, without a client of its own.
async fn raw(mock: &LlmMock, stream: bool) -> String {
    let url = format!("{}/responses", mock.base_url(Provider::OpenAI));
    let body = json!({"model": "gpt-5", "input": "a", "stream": stream});
    reqwest::Client::new().post(url).json(&body).send().await.unwrap().text().await.unwrap()
}

#[llm_replay]
#[tokio::test]
async fn every_kind_of_item_reaches_the_client(mock: &LlmMock) {
    let items = items();
    assert_eq!(items.len(), 28);
    for item in items {
        let kind = item["type"].as_str().unwrap();
        let reply = Reply::new().item(&item);
        if UNKNOWN_TO_CLIENT.contains(&kind) {
            let _answering = answering(mock, Provider::OpenAI, &reply).await;
            let whole: Value = serde_json::from_str(&raw(mock, false).await).unwrap();
            assert_eq!(whole["output"], json!([item]));
            let streamed = raw(mock, true).await;
            let done = streamed.lines().rfind(|line| line.contains("response.output_item.done"));
            assert!(done.unwrap().contains(&format!("\"{kind}\"")), "{streamed}");
            continue;
        }
        {
            let _answering = answering(mock, Provider::OpenAI, &reply).await;
            let request: CreateResponse =
                serde_json::from_value(json!({"model": "gpt-5", "input": "a"})).unwrap();
            let whole = openai(mock).responses().create(request).await;
            let whole = whole.unwrap_or_else(|error| panic!("{kind}: {error}"));
            let [read] = &whole.output[..] else { panic!("{kind}: {:?}", whole.output) };
            let read: &OutputItem = read;
            assert_eq!(serde_json::to_value(read).unwrap()["type"], kind);
        }
        let seen = events(mock, &reply).await;
        let of = |name: &str| seen.iter().find(|event| event["type"] == name);
        for name in ["response.output_item.added", "response.output_item.done"] {
            assert_eq!(of(name).expect(name)["item"]["type"], kind, "{seen:?}");
        }
        let end = of("response.completed").expect("an end");
        assert_eq!(end["response"]["output"][0]["type"], kind, "{end}");
    }
}
