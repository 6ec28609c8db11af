//! Variables with the address of a server, in every form that their clients accept.

use std::net::TcpListener;

use llmock::{LlmMock, Mode, Provider};
use llmock_testkit::client::JSON;
use llmock_testkit::process::{alone, skipped};
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream};

use super::{TEST, request};

const OLLAMA: u16 = 11434;

/// Records one request of a provider whose address is in the variables.
fn record(provider: Provider, path: &str) -> Result<(), llmock::FinishError> {
    let (_folder, fixture) = place();
    let mock = LlmMock::builder().fixture(&fixture).test(TEST).mode(Mode::Record).start().unwrap();
    request(&mock, (provider, "POST", path), &JSON, b"{}").bytes();
    mock.finish()
}

#[test]
fn host_variables_without_scheme_or_host_are_read_as_clients_do() {
    alone(&[], |process| {
        if process.part() == "records" {
            return record(Provider::Ollama, "/api/chat").unwrap();
        }
        let upstream = Upstream::start([Response::json("{}")]);
        let port = upstream.url().rsplit(':').next().unwrap().to_owned();
        for form in
            ["127.0.0.1:P", ":P", "0.0.0.0:P", "\"127.0.0.1:P\"", " localhost:P/ ", "http://:P"]
        {
            let value = form.replace('P', &port);
            let received = upstream.requests().len();
            let output = process.again("records").env("OLLAMA_HOST", &value).output().unwrap();
            assert!(output.status.success(), "{value}: {output:?}");
            assert_eq!(upstream.requests().len(), received + 1, "{value}");
        }
    });
}

#[test]
fn hosts_without_a_port_have_the_port_of_their_server() {
    alone(&[], |process| {
        if process.part() == "records" {
            return record(Provider::Ollama, "/api/chat").unwrap();
        }
        if TcpListener::bind(("127.0.0.1", OLLAMA)).is_err() {
            return skipped("port 11434 is in use");
        }
        // What could not be reached says where llmock looked.
        for value in ["0.0.0.0", "127.0.0.1", "localhost", "'127.0.0.1'"] {
            let output = process.again("records").env("OLLAMA_HOST", value).output().unwrap();
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(format!("{stdout}{stderr}").contains(":11434"), "{value}: {stdout}{stderr}");
        }
    });
}

#[test]
fn paths_beside_the_version_of_local_servers_stay() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::scripted(|_, request| {
            Response::json(format!(r#"{{"target":"{}"}}"#, request.target))
        });
        let base = format!("{}/v1", upstream.url());
        let llamacpp: Provider = "llamacpp".parse().unwrap();
        let mistralrs: Provider = "mistralrs".parse().unwrap();
        let mock = upstream
            .record(&fixture, TEST)
            .upstream(llamacpp, base.clone())
            .upstream(mistralrs, base)
            .start()
            .unwrap();
        for (provider, path, target) in [
            (llamacpp, "/props", "/props"),
            (llamacpp, "/slots/0?action=save", "/slots/0?action=save"),
            (Provider::OpenAI, "/health", "/health"),
            (mistralrs, "/health", "/health"),
            (mistralrs, "/v1/chat/completions", "/v1/chat/completions"),
            (mistralrs, "/chat/completions", "/v1/chat/completions"),
        ] {
            let text = request(&mock, (provider, "GET", path), &[], b"").text();
            assert_eq!(text, format!(r#"{{"target":"{target}"}}"#), "{provider} {path}");
        }
        mock.finish().unwrap();
    });
}

#[test]
fn azure_resources_work_with_and_without_their_root() {
    alone(&[], |_| {
        for base in ["", "/openai", "/openai/v1", "/openai/"] {
            let (_folder, fixture) = place();
            let upstream = Upstream::scripted(|_, request| {
                Response::json(format!(r#"{{"target":"{}"}}"#, request.target))
            });
            let address = format!("{}{base}", upstream.url());
            let mock =
                upstream.record(&fixture, TEST).upstream(Provider::Azure, address).start().unwrap();
            for (path, target) in [
                (
                    "/openai/deployments/d/chat/completions",
                    "/openai/deployments/d/chat/completions",
                ),
                ("/deployments/d/chat/completions", "/openai/deployments/d/chat/completions"),
                ("/openai/v1/responses", "/openai/v1/responses"),
                ("/models/chat/completions", "/models/chat/completions"),
            ] {
                let text = request(&mock, (Provider::Azure, "POST", path), &JSON, b"{}").text();
                assert_eq!(text, format!(r#"{{"target":"{target}"}}"#), "{base} {path}");
            }
            mock.finish().unwrap();
        }
    });
}
