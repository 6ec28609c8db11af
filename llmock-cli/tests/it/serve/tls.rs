//! `llmock serve` over https, and the schema of its configuration.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{Workdir, chat};

/// The response of curl, which knows TLS; `None` without curl.
fn curl(url: &str, certificate: &str) -> Option<String> {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"over tls"}]}"#;
    let ran = Command::new("curl")
        .args(["-sS", "--cacert", certificate, "-H", "content-type: application/json", "-d", body])
        .arg(format!("{url}/v1/chat/completions"))
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&ran.stdout).into_owned())
}

#[test]
fn serves_https_with_a_certificate_of_its_own() {
    let folder = Workdir::new();
    let server = folder.serve(&["--tls-self-signed"], &[]);
    assert!(server.origin.starts_with("https://127.0.0.1:"), "{}", server.origin);
    let pem = std::fs::read_to_string(server.ready["certificate"].as_str().unwrap()).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    let certificate = server.ready["certificate"].as_str().unwrap();
    if let Some(response) = curl(&server.origin, certificate) {
        assert!(response.contains("over tls"), "{response}");
    }
    // A client that does not know is named.
    let plain = server.origin.replace("https", "http");
    let sent = std::panic::catch_unwind(|| chat("a").send(&plain));
    assert!(sent.is_err() || sent.unwrap().status == 0);
    server.wait_for_stderr("its base URL must begin with https://");
}

#[test]
fn wrong_certificates_are_named() {
    let folder = Workdir::new();
    folder.write("empty.pem", "");
    for (arguments, expected) in [
        (&["--tls-cert", "empty.pem"][..], "`tls-cert` and `tls-key` need each other"),
        (&["--tls-cert", "none.pem", "--tls-key", "none.pem"], "cannot read `none.pem`"),
        (
            &["--tls-cert", "empty.pem", "--tls-key", "empty.pem"],
            "`empty.pem` has no certificate in PEM",
        ),
        (
            &["--tls-cert", "empty.pem", "--tls-key", "empty.pem", "--tls-self-signed"],
            "`tls-self-signed` and `tls-cert` exclude each other",
        ),
    ] {
        let message = folder.fails_to_start(arguments, &[]);
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

#[test]
fn prints_a_schema_of_the_configuration() {
    let ran = Command::new(env!("CARGO_BIN_EXE_llmock"))
        .args(["serve", "--config-schema"])
        .output()
        .unwrap();
    assert!(ran.status.success());
    let schema: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(schema["properties"]["replies"].is_object());
    assert!(schema["properties"]["pace"]["properties"]["jitter"].is_object());
}
