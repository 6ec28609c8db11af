//! `llmock compare`: the suite on another model.

use serde_json::Value;

use super::place::Place;
use super::program::{UNKNOWN, Upstreams};
use crate::command::Ran;

/// `llmock compare` on this model, and what it printed.
pub(super) fn compare(place: &Place, model: &str, more: &[&str], upstreams: &Upstreams) -> Ran {
    let arguments = [&["compare", "--model", model], more].concat();
    let mut command = place.llmock(&arguments, "");
    command.envs(upstreams.variables());
    Ran::of(command)
}

#[test]
fn a_suite_runs_on_another_model_beside_its_fixtures() {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(2, &upstreams);
    let before = place.fixtures();
    upstreams.received();
    let done = compare(&place, "openai:gpt-4.1-nano", &["--json"], &upstreams);
    assert_eq!(done.code, 0, "{done:?}");
    let compared: Value = serde_json::from_str(&done.out).unwrap();
    let tests = compared["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 10, "{compared:#}");
    for test in tests {
        assert_eq!(test["verdict"], "passed", "{test:#}");
        for side in ["before", "after"] {
            assert!(test[side]["input"].as_u64().unwrap() > 0, "{test:#}");
            assert!(test[side]["usd"].as_f64().unwrap() > 0.0, "{test:#}");
        }
        assert!(test["ms"].is_u64(), "{test:#}");
    }
    assert_eq!(compared["other_providers"]["anthropic"], 2);
    let costs = ["before", "after"].map(|side| compared[side]["usd"].as_f64().unwrap());
    assert!(costs[1] < costs[0], "the other model is cheaper: {compared:#}");
    assert_eq!(place.fixtures(), before);
    let folder = place.path(compared["folder"].as_str().unwrap());
    let written = super::local::texts(&folder);
    assert!(written.contains("gpt-4.1-nano") && !written.contains("gpt-4.1-mini"), "{written}");
    assert_eq!(upstreams.received().tests.len(), 17, "each request of the suite is sent once");

    let text = compare(&place, "openai:gpt-4.1-nano", &[], &upstreams).out;
    for part in [
        "suite::a0  passed  ",
        "openai:gpt-4.1-nano: 10 of 10 tests passed",
        "as committed: 17 requests",
        "with gpt-4.1-nano: 17 requests",
        "2 requests went to anthropic, whose model was not replaced",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn unknown_models_and_missing_prices_are_named() {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(1, &upstreams);
    let unknown = compare(&place, &format!("openai:{UNKNOWN}"), &[], &upstreams);
    assert_ne!(unknown.code, 0, "{unknown:?}");
    for part in [
        "failed",
        "The model `gpt-nope` does not exist",
        "hint: is `gpt-nope` a model of openai?",
        "openai:gpt-nope: 1 of 5 tests passed",
    ] {
        assert!(unknown.out.contains(part), "{part}: {unknown:?}");
    }
    let unpriced = compare(&place, "openai:my-own-model", &[], &upstreams);
    assert_eq!(unpriced.code, 0, "{unpriced:?}");
    for part in ["no price is known for my-own-model", "hint: `--prices FILE` names prices"] {
        assert!(unpriced.out.contains(part), "{part}: {unpriced:?}");
    }
    place.write(
        "prices.toml",
        "date = \"2026-11-30\"\n[[price]]\nprovider = \"openai\"\nmodel = \"my-own-model\"\ninput = 1\noutput = 1\n",
    );
    let priced = compare(&place, "openai:my-own-model", &["--prices", "prices.toml"], &upstreams);
    assert!(priced.out.contains("with my-own-model: 9 requests"), "{priced:?}");
    assert!(!priced.out.contains("no price is known"), "{priced:?}");
}
