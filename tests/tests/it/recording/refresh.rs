//! Mode `refresh`: known requests are replayed, new ones recorded, and what a passing test no longer uses is removed.

use std::path::{Path, PathBuf};
use std::process::Command;

use llmock::{Fixture, MockSession, Mode};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, prompts};
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "refresh::test";

fn echo() -> Upstream {
    Upstream::scripted(|_, request| Response::json(request.body.clone()))
}

fn ask(mock: &MockSession, prompts: &[&str]) {
    for text in prompts {
        chat(mock, &prompt(text)).bytes();
    }
}

fn removed(fixture: &Path) -> PathBuf {
    fixture.with_extension("json.removed")
}

/// Records these prompts for a test.
fn recorded(upstream: &Upstream, fixture: &Path, test: &str, prompts: &[&str]) {
    let mock = upstream.session(Mode::Auto, fixture, test).start().unwrap();
    ask(&mock, prompts);
    mock.finish().unwrap();
}

#[test]
fn refresh_replaces_what_a_passing_test_no_longer_uses() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        recorded(&upstream, &fixture, "refresh::other", &["x"]);
        recorded(&upstream, &fixture, TEST, &["a", "b", "c", "d"]);
        let sent = upstream.requests().len();

        let mock = upstream.session(Mode::Refresh, &fixture, TEST).start().unwrap();
        ask(&mock, &["a", "new", "d"]);
        mock.finish().unwrap();
        assert_eq!(upstream.requests().len(), sent + 1, "only the miss is forwarded");
        assert_eq!(prompts(&fixture), ["x", "a", "new", "d"]);
        assert_eq!(prompts(&removed(&fixture)), ["b", "c"]);

        // The next run in which another test passes leaves it, and that of this test does not.
        let mock = replay(&fixture, "refresh::other").start().unwrap();
        ask(&mock, &["x"]);
        mock.finish().unwrap();
        assert!(removed(&fixture).exists());
        let mock = replay(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "b", "d"]);
        mock.finish().unwrap_err();
        assert!(removed(&fixture).exists(), "the run was not green");
        let mock = replay(&fixture, TEST).start().unwrap();
        ask(&mock, &["a", "new", "d"]);
        mock.finish().unwrap();
        assert!(!removed(&fixture).exists());
    });
}

#[test]
fn refresh_keeps_everything_unless_the_test_shows_what_it_uses() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        recorded(&upstream, &fixture, TEST, &["a", "b"]);
        let before = std::fs::read_to_string(&fixture).unwrap();
        let session = || upstream.session(Mode::Refresh, &fixture, TEST);

        let failing = session().start().unwrap();
        ask(&failing, &["a"]);
        assert!(failing.fail().is_none());
        let skipped = session().start().unwrap();
        skipped.mock().skip("no key");
        skipped.finish().unwrap();
        let silent = session().calls(0).start().unwrap();
        silent.finish().unwrap();
        drop(session().start().unwrap());
        assert_eq!(std::fs::read_to_string(&fixture).unwrap(), before);
        assert!(!removed(&fixture).exists());

        let passing = session().fail_on_unused().start().unwrap();
        ask(&passing, &["b"]);
        passing.finish().unwrap();
        assert_eq!(prompts(&fixture), ["b"]);
    });
}

#[test]
fn refresh_gives_a_strict_file_the_order_of_the_requests() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        recorded(&upstream, &fixture, TEST, &["a", "b", "b", "c"]);
        let mock = upstream.session(Mode::Refresh, &fixture, TEST).strict_order().start().unwrap();
        ask(&mock, &["c", "new", "b", "a"]);
        mock.finish().unwrap();
        assert_eq!(prompts(&fixture), ["c", "new", "b", "a"]);
        let mock = replay(&fixture, TEST).strict_order().start().unwrap();
        ask(&mock, &["c", "new", "b", "a"]);
        mock.finish().unwrap();
        let kept = Fixture::load(removed(&fixture));
        assert!(kept.is_err(), "the replay was green: {kept:?}");
    });
}

#[test]
fn refresh_is_refused_in_ci() {
    alone(&[("CI", "true")], |_| {
        let (_folder, fixture) = place();
        let error = echo().session(Mode::Refresh, &fixture, TEST).start().unwrap_err();
        assert!(error.to_string().contains("mode `refresh`"), "{error}");
        assert!(error.to_string().contains("is refused in CI"), "{error}");
        assert!(!fixture.exists());
    });
}

/// A test with the attribute, run as a child process that writes below `LLMOCK_RECORD_DIR`.
mod returning {
    use llmock::{LlmMock, llm_replay};
    use llmock_testkit::client::{chat, prompt};

    #[llm_replay(fixture = "returning")]
    #[test]
    #[ignore = "run by `refresh_needs_the_end_of_a_body`"]
    fn body(mock: &LlmMock) {
        chat(mock, &prompt("a")).bytes();
        let wish = std::env::var("TEST_WISH").unwrap_or_default();
        if wish == "return" {
            return;
        }
        if wish != "skip b" {
            chat(mock, &prompt("b")).bytes();
        }
    }
}

#[test]
fn refresh_needs_the_end_of_a_body() {
    alone(&[], |_| {
        let folder = tempfile::tempdir().unwrap();
        let run = |wish: &str| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["recording::refresh::returning::body", "--exact", "--ignored"]);
            command.env("LLMOCK_MODE", "refresh").env("LLMOCK_RECORD_DIR", folder.path());
            command.env("TEST_WISH", wish).env_remove("TEST_PROCESS_PART");
            let output = command.output().unwrap();
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{text}");
            text
        };
        let text = run("return");
        let why =
            "was not requested, and kept because the test returned before the end of its body";
        assert!(text.contains(why), "{text}");
        assert!(written(folder.path()).is_empty());
        assert_eq!(run(""), "");
        let text = run("skip b");
        assert!(text.contains("1 interaction of "), "{text}");
        let [fixture] = written(folder.path()).try_into().expect("one fixture");
        assert_eq!(prompts(&fixture), ["a"]);
        assert_eq!(prompts(&removed(&fixture)), ["b"]);
    });
}

/// The fixtures below a folder.
fn written(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_fixture = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    let own = files.into_iter().filter(is_fixture);
    own.chain(folders.iter().flat_map(|folder| written(folder))).collect()
}
