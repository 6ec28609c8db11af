//! Encrypted fixtures in the command.

use std::fs;
use std::process::Command;

use llmock_testkit::scratch::{fixture, question};

use crate::command::Desk;
use crate::server::Workdir;

// Keys that the tests of age publish.
const IDENTITY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

fn with_identity(desk: &Desk, arguments: &[&str]) -> (i32, String, String) {
    let mut command = desk.command(arguments);
    let output = command.env("LLMOCK_AGE_IDENTITY", IDENTITY).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn desk() -> Desk {
    let desk = Desk::with(&[]);
    desk.write("Cargo.toml", "[workspace]\n");
    desk.write("llmock.toml", &format!("recipients = [{RECIPIENT:?}]\n"));
    desk.write("fixtures/chat.json", &fixture(&[("where is the heron", "at marigold bay")]));
    let (code, out, err) = with_identity(&desk, &["encrypt"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(out, "encrypted fixtures/chat.json.age\n");
    desk
}

#[test]
fn commands_read_and_write_encrypted_fixtures() {
    let desk = desk();
    assert!(!desk.path("fixtures/chat.json").exists());
    let sealed = fs::read(desk.path("fixtures/chat.json.age")).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("heron"));
    for (arguments, expected) in [
        (&["list"][..], "fixtures/chat.json.age"),
        (&["list", "fixtures/chat"], "where is the heron"),
        (&["show", "fixtures/chat"], "at marigold bay"),
        (&["show", "fixtures/chat.json.age#1"], "at marigold bay"),
        (&["grep", "marigold"], "fixtures/chat.json.age#1"),
        (&["check", "--no-tests"], "checked 1 fixture: 0 errors, 0 warnings"),
        (&["fmt", "--check"], ""),
        (&["stats"], "1"),
        (&["decrypt", "fixtures/chat.json.age"], "\"llmock\": 1"),
    ] {
        let (code, out, err) = with_identity(&desk, arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?} {out}");
        assert!(out.contains(expected), "{arguments:?}: {out}");
    }
    // A command that changes the file encrypts it again.
    let hash = with_identity(&desk, &["list", "--json"]).1;
    let hash: serde_json::Value = serde_json::from_str(&hash).unwrap();
    let (code, out, err) = with_identity(
        &desk,
        &["clear", "fixtures/chat", "--hash", hash[0]["hash"].as_str().unwrap()],
    );
    assert_eq!(code, 0, "{out} {err}");
    let text = fs::read(desk.path("fixtures/chat.json.age")).unwrap();
    assert!(text.starts_with(b"age-encryption.org/v1"), "{}", String::from_utf8_lossy(&text));
}

#[test]
fn a_file_without_its_identity_names_the_recipients() {
    let desk = desk();
    let mut command = desk.command(&["list"]);
    let output = command
        .env("HOME", desk.path("nobody"))
        .env_remove("LLMOCK_AGE_IDENTITY")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains(&format!("the file is encrypted for {RECIPIENT}, and there is no identity")),
        "{error}"
    );
    let plain = Desk::with(&[]);
    plain.write("chat.json", &fixture(&[("a", "a")]));
    let error = plain.fails(&["encrypt", "chat"]);
    assert!(
        error.contains("there are no recipients for `chat.json`\nhint: add `recipients"),
        "{error}"
    );
    assert!(plain.path("chat.json").exists());
}

#[test]
fn git_shows_what_has_changed() {
    let desk = desk();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
        let output = command
            .current_dir(desk.path(""))
            .env("LLMOCK_AGE_IDENTITY", IDENTITY)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "-q"]);
    git(&["config", "diff.llmock.textconv", &format!("{} decrypt", env!("CARGO_BIN_EXE_llmock"))]);
    desk.write(".gitattributes", "*.json.age diff=llmock\n");
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    fs::remove_file(desk.path("fixtures/chat.json.age")).unwrap();
    desk.write("fixtures/chat.json", &fixture(&[("where is the heron", "at the lighthouse")]));
    with_identity(&desk, &["encrypt"]);
    let shown = git(&["diff"]);
    assert!(shown.contains("marigold bay") && shown.contains("lighthouse"), "{shown}");
    let (code, out, err) = with_identity(&desk, &["diff", "fixtures/chat"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("lighthouse") && out.contains("1 interaction differs"), "{out}");
}

#[test]
fn a_server_replays_encrypted_fixtures_and_records_into_them() {
    let workdir = Workdir::new();
    workdir.write("llmock.toml", &format!("recipients = [{RECIPIENT:?}]\n"));
    workdir.write("fixtures/chat.json", &fixture(&[("where is the heron", "at marigold bay")]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
    let encrypted =
        command.args(["encrypt", "fixtures"]).current_dir(workdir.path("")).status().unwrap();
    assert!(encrypted.success());
    let server = workdir
        .serve(&["--fixtures", "fixtures/chat.json.age"], &[("LLMOCK_AGE_IDENTITY", IDENTITY)]);
    let request = llmock_testkit::client::Request::post(
        "/v1/chat/completions",
        question("where is the heron"),
    );
    assert!(request.send(&server.origin).text().contains("at marigold bay"));
    let message = workdir.fails_to_start(&["--fixtures", "fixtures"], &[]);
    assert!(message.contains("and there is no identity"), "{message}");
}
