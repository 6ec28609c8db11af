//! The contract and the cache guard on recorded traffic: what providers accepted is not rejected, and conversations that
//! grow have no breaks.

use std::collections::BTreeMap;
use std::path::Path;

use llmock::{CONTRACT_DATE, CacheReport, Fixture};
use llmock_testkit::process::skipped;
use llmock_tests::corpus::{row, written};
use serde_json::Value;

/// Names the folder of the corpus.
const FOLDER: &str = "LLMOCK_CORPUS";

/// Every cassette as a fixture.
fn fixtures(folder: &Path) -> Vec<(String, Fixture)> {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("cassette.json");
    let cassettes = row::load(folder).expect("the folder is a corpus").into_iter();
    let load = |cassette: row::Cassette| {
        std::fs::write(&file, written::fixture(&cassette)).unwrap();
        let fixture =
            Fixture::load(&file).unwrap_or_else(|error| panic!("{}: {error}", cassette.path));
        (cassette.path, fixture)
    };
    cassettes.map(load).collect()
}

#[test]
fn requests_that_providers_accepted_are_not_rejected() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return skipped("recorded traffic, as `LLMOCK_CORPUS` names no folder of it");
    };
    let (mut accepted, mut rejected, mut known) = (0, 0, 0);
    let mut retired: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (path, fixture) in fixtures(Path::new(&folder)) {
        for interaction in fixture.interactions() {
            let request = interaction.request();
            let all = request.rejections(CONTRACT_DATE);
            let (gone, now): (Vec<_>, Vec<_>) =
                all.into_iter().partition(|one| one.code.starts_with("retired"));
            for _ in gone {
                *retired.entry(request.model().unwrap_or_default()).or_default() += 1;
            }
            if interaction.status() < 300 {
                accepted += 1;
                wrong.extend(
                    now.iter()
                        .map(|one| format!("{path}: {} {}: {}", one.rule, one.place, one.message)),
                );
            } else if (400..500).contains(&interaction.status()) {
                rejected += 1;
                known += usize::from(!now.is_empty());
            }
        }
    }
    println!(
        "{accepted} accepted requests were not rejected; of {rejected} rejected ones the table has {known}, the others \
         are about keys, models, files and rates; {} requests name a retired model",
        retired.values().sum::<usize>()
    );
    assert!(wrong.is_empty(), "{} of {accepted}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn conversations_of_recorded_traffic_keep_their_prefix() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return skipped("recorded traffic, as `LLMOCK_CORPUS` names no folder of it");
    };
    let (mut turns, mut kept) = (0, 0);
    let mut breaks = Vec::new();
    for (path, fixture) in fixtures(Path::new(&folder)) {
        let report = CacheReport::of(fixture.interactions());
        turns += report.turns;
        kept += report.kept;
        breaks.extend(report.breaks.iter().map(|one| format!("{path}: {one}")));
    }
    println!("of {turns} turns {kept} keep their prefix:\n{}", breaks.join("\n"));
    assert_eq!(turns, kept + breaks.len());
}

/// The name of the list of a request's messages, and the messages without marks of the prompt cache.
fn messages(row: &row::Row) -> Option<(&'static str, Vec<Value>)> {
    let body: Value = serde_json::from_slice(&row.request_body).ok()?;
    let lists = ["messages", "input", "contents"].into_iter();
    let mut lists = lists.filter_map(|name| Some((name, body[name].as_array()?)));
    let (name, list) = lists.find(|(_, list)| !list.is_empty())?;
    Some((name, list.iter().map(unmarked).collect()))
}

fn unmarked(value: &Value) -> Value {
    const MARKS: [&str; 3] = ["cache_control", "cachePoint", "prompt_cache_breakpoint"];
    match value {
        Value::Array(items) => items.iter().map(unmarked).collect(),
        Value::Object(members) => {
            let counts = |name: &str, value: &Value| !MARKS.contains(&name) && !value.is_null();
            let kept = members.iter().filter(|(name, value)| counts(name, value));
            kept.map(|(name, value)| (name.clone(), unmarked(value))).collect()
        }
        other => other.clone(),
    }
}

/// Whether the second request has more messages of the same kind, and one of the first.
fn is_later_turn(before: &(&str, Vec<Value>), now: &(&str, Vec<Value>)) -> bool {
    before.0 == now.0
        && now.1.len() > before.1.len()
        && before.1.iter().any(|message| now.1.contains(message))
}

/// Two requests, one after the other, as turns that were accepted at one address.
fn pair(before: &row::Row, now: &row::Row) -> row::Cassette {
    let turn = |row: &row::Row| row::Row {
        url: before.url.clone(),
        status: 200,
        response_body: b"{}".to_vec(),
        streaming: None,
        ..row.clone()
    };
    row::Cassette { rows: vec![turn(before), turn(now)], ..row::Cassette::default() }
}

/// The part of a prompt that a path is in.
fn part(path: &str) -> &'static str {
    let begins = |names: &[&str]| names.iter().any(|name| path.starts_with(name));
    match path {
        _ if begins(&["$.tools"]) => "tools",
        _ if begins(&["$.system", "$.instructions"]) => "system",
        _ if begins(&["$.messages[0]", "$.input[0]", "$.contents[0]"]) => "first message",
        _ => "later message",
    }
}

/// Counted are requests that directly follow one with fewer messages, one of which is in both. What `CacheReport` counts of
/// a whole recording is more and less: it knows which of all earlier requests a turn continues, takes two spellings of a
/// message for one, reads Cohere's `chat_history`, and leaves out what was rejected or went to another address.
#[test]
fn of_812_consecutive_turns_780_keep_their_prefix_and_32_are_named() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return skipped("recorded traffic, as `LLMOCK_CORPUS` names no folder of it");
    };
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("pair.json");
    let (mut turns, mut kept) = (0, 0);
    let (mut breaks, mut parts) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for cassette in row::load(Path::new(&folder)).expect("the folder is a corpus") {
        let sent = cassette.rows.iter();
        let sent: Vec<_> = sent.filter_map(|row| Some((row, messages(row)?))).collect();
        for two in sent.windows(2).filter(|two| is_later_turn(&two[0].1, &two[1].1)) {
            std::fs::write(&file, written::fixture(&pair(two[0].0, two[1].0))).unwrap();
            let report = CacheReport::of(Fixture::load(&file).unwrap().interactions());
            turns += report.turns;
            kept += report.kept;
            for found in &report.breaks {
                *parts.entry(part(&found.path)).or_default() += 1;
                breaks.push(format!("{}: {}: {}", cassette.path, found.path, found.cause));
            }
        }
    }
    println!(
        "of {turns} consecutive turns {kept} keep their prefix; the others:\n{}",
        breaks.join("\n")
    );
    let expected = BTreeMap::from([("first message", 6), ("system", 6), ("tools", 20)]);
    assert_eq!((turns, kept, parts), (812, 780, expected));
}
