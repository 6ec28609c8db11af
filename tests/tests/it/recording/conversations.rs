//! Conversations of agents: what their recordings take, and what a new recording of them changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use llmock::{Fixture, MockSession, Provider};
use llmock_testkit::client::{JSON, chat, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{interactions, place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::Value;

const TEST: &str = "conversations::test";

/// A response of the Responses API with this text, and ids and times of its own in each run.
fn response(run: usize, at: usize, previous: &str, text: &str) -> String {
    format!(
        r#"{{"id":"resp_{run}aaaa{at}","created_at":{run}00{at},"previous_response_id":{previous},"output":[{{"type":"message","id":"msg_{run}bbbb{at}","content":[{{"type":"output_text","text":"{text}"}}]}}],"usage":{{"total_tokens":{run}}}}}"#
    )
}

/// A provider with new ids in each run. In the run `changed` the model says something else in its second turn.
fn provider(run: &Arc<AtomicUsize>, changed: usize) -> Upstream {
    let run = Arc::clone(run);
    Upstream::scripted(move |_, request| {
        let run = run.load(Ordering::SeqCst);
        let body: Value = serde_json::from_str(&request.text()).unwrap();
        let previous = body["previous_response_id"].to_string();
        let at = if body["previous_response_id"].is_null() { 1 } else { 2 };
        let text = if run == changed && at == 2 { "changed" } else { "hi" };
        Response::json(response(run, at, &previous, text))
            .header("x-request-id", &format!("req_{run}c{at}"))
    })
}

/// Two turns, of which the second quotes the first. Returns the ids that the client received.
fn two_turns(mock: &MockSession) -> Vec<String> {
    let url = format!("{}/responses", mock.base_url(Provider::OpenAI));
    let mut ids = Vec::new();
    let mut body = r#"{"model":"m","input":"one"}"#.to_owned();
    for _ in 0..2 {
        let received = send("POST", &url, &JSON, body.as_bytes());
        assert_eq!(received.status, 200);
        let received: Value = serde_json::from_slice(&received.bytes()).unwrap();
        let id = received["id"].as_str().unwrap().to_owned();
        let item = received["output"][0]["id"].as_str().unwrap();
        body = format!(
            r#"{{"model":"m","previous_response_id":"{id}","input":[{{"type":"item_reference","id":"{item}"}}]}}"#
        );
        ids.push(id);
    }
    ids
}

#[test]
fn a_response_that_says_the_same_stays_as_it_was_recorded() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let run = Arc::new(AtomicUsize::new(100));
        let upstream = provider(&run, 300);
        let record = || {
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let ids = two_turns(&mock);
            mock.finish().unwrap();
            (ids, read(&fixture))
        };
        let (ids, first) = record();
        run.store(200, Ordering::SeqCst);
        let (new_ids, second) = record();
        assert_ne!(ids, new_ids, "the client receives what the provider sent");
        assert_eq!(first, second, "nothing that the model said has changed");

        // The second turn says something else: the first stays, and the second quotes it.
        run.store(300, Ordering::SeqCst);
        let (_, third) = record();
        assert!(third.contains("changed"), "{third}");
        let [one, two] = &interactions(&fixture)[..] else { panic!("{third}") };
        assert_eq!(one["response"]["body"]["id"], ids[0]);
        assert_eq!(two["request"]["body"]["previous_response_id"], ids[0]);
        assert_eq!(two["response"]["body"]["previous_response_id"], ids[0]);
        assert_eq!(two["response"]["body"]["id"], "resp_300aaaa2");
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(two_turns(&mock), [ids[0].as_str(), "resp_300aaaa2"]);
        mock.finish().unwrap();
    });
}

#[test]
fn scrubbed_recordings_are_the_same_in_every_run() {
    alone(&[], |_| {
        let run = Arc::new(AtomicUsize::new(100));
        let upstream = provider(&run, 300);
        let texts: Vec<String> = [100, 200]
            .into_iter()
            .map(|number| {
                run.store(number, Ordering::SeqCst);
                let (_folder, fixture) = place();
                let mock = upstream.record(&fixture, TEST).scrub_ids(true).start().unwrap();
                two_turns(&mock);
                mock.finish().unwrap();
                let mock = replay(&fixture, TEST).scrub_ids(true).start().unwrap();
                assert_eq!(two_turns(&mock), ["resp_1", "resp_2"]);
                mock.finish().unwrap();
                // A program that quotes another id in the same place.
                let mock = replay(&fixture, TEST).scrub_ids(true).start().unwrap();
                let url = format!("{}/responses", mock.base_url(Provider::OpenAI));
                let body = r#"{"model":"m","previous_response_id":"resp_68abcdef1","input":[{"type":"item_reference","id":"msg_77abcdef1"}]}"#;
                assert_eq!(send("POST", &url, &JSON, body.as_bytes()).status, 200);
                mock.finish().unwrap();
                let text = read(&fixture);
                let times = text.lines().filter(|line| !line.contains("recorded_at") && !line.contains("\"ms\""));
                times.collect::<Vec<_>>().join("\n")
            })
            .collect();
        let usage = |text: &str| {
            text.replace("\"total_tokens\": 100", "").replace("\"total_tokens\": 200", "")
        };
        assert_eq!(usage(&texts[0]), usage(&texts[1]));
        assert!(texts[0].contains("\"x-request-id\": \"req_1\""), "{}", texts[0]);
    });
}

/// The turns of an agent with a tool, through chat completions.
fn agent(mock: &MockSession, turns: usize, result: &str) -> Vec<u16> {
    let system = "You are an agent that searches before it responds. ".repeat(8);
    let mut messages = vec![format!(r#"{{"role":"system","content":"{system}"}}"#)];
    messages.push(r#"{"role":"user","content":"Who won?"}"#.to_owned());
    let mut statuses = Vec::new();
    for turn in 0..turns {
        let body = format!(
            r#"{{"model":"m","messages":[{}],"tools":[{{"type":"function","function":{{"name":"search","parameters":{{"type":"object"}}}}}}]}}"#,
            messages.join(",")
        );
        let response = chat(mock, &body);
        statuses.push(response.status);
        response.bytes();
        messages.push(format!(
            r#"{{"role":"assistant","content":null,"tool_calls":[{{"id":"call_{turn}","type":"function","function":{{"name":"search","arguments":"{{}}"}}}}]}}"#
        ));
        let result = if turn == 1 { result } else { "nothing" };
        messages.push(format!(
            r#"{{"role":"tool","tool_call_id":"call_{turn}","content":"{result}"}}"#
        ));
    }
    statuses
}

fn recorded_agent(turns: usize) -> (tempfile::TempDir, std::path::PathBuf) {
    let (folder, fixture) = place();
    let mock = Upstream::chat("ok").record(&fixture, TEST).start().unwrap();
    assert_eq!(agent(&mock, turns, "found"), vec![200; turns]);
    mock.finish().unwrap();
    (folder, fixture)
}

#[test]
fn a_recorded_agent_grows_with_its_turns() {
    alone(&[], |_| {
        let lines = [9, 10, 11].map(|turns| {
            let (_folder, fixture) = recorded_agent(turns);
            let text = read(&fixture);
            assert!(text.starts_with("{\n  \"llmock\": 2,"), "{}", &text[..30]);
            // Every request is whole for a reader that goes through llmock, and replays.
            let loaded = Fixture::load(&fixture).unwrap();
            let last = loaded.interactions().last().unwrap();
            assert_eq!(last.request().messages().len(), 2 * turns);
            let mock = replay(&fixture, TEST).start().unwrap();
            assert_eq!(agent(&mock, turns, "found"), vec![200; turns]);
            mock.finish().unwrap();
            text.lines().count()
        });
        assert_eq!(lines[2] - lines[1], lines[1] - lines[0], "each turn adds the same: {lines:?}");

        // Without its base, what continues it says so.
        let (_folder, fixture) = recorded_agent(3);
        let file: Value = serde_json::from_str(&read(&fixture)).unwrap();
        let mut without = file.clone();
        without["interactions"].as_array_mut().unwrap().remove(0);
        std::fs::write(&fixture, without.to_string()).unwrap();
        let error = Fixture::load(&fixture).unwrap_err();
        let error = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.contains("interaction 1 continues `sha256:"), "{error}");

        // Through llmock it is removed together with what refers to it.
        let (_folder, fixture) = recorded_agent(3);
        let expected = Fixture::load(&fixture).unwrap().interactions()[1..].to_vec();
        Fixture::load(&fixture).unwrap().remove_nth(1).unwrap();
        assert_eq!(Fixture::load(&fixture).unwrap().interactions(), expected);
    });
}

#[test]
fn attempts_of_a_failed_agent_are_whole() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = Upstream::chat("ok").record(&fixture, TEST).calls(9).start().unwrap();
        agent(&mock, 4, "found");
        mock.finish().unwrap_err();
        let text = read(&llmock_testkit::recorded::failed(&fixture));
        assert!(!text.contains("continues"), "{text}");
        Fixture::keep_attempts(&fixture).unwrap();
        assert!(read(&fixture).contains("continues"));
    });
}

#[test]
fn a_miss_says_where_the_conversation_diverged() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded_agent(4);
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(agent(&mock, 3, "something else"), [200, 200, 418]);
        let report = mock.finish().unwrap_err().to_string();
        for line in [
            "turn 6 of 6: the result of `search` differs",
            "turn 2: the user message \"Who won?\", as recorded",
            "turn 3: the call of `search`, as recorded",
            "turn 4: the result of `search` \"nothing\", as recorded",
        ] {
            assert!(report.contains(line), "{line} in {report}");
        }
    });
}
