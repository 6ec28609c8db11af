//! `llmock record`, `refresh` and `replay` on a workspace of their own, with a provider that is scripted.

use std::path::Path;
use std::process::Command;

use llmock_testkit::scratch::{CLIENT, Ran, Scratch, has_nextest};
use llmock_testkit::upstream::{Response, Upstream};
use serde_json::Value;

const MANIFEST: &str = "[package]\nname = \"by-command\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
     [dev-dependencies]\nllmock = { path = \"$LLMOCK\" }\n\n[[bench]]\nname = \"speed\"\ntest = true\n";

/// What the tests send and whether they pass is decided by variables, so that nothing is built again.
const API: &str = r#"
mod client;

#[llmock::llm_replay]
#[test]
fn greets() {
    client::ask(&std::env::var("PROMPT").unwrap_or("hello".to_owned()));
    assert!(std::env::var("FAIL").is_err(), "not the greeting that was expected");
}

#[llmock::llm_replay]
#[test]
fn sums() {
    client::ask("one");
    if std::env::var("SHORT").is_err() {
        client::ask("two");
    }
}
"#;

const WEB: &str =
    "mod client;\n\n#[llmock::llm_replay]\n#[test]\nfn opens() {\n    client::ask(\"three\");\n}\n";

/// Tests in places that `cargo test -- --list` names in other ways.
const LIB: &str = "/// ```\n/// assert_eq!(by_command::two(), 2);\n/// ```\npub fn two() -> u8 {\n    2\n}\n\n\
     #[cfg(test)]\nmod tests {\n    #[test]\n    fn counts() {}\n}\n";
const OTHER: &str = "fn main() {}\n\n#[test]\nfn starts() {}\n";

struct Workspace {
    scratch: Scratch,
    upstream: Upstream,
}

impl Workspace {
    fn new() -> Self {
        let files = [
            ("Cargo.toml", MANIFEST),
            ("src/lib.rs", LIB),
            ("src/main.rs", OTHER),
            ("benches/speed.rs", OTHER),
            ("tests/api.rs", API),
            ("tests/web.rs", WEB),
            ("tests/client/mod.rs", CLIENT),
        ];
        let scratch = Scratch::open("by-command", &files);
        let upstream = Upstream::scripted(|at, _| {
            Response::json(format!(
                r#"{{"object":"chat.completion","model":"gpt-5","choices":[{{"index":0,"message":{{"role":"assistant","content":"answer {at}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}}}"#
            ))
        });
        let workspace = Self { scratch, upstream };
        workspace.git(&["init", "-q"]);
        workspace
    }

    fn git(&self, words: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(words);
        git.current_dir(self.scratch.root());
        let ran = self.scratch.run(git).output();
        assert!(ran.success, "{words:?}: {}", ran.everything());
    }

    /// Runs the command on the two test programs.
    fn llmock(&self, words: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
        command.args(words.split(' ')).current_dir(self.scratch.root());
        let mut run = self.scratch.run(command).env("CARGO_NET_OFFLINE", "true");
        run = run.env("OPENAI_BASE_URL", self.upstream.openai_url());
        run = run.env("OPENAI_API_KEY", "sk-test-0123456789abcdef");
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run.output()
    }

    fn json(&self, words: &str, variables: &[(&str, &str)]) -> Value {
        let ran = self.llmock(words, variables);
        serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|_| panic!("{words}: {}", ran.everything()))
    }

    fn sent(&self) -> usize {
        self.upstream.requests().len()
    }
}

/// `api::greets passed`, for each test of a summary.
fn verdicts(summary: &Value) -> Vec<String> {
    let tests = summary["tests"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tests.map(|one| format!("{} {}", text(&one["test"]), text(&one["verdict"]))).collect()
}

/// `+1 ~0 -1`, for each fixture of a summary, sorted.
fn changes(summary: &Value) -> Vec<String> {
    let fixtures = summary["fixtures"].as_array().unwrap().iter();
    let change = |one: &Value| format!("+{} ~{} -{}", one["added"], one["changed"], one["removed"]);
    let mut all: Vec<String> = fixtures.map(change).collect();
    all.sort();
    all
}

const BOTH: &str = "-- --test api --test web";
const ALL: [&str; 3] = ["api::greets passed", "api::sums passed", "web::opens passed"];

/// All in one, because each build of the workspace takes seconds.
#[test]
fn a_suite_is_recorded_refreshed_renamed_and_replayed() {
    let workspace = Workspace::new();
    records_and_replays(&workspace);
    prints_the_notes_of_a_run(&workspace);
    refreshes(&workspace);
    keeps_attempts_of_failing_tests(&workspace);
    runs_what_failed_last(&workspace);
    follows_a_rename(&workspace);
    refuses_what_cannot_work(&workspace);
}

fn records_and_replays(workspace: &Workspace) {
    let recorded = workspace.json(&format!("record --json {BOTH}"), &[]);
    assert_eq!(verdicts(&recorded), ALL, "{recorded:#}");
    assert_eq!(changes(&recorded), ["+1 ~0 -0", "+1 ~0 -0", "+2 ~0 -0"], "{recorded:#}");
    assert_eq!(recorded["exit_code"], 0);
    assert_eq!(workspace.sent(), 4);
    let usage = &recorded["usage"];
    assert!(usage["requests"] == 4 && usage["input"] == 40, "{recorded:#}");
    assert!(usage["usd"].as_f64().is_some_and(|usd| usd > 0.0), "{recorded:#}");
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--quiet", "--message", "recorded"]);

    let replayed = workspace.llmock(&format!("replay {BOTH}"), &[]);
    let summary = "replay: 3 tests passed; no fixture changed; nothing was sent to a provider\n";
    assert!(replayed.success && replayed.stdout.ends_with(summary), "{}", replayed.everything());
    if has_nextest() {
        let replayed = workspace.json(&format!("replay --nextest --json {BOTH}"), &[]);
        assert_eq!(verdicts(&replayed), ALL, "{replayed:#}");
    }
    let edited = workspace.llmock(&format!("replay {BOTH}"), &[("PROMPT", "hi")]);
    assert!(!edited.success, "{}", edited.everything());
    assert!(edited.stdout.contains("failed: api::greets: "), "{}", edited.everything());
    assert!(edited.stdout.contains("replay: 2 tests passed, 1 failed"), "{}", edited.everything());
    let unchanged = workspace.llmock("replay --changed", &[]);
    assert_eq!((unchanged.success, unchanged.stdout.as_str()), (true, "no test has changed\n"));
    assert_eq!(workspace.sent(), 4);
}

fn refreshes(workspace: &Workspace) {
    let edited = [("PROMPT", "hi"), ("SHORT", "1")];
    let refresh = format!("refresh --json {BOTH}");
    let refreshed = workspace.json(&refresh, &edited);
    assert_eq!(verdicts(&refreshed), ALL, "{refreshed:#}");
    assert_eq!(changes(&refreshed), ["+0 ~0 -1", "+0 ~1 -0"], "{refreshed:#}");
    assert_eq!(workspace.sent(), 5, "only the edited prompt is sent");
    let waiting = workspace.json("review --json", &[]);
    let removed: Vec<_> = waiting.as_array().unwrap().iter().map(|one| &one["prompt"]).collect();
    assert_eq!(removed, ["hello", "two"], "{waiting:#}");

    let changed = workspace.json(&format!("replay --changed --json {BOTH}"), &edited);
    assert_eq!(verdicts(&changed), ALL[..2], "{changed:#}");
    // The next green run forgets what was removed.
    assert_eq!(workspace.json("review --json", &[]), Value::Array(Vec::new()));
    assert_eq!(workspace.sent(), 5);
}

fn keeps_attempts_of_failing_tests(workspace: &Workspace) {
    let failing = [("PROMPT", "hey"), ("FAIL", "1")];
    let failed = workspace.llmock("record greets -- --test api", &failing);
    assert!(!failed.success, "{}", failed.everything());
    assert!(failed.stdout.contains("`llmock review` shows it"), "{}", failed.everything());
    let accepted = workspace.json("accept --json", &[]);
    assert!(accepted[0]["action"] == "accepted" && accepted[0]["kind"] == "failed", "{accepted:#}");
    let replayed = workspace.json("replay greets --json -- --test api", &failing[..1]);
    assert_eq!(verdicts(&replayed), ["api::greets passed"], "{replayed:#}");
}

/// A folder for a `last-run.jsonl` of its own, since every test program of this one writes to that of the build, and
/// the argument with which cargo builds there all the same.
fn own_ledger(workspace: &Workspace) -> (String, String) {
    let own = workspace.scratch.path("own-target");
    std::fs::create_dir_all(own.join("llmock")).unwrap();
    let build = std::env::current_exe().unwrap();
    let build = build.ancestors().nth(3).unwrap().display().to_string();
    (own.display().to_string(), format!("--target-dir {build}"))
}

fn prints_the_notes_of_a_run(workspace: &Workspace) {
    let (own, build) = own_ledger(workspace);
    let variables = [("CARGO_TARGET_DIR", own.as_str()), ("SHORT", "1")];
    let replayed = workspace.json(&format!("replay sums --json -- --test api {build}"), &variables);
    assert_eq!(verdicts(&replayed), ["api::sums passed"], "{replayed:#}");
    let notes = workspace.llmock("notes", &variables[..1]);
    assert!(notes.success, "{}", notes.everything());
    let expected = [
        "api::sums  tests/fixtures/api/sums.json",
        "(\"two\") of tests/fixtures/api/sums.json was not requested",
    ];
    assert!(expected.iter().all(|part| notes.stdout.contains(part)), "{}", notes.everything());
}

fn runs_what_failed_last(workspace: &Workspace) {
    let (own, build) = own_ledger(workspace);
    let line = r#"{"run":"1","test":"web::opens","fixture":"f.json","verdict":"failed"}"#;
    std::fs::write(Path::new(&own).join("llmock/last-run.jsonl"), format!("{line}\n")).unwrap();
    let words = format!("replay --failed --json {BOTH} {build}");
    let replayed = workspace.json(&words, &[("CARGO_TARGET_DIR", &own)]);
    assert_eq!(verdicts(&replayed), ["web::opens passed"], "{replayed:#}");
}

fn follows_a_rename(workspace: &Workspace) {
    let before = workspace.json("list --test web::opens --json", &[]);
    let old = before[0]["file"].as_str().unwrap_or_else(|| panic!("{before:#}")).to_owned();
    workspace.scratch.write("tests/web.rs", &WEB.replace("opens", "unfolds"));
    let renamed = workspace.json("record --json -- --test web", &[]);
    assert_eq!(verdicts(&renamed), ["web::unfolds passed"], "{renamed:#}");
    let expected = serde_json::json!([{ "old": "web::opens", "new": "web::unfolds" }]);
    assert_eq!(renamed["renamed"], expected, "{renamed:#}");
    assert!(!workspace.scratch.path(&old).exists(), "{old}");
    // Every owner is a test, also beside programs and benches.
    assert_eq!(workspace.json("check --json", &[]), Value::Array(Vec::new()));
}

fn refuses_what_cannot_work(workspace: &Workspace) {
    let refused = workspace.llmock("refresh greets -- --test api", &[("CI", "true")]);
    assert!(!refused.success, "{}", refused.everything());
    assert!(refused.everything().contains("refused in CI"), "{}", refused.everything());
    workspace.scratch.write("tests/web.rs", "this is not Rust\n");
    let broken = workspace.llmock("record -- --test web", &[]);
    assert!(!broken.success && broken.stdout.is_empty(), "{}", broken.everything());
    let expected = "error: the tests do not build, so none was run: `cargo test --test web --no-fail-fast` shows why\n";
    assert!(broken.stderr.ends_with(expected), "{}", broken.everything());
}
