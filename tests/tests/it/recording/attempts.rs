//! `NAME.json.failed`: what a test received is kept, whatever happens to the process, the disk, or the file.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, interactions, place, prompts};
use llmock_testkit::upstream::{Response, Upstream};

fn echo() -> Upstream {
    Upstream::scripted(|_, request| Response::json(request.body.clone()))
}

/// Records a prompt and fails.
fn fail(upstream: &Upstream, fixture: &Path, text: &str) -> String {
    let mock = upstream.record(fixture, &format!("attempts::{text}")).calls(7).start().unwrap();
    chat(&mock, &prompt(text)).bytes();
    mock.finish().unwrap_err().to_string()
}

fn pass(upstream: &Upstream, fixture: &Path, text: &str) {
    let mock = upstream.record(fixture, &format!("attempts::{text}")).start().unwrap();
    chat(&mock, &prompt(text)).bytes();
    mock.finish().unwrap();
}

fn corrupt(fixture: &Path) -> PathBuf {
    fixture.with_extension("json.failed.corrupt")
}

/// Keeps the attempts a, b and c, the last of them torn, and returns the bytes of the file.
fn torn_attempts(upstream: &Upstream, fixture: &Path) -> Vec<u8> {
    for text in ["a", "b", "c"] {
        fail(upstream, fixture, text);
    }
    let mut torn = fs::read(failed(fixture)).unwrap();
    torn.truncate(torn.len() - 10);
    fs::write(failed(fixture), &torn).unwrap();
    torn
}

#[test]
fn torn_attempts_of_other_tests_survive_a_failing_test() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        let torn = torn_attempts(&upstream, &fixture);
        let report = fail(&upstream, &fixture, "d");
        assert!(report.contains("kept 1 interaction in"), "{report}");
        // The last of them was torn.
        assert_eq!(prompts(&failed(&fixture)), ["a", "b", "d"]);
        assert_eq!(fs::read(corrupt(&fixture)).unwrap(), torn, "the damaged file is kept");
    });
}

#[test]
fn torn_attempts_of_other_tests_survive_a_passing_test() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = echo();
        let torn = torn_attempts(&upstream, &fixture);
        pass(&upstream, &fixture, "e");
        assert_eq!(prompts(&fixture), ["e"]);
        assert_eq!(prompts(&failed(&fixture)), ["a", "b"]);
        assert_eq!(fs::read(corrupt(&fixture)).unwrap(), torn);
    });
}

#[test]
fn unreadable_attempts_are_renamed_and_never_deleted() {
    alone(&[], |_| {
        let upstream = echo();
        for bytes in [&b"# notes\n"[..], b"\xff\xfe\0", b"{\"llmock\": 3, \"interactions\": []}"] {
            let (_folder, fixture) = place();
            fs::write(failed(&fixture), bytes).unwrap();
            fail(&upstream, &fixture, "a");
            assert_eq!(prompts(&failed(&fixture)), ["a"]);
            assert_eq!(fs::read(corrupt(&fixture)).unwrap(), bytes);
            fs::write(failed(&fixture), bytes).unwrap();
            fail(&upstream, &fixture, "b");
            assert_eq!(fs::read(corrupt(&fixture)).unwrap(), bytes);
            let second = fixture.with_extension("json.failed.corrupt-2");
            assert_eq!(fs::read(second).unwrap(), bytes, "two files do not share a name");
        }
    });
}

#[test]
fn responses_are_kept_before_their_client_has_all_of_them() {
    alone(&[], |process| {
        if process.part() == "killed" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let upstream = Upstream::scripted(|at, request| match at % 3 {
                0 => Response::json(request.body.clone()),
                1 => Response::sse(["data: 1\n\n", "data: [DONE]\n\n"]),
                _ => Response::json("[").then("1]"),
            });
            let mock = upstream.record(&fixture, "attempts::killed").start().unwrap();
            for number in 0.. {
                chat(&mock, &prompt(&format!("p{number}"))).bytes();
                println!("received {number}");
                std::io::stdout().flush().unwrap();
            }
        }
        let (_folder, fixture) = place();
        let mut command = process.again("killed");
        let mut child = command.env("FIXTURE", &fixture).stdout(Stdio::piped()).spawn().unwrap();
        while fs::metadata(failed(&fixture)).map_or(0, |found| found.len()) < 10_000 {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        let received = output.lines().filter(|line| line.contains("received ")).count();
        assert!(received > 5, "{output}");
        let kept = interactions(&failed(&fixture)).len();
        assert!(kept >= received, "{received} received, {kept} kept");
    });
}

/// A file cannot grow beyond a limit, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn full_disks_keep_earlier_attempts_and_are_reported() {
    alone(&[], |process| {
        let (_folder, fixture) = place();
        let upstream = Upstream::scripted(|_, request| {
            let size = if request.text().contains("large") { 60_000 } else { 10 };
            Response::json(format!("[\"{}\"]", "x".repeat(size)))
        });
        if process.part() == "limited" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let report = fail(&upstream, &fixture, "large");
            assert!(report.contains("could not be kept in"), "{report}");
            assert!(!report.contains("kept 1"), "{report}");
            return;
        }
        for text in ["a", "b"] {
            fail(&upstream, &fixture, text);
        }
        let before = fs::read(failed(&fixture)).unwrap();
        on_a_full_disk(process, &fixture);
        assert_eq!(fs::read(failed(&fixture)).unwrap(), before, "nothing is torn");
        fail(&upstream, &fixture, "c");
        assert_eq!(prompts(&failed(&fixture)), ["a", "b", "c"]);
    });
}

/// Runs a part of a test in a process whose files cannot grow beyond 32 kB, as on a full disk.
#[cfg(target_os = "linux")]
fn on_a_full_disk(process: &llmock_testkit::process::Process, fixture: &Path) {
    let again = process.again("limited");
    let mut command = std::process::Command::new("sh");
    // Without the signal, writing fails with an error, as on a full disk. The unit is 512 bytes.
    command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    command.arg(again.get_program()).args(again.get_args()).env("FIXTURE", fixture);
    for (name, value) in again.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(target_os = "linux")]
#[test]
fn full_disks_leave_the_fixture_as_it_was() {
    alone(&[], |process| {
        let upstream =
            Upstream::scripted(|_, _| Response::json(format!("[\"{}\"]", "x".repeat(20_000))));
        if process.part() == "limited" {
            // The response alone fits, but not beside the one of another test.
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = upstream.record(&fixture, "attempts::b").start().unwrap();
            chat(&mock, &prompt("b")).bytes();
            let report = mock.finish().unwrap_err().to_string();
            assert!(report.contains("fixture.json"), "{report}");
            assert!(report.contains("File too large"), "{report}");
            assert!(report.contains("kept 1 interaction in"), "{report}");
            return;
        }
        let (folder, fixture) = place();
        pass(&upstream, &fixture, "a");
        let before = fs::read(&fixture).unwrap();
        on_a_full_disk(process, &fixture);
        assert_eq!(fs::read(&fixture).unwrap(), before, "the fixture is whole");
        assert_eq!(prompts(&failed(&fixture)), ["b"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
        pass(&upstream, &fixture, "b");
        assert_eq!(prompts(&fixture), ["a", "b"]);
    });
}
