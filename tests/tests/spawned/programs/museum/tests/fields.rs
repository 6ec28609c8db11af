//! Something else than the words of a request has changed.

use llmock::llm_replay;
use museum::{Curator, Guide, is_seeded, question, seeded};
use serde_json::{Value, json};

async fn send(prompt: &str, change: impl FnOnce(&mut Value)) {
    let mut body = question(prompt);
    if is_seeded() {
        change(&mut body);
    }
    Guide::from_env().send(body).await.unwrap();
}

#[llm_replay(fixture = "fields/temperature")]
#[tokio::test]
async fn stays_calm() {
    send("Rate the lighting from 1 to 5.", |body| body["temperature"] = json!(0.9)).await;
}

#[llm_replay(fixture = "fields/model")]
#[tokio::test]
async fn keeps_its_model() {
    send("Name the style of the facade.", |body| body["model"] = json!("guide-2-mini")).await;
}

#[llm_replay(fixture = "fields/stream")]
#[tokio::test]
async fn answers_in_one_piece() {
    send("Tell the legend of the fountain.", |body| body["stream"] = json!(true)).await;
}

#[llm_replay(fixture = "fields/length")]
#[tokio::test]
async fn keeps_it_short() {
    send("Describe the staircase.", |body| body["max_completion_tokens"] = json!(90)).await;
}

#[llm_replay(fixture = "fields/format")]
#[tokio::test]
async fn answers_in_prose() {
    send("List the floors.", |body| {
        body["response_format"] = json!({ "type": "json_object" });
        body["seed"] = json!(11);
    })
    .await;
}

#[llm_replay(fixture = "fields/everything")]
#[tokio::test]
async fn stays_the_same() {
    send("Where do I begin?", |body| {
        *body = json!({
            "model": "guide-3-large",
            "messages": [
                { "role": "system", "content": "You sell souvenirs." },
                { "role": "user", "content": "Which poster would suit a narrow corridor without windows?" },
            ],
            "temperature": 1.1,
            "max_completion_tokens": 700,
        });
    })
    .await;
}

#[llm_replay(fixture = "fields/number")]
#[tokio::test]
async fn counts_in_numbers() {
    let mut body = question("How many rooms are open?");
    body["top_logprobs"] = seeded(json!(4), json!("4"));
    Guide::from_env().send(body).await.unwrap();
}

#[llm_replay(fixture = "fields/vector")]
#[tokio::test]
async fn places_a_work() {
    let input = seeded("a portrait of a sailor", "a portrait of a miller");
    let body = json!({ "model": "atlas-1", "input": input });
    Guide::from_env().place(body).await.unwrap();
}

/// Enough of a picture to have a type.
fn picture(seed: u8) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |at: usize| ALPHABET[(at * 7 + at / 5 * usize::from(seed)) % 64] as char;
    format!("iVBORw0KGgoAAAANSUhEUgAA{}", (0..2000).map(digit).collect::<String>())
}

#[llm_replay(fixture = "fields/picture")]
#[tokio::test]
async fn describes_a_picture() {
    let data = picture(seeded(3, 5));
    Curator::from_env().unwrap().describe("image/png", &data).await.unwrap();
}
