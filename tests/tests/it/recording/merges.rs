//! What a recording changes in a fixture that is there already, and what many recorders leave together.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use llmock::{Fixture, LlmMock, MockSession, Mode, Provider};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, interactions, place, prompts, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "merges::test";

/// Answers each request with its own body: the same request gets the same answer for ever.
fn echo() -> Upstream {
    Upstream::scripted(|_, request| Response::json(request.body.clone()))
}

fn ask(mock: &MockSession, prompts: &[&str]) {
    for text in prompts {
        chat(mock, &prompt(text)).bytes();
    }
}

#[test]
fn unchanged_interactions_keep_position_and_times() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::scripted(|at, request| {
            let changed = at >= 3 && request.text().contains("\"b\"");
            let body = if changed { "{\"new\":true}".to_owned() } else { request.text() };
            // Later answers take longer, and that alone is no change.
            let pause = Duration::from_millis(if at < 3 { 0 } else { 30 });
            Response::status(200).header("content-type", "application/json").pause(pause).then(body)
        });
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "b", "c"]);
        mock.finish().unwrap();
        let first = interactions(&fixture);

        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, &["d", "c", "b", "a"]);
        mock.finish().unwrap();
        let second = interactions(&fixture);
        assert_eq!(prompts(&fixture), ["a", "b", "c", "d"]);
        assert_eq!((&second[0], &second[2]), (&first[0], &first[2]));
        assert_eq!(second[1]["response"]["body"], serde_json::json!({"new": true}));

        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, &["c"]);
        mock.finish().unwrap();
        assert_eq!(interactions(&fixture), [first[2].clone()], "what is not asked any more goes");
    });
}

/// Records these prompts from a provider that gives these answers.
fn record(
    answers: impl IntoIterator<Item = Response>,
    fixture: &Path,
    prompts: &[&str],
) -> Result<(), llmock::FinishError> {
    let mock = Upstream::start(answers).record(fixture, TEST).start().unwrap();
    for text in prompts {
        // The test bears whatever end the answer has.
        let _ = chat(&mock, &prompt(text)).rest();
    }
    mock.finish()
}

#[test]
fn truncated_responses_never_replace_complete_ones() {
    alone(&[], |_| {
        let whole = || Response::sse(["data: {\"a\":1}\n\n", "data: [DONE]\n\n"]);
        let json = || Response::json(r#"{"a":1}"#);
        let (cut, half) =
            (|| Response::sse(["data: {\"a\":1}\n\n"]).truncated(), || json().truncated());
        let refused = |fixture: &Path, answers: Vec<Response>, prompts: &[&str], sentence: &str| {
            let before = read(fixture);
            let report = record(answers, fixture, prompts).unwrap_err().to_string();
            assert!(report.contains(sentence), "{report}");
            assert!(report.contains("from the file and record again"), "{report}");
            assert!(report.contains("  kept "), "{report}");
            assert_eq!(read(fixture), before, "what was good is still there");
            fs::remove_file(failed(fixture)).unwrap();
        };
        for (whole, cut) in [(whole(), cut()), (json(), half())] {
            let (_folder, fixture) = place();
            record([whole.clone()], &fixture, &["x", "a"]).unwrap();
            let sentence = "the new recording of #2 was cut off; the complete one was kept";
            refused(&fixture, vec![cut.clone()], &["new", "a"], sentence);
            // Tried again, and answered in full.
            record([cut.clone(), whole.clone()], &fixture, &["a", "a"]).unwrap();
            assert_eq!(prompts(&fixture), ["a", "a"]);
            // Where nothing whole was, a cut answer is one like others, and is replaced by either.
            fs::remove_file(&fixture).unwrap();
            for answer in [&cut, &cut, &whole] {
                record([answer.clone()], &fixture, &["a"]).unwrap();
            }
            assert!(!read(&fixture).contains("\"end\": \"cut\""));
        }
        // Of equal requests each has its own; what is not asked any more may go.
        let (_folder, fixture) = place();
        record([json()], &fixture, &["a", "a", "a"]).unwrap();
        let sentence = "the new recording of #2 was cut off; the complete one was kept";
        refused(&fixture, vec![json(), half()], &["a", "a"], sentence);
        let sentence =
            "the new recordings of #1, #2, and #3 were cut off; the complete ones were kept";
        refused(&fixture, vec![half()], &["a", "a", "a"], sentence);
        // Those of other tests are in no danger.
        let other = Upstream::start([half()]).record(&fixture, "merges::other").start().unwrap();
        let _ = chat(&other, &prompt("a")).rest();
        other.finish().unwrap();
        assert_eq!(prompts(&fixture).len(), 4);
    });
}

#[test]
fn recording_parallel_requests_is_deterministic() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        // Answers take turns in being slow, so that they end in another order each time.
        let upstream = Upstream::scripted(|at, request| {
            let pause = Duration::from_millis((at as u64 * 7) % 13);
            let body = format!("data: {}\n\n", request.text());
            Response::sse([body]).pause(pause).chunk("data: [DONE]\n\n")
        });
        let mut files = BTreeSet::new();
        for _ in 0..20 {
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            std::thread::scope(|scope| {
                for task in 0..8 {
                    let mock = &mock;
                    // Two of the eight ask the same.
                    scope.spawn(move || {
                        chat(mock, &prompt(&format!("task {}", task.min(6)))).bytes();
                    });
                }
            });
            mock.finish().unwrap();
            files.insert(fs::read(&fixture).unwrap());
        }
        assert_eq!(files.len(), 1);
        assert_eq!(interactions(&fixture).len(), 8);
    });
}

#[test]
fn tests_sharing_a_fixture_keep_foreign_interactions() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        for (owner, asked) in [("m::one", ["a", "b"]), ("m::two", ["b", "c"])] {
            let mock = upstream.record(&fixture, owner).start().unwrap();
            ask(&mock, &asked);
            mock.finish().unwrap();
        }
        let owners = |fixture: &Path| -> Vec<(String, String)> {
            let fixture = Fixture::load(fixture).unwrap();
            let of = |at: &llmock::Interaction| {
                (at.test().unwrap_or("nobody").to_owned(), at.prompt().unwrap())
            };
            fixture.interactions().iter().map(of).collect()
        };
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(owner, text)| ((*owner).to_owned(), (*text).to_owned())).collect()
        };
        let both = [("m::one", "a"), ("m::one", "b"), ("m::two", "b"), ("m::two", "c")];
        assert_eq!(owners(&fixture), pairs(&both));

        let mock = upstream.record(&fixture, "m::one").start().unwrap();
        ask(&mock, &["b"]);
        mock.finish().unwrap();
        assert_eq!(owners(&fixture), pairs(&both[1..]));

        // Renamed: what it recorded under the old name is another test's now, borrowed until recorded anew.
        let mock = replay(&fixture, "m::uno").start().unwrap();
        ask(&mock, &["b"]);
        mock.finish().unwrap();
        let mock = upstream.record(&fixture, "m::uno").start().unwrap();
        ask(&mock, &["b"]);
        mock.finish().unwrap();
        let with_new = [both[1], both[2], both[3], ("m::uno", "b")];
        assert_eq!(owners(&fixture), pairs(&with_new));
    });
}

/// What the Python tool llm-mock 1.0 wrote.
const LEGACY: &str = r#"{
  "version": "1.0",
  "provider": "openai",
  "interactions": [
    {
      "hash": "b6b016d303130639bc5f72ab6fa2b7f189af88a5e2961b36dc7aa75f72c31200",
      "request": {"model": "m", "messages": [{"role": "user", "content": "a"}]},
      "response": {"id": "old", "choices": []},
      "recorded_at": "2026-05-01T08:09:10.123456+00:00"
    },
    {
      "hash": "5ea44dd50ad618550b8a7fad60e3f66e2643c3aeb503fa8234430709260b3e87",
      "request": {"model": "m", "messages": [{"role": "user", "content": "b"}]},
      "response": {"id": "kept", "choices": []},
      "recorded_at": "2026-05-01T08:09:11.123456+00:00"
    }
  ]
}"#;

#[test]
fn llm_mock_files_keep_every_entry_when_recorded() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        fs::write(&fixture, LEGACY).unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &prompt("a")).text(), r#"{"id":"old","choices":[]}"#);
        assert_eq!(chat(&mock, &prompt("b")).text(), r#"{"id":"kept","choices":[]}"#);
        mock.finish().unwrap();
        assert_eq!(read(&fixture), LEGACY, "replaying writes nothing");

        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "c"]);
        mock.finish().unwrap();
        let now = interactions(&fixture);
        let tests: Vec<_> = now.iter().map(|interaction| interaction["test"].as_str()).collect();
        assert_eq!(tests, [Some(TEST), None, Some(TEST)], "the same request is adopted");
        assert_eq!(prompts(&fixture), ["a", "b", "c"]);
        assert_eq!(now[1]["response"]["body"]["id"], "kept");

        let mock = replay(&fixture, TEST).start().unwrap();
        for (text, answer) in [("a", prompt("a")), ("b", r#"{"id":"kept","choices":[]}"#.into())] {
            assert_eq!(chat(&mock, &prompt(text)).text(), answer);
        }
        mock.finish().unwrap();
    });
}

#[test]
fn two_processes_can_record_one_fixture() {
    alone(&[], |process| {
        if process.part() != "main" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            for round in 0..5 {
                let owner = format!("m::{}_{round}", process.part());
                let mock = echo().record(&fixture, &owner).start().unwrap();
                ask(&mock, &[&owner, "the same"]);
                mock.finish().unwrap();
            }
            return;
        }
        let (_folder, fixture) = place();
        let recorders = ["one", "two", "three"]
            .map(|part| process.again(part).env("FIXTURE", &fixture).spawn().unwrap());
        for mut recorder in recorders {
            assert!(recorder.wait().unwrap().success());
        }
        assert_eq!(interactions(&fixture).len(), 30);
        for part in ["one", "two", "three"] {
            for round in 0..5 {
                let owner = format!("m::{part}_{round}");
                let mock = replay(&fixture, &owner).fail_on_unused().start().unwrap();
                ask(&mock, &[&owner, "the same"]);
                mock.finish().unwrap();
            }
        }
        assert!(!failed(&fixture).exists());
    });
}

#[test]
fn unnamed_scripts_replace_only_ownerless_interactions() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a test's"]);
        mock.finish().unwrap();
        let script = || {
            let address = format!("{}/v1", upstream.url());
            let builder = LlmMock::builder().fixture(&fixture).mode(Mode::Record);
            builder.upstream(Provider::OpenAI, address).start().unwrap()
        };
        for (asked, expected) in [
            (["one", "two"], ["a test's", "one", "two"]),
            (["two", "three"], ["a test's", "two", "three"]),
        ] {
            let mock = script();
            ask(&mock, &asked);
            mock.finish().unwrap();
            assert_eq!(prompts(&fixture), expected);
        }
        assert!(!read(&fixture).contains("\"test\": null"));
    });
}

#[test]
fn parallel_sessions_can_record_one_fixture() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        std::thread::scope(|scope| {
            for owner in 0..8 {
                let (upstream, fixture) = (&upstream, &fixture);
                scope.spawn(move || {
                    let owner = format!("m::test_{owner}");
                    let mock = upstream.record(fixture, &owner).start().unwrap();
                    ask(&mock, &[&owner, "the same"]);
                    mock.finish().unwrap();
                });
            }
        });
        assert_eq!(interactions(&fixture).len(), 16);
        assert!(!failed(&fixture).exists());
    });
}

#[cfg(unix)]
#[test]
fn recording_keeps_symbolic_links() {
    alone(&[], |_| {
        let (folder, fixture) = place();
        let link = folder.path().join("link.json");
        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a"]);
        mock.finish().unwrap();
        std::os::unix::fs::symlink(&fixture, &link).unwrap();
        let mock = echo().record(&link, TEST).start().unwrap();
        ask(&mock, &["b"]);
        mock.finish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(prompts(&fixture), ["b"]);
    });
}
