//! What cannot be imported is refused with a reason, and nothing is half-written.

use super::samples;
use crate::command::Desk;

const CASSETTE: &str = r#"{"version": 1, "interactions": [{
    "request": {"method": "GET", "uri": "https://api.openai.com/v1/models"},
    "response": {"status": {"code": 200}, "body": {"string": "[]"}}}]}"#;

#[test]
fn other_protocols_are_refused_by_name() {
    let desk = Desk::with(&[]);
    for (file, protocol) in [
        ("import/refused/grpc.yaml", "gRPC streams"),
        ("import/refused/socket.yaml", "WebSocket frames"),
        ("import/refused/socket.har", "WebSocket connections"),
        ("import/mitmproxy/tcp.flow", "TCP flows"),
    ] {
        let path = samples(file).display().to_string();
        let err = desk.fails_partly(&["import", &path, "--out", "out"]);
        let reason = format!("was not imported: it holds {protocol}, not HTTP");
        assert!(err.contains(&reason), "{err}");
        assert!(!desk.path("out").exists(), "{file}");
    }
}

#[test]
fn fixtures_are_overwritten_only_when_asked() {
    let desk = Desk::with(&[]);
    desk.write("in/a.json", CASSETTE);
    desk.write("in/b.json", CASSETTE);
    desk.write("out/b.json", "mine");
    let err = desk.fails(&["import", "in", "--out", "out"]);
    let expected = "error: `out/b.json` exists; nothing was imported\nhint: `--force` overwrites\n";
    assert_eq!(err, expected);
    assert_eq!(desk.read("out/b.json"), "mine");
    assert!(!desk.path("out/a.json").exists());
    desk.prints(&["import", "in", "--out", "out", "--force"]);
    assert!(desk.read("out/b.json").contains("/v1/models"));
    let err = desk.fails(&["import", "in", "--out", "out"]);
    assert!(err.contains("`out/a.json` and 1 other fixture exist"), "{err}");
}

#[test]
fn files_with_one_name_keep_their_endings() {
    let desk = Desk::with(&[]);
    desk.write("in/a.json", CASSETTE);
    desk.write("in/a.yaml", CASSETTE);
    let out = desk.prints(&["import", "in", "--out", "out"]);
    for fixture in ["out/a.json.json", "out/a.yaml.json"] {
        assert!(out.contains(fixture) && desk.path(fixture).exists(), "{out}");
    }
}

#[test]
fn a_broken_file_does_not_stop_the_others() {
    let desk = Desk::with(&[]);
    desk.write("in/a.json", CASSETTE);
    let broken = "interactions:\n- request:\n    uri: [\n";
    desk.write("b.yaml", broken);
    let ran = desk.run(&["import", "b.yaml", "in", "--out", "out"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.starts_with("error: b.yaml was not imported: its format is not known ("),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("in/a.json (vcr-py)") && ran.out.contains("; 1 not imported"),
        "{ran:?}"
    );
    assert!(desk.path("out/a.json").exists() && !desk.path("out/b.json").exists());
    let err = desk.fails_partly(&["import", "b.yaml", "--from", "go-vcr", "--out", "out"]);
    assert!(err.starts_with("error: b.yaml was not imported: "), "{err}");
}

#[test]
fn what_is_missing_is_named() {
    let desk = Desk::with(&[]);
    desk.write("answer.sse", "data: {}\n\n");
    desk.write("empty/x.txt", "");
    desk.write("mine.json", r#"{"llmock": 1, "interactions": []}"#);
    desk.write("bad.json", "what");
    for (arguments, reason) in [
        (&["none.yaml"][..], "error: there is no file `none.yaml`\n"),
        (
            &["empty"],
            "error: no recordings in `empty`\nhint: `--from FORMAT` reads every file as that format\n",
        ),
        (
            &["answer.sse"],
            "error: answer.sse was not imported: it holds a stream of events without its request, and its shape tells no API: name the request \
             with `--request FILE` (JSON, or an HTTP request whose first line is `POST https://host/path`)\n",
        ),
        (
            &["answer.sse", "--request", "bad.json"],
            "error: invalid request `bad.json`: expected JSON, or an HTTP request whose first line is `POST \
             https://host/path`\n",
        ),
        (&["mine.json"], "error: mine.json was not imported: it is a fixture of llmock already\n"),
    ] {
        let all = [&["import", "--out", "out"], arguments].concat();
        assert_eq!(desk.fails_partly(&all), reason);
    }
    for (arguments, reason) in [
        (&["x", "--from", "go-vrc"][..], "did you mean `go-vcr`?"),
        (&["x", "--owner", "{file}"], "expected `{dir}` or `{name}`"),
        (&["x", "--provider", "Not Valid"], "--provider"),
    ] {
        let all = [&["import", "--out", "out"], arguments].concat();
        let ran = desk.run(&all);
        assert!(ran.code == 2 && ran.err.contains(reason), "{ran:?}");
    }
}

#[test]
fn hostile_files_are_refused() {
    let desk = Desk::with(&[]);
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 'b'..='j' {
        let before = char::from(u8::try_from(level).unwrap() - 1);
        let nine = vec![format!("*{before}"); 9].join(", ");
        bomb = format!("{bomb}{level}: &{level} [{nine}]\n");
    }
    bomb.push_str("http_interactions: *j\n");
    desk.write("bomb.yaml", &bomb);
    desk.write("deep.json", &"[".repeat(100_000));
    for file in ["bomb.yaml", "deep.json"] {
        let err = desk.fails_partly(&["import", file, "--out", "out"]);
        assert!(err.contains("was not imported"), "{err}");
    }
    desk.write(
        "outside.json",
        r#"{"request": {"url": "/v1/x", "method": "GET"}, "response": {"bodyFileName": "../secret"}}"#,
    );
    let err = desk.fails_partly(&["import", "outside.json", "--out", "out"]);
    assert!(err.contains("its body is in `../secret`, outside of `__files`"), "{err}");
}

#[test]
fn sockets_of_a_har_are_imported_with_their_messages() {
    let desk = Desk::with(&[]);
    let har = r#"{"log": {"version": "1.2", "entries": [{"startedDateTime": "2026-08-19T14:34:19.120Z",
        "request": {"method": "GET", "url": "wss://api.openai.com/v1/realtime?model=gpt-realtime", "headers": []},
        "response": {"status": 101, "headers": [{"name": "Sec-WebSocket-Protocol", "value": "realtime"}]},
        "_webSocketMessages": [
            {"type": "receive", "time": 1787150059.5, "opcode": 1, "data": "{\"type\":\"session.created\"}"},
            {"type": "send", "time": 1787150059.75, "opcode": 1, "data": "{\"key\":\"sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV\"}"},
            {"type": "receive", "time": 1787150060.0, "opcode": 2, "data": "AQID"},
            {"type": "receive", "time": 1787150060.0, "opcode": 9, "data": ""}]}]}}"#;
    desk.write("in/voice.har", har);
    desk.prints(&["import", "in/voice.har", "--out", "out"]);
    let written = desk.read("out/voice.json");
    for part in [
        r#""method": "WEBSOCKET""#,
        r#""path": "/v1/realtime?model=gpt-realtime""#,
        r#""protocol": "realtime""#,
        r#"{ "from": "server", "ms": 0, "json": {"type":"session.created"} }"#,
        r#""from": "client", "ms": 250"#,
        r#""bytes": 3"#,
    ] {
        assert!(written.contains(part), "{part}: {written}");
    }
    assert!(!written.contains("sk-proj"), "{written}");
    assert!(desk.path("out/voice.assets").exists());
    let shown = desk.prints(&["show", "out/voice"]);
    assert!(shown.contains("session.created"), "{shown}");
}
