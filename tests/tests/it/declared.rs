//! A provider that llmock does not know, declared by the base URL that its clients have in production.

use std::path::Path;
use std::process::Command;

use llmock::{FinishError, LlmMock, Mode, Provider, StartError, llm_replay};
use llmock_testkit::client::{JSON, prompt, send};
use llmock_testkit::process::{KEPT, alone};
use llmock_testkit::upstream::{Response, Upstream};

const ACME: Provider = Provider::named("acme");
const COLOUR: &str = "Name a colour.";

/// What a client of Acme does: base URL and key come from variables, the health check lies beside the API.
fn ask(base_url: &str) -> (String, String) {
    let url = format!("{base_url}/chat/completions");
    let key = std::env::var("ACME_API_KEY").unwrap_or_default();
    let authorization = format!("Bearer {key}");
    let headers = [JSON[0], ("authorization", authorization.as_str())];
    let answer = send("POST", &url, &headers, prompt(COLOUR).as_bytes()).text();
    let host = base_url.strip_suffix("/llm/v1").expect("the path of the declared address");
    (answer, send("GET", &format!("{host}/health"), &[], b"").text())
}

fn answering() -> Upstream {
    Upstream::scripted(|_, request| match request.target.as_str() {
        "/gateway/llm/v1/chat/completions" => {
            Response::json(r#"{"choices":[{"message":{"role":"assistant","content":"Blue."}}]}"#)
        }
        "/gateway/health" => Response::json(r#"{"ok":true}"#),
        other => Response::error(404, other),
    })
}

#[llm_replay(
    fixture = "declared/acme",
    providers(openai, acme = "https://llm.acme.dev/llm/v1"),
    env(MY_LLM = "{acme}", MY_GATEWAY = "{base}/acme/llm/v1", MY_OPENAI = "{openai}")
)]
#[test]
fn variables_point_to_declared_providers() {
    let variable = |name: &str| std::env::var(name).expect("llmock sets it");
    let base_url = variable("ACME_BASE_URL");
    for name in ["ACME_API_BASE", "MY_LLM", "MY_GATEWAY"] {
        assert_eq!(variable(name), base_url, "{name}");
    }
    assert_eq!(variable("MY_OPENAI"), variable("OPENAI_BASE_URL"));
    assert!(!variable("ACME_API_KEY").is_empty(), "a client without a key may refuse to start");
    let (answer, health) = ask(&base_url);
    assert!(answer.contains("Blue."), "{answer}");
    assert!(health.contains("true"), "{health}");
}

#[llm_replay(providers(acme = "https://llm.acme.dev/llm/v1"), order = "strict")]
mod on_a_module {
    use super::*;

    #[llm_replay(fixture = "declared/acme")]
    #[test]
    fn handles_know_declared_providers(mock: &LlmMock) {
        assert_eq!(mock.base_url(ACME), format!("{}/acme/llm/v1", mock.url().unwrap()));
        let (answer, _) = ask(&mock.base_url(ACME));
        assert!(answer.contains("Blue."), "{answer}");
    }
}

#[test]
fn records_from_the_gateway_in_the_variable() {
    if std::env::var_os("TEST_PROCESS_PART").is_some() {
        return;
    }
    let upstream = answering();
    let folder = tempfile::tempdir().expect("a folder");
    let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let ran = Command::new(std::env::current_exe().expect("this program"))
        .args(["declared::variables_point_to_declared_providers", "--exact", "--nocapture"])
        .env_clear()
        .envs(kept)
        .env("LLMOCK_MODE", "record")
        .env("LLMOCK_RECORD_DIR", folder.path())
        .env("ACME_BASE_URL", format!("{}/gateway/llm/v1", upstream.url()))
        .env("ACME_API_KEY", "acme-0123456789-abcdef")
        .output()
        .expect("this program runs");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    assert!(said.contains("recording acme from "), "{said}");
    assert!(said.contains("key from ACME_API_KEY"), "{said}");
    let targets: Vec<_> = upstream.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/gateway/llm/v1/chat/completions", "/gateway/health"]);
    assert_eq!(
        upstream.requests()[0].header("authorization"),
        Some("Bearer acme-0123456789-abcdef")
    );
    let text = only_file(folder.path());
    for part in [r#""provider": "acme""#, r#""path": "/llm/v1/chat/completions""#, "\"/health\""] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("acme-0123456789"), "{text}");
}

/// The text of the one fixture below a folder.
fn only_file(folder: &Path) -> String {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "json") {
                found.push(path);
            }
        }
    }
    assert_eq!(found.len(), 1, "{found:?}");
    std::fs::read_to_string(&found[0]).expect("a file")
}

#[test]
fn builders_record_outside_the_declared_path_too() {
    alone(&[], |_| {
        let upstream = answering();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("acme");
        let session = |mode| {
            let builder = LlmMock::builder().fixture(&file).mode(mode);
            builder.provider_at("acme", format!("{}/gateway/llm/v1/", upstream.url()))
        };
        let mock = session(Mode::Record).start().expect("a correct declaration");
        assert_eq!(mock.base_url(ACME), format!("{}/acme/gateway/llm/v1", mock.url().unwrap()));
        let recorded = ask_below_gateway(&mock);
        mock.finish().expect("recorded");
        let mock = session(Mode::Replay).start().expect("the fixture");
        assert_eq!(ask_below_gateway(&mock), recorded);
        mock.finish().expect("replayed");
        assert_eq!(upstream.requests().len(), 2);
    });
}

fn ask_below_gateway(mock: &LlmMock) -> (String, String) {
    let base_url = mock.base_url(ACME);
    let answer = send("POST", &format!("{base_url}/chat/completions"), &JSON, b"{}").text();
    let health = format!("{}/gateway/health", mock.host_url(ACME));
    (answer, send("GET", &health, &[], b"").text())
}

#[test]
fn paths_select_the_api_of_declared_providers() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("acme.json");
        std::fs::write(&file, r#"{"llmock": 1, "interactions": []}"#).expect("a file");
        let builder = LlmMock::builder().fixture(&file);
        let mock =
            builder.provider_at("acme", "https://llm.acme.dev/v1").start().expect("a session");
        let miss = |path: &str| {
            let url = format!("{}{path}", mock.base_url(ACME));
            send("POST", &url, &JSON, prompt(COLOUR).as_bytes()).text()
        };
        assert!(miss("/messages").starts_with(r#"{"type":"error","error":"#), "Anthropic's shape");
        assert!(miss("/chat/completions").starts_with(r#"{"error":"#), "OpenAI's shape");
        let error = mock.finish().expect_err("two requests without an answer");
        assert!(matches!(error, FinishError::Missed { requests: 2, .. }), "{error}");
    });
}

#[test]
fn declarations_without_an_address_are_reported() {
    alone(&[], |_| {
        let start = |id: &str, url: &str| {
            let builder = LlmMock::builder().fixture("no/such/file").mode(Mode::Record);
            let error = builder.provider_at(id, url).start().expect_err("nothing can be asked");
            assert!(matches!(error, StartError::InvalidSettings { .. }), "{error:?}");
            error.to_string()
        };
        let cases = [
            ("acme", "", "invalid base URL ``: expected a value such as `https://"),
            ("acme", "llm.acme.dev", "invalid base URL `llm.acme.dev`: expected a value such as"),
            ("Acme", "https://llm.acme.dev", "invalid provider id `Acme`"),
        ];
        for (id, url, sentence) in cases {
            let said = start(id, url);
            assert!(said.contains(sentence) && said.lines().count() == 1, "{said}");
        }
    });
}

#[test]
fn mode_off_uses_the_declared_address() {
    alone(&[("LLMOCK_MODE", "off")], |_| {
        let builder = LlmMock::builder().fixture("no/such/file");
        let builder = builder.provider_at("acme", "https://llm.acme.dev/v1/");
        let mock = builder.start().expect("mode `off` opens nothing");
        assert_eq!(mock.base_url(ACME), "https://llm.acme.dev/v1");
        assert_eq!(mock.host_url(ACME), "https://llm.acme.dev");
        assert_eq!(mock.host_and_port(ACME), ("https://llm.acme.dev/".to_owned(), 443));
        mock.finish().expect("nothing to say");
    });
}

#[test]
fn base_urls_have_the_form_clients_expect() {
    alone(&[], |_| {
        let builder = LlmMock::builder().fixture("no/such/file").mode(Mode::Record).calls(0);
        let mock = builder.start().expect("a session");
        let base = mock.url().unwrap().to_owned();
        let (openai, ollama) = (Provider::OpenAI, Provider::Ollama);
        assert_eq!(mock.base_url_with_slash(openai), format!("{base}/openai/v1/"));
        assert_eq!(mock.host_url(openai), format!("{base}/openai"));
        assert_eq!(mock.host_url(Provider::Groq), format!("{base}/groq"));
        let (host, port) = mock.host_and_port(ollama);
        let joined = host.replacen("127.0.0.1", &format!("127.0.0.1:{port}"), 1);
        assert_eq!(joined, mock.base_url_with_slash(ollama));
        mock.finish().expect("`calls = 0` declares it");
    });
}
