//! One request, several answers: which is given when, and what happens when they run out.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::{FinishError, Fixture, MockSession, Mode, RespondedBy};
use llmock_testkit::client::{JSON, chat, connect, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Gate, Response, Upstream, replay};
use tempfile::TempDir;

const TEST: &str = "queues::test";

/// A fixture in a folder of its own that answers `"again"` with these numbers, in this order.
fn recorded(numbers: &[u32]) -> (TempDir, PathBuf) {
    let (folder, fixture) = place();
    record(&fixture, TEST, numbers);
    (folder, fixture)
}

fn record(fixture: &Path, owner: &str, numbers: &[u32]) {
    let mock = counting(numbers).record(fixture, owner).start().unwrap();
    for number in numbers {
        assert_eq!(again(&mock), number.to_string());
    }
    mock.finish().unwrap();
}

/// A provider that gives these numbers one after the other.
fn counting(numbers: &[u32]) -> Upstream {
    Upstream::start(numbers.iter().map(|number| Response::json(format!("{{\"n\":{number}}}"))))
}

/// Asks the same as ever; the number that came back, or the status.
fn again(mock: &MockSession) -> String {
    let reply = chat(mock, &prompt("again"));
    match reply.status {
        200 => {
            let body: serde_json::Value = serde_json::from_str(&reply.text()).unwrap();
            body["n"].to_string()
        }
        status => format!("status {status}"),
    }
}

#[test]
fn identical_requests_replay_in_recorded_order() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded(&[1, 2, 3]);
        for _ in 0..2 {
            let mock = replay(&fixture, TEST).fail_on_unused().calls(3).start().unwrap();
            assert_eq!([again(&mock), again(&mock), again(&mock)], ["1", "2", "3"]);
            mock.finish().unwrap();
        }
    });
}

#[test]
fn identical_agent_turns_replay_different_responses() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start(
            ["call a tool", "wait", "call a tool again", "done"]
                .map(|answer| Response::json(serde_json::json!({ "answer": answer }).to_string())),
        );
        let turns = ["plan", "poll", "plan", "poll"];
        let run = |mock: &MockSession| turns.map(|turn| chat(mock, &prompt(turn)).text());
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let live = run(&mock);
        mock.finish().unwrap();
        for strict in [false, true] {
            let builder = replay(&fixture, TEST).fail_on_unused();
            let builder = if strict { builder.strict_order() } else { builder };
            let mock = builder.start().unwrap();
            assert_eq!(run(&mock), live);
            mock.finish().unwrap();
        }
    });
}

#[test]
fn used_up_queues_repeat_and_report_it() {
    alone(&[], |process| {
        if process.part() == "replays" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = replay(&fixture, TEST).start().unwrap();
            let got = [again(&mock), again(&mock), again(&mock), again(&mock)];
            assert_eq!(got, ["1", "2", "2", "2"]);
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = recorded(&[1, 2]);
        let before = fs::read(&fixture).unwrap();
        let output = process.again("replays").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(stderr.contains("the test sent \"again\" 2 more times than"), "{stderr}");
        assert_eq!(fs::read(&fixture).unwrap(), before);
    });
}

#[test]
fn used_up_queues_miss_in_strict_order() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded(&[1, 2]);
        let mock = replay(&fixture, TEST).strict_order().start().unwrap();
        let got = [again(&mock), again(&mock), again(&mock)];
        assert_eq!(got, ["1", "2", "status 418"]);
        let error = mock.finish().unwrap_err();
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
        assert!(
            error.to_string().contains("#2 in the file matches, but the 2nd request"),
            "{error}"
        );
    });
}

#[test]
fn used_up_queues_record_in_mode_auto() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded(&[1, 2]);
        let before = fs::read_to_string(&fixture).unwrap();
        let upstream = counting(&[3, 4]);
        let mock = upstream.session(Mode::Auto, &fixture, TEST).start().unwrap();
        let got = [again(&mock), again(&mock), again(&mock), again(&mock)];
        assert_eq!(got, ["1", "2", "3", "4"]);
        let by: Vec<_> = mock.requests().iter().map(llmock::SentRequest::responded_by).collect();
        let (file, provider) = (RespondedBy::Fixture, RespondedBy::Upstream);
        assert_eq!(by, [file, file, provider, provider]);
        mock.finish().unwrap();
        let after = fs::read_to_string(&fixture).unwrap();
        let kept = before.trim_end().trim_end_matches(['\n', ' ', ']', '}']);
        assert!(after.starts_with(kept), "what replayed stays as it was:\n{after}");

        let mock = replay(&fixture, TEST).strict_order().fail_on_unused().start().unwrap();
        assert_eq!([again(&mock), again(&mock), again(&mock), again(&mock)], ["1", "2", "3", "4"]);
        mock.finish().unwrap();
    });
}

#[test]
fn mode_auto_records_missing_interactions_only() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded(&[1]);
        let upstream = Upstream::start([Response::json("{\"n\":9}")]);
        for round in 0..2 {
            let mock = upstream.session(Mode::Auto, &fixture, TEST).start().unwrap();
            assert_eq!(chat(&mock, &prompt("new")).text(), "{\"n\":9}");
            assert_eq!(again(&mock), "1");
            mock.finish().unwrap();
            assert_eq!(upstream.requests().len(), 1, "round {round}");
        }
        let fixture = Fixture::load(&fixture).unwrap();
        let prompts: Vec<_> =
            fixture.interactions().iter().map(llmock::Interaction::prompt).collect();
        assert_eq!(prompts, [Some("again".to_owned()), Some("new".to_owned())]);
    });
}

#[test]
fn mode_auto_creates_missing_fixtures() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().unwrap();
        let fixture = folder.path().join("new/deep/fixture");
        let mock = counting(&[1]).session(Mode::Auto, &fixture, TEST).start().unwrap();
        assert_eq!(again(&mock), "1");
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(again(&mock), "1");
        mock.finish().unwrap();
    });
}

#[test]
fn own_interactions_come_before_ownerless_and_foreign_ones() {
    alone(&[], |process| {
        if process.part() == "replays" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = replay(&fixture, TEST).start().unwrap();
            let got = [again(&mock), again(&mock), again(&mock), again(&mock)];
            assert_eq!(got, ["3", "2", "1", "1"]);
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        record(&fixture, "m::other", &[1]);
        record(&fixture, "m::gone", &[2]);
        let text = fs::read_to_string(&fixture).unwrap();
        fs::write(&fixture, text.replace("      \"test\": \"m::gone\",\n", "")).unwrap();
        // In auto nothing is adopted: the session owns what it adds.
        let mock = counting(&[3]).session(Mode::Auto, &fixture, TEST).start().unwrap();
        assert_eq!([again(&mock), again(&mock), again(&mock)], ["2", "1", "3"]);
        mock.finish().unwrap();

        let output = process.again("replays").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(stderr.contains("was recorded by test `m::other`"), "{stderr}");
    });
}

#[test]
fn parallel_identical_requests_use_every_response_once() {
    alone(&[], |_| {
        let numbers: Vec<u32> = (1..=16).collect();
        let (_folder, fixture) = recorded(&numbers);
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        let mut got: Vec<u32> = std::thread::scope(|scope| {
            let tasks: Vec<_> = numbers.iter().map(|_| scope.spawn(|| again(&mock))).collect();
            tasks.into_iter().map(|task| task.join().unwrap().parse().unwrap()).collect()
        });
        got.sort_unstable();
        assert_eq!(got, numbers);
        mock.finish().unwrap();
    });
}

#[test]
fn disconnected_clients_keep_their_interaction() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded(&[1, 2]);
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        let url = format!("{}/chat/completions", mock.base_url(llmock::Provider::OpenAI));
        let connection = connect("POST", &url, &JSON, prompt("again").as_bytes());
        while mock.requests().first().is_none_or(|sent| sent.responded_by() != RespondedBy::Fixture)
        {
            std::thread::yield_now();
        }
        drop(connection);
        assert_eq!(again(&mock), "2");
        mock.finish().unwrap();
    });
}

#[test]
fn strict_order_names_the_expected_request() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for text in ["first", "second"] {
            chat(&mock, &prompt(text)).bytes();
        }
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        for text in ["second", "first"] {
            assert_eq!(chat(&mock, &prompt(text)).status, 200, "any order by default");
        }
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).strict_order().start().unwrap();
        assert_eq!(chat(&mock, &prompt("second")).status, 418);
        assert_eq!(chat(&mock, &prompt("first")).status, 200);
        let report = mock.finish().unwrap_err().to_string();
        assert!(
            report.contains("it matches #2 in the file, but #1 \"first\" comes next"),
            "{report}"
        );
    });
}

#[test]
fn ignores_unused_interactions_of_other_tests() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded(&[1, 2]);
        record(&fixture, "m::other", &[7, 8, 9]);
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        assert_eq!([again(&mock), again(&mock)], ["1", "2"]);
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        assert_eq!(again(&mock), "1");
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("1 interaction of this test was not used"), "{report}");
        assert!(report.contains("#2 POST /v1/chat/completions  \"again\""), "{report}");
    });
}

#[test]
fn order_and_unused_apply_to_files_without_owners() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for text in ["first", "second", "third"] {
            chat(&mock, &prompt(text)).bytes();
        }
        mock.finish().unwrap();
        let owned = fs::read_to_string(&fixture).unwrap();
        let line = format!("      \"test\": \"{TEST}\",\n");
        fs::write(&fixture, owned.replace(&line, "")).unwrap();

        let mock = replay(&fixture, TEST).strict_order().start().unwrap();
        assert_eq!(chat(&mock, &prompt("second")).status, 418);
        let report = mock.finish().unwrap_err().to_string();
        assert!(
            report.contains("it matches #2 in the file, but #1 \"first\" comes next"),
            "{report}"
        );
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        assert_eq!(chat(&mock, &prompt("first")).status, 200);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("2 interactions of this test were not used"), "{report}");

        // With an interaction of its own, the test shares the others.
        fs::write(&fixture, owned.replacen(&line, "", 2)).unwrap();
        let mock = replay(&fixture, TEST).strict_order().fail_on_unused().start().unwrap();
        assert_eq!(chat(&mock, &prompt("third")).status, 200);
        mock.finish().unwrap();
    });
}

#[test]
fn responses_are_recorded_in_order_of_arrival() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let gate = Gate::default();
        let upstream = Upstream::start([
            Response::json("{\"n\":1}").after(&gate),
            Response::json("{\"n\":2}"),
        ]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        std::thread::scope(|scope| {
            let slow = scope.spawn(|| again(&mock));
            upstream.wait_for(1);
            assert_eq!(again(&mock), "2");
            gate.open();
            assert_eq!(slow.join().unwrap(), "1");
        });
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!([again(&mock), again(&mock)], ["1", "2"]);
        mock.finish().unwrap();
    });
}
