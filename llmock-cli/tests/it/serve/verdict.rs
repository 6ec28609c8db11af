//! `llmock serve`: the verdict on how clients handled faults.

use serde_json::{Value, json};

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::Request;

fn faulty(prompt: &str, fault: &str) -> Request {
    chat(prompt).header("x-llmock-fault", fault)
}

fn verdict(server: &Server, query: &str) -> Value {
    let response = server.send(&Request::get(&format!("/verdict{query}")));
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("{response:?}"))
}

fn codes(verdict: &Value) -> Vec<&str> {
    let findings = verdict["findings"].as_array().unwrap().iter();
    findings.map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn each_kind_of_client_has_its_verdict() {
    let once = |prompt: &'static str, fault: &'static str| vec![faulty(prompt, fault)];
    let again =
        |prompt: &'static str, fault: &'static str| vec![faulty(prompt, fault), chat(prompt)];
    let storm = |fault: &'static str| {
        let mut all = vec![faulty("e", fault)];
        all.extend((0..6).map(|_| chat("e")));
        all
    };
    for (requests, expected, passed) in [
        (vec![chat("a"), chat("a")], &[][..], true),
        (again("a", "status=503"), &[], true),
        (again("a", "disconnect"), &[], true),
        (once("a", "status=503"), &["sweep_did_not_retry"], true),
        (once("a", "disconnect"), &["sweep_did_not_retry"], true),
        (once("a", "status=401"), &[], true),
        (again("a", "status=401"), &["sweep_retried_in_vain"], false),
        (again("a", "status=400"), &["sweep_retried_in_vain"], false),
        (again("a", "status=429, retry-after=30"), &["sweep_ignored_retry_after"], false),
        (again("a", "status=429"), &[], true),
        (storm("status=500"), &["sweep_retry_storm"], false),
        (vec![faulty("a", "status=500"), faulty("a", "status=500"), chat("b")], &[], true),
    ] {
        let server = Workdir::new().serve(&[], &[]);
        for request in &requests {
            let closed = request.headers.iter().any(|(_, value)| value == "disconnect");
            let sent = std::panic::catch_unwind(|| server.send(request).status);
            assert!(closed || sent.is_ok(), "{request:?}");
        }
        let found = verdict(&server, "");
        assert_eq!(codes(&found), expected, "{requests:?}: {found}");
        assert_eq!(found["passed"], passed, "{found}");
    }
}

#[test]
fn going_on_after_a_cut_accepts_a_truncated_response() {
    let user = json!({"role": "user", "content": "one two three four"});
    let body =
        |messages: Value| json!({"model": "m", "stream": true, "messages": messages}).to_string();
    let first = Request::post("/v1/chat/completions", body(json!([user])));
    let more = json!([user, {"role": "assistant", "content": "one"}, {"role": "user", "content": "go on"}]);
    let more = Request::post("/v1/chat/completions", body(more));
    for (fault, repeats, expected) in [
        ("cut-after-event=2", false, &["sweep_accepted_truncated"][..]),
        ("truncate", false, &["sweep_accepted_truncated"]),
        ("cut-after-event=2", true, &[]),
    ] {
        let server = Workdir::new().serve(&[], &[]);
        server.send(&first.clone().header("x-llmock-fault", fault));
        if repeats {
            server.send(&first);
        }
        server.send(&more);
        assert_eq!(codes(&verdict(&server, "")), expected, "{fault} {repeats}");
    }
}

#[test]
fn errors_of_scenarios_count_and_sessions_are_apart() {
    let folder = Workdir::new();
    folder.write("llmock.yaml", "replies:\n- when: {contains: limit}\n  then: [{error: {status: 429, retry-after: 9}}, fine]\n");
    let server = folder.serve(&["--config", "llmock.yaml"], &[]);
    for session in ["hasty", "patient"] {
        server.send(&chat("limit").header("x-llmock-session", session));
    }
    server.send(&chat("limit").header("x-llmock-session", "hasty"));
    let hasty = verdict(&server, "?session=hasty");
    assert_eq!(codes(&hasty), ["sweep_ignored_retry_after"]);
    assert_eq!(hasty["findings"][0]["fault"], "status = 429, retry_after = 9");
    assert_eq!(codes(&verdict(&server, "?session=patient")), ["sweep_did_not_retry"]);
    assert_eq!(verdict(&server, "")["faults"], 2);
    let junit = server.send(&Request::get("/session/hasty/verdict?format=junit")).text();
    assert!(
        junit.contains("tests=\"1\" failures=\"1\"")
            && junit.contains("<failure type=\"sweep_ignored_retry_after\""),
        "{junit}"
    );
    assert_eq!(server.send(&Request::delete("/verdict")).status, 204);
    assert_eq!(verdict(&server, "")["faults"], 0);
    assert_eq!(server.send(&Request::get("/verdict?form=junit")).status, 400);
}

#[cfg(unix)]
#[test]
fn a_stop_prints_the_verdict_and_sets_the_exit_code() {
    for (format, repeats, expected) in
        [("text", true, "failed"), ("text", false, "passed"), ("junit=verdict.xml", true, "")]
    {
        let folder = Workdir::new();
        let server = folder.serve(&[&format!("--verdict={format}")], &[]);
        server.send(&faulty("a", "status=401"));
        if repeats {
            server.send(&chat("a"));
        }
        let log = server.stderr_after_exit(i32::from(repeats));
        if format == "text" {
            assert!(log.contains(&format!("verdict on the client: {expected}")), "{log}");
        } else {
            assert!(folder.read("verdict.xml").contains("sweep_retried_in_vain"));
        }
    }
    let message = Workdir::new().fails_to_start(&["--verdict=yaml"], &[]);
    assert!(message.contains("invalid format of the verdict `yaml`"), "{message}");
}
