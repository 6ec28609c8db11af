//! Tours with tools: something about the tools or their results has changed.

use llmock::llm_replay;
use museum::tour::{plan, result, tool, tools};
use museum::{Guide, is_seeded, question, seeded};
use serde_json::json;

#[llm_replay(fixture = "tours/umbrella")]
#[tokio::test]
async fn plans_for_rain() {
    let mut tools = tools();
    if is_seeded() {
        tools.push(tool("lend_umbrella"));
    }
    plan(&Guide::from_env(), "Plan a tour for a rainy day.", &tools, result).await.unwrap();
}

#[llm_replay(fixture = "tours/swapped")]
#[tokio::test]
async fn plans_for_a_class() {
    let mut tools = tools();
    if is_seeded() {
        tools.swap(0, 1);
    }
    plan(&Guide::from_env(), "Plan a tour for a class.", &tools, result).await.unwrap();
}

#[llm_replay(fixture = "tours/described")]
#[tokio::test]
async fn plans_for_a_collector() {
    let mut tools = tools();
    if is_seeded() {
        let work = &mut tools[2]["function"]["parameters"]["properties"]["work"];
        work["description"] = json!("The title on the label");
    }
    plan(&Guide::from_env(), "Plan a tour for a collector.", &tools, result).await.unwrap();
}

fn other_hours(tool: &str) -> String {
    let text = result(tool);
    seeded(text.clone(), text.replace("18:00", "17:30"))
}

#[llm_replay(fixture = "tours/hours")]
#[tokio::test]
async fn plans_by_the_hours() {
    let prompt = "Plan a tour before closing time.";
    plan(&Guide::from_env(), prompt, &tools(), other_hours).await.unwrap();
}

#[llm_replay(fixture = "tours/hours_in_order", order = "strict")]
#[tokio::test]
async fn plans_by_the_hours_in_order() {
    let prompt = "Plan a short tour before closing time.";
    plan(&Guide::from_env(), prompt, &tools(), other_hours).await.unwrap();
}

#[llm_replay(fixture = "tours/history")]
#[tokio::test]
async fn goes_on_from_the_history() {
    let arguments = json!({ "work": "The Lighthouse", "detail": seeded("brief", "complete") });
    let mut body = question("Where does it hang?");
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({
        "role": "assistant",
        "content": null,
        "tool_calls": [{
            "id": "call_7",
            "type": "function",
            "function": { "name": "find_work", "arguments": arguments.to_string() },
        }],
    }));
    messages.push(json!({ "role": "tool", "tool_call_id": "call_7", "content": "{\"room\":12}" }));
    Guide::from_env().send(body).await.unwrap();
}
