//! Recordings that are older than a test allows.

use std::path::{Path, PathBuf};

use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::replay;
use serde_json::json;

const TEST: &str = "audit::test";

/// A recording of this day.
fn write(path: &Path, day: &str) {
    let body: serde_json::Value = serde_json::from_str(&prompt("hi")).unwrap();
    let interaction = json!({
        "provider": "openai", "test": TEST, "recorded_at": format!("{day}T10:00:00Z"),
        "request": { "path": "/v1/chat/completions", "body": body },
        "response": { "text": "hello" },
    });
    std::fs::write(path, json!({ "llmock": 1, "interactions": [interaction] }).to_string())
        .unwrap();
}

#[test]
fn old_recordings_are_a_note_and_fail_on_demand() {
    alone(&[], |process| {
        let told = "#1 was recorded on 2020-01-02, which is longer ago than 90 days";
        if process.part() == "replays" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = replay(&fixture, TEST).max_age("90d").start().unwrap();
            assert_eq!(chat(&mock, &prompt("hi")).text(), "hello");
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        write(&fixture, "2020-01-02");
        let ran = process.again("replays").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success() && stderr.contains(told), "{stderr}");

        let mock = replay(&fixture, TEST).max_age("fail after 90d").start().unwrap();
        chat(&mock, &prompt("hi")).text();
        let error = mock.finish().unwrap_err().to_string();
        assert!(error.contains(told), "{error}");

        write(&fixture, "2999-01-02");
        let mock = replay(&fixture, TEST).max_age("fail after 1h").start().unwrap();
        chat(&mock, &prompt("hi")).text();
        mock.finish().unwrap();

        let error = replay(&fixture, TEST).max_age("a while").start().unwrap_err().to_string();
        let expected = "`max_age`: invalid age `a while`: expected a value such as `90d`";
        assert!(error.contains(expected), "{error}");
    });
}
