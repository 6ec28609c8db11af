//! A handful of the mistakes through Cargo, through nextest, and through a shell: the other tests start the test
//! programs themselves, which is faster.

use std::process::Command;

use llmock_testkit::scratch::has_nextest;

use super::museum::{self, Look, Museum, SOURCES};
use super::outputs::{output, steady};
use super::pasted::Suggestions;
use super::table::Mistake;

const TESTS: &[&str] = &[
    "prompts::describes_the_wing",
    "prompts::numbers_the_visit",
    "fixtures::takes_the_coats",
    "counts::warns_once",
    "lines::reads_its_settings",
];

fn handful() -> impl Iterator<Item = &'static Mistake> {
    museum::mistakes().filter(|mistake| TESTS.contains(&mistake.test))
}

#[test]
#[ignore = "takes minutes with the others; `.ci/run mistakes` runs them"]
fn cargo_and_nextest_show_the_same() {
    let museum = Museum::open("museum", SOURCES);
    let nextest = has_nextest();
    for mistake in handful() {
        let own = output(mistake, &museum.run(mistake, Look::Plain, 0));
        let words = ["test", "--offline", "--test", "visits", "--", mistake.test, "--exact"];
        let ran = museum.scratch().cargo(".", words).env("SEEDED", "1").env("VISIT", "1").output();
        assert_eq!(steady(&ran.failure(mistake.test)), steady(&own));
        if !nextest {
            continue;
        }
        let own = steady(&museum.run(mistake, Look::Nextest, 0).stderr());
        let filter = format!("test(={})", mistake.test);
        let words = ["nextest", "run", "--offline", "--test", "visits", "-E", &filter];
        let ran = museum.scratch().cargo(".", words).env("SEEDED", "1").env("VISIT", "1").output();
        let shown = steady(&ran.stderr());
        assert!(own.contains("llmock: "), "{own}");
        for line in own.lines() {
            assert!(shown.contains(line.trim()), "{line:?} is not in {shown}");
        }
    }
}

#[cfg(unix)]
#[test]
#[ignore = "takes minutes with the others; `.ci/run mistakes` runs them"]
fn a_shell_runs_the_commands_as_printed() {
    let museum = Museum::open("museum", SOURCES);
    for mistake in handful() {
        let own = output(mistake, &museum.run(mistake, Look::Plain, 0));
        let found = Suggestions::of(&own);
        for line in found.commands {
            let mut shell = Command::new("sh");
            shell.args(["-c", &line]).current_dir(museum.scratch().root());
            let run = museum.scratch().run(shell).env("CARGO_NET_OFFLINE", "true");
            let ran = museum.with_keys(run).env("SEEDED", "1").output();
            assert!(ran.success, "{line}: {}", ran.everything());
            assert_eq!(ran.passed(), [mistake.test], "{line}");
        }
    }
    museum.restore();
}
