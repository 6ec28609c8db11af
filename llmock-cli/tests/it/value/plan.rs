//! `llmock plan`: fifty tests and ten edits.

use serde_json::Value;

use super::place::Place;
use super::program::{EDITS, Upstreams};
use crate::command::Ran;

/// The obsolete recordings of a test and edit, as places in the test's own recordings, and how many requests are new.
fn expected(edit: &str, test: &str) -> (Vec<usize>, usize) {
    let group = &test[..1];
    match (edit, group, test) {
        ("system", "b", _) => (vec![0, 1, 2], 0),
        ("tool", "c", _) | ("temperature", _, "a0") => (vec![0, 1], 0),
        ("one_message", _, "a1") | ("model", "d", _) | ("temperature", "a", _) => (vec![0], 0),
        ("middle_turn", _, "b1") => (vec![1, 2], 0),
        ("more_turns", _, "b0") => (vec![], 1),
        ("tool_result", _, "c1") => (vec![1], 0),
        _ => (vec![], 0),
    }
}

/// How many causes there are, how many later turns, and how many recordings that nothing would use.
fn groups(edit: &str, each: usize) -> (usize, usize, u64) {
    match edit {
        "annotation" => (0, 0, 0),
        "fewer_turns" => (0, 0, 1),
        "system" => (1, 2 * each, 0),
        "tool" => (1, each, 0),
        "middle_turn" => (1, 1, 0),
        _ => (1, 0, 0),
    }
}

fn plan(place: &Place, edit: &str) -> Value {
    let ran = Ran::of(place.llmock(&["plan", "--json"], edit));
    assert_eq!(ran.code, 0, "{edit}: {ran:?}");
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
}

/// The tests of a plan, one for each request, and the numbers of the recordings that are obsolete.
fn named(plan: &Value) -> (Vec<String>, Vec<(String, u64)>) {
    let requests = plan["requests"].as_array().unwrap();
    let test = |one: &Value| one["test"].as_str().unwrap().trim_start_matches("suite::").to_owned();
    let mut tests: Vec<String> = requests.iter().map(test).collect();
    let numbers = requests.iter().filter_map(|one| Some((test(one), one["number"].as_u64()?)));
    let mut numbers: Vec<_> = numbers.collect();
    tests.sort();
    numbers.sort();
    (tests, numbers)
}

#[test]
fn ten_edits_of_ten_tests_are_planned_exactly() {
    planned_exactly(2);
}

#[test]
#[ignore = "runs fifty tests thirty times; the test of ten runs by default, and `.ci/run plan` runs this one"]
fn ten_edits_of_fifty_tests_are_planned_exactly() {
    planned_exactly(10);
}

fn planned_exactly(each: usize) {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(each, &upstreams);
    let recorded = place.fixtures();
    upstreams.received();
    for edit in EDITS {
        let planned = plan(&place, edit);
        assert_eq!(place.fixtures(), recorded, "{edit}: a plan changes nothing");
        assert_eq!(upstreams.received().tests, [""; 0], "{edit}: a plan sends nothing");
        let (tests, numbers) = named(&planned);
        let (mut wanted, mut all) = (Vec::new(), 0);
        for group in super::program::GROUPS {
            for at in 0..place.each {
                let test = format!("{group}{at}");
                let (obsolete, new) = expected(edit, &test);
                all += obsolete.len() + new;
                let own = place.numbers(&test);
                wanted.extend(obsolete.iter().map(|one| (test.clone(), own[*one])));
            }
        }
        wanted.sort();
        assert_eq!((numbers, tests.len()), (wanted, all), "{edit}: {planned:#}");

        let (causes, later, unused) = groups(edit, place.each);
        let requests = planned["requests"].as_array().unwrap();
        let found_later = requests.iter().filter(|one| !one["later_turn_of"].is_null()).count();
        let found_unused: u64 =
            planned["unused"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(
            (planned["causes"].as_array().unwrap().len(), found_later, found_unused),
            (causes, later, unused),
            "{edit}: {planned:#}"
        );

        // What recording then sends is what was planned, and takes as many tokens.
        let ran = place.run_suite("refresh", edit, Some(&upstreams));
        assert_eq!(ran.code, 0, "{edit}: {ran:?}");
        let received = upstreams.received();
        assert_eq!(received.tests, tests, "{edit}");
        let usage = &planned["usage"];
        let predicted = usage["input"].as_u64().unwrap() + usage["output"].as_u64().unwrap();
        let keeps_turns = !["fewer_turns", "more_turns"].contains(&edit);
        let is_close = predicted.abs_diff(received.tokens) * 10 <= received.tokens;
        assert!(is_close || !keeps_turns, "{edit}: {predicted} against {}", received.tokens);
        assert!(plan(&place, edit)["requests"].as_array().unwrap().is_empty(), "{edit}");
        place.restore(&recorded);
    }
}

#[test]
fn plans_name_causes_and_what_is_not_known() {
    let upstreams = Upstreams::scripted();
    let place = Place::recorded(2, &upstreams);
    let text = |edit| Ran::of(place.llmock(&["plan"], edit)).out;
    let system = text("system");
    for part in [
        "system prompt: \"tersely and politely.\" → \"kindly and at length.\"  6 requests",
        "later turn of #",
        "6 recordings obsolete, in 2 of 10 tests",
        "to record: 6 requests, ",
        "`llmock record --planned` records exactly these",
    ] {
        assert!(system.contains(part), "{part}: {system}");
    }
    assert!(text("tool").contains("tool `search`  4 requests"), "{}", text("tool"));
    let more = text("more_turns");
    let told = "ends at a new request: suite::b0; what it sends after the response is not known";
    assert!(
        more.contains(told) && more.contains("0 recordings obsolete and 1 new request"),
        "{more}"
    );
    assert!(text("fewer_turns").contains("f/b.json: 1 recording would no longer be used"));
    assert!(text("annotation").contains("every request is recorded: nothing has to be recorded"));
    // A file that is gone is a file to record.
    std::fs::remove_file(place.path("f/e.json")).unwrap();
    let gone = plan(&place, "");
    assert_eq!(named(&gone).0, ["e0", "e1"], "{gone:#}");
    // Models without a price.
    place.write(
        "prices.toml",
        "date = \"2026-11-30\"\n[[price]]\nprovider = \"openai\"\nmodel = \"gpt-4.1-mini\"\ninput = 1\noutput = 1\n",
    );
    let priced = Ran::of(place.llmock(&["plan", "--prices", "prices.toml"], "system")).out;
    assert!(priced.contains("about $0."), "{priced}");
}
