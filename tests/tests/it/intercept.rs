//! `intercept = true`: clients whose `https` address is fixed reach llmock by `HTTPS_PROXY` and `SSL_CERT_FILE`.

use std::path::Path;
use std::process::Command;

use llmock::{FinishError, LlmMock, MockSession, llm_replay};
use llmock_testkit::client::prompt;
use llmock_testkit::process::{KEPT, alone, skipped};
use llmock_testkit::upstream::{Response, Upstream};
use reqwest::{Certificate, Client, Proxy};

const COMPLETIONS: &str = "https://api.openai.com/v1/chat/completions";
const MODELS: &str = "https://api.openai.com/v1/models";
const FIXTURE: &str = include_str!("fixtures/intercept/openai.json");

/// A client as many are: its address is a constant, proxies and certificates are read where it is built.
async fn complete(client: &Client) -> String {
    let request = client.post(COMPLETIONS).header("content-type", "application/json");
    let request = request.bearer_auth("sk-of-the-client").body(prompt("Name a colour."));
    request.send().await.expect("an answer").text().await.expect("a body")
}

async fn get(client: &Client, url: &str) -> (u16, String) {
    let answer = client.get(url).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

#[llm_replay(fixture = "intercept/openai", intercept = true)]
#[tokio::test]
async fn fixed_https_clients_get_recorded_responses() {
    let client = Client::new();
    let answer = complete(&client).await;
    assert!(answer.contains("Blue."), "{answer}");
    assert_eq!(get(&client, MODELS).await.0, 200);
}

#[llm_replay(
    fixture = "intercept/openai",
    providers(openai = "http://localhost:4999/v1"),
    intercept = true,
    proxy = true
)]
#[tokio::test]
async fn proxy_and_interception_work_together() {
    let answer = complete(&Client::new()).await;
    assert!(answer.contains("Blue."), "{answer}");
    assert_eq!(get(&Client::new(), "http://127.0.0.1:4999/v1/models").await.0, 200);
}

#[test]
fn reports_clients_built_before_the_test() {
    #[llm_replay(fixture = "intercept/openai", intercept = true)]
    fn without_requests() {}
    let panic = std::panic::catch_unwind(without_requests).expect_err("no request was sent");
    let report = panic.downcast_ref::<String>().expect("a report");
    assert!(
        report.contains("if it was built before this test set HTTPS_PROXY and SSL_CERT_FILE"),
        "{report}"
    );
}

#[llm_replay(calls = 0)]
#[test]
fn tests_without_interception_trust_no_new_certificate() {
    let file = std::env::var("SSL_CERT_FILE").unwrap_or_default();
    assert!(!file.contains("llmock-certificates"), "{file}");
}

#[test]
fn fixed_clients_record_from_the_configured_upstream() {
    let upstream = Upstream::scripted(|_, request| match request.target.as_str() {
        "/v1/chat/completions" => {
            Response::json(r#"{"choices":[{"message":{"role":"assistant","content":"Blue."}}]}"#)
        }
        "/v1/models" => Response::json(r#"{"data":[]}"#),
        other => Response::error(404, other),
    });
    let folder = tempfile::tempdir().expect("a folder");
    let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let ran = Command::new(std::env::current_exe().expect("this program"))
        .args(["intercept::fixed_https_clients_get_recorded_responses", "--exact", "--nocapture"])
        .env_clear()
        .envs(kept)
        .env("LLMOCK_MODE", "record")
        .env("LLMOCK_RECORD_DIR", folder.path())
        .env("OPENAI_BASE_URL", format!("{}/v1", upstream.url()))
        .env("NO_PROXY", "*")
        .env("TMPDIR", folder.path())
        .output()
        .expect("this program runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let asked = upstream.requests();
    let targets: Vec<_> = asked.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(targets, ["/v1/chat/completions", "/v1/models"]);
    assert_eq!(asked[0].header("authorization"), Some("Bearer sk-of-the-client"));
    let left = std::fs::read_dir(folder.path()).expect("a folder").flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    let is_ours =
        |name: &std::ffi::OsString| name.to_string_lossy().starts_with("llmock-certificates");
    assert!(!left.iter().any(is_ours), "the certificates are gone: {left:?}");
}

fn session(folder: &tempfile::TempDir) -> MockSession {
    let file = folder.path().join("openai.json");
    std::fs::write(&file, FIXTURE).expect("a file");
    LlmMock::builder().fixture(file).intercept(true).start().expect("a session")
}

fn variable(mock: &LlmMock, name: &str) -> String {
    let found = mock.envs().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("`{name}` is set")).1
}

/// A client that goes through the proxy of a handle and trusts only the certificates in its file.
fn client(mock: &LlmMock) -> Client {
    let proxy = Proxy::https(variable(mock, "HTTPS_PROXY")).expect("an address");
    let file = std::fs::read(variable(mock, "SSL_CERT_FILE")).expect("a file");
    let certificates = Certificate::from_pem_bundle(&file).expect("certificates");
    let builder = Client::builder().proxy(proxy).tls_certs_only(certificates);
    builder.build().expect("a client")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(future)
}

#[test]
fn rejects_unknown_hosts_without_connecting() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let (status, answer) = block_on(get(&client(&mock), "https://llm.acme.dev/v1/models"));
        let sentence =
            "`https://llm.acme.dev` is not the host of a provider that llmock knows; declare it:";
        assert_eq!(status, 418);
        assert!(answer.contains(sentence), "{answer}");
        let error = mock.finish().expect_err("a request without an answer");
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
        let report = error.to_string();
        assert!(report.contains(sentence) && report.contains("intercept = true"), "{report}");
    });
}

#[test]
fn customer_hosts_belong_to_their_provider() {
    const AZURE: &str = r#"{"llmock": 1, "interactions": [{
        "provider": "azure",
        "request": {"method": "GET", "path": "/openai/models"},
        "response": {"status": 200, "body": {"data": []}}
    }]}"#;
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("azure.json");
        std::fs::write(&file, AZURE).expect("a file");
        let mock = LlmMock::builder().fixture(file).intercept(true).start().expect("a session");
        let url = "https://my-team.openai.azure.com/openai/models?api-version=2024-10-21";
        let (status, answer) = block_on(get(&client(&mock), url));
        assert_eq!((status, answer.as_str()), (200, r#"{"data":[]}"#));
        mock.finish().expect("answered");
    });
}

#[test]
fn names_clients_that_reject_the_certificate() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let proxy = Proxy::https(variable(&mock, "HTTPS_PROXY")).expect("an address");
        let builder = Client::builder().proxy(proxy).tls_certs_only([]);
        let client = builder.build().expect("a client that trusts nobody");
        let error = block_on(client.get(MODELS).send()).expect_err("an unknown issuer");
        assert!(error.is_connect() || error.is_request(), "{error:?}");
        let error = mock.finish().expect_err("nothing was asked").to_string();
        let sentence = "the client for `api.openai.com` rejected llmock's certificate";
        assert!(error.contains(sentence), "{error}");
    });
}

#[test]
fn child_processes_in_other_languages_replay() {
    const PYTHON: &str =
        "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())";
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let mut asked = 0;
        let programs: [(&str, &[&str]); 2] = [("curl", &["-sS"]), ("python3", &["-c", PYTHON])];
        for (program, words) in programs {
            let mut command = Command::new(program);
            command.args(words).arg(MODELS).envs(mock.envs());
            match command.output() {
                Ok(output) => {
                    let said = String::from_utf8_lossy(&output.stdout);
                    let error = String::from_utf8_lossy(&output.stderr);
                    assert!(said.contains(r#"{"data":[]}"#), "{program}: {said}{error}");
                    asked += 1;
                }
                Err(_) => {
                    skipped(&format!("interception of OpenSSL in `{program}`: not installed"));
                }
            }
        }
        assert_eq!(mock.requests().len(), asked);
        match asked {
            0 => drop(mock.fail()),
            _ => mock.finish().expect("answered"),
        }
    });
}

#[test]
fn removes_the_certificate_file_with_the_session() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let mock = session(&folder);
        let file = variable(&mock, "SSL_CERT_FILE");
        for name in ["REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            assert_eq!(variable(&mock, name), file);
        }
        assert!(Path::new(&file).exists());
        assert!(mock.fail().is_none());
        assert!(!Path::new(&file).exists());
    });
}

#[test]
fn network_faults_reach_clients_through_the_tunnel() {
    alone(&[], |_| {
        let upstream = Upstream::start([Response::hang_up(), Response::json(r#"{"data":[]}"#)]);
        let folder = tempfile::tempdir().expect("a folder");
        let builder = LlmMock::builder().fixture(folder.path().join("openai"));
        let builder = builder.mode(llmock::Mode::Record).intercept(true).calls(1);
        let builder = builder.upstream(llmock::Provider::OpenAI, upstream.openai_url());
        let mock = builder.start().expect("a session");
        let client = client(&mock);
        let failed = block_on(async { client.get(MODELS).send().await.is_err() });
        assert!(failed, "the connection closes without a response");
        // A retry clears the fault.
        assert_eq!(block_on(get(&client, MODELS)), (200, r#"{"data":[]}"#.to_owned()));
        assert_eq!(upstream.requests().len(), 2, "nothing is sent twice");
        mock.finish().expect("recorded");
    });
}
