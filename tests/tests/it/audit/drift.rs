//! Mode `verify`: the program gets its recordings, and llmock compares them with what the provider responds now.

use std::path::{Path, PathBuf};

use llmock::{LlmMock, Mode, Provider};
use llmock_testkit::client::send;
use llmock_testkit::process::{Process, alone};
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Request, Response, Upstream};

const TEST: &str = "audit::test";

/// An endpoint: its path below the provider's base URL, a request, and what the provider responds.
struct Endpoint {
    provider: Provider,
    path: &'static str,
    request: &'static str,
    content_type: &'static str,
    /// Events, or the only part of a body.
    parts: &'static [&'static str],
}

const JSON: &str = "application/json";
const SSE: &str = "text/event-stream";

const ENDPOINTS: [Endpoint; 8] = [
    Endpoint {
        provider: Provider::OpenAI,
        path: "/chat/completions",
        request: r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#,
        content_type: JSON,
        parts: &[
            r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m-2026-01-01","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2},"system_fingerprint":"fp_1"}"#,
        ],
    },
    Endpoint {
        provider: Provider::OpenAI,
        path: "/chat/completions",
        request: r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#,
        content_type: SSE,
        parts: &[
            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"m-2026-01-01\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n",
            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"m-2026-01-01\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n",
            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"model\":\"m-2026-01-01\",\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n",
        ],
    },
    Endpoint {
        provider: Provider::OpenAI,
        path: "/responses",
        request: r#"{"model":"m","stream":true,"input":"hi"}"#,
        content_type: SSE,
        parts: &[
            "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\",\"model\":\"m-2026-01-01\"}}\n\n",
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"delta\":\"Hello\"}\n\n",
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":2,\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"m-2026-01-01\",\"output\":[{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hello\",\"annotations\":[]}]}],\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}}\n\n",
        ],
    },
    Endpoint {
        provider: Provider::Anthropic,
        path: "/v1/messages",
        request: r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#,
        content_type: JSON,
        parts: &[
            r#"{"id":"msg_1","type":"message","role":"assistant","model":"m-2026-01-01","content":[{"type":"text","text":"Hello"},{"type":"tool_use","id":"toolu_1","name":"f","input":{"city":"Hello"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}"#,
        ],
    },
    Endpoint {
        provider: Provider::Anthropic,
        path: "/v1/messages",
        request: r#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#,
        content_type: SSE,
        parts: &[
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m-2026-01-01\",\"usage\":{\"input_tokens\":3}}}\n\n",
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n",
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ],
    },
    Endpoint {
        provider: Provider::Gemini,
        path: "/v1beta/models/m:generateContent",
        request: r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#,
        content_type: JSON,
        parts: &[
            r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2},"modelVersion":"m-2026-01-01"}"#,
        ],
    },
    Endpoint {
        provider: Provider::Gemini,
        path: "/v1beta/models/m:streamGenerateContent?alt=sse",
        request: r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#,
        content_type: SSE,
        parts: &[
            "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hello\"}]},\"index\":0}],\"modelVersion\":\"m-2026-01-01\"}\n\n",
            "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"!\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":2},\"modelVersion\":\"m-2026-01-01\"}\n\n",
        ],
    },
    Endpoint {
        provider: Provider::Ollama,
        path: "/api/chat",
        request: r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#,
        content_type: "application/x-ndjson",
        parts: &[
            "{\"model\":\"m-2026-01-01\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"done\":false}\n",
            "{\"model\":\"m-2026-01-01\",\"created_at\":\"2026-01-01T00:00:01Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"eval_count\":2}\n",
        ],
    },
];

/// A text in responses, what it becomes, and the code that llmock finds for it.
type Change = (&'static str, &'static str, &'static str);

/// What makes another response, and no drift.
const HARMLESS: [(&str, &str); 10] = [
    ("Hello", "Something else, and much longer"),
    ("resp_1\"", "resp_2345\""),
    ("msg_1\"", "msg_2345\""),
    ("toolu_1\"", "toolu_2345\""),
    ("chatcmpl-1", "chatcmpl-2"),
    ("\"created\":1,", "\"created\":99,"),
    ("tokens\":3", "tokens\":300"),
    ("TokenCount\":2", "TokenCount\":20"),
    ("\"city\":", "\"place\":"),
    ("T00:00:0", "T11:11:1"),
];

/// Changes by the provider whose responses have them, and the number of endpoints that have the text.
const DRIFTS: [(Provider, Change, usize); 17] = [
    (Provider::OpenAI, (r#""prompt_tokens":3,"#, "", "drift_removed"), 1),
    (Provider::OpenAI, ("\"input_tokens\":3", "\"input_tokens\":\"3\"", "drift_type"), 1),
    (
        Provider::OpenAI,
        ("\"finish_reason\":\"stop\"", "\"finish_reason\":\"length\"", "drift_finish"),
        2,
    ),
    (
        Provider::OpenAI,
        ("\"status\":\"completed\"", "\"status\":\"incomplete\"", "drift_finish"),
        1,
    ),
    (Provider::OpenAI, ("m-2026-01-01", "m-2026-09-09", "drift_model"), 3),
    (Provider::OpenAI, ("data: [DONE]\n\n", "", "drift_events"), 1),
    (Provider::OpenAI, ("chat.completion\"", "completion\"", "drift_value"), 1),
    (Provider::OpenAI, ("output_text\",\"text\"", "words\",\"text\"", "drift_value"), 1),
    (Provider::Anthropic, ("\"type\":\"tool_use\"", "\"type\":\"call\"", "drift_value"), 1),
    (Provider::Anthropic, ("\"input_tokens\":3", "\"input_tokens\":null", "drift_type"), 2),
    (
        Provider::Anthropic,
        ("\"stop_reason\":\"end_turn\"", "\"stop_reason\":\"refusal\"", "drift_finish"),
        1,
    ),
    (
        Provider::Anthropic,
        (
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "",
            "drift_events",
        ),
        1,
    ),
    (Provider::Gemini, ("\"usageMetadata\"", "\"usage\"", "drift_removed"), 2),
    (
        Provider::Gemini,
        ("\"finishReason\":\"STOP\"", "\"finishReason\":\"MAX_TOKENS\"", "drift_finish"),
        2,
    ),
    (
        Provider::Gemini,
        ("\"parts\":[{\"text\":\"Hello\"}]", "\"parts\":{\"text\":\"Hello\"}", "drift_type"),
        2,
    ),
    (Provider::Ollama, ("\"eval_count\":2", "\"eval_count\":{}", "drift_type"), 1),
    (Provider::Ollama, ("\"done_reason\":\"stop\"", "\"done_reason\":\"load\"", "drift_finish"), 1),
];

fn endpoint(request: &Request) -> &'static Endpoint {
    let body = request.text();
    let of = |one: &&Endpoint| request.target.ends_with(one.path) && body == one.request;
    ENDPOINTS.iter().find(of).expect("a known request")
}

/// The response of an endpoint after these replacements, in other chunks than before if there are any.
fn served(endpoint: &Endpoint, changes: &[(&str, &str)]) -> Response {
    let change = |part: &&str| {
        changes.iter().fold((*part).to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let parts: Vec<String> = endpoint.parts.iter().map(change).collect();
    let head = Response::status(200).header("content-type", endpoint.content_type);
    match endpoint.content_type {
        JSON => head.body(parts.concat()),
        _ if changes.is_empty() => head.chunks(parts),
        _ => head.chunks([parts.concat()]),
    }
}

fn upstream(changes: Vec<(&'static str, &'static str)>) -> Upstream {
    Upstream::scripted(move |_, request| served(endpoint(request), &changes))
}

/// Sends the requests to all endpoints of a provider, or of all, and checks that the recordings respond.
fn run(mock: &LlmMock, provider: Option<Provider>) {
    let chosen = |one: &&Endpoint| provider.is_none_or(|provider| provider == one.provider);
    for Endpoint { provider, path, request, content_type, parts } in ENDPOINTS.iter().filter(chosen)
    {
        let url = format!("{}{path}", mock.base_url(*provider));
        let url = url.replace("/v1beta/v1beta", "/v1beta");
        let headers = [("content-type", JSON), ("authorization", "Bearer key-of-the-program")];
        let response = send("POST", &url, &headers, request.as_bytes()).collect();
        assert_eq!(response.status, 200, "{content_type}");
        assert_eq!(response.text(), parts.concat());
    }
}

fn recorded() -> (tempfile::TempDir, PathBuf) {
    let (folder, fixture) = place();
    let upstream = upstream(Vec::new());
    let mock = upstream.record(&fixture, TEST).start().unwrap();
    run(&mock, None);
    mock.finish().unwrap();
    (folder, fixture)
}

/// The error of a test in mode `verify`; empty if it passes.
fn verify(upstream: &Upstream, fixture: &Path, provider: Option<Provider>) -> String {
    let mock = upstream.session(Mode::Verify, fixture, TEST).ignore_unused().start().unwrap();
    run(&mock, provider);
    mock.finish().err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn seeded_drift_is_found_and_none_is_invented() {
    alone(&[], |process| {
        if process.part() == "harmless" {
            return harmless(process);
        }
        let (_folder, fixture) = recorded();
        let before = read(&fixture);
        for (provider, (from, to, code), count) in DRIFTS {
            let upstream = upstream(vec![(from, to)]);
            let error = verify(&upstream, &fixture, Some(provider));
            let sent = ENDPOINTS.iter().filter(|one| one.provider == provider).count();
            assert_eq!(upstream.requests().len(), sent);
            let told = format!("{count} of {sent} recordings");
            assert!(error.contains(&told) || sent == 1, "{from}: {error}");
            let found = error.matches("    drift_").count();
            assert_eq!(found, error.matches(&format!("    {code}: ")).count(), "{from}: {error}");
            assert!(found >= count, "{from}: {error}");
            assert!(error.contains("record the test again"), "{error}");
        }
        let status = Upstream::scripted(|_, _| Response::error(404, "The model does not exist"));
        let error = verify(&status, &fixture, Some(Provider::Ollama));
        let told = r#"drift_status: the status was 200, and is 404: "The model does not exist""#;
        assert!(error.contains(told), "{error}");
        let page = Upstream::scripted(|_, _| {
            Response::status(200).header("content-type", "text/html").body("<p>")
        });
        let error = verify(&page, &fixture, Some(Provider::OpenAI));
        assert!(
            error.contains("drift_type: the body was JSON, and is text that is no JSON"),
            "{error}"
        );
        let inside =
            Upstream::scripted(|_, _| Response::json(r#"{"error":{"message":"Overloaded"}}"#));
        let error = verify(&inside, &fixture, Some(Provider::Gemini));
        assert!(error.contains("drift_status: the provider reports an error inside"), "{error}");
        assert_eq!(read(&fixture), before, "verify writes nothing");

        let log = fixture.with_file_name("log.jsonl");
        let mut again = process.again("harmless");
        let ran = again.env("FIXTURE", &fixture).env("LLMOCK_RUN_LOG", &log).output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{stderr}");
        assert!(
            stderr.contains("the provider still responds as recorded to 8 of 8 requests"),
            "{stderr}"
        );
        let told = "responses differ where programs seldom look: #1 $.system_fingerprint: was \"fp_1\", and is \"fp_9\", $.tier: added";
        assert!(stderr.contains(told), "{stderr}");
        let log = read(&log);
        let [harmless, more] = log.lines().collect::<Vec<_>>()[..] else { panic!("{log}") };
        assert_eq!(harmless.matches(r#""result":"same""#).count(), 8, "{harmless}");
        assert_eq!(more.matches(r#""result":"added""#).count(), 2, "{more}");
        assert!(
            more.contains(r#"{"code":"drift_added","path":"$.tier","message":"added"}"#),
            "{more}"
        );
    });
}

/// Other texts are no drift at all; additions are notes.
fn harmless(_: &Process) {
    let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
    let other = upstream(HARMLESS.to_vec());
    assert_eq!(verify(&other, &fixture, None), "");
    let more = vec![
        ("fp_1", "fp_9"),
        ("\"object\":\"chat.completion\"", "\"object\":\"chat.completion\",\"tier\":1"),
    ];
    assert_eq!(verify(&upstream(more), &fixture, None), "");
}

#[test]
fn requests_that_quote_stored_things_are_not_sent() {
    alone(&[], |process| {
        let send_all = |mock: &LlmMock| {
            let url = format!("{}/responses", mock.base_url(Provider::OpenAI));
            for body in [
                r#"{"model":"m","input":"hi"}"#,
                r#"{"model":"m","input":"and now?","previous_response_id":"resp_1"}"#,
            ] {
                let headers = [("content-type", JSON)];
                assert_eq!(send("POST", &url, &headers, body.as_bytes()).collect().status, 200);
            }
            let url = format!("{url}/resp_1");
            assert_eq!(send("DELETE", &url, &[], b"").collect().status, 200);
        };
        let body = r#"{"id":"resp_1","object":"response","status":"completed","output":[]}"#;
        let upstream = Upstream::start([Response::json(body)]);
        if process.part() == "verifies" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = upstream.session(Mode::Verify, &fixture, TEST).start().unwrap();
            send_all(&mock);
            mock.finish().unwrap();
            return assert_eq!(upstream.requests().len(), 1);
        }
        let (_folder, fixture) = place();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        send_all(&mock);
        mock.finish().unwrap();
        let ran = process.again("verifies").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{stderr}");
        for told in [
            "the provider still responds as recorded (1 recording)",
            "#2 POST /v1/responses, because it quotes what the provider stored, in `previous_response_id`",
            "#3 DELETE /v1/responses/resp_1, because its path quotes what the provider stored, `responses/resp_1`",
        ] {
            assert!(stderr.contains(told), "{told}: {stderr}");
        }
    });
}

#[test]
fn a_provider_that_does_not_respond_is_named() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded();
        let down = upstream(Vec::new());
        let url = down.url();
        let session = down.session(Mode::Verify, &fixture, TEST).ignore_unused();
        down.stop();
        let mock = session.start().unwrap();
        run(&mock, Some(Provider::Anthropic));
        let error = mock.finish().unwrap_err().to_string();
        for told in [
            "2 recordings could not be compared with the provider",
            &format!("POST /v1/messages: {url} does not respond: connection refused"),
            "run it again",
        ] {
            assert!(error.contains(told), "{told}: {error}");
        }
        let refusing = Upstream::scripted(|_, _| Response::error(401, "Incorrect API key"));
        let error = verify(&refusing, &fixture, Some(Provider::Ollama));
        assert!(error.contains("responds with status 401 (\"Incorrect API key\")"), "{error}");
        // A limit that passes is no outage.
        let busy = Upstream::scripted(|at, request| match at {
            0 => Response::error(429, "Slow down"),
            _ => served(endpoint(request), &[]),
        });
        assert_eq!(verify(&busy, &fixture, Some(Provider::Ollama)), "");
        assert_eq!(busy.requests().len(), 2);
        // The client's own key goes to the provider, and a key that is allowed to fail does not.
        assert_eq!(busy.requests()[1].header("authorization"), Some("Bearer key-of-the-program"));
        let mock = refusing.session(Mode::Verify, &fixture, TEST).ignore_unused();
        let mock = mock.allow("verify_failed").start().unwrap();
        run(&mock, Some(Provider::Ollama));
        mock.finish().unwrap();
    });
}
