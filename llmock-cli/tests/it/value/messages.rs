//! What goes wrong around plans, comparisons, and recordings, in one clear sentence each.

use super::place::Place;
use super::program::Upstreams;
use crate::command::{Desk, Ran};

#[test]
fn invalid_models_and_programs_are_named() {
    let place = Place::new(1);
    for (arguments, code, part) in [
        (
            &["compare", "--model", "gpt-5-mini"][..],
            2,
            "expected a value such as `openai:gpt-5-mini`",
        ),
        (&["compare", "--model", "opnai:gpt-5-mini"], 2, "did you mean `openai`?"),
        (&["compare", "--model", "openai:"], 2, "expected a value such as `openai:gpt-5-mini`"),
        (&["compare"], 2, "--model"),
        (&["plan", "--prices", "nowhere.toml"], 1, "nowhere.toml"),
        (&["record", "--planned"], 1, "there is no plan\nhint: run `llmock plan` first"),
        (&["record", "--max-age", "3d"], 2, "--stale"),
        (&["record", "--stale", "--max-age", "3 parsecs"], 2, "expected a value such as `90d`"),
        (&["record", "--stale", "--planned"], 2, "cannot be used with"),
        (&["plan", "--", "no-such-program"], 1, "failed to run `no-such-program`"),
        (
            &["compare", "--model", "openai:m", "--", "no-such-program"],
            1,
            "failed to run `no-such-program`",
        ),
    ] {
        let mut command = place.command(std::path::Path::new(env!("CARGO_BIN_EXE_llmock")), "");
        command.args(arguments);
        let ran = Ran::of(command);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(part), "{part}: {ran:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_suite_without_llmock_is_no_plan() {
    let place = Place::new(1);
    for arguments in
        [&["plan", "--", "true"][..], &["compare", "--model", "openai:m", "--", "true"]]
    {
        let mut command = place.command(std::path::Path::new(env!("CARGO_BIN_EXE_llmock")), "");
        command.args(arguments);
        let ran = Ran::of(command);
        assert_eq!((ran.code, ran.err.trim()), (1, "error: no test used llmock"), "{ran:?}");
    }
}

#[test]
fn a_provider_that_is_down_is_no_drift() {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(1, &upstreams);
    let mut command = place.llmock(&["verify"], "");
    command.envs(upstreams.variables());
    let fine = Ran::of(command);
    assert_eq!(fine.code, 0, "{fine:?}");
    assert!(fine.out.contains("9 recordings of 5 tests: 9 same"), "{fine:?}");

    let variables = upstreams.stop();
    let mut command = place.llmock(&["verify"], "");
    command.envs(variables);
    let down = Ran::of(command);
    assert_eq!(down.code, 3, "{down:?}");
    for part in ["does not respond: connection refused", "9 recordings of 5 tests: 9 failed"] {
        assert!(down.out.contains(part), "{part}: {down:?}");
    }
}

#[test]
fn a_pending_file_without_its_fixture_is_an_error() {
    let desk = Desk::with(&[]);
    desk.write("f/lost.json.pending", "{\"llmock\": 1, \"interactions\": []}");
    let checked = desk.run(&["check", "--no-tests"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    for part in [
        "error[pending] f/lost.json.pending: there is no fixture `f/lost.json`",
        "delete the file, or bring the fixture back",
    ] {
        assert!(checked.out.contains(part), "{part}: {checked:?}");
    }
    assert!(desk.fails(&["review"]).contains("has no fixture: `f/lost.json` does not exist"));
}
