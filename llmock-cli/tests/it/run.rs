//! `llmock run`.

use std::io::Write as _;
use std::process::{Command, Output};

use llmock_testkit::client::{JSON, prompt, send};
use llmock_testkit::process::{Process, alone};
use llmock_testkit::upstream::Upstream;

use crate::server::Workdir;

/// Runs this test as the program, in the part of that name.
fn run(work: &Workdir, process: &Process, part: &str, arguments: &[&str]) -> Output {
    let program = process.again(part);
    let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
    command.arg("run").args(arguments).arg("--").arg(program.get_program());
    command.args(program.get_args()).current_dir(work.path("."));
    for (name, value) in program.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.output().expect("the command runs")
}

/// What a program with an unchanged client does: it asks, and prints the text of the response.
fn ask(text: &str) {
    let base = std::env::var("OPENAI_BASE_URL").expect("the address of the server");
    let key = std::env::var("OPENAI_API_KEY").expect("a key");
    let headers = [&JSON[..], &[("authorization", key.as_str())]].concat();
    let url = format!("{base}/chat/completions");
    let response = send("POST", &url, &headers, prompt(text).as_bytes()).collect();
    let shown = format!("{} {}\n", response.status, response.text());
    std::io::stdout().write_all(shown.as_bytes()).expect("standard output");
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_program_replays_a_fixture() {
    alone(&[], |process| match process.part() {
        "main" => {
            let work = Workdir::new();
            work.fixture("demo.json", &[("Hello?", "Good morning.")]);
            let output = run(&work, process, "known", &["--fixture", "demo"]);
            let (stdout, stderr) = texts(&output);
            assert!(output.status.success(), "{stdout}{stderr}");
            assert!(stdout.contains("200 ") && stdout.contains("Good morning."), "{stdout}");
        }
        _ => ask("Hello?"),
    });
}

#[test]
fn a_miss_fails_a_program_that_succeeds() {
    alone(&[], |process| match process.part() {
        "main" => {
            let work = Workdir::new();
            work.fixture("demo.json", &[("Hello?", "Good morning.")]);
            let output = run(&work, process, "unknown", &["--fixture", "demo"]);
            let (stdout, stderr) = texts(&output);
            assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
            assert!(stdout.contains("418 "), "{stdout}");
            assert!(stderr.contains("$.messages[0].content"), "{stderr}");
        }
        _ => ask("Goodbye?"),
    });
}

#[test]
fn every_request_gets_the_text_of_reply() {
    alone(&[], |process| {
        if process.part() != "main" {
            return ["Hello?", "Goodbye?"].into_iter().for_each(ask);
        }
        let work = Workdir::new();
        let output = run(&work, process, "any", &["--reply", "It is 12 °C, \"cold\"."]);
        let (stdout, stderr) = texts(&output);
        assert!(output.status.success(), "{stdout}{stderr}");
        assert_eq!(stdout.matches(r#"It is 12 °C, \"cold\"."#).count(), 2, "{stdout}");
    });
}

#[test]
fn recording_adds_what_the_fixture_does_not_have() {
    alone(&[("OPENAI_API_KEY", "sk-test-0123456789abcdef")], |process| match process.part() {
        "main" => {
            let (work, upstream) = (Workdir::new(), Upstream::chat("Recorded."));
            let base = format!("upstreams.openai={}", upstream.openai_url());
            let record = ["--fixture", "demo", "--mode", "record", "--set", &base];
            for arguments in [&record[..], &["--fixture", "demo"]] {
                let output = run(&work, process, "asks", arguments);
                let (stdout, stderr) = texts(&output);
                assert!(output.status.success(), "{stdout}{stderr}");
                assert!(stdout.contains("Recorded."), "{stdout}{stderr}");
            }
            assert_eq!(upstream.requests().len(), 1);
            assert!(work.read("demo.json").contains("Recorded."));
        }
        _ => ask("Hello?"),
    });
}

#[test]
fn the_exit_code_is_that_of_the_program() {
    let work = Workdir::new();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llmock"));
        let output = command.arg("run").args(arguments).current_dir(work.path(".")).output();
        let output = output.expect("the command runs");
        (output.status.code(), texts(&output).1)
    };
    let (code, stderr) = run(&["--", "no-such-program-anywhere"]);
    assert_eq!(code, Some(127), "{stderr}");
    assert!(stderr.contains("cannot run `no-such-program-anywhere`"), "{stderr}");
    assert_eq!(run(&[]).0, Some(2));
    assert_eq!(run(&["--mode", "record", "--", "true"]).0, Some(2));
    assert_eq!(run(&["--fixture", "a", "--reply", "b", "--", "true"]).0, Some(2));
    let (code, stderr) = run(&["--fixture", "missing", "--", "true"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("missing"), "{stderr}");
    #[cfg(unix)]
    {
        assert_eq!(run(&["--", "sh", "-c", "exit 7"]).0, Some(7));
        assert_eq!(run(&["--", "sh", "-c", "kill -TERM $$"]).0, Some(143));
    }
}
