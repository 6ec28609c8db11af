//! What recording leaves on disk.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use llmock::{FinishError, MockSession, StartError};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, interactions, place, prompts, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "files::test";

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
fn writes_only_if_the_session_succeeds() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([
            Response::json(r#"{"n":1}"#),
            Response::error(500, "boom"),
            Response::json(r#"{"n":2}"#),
        ]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "b"]);
        let report = mock.finish().unwrap_err().to_string();
        assert!(!fixture.exists());
        assert_eq!(interactions(&failed(&fixture)).len(), 1, "an error is not worth keeping");
        assert!(report.contains("kept 1 interaction in"), "{report}");
        assert!(report.contains("fixture.json.failed"), "{report}");

        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a"]);
        mock.finish().unwrap();
        assert_eq!(interactions(&fixture).len(), 1);
        assert!(!failed(&fixture).exists(), "a test that passed needs no attempts");
    });
}

#[test]
fn failed_recordings_keep_the_previous_fixture() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "b"]);
        mock.finish().unwrap();
        let good = read(&fixture);

        let upstream = Upstream::start([Response::json("{}"), Response::error(401, "no")]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "b"]);
        mock.finish().unwrap_err();
        assert_eq!(read(&fixture), good);

        // With the program's own failure, llmock has none to add.
        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["c"]);
        assert!(mock.fail().is_none());
        assert_eq!(read(&fixture), good);
        assert_eq!(prompts(&failed(&fixture)).last().map(String::as_str), Some("c"));
    });
}

#[test]
fn cancelled_sessions_save_their_traffic_elsewhere() {
    alone(&[], |process| {
        if process.part() == "cancelled" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = echo().record(&fixture, TEST).start().unwrap();
            ask(&mock, &["a"]);
            return;
        }
        let (_folder, fixture) = place();
        let output = process.again("cancelled").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!fixture.exists());
        assert_eq!(interactions(&failed(&fixture)).len(), 1);
        let line = stderr.lines().find(|line| line.contains("dropped before `finish()`")).unwrap();
        assert!(line.contains("fixture.json.failed"), "{line}");
    });
}

#[test]
fn killed_processes_keep_the_old_fixture() {
    alone(&[], |process| {
        if process.part() == "killed" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = echo().record(&fixture, TEST).start().unwrap();
            ask(&mock, &["c", "d"]);
            loop {
                std::thread::park();
            }
        }
        let (_folder, fixture) = place();
        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "b"]);
        mock.finish().unwrap();
        let good = read(&fixture);

        let mut child = process.again("killed").env("FIXTURE", &fixture).spawn().unwrap();
        for _ in 0..3000 {
            let kept = fs::read_to_string(failed(&fixture)).unwrap_or_default();
            if kept.matches("\"hash\"").count() == 2 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(read(&fixture), good);

        // What was kept is a fixture like any other.
        let rescued = fixture.with_file_name("rescued.json");
        fs::copy(failed(&fixture), &rescued).unwrap();
        let mock = replay(&rescued, TEST).fail_on_unused().start().unwrap();
        for text in ["c", "d"] {
            assert_eq!(chat(&mock, &prompt(text)).text(), prompt(text));
        }
        mock.finish().unwrap();

        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "b"]);
        mock.finish().unwrap();
        assert_eq!(read(&fixture), good);
        assert!(!failed(&fixture).exists());
        let left: Vec<_> = fs::read_dir(fixture.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 2, "no temporary file is left: {left:?}");
    });
}

#[test]
fn unreadable_files_are_never_overwritten() {
    alone(&[], |_| {
        let files: [(&str, &[u8]); 5] = [
            ("truncated", b"{\"llmock\": 1, \"interactions\": [\n  {\"hash\""),
            ("foreign", b"# notes\n"),
            ("empty", b""),
            ("newer", b"{\"llmock\": 3, \"interactions\": []}"),
            ("binary", b"\xff\xfe\x00"),
        ];
        for (name, bytes) in files {
            let (_folder, fixture) = place();
            fs::write(&fixture, bytes).unwrap();
            let upstream = echo();
            let error = upstream.record(&fixture, TEST).start().unwrap_err();
            assert!(matches!(error, StartError::Unreadable { .. }), "{name}: {error:?}");
            assert!(error.to_string().contains("fixture.json"), "{name}: {error}");
            assert_eq!(fs::read(&fixture).unwrap(), bytes, "{name}");

            // Broken by someone else while the test was recording.
            fs::remove_file(&fixture).unwrap();
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            ask(&mock, &["a"]);
            fs::write(&fixture, bytes).unwrap();
            let report = mock.finish().unwrap_err().to_string();
            assert!(report.contains("fixture.json"), "{name}: {report}");
            assert_eq!(fs::read(&fixture).unwrap(), bytes, "{name}");
            assert_eq!(interactions(&failed(&fixture)).len(), 1, "{name}");
        }
    });
}

#[test]
fn read_only_files_and_folders_are_not_replaced() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        fs::create_dir(&fixture).unwrap();
        let error = echo().record(&fixture, TEST).start().unwrap_err().to_string();
        assert!(error.contains("fixture.json"), "{error}");
        assert!(fixture.is_dir());

        let (_folder, fixture) = place();
        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a"]);
        mock.finish().unwrap();
        let good = read(&fixture);
        let set = |read_only: bool| {
            let mut permissions = fs::metadata(&fixture).unwrap().permissions();
            permissions.set_readonly(read_only);
            fs::set_permissions(&fixture, permissions).unwrap();
        };
        set(true);
        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["b"]);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("read-only") && report.contains("fixture.json"), "{report}");
        assert_eq!(read(&fixture), good);
        assert!(!failed(&fixture).exists(), "the request was not forwarded");
        set(false);
    });
}

#[test]
fn sessions_without_requests_keep_the_recording() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let mock = echo().record(&fixture, TEST).start().unwrap();
        ask(&mock, &["a"]);
        mock.finish().unwrap();
        let good = read(&fixture);
        let error = echo().record(&fixture, TEST).start().unwrap().finish().unwrap_err();
        assert!(matches!(error, FinishError::NoRequests { .. }), "{error:?}");
        echo().record(&fixture, TEST).calls(0).start().unwrap().finish().unwrap();
        assert_eq!(read(&fixture), good);
    });
}
