//! Wherever a test stands, its fixture is found: every layout that Cargo can build, in a real workspace.
//!
//! Every fixture answers with its own path, and every test says which path it expects, so that a fixture
//! of the wrong place fails the test.

mod files;

use std::fs;
use std::path::Path;
use std::process::Command;

use files::{FILES, TESTS, fixtures};
use llmock_testkit::scratch::{Ran, Scratch, has_nextest, owned_fixture, skipped, target};
use llmock_testkit::upstream::Upstream;

fn workspace() -> Scratch {
    let fixtures = fixtures();
    let fixtures = fixtures.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let files: Vec<_> = FILES.iter().copied().chain(fixtures).collect();
    Scratch::open("layouts", &files)
}

#[test]
fn cargo_test_finds_fixtures_in_every_layout() {
    let scratch = workspace();
    let words = ["test", "--offline", "--workspace", "--manifest-path", "ws/Cargo.toml"];
    let ran = scratch.cargo(".", words).output();
    assert!(ran.success, "{}", ran.everything());
    let passed = ran.passed();
    let (doctests, passed): (Vec<_>, Vec<_>) =
        passed.into_iter().partition(|name| name.contains(".rs - "));
    assert_eq!(passed, TESTS, "{}", ran.everything());
    assert_eq!(doctests.len(), 2, "an edition with bundled doctests and one without: {doctests:?}");
}

#[test]
fn nextest_archives_find_fixtures_in_every_layout() {
    if !has_nextest() {
        return;
    }
    let scratch = workspace();
    let ran = scratch.cargo("ws", ["nextest", "run", "--offline", "--workspace"]).output();
    assert!(ran.success, "{}", ran.everything());
    assert_nextest_ran(&ran, TESTS.len());

    let archive = scratch.path("tests.tar.zst");
    // After a move nextest itself does not find a member outside the workspace's folder.
    let words = "nextest archive --offline --workspace --exclude outside --archive-file";
    let ran = scratch.cargo("ws", words.split(' ')).arg(&archive).output();
    assert!(ran.success, "{}", ran.everything());

    // Away from where it was built: what was true at compile time is true no more.
    let moved = scratch.path("moved");
    fs::rename(scratch.path("ws"), &moved).unwrap();
    let words = ["nextest", "run", "--archive-file"];
    let ran =
        scratch.cargo("moved", words).arg(&archive).arg("--workspace-remap").arg(&moved).output();
    fs::rename(&moved, scratch.path("ws")).unwrap();
    assert_nextest_ran(&ran, TESTS.len() - 1);
    assert!(ran.success, "{}", ran.everything());
}

#[track_caller]
fn assert_nextest_ran(ran: &Ran, number: usize) {
    let summary = format!("{number} tests run: {number} passed");
    assert!(ran.stderr().contains(&summary), "{}", ran.everything());
}

#[test]
fn remapped_paths_lead_back_to_the_source() {
    let scratch = workspace();
    let words =
        ["rustc", "--offline", "-p", "member", "--test", "api", "--message-format=json", "--"];
    let ran = scratch.cargo("ws", words).arg("--remap-path-prefix=member=/M").output();
    assert!(ran.success, "{}", ran.everything());
    let binaries = llmock_testkit::scratch::binaries(&ran.stdout);
    let ran = scratch.test(target(&binaries, "api"), ["--nocapture"]).output();
    assert!(ran.success, "{}", ran.everything());
    assert!(ran.passed().contains(&"beside_the_source".to_owned()), "{}", ran.everything());
    // Otherwise nothing was remapped and the test shows nothing.
    assert!(ran.stdout().contains("this file is /M/tests/api.rs"), "{}", ran.everything());
}

/// Builds llmock and all it stands on once more, hence not by default.
#[test]
#[ignore = "builds everything with a nightly toolchain, where there is one; `.ci/run nightly` runs it"]
fn trimmed_paths_of_nightly_find_the_fixture() {
    let nightly = || {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo"]);
        command
    };
    let there = nightly().arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        skipped("trimmed paths are not shown: rustup has no toolchain `nightly`");
        return;
    }
    let scratch = workspace();
    let mut command = nightly();
    command
        .args(["test", "--offline", "--verbose", "-Ztrim-paths"])
        .args(["--config", "profile.dev.trim-paths=\"all\"", "-p", "member", "--test", "api"])
        .args(["--", "--nocapture"])
        .current_dir(scratch.path("ws"));
    let ran = scratch.run(command).patience(1_200).output();
    assert!(ran.success, "{}", ran.everything());
    assert!(ran.passed().contains(&"beside_the_source".to_owned()), "{}", ran.everything());
    // Otherwise nothing was trimmed and the test shows nothing.
    assert!(ran.stderr().contains("--remap-path-scope=all"), "{}", ran.stderr());
    assert!(ran.stdout().contains("this file is member/tests/api.rs"), "{}", ran.everything());
}

#[test]
fn workspace_root_variable_serves_moved_binaries() {
    let scratch = workspace();
    let binaries = scratch.build("ws", &["-p", "member", "--test", "api"]);
    let api = target(&binaries, "api");
    // As on a machine that got the checkout and the binary and nothing else.
    fs::rename(scratch.path("ws"), scratch.path("elsewhere")).unwrap();
    let bare = || {
        let run = scratch.test(api, ["beside_the_source", "--exact"]).within(scratch.root());
        run.without("CARGO_MANIFEST_DIR").without("CARGO_PKG_NAME")
    };
    let named = bare().env("LLMOCK_WORKSPACE_ROOT", scratch.path("elsewhere")).output();
    let within = bare().within(scratch.path("elsewhere")).output();
    let lost = bare().output();
    fs::rename(scratch.path("elsewhere"), scratch.path("ws")).unwrap();

    assert!(named.success, "{}", named.everything());
    assert!(within.success, "{}", within.everything());
    assert!(!lost.success, "{}", lost.everything());
    insta::assert_snapshot!(lost.failure("beside_the_source"), @"
    thread 'beside_the_source' panicked at member/tests/api.rs:1:1:

    llmock: no folder for the fixture was found

      tried, in this order:
        $ROOT/ws/member/tests
        $ROOT/member/tests
        $ROOT/ws/member/tests/fixtures
        $ROOT/tests/fixtures
      set LLMOCK_WORKSPACE_ROOT to the root of the workspace; with Bazel, declare fixtures as data
    ");
}

#[test]
fn record_dir_redirects_recordings() {
    let scratch = workspace();
    let upstream = Upstream::chat("recorded elsewhere");
    let binaries = scratch.build("ws", &["-p", "member", "--test", "recorder"]);
    let before = scratch.read("ws/member/tests/fixtures/recorded.json");
    let ran = scratch
        .test(target(&binaries, "recorder"), ["--nocapture"])
        .env("LLMOCK_MODE", "record")
        .env("LLMOCK_RECORD_DIR", scratch.path("recordings"))
        .env("OPENAI_BASE_URL", upstream.openai_url())
        .output();
    assert!(ran.success, "{}", ran.everything());
    let recorded = scratch.read("recordings/member/tests/fixtures/recorded.json");
    assert!(recorded.contains("recorded elsewhere"), "{recorded}");
    assert_eq!(scratch.read("ws/member/tests/fixtures/recorded.json"), before);
}

#[test]
fn worktrees_sharing_a_build_record_separately() {
    let scratch = workspace();
    for (path, text) in FILES {
        if let Ok(inner) = Path::new(path).strip_prefix("ws") {
            // The second tree comes without the member beside it.
            let text = text.replace(", \"../outside\"", "");
            scratch.write(&format!("worktree/{}", inner.display()), &text);
        }
    }
    scratch.write("worktree/Cargo.lock", &scratch.read("ws/Cargo.lock"));
    let words = ["test", "--offline", "-p", "member", "--test", "recorder"];
    for (tree, answer) in [("ws", "the first tree"), ("worktree", "the second tree")] {
        let upstream = Upstream::chat(answer);
        let ran = scratch
            .cargo(tree, words)
            .env("LLMOCK_MODE", "record")
            .env("OPENAI_BASE_URL", upstream.openai_url())
            .output();
        assert!(ran.success, "{}", ran.everything());
        assert_eq!(upstream.requests().len(), 1);
    }
    let recorded =
        |tree: &str| scratch.read(&format!("{tree}/member/tests/fixtures/recorded.json"));
    assert!(recorded("ws").contains("the first tree"), "{}", recorded("ws"));
    assert!(!recorded("ws").contains("the second tree"), "{}", recorded("ws"));
    assert!(recorded("worktree").contains("the second tree"), "{}", recorded("worktree"));
}

#[test]
fn package_rules_override_workspace_rules() {
    let scratch = workspace();
    let binaries = scratch.build("ws", &["-p", "member", "--test", "api"]);
    let answers = [("where", "member/tests/fixtures/place"), ("never", "asked")];
    let place = owned_fixture(Some("api::beside_the_source"), &answers);
    scratch.write("ws/member/tests/fixtures/place.json", &place);
    let run = || scratch.test(target(&binaries, "api"), ["beside_the_source", "--exact"]).output();

    scratch.write("ws/llmock.toml", "unused = \"fail\"\n");
    let failure = run().only_failure("beside_the_source");
    assert!(failure.contains("(`unused = \"fail\"`)"), "{failure}");
    let origin = failure.lines().find(|line| line.contains("rules in force")).unwrap();
    assert!(origin.contains("unused = \"fail\" (") && origin.contains("llmock.toml"), "{origin}");

    scratch.write("ws/member/llmock.toml", "unused = \"ignore\"\n");
    assert_eq!(run().only_note("beside_the_source"), "");
}
