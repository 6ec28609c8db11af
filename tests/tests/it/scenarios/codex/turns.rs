//! Turns: sequences of replies, calls of every kind, and items that need no output.

use llmock::reply::Reply;
use llmock::{LlmMock, llm_replay};
use serde_json::{Value, json};

use super::agent::Agent;

/// The items of this type in the input of the last request.
fn sent(mock: &LlmMock, kind: &str) -> Vec<Value> {
    let body: Value = mock.requests().last().unwrap().json().unwrap();
    let items = body["input"].as_array().unwrap().iter();
    items.filter(|item| item["type"] == kind).cloned().collect()
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_message_is_a_turn(mock: &LlmMock) {
    mock.reply(Reply::text("hello"));
    assert_eq!(Agent::new(mock).turn("hi").await.as_deref(), Ok("hello"));
    assert_eq!(mock.requests()[0].last_user_text().as_deref(), Some("hi"));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_call_and_its_output_are_two_requests(mock: &LlmMock) {
    mock.reply([
        Reply::new().tool_call_with_id("call_1", "shell", r#"{"command":["ls"]}"#),
        Reply::text("one file"),
    ]);
    assert_eq!(Agent::new(mock).turn("list").await.as_deref(), Ok("one file"));
    let result = &mock.requests()[1].tool_results()[0];
    assert_eq!((result.call_id.as_deref(), result.text.as_str()), (Some("call_1"), "src"));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn parallel_calls_are_answered_together(mock: &LlmMock) {
    let calls = Reply::new()
        .tool_call_with_id("call_1", "shell", "{}")
        .tool_call_with_id("call_2", "shell", "{}");
    mock.reply([calls, Reply::text("done")]);
    Agent::new(mock).turn("both").await.unwrap();
    let results = mock.requests()[1].tool_results();
    let ids: Vec<_> = results.iter().map(|result| result.call_id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["call_1", "call_2"]);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_patch_is_a_custom_call(mock: &LlmMock) {
    let patch = "*** Begin Patch\n*** Delete File: a\n*** End Patch";
    let call = Reply::new().custom_tool_call_with_id("call_1", "apply_patch", patch);
    mock.reply([call, Reply::text("patched")]);
    assert_eq!(Agent::new(mock).turn("patch").await.as_deref(), Ok("patched"));
    let [output] = &sent(mock, "custom_tool_call_output")[..] else { panic!("one output") };
    assert_eq!(
        (&output["call_id"], &output["output"]),
        (&json!("call_1"), &json!("applied 3 lines"))
    );
    assert_eq!(sent(mock, "custom_tool_call")[0]["input"], patch);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_call_keeps_its_namespace(mock: &LlmMock) {
    mock.reply([Reply::new().tool_call("list", "{}").namespace("mcp__files"), Reply::text("ok")]);
    Agent::new(mock).turn("list").await.unwrap();
    assert_eq!(sent(mock, "function_call")[0]["namespace"], "mcp__files");
    assert_eq!(sent(mock, "function_call_output")[0]["output"], "list of files");
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn an_unknown_tool_is_told_to_the_model(mock: &LlmMock) {
    mock.reply([Reply::new().tool_call("fly", "{}"), Reply::text("I cannot")]);
    Agent::new(mock).turn("fly").await.unwrap();
    assert_eq!(mock.requests()[1].tool_results()[0].text, "unsupported call: fly");
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn ten_requests_get_ten_replies_in_order(mock: &LlmMock) {
    let calls =
        (1..10).map(|at| Reply::new().tool_call_with_id(format!("call_{at}"), "shell", "{}"));
    let replies: Vec<Reply> = calls.chain([Reply::text("at last")]).collect();
    let rule = mock.reply(replies);
    assert_eq!(Agent::new(mock).turn("go").await.as_deref(), Ok("at last"));
    assert_eq!(rule.exchanges().len(), 10);
    let last: Value = rule.requests()[9].json().unwrap();
    assert_eq!(last["input"].as_array().unwrap().len(), 1 + 2 * 9);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn signed_reasoning_is_sent_back(mock: &LlmMock) {
    let thinking = Reply::new().tool_call("shell", "{}").reasoning("Hm.").signature("c2lnbmVk");
    mock.reply([thinking, Reply::text("done")]);
    Agent::new(mock).turn("think").await.unwrap();
    let [reasoning] = &sent(mock, "reasoning")[..] else { panic!("one item") };
    assert_eq!(reasoning["encrypted_content"], "c2lnbmVk");
    assert_eq!(reasoning["summary"][0]["text"], "Hm.");
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn redacted_reasoning_is_sent_back(mock: &LlmMock) {
    let thinking = Reply::new().tool_call("shell", "{}").redacted_reasoning("b3BhcXVl");
    mock.reply([thinking, Reply::text("done")]);
    Agent::new(mock).turn("think").await.unwrap();
    let reasoning = &sent(mock, "reasoning")[0];
    assert_eq!(
        (&reasoning["encrypted_content"], &reasoning["summary"]),
        (&json!("b3BhcXVl"), &json!([]))
    );
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_web_search_needs_no_output(mock: &LlmMock) {
    let found = Reply::text("found").web_search("llmock").citation("https://a.example/", "A");
    mock.reply(found);
    let mut agent = Agent::new(mock);
    assert_eq!(agent.turn("search").await.as_deref(), Ok("found"));
    let item = |kind: &str| agent.input.iter().find(|item| item["type"] == kind).unwrap();
    assert_eq!(item("web_search_call")["action"]["query"], "llmock");
    let message = agent.input.last().unwrap();
    assert_eq!(message["content"][0]["annotations"][0]["url"], "https://a.example/");
}

/// `ev_image_generation_call`, `ev_tool_search_call`, and what else the agent only keeps.
#[llm_replay(scripted = true)]
#[tokio::test]
async fn items_of_other_kinds_are_kept(mock: &LlmMock) {
    let items = [
        json!({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "aGk="}),
        json!({"type": "tool_search_call", "id": "tsc_1", "call_id": null, "execution": "server", "arguments": {}, "status": "completed"}),
        json!({"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": []}),
        json!({"type": "compaction", "id": "cmp_1", "encrypted_content": "c2ln"}),
    ];
    mock.reply(items.iter().fold(Reply::text("kept"), Reply::item));
    let mut agent = Agent::new(mock);
    assert_eq!(agent.turn("all").await.as_deref(), Ok("kept"));
    assert_eq!(agent.input[2..], items);
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_local_shell_call_is_answered(mock: &LlmMock) {
    let call = json!({"type": "local_shell_call", "id": "lsh_1", "call_id": "call_1", "status": "completed",
        "action": {"type": "exec", "command": ["ls"], "env": {}}});
    mock.reply([Reply::new().item(&call), Reply::text("done")]);
    Agent::new(mock).turn("ls").await.unwrap();
    assert_eq!(sent(mock, "local_shell_call_output")[0]["call_id"], "call_1");
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn items_have_the_ids_that_a_test_chooses(mock: &LlmMock) {
    mock.reply(
        Reply::text("hi").reasoning("Hm.").item_ids(["rs_mine", "msg_mine"]).id("resp_mine"),
    );
    let mut agent = Agent::new(mock);
    agent.turn("hi").await.unwrap();
    let ids: Vec<_> = agent.input[1..].iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, ["rs_mine", "msg_mine"]);
    let events = mock.exchanges()[0].response().unwrap().text();
    assert!(events.contains(r#""id":"resp_mine""#), "{events}");
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn a_refusal_is_a_message(mock: &LlmMock) {
    mock.reply(Reply::refusal("I will not."));
    assert_eq!(Agent::new(mock).turn("harm").await.as_deref(), Ok("I will not."));
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn tokens_of_a_turn_are_summed(mock: &LlmMock) {
    mock.reply([
        Reply::new().tool_call("shell", "{}").usage(100, 7),
        Reply::text("ok").usage(120, 3),
    ]);
    Agent::new(mock).turn("go").await.unwrap();
    let sum: llmock::TokenUsage = mock.exchanges().iter().map(llmock::Exchange::usage).sum();
    assert_eq!((sum.input, sum.output), (220, 10));
}
