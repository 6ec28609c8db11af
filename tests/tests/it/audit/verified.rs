//! Mode `verify` for the APIs that `drift` does not have: whole bodies, every framing of a stream, vectors, and sockets.

use std::path::{Path, PathBuf};

use llmock::{LlmMock, MockSession, Mode, Provider};
use llmock_testkit::client::{JSON, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Request, Response, Upstream, replay};

use crate::event_stream::frame;

const TEST: &str = "audit::test";
const SSE: &str = "text/event-stream";

/// An endpoint: provider, path, type of the response, and its chunks.
struct Api {
    provider: Provider,
    path: &'static str,
    content_type: &'static str,
    chunks: Vec<Vec<u8>>,
}

/// The same for each API, with a text, an id, and the names of a member and of an end that may drift.
fn apis(text: &str, id: &str, member: &str, end: &str) -> Vec<Api> {
    let json = |body: String| vec![body.into_bytes()];
    let chat = format!(
        r#"{{"id":"{id}","object":"chat.completion","model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"{end}"}}],"{member}":{{"prompt_tokens":1}}}}"#
    );
    let mistral = [
        format!(
            "data: {{\"id\":\"{id}\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
        ),
        format!(
            "data: {{\"id\":\"{id}\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{end}\"}}],\"{member}\":{{\"prompt_tokens\":1}}}}\n\n"
        ),
        "data: [DONE]\n\n".to_owned(),
    ];
    let cohere = [
        format!("event: message-start\ndata: {{\"type\":\"message-start\",\"id\":\"{id}\"}}\n\n"),
        format!(
            "event: content-delta\ndata: {{\"type\":\"content-delta\",\"index\":0,\"delta\":{{\"message\":{{\"content\":{{\"text\":\"{text}\"}}}}}}}}\n\n"
        ),
        format!(
            "event: message-end\ndata: {{\"type\":\"message-end\",\"delta\":{{\"finish_reason\":\"{end}\",\"{member}\":{{\"tokens\":1}}}}}}\n\n"
        ),
    ];
    let converse = format!(
        r#"{{"output":{{"message":{{"role":"assistant","content":[{{"text":"{text}"}}]}}}},"stopReason":"{end}","{member}":{{"inputTokens":1}}}}"#
    );
    let frames = vec![
        frame("messageStart", r#"{"role":"assistant"}"#),
        frame("contentBlockDelta", &format!(r#"{{"delta":{{"text":"{text}"}}}}"#)),
        frame("messageStop", &format!(r#"{{"stopReason":"{end}"}}"#)),
        frame("metadata", &format!(r#"{{"{member}":{{"inputTokens":1}}}}"#)),
    ];
    let vectors = format!(
        r#"{{"object":"list","model":"m","data":[{{"object":"embedding","index":0,"embedding":[0.{},0.2]}}],"{member}":{{"prompt_tokens":1}}}}"#,
        text.len()
    );
    let lines = [
        format!(
            "{{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\"{text}\",\"done\":false}}\n"
        ),
        format!(
            "{{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:01Z\",\"response\":\"\",\"done\":true,\"done_reason\":\"{end}\",\"{member}\":3}}\n"
        ),
    ];
    let array = format!(
        r#"[{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":"{text}"}}]}},"finishReason":"{end}","index":0}}],"{member}":{{"promptTokenCount":1}},"modelVersion":"m"}}]"#
    );
    let bytes = |parts: &[String]| parts.iter().map(|part| part.clone().into_bytes()).collect();
    let api = |provider, path, content_type, chunks| Api { provider, path, content_type, chunks };
    vec![
        api(
            Provider::Azure,
            "/openai/deployments/m/chat/completions?api-version=2024-10-21",
            "application/json",
            json(chat),
        ),
        api(Provider::Mistral, "/v1/chat/completions", SSE, bytes(&mistral)),
        api(Provider::Cohere, "/v2/chat", SSE, bytes(&cohere)),
        api(Provider::Bedrock, "/model/m/converse", "application/json", json(converse)),
        api(
            Provider::Bedrock,
            "/model/m/converse-stream",
            "application/vnd.amazon.eventstream",
            frames,
        ),
        api(Provider::OpenAI, "/embeddings", "application/json", json(vectors)),
        api(Provider::Ollama, "/api/generate", "application/x-ndjson", bytes(&lines)),
        api(
            Provider::Gemini,
            "/v1beta/models/m:streamGenerateContent",
            "application/json",
            json(array),
        ),
    ]
}

/// A provider with these responses.
fn upstream(all: fn() -> Vec<Api>) -> Upstream {
    Upstream::scripted(move |_, request: &Request| {
        let path = |api: &Api| request.target.ends_with(api.path.trim_start_matches("/v1"));
        let api = all().into_iter().find(|api| path(api) || request.target.ends_with(api.path));
        let api = api.unwrap_or_else(|| panic!("{} is not served", request.target));
        let head = Response::status(200).header("content-type", api.content_type);
        match api.content_type {
            "application/json" => head.body(api.chunks.concat()),
            _ => head.chunks(api.chunks),
        }
    })
}

fn as_recorded() -> Vec<Api> {
    apis("Hello", "id_1", "usage", "stop")
}

fn in_other_words() -> Vec<Api> {
    apis("Something else", "id_2345", "usage", "stop")
}

fn drifted() -> Vec<Api> {
    apis("Hello", "id_1", "bill", "length")
}

fn session(upstream: &Upstream, mode: Mode, fixture: &Path) -> MockSession {
    let url = upstream.url();
    let named = [Provider::Azure, Provider::Mistral, Provider::Cohere, Provider::Bedrock];
    let builder = upstream.session(mode, fixture, TEST);
    let builder =
        named.into_iter().fold(builder, |builder, one| builder.upstream(one, url.clone()));
    builder.start().unwrap()
}

/// Sends a request to every API, and gets what was recorded.
fn run(mock: &LlmMock) {
    for api in as_recorded() {
        let base = mock.base_url(api.provider);
        // Some base URLs end in the first segment of the path.
        let path = match base.rsplit('/').next() {
            Some(last) if api.path.starts_with(&format!("/{last}/")) => &api.path[last.len() + 1..],
            _ => api.path,
        };
        let url = format!("{base}{path}");
        let body = br#"{"model":"m","input":"hi","messages":[{"role":"user","content":"hi"}],"stream":true}"#;
        let response = send("POST", &url, &JSON, body).collect();
        assert_eq!(response.status, 200, "{}: {}", api.path, response.text());
        assert_eq!(response.bytes(), api.chunks.concat(), "{}", api.path);
    }
}

#[test]
fn every_api_is_verified_whatever_its_framing() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = session(&upstream(as_recorded), Mode::Record, &fixture);
        run(&mock);
        mock.finish().unwrap();
        for same in [as_recorded as fn() -> Vec<Api>, in_other_words] {
            let mock = session(&upstream(same), Mode::Verify, &fixture);
            run(&mock);
            mock.finish().unwrap();
        }
        let mock = session(&upstream(drifted), Mode::Verify, &fixture);
        run(&mock);
        let error = mock.finish().unwrap_err().to_string();
        let count = as_recorded().len();
        assert!(error.contains(&format!("{count} of {count} recordings have drifted")), "{error}");
        // The report shows the first five, and each has another end and lacks a member.
        for code in ["drift_finish", "drift_removed"] {
            assert_eq!(error.matches(&format!("    {code}: ")).count(), 5, "{error}");
        }
    });
}

#[test]
fn sockets_are_skipped_with_a_line() {
    alone(&[], |process| {
        if process.part() == "verifies" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = replay(&fixture, TEST).mode(Mode::Verify).start().unwrap();
            let url = format!("{}/realtime?model=m", mock.ws_url(Provider::OpenAI));
            let (mut client, _) = tokio_tungstenite::tungstenite::connect(url).unwrap();
            let first = client.read().unwrap();
            assert!(first.to_text().unwrap().contains("session.created"), "{first}");
            drop(client);
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        let socket =
            r#""socket":{"messages":[{"from":"server","json":{"type":"session.created"}}]}"#;
        let request = r#""request":{"method":"WEBSOCKET","path":"/v1/realtime?model=m"}"#;
        let text = format!(
            r#"{{"llmock":2,"interactions":[{{"provider":"openai","test":"{TEST}",{request},{socket}}}]}}"#
        );
        std::fs::write(&fixture, text).unwrap();
        let ran = process.again("verifies").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{stderr}");
        let told = "#1 WEBSOCKET /v1/realtime?model=m, because it is a WebSocket";
        assert!(stderr.contains(told), "{stderr}");
    });
}
