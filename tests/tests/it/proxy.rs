//! `proxy = true`: clients whose plain `http` address is fixed reach llmock by `HTTP_PROXY`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use llmock::{FinishError, LlmMock, MockSession, Mode, Provider, llm_replay};
use llmock_testkit::process::{KEPT, alone};
use llmock_testkit::upstream::{Response, Upstream};
use reqwest::Client;

const GENERATE: &str = r#"{"model":"m","prompt":"Name a colour.","stream":false}"#;

/// A client as many are: the address of Ollama is a constant, and the proxies are read where it is built.
async fn generate(client: &Client) -> String {
    let request = client.post("http://127.0.0.1:11434/api/generate");
    let request = request.header("content-type", "application/json").body(GENERATE);
    request.send().await.expect("an answer").text().await.expect("a body")
}

#[llm_replay(fixture = "proxy/ollama", proxy = true)]
#[tokio::test]
async fn fixed_http_clients_get_recorded_responses() {
    let client = Client::new();
    let answer = generate(&client).await;
    assert!(answer.contains("Blue."), "{answer}");
    // One that reads the variable goes through the proxy too, to our own address.
    let base_url = std::env::var("OLLAMA_HOST").expect("llmock sets it");
    let version = client.get(format!("{base_url}/api/version")).send().await.expect("an answer");
    assert!(version.text().await.expect("a body").contains("0.12"));
}

#[test]
fn reports_clients_built_before_the_test() {
    #[llm_replay(fixture = "proxy/ollama", proxy = true)]
    fn without_requests() {}
    let panic = std::panic::catch_unwind(without_requests).expect_err("no request was sent");
    let report = panic.downcast_ref::<String>().expect("a report");
    assert!(
        report.contains("if it was built before this test set HTTP_PROXY (a `static`?)"),
        "{report}"
    );
}

#[llm_replay(calls = 0)]
#[test]
fn tests_without_proxy_set_no_proxy() {
    let base = std::env::var("LLMOCK_BASE_URL").expect("llmock sets it");
    let origin = base.trim_end_matches("/env");
    for name in ["HTTP_PROXY", "http_proxy"] {
        assert_ne!(std::env::var(name).ok().as_deref(), Some(origin), "{name}");
    }
}

/// Runs a test of this program in a process of its own.
fn run(test: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let ran = Command::new(std::env::current_exe().expect("this program"))
        .args([test, "--exact", "--nocapture"])
        .env_clear()
        .envs(kept)
        .envs(variables.iter().copied())
        .output()
        .expect("this program runs");
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.success(), shown(&ran.stdout) + &shown(&ran.stderr))
}

#[test]
fn fixed_clients_record_from_the_configured_upstream() {
    let upstream = Upstream::scripted(|_, request| match request.target.as_str() {
        "/api/generate" => Response::json(r#"{"response":"Blue.","done":true}"#),
        "/api/version" => Response::json(r#"{"version":"0.12"}"#),
        other => Response::error(404, other),
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    let url = upstream.url();
    let variables = [
        ("LLMOCK_MODE", "record"),
        ("LLMOCK_RECORD_DIR", path.as_str()),
        ("OLLAMA_HOST", url.as_str()),
    ];
    let (passed, said) = run("proxy::fixed_http_clients_get_recorded_responses", &variables);
    assert!(passed, "{said}");
    let targets: Vec<_> = upstream.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/api/generate", "/api/version"]);
    assert_eq!(upstream.requests()[0].header("proxy-authorization"), None);
}

#[test]
fn no_proxy_settings_do_not_bypass_llmock() {
    let dead = "http://127.0.0.1:9";
    for exceptions in ["localhost,127.0.0.1", "*", "example.org"] {
        let variables = [("NO_PROXY", exceptions), ("no_proxy", exceptions), ("ALL_PROXY", dead)];
        let (passed, said) = run("proxy::fixed_http_clients_get_recorded_responses", &variables);
        assert!(passed, "{exceptions}: {said}");
    }
}

fn session(folder: &tempfile::TempDir) -> MockSession {
    let file = folder.path().join("ollama.json");
    std::fs::write(&file, include_str!("fixtures/proxy/ollama.json")).expect("a file");
    LlmMock::builder().fixture(file).proxy(true).start().expect("a session")
}

fn variable(mock: &LlmMock, name: &str) -> Option<String> {
    mock.envs().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[test]
fn proxy_credentials_identify_the_session() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let proxy = variable(&mock, "HTTP_PROXY").expect("a proxy");
        assert_eq!(variable(&mock, "http_proxy").as_ref(), Some(&proxy));
        let proxy = reqwest::Proxy::http(proxy).expect("an address");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let answer = runtime.block_on(async {
            generate(&Client::builder().proxy(proxy).build().expect("a client")).await
        });
        assert!(answer.contains("Blue."), "{answer}");
        assert_eq!(mock.requests()[0].header("proxy-authorization"), None);
        mock.finish().expect("answered");
    });
}

/// Sends a request line with a whole URL, as clients send it to a proxy.
fn through(proxy: &str, method: &str, target: &str) -> String {
    let (credentials, address) =
        proxy.strip_prefix("http://").and_then(|rest| rest.split_once('@')).expect("credentials");
    let mut stream = TcpStream::connect(address).expect("the front");
    let credentials = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, credentials);
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nhost: x\r\nproxy-authorization: Basic {credentials}\r\n\
         content-length: 0\r\n\r\n"
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn rejects_unknown_hosts_by_name() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let proxy = variable(&mock, "HTTP_PROXY").expect("a proxy");
        let answer = through(&proxy, "GET", "http://llm.acme.dev:8080/v1/models?key=secret");
        assert!(answer.starts_with("HTTP/1.1 418 "), "{answer}");
        let sentence = "`http://llm.acme.dev:8080` is not the host of a provider that llmock knows; declare it:";
        assert!(answer.contains(sentence), "{answer}");
        let error = mock.finish().expect_err("a request without an answer");
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
        let report = error.to_string();
        assert!(report.contains(sentence), "{report}");
        assert!(report.contains("proxy = true"), "the rules in force: {report}");
        assert!(!report.contains("secret"), "{report}");
    });
}

#[test]
fn declared_hosts_belong_to_their_provider() {
    alone(&[], |_| {
        let upstream = Upstream::start([Response::json(r#"{"data":[]}"#)]);
        let folder = tempfile::tempdir().expect("a folder");
        let builder = LlmMock::builder().fixture(folder.path().join("acme")).mode(Mode::Record);
        let mock = builder
            .proxy(true)
            .provider_at("acme", "http://llm.acme.dev:8080/v1")
            .upstream(Provider::named("acme"), format!("{}/v1", upstream.url()))
            .start()
            .expect("a session");
        let proxy = variable(&mock, "HTTP_PROXY").expect("a proxy");
        let answer = through(&proxy, "GET", "http://llm.acme.dev:8080/v1/models");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(upstream.requests()[0].target, "/v1/models");
        assert_eq!(mock.requests()[0].path(), "/v1/models");
        mock.finish().expect("recorded");
    });
}

#[test]
fn absolute_urls_to_llmock_work() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let proxy = variable(&mock, "HTTP_PROXY").expect("a proxy");
        let target = format!("{}/api/version", mock.base_url(Provider::Ollama));
        for target in [target.clone(), target.replace("127.0.0.1", "localhost")] {
            let answer = through(&proxy, "GET", &target);
            assert!(answer.contains("0.12"), "{target}: {answer}");
        }
        mock.finish().expect("answered");
    });
}

#[test]
fn rejects_tunnels_without_interception() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let proxy = variable(&mock, "HTTP_PROXY").expect("a proxy");
        let answer = through(&proxy, "CONNECT", "api.openai.com:443");
        assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
        assert!(
            answer.contains("cannot read requests in a tunnel to `api.openai.com:443`"),
            "{answer}"
        );
        let error = mock.finish().expect_err("no request");
        assert!(matches!(error, FinishError::NoRequests { .. }), "{error}");
    });
}

#[test]
fn network_faults_reach_clients_through_the_proxy() {
    alone(&[], |_| {
        let upstream =
            Upstream::start([Response::hang_up(), Response::json("{\"response\":\"Blue.\"}")]);
        let folder = tempfile::tempdir().expect("a folder");
        let builder = LlmMock::builder().fixture(folder.path().join("ollama")).mode(Mode::Record);
        let builder = builder.proxy(true).calls(1).upstream(Provider::Ollama, upstream.url());
        let mock = builder.start().expect("a session");
        let proxy = variable(&mock, "HTTP_PROXY").expect("a proxy");
        let target = "http://127.0.0.1:11434/api/version";
        assert_eq!(through(&proxy, "GET", target), "", "the connection closes without a response");
        // A retry clears the fault.
        let answer = through(&proxy, "GET", target);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Blue."), "{answer}");
        assert_eq!(upstream.requests().len(), 2, "nothing is sent twice");
        mock.finish().expect("recorded");
    });
}
