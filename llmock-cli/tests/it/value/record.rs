//! `llmock record --planned` and `--stale`, with a program in the place of Cargo that runs the suite.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::place::Place;
use super::program::{ARGUMENTS, Upstreams};
use crate::command::Ran;

/// Keeps its arguments, builds nothing, and runs the tests behind `--exact`.
fn cargo(place: &Place, builds: bool) -> std::path::PathBuf {
    let code = if builds { 0 } else { 101 };
    let (suite, words) = (place.suite.display(), ARGUMENTS.join(" "));
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *--no-run*) exit {code};; esac\necho \"$*\" >> arguments\n\
         SUITE_ONLY=\"${{*##*--exact }}\" exec '{suite}' {words}\n"
    );
    place.write("cargo", &script);
    let path = place.path("cargo");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// `llmock` with that program as Cargo.
pub(super) fn llmock(place: &Place, builds: bool, arguments: &[&str], edit: &str) -> Command {
    let mut command = place.command(Path::new(env!("CARGO_BIN_EXE_llmock")), edit);
    command.args(arguments).env("CARGO", cargo(place, builds));
    command
}

fn record(place: &Place, arguments: &[&str], edit: &str, upstreams: &Upstreams) -> Ran {
    let _ = std::fs::remove_file(place.path("arguments"));
    let mut command = llmock(place, true, arguments, edit);
    command.envs(upstreams.variables());
    Ran::of(command)
}

#[test]
fn exactly_what_is_planned_is_recorded() {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(2, &upstreams);
    upstreams.received();
    let planned = Ran::of(place.llmock(&["plan"], "middle_turn"));
    assert!(planned.out.contains("2 recordings obsolete, in 1 of 10 tests"), "{planned:?}");
    let done = record(&place, &["record", "--planned"], "middle_turn", &upstreams);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(place.read("arguments"), "test --no-fail-fast -- --exact b1\n");
    assert_eq!(upstreams.received().tests, ["b1", "b1"]);
    assert!(place.read("f/b.json").contains("first Monday"), "{}", place.read("f/b.json"));
    let again = Ran::of(place.llmock(&["plan"], "middle_turn"));
    assert!(again.out.contains("nothing has to be recorded again"), "{again:?}");
    let none = record(&place, &["record", "--planned"], "middle_turn", &upstreams);
    assert_eq!((none.code, none.out.trim()), (0, "nothing is planned: every request is recorded"));
}

#[test]
fn a_limit_stops_a_planned_recording_and_loses_nothing() {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(2, &upstreams);
    let before = place.fixtures();
    Ran::of(place.llmock(&["plan"], "system"));
    upstreams.received();
    let mut command = llmock(&place, true, &["record", "--planned"], "system");
    command.envs(upstreams.variables()).env("LLMOCK_MAX_REQUESTS", "4");
    let stopped = Ran::of(command);
    assert_ne!(stopped.code, 0, "{stopped:?}");
    let told = format!("{}{}", stopped.out, stopped.err);
    assert!(told.contains("LLMOCK_MAX_REQUESTS=4 is reached in this run"), "{stopped:?}");
    assert_eq!(upstreams.received().tests, ["b0", "b0", "b0", "b1"]);
    // The first test is recorded, and what the second one had so far is kept.
    assert_ne!(place.fixtures(), before);
    assert!(place.read("f/b.json.failed").contains("b1: When do you open?"));
    let rest = Ran::of(place.llmock(&["plan", "--json"], "system"));
    let rest: serde_json::Value = serde_json::from_str(&rest.out).unwrap();
    assert_eq!(rest["requests"].as_array().unwrap().len(), 3, "{rest:#}");
}

#[test]
fn tests_with_old_recordings_are_recorded_again() {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(2, &upstreams);
    upstreams.received();
    let fresh = record(&place, &["record", "--stale"], "", &upstreams);
    assert_eq!((fresh.code, fresh.out.trim()), (0, "no recording of a test is older than allowed"));
    // One old recording, and one that no test owns.
    let age = |file: &str, number: usize, is_owned: bool| {
        let mut fixture: serde_json::Value = serde_json::from_str(&place.read(file)).unwrap();
        let one = &mut fixture["interactions"][number];
        one["recorded_at"] = "2024-02-29T12:00:00Z".into();
        if !is_owned {
            one.as_object_mut().unwrap().remove("test");
        }
        place.write(file, &fixture.to_string());
    };
    age("f/d.json", 1, true);
    age("f/e.json", 0, false);
    let checked = Ran::of(llmock(&place, true, &["check", "--stale", "--format", "names"], ""));
    assert_eq!((checked.code, checked.out.as_str()), (1, "d1\n"), "{checked:?}");
    place.write("llmock.toml", "max_age = \"5200w\"\n");
    let allowed = record(&place, &["record", "--stale"], "", &upstreams);
    assert_eq!(allowed.out.trim(), "no recording of a test is older than allowed", "{allowed:?}");
    let done = record(&place, &["record", "--stale", "--max-age", "30d"], "", &upstreams);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("1 old recording without an owner stays as it is"), "{done:?}");
    assert_eq!(place.read("arguments"), "test --no-fail-fast -- --exact d1\n");
    assert_eq!(upstreams.received().tests, ["d1"]);
    assert!(!place.read("f/d.json").contains("2024-02-29"), "{}", place.read("f/d.json"));
}

#[test]
fn a_suite_that_does_not_build_runs_nothing() {
    let place = Place::new(1);
    for arguments in [
        &["plan"][..],
        &["record"],
        &["refresh"],
        &["replay"],
        &["compare", "--model", "openai:gpt-5-mini"],
    ] {
        let broken = Ran::of(llmock(&place, false, arguments, ""));
        assert_eq!(broken.code, 1, "{broken:?}");
        let told =
            "error: the tests do not build, so none was run: `cargo test --no-fail-fast` shows why";
        assert!(broken.err.contains(told), "{broken:?}");
        assert!(!place.path("arguments").exists());
    }
}
