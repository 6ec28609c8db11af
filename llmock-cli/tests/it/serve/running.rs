//! `llmock serve`: how it starts, changes its mind, and ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{Server, Workdir, chat, soon};
use llmock_testkit::client::Request;
use llmock_testkit::upstream::{self, Upstream};
use serde_json::Value;

/// What the mirror says to it.
fn reply_to(server: &Server, text: &str) -> String {
    let response: Value = serde_json::from_str(&server.send(&chat(text)).text()).unwrap();
    response["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn prints_one_line_with_the_address() {
    let workdir = Workdir::new();
    let mut child =
        workdir.command(&[], &[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["pid"], child.id());
    let (url, port) = (ready["url"].as_str().unwrap(), ready["port"].as_u64().unwrap());
    assert_eq!(url, format!("http://127.0.0.1:{port}"));
    assert_eq!(Request::get("/health").send(url).status, 200);
    child.kill().unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    assert_eq!(rest, "", "nothing else is printed there");
}

#[test]
fn reports_a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
    let ran = command.args(["serve", "--port", &port]).env_clear().output().unwrap();
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(1), &b""[..]), "{stderr}");
    let expected = format!("error: port {port} is in use\nhint: `--port 0` takes a free one\n");
    assert_eq!(stderr, expected);
}

#[test]
fn names_a_folder_without_fixtures() {
    let workdir = Workdir::new();
    workdir.write("empty/README", "");
    let server = workdir.serve(&["--fixtures", "empty"], &[]);
    server.wait_for_stderr("llmock: there are no fixtures in `empty`\n");
    assert_eq!(server.ready["interactions"], 0);
    assert_eq!(server.send(&chat("Hi")).status, 418);
}

#[test]
fn port_precedence_is_flag_variable_file() {
    let workdir = Workdir::new();
    workdir.write("config.yaml", "strategies: [ErrorStrategy]\napi-key: of-the-file\n");
    let file = ["--config", "config.yaml"];
    let mirror =
        [("LLMOCK_STRATEGIES", "ErrorStrategy;MirrorStrategy"), ("LLMOCK_API_KEY", "null")];
    let server = workdir.serve(&file, &mirror);
    assert_eq!(reply_to(&server, "Hi"), "Hi");
    let flags = ["--config", "config.yaml", "--api-key", "of-the-flags"];
    let server = workdir.serve(&flags, &mirror);
    assert_eq!(server.send(&chat("Hi")).status, 401);
    assert_eq!(server.send(&chat("Hi").header("x-api-key", "of-the-flags")).status, 200);
}

#[cfg(unix)]
#[test]
fn sighup_reloads_valid_configuration_only() {
    let workdir = Workdir::new();
    let replies = |reply: &str| {
        let text = format!(
            "strategies: [CustomAnswersStrategy, MirrorStrategy]\n\
             customReplies: [{{question: Q, answer: {reply}}}]\n"
        );
        workdir.write("config.yaml", &text);
    };
    replies("one");
    let server = workdir.serve(&["--config", "config.yaml"], &[]);
    assert_eq!(reply_to(&server, "Q"), "one");
    replies("two");
    assert_eq!(reply_to(&server, "Q"), "one", "no client requested it");
    server.signal("-HUP");
    soon("the reload", || (reply_to(&server, "Q") == "two").then_some(()));
    workdir.write("config.yaml", "strategies: [Nonsense]\n");
    server.signal("-HUP");
    server.wait_for_stderr("the old configuration stays in effect");
    assert!(server.stderr().contains("Nonsense"), "{}", server.stderr());
    assert_eq!(reply_to(&server, "Q"), "two");
    replies("three");
    server.signal("-HUP");
    soon("the reload", || (reply_to(&server, "Q") == "three").then_some(()));
}

#[test]
fn reloads_a_watched_file_on_change() {
    let workdir = Workdir::new();
    workdir.write("config.yaml", "api-key: one\n");
    let server = workdir.serve(&["--config", "config.yaml", "--watch"], &[]);
    let with = |key: &str| server.send(&chat("Hi").header("x-api-key", key)).status;
    assert_eq!((with("one"), with("two!")), (200, 401));
    workdir.write("config.yaml", "api-key: two!\n");
    soon("the reload", || (with("two!") == 200).then_some(()));
    workdir.write("config.yaml", "api-key: [broken\n");
    server.wait_for_stderr("the old configuration stays in effect");
    assert_eq!((with("one"), with("two!")), (401, 200));
}

#[test]
fn reloads_a_watched_fixture_folder_unless_invalid() {
    let workdir = Workdir::new();
    workdir.fixture("all/a.json", &[("one", "1")]);
    let server = workdir.serve(&["--fixtures", "all", "--watch"], &[]);
    assert_eq!(server.send(&chat("one")).text(), "{\"said\":\"1\"}");
    workdir.fixture("all/deep/b.json", &[("two", "2")]);
    soon("the reload", || (server.send(&chat("two")).text() == "{\"said\":\"2\"}").then_some(()));
    workdir.write("all/c.json", "{\"llmock\":1,");
    server.wait_for_stderr("the old configuration stays in effect");
    assert!(server.stderr().contains("c.json"), "{}", server.stderr());
    assert_eq!(server.send(&chat("two")).text(), "{\"said\":\"2\"}");
}

#[test]
fn reloads_external_changes_while_recording() {
    let upstream = Upstream::start([upstream::Response::status(200).body("{}")]);
    let workdir = Workdir::new();
    workdir.write("config.yaml", "api-key: one\n");
    let base = upstream.openai_url();
    let arguments = ["--config", "config.yaml", "--watch", "--fixtures", "all", "--record"];
    let server = workdir.serve(&arguments, &[("OPENAI_BASE_URL", &base)]);
    let mut turn = 0;
    // something is recorded before every look at the files
    let mut records_with = |key: &str| {
        turn += 1;
        let status = server.send(&chat(&turn.to_string()).header("x-api-key", key)).status;
        std::thread::sleep(Duration::from_millis(50));
        status
    };
    assert_eq!(records_with("one"), 200);
    workdir.write("config.yaml", "api-key: two\n");
    soon("the other key", || (records_with("one") == 401).then_some(()));
    workdir.fixture("all/before.json", &[("theirs", "1")]);
    soon("the other fixture", || {
        assert_eq!(records_with("two"), 200);
        let theirs = chat("theirs").header("x-api-key", "two").header("x-llmock-session", "s");
        let response = server.send(&theirs).text();
        assert_eq!(
            server.send(&Request::delete("/sessions").header("x-api-key", "two")).status,
            204
        );
        (response == "{\"said\":\"1\"}").then_some(())
    });
}

#[cfg(unix)]
#[test]
fn reload_can_start_watching() {
    let workdir = Workdir::new();
    workdir.write("config.yaml", "api-key: one\n");
    let server = workdir.serve(&["--config", "config.yaml"], &[]);
    let takes = |key: &str| {
        soon(key, || {
            (server.send(&chat("Hi").header("x-api-key", key)).status == 200).then_some(())
        });
    };
    workdir.write("config.yaml", "api-key: two\nwatch: true\n");
    server.signal("-HUP");
    takes("two");
    workdir.write("config.yaml", "api-key: three\nwatch: true\n");
    takes("three");
}

#[cfg(unix)]
#[test]
fn shutdown_finishes_open_responses() {
    let server = Workdir::new().serve(&[], &[]);
    let body =
        r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"a b c d e f"}]}"#;
    let request =
        Request::post("/v1/chat/completions", body).header("x-llmock-pace", "ttft=100ms, tps=20");
    let mut open = request.begin(&server.origin);
    assert!(open.chunk().is_some());
    server.signal("-TERM");
    let address = server.origin.trim_start_matches("http://").to_owned();
    soon("the port to be closed", || std::net::TcpStream::connect(&address).err());
    let response = open.collect();
    assert!(
        !response.is_truncated() && response.text().ends_with("data: [DONE]\n\n"),
        "{response:?}"
    );
    server.wait_for_exit();
}

#[cfg(unix)]
#[test]
fn shutdown_cuts_off_responses_after_a_timeout() {
    let server = Workdir::new().serve(&["--set", "shutdown-timeout=200ms"], &[]);
    let request = chat("Hi").header("x-llmock-pace", "ttft=1h");
    let address = server.origin.trim_start_matches("http://").to_owned();
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nx-llmock-pace: ttft=1h\r\ncontent-length: {}\r\n\r\n",
        request.path,
        request.body.len()
    );
    std::io::Write::write_all(&mut socket, &[head.as_bytes(), &request.body].concat()).unwrap();
    soon("the request to arrive", || {
        let history = server.send(&Request::get("/history")).text();
        history.contains("/v1/chat/completions").then_some(())
    });
    let begun = Instant::now();
    server.signal("-TERM");
    let stderr = server.wait_for_exit();
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(stderr.contains("stopped before all open responses were sent"), "{stderr:?}");
}

#[cfg(unix)]
#[test]
fn idle_connections_do_not_delay_shutdown() {
    let server = Workdir::new().serve(&["--set", "shutdown-timeout=1h"], &[]);
    let address = server.origin.trim_start_matches("http://").to_owned();
    let _idle = std::net::TcpStream::connect(address).unwrap();
    assert_eq!(server.send(&Request::get("/health")).status, 200);
    server.signal("-INT");
    assert_eq!(server.wait_for_exit(), "");
}
