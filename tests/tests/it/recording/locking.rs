//! Recorders of one folder wait for each other, in whatever environment they run.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, interactions, place};
use llmock_testkit::upstream::{Response, Upstream};

fn fixture() -> PathBuf {
    PathBuf::from(std::env::var_os("FIXTURE").unwrap())
}

/// Records some requests as a test of its own.
fn record(test: &str, requests: usize) {
    let upstream = Upstream::scripted(|_, request| Response::json(request.body.clone()));
    let mock = upstream.record(&fixture(), test).start().unwrap();
    for number in 0..requests {
        chat(&mock, &prompt(&format!("{test} {number}"))).bytes();
    }
    mock.finish().unwrap();
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn processes_with_different_temporary_folders_lose_nothing() {
    const PROCESSES: usize = 16;
    const REQUESTS: usize = 5;
    alone(&[], |process| {
        if let Some(number) = process.part().strip_prefix("recorder ") {
            return record(&format!("locking::t{number}"), REQUESTS);
        }
        let (folder, fixture) = place();
        let temporary = tempfile::tempdir().unwrap();
        let spawn = |number: usize| -> Child {
            let own = temporary.path().join(number.to_string());
            fs::create_dir(&own).unwrap();
            let mut command = process.again(&format!("recorder {number}"));
            command.env("FIXTURE", &fixture).env("TMPDIR", &own).env("TEMP", &own).env("TMP", &own);
            command.spawn().unwrap()
        };
        let recorders: Vec<Child> = (0..PROCESSES).map(spawn).collect();
        for mut recorder in recorders {
            assert!(recorder.wait().unwrap().success());
        }
        assert_eq!(interactions(&fixture).len(), PROCESSES * REQUESTS);
        assert_eq!(names(folder.path()), ["fixture.json"], "nothing else is left");
        for number in 0..PROCESSES {
            assert!(names(&temporary.path().join(number.to_string())).is_empty());
        }
    });
}

#[cfg(unix)]
#[test]
fn waiting_recorders_print_what_they_wait_for() {
    alone(&[], |process| {
        if process.part() == "recorder" {
            return record("locking::test", 1);
        }
        let (folder, fixture) = place();
        let lock = File::open(folder.path()).unwrap();
        lock.lock().unwrap();
        let begin = Instant::now();
        let mut command = process.again("recorder");
        let stderr = std::process::Stdio::piped();
        let recorder = command.env("FIXTURE", &fixture).stderr(stderr).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(2_500));
        drop(lock);
        let output = recorder.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(begin.elapsed() > Duration::from_secs(2));
        let line = stderr.lines().find(|line| line.contains("waiting for another")).unwrap();
        assert!(line.contains(&*folder.path().to_string_lossy()), "{line}");
        assert_eq!(interactions(&fixture).len(), 1);
    });
}

#[test]
fn unwritable_fixtures_are_noticed_before_a_request_is_paid_for() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}")]);
        let mock = upstream.record(&fixture, "locking::test").start().unwrap();
        chat(&mock, &prompt("a")).bytes();
        mock.finish().unwrap();
        let mut permissions = fs::metadata(&fixture).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&fixture, permissions).unwrap();
        let mock = upstream.record(&fixture, "locking::test").start().unwrap();
        let response = chat(&mock, &prompt("b"));
        assert_eq!(response.status, 418);
        let text = response.text();
        assert!(text.contains("read-only"), "{text}");
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("read-only") && report.contains("fixture.json"), "{report}");
        assert_eq!(upstream.requests().len(), 1, "the second request was not forwarded");
        assert!(!failed(&fixture).exists());
    });
}

/// Needs a second user, and so the right to become one.
#[cfg(target_os = "linux")]
#[test]
fn other_users_record_into_a_shared_folder() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    const OTHER: u32 = 65_534;
    alone(&[], |process| {
        if let Some(test) = process.part().strip_prefix("recorder ") {
            return record(test, 1);
        }
        let (folder, fixture) = place();
        if fs::metadata(folder.path()).unwrap().uid() != 0 {
            return llmock_testkit::process::skipped("recording as another user needs root");
        }
        let open = |mode| fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.path(), open(0o777)).unwrap();
        let run = |test: &str, user: Option<u32>| {
            // The other user may not be able to reach this very program.
            let program = folder.path().join("program");
            if !program.exists() {
                fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
                fs::set_permissions(&program, open(0o755)).unwrap();
            }
            let again = process.again(&format!("recorder {test}"));
            let mut command = std::process::Command::new(program);
            command.args(again.get_args());
            for (name, value) in again.get_envs() {
                command.env(name, value.unwrap_or_default());
            }
            command.env("FIXTURE", &fixture).current_dir(folder.path());
            if let Some(user) = user {
                command.uid(user).gid(user);
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run("locking::first", None);
        fs::set_permissions(&fixture, open(0o666)).unwrap();
        run("locking::second", Some(OTHER));
        run("locking::third", None);
        assert_eq!(interactions(&fixture).len(), 3);
        let owner = fs::metadata(&fixture).unwrap();
        assert_eq!((owner.uid(), owner.mode() & 0o777), (0, 0o666), "owner and mode stay");
        fs::remove_file(folder.path().join("program")).unwrap();
        assert_eq!(names(folder.path()), ["fixture.json"]);
    });
}
