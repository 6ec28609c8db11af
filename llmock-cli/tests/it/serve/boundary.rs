//! `llmock serve`: requests that a page in a browser can make its reader send, and keys that must not leave.

use std::fs;

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::{Request, Response};
use llmock_testkit::upstream::{self, Upstream};
use serde_json::Value;

fn message(response: &Response) -> String {
    let json: Value =
        serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"));
    json["error"]["message"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

fn status(server: &Server, host: &str) -> u16 {
    server.send(&chat("Hi").header("host", host)).status
}

#[test]
fn refuses_hosts_that_a_page_can_rebind() {
    let server =
        Workdir::new().serve(&["--set", "allowed-hosts=llm.example.com;*.corp.example"], &[]);
    for host in [
        "localhost",
        "localhost:9999",
        "LOCALHOST.",
        "api.localhost:80",
        "127.0.0.1",
        "127.1.2.3:1",
        "[::1]:8000",
        "192.168.1.9:8000",
        "llm.example.com",
        "LLM.example.com:443",
        "a.corp.example",
    ] {
        assert_eq!(status(&server, host), 200, "{host}");
    }
    for host in [
        "evil.example.com",
        "evil.example.com:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "corp.example",
        "evilcorp.example",
        "x",
    ] {
        let response = server.send(&chat("Hi").header("host", host));
        assert_eq!(response.status, 403, "{host}");
        let message = message(&response);
        assert!(message.contains(host) && message.contains("`allowed-hosts`"), "{message}");
        for request in [
            Request::get("/history"),
            Request::delete("/history"),
            Request::get("/metrics"),
            Request::delete("/sessions"),
            Request::get("/health"),
            Request::get("/"),
            Request::get("/v1/models"),
        ] {
            assert_eq!(
                server.send(&request.clone().header("host", host)).status,
                403,
                "{request:?}"
            );
        }
    }
    let two = chat("Hi").header("host", "localhost").header("host", "evil.example.com");
    assert_eq!(server.send(&two).status, 403, "two hosts");
    let refused = server.send(&Request::get("/history?status=403&limit=1")).text();
    assert!(refused.contains(r#""answered_by":"llmock""#), "{refused}");
}

#[test]
fn refuses_foreign_hosts_in_the_providers_format() {
    let server = Workdir::new().serve(&[], &[]);
    let send = |path: &str| {
        let response = server.send(&Request::post(path, "{}").header("host", "evil.example.com"));
        assert_eq!((response.status, response.header("x-should-retry")), (403, Some("false")));
        serde_json::from_str::<Value>(&response.text()).unwrap()
    };
    assert_eq!(send("/v1/messages")["error"]["type"], "permission_error");
    assert_eq!(send("/v1beta/models/m:generateContent")["error"]["status"], "PERMISSION_DENIED");
    assert!(send("/api/chat")["error"].as_str().unwrap().contains("evil.example.com"));
}

#[test]
fn accepts_requests_without_a_host() {
    let server = Workdir::new().serve(&[], &[]);
    let address = server.origin.trim_start_matches("http://");
    for head in [
        "GET /v1/models HTTP/1.0\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n",
    ] {
        let response = raw(address, head);
        assert!(response.contains(" 200 OK"), "{head}: {response}");
    }
}

#[test]
fn clients_that_use_the_server_as_a_proxy_need_only_the_key() {
    let server = Workdir::new().serve(&["--api-key", "secret"], &[]);
    let address = server.origin.trim_start_matches("http://");
    let send = |path: &str, key: &str| {
        raw(
            address,
            &format!(
                "GET http://llm.example.com{path} HTTP/1.1\r\nhost: llm.example.com\r\n\
                 x-api-key: {key}\r\nconnection: close\r\n\r\n"
            ),
        )
    };
    assert!(send("/v1/models", "secret").contains(" 200 OK"));
    assert!(send("/v1/models", "wrong").contains(" 401 "));
    assert!(send("/history", "secret").contains(" 403 "), "the server's own routes are no proxy's");
}

fn raw(address: &str, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).unwrap();
    String::from_utf8_lossy(&response).into_owned()
}

#[test]
fn other_addresses_check_hosts_only_if_names_are_configured() {
    let everywhere = ["--host", "0.0.0.0"];
    let open = Workdir::new().serve(&everywhere, &[]);
    let port = open.origin.rsplit(':').next().unwrap().to_owned();
    let local = |port: &str| format!("http://127.0.0.1:{port}");
    let send = |origin: &str, host: &str| chat("Hi").header("host", host).send(origin).status;
    for host in ["llmock.default.svc.cluster.local", "llmock:8000", "10.0.0.1"] {
        assert_eq!(send(&local(&port), host), 200, "{host}");
    }
    let named =
        Workdir::new().serve(&everywhere, &[("LLMOCK_ALLOWED_HOSTS", "llmock;llm.example.com")]);
    let port = named.origin.rsplit(':').next().unwrap().to_owned();
    for (host, expected) in [
        ("llmock:8000", 200),
        ("llm.example.com", 200),
        ("10.0.0.1:8000", 200),
        ("localhost", 200),
        ("llmock.default.svc.cluster.local", 403),
    ] {
        assert_eq!(send(&local(&port), host), expected, "{host}");
    }
}

#[test]
fn refuses_pages_of_foreign_origins() {
    let server = Workdir::new()
        .serve(&[], &[("LLMOCK_CORS_ALLOW_ORIGINS", "https://app.example;http://localhost:3000")]);
    let own = server.origin.clone();
    let send =
        |request: &Request, origin: &str| server.send(&request.clone().header("origin", origin));
    let text = Request { headers: vec![("content-type", "text/plain".into())], ..chat("Hi") };
    let preflight = Request { method: "OPTIONS", ..Request::get("/v1/chat/completions") }
        .header("access-control-request-method", "POST");
    for request in
        [&chat("Hi"), &text, &preflight, &Request::get("/history"), &Request::get("/metrics")]
    {
        for origin in ["https://app.example", "http://localhost:3000", &own] {
            assert_eq!(send(request, origin).status, 200, "{origin} {request:?}");
        }
        for origin in
            ["http://evil.example.com", "null", "http://localhost:3001", "http://app.example"]
        {
            let response = send(request, origin);
            assert_eq!(response.status, 403, "{origin} {request:?}");
            let message = message(&response);
            assert!(
                message.contains(origin) && message.contains("`cors.allow-origins`"),
                "{message}"
            );
            assert_eq!(response.header("access-control-allow-origin"), None);
        }
    }
    assert_eq!(send(&Request::delete("/sessions"), "http://evil.example.com").status, 403);
}

#[test]
fn any_origin_does_not_cover_what_other_clients_did() {
    let server =
        Workdir::new().serve(&[], &[("LLMOCK_CORS_ALLOW_ORIGINS", "*;https://app.example")]);
    for request in [
        Request::get("/history"),
        Request::get("/history/"),
        Request::delete("/history"),
        Request::get("/metrics"),
        Request::delete("/sessions"),
        Request::delete("/sessions/a"),
        Request { method: "OPTIONS", ..Request::get("/history") },
    ] {
        let response = server.send(&request.clone().header("origin", "https://other.example"));
        assert_eq!(response.status, 403, "{request:?}");
        assert_eq!(response.header("access-control-allow-origin"), None);
        let response = server.send(&request.clone().header("origin", "https://app.example"));
        assert!([200, 204].contains(&response.status), "{request:?}");
    }
    let open = server.send(&chat("Hi").header("origin", "https://other.example"));
    assert_eq!(open.header("access-control-allow-origin"), Some("https://other.example"));
}

#[test]
fn refused_pages_reach_neither_provider_nor_fixture() {
    let upstream = Upstream::scripted(|_, _| panic!("a page has reached the provider"));
    let workdir = Workdir::new();
    workdir.write("c.yaml", &format!("upstreams: {{ollama: {}}}\nfixtures: f\n", upstream.url()));
    fs::create_dir(workdir.path("f")).unwrap();
    let server = workdir.serve(&["--config", "c.yaml", "--record"], &[]);
    let post = |name, value| {
        let body = r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#;
        let request = Request { headers: Vec::new(), ..Request::post("/api/chat", body) };
        let request = request.header("content-type", "text/plain");
        server.send(&request.header(name, value)).status
    };
    assert_eq!(post("host", "evil.example.com"), 403);
    assert_eq!(post("origin", "http://evil.example.com"), 403);
    assert_eq!(fs::read_dir(workdir.path("f")).unwrap().count(), 0);
}

#[test]
fn rejects_dot_segments_in_every_spelling() {
    let upstream = Upstream::scripted(|_, _| panic!("another tenant was reached"));
    let workdir = Workdir::new();
    workdir.write("c.yaml", &format!("upstreams: {{openai: {}/tenant-a/v1}}\n", upstream.url()));
    let proxied = workdir.serve(&["--config", "c.yaml", "--strategies", "ProxyStrategy"], &[]);
    let mirror = Workdir::new().serve(&[], &[]);
    for path in [
        "/v1/../../tenant-b/v1/models",
        "/v1/%2e%2e/%2E%2E/tenant-b/v1/models",
        "/v1/.%2e/models",
        "/v1/..\\..\\tenant-b",
        "/v1/..%2f..%2ftenant-b",
        "/v1/..%5c..%5ctenant-b",
        "/v1/%252e%252e/tenant-b",
        "/openai/../v1/models",
        "/v1/./models",
        "/../history",
    ] {
        for server in [&proxied, &mirror] {
            let response = server.send(&Request::get(path));
            assert_eq!(response.status, 400, "{path}");
            assert!(message(&response).contains("segment `.` or `..`"), "{path}");
        }
    }
    assert_eq!(mirror.send(&Request::get("/v1/models")).status, 200);
}

#[test]
fn an_empty_key_is_an_error() {
    for (arguments, variables, place) in [
        (&[][..], &[("LLMOCK_API_KEY", "")][..], "variable `LLMOCK_API_KEY`"),
        (&[], &[("LLMOCK_API_KEY", " \n")], "variable `LLMOCK_API_KEY`"),
        (&["--api-key", ""], &[], "flag `--api-key`"),
        (&["--set", "api-key="], &[], "flag `--set api-key`"),
        (&["--config", "c.yaml"], &[], "c.yaml:1:"),
    ] {
        let workdir = Workdir::new();
        workdir.write("c.yaml", "api-key: \"\"\n");
        let message = workdir.fails_to_start(arguments, variables);
        assert!(message.contains(place) && message.contains("the key is empty"), "{message}");
    }
}

#[test]
fn own_key_reaches_no_provider_in_any_form_that_is_accepted() {
    let upstream = Upstream::scripted(|_, _| upstream::Response::json("{}"));
    let workdir = Workdir::new();
    workdir.write(
        "c.yaml",
        &format!(
            "upstreams: {{openai: {0}, azure: {0}, gemini: {0}, bedrock: {0}}}\n",
            upstream.url()
        ),
    );
    let arguments =
        ["--config", "c.yaml", "--strategies", "ProxyStrategy", "--api-key", "front-key"];
    let server = workdir.serve(&arguments, &[("OPENAI_API_KEY", "sk-of-the-provider")]);
    let signed = "AWS4-HMAC-SHA256 Credential=front-key/20260101/us-east-1/bedrock/aws4_request, \
                  SignedHeaders=host, Signature=00";
    let chat = || Request::post("/v1/chat/completions", "{}");
    let generate =
        |query: &str| Request::post(&format!("/v1beta/models/m:generateContent?{query}"), "{}");
    for request in [
        chat().header("authorization", "Bearer front-key"),
        chat().header("authorization", "bearer  front-key"),
        chat().header("x-api-key", "front-key"),
        chat().header("api-key", "front-key"),
        chat().header("x-goog-api-key", "front-key"),
        chat().header("authorization", "Bearer front-key").header("x-api-key", "front-key"),
        chat().header("authorization", "Bearer front-key").header("cookie", "k=front-key"),
        generate("key=front-key"),
        generate("key=front%2Dkey"),
        generate("KEY=front%2dkey&alt=json"),
        generate("key=%66ront-key"),
        Request::post("/model/m/converse", "{}").header("authorization", signed),
    ] {
        assert_eq!(server.send(&request).status, 200, "{request:?}");
    }
    let received = upstream.requests();
    assert_eq!(received.len(), 12);
    for request in &received {
        let sent = format!("{request:?}").to_lowercase();
        assert!(!sent.contains("front-key") && !sent.contains("front%2dkey"), "{sent}");
    }
    assert_eq!(received[0].header("authorization"), Some("Bearer sk-of-the-provider"));
}
