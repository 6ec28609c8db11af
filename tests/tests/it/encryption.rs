//! Encrypted fixtures: nothing of what was sent and received is readable on disk.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::{Fixture, LlmMock, LlmMockBuilder, Mode, Provider};
use llmock_testkit::client::chat;
use llmock_testkit::process::alone;
use llmock_testkit::scratch::{fixture, question};
use llmock_testkit::upstream::Upstream;

// Keys that the tests of age publish.
pub(crate) const IDENTITY: &str =
    "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
pub(crate) const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
const STRANGER: &str = "AGE-SECRET-KEY-1D8JAD8SXNFVQEFHAUNNAX4QCE3K5CUKMT7YYHNGTUSSP97YGWL4STV89UH";
const SSH_RECIPIENT: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN";
const SSH_IDENTITY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACB7Ci6nqZYaVvrjm8+XbzII89TsXzP111AflR7WeorBjQAAAJCfEwtqnxML
agAAAAtzc2gtZWQyNTUxOQAAACB7Ci6nqZYaVvrjm8+XbzII89TsXzP111AflR7WeorBjQ
AAAEADBJvjZT8X6JRJI8xVq/1aU8nMVgOtVnmdwqWwrSlXG3sKLqeplhpW+uObz5dvMgjz
1OxfM/XXUB+VHtZ6isGNAAAADHN0cjRkQGNhcmJvbgE=
-----END OPENSSH PRIVATE KEY-----
";

const SENT: &str = "which way does the heron fly";
const RECEIVED: &str = "the heron flies to marigold bay";

fn session(folder: &Path, mode: Mode, upstream: &Upstream) -> LlmMockBuilder {
    LlmMock::builder()
        .fixture(folder.join("chat"))
        .mode(mode)
        .recipients([RECIPIENT])
        .upstream(Provider::OpenAI, upstream.openai_url())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            all.extend(files(&entry.path()));
        } else {
            all.push(entry.path());
        }
    }
    all.sort();
    all
}

#[track_caller]
pub(crate) fn nothing_is_readable(folder: &Path) {
    for file in files(folder) {
        let bytes = fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            !text.contains("heron") && !text.contains("marigold"),
            "{}: {text}",
            file.display()
        );
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    files(folder)
        .iter()
        .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn recordings_are_encrypted_merged_and_replayed() {
    alone(&[("LLMOCK_AGE_IDENTITY", IDENTITY)], |_| {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::chat(RECEIVED);
        for (mode, sent) in [(Mode::Record, SENT), (Mode::Auto, "and the second heron")] {
            let mock = session(folder.path(), mode, &upstream).start().unwrap();
            assert!(chat(&mock, &question(sent)).text().contains(RECEIVED));
            mock.finish().unwrap();
            assert_eq!(names(folder.path()), ["chat.json.age"]);
            nothing_is_readable(folder.path());
        }
        let mock = session(folder.path(), Mode::Replay, &upstream).start().unwrap();
        for sent in [SENT, "and the second heron"] {
            assert!(chat(&mock, &question(sent)).text().contains(RECEIVED));
        }
        mock.finish().unwrap();
        // The name needs no suffix, and reading needs no recipients.
        assert_eq!(Fixture::load(folder.path().join("chat")).unwrap().interactions().len(), 2);
        let mock = LlmMock::builder().fixture(folder.path().join("chat")).start().unwrap();
        assert_eq!(chat(&mock, &question(SENT)).status, 200);
        mock.finish().unwrap();
        assert_eq!(upstream.requests().len(), 2);
    });
}

#[test]
fn failed_recordings_and_reports_are_not_readable() {
    alone(&[("LLMOCK_AGE_IDENTITY", IDENTITY)], |_| {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::chat(RECEIVED);
        for _ in 0..2 {
            let mock = session(folder.path(), Mode::Record, &upstream).start().unwrap();
            assert!(chat(&mock, &question(SENT)).text().contains(RECEIVED));
            assert!(mock.fail().is_none());
        }
        assert_eq!(names(folder.path()), ["chat.json.age.failed"]);
        nothing_is_readable(folder.path());
        let kept = Fixture::keep_attempts(folder.path().join("chat.json.age.failed")).unwrap();
        assert_eq!(kept.path(), folder.path().join("chat.json.age"));
        nothing_is_readable(folder.path());

        let mock = session(folder.path(), Mode::Replay, &upstream).start().unwrap();
        let refused = chat(&mock, &question("another way of the heron")).text();
        let report = mock.finish().unwrap_err().to_string();
        let run = std::env::current_exe().unwrap();
        let run = run.ancestors().nth(3).unwrap().join("llmock/last-run.jsonl");
        let run = fs::read_to_string(run).unwrap();
        for text in [&refused, &report, &run] {
            assert!(!text.contains("heron"), "{text}");
        }
        assert!(report.contains("sha256:"), "{report}");
    });
}

#[test]
fn a_killed_recording_leaves_nothing_readable() {
    alone(&[("LLMOCK_AGE_IDENTITY", IDENTITY)], |process| {
        if process.part() == "killed" {
            let folder = PathBuf::from(std::env::var_os("FOLDER").unwrap());
            let upstream = Upstream::chat(RECEIVED);
            let mock = session(&folder, Mode::Record, &upstream).start().unwrap();
            assert!(chat(&mock, &question(SENT)).text().contains(RECEIVED));
            std::process::abort();
        }
        let folder = tempfile::tempdir().unwrap();
        let killed = process.again("killed").env("FOLDER", folder.path()).output().unwrap();
        assert!(!killed.status.success());
        assert!(
            names(folder.path()).contains(&"chat.json.age.failed".to_owned()),
            "{:?}",
            names(folder.path())
        );
        nothing_is_readable(folder.path());
    });
}

#[test]
fn identities_that_do_not_open_a_file_are_explained() {
    let home = tempfile::tempdir().unwrap();
    let home_path = home.path().to_str().unwrap().to_owned();
    let missing = format!("{home_path}/nowhere");
    let cases = [
        ("", "and there is no identity; set `LLMOCK_AGE_IDENTITY` to an identity of age"),
        (STRANGER, "and the identity in `LLMOCK_AGE_IDENTITY` is none of them"),
        (&missing, "failed to read `"),
        ("AGE-SECRET-KEY-1QQ", "holds no identity"),
    ];
    alone(&[("HOME", &home_path)], |process| {
        if process.part() == "main" {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("llmock.toml"), format!("recipients = [{RECIPIENT:?}]\n"))
                .unwrap();
            let plain = Fixture::parse("x.json", &fixture(&[(SENT, RECEIVED)])).unwrap();
            let mut sealed = Fixture::new(folder.path().join("chat.json.age"));
            *sealed.interactions_mut() = plain.interactions().to_vec();
            sealed.save().unwrap();
            nothing_is_readable(folder.path());
            for (number, (identity, _)) in cases.iter().enumerate() {
                let mut again = process.again(&number.to_string());
                again.env("LLMOCK_AGE_IDENTITY", identity).env("FOLDER", folder.path());
                let output = again.output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
            return;
        }
        let (_, expected) = cases[process.part().parse::<usize>().unwrap()];
        let file = PathBuf::from(std::env::var_os("FOLDER").unwrap()).join("chat.json.age");
        let before = fs::read(&file).unwrap();
        for mode in [Mode::Replay, Mode::Auto] {
            let started = LlmMock::builder().fixture(&file).mode(mode).start();
            let error = started.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            if !expected.contains("read") && !expected.contains("holds") {
                assert!(error.contains(RECIPIENT), "{error}");
            }
        }
        assert_eq!(fs::read(&file).unwrap(), before);
    });
}

#[test]
fn keys_of_ssh_open_files_too() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".ssh")).unwrap();
    fs::write(home.path().join(".ssh/id_ed25519"), SSH_IDENTITY).unwrap();
    alone(&[("HOME", home.path().to_str().unwrap())], |_| {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::chat(RECEIVED);
        let recording = session(folder.path(), Mode::Record, &upstream);
        let mock = recording.recipients([RECIPIENT, SSH_RECIPIENT]).start().unwrap();
        assert_eq!(chat(&mock, &question(SENT)).status, 200);
        mock.finish().unwrap();
        nothing_is_readable(folder.path());
        assert_eq!(Fixture::load(folder.path().join("chat")).unwrap().interactions().len(), 1);
    });
}

#[test]
fn a_plain_fixture_is_not_recorded_into() {
    alone(&[("LLMOCK_AGE_IDENTITY", IDENTITY)], |_| {
        let folder = tempfile::tempdir().unwrap();
        let plain = fixture(&[(SENT, RECEIVED)]);
        fs::write(folder.path().join("chat.json"), &plain).unwrap();
        let upstream = Upstream::chat(RECEIVED);
        let error =
            session(folder.path(), Mode::Record, &upstream).start().unwrap_err().to_string();
        assert!(error.contains("is not encrypted, although there are `recipients`"), "{error}");
        assert!(error.contains("run `llmock encrypt "), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("chat.json")).unwrap(), plain);
        let error =
            LlmMock::builder().fixture("x").recipients([IDENTITY]).start().unwrap_err().to_string();
        assert!(
            error.contains("a secret key is no recipient") && !error.contains(IDENTITY),
            "{error}"
        );
    });
}

#[test]
fn edits_plans_and_refreshed_files_are_not_readable() {
    alone(&[("LLMOCK_AGE_IDENTITY", IDENTITY)], |process| {
        let upstream = Upstream::chat(RECEIVED);
        let edited = question("which way does the grey heron fly");
        if process.part() == "plan" {
            let folder = PathBuf::from(std::env::var_os("FOLDER").unwrap());
            let mock = session(&folder, Mode::Replay, &upstream).start().unwrap();
            assert!(chat(&mock, &edited).text().contains(RECEIVED));
            assert_eq!(chat(&mock, &question("one heron more")).status, 418);
            mock.finish().unwrap_err();
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mock = session(folder, Mode::Record, &upstream).start().unwrap();
        assert!(chat(&mock, &question(SENT)).text().contains(RECEIVED));
        mock.finish().unwrap();

        let plan = folder.join("plan.jsonl");
        let mut planning = process.again("plan");
        planning.env("FOLDER", folder).env("LLMOCK_PLAN", &plan);
        let output = planning.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let line = fs::read_to_string(&plan).unwrap();
        assert!(line.contains("\"sealed\":\"") && line.contains("sha256:"), "{line}");
        nothing_is_readable(folder);
        fs::remove_file(plan).unwrap();

        let mock = session(folder, Mode::Replay, &upstream).while_editing(true).start().unwrap();
        assert!(chat(&mock, &edited).text().contains(RECEIVED));
        mock.finish().unwrap();
        assert_eq!(names(folder), ["chat.json.age", "chat.json.age.pending"]);
        nothing_is_readable(folder);

        let mock = session(folder, Mode::Refresh, &upstream).start().unwrap();
        assert!(chat(&mock, &edited).text().contains(RECEIVED));
        mock.finish().unwrap();
        assert_eq!(names(folder), ["chat.json.age", "chat.json.age.removed"]);
        nothing_is_readable(folder);

        // A provider quotes what it was sent.
        let refusing = Upstream::start([llmock_testkit::upstream::Response::error(
            400,
            "no heron is allowed here",
        )]);
        let mock = session(folder, Mode::Verify, &refusing).start().unwrap();
        chat(&mock, &edited).bytes();
        let report = mock.finish().unwrap_err().to_string();
        let run = std::env::current_exe().unwrap();
        let run = run.ancestors().nth(3).unwrap().join("llmock/last-run.jsonl");
        for text in [&report, &fs::read_to_string(run).unwrap()] {
            assert!(!text.contains("heron"), "{text}");
        }
    });
}

#[test]
fn a_conversation_that_diverges_is_reported_by_digests() {
    alone(&[("LLMOCK_AGE_IDENTITY", IDENTITY)], |_| {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::chat(RECEIVED);
        let talk = |last: &str| {
            let turn =
                |role: &str, text: &str| format!(r#"{{"role":"{role}","content":"{text}"}}"#);
            let turns = [
                turn("user", "where does a heron sleep"),
                turn("assistant", "beside the marigold"),
                turn("user", last),
            ];
            format!(r#"{{"model":"gpt-5","messages":[{}]}}"#, turns.join(","))
        };
        let mock = session(folder.path(), Mode::Record, &upstream).start().unwrap();
        assert_eq!(chat(&mock, &talk("and where does the heron eat")).status, 200);
        mock.finish().unwrap();
        let mock = session(folder.path(), Mode::Replay, &upstream).start().unwrap();
        let refused = chat(&mock, &talk("and where does the heron drink")).text();
        let report = mock.finish().unwrap_err().to_string();
        for text in [&refused, &report] {
            assert!(!text.contains("heron") && !text.contains("marigold"), "{text}");
        }
        assert!(report.contains("turn 3 of 3") && report.contains("sha256:"), "{report}");
    });
}
