//! What the program sent and received, in every mode.

use llmock::reply::Role;
use llmock::{Fixture, LlmMock, Mode, Provider, RespondedBy, TokenUsage, llm_replay};
use llmock_testkit::client::{JSON, chat, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Gate, Response, Upstream, replay};
use serde_json::{Value, json};

const TEST: &str = "exchanges::test";

const BODY: &str = r#"{"id":"1","usage":{"prompt_tokens":12,"completion_tokens":3}}"#;

const EVENTS: [&str; 3] = [
    "data: {\"choices\":[]}\n\n",
    "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\n",
    "data: [DONE]\n\n",
];

fn streamed(text: &str) -> String {
    let mut body: Value = serde_json::from_str(&prompt(text)).unwrap();
    body["stream"] = json!(true);
    body.to_string()
}

/// Sends two requests and checks what the handle knows of them.
fn converse(mock: &LlmMock, by: RespondedBy) {
    assert_eq!(chat(mock, &prompt("Hi")).text(), BODY);
    assert_eq!(chat(mock, &streamed("Go on")).text(), EVENTS.concat());

    let exchanges = mock.exchanges();
    assert_eq!(exchanges.len(), 2);
    let first = exchanges[0].response().unwrap();
    assert_eq!((first.status(), first.header("content-type")), (200, Some("application/json")));
    assert_eq!(first.body(), BODY.as_bytes());
    assert_eq!(first.json::<Value>().unwrap()["id"], "1");
    assert!(first.is_complete() && !first.is_streaming() && first.events().is_empty());
    assert_eq!(exchanges[0].request().last_user_text().as_deref(), Some("Hi"));

    let second = exchanges[1].response().unwrap();
    let data: Vec<_> = second.events().iter().map(|event| event.data().to_owned()).collect();
    assert_eq!(data.len(), 3);
    assert_eq!(data[2], "[DONE]");
    assert!(second.is_streaming() && exchanges[1].request().is_streaming());
    for exchange in &exchanges {
        assert_eq!(exchange.responded_by(), by);
        assert!(!exchange.disconnected_early() && exchange.response().unwrap().is_complete());
    }
    let sum: TokenUsage = exchanges.iter().map(llmock::Exchange::usage).sum();
    assert_eq!((sum.input, sum.output, sum.total()), (17, 5, 22));
}

#[test]
fn recording_and_replay_have_the_same_exchanges() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json(BODY), Response::sse(EVENTS)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        assert!(mock.is_recording() && mock.mode() == Mode::Record);
        converse(&mock, RespondedBy::Upstream);
        let live = serde_json::to_value(mock.exchanges()).unwrap();
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        assert!(!mock.is_recording() && mock.mode() == Mode::Replay);
        converse(&mock, RespondedBy::Fixture);
        assert_eq!(mock.exchanges()[1].interaction(), Some(2));
        let mut replayed = serde_json::to_value(mock.exchanges()).unwrap();
        for exchange in replayed.as_array_mut().unwrap() {
            assert_eq!(exchange["responded_by"], "fixture");
            exchange["responded_by"] = json!("upstream");
        }
        assert_eq!(replayed, live, "a snapshot does not depend on the mode");
        mock.finish().unwrap();

        let stored = Fixture::load(&fixture).unwrap();
        let [first, second] = stored.interactions() else { panic!("two interactions") };
        assert_eq!(first.request().last_user_text().as_deref(), Some("Hi"));
        assert_eq!(first.response().text(), BODY);
        assert_eq!(second.response().events()[2].data(), "[DONE]");
        assert_eq!(second.response().usage().total(), 7);
    });
}

/// What `insta::assert_json_snapshot!` and `insta::assert_debug_snapshot!` show: no headers, ports, and times.
#[llm_replay(scripted = true)]
#[test]
fn snapshots_are_stable(mock: &LlmMock) {
    mock.reply(llmock::reply::Reply::error(429, "slow down"));
    chat(mock, &prompt("Hi")).text();
    let error = json!({ "message": "slow down", "type": "rate_limit_error", "param": null, "code": "rate_limit_exceeded" });
    let body: Value = serde_json::from_str(&prompt("Hi")).unwrap();
    let expected = json!([{
        "request": { "provider": "openai", "method": "POST", "path": "/v1/chat/completions", "body": body },
        "responded_by": "reply",
        "response": { "status": 429, "body": { "error": error }, "end": "complete" },
    }]);
    assert_eq!(serde_json::to_value(mock.exchanges()).unwrap(), expected);
    insta::assert_debug_snapshot!(mock.exchanges(), @r##"
    [
        Exchange {
            request: SentRequest {
                provider: "openai",
                method: "POST",
                path: "/v1/chat/completions",
                body: "{\"messages\":[{\"content\":\"Hi\",\"role\":\"user\"}],\"model\":\"m\"}",
                ..
            },
            responded_by: Reply,
            response: Some(
                ReceivedResponse {
                    status: 429,
                    body: "{\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}",
                    end: Complete,
                    ..
                },
            ),
            ..
        },
    ]
    "##);
}

#[test]
fn misses_have_the_refusal_as_their_response() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = Upstream::chat("Hi").record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("a")).text();
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &prompt("b")).status, 418);
        let exchanges = mock.exchanges();
        assert_eq!(exchanges[0].responded_by(), RespondedBy::Nothing);
        assert_eq!(exchanges[0].response().unwrap().status(), 418);
        mock.finish().unwrap_err();
    });
}

#[test]
fn a_client_that_leaves_early_is_seen() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let gate = Gate::default();
        let response = Response::sse([EVENTS[0]]).wait(&gate).chunks(EVENTS);
        let mock = Upstream::start([response]).record(&fixture, TEST).start().unwrap();
        let mut begun = chat(&mock, &streamed("Hi"));
        assert_eq!(begun.chunk().unwrap(), EVENTS[0].as_bytes());
        assert_eq!(mock.exchanges()[0].response().unwrap().events().len(), 1);
        drop(begun);
        gate.open();
        let seen = || mock.exchanges()[0].disconnected_early();
        let started = std::time::Instant::now();
        while !seen() {
            assert!(
                started.elapsed() < std::time::Duration::from_secs(60),
                "{:?}",
                mock.exchanges()
            );
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(!mock.exchanges()[0].response().unwrap().is_complete());
        let _ = mock.finish();
    });
}

#[test]
fn cut_responses_are_seen() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::sse([EVENTS[0]]).truncated()]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &streamed("Hi")).rest();
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        chat(&mock, &streamed("Hi")).rest();
        let exchange = &mock.exchanges()[0];
        assert!(exchange.response().unwrap().was_cut() && !exchange.disconnected_early());
        mock.finish().unwrap();
    });
}

/// The same conversation as four providers write it: instructions, a question, a call, its result.
const CONVERSATIONS: [(Provider, &str, &str); 4] = [
    (
        Provider::OpenAI,
        "/chat/completions",
        r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":
            {"name":"weather","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"12"}],
            "tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]}"#,
    ),
    (
        Provider::OpenAI,
        "/responses",
        r#"{"model":"m","instructions":"Be brief.","input":[{"role":"user","content":"Weather?"},
            {"type":"function_call","call_id":"c1","name":"weather","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"12"}],
            "tools":[{"type":"function","name":"weather","parameters":{"type":"object"}}]}"#,
    ),
    (
        Provider::Anthropic,
        "/v1/messages",
        r#"{"model":"m","system":"Be brief.","messages":[{"role":"user","content":"Weather?"},
            {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"weather","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"12"}]}],
            "tools":[{"name":"weather","input_schema":{"type":"object"}}]}"#,
    ),
    (
        Provider::Gemini,
        "/v1beta/models/m:generateContent",
        r#"{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":
            "Weather?"}]},{"role":"model","parts":[{"functionCall":{"name":"weather","args":{}}}]},
            {"role":"user","parts":[{"functionResponse":{"id":"c1","name":"weather","response":{"output":"12"}}}]}],
            "tools":[{"functionDeclarations":[{"name":"weather","parameters":{"type":"object"}}]}]}"#,
    ),
];

#[test]
fn readers_are_the_same_for_every_provider() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = Upstream::start([Response::json("{}")]).record(&fixture, TEST).start().unwrap();
        for (provider, path, body) in CONVERSATIONS {
            let url = format!("{}{path}", mock.base_url(provider));
            send("POST", &url, &JSON, body.as_bytes()).text();
        }
        let requests = mock.requests();
        assert_eq!(requests.len(), CONVERSATIONS.len());
        for request in &requests {
            let path = request.path();
            assert_eq!(request.model().as_deref(), Some("m"), "{path}");
            assert_eq!(request.system().as_deref(), Some("Be brief."), "{path}");
            assert_eq!(request.last_user_text().as_deref(), Some("Weather?"), "{path}");
            let tools = request.tools();
            let names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
            assert_eq!(names, ["weather"], "{path}");
            let schema: Value = request.tool("weather").unwrap().parameters().unwrap();
            assert_eq!(schema["type"], "object", "{path}");
            let [result] = &request.tool_results()[..] else { panic!("{path}") };
            assert_eq!(result.call_id.as_deref(), Some("c1"), "{path}");
            assert_eq!(result.name.as_deref(), Some("weather"), "{path}");
            assert!(result.text.contains("12"), "{path}");
            let last = request.messages().pop().unwrap();
            assert_eq!(last.role, Role::Tool, "{path}");
        }
        mock.finish().unwrap();
    });
}

#[test]
fn keys_are_compared_and_never_shown() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = Upstream::chat("Hi").record(&fixture, TEST).start().unwrap();
        let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
        let headers =
            [JSON[0], ("authorization", "Bearer sk-of-tenant-1"), ("openai-beta", "a, b")];
        send("POST", &url, &headers, prompt("Hi").as_bytes()).text();
        chat(&mock, &prompt("Hi")).text();
        let requests = mock.requests();
        assert!(requests[0].has_credentials() && requests[0].api_key_was("sk-of-tenant-1"));
        assert!(!requests[0].api_key_was("sk-of-tenant-2"));
        assert!(!requests[1].has_credentials());
        assert_eq!(requests[0].betas(), ["a", "b"]);
        let shown =
            format!("{:?}{}", mock.exchanges(), serde_json::to_string(&mock.exchanges()).unwrap());
        assert!(!shown.contains("sk-of-tenant"), "{shown}");
        mock.finish().unwrap();
    });
}

#[test]
fn handles_have_keys_that_clients_accept() {
    let real = [("OPENAI_API_KEY", "sk-real-and-long-enough")];
    alone(&real, |_| {
        let (_folder, fixture) = place();
        let mock = Upstream::chat("Hi").record(&fixture, TEST).start().unwrap();
        assert_eq!(mock.api_key(Provider::OpenAI), "sk-real-and-long-enough");
        assert!(!mock.api_key(Provider::Anthropic).is_empty());
        chat(&mock, &prompt("Hi")).text();
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_ne!(mock.api_key(Provider::OpenAI), "sk-real-and-long-enough");
        assert!(!mock.api_key(Provider::OpenAI).is_empty());
        chat(&mock, &prompt("Hi")).text();
        mock.finish().unwrap();
    });
}

/// What a client sends that reads its address from the variable.
async fn ask_by_variable() -> u16 {
    let url = std::env::var("OPENAI_BASE_URL").unwrap() + "/chat/completions";
    let body: Value = serde_json::from_str(&prompt("Hi")).unwrap();
    let response = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
    let status = response.status().as_u16();
    response.text().await.unwrap();
    status
}

async fn mounted(mock: &LlmMock) {
    use llmock::wiremock::{Mock, ResponseTemplate, matchers::any};
    let answer = ResponseTemplate::new(200).set_body_raw(BODY, "application/json");
    Mock::given(any()).respond_with(answer).mount(mock.wiremock()).await;
}

#[llm_replay(calls = 1)]
#[tokio::test]
async fn the_current_test_is_reached_without_a_parameter() {
    let mock = llmock::current();
    mounted(&mock).await;
    assert_eq!(ask_by_variable().await, 200);
    mock.wait_for(1).await;
    assert_eq!(llmock::current().exchanges()[0].responded_by(), RespondedBy::Mock);
}

#[llm_replay(calls = 1)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_on_other_threads_reach_the_current_test() {
    mounted(&llmock::current()).await;
    let asked = tokio::spawn(async {
        ask_by_variable().await;
        llmock::current().exchanges().len()
    });
    assert_eq!(asked.await.unwrap(), 1);
}

#[llm_replay(calls = 0)]
#[tokio::test]
async fn a_test_with_a_handle_has_no_current_one(_mock: &LlmMock) {
    let message = panic_of(|| drop(llmock::current()));
    assert!(message.contains("this test takes a handle"), "{message}");
}

#[test]
fn outside_of_tests_there_is_no_current_one() {
    alone(&[], |_| {
        let message = panic_of(|| drop(llmock::current()));
        assert!(message.contains("put #[llm_replay] on the test"), "{message}");
        let message = panic_of(|| llmock::skip("no reason"));
        assert!(message.contains("llmock::skip(..)"), "{message}");
    });
}

fn panic_of(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(run).unwrap_err();
    let literal = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap()
}

#[llm_replay]
#[test]
fn a_test_that_skips_itself_passes_without_a_request() {
    llmock::skip("no audio file");
}

#[llm_replay]
#[test]
fn a_handle_can_skip_its_test(mock: &LlmMock) {
    mock.skip("no audio file");
}

#[test]
fn skipping_leaves_the_fixture_as_it_is() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::chat("Hi");
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("a")).text();
        mock.finish().unwrap();
        let before = std::fs::read(&fixture).unwrap();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        mock.skip("no audio file");
        mock.finish().unwrap();
        assert_eq!(std::fs::read(&fixture).unwrap(), before);
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        mock.skip("no audio file");
        mock.finish().unwrap();
    });
}

#[test]
fn waiting_returns_when_the_requests_have_arrived() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = Upstream::chat("Hi").record(&fixture, TEST).start().unwrap();
        let waiting = mock.mock().clone();
        let waiting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            // Without timers: the session brings its own.
            runtime.block_on(waiting.wait_for(2));
            waiting.requests().len()
        });
        chat(&mock, &prompt("a")).text();
        chat(&mock, &prompt("b")).text();
        assert_eq!(waiting.join().unwrap(), 2);
        mock.finish().unwrap();
    });
}
