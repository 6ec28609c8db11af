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
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use llmock_testkit::scratch::Ran;

use museum::{Look, Museum, SOURCES};
use outputs::{coloured_lines, other_lines, output, steady, without_carets, without_colours};
use pasted::{Suggestions, one_test, with_rules};
use table::{GROUPS, Mistake};

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
        if !missing.is_empty() {
            unnamed.push(format!("{test} does not name {missing:?}:\n{shown}"));
        }
    }
    assert!(unnamed.is_empty(), "{} unnamed:\n{}", unnamed.len(), unnamed.join("\n\n"));
    assert_eq!(number, 101, "outputs that name their cause");
}

#[test]
#[ignore = "takes minutes with the others; `.ci/run mistakes` runs them"]
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
    pages(&museum, &plain);
    let compiled = compiled::PROGRAMS.iter().map(|program| {
        let shown = compiled::messages_of_llmock(&messages[program.name]);
        format!("=== {}: {}\n\n{shown}\n\n", program.name, program.done)
    });
    assert_page("compiled", &compiled.collect::<String>());
}

/// One page for each group: the outputs, the lines with colours, and the lines that nextest adds or changes.
fn pages(museum: &Museum, plain: &[(&'static Mistake, Ran)]) {
    let coloured = run_all(museum, Look::Coloured);
    let nextest = run_all(museum, Look::Nextest);
    let mut at = 0;
    for (group, mistakes) in GROUPS {
        let mut page = String::new();
        for mistake in *mistakes {
            let shown = steady(&output(mistake, &plain[at].1));
            let colours = steady(&output(mistake, &coloured[at].1));
            // Without colours, marks below a line stand for them.
            assert_eq!(without_colours(&colours), without_carets(&shown), "colours add no word");
            let other = steady(&nextest[at].1.stderr());
            write!(page, "=== {}: {}\n\n{shown}\n", mistake.test, mistake.done).unwrap();
            for (title, lines) in
                [("in colour", coloured_lines(&colours)), ("nextest", other_lines(&shown, &other))]
            {
                if !lines.is_empty() {
                    write!(page, "\n--- {title}\n{lines}").unwrap();
                }
            }
            page.push('\n');
            at += 1;
        }
        assert_page(group, &page);
    }
}

fn assert_page(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "pages", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
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
    if replayed.success {
        Outcome::Resolved
    } else if shown.contains(ANNOUNCED) {
        Outcome::Announced
    } else {
        Outcome::Unresolved
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
#[ignore = "takes minutes with the others; `.ci/run mistakes` runs them"]
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
        let ran = changed.run(mistake, Look::Plain, 0);
        let again = changed.replay(mistake.program, &[mistake.test, "--exact"], 0);
        let failed = if ran.success { again } else { ran };
        let pasted = rules[mistake.test].join(", ");
        if failed.success {
            rows.push((mistake.test, pasted, Outcome::Resolved));
            continue;
        }
        // One of two steps: the test gets further, and what it prints now names the next.
        let shown = output(mistake, &failed);
        let next = follow_commands(&changed, mistake, &shown, 0);
        assert!(!next.is_empty(), "{}: {pasted} leads to {shown}", mistake.test);
        let next = next.into_iter().map(|(_, outcome)| (mistake.test, pasted.clone(), outcome));
        rows.extend(next);
    }
    let unresolved: Vec<_> =
        rows.iter().filter(|(_, _, outcome)| *outcome == Outcome::Unresolved).collect();
    assert!(unresolved.is_empty(), "{} of {}: {unresolved:#?}", unresolved.len(), rows.len());
    let row = |(test, pasted, outcome): &(&str, String, Outcome)| {
        format!("{outcome:?} | {test} | {pasted}\n")
    };
    assert_page("pasted", &rows.iter().map(row).collect::<String>());
}
