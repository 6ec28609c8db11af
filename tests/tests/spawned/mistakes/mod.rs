//! A hundred mistakes in the tests of a small application: each output has to name its cause, and what it suggests
//! has to help. [`table`] lists the mistakes that show when a test runs, [`compiled`] those that the compiler finds.

mod compiled;
mod museum;
mod outputs;
mod pasted;
mod provider;
mod runners;
mod stress;
mod table;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use llmock_testkit::scratch::Ran;

use museum::{Look, Museum, SOURCES};
use outputs::output;
use pasted::{Suggestions, one_test, with_rules};
use table::Mistake;

/// Causes that the output does not name yet.
const OPEN: &[&str] = &[
    "prompts::speaks_with_one_voice",
    "prompts::reads_a_list",
    "prompts::reads_accents",
    "prompts::reads_a_space",
    "prompts::reads_the_alphabet",
    "prompts::reads_from_left_to_right",
    "fields::describes_a_picture",
    "tours::plans_for_a_class",
    "tours::plans_for_a_collector",
    "tours::plans_by_the_hours",
    "tours::plans_by_the_hours_in_order",
    "tours::goes_on_from_the_history",
    "order::continues_a_thread",
    "order::interviews_four_guards",
    "order::opens_and_closes",
    "counts::thanks_and_says_goodbye",
    "fixtures::counts_the_coins",
    "fixtures::labels_the_door",
    "lines::reads_its_settings",
    "lines::reads_its_other_settings",
    "lines::has_an_address_far_away",
    "kiosk::starts_the_kiosk",
    "lines::has_a_handle",
    "providers::asks_the_curator_instead",
    "providers::has_a_mock_in_front",
    "providers::has_a_mock_beside_it",
    "studio::has_no_key_for_labels",
];

/// Runs something for each mistake, several at a time. The second argument is the number of the thread.
fn in_parallel<T: Send>(
    work: impl Fn(&'static Mistake, usize) -> T + Sync,
) -> Vec<(&'static Mistake, T)> {
    let mistakes: Vec<&Mistake> = museum::mistakes().collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 8));
    thread::scope(|scope| {
        for worker in 0..threads {
            let (next, results, mistakes, work) = (&next, &results, &mistakes, &work);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mistake) = mistakes.get(at) else { return };
                    let result = work(mistake, worker);
                    results.lock().unwrap().insert(at, result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap().into_values();
    mistakes.into_iter().zip(results).collect()
}

/// Runs every mistake in the same way.
fn run_all(museum: &Museum, look: Look) -> Vec<(&'static Mistake, Ran)> {
    let all = in_parallel(|mistake, worker| museum.run(mistake, look, worker));
    museum.restore();
    for (mistake, ran) in &all {
        let passes = mistake.passes || (mistake.together && look == Look::Nextest);
        assert_eq!(ran.success, passes, "{}: {}", mistake.test, ran.everything());
    }
    all
}

/// Fails with every output that lacks a word of its cause.
fn assert_causes_are_named<'a>(shown: impl Iterator<Item = (&'a str, &'a [&'a str], &'a str)>) {
    let (mut number, mut unnamed) = (0, Vec::new());
    for (test, cause, shown) in shown {
        number += 1;
        let missing: Vec<&&str> = cause.iter().filter(|word| !shown.contains(**word)).collect();
        if !missing.is_empty() && !OPEN.contains(&test) {
            unnamed.push(format!("{test} does not name {missing:?}:\n{shown}"));
        }
    }
    assert!(unnamed.is_empty(), "{} unnamed:\n{}", unnamed.len(), unnamed.join("\n\n"));
    assert_eq!(number, 100, "outputs that name their cause");
}

#[test]
fn every_output_names_its_cause() {
    let museum = Museum::open("museum", SOURCES);
    let plain = run_all(&museum, Look::Plain);
    let shown: Vec<String> = plain.iter().map(|(mistake, ran)| output(mistake, ran)).collect();
    let messages = compiled::messages(museum.scratch());
    let ran = plain.iter().zip(&shown);
    let ran = ran.map(|((mistake, _), shown)| (mistake.test, mistake.cause, shown.as_str()));
    let compiled = compiled::PROGRAMS.iter();
    let compiled =
        compiled.map(|program| (program.name, program.cause, messages[program.name].as_str()));
    assert_causes_are_named(ran.chain(compiled));
}

/// What became of a test that followed a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Resolved,
    /// It fails as before, as the output had said.
    Announced,
    Unresolved,
}

/// An output says that its command does not help. In every report this is said of what changes on every run; here it
/// has to be said of what did change.
const ANNOUNCED: &str = "on every run, so recording again does not help";

fn outcome(replayed: &Ran, shown: &str) -> Outcome {
    match replayed.success {
        true => Outcome::Resolved,
        false if shown.contains(ANNOUNCED) => Outcome::Announced,
        false => Outcome::Unresolved,
    }
}

/// Follows every command of one output, each from where the mistake was made.
fn follow_commands(
    museum: &Museum,
    mistake: &Mistake,
    shown: &str,
    worker: usize,
) -> Vec<(String, Outcome)> {
    let commands = Suggestions::of(shown).commands;
    // Only a person can follow this.
    if shown.contains("remove or rename it") {
        museum.remove(mistake.fixture.expect("a file").0);
    }
    let follow = |command: String| {
        if let Some(paths) = command.strip_prefix("mv ") {
            museum.rename(paths);
        } else {
            let record = match command.split_once(" && ") {
                Some((remove, record)) => {
                    museum.remove(remove.strip_prefix("rm ").expect("a removal"));
                    record
                }
                None => &command,
            };
            let (mode, words) = one_test(record, mistake);
            let recorded = museum.paste(mistake.program, &words, mode, worker);
            let ran = recorded.passed().len() + recorded.failed().len();
            assert_eq!(ran, 1, "{command}: {}", recorded.everything());
        }
        let replayed = museum.replay(mistake.program, &[mistake.test, "--exact"], worker);
        let outcome = outcome(&replayed, shown);
        (command, outcome)
    };
    commands.into_iter().map(follow).collect()
}

#[test]
fn suggestions_resolve_failures() {
    let museum = Museum::open("museum", SOURCES);
    let shown = run_all(&museum, Look::Plain);
    let shown: BTreeMap<(&str, &str), String> = shown
        .iter()
        .map(|(mistake, ran)| ((mistake.test, mistake.done), output(mistake, ran)))
        .collect();
    let of = |mistake: &Mistake| &shown[&(mistake.test, mistake.done)];
    let mut rows = Vec::new();
    for (mistake, followed) in
        in_parallel(|mistake, worker| follow_commands(&museum, mistake, of(mistake), worker))
    {
        rows.extend(followed.into_iter().map(|(pasted, outcome)| (mistake.test, pasted, outcome)));
    }
    museum.restore();
    drop(museum);

    let mut rules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for mistake in museum::mistakes() {
        let found = Suggestions::of(of(mistake)).rules;
        if !found.is_empty() {
            rules.insert(mistake.test, found);
        }
    }
    let sources = with_rules(SOURCES, &rules);
    let sources: Vec<_> = sources.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let changed = Museum::open("museum-with-rules", &sources);
    for mistake in museum::mistakes().filter(|mistake| rules.contains_key(mistake.test)) {
        // A value that changes on every run has to pass more than once.
        if of(mistake).contains("Before you record again") {
            changed.paste(mistake.program, &[mistake.test, "--exact"], "record", 0);
        }
        let ran = changed.run(mistake, Look::Plain, 0);
        let again = changed.replay(mistake.program, &[mistake.test, "--exact"], 0);
        let failed = if ran.success { again } else { ran };
        rows.push((mistake.test, rules[mistake.test].join(", "), outcome(&failed, of(mistake))));
    }
    let unresolved: Vec<_> =
        rows.iter().filter(|(_, _, outcome)| *outcome == Outcome::Unresolved).collect();
    assert!(unresolved.is_empty(), "{} of {}: {unresolved:#?}", unresolved.len(), rows.len());
}
