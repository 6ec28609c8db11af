//! Fixtures of any size, in the layout in which llmock writes them: some 2 kB an interaction.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The test whose session a bench opens.
pub const OWNER: &str = "reports::explains_the_delay";

/// How many events a streamed answer has.
pub const EVENTS: usize = 200;

const SYSTEM: &str = "You read reports of a railway company and answer questions about them in one \
    short paragraph. Say what stands in the report and nothing else; name the page where it stands.";

const ANSWER: &str = "The report names three reasons, on page 4: the late delivery of the new \
    signals, which holds up every train between the two bridges; the lack of drivers in the early \
    shifts, which nobody expects to end before spring; and the track works, planned for two \
    weeks and now in their seventh. It adds on page 9 that the first alone explains more than half \
    of all minutes of delay, and that the company has asked for compensation.";

/// The body of the request number `at`.
pub fn request(at: usize) -> String {
    format!(
        r#"{{"model":"gpt-5-mini","temperature":0.2,"messages":[{{"role":"system","content":"{SYSTEM}"}},{{"role":"user","content":"{}"}}]}}"#,
        question(at)
    )
}

/// The body of a request whose answer is a stream.
pub fn streaming_request() -> String {
    format!(
        r#"{{"model":"gpt-5-mini","stream":true,"messages":[{{"role":"user","content":"{}"}}]}}"#,
        question(0)
    )
}

fn question(at: usize) -> String {
    format!("Why was train {at} late on the day of the report, and what will the company do?")
}

/// The answer to request number `at`, as its bytes come.
pub fn answer(at: usize) -> String {
    format!(
        r#"{{"id":"chatcmpl-{at}","object":"chat.completion","created":1777000000,"model":"gpt-5-mini","choices":[{{"index":0,"message":{{"role":"assistant","content":"{ANSWER}","refusal":null}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":85,"completion_tokens":102,"total_tokens":187}}}}"#
    )
}

/// The events of a streamed answer, each with its frame.
pub fn events() -> Vec<String> {
    let delta = |at: usize| {
        format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1777000000,"model":"gpt-5-mini","choices":[{{"index":0,"delta":{{"content":" word{at}"}},"finish_reason":null}}]}}"#
        )
    };
    let mut events: Vec<_> = (1..EVENTS).map(|at| format!("data: {}\n\n", delta(at))).collect();
    events.push("data: [DONE]\n\n".to_owned());
    events
}

/// Writes a fixture with `count` plain answers, and says where. The first is [`OWNER`]'s, the others
/// another test's: they are no news when they are not used.
pub fn plain(folder: &Path, count: usize) -> PathBuf {
    let interactions: Vec<String> = (0..count).map(interaction).collect();
    write(&folder.join(format!("plain-{count}.json")), &interactions)
}

/// Writes a fixture with one stream of [`EVENTS`] events.
pub fn stream(folder: &Path) -> PathBuf {
    let mut lines = String::new();
    for (at, event) in events().iter().enumerate() {
        let data = event.trim_end().trim_start_matches("data: ");
        let data = if data == "[DONE]" { "\"[DONE]\"" } else { data };
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(lines, "{comma}\n            {{ \"ms\": {}, \"data\": {data} }}", 400 + at);
    }
    let response = format!(
        r#"{{
        "status": 200,
        "headers": {{
          "content-type": "text/event-stream; charset=utf-8"
        }},
        "stream": {{
          "framing": "sse",
          "end": "complete",
          "events": [{lines}
          ]
        }}
      }}"#
    );
    write(&folder.join("stream.json"), &[framed(OWNER, &streaming_request(), &response)])
}

fn interaction(at: usize) -> String {
    let response = format!(
        r#"{{
        "status": 200,
        "headers": {{
          "content-type": "application/json",
          "x-request-id": "req_{at:032x}"
        }},
        "ms": 912,
        "body": {}
      }}"#,
        spread(&answer(at))
    );
    let owner = if at == 0 { OWNER } else { "reports::reads_them_all" };
    framed(owner, &request(at), &response)
}

fn framed(owner: &str, request: &str, response: &str) -> String {
    format!(
        r#"    {{
      "hash": "1:{:064x}",
      "provider": "openai",
      "test": "{owner}",
      "recorded_at": "2026-04-23T10:00:00Z",
      "request": {{
        "method": "POST",
        "path": "/v1/chat/completions",
        "body": {}
      }},
      "response": {response}
    }}"#,
        0,
        spread(request)
    )
}

/// Over several lines, as a fixture is.
fn spread(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON of ours");
    let text = serde_json::to_string_pretty(&value).expect("a value can be printed");
    text.replace('\n', "\n        ")
}

fn write(path: &Path, interactions: &[String]) -> PathBuf {
    let text = format!(
        "{{\n  \"llmock\": 1,\n  \"interactions\": [\n{}\n  ]\n}}\n",
        interactions.join(",\n")
    );
    fs::write(path, text).expect("the temporary directory takes a file");
    path.to_owned()
}
