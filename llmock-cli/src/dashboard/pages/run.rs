//! The last test run: which tests passed, and the requests that have no recording.

use askama::Template;

use super::Board;
use crate::dashboard::accepting;
use crate::dashboard::ansi::Span;
use crate::dashboard::last_run::{Miss, TestRun};
use crate::dashboard::sums::tokens;
use crate::output::text::{count, shortened, thousands, visible, visible_lines};

/// Passed tests that are listed.
const PASSED: usize = 1_000;

#[derive(Template)]
#[template(path = "run.html")]
pub(crate) struct RunPage {
    /// Whether a test has run.
    is_known: bool,
    edit: bool,
    accept: String,
    summary: String,
    failed: Vec<FailedTest>,
    passed: Vec<PassedTest>,
    hidden: usize,
    refused: Vec<(String, String)>,
}

struct FailedTest {
    test: String,
    fixture: String,
    fixture_href: Option<String>,
    mode: String,
    is_own: bool,
    failures: Vec<String>,
    misses: Vec<MissView>,
    record: String,
}

struct MissView {
    request: u64,
    address: String,
    sentence: String,
    differs_at: Vec<String>,
    /// The closest recording and its page.
    closest: Option<(usize, String)>,
    /// As forms name it.
    test: String,
    accept: Option<Accept>,
}

/// What a button would do.
struct Accept {
    digest: String,
    spans: Vec<Span>,
    is_added: bool,
    is_done: bool,
}

struct PassedTest {
    test: String,
    fixture_href: Option<String>,
    used: String,
    tokens: String,
    usd: String,
    notes: Vec<String>,
}

impl RunPage {
    pub(crate) fn new(board: &Board) -> Self {
        let Some(run) = &board.run else {
            return Self {
                is_known: false,
                edit: false,
                accept: String::new(),
                summary: String::new(),
                failed: Vec::new(),
                passed: Vec::new(),
                hidden: 0,
                refused: Vec::new(),
            };
        };
        let failed = run.failed();
        let passed = run.tests.len() - failed;
        let when = run.when();
        let refused = run.refused.iter().map(|one| {
            let address = shortened(&format!("{} {}", one.method, one.path), 200);
            (address, visible_lines(&one.sentence))
        });
        Self {
            is_known: true,
            edit: board.edit,
            accept: board.links.page("accept"),
            summary: format!(
                "{} with llmock: {} passed, {} failed{when}",
                count(run.tests.len(), "test"),
                thousands(passed),
                thousands(failed)
            ),
            failed: run.tests[..failed].iter().map(|test| failed_test(board, test)).collect(),
            passed: run.tests[failed..]
                .iter()
                .take(PASSED)
                .map(|test| passed_test(board, test))
                .collect(),
            hidden: passed.saturating_sub(PASSED),
            refused: refused.collect(),
        }
    }
}

/// The page of the fixture that a report names.
fn fixture_href(board: &Board, name: &str) -> Option<String> {
    Some(board.links.fixture(&accepting::file(board, name)?.name, 1))
}

fn failed_test(board: &Board, test: &TestRun) -> FailedTest {
    FailedTest {
        test: visible(&test.test),
        fixture: visible(&test.fixture),
        fixture_href: fixture_href(board, &test.fixture),
        mode: visible(&test.mode),
        is_own: test.verdict == "failed_itself",
        failures: test.failures.iter().map(|failure| visible_lines(failure)).collect(),
        misses: test.misses.iter().map(|miss| miss_view(board, test, miss)).collect(),
        record: test.record.as_deref().map(visible).unwrap_or_default(),
    }
}

fn miss_view(board: &Board, test: &TestRun, miss: &Miss) -> MissView {
    let address = format!("{} {} {}", miss.provider, miss.method, miss.path);
    let acceptable = accepting::acceptable(board, test, miss);
    let number = miss.interaction.zip(accepting::file(board, &test.fixture));
    MissView {
        request: miss.request,
        address: shortened(&address, 200),
        sentence: visible_lines(&miss.sentence),
        differs_at: miss.differs_at.iter().map(|path| shortened(path, 200)).collect(),
        closest: number.map(|(number, file)| {
            let href = if file.is_hidden {
                board.links.fixture(&file.name, 1)
            } else {
                board.links.conversation(&file.name, number)
            };
            (number, href)
        }),
        test: test.test.clone(),
        accept: acceptable.map(|one| Accept {
            digest: one.digest,
            spans: one.spans,
            is_added: one.is_added,
            is_done: one.is_done,
        }),
    }
}

fn passed_test(board: &Board, test: &TestRun) -> PassedTest {
    PassedTest {
        test: visible(&test.test),
        fixture_href: fixture_href(board, &test.fixture),
        used: format!("{} of {}", test.used, test.total),
        tokens: tokens(test.input, test.output),
        usd: test.usd.as_deref().map(|usd| format!("${}", visible(usd))).unwrap_or_default(),
        notes: test.notes.iter().map(|note| visible_lines(note)).collect(),
    }
}
