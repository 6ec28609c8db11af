//! What is not recorded, and what the session says about it.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::{FinishError, Fixture, Mode, Provider, RespondedBy};
use llmock_testkit::client::{JSON, chat, connect, prompt, send, start};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, place};
use llmock_testkit::upstream::{Gate, Response, Upstream, replay};

const TEST: &str = "failures::test";

fn statuses(fixture: &Path) -> Vec<u16> {
    let fixture = Fixture::load(fixture).unwrap();
    fixture.interactions().iter().map(llmock::Interaction::status).collect()
}

#[test]
fn outages_fail_the_session_with_the_providers_message() {
    alone(&[("OPENAI_API_KEY", "sk-0123456789abcdef0123456789abcdef")], |_| {
        for (status, why) in [
            (401, "its key is taken from `OPENAI_API_KEY`"),
            (403, "its key is taken from `OPENAI_API_KEY`"),
            (429, "its message: \"no luck\""),
            (500, "its message: \"no luck\""),
            (529, "its message: \"no luck\""),
        ] {
            let (_folder, fixture) = place();
            let upstream =
                Upstream::start([Response::json("{}"), Response::error(status, "no luck")]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            assert_eq!(chat(&mock, &prompt("good")).status, 200);
            let reply = chat(&mock, &prompt("bad"));
            assert_eq!(reply.status, status, "the client gets the provider's own answer");
            assert!(reply.text().contains("no luck"));
            let error = mock.finish().unwrap_err();
            assert!(matches!(error, FinishError::Failed { .. }), "{error:?}");
            let report = error.to_string();
            let headline = format!("openai responded with {status} to POST /v1/chat/completions");
            // What was received is kept, without the error, by a command that works.
            let keep = "kept 1 interaction in ";
            let allow = format!("allow_errors({status})");
            let address = format!("requests to openai go to {}", upstream.openai_url());
            for part in [headline.as_str(), "no luck", why, keep, &allow, &address] {
                assert!(report.contains(part), "`{part}` is not in:\n{report}");
            }
            assert!(!fixture.exists());
            let names = [failed(&fixture), fixture.clone()];
            let [old, new] = names.map(|path| path.display().to_string());
            assert!(report.contains(&format!("\n      mv {old} {new}\n")), "{report}");
            fs::rename(old, new).unwrap();
            assert_eq!(statuses(&fixture), [200]);
        }
    });
}

#[test]
fn missing_keys_are_reported_for_401() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::error(401, "who are you")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("x")).bytes();
        let report = mock.finish().unwrap_err().to_string();
        assert!(
            report.contains("`OPENAI_API_KEY` is not set: clients usually read the key from it"),
            "{report}"
        );
    });
}

#[test]
fn successful_retries_replace_failed_attempts() {
    alone(&[], |process| {
        if process.part() == "records" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let upstream = Upstream::start([
                Response::error(429, "slow down"),
                Response::error(503, "busy"),
                Response::json("{}"),
            ]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let statuses = [(); 3].map(|()| {
                let reply = chat(&mock, &prompt("x"));
                let status = reply.status;
                reply.bytes();
                status
            });
            assert_eq!(statuses, [429, 503, 200]);
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        let output = process.again("records").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(stderr.contains("1 response with status 429 was not recorded"), "{stderr}");
        assert_eq!(statuses(&fixture), [200]);
        assert!(!failed(&fixture).exists());
    });
}

#[test]
fn earlier_success_does_not_excuse_an_outage() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}"), Response::error(500, "later")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("x")).bytes();
        chat(&mock, &prompt("x")).bytes();
        mock.finish().unwrap_err();
        assert!(!fixture.exists());
    });
}

#[test]
fn records_allowed_and_client_errors() {
    alone(&[], |_| {
        let cases: [(Option<&[u16]>, u16, bool); 7] = [
            (Some(&[401]), 401, true),
            (Some(&[401]), 429, false),
            (Some(&[]), 500, false),
            (None, 500, true),
            (Some(&[429, 500]), 500, true),
            (Some(&[401]), 400, true),
            (Some(&[401]), 404, true),
        ];
        for (allowed, status, recorded) in cases {
            let (_folder, fixture) = place();
            let upstream = Upstream::start([Response::error(status, "expected")]);
            let builder = upstream.record(&fixture, TEST);
            let mock = match allowed {
                Some(statuses) => builder.allow_errors(statuses.iter().copied()).start().unwrap(),
                None => builder.allow_all_errors().start().unwrap(),
            };
            let live = chat(&mock, &prompt("x")).text();
            assert_eq!(mock.finish().is_ok(), recorded, "{status} with {allowed:?}");
            if !recorded {
                continue;
            }
            let mock = replay(&fixture, TEST).start().unwrap();
            let reply = chat(&mock, &prompt("x"));
            assert_eq!((reply.status, reply.text()), (status, live));
            mock.finish().unwrap();
        }
        // Without a word from the test, what it did wrong itself is worth keeping.
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::error(400, "bad"), Response::error(404, "none")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("x")).bytes();
        chat(&mock, &prompt("y")).bytes();
        mock.finish().unwrap();
        assert_eq!(statuses(&fixture), [400, 404]);
    });
}

#[test]
fn unreachable_providers_fail_the_session() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        // A port that was free a moment ago.
        let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let mock = Upstream::start([Response::json("{}")])
            .record(&fixture, TEST)
            .upstream(Provider::Mistral, format!("http://{nobody}/v1?key=hidden"))
            .start()
            .unwrap();
        let url = format!("{}/chat/completions", mock.base_url(Provider::Mistral));
        // The client sees what it would see without llmock.
        assert!(start("POST", &url, &JSON, prompt("x").as_bytes()).is_none());
        assert_eq!(mock.requests()[0].responded_by(), RespondedBy::Nothing);
        let error = mock.finish().unwrap_err();
        assert!(matches!(error, FinishError::Failed { .. }), "{error:?}");
        let report = error.to_string();
        assert!(report.contains(&nobody.to_string()), "{report}");
        assert!(report.contains("could not be reached: connection refused"), "{report}");
        assert!(!report.contains("hidden"), "{report}");
    });
}

#[test]
fn empty_responses_fail_the_session() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::hang_up()]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
        assert!(start("POST", &url, &JSON, prompt("x").as_bytes()).is_none());
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("could not be reached"), "{report}");
        assert_eq!(upstream.requests().len(), 1, "nothing is tried twice");
        assert!(!fixture.exists());
    });
}

#[test]
fn endless_responses_time_out() {
    alone(&[("LLMOCK_DRAIN_TIMEOUT", "300ms")], |_| {
        let endless = Gate::default();
        let answers = [
            (Response::json("{}").after(&endless), 1),
            (Response::sse(["data: 1\n\n"]).wait(&endless), 2),
        ];
        for (answer, kept_count) in answers {
            let (_folder, fixture) = place();
            let upstream = Upstream::start([Response::json("{}"), answer]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            chat(&mock, &prompt("good")).bytes();
            while !failed(&fixture).exists() {
                std::thread::yield_now();
            }
            let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
            let connection = connect("POST", &url, &JSON, prompt("x").as_bytes());
            upstream.wait_for(2);
            let report = mock.finish().unwrap_err().to_string();
            assert!(report.contains("1 stream from the provider was still open"), "{report}");
            assert!(report.contains("LLMOCK_DRAIN_TIMEOUT"), "{report}");
            assert!(!fixture.exists());
            let kept = fs::read_to_string(failed(&fixture)).unwrap();
            assert_eq!(
                kept.matches("\"hash\"").count(),
                kept_count,
                "what arrived is kept:\n{kept}"
            );
            drop(connection);
        }
        endless.open();
    });
}

#[test]
fn bodies_over_the_limit_fail_with_413() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
        let mib = 1 << 20;
        let fits = format!("\"{}\"", "x".repeat(16 * mib - 2));
        assert_eq!(send("POST", &url, &JSON, fits.as_bytes()).status, 200);
        let large = vec![b'x'; 16 * mib + 1];
        assert_eq!(send("POST", &url, &JSON, &large).status, 413);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("its body is larger than 16 MiB"), "{report}");
        assert!(report.contains("LLMOCK_MAX_BODY="), "{report}");
        assert_eq!(upstream.requests().len(), 1);
        assert!(!fixture.exists());
    });
}

#[test]
fn ci_rejects_record_and_replays_in_auto() {
    alone(&[("CI", "true")], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let error = upstream.record(&fixture, TEST).start().unwrap_err().to_string();
        assert!(error.contains("LLMOCK_ALLOW_CI_RECORD=1"), "{error}");
        // Whoever only replays needs something to replay.
        let error = upstream.session(Mode::Auto, &fixture, TEST).start().unwrap_err();
        assert!(matches!(error, llmock::StartError::Missing { .. }), "{error:?}");
        assert!(!fixture.exists());

        fs::write(&fixture, r#"{"llmock": 1, "interactions": []}"#).unwrap();
        let before = fs::read(&fixture).unwrap();
        let mock = upstream.session(Mode::Auto, &fixture, TEST).start().unwrap();
        assert_eq!(chat(&mock, &prompt("x")).status, 418);
        let error = mock.finish().unwrap_err();
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
        let report = error.to_string();
        assert!(report.contains("In CI nothing is recorded"), "{report}");
        assert!(upstream.requests().is_empty());
        assert_eq!(fs::read(&fixture).unwrap(), before);
    });
}

#[test]
fn ci_records_if_allowed() {
    alone(&[("CI", "1"), ("LLMOCK_ALLOW_CI_RECORD", "1")], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        chat(&mock, &prompt("x")).bytes();
        mock.finish().unwrap();
        assert_eq!(statuses(&fixture), [200]);
    });
}

#[test]
fn mode_variable_overrides_the_builder() {
    alone(&[("LLMOCK_MODE", "replay")], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let error = upstream.record(&fixture, TEST).start().unwrap_err();
        assert!(matches!(error, llmock::StartError::Missing { .. }), "{error:?}");
        assert!(upstream.requests().is_empty());
    });
}
