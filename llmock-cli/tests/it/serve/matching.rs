//! `matching` in the configuration of `llmock serve`: what makes two requests the same, for all of its clients.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::server::{Server, Workdir, chat, soon};
use llmock_testkit::client::Request;
use llmock_testkit::upstream::{self, Upstream};

type Variables<'a> = &'a [(&'a str, &'a str)];

const ALONE: (&str, &str) = ("LLMOCK_STRATEGIES", "FixtureStrategy");
const ANSWER: &str = "{\"said\":\"1\"}";
const DATES: &str =
    r#"[{"path": "$.messages", "pattern": "\\d{4}-\\d\\d-\\d\\d", "replacement": "DATE"}]"#;

/// One recording, of a chat about one day.
fn workdir() -> Workdir {
    let workdir = Workdir::new();
    workdir.fixture("all.json", &[("on 2026-01-01", "1")]);
    workdir
}

/// The recorded request, sent on another day.
fn later() -> Request {
    chat("on 2026-12-31")
}

/// The recorded request with a member more.
fn labelled() -> Request {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"on 2026-01-01"}],"run":7}"#;
    Request::post("/v1/chat/completions", body)
}

fn is_answered(server: &Server, request: &Request) -> bool {
    let response = server.send(request);
    match response.status {
        200 => assert_eq!(response.text(), ANSWER),
        status => assert_eq!(status, 418, "{}", response.text()),
    }
    response.status == 200
}

#[test]
fn rules_of_the_file_select_the_recording() {
    let workdir = workdir();
    let cases = [
        ("", false, false),
        ("  ignore: [$.run]\n", true, false),
        ("  ignore: $.run\n", true, false),
        ("  match_on: [model, messages]\n", true, false),
        ("  match_on: [model]\n", true, true),
        (
            "  normalize:\n  - {path: $.messages, pattern: '\\d{4}-\\d\\d-\\d\\d', replacement: D}\n",
            false,
            true,
        ),
    ];
    for (rules, with_label, at_another_time) in cases {
        workdir.write("llmock.yaml", &format!("fixtures: all\nmatching:\n{rules}"));
        let server = workdir.serve(&["--config", "llmock.yaml"], &[ALONE]);
        assert!(is_answered(&server, &chat("on 2026-01-01")), "{rules}");
        assert_eq!(is_answered(&server, &labelled()), with_label, "{rules}");
        assert_eq!(is_answered(&server, &later()), at_another_time, "{rules}");
        // whose API and which path it is counts under every rule
        assert!(!is_answered(
            &server,
            &Request { path: "/groq/v1/chat/completions".to_owned(), ..later() }
        ));
    }
}

#[test]
fn variables_and_flags_accept_the_same_rules() {
    let workdir = workdir();
    let fixtures = ["--fixtures", "all.json"];
    let section = format!("{{\"ignore\": [\"$.run\"], \"normalize\": {DATES}}}");
    let sayings: [(&[&str], Variables<'_>); 3] = [
        (&[], &[("LLMOCK_MATCHING_IGNORE", "$.x;$.run"), ("LLMOCK_MATCHING_NORMALIZE", DATES)]),
        (&[], &[("LLMOCK_MATCHING", &section)]),
        (&["--set", "matching.match_on=model"], &[]),
    ];
    for (arguments, variables) in sayings {
        let server =
            workdir.serve(&[&fixtures, arguments].concat(), &[&[ALONE], variables].concat());
        assert!(is_answered(&server, &labelled()), "{arguments:?} {variables:?}");
        assert!(is_answered(&server, &later()), "{arguments:?} {variables:?}");
        assert_eq!(server.stderr(), "", "nothing to report");
    }
}

#[test]
fn invalid_rules_prevent_startup_with_their_position() {
    let workdir = workdir();
    workdir.write("llmock.yaml", "fixtures: all\nmatching:\n  ignore:\n  - $.a\n  - b\n");
    let cases: [(&[&str], Variables<'_>, &str); 5] = [
        (&["--config", "llmock.yaml"], &[], "llmock.yaml:5:5: invalid JSONPath `b`: "),
        (
            &[],
            &[("LLMOCK_MATCHING_MATCH_ON", ";")],
            "variable `LLMOCK_MATCHING_MATCH_ON`: empty list",
        ),
        (
            &[],
            &[(
                "LLMOCK_MATCHING",
                r#"{"normalize": [{"path": "$", "pattern": "(", "replacement": ""}]}"#,
            )],
            "variable `LLMOCK_MATCHING`: ",
        ),
        (
            &["--set", "matching.normalize=$.a"],
            &[],
            "flag `--set matching.normalize`: invalid JSON: ",
        ),
        (&[], &[("LLMOCK_MATCHING", "{\"ignored\": []}")], "did you mean `ignore`?"),
    ];
    for (arguments, variables, expected) in cases {
        let stderr = workdir.fails_to_start(arguments, variables);
        assert!(stderr.starts_with("error: ") && stderr.contains(expected), "{expected}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn rules_without_recordings_are_reported() {
    let server = Workdir::new().serve(&["--set", "matching.ignore=$.run"], &[]);
    server.wait_for_stderr("`matching` has no effect without `FixtureStrategy`");
}

#[cfg(unix)]
#[test]
fn reload_replaces_rules_unless_one_is_invalid() {
    let workdir = workdir();
    let rules = |rules: &str| {
        workdir.write("llmock.yaml", &format!("fixtures: all\nmatching: {rules}\n"));
    };
    rules("{}");
    let server = workdir.serve(&["--config", "llmock.yaml"], &[ALONE]);
    assert!(!is_answered(&server, &labelled()));
    rules("{ignore: [$.run]}");
    server.signal("-HUP");
    soon("the rule", || is_answered(&server, &labelled()).then_some(()));
    assert!(!is_answered(&server, &later()));
    rules("{ignore: [run]}");
    server.signal("-HUP");
    server.wait_for_stderr("stays in effect: llmock.yaml:2:21: invalid JSONPath `run`");
    assert!(is_answered(&server, &labelled()));
    rules("{match_on: [model]}");
    server.signal("-HUP");
    soon("the other rule", || is_answered(&server, &later()).then_some(()));
}

#[test]
fn misses_hide_differences_that_rules_ignore() {
    let workdir = workdir();
    let request = Request::post(
        "/v1/chat/completions",
        r#"{"a":1,"model":"m","messages":[{"role":"user","content":"in 2026"}]}"#,
    );
    let differs_first = |arguments: &[&str], path: &str| {
        let arguments = [&["--fixtures", "all.json"], arguments].concat();
        let response = workdir.serve(&arguments, &[ALONE]).send(&request);
        assert_eq!(response.status, 418);
        let expected = format!("it differs at {path}");
        assert!(response.text().contains(&expected), "{expected} {}", response.text());
    };
    differs_first(&[], "$.a, $.messages[0].content;");
    differs_first(&["--set", "matching.ignore=$.a"], "$.messages[0].content;");
}

#[test]
fn requests_that_rules_equate_are_recorded_once() {
    let requests = AtomicUsize::new(0);
    let upstream = Upstream::scripted(move |_, _| {
        let number = requests.fetch_add(1, Ordering::Relaxed) + 1;
        let body = format!("{{\"n\":{number}}}");
        upstream::Response::json(body)
    });
    let base = upstream.openai_url();
    let workdir = Workdir::new();
    let variables = [("OPENAI_BASE_URL", &*base), ("LLMOCK_MATCHING_NORMALIZE", DATES)];
    let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
    assert_eq!(server.send(&chat("on 2026-01-01")).text(), "{\"n\":1}");
    server.wait_for_recordings(1);
    assert_eq!(server.send(&chat("on 2026-01-02")).text(), "{\"n\":1}");
    assert_eq!(server.send(&chat("at 2026-01-02")).text(), "{\"n\":2}");
    server.wait_for_recordings(2);
    assert_eq!(server.send(&chat("at 2026-01-03")).text(), "{\"n\":2}");
    let recorded = workdir.interactions("all/recorded.json");
    let prompts: Vec<_> = recorded.iter().filter_map(llmock::Interaction::prompt).collect();
    assert_eq!(prompts, ["on 2026-01-01", "at 2026-01-02"], "as they were sent");
    assert_eq!(upstream.requests().len(), 2);
    drop((server, upstream));

    // The file has nothing of the rules: a server without them takes it as it is.
    let replaying = workdir.serve(&["--fixtures", "all"], &[ALONE]);
    assert_eq!(replaying.send(&chat("on 2026-01-01")).text(), "{\"n\":1}");
    assert_eq!(replaying.send(&chat("on 2026-01-02")).status, 418);
}

/// `user` does not count unless it is named, so without the rule these two would be one request.
#[test]
fn requests_that_rules_distinguish_are_recorded_separately() {
    let upstream =
        Upstream::scripted(|_, request| upstream::Response::json(request.body.as_slice()));
    let base = upstream.openai_url();
    let workdir = Workdir::new();
    let variables = [("OPENAI_BASE_URL", &*base), ("LLMOCK_MATCHING_MATCH_ON", "model;user")];
    let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
    let of = |user: &str| {
        let body = format!(
            r#"{{"model":"m","user":"{user}","messages":[{{"role":"user","content":"hi"}}]}}"#
        );
        Request::post("/v1/chat/completions", body)
    };
    for (at, user) in ["a", "b"].into_iter().enumerate() {
        assert!(server.send(&of(user)).text().contains(&format!("\"{user}\"")));
        server.wait_for_recordings(at + 1);
    }
    drop((server, upstream));
    let replaying = workdir.serve(&["--fixtures", "all"], &[ALONE, variables[1]]);
    for user in ["b", "a"] {
        assert!(replaying.send(&of(user)).text().contains(&format!("\"{user}\"")));
    }
    assert_eq!(replaying.send(&of("c")).status, 418);
}

#[test]
fn rules_reach_the_query_and_the_order_of_arrays() {
    let workdir = Workdir::new();
    let upstream = Upstream::start([upstream::Response::json(r#"{"choices":[]}"#)]);
    let section = r#"{"ignore": ["query._"], "unordered": ["$.tools"]}"#;
    let variables = [("OPENAI_BASE_URL", &*upstream.openai_url()), ("LLMOCK_MATCHING", section)];
    let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
    let post = |time: &str, tools: &str| {
        let body = format!(r#"{{"model":"m","messages":[],"tools":[{tools}]}}"#);
        server.send(&Request::post(&format!("/v1/chat/completions?_={time}"), body)).status
    };
    assert_eq!(post("1", r#"{"name":"a"},{"name":"b"}"#), 200);
    server.wait_for_recordings(1);
    assert_eq!(post("2", r#"{"name":"b"},{"name":"a"}"#), 200);
    assert_eq!(upstream.requests().len(), 1, "answered from the recording");
    assert_eq!(post("3", r#"{"name":"b"}"#), 200);
    assert_eq!(upstream.requests().len(), 2);
}

#[test]
fn rules_reach_the_headers() {
    let workdir = Workdir::new();
    let upstream = Upstream::scripted(|at, _| {
        upstream::Response::json(format!(r#"{{"choices":[],"n":{at}}}"#))
    });
    let section = r#"{"match_headers": ["x-tenant-*"], "require_header": ["x-agent"]}"#;
    let variables = [("OPENAI_BASE_URL", &*upstream.openai_url()), ("LLMOCK_MATCHING", section)];
    let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
    let of = |tenant: &str| labelled().header("x-tenant-name", tenant).header("x-agent", "me");
    for (at, tenant) in ["a", "b"].into_iter().enumerate() {
        assert_eq!(server.send(&of(tenant)).status, 200);
        server.wait_for_recordings(at + 1);
    }
    drop((server, upstream));
    let replaying = workdir.serve(&["--fixtures", "all"], &[ALONE, variables[1]]);
    for (tenant, n) in [("b", 1), ("a", 0)] {
        assert!(replaying.send(&of(tenant)).text().contains(&format!("\"n\":{n}")), "{tenant}");
    }
    assert_eq!(replaying.send(&of("c")).status, 418);
    let without = replaying.send(&labelled().header("x-tenant-name", "a"));
    assert_eq!(without.status, 418);
    let why = without.text();
    assert!(why.contains("it has no header `x-agent`"), "{why}");
}

#[test]
fn embeddings_are_found_in_other_batches() {
    let workdir = Workdir::new();
    let recorded = r#"{"llmock":1,"interactions":[{"provider":"openai","request":{"path":"/v1/embeddings","body":{"model":"e","input":["a","b"]}},
        "response":{"body":{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]}}}]}"#;
    workdir.write("all.json", recorded);
    let server = workdir.serve(&["--fixtures", "all"], &[ALONE]);
    let embed = |input: &str| {
        let body = format!(r#"{{"model":"e","input":{input}}}"#);
        server.send(&Request::post("/v1/embeddings", body))
    };
    let found = embed(r#"["b"]"#);
    assert_eq!(found.status, 200);
    assert_eq!(found.text(), r#"{"data":[{"index":0,"embedding":[2]}]}"#);
    assert_eq!(embed(r#""a""#).status, 200, "a text is a batch of one");
    assert_eq!(embed(r#"["a","c"]"#).status, 418);
}
