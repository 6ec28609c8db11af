//! The contract and the cache guard on recorded traffic: what providers accepted is not rejected, and conversations that
//! grow have no breaks.

use std::collections::BTreeMap;
use std::path::Path;

use llmock::{CONTRACT_DATE, CacheReport, Fixture};
use llmock_testkit::process::skipped;
use llmock_tests::corpus::{row, written};

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
