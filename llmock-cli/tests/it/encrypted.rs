//! Encrypted fixtures in the command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use llmock::__command::sealed;
use llmock::Fixture;
use llmock_testkit::scratch::{fixture, question};
use llmock_testkit::upstream::Upstream;

use crate::command::Desk;
use crate::dashboard::Dashboard;
use crate::server::Workdir;

// Keys that the tests of age publish.
pub(crate) const IDENTITY: &str =
    "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
pub(crate) const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

/// Whatever a test sends and receives has one of these words.
const SENT: &str = "where is the heron";
const RECEIVED: &str = "at marigold bay";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

/// Temporary files of the commands are below this folder too.
#[track_caller]
fn nothing_is_readable(folder: &Path) {
    for file in files(folder) {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        let is_readable = ["heron", "marigold"].iter().any(|word| text.contains(word));
        assert!(!is_readable, "{}: {text}", file.display());
    }
}

fn with_identity(desk: &Desk, arguments: &[&str]) -> (i32, String, String) {
    let mut command = desk.command(arguments);
    fs::create_dir_all(desk.path("tmp")).unwrap();
    command.env("TMPDIR", desk.path("tmp")).env("LLMOCK_CACHE_DIR", desk.path("cache"));
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
        .env("HOME", desk.path("without-keys"))
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

/// Writes an encrypted file as a test process does.
fn seal(desk: &Desk, name: &str, text: &str) {
    let path = desk.path(name);
    fs::write(&path, sealed(&path, text.as_bytes()).unwrap()).unwrap();
}

/// A request that an edit changed, with the response that it got.
fn pending() -> String {
    let recorded = fixture(&[(SENT, RECEIVED)]);
    let hash = Fixture::parse("x.json", &recorded).unwrap().interactions()[0].hash();
    let mut edited: serde_json::Value =
        serde_json::from_str(&fixture(&[("where is the grey heron", RECEIVED)])).unwrap();
    edited["interactions"][0]["hash"] = hash.into();
    edited.to_string()
}

#[test]
fn no_command_leaves_what_is_readable() {
    let desk = desk();
    let file = "fixtures/chat.json.age";
    let attempt = fixture(&[("a second heron", "near the marigold")]);
    let run = |arguments: &[&str], expected: &str| {
        let (code, out, err) = with_identity(&desk, arguments);
        assert_eq!(code, 0, "{arguments:?} {out} {err}");
        assert!(out.contains(expected), "{arguments:?}: {out}");
        nothing_is_readable(desk.path("").as_path());
    };
    desk.write("tests.txt", "api::greets: test\n");
    // What waits beside it.
    for command in [&["accept"][..], &["keep", "fixtures/chat.json.age.failed"]] {
        seal(&desk, "fixtures/chat.json.age.failed", &attempt);
        run(&["review", "--json"], "a second heron");
        run(command, "");
        run(&["list", "fixtures/chat"], "a second heron");
        assert!(!desk.path("fixtures/chat.json.age.failed").exists());
    }
    seal(&desk, "fixtures/chat.json.age.pending", &pending());
    let (code, out, _) = with_identity(&desk, &["check", "--no-tests"]);
    assert!(code == 1 && out.contains("error[pending] fixtures/chat.json.age.pending"), "{out}");
    run(&["accept", "fixtures/chat"], "accepted 1 pending request");
    run(&["list", file], "where is the grey heron");
    seal(&desk, "fixtures/chat.json.age.removed", &fixture(&[("a removed heron", "gone")]));
    run(&["reject"], "rejected 1 removed interaction");
    run(&["list", file], "a removed heron");
    // Files that move, and files of other tools.
    run(&["rename", "fixtures/chat", "fixtures/moved"], "to fixtures/moved.json.age");
    run(&["rename", "fixtures/moved.json.age", "fixtures/chat.json"], "to fixtures/chat.json.age");
    run(&["fmt"], "");
    let (_, har, _) = with_identity(&desk, &["export", file, "--to", "har"]);
    assert!(har.contains("grey heron"), "{har}");
    let (code, _, err) = with_identity(&desk, &["export", file, "--to", "har", "--out", "x.har"]);
    assert!(code == 1 && err.contains("is encrypted, and `x.har` would not be"), "{err}");
    assert!(!desk.path("x.har").exists());
    desk.write("other.har", &har);
    let (code, out, err) =
        with_identity(&desk, &["import", "other.har", "--out", "fixtures/imported"]);
    assert_eq!(code, 0, "{out} {err}");
    fs::remove_file(desk.path("other.har")).unwrap();
    run(&["list", "fixtures/imported/other.json.age"], "grey heron");
    // Owners, and what no test owns.
    run(&["adopt", "fixtures/imported", "--owner", "api::{name}"], "belong to api::other");
    run(&["prune", "--tests", "tests.txt", "--yes"], "removed fixtures/imported/other.json.age");
    // A store gets what is on disk, and a report names files and digests.
    let store = format!("file://{}", desk.path("store").display());
    run(&["push", &store, "--from", "fixtures"], "1 added");
    seal(&desk, "fixtures/chat.json.age.failed", &attempt);
    run(&["report", "--html", "out.html"], "wrote out.html");
    let report = desk.read("out.html");
    for text in ["sha256:", "fixtures/chat.json.age.failed", "The file is encrypted"] {
        assert!(report.contains(text), "{text}: {report}");
    }
    assert_eq!(report.matches("aria-label=\"Conversation\"").count(), 0);
}

#[test]
fn encrypted_fixtures_are_merged_by_interaction() {
    let desk = desk();
    let both = |second: &str| fixture(&[(SENT, RECEIVED), (second, RECEIVED)]);
    // Git passes the versions under names of its own.
    let merge = |ours: &str, theirs: &str| {
        let base = fixture(&[(SENT, RECEIVED)]);
        for (name, text) in [("base", base.as_str()), ("ours", ours), ("theirs", theirs)] {
            let bytes = sealed(&desk.path("fixtures/chat.json.age"), text.as_bytes()).unwrap();
            fs::write(desk.path(name), bytes).unwrap();
        }
        let ran =
            with_identity(&desk, &["merge", "base", "ours", "theirs", "fixtures/chat.json.age"]);
        nothing_is_readable(desk.path("").as_path());
        fs::copy(desk.path("ours"), desk.path("fixtures/chat.json.age")).unwrap();
        (ran, with_identity(&desk, &["list", "fixtures/chat"]).1)
    };
    let ((code, _, err), listed) = merge(&both("ours, a heron"), &both("theirs, a heron"));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(listed.contains("ours, a heron") && listed.contains("theirs, a heron"), "{listed}");
    let other = |answer: &str| fixture(&[(SENT, answer)]);
    let ((code, _, err), listed) = merge(&other("our heron"), &other("their heron"));
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("is encrypted, so it keeps our version without marks"), "{err}");
    assert!(listed.contains("our heron") && !listed.contains("their heron"), "{listed}");
}

#[test]
fn a_dashboard_shows_encrypted_fixtures_to_those_with_an_identity() {
    let desk = desk();
    seal(&desk, "fixtures/chat.json.age.pending", &pending());
    let identity = [("LLMOCK_AGE_IDENTITY", IDENTITY)];
    let board = Dashboard::start_with(&desk, ".", &["--edit"], &identity);
    assert!(board.page("fixtures?q=marigold").contains("1 fixture with 1 recorded request"));
    let fixture = board.page("fixture?file=fixtures/chat.json.age");
    assert!(fixture.contains(">chat</h1>") && fixture.contains("<li>encrypted</li>"), "{fixture}");
    assert!(board.page("conversation?file=fixtures/chat.json.age&n=1").contains(RECEIVED));
    let review = board.page("review");
    assert!(review.contains("pending edit") && review.contains("grey"), "{review}");
    let digest = review.split("name=\"digest\" value=\"").nth(1).unwrap();
    let digest = digest.split('"').next().unwrap();
    let form = format!("file=fixtures/chat.json.age.pending&digest={digest}");
    assert_eq!(board.post("keep", &form).status, 303);
    assert!(board.page("fixture?file=fixtures/chat.json.age").contains("where is the grey heron"));
    nothing_is_readable(desk.path("").as_path());
    let home = desk.path("without-keys").display().to_string();
    let no_identity = [("LLMOCK_AGE_IDENTITY", ""), ("HOME", home.as_str())];
    let board = Dashboard::start_with(&desk, ".", &[], &no_identity);
    let findings = board.page("findings");
    assert!(
        findings.contains(&format!("encrypted for {RECIPIENT}, and there is no identity")),
        "{findings}"
    );
}

#[test]
fn a_server_records_into_an_encrypted_fixture() {
    let workdir = Workdir::new();
    workdir.write("llmock.toml", &format!("recipients = [{RECIPIENT:?}]\n"));
    fs::create_dir_all(workdir.path("fixtures")).unwrap();
    fs::create_dir_all(workdir.path("tmp")).unwrap();
    let (upstream, tmp) = (Upstream::chat(RECEIVED), workdir.path("tmp").display().to_string());
    let url = upstream.openai_url();
    let variables = [
        ("LLMOCK_AGE_IDENTITY", IDENTITY),
        ("OPENAI_BASE_URL", url.as_str()),
        ("TMPDIR", tmp.as_str()),
    ];
    let request =
        |text: &str| llmock_testkit::client::Request::post("/v1/chat/completions", question(text));
    let server = workdir.serve(&["--fixtures", "fixtures", "--record"], &variables);
    assert!(request(SENT).send(&server.origin).text().contains(RECEIVED));
    server.wait_for_recordings(1);
    nothing_is_readable(&workdir.path(""));
    // Killed, it leaves a journal, which the next start reads.
    assert!(request("a second heron").send(&server.origin).text().contains(RECEIVED));
    server.wait_for_recordings(2);
    drop(server);
    nothing_is_readable(&workdir.path(""));
    let names: Vec<String> = files(&workdir.path("fixtures"))
        .iter()
        .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().all(|name| name.contains(".json.age")), "{names:?}");
    let server = workdir.serve(&["--fixtures", "fixtures"], &variables);
    for text in [SENT, "a second heron"] {
        assert!(request(text).send(&server.origin).text().contains(RECEIVED), "{text}");
    }
    assert_eq!(upstream.requests().len(), 2);
    nothing_is_readable(&workdir.path(""));
}

#[cfg(unix)]
#[test]
fn a_verdict_names_no_texts() {
    let workdir = Workdir::new();
    workdir.write("llmock.toml", &format!("recipients = [{RECIPIENT:?}]\n"));
    let path = workdir.path("fixtures/chat.json.age");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, sealed(&path, fixture(&[(SENT, RECEIVED)]).as_bytes()).unwrap()).unwrap();
    let server = workdir.serve(
        &["--fixtures", "fixtures", "--verdict=junit=verdict.xml"],
        &[("LLMOCK_AGE_IDENTITY", IDENTITY)],
    );
    let request = llmock_testkit::client::Request::post("/v1/chat/completions", question(SENT));
    server.send(&request.clone().header("x-llmock-fault", "status=401"));
    assert!(server.send(&request).text().contains(RECEIVED));
    server.stderr_after_exit(1);
    assert!(workdir.read("verdict.xml").contains("sweep_retried_in_vain"));
    nothing_is_readable(&workdir.path(""));
}
